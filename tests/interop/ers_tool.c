/*
 * Our side of the interop run, and the maker of the fuzz seeds. Hashes files,
 * builds trees and records with notary/, reads them with verify/. It reads the
 * imprint of a token but not its signature: that is tst.h's part.
 *
 *   root ALG HEAD GROUP...                 hex of what to time-stamp; GROUP is "a,b"
 *   record ALG HEAD I TOKEN NEW GROUP...   record of group I
 *   stamp-root OLD | stamp OLD TOKEN NEW
 *   chain-root OLD ALG GROUP | chain OLD ALG GROUP TOKEN NEW
 *   check RECORD single|group FILE...      "valid" or "invalid: CODE: why"; exit 0 or 1
 *   seeds FOLDER
 */
#include "notary/ers_out.h"
#include "notary/tree.h"
#include "tests/ers_make.h"

#define MAX_FILES 64

static uint8_t block[16 << 20];

static void must(enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_OK)
		return;
	fprintf(stderr, "%s: %s\n", vf_rc_name(rc), err->text);
	exit(2);
}

static enum vf_alg alg_of(const char *name)
{
	enum vf_alg alg = vf_alg_find(vf_bytes_str(name));

	if (alg == VF_ALG_NONE)
		exit(2);
	return alg;
}

static void write_file(const char *path, struct vf_bytes b)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0) {
		fprintf(stderr, "cannot write %s\n", path);
		exit(2);
	}
}

static void print_hex(struct vf_bytes b)
{
	char hex[2 * VF_DIGEST_MAX + 1];

	vf_hex_put(hex, b);
	puts(hex);
}

/* The digests of the files "a,b,c". */
static struct vf_bytes group_digests(enum vf_alg alg, const char *names)
{
	char *copy = strdup(names);
	struct vf_bytes v[MAX_FILES];
	size_t n = 0;

	for (char *save = NULL, *f = strtok_r(copy, ",", &save); f && n < MAX_FILES; f = strtok_r(NULL, ",", &save))
		v[n++] = mk_hash(alg, check_read(f));
	free(copy);
	return mk_join(v, n);
}

/* ContentInfo / SignedData / encapContentInfo / TSTInfo / messageImprint (RFC 3161 2.4.2). */
static bool token_imprint(struct vf_bytes token, struct vf_digest *ret)
{
	struct vf_der d, skip, alg, oid, v;

	if (!vf_der_only(token, VF_DER_SEQUENCE, &d) || !vf_der_take(&d.body, &skip) ||
		!vf_der_only(d.body, VF_DER_CONTEXT(0), &d) || !vf_der_only(d.body, VF_DER_SEQUENCE, &d) ||
		!vf_der_take(&d.body, &skip) || !vf_der_take(&d.body, &skip) || !vf_der_take(&d.body, &d) ||
		!vf_der_take(&d.body, &skip) || !vf_der_only(d.body, VF_DER_CONTEXT(0), &d) ||
		!vf_der_only(d.body, VF_DER_OCTET_STRING, &d) || !vf_der_only(d.body, VF_DER_SEQUENCE, &d) ||
		!vf_der_take(&d.body, &skip) || !vf_der_take(&d.body, &skip) || !vf_der_take(&d.body, &d) ||
		!vf_der_take(&d.body, &alg) || !vf_der_take(&alg.body, &oid) || !vf_der_take(&d.body, &v))
		return false;
	ret->alg = vf_alg_from_oid(oid.body);
	if (v.body.n != vf_alg_size(ret->alg) || v.body.n == 0)
		return false;
	memcpy(ret->b, v.body.p, v.body.n);
	return true;
}

static enum vf_rc read_record(struct vf_bytes b, struct vf_arena *arena, struct vf_er *er, struct vf_err *err)
{
	struct vf_digest imprint;
	enum vf_rc rc;

	vf_arena_init(arena, block, sizeof(block));
	rc = vf_er_parse(b, arena, er, err);
	for (size_t i = 0; rc == VF_OK && i < er->n_stamps; i++) {
		if (!token_imprint(er->stamps[i].token, &imprint))
			return vf_fail(err, VF_TS_SHAPE, "no imprint in token %zu", i + 1);
		rc = vf_er_set_imprint(er, i, &imprint, err);
	}
	return rc;
}

