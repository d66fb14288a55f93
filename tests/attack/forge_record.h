/*
 * Evidence records (RFC 4998) with real tokens, of any shape, and what is asked
 * about them. A case builds a record and may change the question; everything
 * that it does not change is right.
 */
#ifndef TESTS_ATTACK_FORGE_RECORD_H
#define TESTS_ATTACK_FORGE_RECORD_H

/* verdict.h before check.h: both have a CHECK; ers_make.h before attack.h, which has globals of short names */
#include "verify/foreign.h"

#include "tests/ers_make.h"

#include "tests/attack/forge_token.h"
#include "verify/tst.h"

#define A256 VF_SHA256
#define A512 VF_SHA512
#define T1 GEN_TIME
#define T2 "20250401120000Z"
#define T3 "20250501120000Z"

/* The example of the reference, 4.2: documents 1 and 3, and a group of three. */
static struct {
	struct vf_bytes d1, d3, group[3];
	struct vf_bytes h1, h3, a, b, c, h2, n, root;
	struct vf_bytes tree1; /* of document 1: { h1 } { h3 } { h2 } */
} ex;

struct ask {
	struct vf_record_options options;
	struct vf_bytes objects[4];
	size_t n;
	enum vf_alg only; /* the objects are not there, only their digests by this algorithm */
};

MAKER void forge_example(void)
{
	ex.d1 = vf_bytes_str("d1\n");
	ex.d3 = vf_bytes_str("d3\n");
	ex.group[0] = vf_bytes_str("d2a\n");
	ex.group[1] = vf_bytes_str("d2b\n");
	ex.group[2] = vf_bytes_str("d2c\n");
	ex.h1 = mk_hash(A256, ex.d1);
	ex.h3 = mk_hash(A256, ex.d3);
	ex.a = mk_hash(A256, ex.group[0]);
	ex.b = mk_hash(A256, ex.group[1]);
	ex.c = mk_hash(A256, ex.group[2]);
	ex.h2 = MK_NODE(A256, ex.a, ex.b, ex.c);
	ex.n = MK_NODE(A256, ex.h1, ex.h3);
	ex.root = MK_NODE(A256, ex.n, ex.h2);
	ex.tree1 = MK_CAT(MK_LIST(ex.h1), MK_LIST(ex.h3), MK_LIST(ex.h2));
}

MAKER struct ask forge_ask(void)
{
	return (struct ask){.objects = {ex.d1}, .n = 1};
}

/* Asks about the group of three. */
MAKER void ask_group(struct ask *q)
{
	memcpy(q->objects, ex.group, sizeof(ex.group));
	q->n = 3;
}

MAKER struct vf_bytes stamp_by(const struct authority *by, enum vf_alg alg, struct vf_bytes imprint, const char *time)
{
	struct forge f = forge_good();

	f.by = by;
	f.gen_time = time;
	return forge_token(&f, alg, imprint);
}

MAKER struct vf_bytes stamp(enum vf_alg alg, struct vf_bytes imprint, const char *time)
{
	return stamp_by(&alpha, alg, imprint, time);
}

/* One ArchiveTimeStamp: a tree, empty for none, and a token over root. */
MAKER struct vf_bytes ats(enum vf_alg alg, struct vf_bytes tree, struct vf_bytes root, const char *time)
{
	return mk_ats(alg, tree, stamp(alg, root, time));
}

/* A chain of these time-stamps. */
#define CHAIN(...) MK_SEQ(__VA_ARGS__)
#define RECORD(...) mk_record(MK_CAT(__VA_ARGS__))

/* The chain of document 1's first time-stamp. */
MAKER struct vf_bytes first_chain(void)
{
	return CHAIN(ats(A256, ex.tree1, ex.root, T1));
}

/* A further chain whose first list is exactly these values, which its token is over. */
MAKER struct vf_bytes next_chain(enum vf_alg alg, const struct vf_bytes *values, size_t n, const char *time)
{
	return CHAIN(ats(alg, mk_list(values, n), n == 1 ? values[0] : mk_node(alg, values, n), time));
}

