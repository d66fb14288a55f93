#include "notary/tree.h"

#include "tests/check.h"

/* A fixed sequence of numbers; good enough to mix leaves. */
static uint64_t seed = 1;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct vf_hash hash_text(const char *s)
{
	return vf_sha256(vf_bytes_str(s));
}

static struct vf_hash unhex(const char *s)
{
	struct vf_hash h = {0};

	CHECK(vf_hex_read(vf_bytes_str(s), h.b, sizeof(h.b)));
	return h;
}

/* The worked example of RFC 4998 4.2: three documents, one a group. */
static void test_worked_example(void)
{
	struct vf_hash h1 = hash_text("d1\n"), h3 = hash_text("d3\n"), path[NT_TREE_PATH];
	struct vf_hash h2 = unhex("accb63c4f5b520d984a97bb59539e133356741f0f79e00c1324505c4b0ba7e86");
	struct vf_hash n = unhex("80947e12d4460449f57a7303d0f8c7b6dd01a1a1a2074064212a57313c4f47e7");
	struct vf_hash root = unhex("5b98a6ad4df11e7fbc169c5ca3de82f36713c2a252f5dbb3786ee3bf9831f867");
	struct vf_hash leaves[] = {h2, h1, h3}, absent = hash_text("d4\n");
	VF_CLEANUP(nt_tree_freep) struct nt_tree *t = NULL;
	struct vf_digest got;
	struct vf_err err;
	size_t k;

	CHECK_RC(nt_tree_new(leaves, 3, &t, &err), VF_OK);
	got = nt_tree_root(t);
	CHECK_BYTES(vf_digest_bytes(&got), vf_bytes(root.b, 32));
	CHECK_RC(nt_tree_path(t, &h1, path, &k, &err), VF_OK);
	CHECK_INT(k, 2);
	CHECK_BYTES(vf_bytes(path[0].b, 32), vf_bytes(h3.b, 32));
	CHECK_BYTES(vf_bytes(path[1].b, 32), vf_bytes(h2.b, 32));
	CHECK_RC(nt_tree_path(t, &h3, path, &k, &err), VF_OK);
	CHECK_INT(k, 2);
	CHECK_BYTES(vf_bytes(path[0].b, 32), vf_bytes(h1.b, 32));
	/* carried up: no list for the first level */
	CHECK_RC(nt_tree_path(t, &h2, path, &k, &err), VF_OK);
	CHECK_INT(k, 1);
	CHECK_BYTES(vf_bytes(path[0].b, 32), vf_bytes(n.b, 32));
	CHECK_RC(nt_tree_path(t, &absent, path, &k, &err), VF_ER_NOT_COVERED);
}

static int hash_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

/* The text of docs/formats/seal.md, level by level. */
static struct vf_hash slow_root(const struct vf_hash *ids, size_t n)
{
	struct vf_hash *v = malloc(n * sizeof(*v)), r;

	if (!v)
		exit(1);
	memcpy(v, ids, n * sizeof(*v));
	qsort(v, n, sizeof(*v), hash_order);
	while (n > 1) {
		size_t m = 0;

		for (size_t i = 0; i < n; i += 2) {
			uint8_t two[64];

			if (i + 1 == n) {
				v[m++] = v[i];
				continue;
			}
			bool swap = memcmp(v[i].b, v[i + 1].b, 32) > 0;
			memcpy(two, v[swap ? i + 1 : i].b, 32);
			memcpy(two + 32, v[swap ? i : i + 1].b, 32);
			v[m++] = vf_sha256(vf_bytes(two, 64));
		}
		n = m;
	}
	r = v[0];
	free(v);
	return r;
}

/* RFC 4998 4.3 over lists of one value. */
static struct vf_hash climb(struct vf_hash cur, const struct vf_hash *path, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool less = memcmp(cur.b, path[i].b, 32) < 0;

		cur = vf_sha256_2(vf_bytes(less ? cur.b : path[i].b, 32), vf_bytes(less ? path[i].b : cur.b, 32));
	}
	return cur;
}

static void check_tree(const struct vf_hash *ids, size_t n)
{
	VF_CLEANUP(nt_tree_freep) struct nt_tree *t = NULL;
	struct vf_hash path[NT_TREE_PATH], root = slow_root(ids, n), got;
	struct vf_digest d;
	struct vf_err err;
	size_t k = 0;

	CHECK_RC(nt_tree_new(ids, n, &t, &err), VF_OK);
	d = nt_tree_root(t);
	CHECK_BYTES(vf_digest_bytes(&d), vf_bytes(root.b, 32));
	CHECK_INT(nt_tree_n(t), n);
	for (size_t i = 0; i < n; i++) {
		CHECK_RC(nt_tree_path(t, &ids[i], path, &k, &err), VF_OK);
		got = climb(ids[i], path, k);
		CHECK(k <= 32 && vf_hash_eq(&got, &root));
	}
	for (size_t r = 0; r < n; r++) {
		size_t position = n;
		struct vf_bytes leaf = nt_tree_leaf(t, r, &position);

		CHECK(position < n && vf_bytes_eq(leaf, vf_bytes(ids[position].b, 32)));
		k = nt_tree_path_at(t, r, path[0].b).n / 32;
		memcpy(got.b, leaf.p, 32);
		got = climb(got, path, k);
		CHECK(vf_hash_eq(&got, &root));
	}
}