static enum vf_rc digest_file(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	const struct vf_bytes *files = ctx;

	return vf_digest(alg, files[i], ret, reterr);
}

static int check(char **a, int n)
{
	struct vf_bytes files[MAX_FILES];
	struct vf_er_objects objects = {0, digest_file, files};
	struct vf_er_cover cover;
	struct vf_err err = {0};
	struct vf_arena arena;
	struct vf_er er;
	enum vf_rc rc;

	for (int i = 2; i < n && objects.n < MAX_FILES; i++)
		files[objects.n++] = check_read(a[i]);
	rc = read_record(check_read(a[0]), &arena, &er, &err);
	if (rc == VF_OK)
		rc = vf_er_check_links(&er, &err);
	if (rc == VF_OK)
		rc = vf_er_cover(&er, &objects, false, &arena, &cover, &err);
	if (rc == VF_OK)
		rc = vf_er_check_cover(&cover, strcmp(a[1], "group") == 0, &err);
	if (rc != VF_OK) {
		printf("invalid: %s: %s\n", vf_rc_name(rc), err.text);
		return 1;
	}
	puts("valid");
	return 0;
}

/* The batch over all groups. */
static struct nt_tree *batch(enum vf_alg alg, char **groups, int n)
{
	struct vf_bytes leaves[MAX_FILES];
	struct nt_tree *tree = NULL;
	struct vf_err err = {0};
	struct vf_digest leaf;

	for (int i = 0; i < n && i < MAX_FILES; i++) {
		must(nt_er_leaf(alg, group_digests(alg, groups[i]), &leaf, &err), &err);
		leaves[i] = MK_CAT(vf_digest_bytes(&leaf));
	}
	must(nt_tree_new_alg(alg, mk_join(leaves, (size_t)n), &tree, &err), &err);
	return tree;
}

static int root(char **a, int n)
{
	enum vf_alg alg = alg_of(a[0]);
	struct nt_tree *tree = batch(alg, a + 2, n - 2);
	struct vf_digest top = nt_tree_root(tree);

	print_hex(MK_NODE(alg, vf_digest_bytes(&top), mk_hash(alg, vf_bytes_str(a[1]))));
	nt_tree_free(tree);
	return 0;
}

static int record(char **a, int n)
{
	enum vf_alg alg = alg_of(a[0]);
	struct nt_tree *tree = batch(alg, a + 5, n - 5);
	struct vf_bytes members = group_digests(alg, a[5 + atoi(a[2])]);
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(1 << 20);
	uint8_t path[NT_TREE_PATH * VF_DIGEST_MAX];
	struct vf_err err = {0};
	struct vf_digest leaf;
	size_t rank;

	must(nt_er_leaf(alg, members, &leaf, &err), &err);
	if (!nt_tree_rank(tree, vf_digest_bytes(&leaf), &rank))
		return 2;
	must(nt_er_put(&out, &(struct nt_er_ats){alg, members, nt_tree_path_at(tree, rank, path),
		mk_hash(alg, vf_bytes_str(a[1])), check_read(a[3])}, &err), &err);
	write_file(a[4], nt_buf_bytes(&out));
	nt_tree_free(tree);
	return 0;
}

/* Renews over the values, with one neighbour; without a token only says what to stamp. */
static int renew(const struct vf_er *er, enum vf_alg alg, struct vf_bytes values, bool chain, char **a, int n)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(1 << 20);
	struct nt_er_ats ats = {.alg = alg, .first = values, .path = mk_hash(alg, vf_bytes_str("neighbour"))};
	struct vf_err err = {0};
	struct vf_digest leaf;

	must(nt_er_leaf(alg, values, &leaf, &err), &err);
	if (n == 0) {
		print_hex(MK_NODE(alg, vf_digest_bytes(&leaf), ats.path));
		return 0;
	}
	ats.token = check_read(a[0]);
	must((chain ? nt_er_put_chain : nt_er_put_stamp)(&out, er, &ats, &err), &err);
	write_file(a[1], nt_buf_bytes(&out));
	return 0;
}

static int stamp(char **a, int n)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf(1 << 16);
	struct vf_err err = {0};
	struct vf_arena arena;
	struct vf_er er;

	must(read_record(check_read(a[0]), &arena, &er, &err), &err);
	must(nt_er_stamp_values(&values, &er, &err), &err);
	return renew(&er, er.stamps[er.n_stamps - 1].alg, nt_buf_bytes(&values), false, a + 1, n - 1);
}

