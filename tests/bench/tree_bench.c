/* Batch tree, evidence records written and read; prints name, n, ns/op, MB/s. */
#include <time.h>

#include "notary/ers_out.h"
#include "notary/tree.h"
#include "tests/ers_make.h"

static uint8_t block[1 << 20];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void say(const char *name, size_t n, double ns, double octets)
{
	printf("%s\t%zu\t%.1f\t%.1f\n", name, n, ns / (double)n, octets * 1000 / ns);
}

static void must(enum vf_rc rc)
{
	if (rc != VF_OK)
		exit(1);
}

static struct nt_tree *bench_tree(struct vf_hash *ids, size_t n)
{
	struct nt_tree *t = NULL;
	double start;

	for (size_t i = 0; i < n; i++)
		ids[i] = vf_sha256(vf_bytes(&i, sizeof(i)));
	start = now();
	must(nt_tree_new(ids, n, &t, NULL));
	say("tree_build", n, now() - start, 32.0 * (double)n);
	return t;
}

/* Records of groups of five with a token of 2.9 kB, each into the same buffer. */
static void bench_put(const struct nt_tree *t, const struct vf_hash *ids, size_t n, struct nt_buf *out)
{
	struct vf_hash members[5], path[NT_TREE_PATH], head = vf_sha256(vf_bytes_str("head"));
	char salt[2850];
	struct vf_bytes token;
	double start, octets = 0;

	memset(salt, 'x', sizeof(salt) - 1);
	salt[sizeof(salt) - 1] = 0;
	token = mk_token(VF_SHA256, vf_bytes(head.b, 32), salt);
	for (size_t i = 0; i < 5; i++)
		members[i] = ids[i];
	start = now();
	for (size_t i = 0; i < n; i++) {
		struct nt_er_ats ats = {VF_SHA256, vf_bytes(members, sizeof(members)), {NULL, 0}, vf_bytes(head.b, 32), token};
		size_t k;

		must(nt_tree_path(t, &ids[i], path, &k, NULL));
		ats.path = vf_bytes(path, 32 * k);
		members[i % 5] = ids[i];
		nt_buf_reset(out);
		must(nt_er_put(out, &ats, NULL));
		octets += (double)out->n;
	}
	say("record_write", n, now() - start, octets);
}

static void bench_read(struct vf_bytes record, size_t n)
{
	struct vf_digest root;
	struct vf_arena arena;
	struct vf_hash h[2] = {{{1}}, {{2}}};
	size_t lists = 0;
	struct vf_er er;
	double start = now();

	for (size_t i = 0; i < n; i++) {
		vf_arena_init(&arena, block, sizeof(block));
		must(vf_er_parse(record, &arena, &er, NULL));
		must(vf_ats_root(&er.stamps[0], NULL, &root, NULL));
		lists = er.stamps[0].n_lists;
	}
	say("record_read", n, now() - start, (double)record.n * (double)n);
	start = now();
	for (size_t i = 0; i < n * lists; i++)
		h[0] = vf_sha256_2(vf_bytes(h[0].b, 32), vf_bytes(h[1].b, 32));
	say("record_hashes_alone", n, now() - start, 64.0 * (double)(n * lists) + h[0].b[0]);
	printf("# %zu lists, arena %zu octets\n", lists, arena.used);
}

int main(void)
{
	static const size_t sizes[] = {1, 100, 100000, 1000000};
	struct nt_buf out = nt_buf(1 << 16);

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct vf_hash *ids = calloc(sizes[s] < 5 ? 5 : sizes[s], sizeof(*ids));
		struct nt_tree *t;

		if (!ids)
			return 1;
		t = bench_tree(ids, sizes[s]);
		printf("# %.1f octets a leaf\n", (double)nt_tree_memory(t) / (double)sizes[s]);
		bench_put(t, ids, sizes[s], &out);
		bench_read(nt_buf_bytes(&out), 20000);
		nt_tree_free(t);
		free(ids);
	}
	nt_buf_done(&out);
	return 0;
}