/* alike: leaves share their first octets and some are equal, so the whole value must decide. */
static void test_random(bool alike)
{
	struct vf_hash ids[300];

	for (size_t n = 1; n <= 300; n += n < 70 ? 1 : 23) {
		for (size_t i = 0; i < n; i++) {
			uint64_t v = next();

			ids[i] = vf_sha256(vf_bytes(&v, sizeof(v)));
			if (alike)
				memset(ids[i].b, 0x80, 4 + v % 28);
			if (alike && i > 0 && v % 5 == 0)
				ids[i] = ids[next() % i];
		}
		check_tree(ids, n);
	}
}

static void test_order(void)
{
	/* unsigned, full length: 0x7f before 0x80, zeros not stripped */
	struct vf_hash ids[3] = {{{0x80}}, {{0x7f}}, {{0}}};
	VF_CLEANUP(nt_tree_freep) struct nt_tree *t = NULL;
	struct vf_err err;
	size_t at;

	CHECK_RC(nt_tree_new(ids, 3, &t, &err), VF_OK);
	for (size_t r = 0; r < 3; r++) {
		CHECK_INT(nt_tree_leaf(t, r, &at).n, 32);
		CHECK_INT(at, 2 - r);
	}
	check_tree(ids, 3);
}

static void test_sha512(void)
{
	struct vf_hash512 v[5];
	VF_CLEANUP(nt_tree_freep) struct nt_tree *t = NULL;
	uint8_t path[NT_TREE_PATH * 64];
	struct vf_hash id = {0};
	struct vf_digest root;
	struct vf_err err;
	size_t k;

	for (size_t i = 0; i < 5; i++)
		v[i] = vf_sha512(vf_bytes(&i, sizeof(i)));
	CHECK_RC(nt_tree_new_alg(VF_SHA512, vf_bytes(v, sizeof(v)), &t, &err), VF_OK);
	root = nt_tree_root(t);
	for (size_t i = 0; i < 5; i++) {
		struct vf_bytes cur = vf_bytes(v[i].b, 64), rest, s;
		struct vf_digest d;
		size_t rank = 0;

		CHECK(nt_tree_rank(t, cur, &rank));
		rest = nt_tree_path_at(t, rank, path);
		while (vf_take(&rest, 64, &s)) {
			bool less = vf_bytes_cmp(cur, s) < 0;
			struct vf_digest up;

			CHECK_RC(vf_digest_2(VF_SHA512, less ? cur : s, less ? s : cur, &up, &err), VF_OK);
			d = up;
			cur = vf_digest_bytes(&d);
		}
		CHECK_BYTES(cur, vf_digest_bytes(&root));
	}
	CHECK_RC(nt_tree_path(t, &id, &id, &k, &err), VF_ER_ALGORITHM);
}

static void test_refusals(void)
{
	struct vf_hash id = {0};
	struct nt_tree *t = NULL;
	struct vf_err err;

	CHECK_RC(nt_tree_new(&id, 0, &t, &err), VF_LIMIT);
	CHECK_RC(nt_tree_new_alg(VF_SHA512, vf_bytes(id.b, 32), &t, &err), VF_LIMIT);
	CHECK_RC(nt_tree_new_alg(VF_ALG_NONE, vf_bytes(id.b, 32), &t, &err), VF_UNKNOWN_ALGORITHM);
	CHECK_RC(nt_tree_new_alg(VF_SHA1, vf_bytes(id.b, 20), &t, &err), VF_UNKNOWN_ALGORITHM);
	CHECK(t == NULL && nt_tree_free(NULL) == NULL);
}

static void test_memory(void)
{
	const size_t n = 10000;
	struct vf_hash *ids = calloc(n, sizeof(*ids));
	VF_CLEANUP(nt_tree_freep) struct nt_tree *t = NULL;
	struct vf_err err;

	if (!ids)
		exit(1);
	for (size_t i = 0; i < n; i++)
		ids[i] = vf_sha256(vf_bytes(&i, sizeof(i)));
	CHECK_RC(nt_tree_new(ids, n, &t, &err), VF_OK);
	free(ids);
	CHECK(nt_tree_memory(t) < 69 * n);
}

int main(void)
{
	test_worked_example();
	test_random(false);
	test_random(true);
	test_order();
	test_sha512();
	test_refusals();
	test_memory();
	return check_done();
}