static int chain(char **a, int n)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf(1 << 16);
	enum vf_alg alg = alg_of(a[1]);
	struct vf_err err = {0};
	struct vf_arena arena;
	struct vf_er er;

	must(read_record(check_read(a[0]), &arena, &er, &err), &err);
	must(nt_er_tree_values(&values, &er, alg, group_digests(alg, a[2]), &err), &err);
	return renew(&er, alg, nt_buf_bytes(&values), true, a + 3, n - 3);
}

static void seed(const char *folder, const char *name, struct vf_bytes b)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	write_file(path, b);
}

/* Small records of every shape, with tokens that only look like tokens. */
static int seeds(const char *folder)
{
	const enum vf_alg a = VF_SHA256, b = VF_SHA512;
	struct vf_bytes h = mk_hash(a, vf_bytes_str("d1\n")), g = mk_hash(a, vf_bytes_str("d3\n")), none = {NULL, 0};
	struct vf_bytes n = MK_NODE(a, h, g), s = mk_hash(a, vf_bytes_str("s")), r = MK_NODE(a, n, s), x, c1, v, w;
	struct vf_bytes t = mk_token(a, r, "1"), first = mk_ats(a, MK_CAT(MK_LIST(h, g), MK_LIST(s)), t);

	seed(folder, "group", mk_record(MK_SEQ(first)));
	seed(folder, "binary", mk_record(MK_SEQ(mk_ats(a, MK_CAT(MK_LIST(h), MK_LIST(g), MK_LIST(s)), t))));
	seed(folder, "descending", mk_record(MK_SEQ(mk_ats(a, MK_CAT(MK_LIST(g, h), MK_LIST(s)), t))));
	seed(folder, "wide", mk_record(MK_SEQ(mk_ats(a, MK_CAT(MK_LIST(h), MK_LIST(s, g)), mk_token(a, MK_NODE(a, h, g, s), "1")))));
	seed(folder, "no-tree", mk_record(MK_SEQ(mk_ats(VF_ALG_NONE, none, mk_token(a, h, "1")))));
	x = mk_hash(a, t);
	c1 = MK_SEQ(first, mk_ats(a, MK_LIST(x), mk_token(a, x, "2")));
	seed(folder, "stamp-renewed", mk_record(c1));
	v = mk_renewed(b, mk_hash(b, vf_bytes_str("d1\n")), c1);
	w = mk_renewed(b, mk_hash(b, vf_bytes_str("d3\n")), c1);
	seed(folder, "hash-renewed", mk_record(MK_CAT(c1, MK_SEQ(mk_ats(b, MK_LIST(v, w), mk_token(b, MK_NODE(b, v, w), "3"))))));
	seed(folder, "infos", MK_SEQ(vf_bytes("\x02\x01\x01", 3), MK_SEQ(MK_SEQ(mk_alg(a, true))),
		mk_tlv(VF_DER_CONTEXT(0), MK_SEQ(vf_bytes("\x06\x02\x2a\x03\x31\x02\x05\x00", 8))),
		mk_tlv(VF_DER_CONTEXT(1), vf_bytes("\x06\x02\x2a\x03\x05\x00", 6)), MK_SEQ(MK_SEQ(first))));
	return 0;
}

int main(int argc, char **argv)
{
	char **a = argv + 2;
	const int n = argc - 2;
	const char *verb = argc > 2 ? argv[1] : "";

	if (strcmp(verb, "root") == 0 && n > 2)
		return root(a, n);
	if (strcmp(verb, "record") == 0 && n > 5)
		return record(a, n);
	if ((strcmp(verb, "stamp-root") == 0 && n == 1) || (strcmp(verb, "stamp") == 0 && n == 3))
		return stamp(a, n);
	if ((strcmp(verb, "chain-root") == 0 && n == 3) || (strcmp(verb, "chain") == 0 && n == 5))
		return chain(a, n);
	if (strcmp(verb, "check") == 0 && n > 2)
		return check(a, n);
	if (strcmp(verb, "seeds") == 0 && n == 1)
		return seeds(a[0]);
	fprintf(stderr, "see the comment of %s\n", __FILE__);
	return 64;
}