/* A hash-tree renewal of one document over the chains before it. */
MAKER struct vf_bytes rechain(enum vf_alg alg, struct vf_bytes doc, struct vf_bytes older, const char *time)
{
	struct vf_bytes value = mk_renewed(alg, mk_hash(alg, doc), older);

	return next_chain(alg, &value, 1, time);
}

/* A record with something between digestAlgorithms and the chains, and any version. */
MAKER struct vf_bytes record_with(uint8_t version, struct vf_bytes optional, struct vf_bytes chains)
{
	return MK_SEQ(make_int(version), MK_SEQ(MK_SEQ(mk_alg(A256, false)), MK_SEQ(mk_alg(A512, false))), optional,
		mk_tlv(VF_DER_SEQUENCE, chains));
}

MAKER void forge_judge_record(const struct ask *q, struct vf_bytes record)
{
	static const char *const names[] = {"one.txt", "two.txt", "three.txt", "four.txt"};
	struct vf_session *s = session();
	struct vf_source source = vf_source_of(record), data[4];
	struct vf_given given[4];
	struct vf_err err = {0};
	struct vf_arena a;

	memset(given, 0, sizeof(given));
	for (size_t i = 0; i < q->n; i++) {
		data[i] = vf_source_of(q->objects[i]);
		given[i].name = names[i];
		if (!q->only) {
			given[i].source = &data[i];
			continue;
		}
		MUST(vf_digest(q->only, q->objects[i], &given[i].digests[0], &err) == VF_OK);
		given[i].n_digests = 1;
	}
	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	no_verdict = vf_record_check(s, &a, "forged.ers", &source, &q->options, given, q->n, &report, &err);
	vf_session_free(s);
}

enum {
	TRUST = 1, /* only trust can see it: with integrity alone it is INTACT */
};

struct record_case {
	const char *id, *what;
	struct vf_bytes (*build)(struct ask *q);
	enum vf_verdict want;
	enum vf_rc code;
	unsigned flags;
	void (*also)(void);
};

/* A case with trust, whose line is printed, and with integrity alone. */
MAKER void run_record(const struct record_case *c)
{
	struct ask q = forge_ask();
	struct vf_bytes record, beta_root = beta.root_der;

	begin_case();
	record = c->build(&q);
	forge_judge_record(&q, record);
	forge_put(c->id);
	forge_expect(c->id, c->what, "with trust", c->want, c->code);
	if (c->also)
		c->also();
	owner.integrity_only = true;
	forge_judge_record(&q, record);
	if (c->want == VF_VERIFIED || (c->flags & TRUST))
		forge_expect(c->id, c->what, "integrity only", VF_INTACT, VF_OK);
	else
		forge_expect(c->id, c->what, "integrity only", c->want, c->code);
	beta.root_der = beta_root;
}

/* The whole program of a table, as attack_main(). */
MAKER int record_main(int argc, char **argv, const struct record_case *cases, size_t n)
{
	bool list = argc > 1 && strcmp(argv[1], "--list") == 0;
	size_t mark;

	if (!list)
		make_world();
	forge_example();
	mark = maker_used;
	for (size_t i = 0; i < n; i++, maker_used = mark) {
		if (list)
			forge_list(cases[i].id, cases[i].want, cases[i].code, cases[i].what);
		else if (is_named(argc, argv, cases[i].id))
			run_record(&cases[i]);
	}
	if (list)
		return 0;
	free_world();
	return check_done();
}

/* ---- authorities of other times ---- */

/* One whose certificate is valid from from to to, under the root of by, with a CRL of those years. */
MAKER struct authority forge_period(const struct authority *by, const char *name, EVP_PKEY *key, const char *from,
	const char *to)
{
	struct authority a = *by;

	a.key = key;
	a.cert = make_cert(&(struct cert_spec){.name = name, .issuer = by->root, .key = key,
		.issuer_key = by->root_key, .serial = 6, .from = from, .to = to, .ext = TSA_EXT});
	a.crl = make_crl(&(struct crl_spec){.issuer = by->root, .key = by->root_key, .from = from, .to = to});
	return a;
}

#endif
