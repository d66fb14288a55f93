/*
 * Submissions for tests: made as a client makes them, edited at will, and made
 * consistent again, so that a check sees exactly the fault that it is for.
 */
#ifndef TESTS_SUBMISSION_MAKER_H
#define TESTS_SUBMISSION_MAKER_H

#include "notary/manifest_out.h"
#include "notary/submission.h"
#include "notary/submission_json.h"
#include "tests/notary_fixture.h"
#include "tests/unit/pki_maker.h"

struct draft {
	struct nt_submission s;
	struct nt_member members[24];
	struct nt_document documents[16];
	struct nt_link links[8];
	struct vf_bytes details; /* the text of details.json; empty when there is none */
};

/* The signer of signed drafts; a test may set another time of validity. */
struct signer {
	EVP_PKEY *key, *root_key;
	struct vf_bytes cert, root;
	struct vf_hash sha256;
};

MAKER void signer_begin(struct signer *g, const char *from, const char *to)
{
	g->key = make_key("p256.key");
	g->root_key = make_key("root.key");
	g->root = make_cert(&(struct cert_spec){.name = "Submitter Root", .issuer = "Submitter Root", .key = g->root_key,
		.issuer_key = g->root_key, .ext = CA_EXT});
	g->cert = make_cert(&(struct cert_spec){.name = "A Submitter", .issuer = "Submitter Root", .key = g->key,
		.issuer_key = g->root_key, .serial = 7, .from = from, .to = to, .ext = {{"keyUsage", "critical,digitalSignature"}}});
	g->sha256 = vf_sha256(g->cert);
}

MAKER void signer_end(struct signer *g)
{
	EVP_PKEY_free(g->key);
	EVP_PKEY_free(g->root_key);
}

MAKER VF_RC signer_sign(void *ctx, const struct vf_hash *statement, struct nt_buf *manifest, struct nt_buf *signature,
	struct vf_err *reterr)
{
	struct signer *g = ctx;
	struct nt_manifest_ref ref = {vf_bytes_str(VF_NAME_STATEMENT), vf_digest_from_hash(statement)};
	struct cms_spec spec = {.cert = g->cert, .certs = g->cert, .key = g->key, .detached = true,
		.content_type = "1.2.840.113549.1.7.1"};
	enum vf_rc rc = nt_manifest_put(manifest, VF_NAME_SIGNATURE, NT_MANIFEST_CMS, &ref, 1, reterr);

	spec.content = make_copy(nt_buf_bytes(manifest));
	nt_buf_put(signature, make_cms(&spec));
	return rc;
}

MAKER struct nt_submit_file draft_file(const char *name, const char *text)
{
	return (struct nt_submit_file){.name = vf_bytes_str(name), .digests = vf_pair_of(vf_bytes_str(text)), .size = strlen(text)};
}

/* Tables of d itself: it may be a copy. */
MAKER void draft_point(struct draft *d)
{
	d->s.members = d->members;
	d->s.documents = d->documents;
	d->s.links = d->links;
}

/*
 * As nt_submit_records() makes a record, but not accepted. details may be NULL. Its
 * place is where the notary's stream ends, or stream, which is then moved on.
 */
MAKER void draft_make(struct draft *d, struct nt_notary *n, struct nt_stream *stream, const struct nt_submit *s,
	const struct nt_submit_file *files, size_t n_files, const struct tr_details *details, struct vf_arena *a)
{
	struct nt_submit_record record = {files, n_files};
	struct nt_maker maker = {.s = s, .links = s->links, .nt_links = d->links, .n_links = s->n_links, .keeps_details = true,
		.details_text = s->details_file, .arena = *a};
	struct nt_making m = {0};
	struct nt_buf same = nt_buf(1 << 20);
	struct vf_err err = {0};

	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < s->n_links; i++)
		d->links[i] = (struct nt_link){vf_bytes_str(tr_link_name(s->links[i].type)), s->links[i].record};
	if (details) {
		fixture_need(tr_details_put(details, &maker.arena, &d->details, &err), &err, "details");
		maker.details = (struct nt_submit_file){.name = vf_bytes_str(TR_DETAILS_NAME), .digests = vf_pair_of(d->details),
			.size = d->details.n};
	}
	if (stream)
		maker.stream = *stream;
	else
		fixture_need(nt_notary_stream(n, s->submitter, s->study, &maker.stream, &err), &err, "stream");
	fixture_need(nt_making_init(&maker, &record, &m, &err), &err, "init");
	fixture_need(nt_making_same(&maker, &m, &same, &err), &err, "same");
	m.key = nt_notary_blind(n, nt_buf_bytes(&same));
	nt_buf_done(&same);
	fixture_need(nt_making_chain(&maker, &m, &err), &err, "chain");
	fixture_need(nt_making_finish(&maker, &m, &d->s, &err), &err, "finish");
	if (d->s.n_members > 20 || d->s.n_documents > 16)
		exit(1);
	memcpy(d->members, d->s.members, d->s.n_members * sizeof(d->members[0]));
	if (d->s.n_documents)
		memcpy(d->documents, d->s.documents, d->s.n_documents * sizeof(d->documents[0]));
	draft_point(d);
	if (stream)
		*stream = maker.stream;
	*a = maker.arena;
}

MAKER struct nt_member *draft_member(struct draft *d, const char *name)
{
	for (size_t i = 0; i < d->s.n_members; i++)
		if (vf_bytes_is(d->members[i].name, name))
			return &d->members[i];
	return NULL;
}

/* Digests of the octets that are there, both group hashes, and the tables. */
MAKER void draft_finish(struct draft *d)
{
	struct vf_pair pairs[24];

	draft_point(d);
	for (size_t i = 0; i < d->s.n_members; i++) {
		if (d->members[i].bytes.n)
			d->members[i].digests = vf_pair_of(d->members[i].bytes);
		pairs[i] = d->members[i].digests;
	}
	vf_group(pairs, d->s.n_members, &d->s.id, &d->s.id512);
}

/* The first occurrence of a text replaced; the maker's block holds the result. */
MAKER struct vf_bytes text_replace(struct vf_bytes in, const char *from, const char *to)
{
	const uint8_t *at = memmem(in.p, in.n, from, strlen(from));
	size_t before = at ? (size_t)(at - in.p) : 0;

	if (!at) {
		fprintf(stderr, "there is no '%s' in %.*s\n", from, VF_STR(in));
		exit(1);
	}
	return JOIN(vf_bytes(in.p, before), vf_bytes_str(to), vf_bytes(at + strlen(from), in.n - before - strlen(from)));
}

/* Replaces a text in a member, and the member's digests in the statement. */
MAKER void draft_edit(struct draft *d, const char *name, const char *from, const char *to)
{
	struct nt_member *m = draft_member(d, name), *statement = draft_member(d, VF_NAME_STATEMENT);
	struct vf_pair old = m->digests, now;
	char was[129], is[129];

	m->bytes = text_replace(m->bytes, from, to);
	now = vf_pair_of(m->bytes);
	if (m != statement) {
		vf_hex_put(was, vf_bytes(old.sha256.b, 32));
		vf_hex_put(is, vf_bytes(now.sha256.b, 32));
		statement->bytes = text_replace(statement->bytes, was, is);
		vf_hex_put(was, vf_bytes(old.sha512.b, 64));
		vf_hex_put(is, vf_bytes(now.sha512.b, 64));
		statement->bytes = text_replace(statement->bytes, was, is);
	}
	draft_finish(d);
}

MAKER struct vf_bytes draft_json(struct draft *d)
{
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_bytes kept;
	struct vf_err err = {0};

	draft_point(d);
	fixture_need(nt_submission_json_put(&b, &d->s, &err), &err, "write");
	kept = make_copy(nt_buf_bytes(&b));
	nt_buf_done(&b);
	return kept;
}

#endif
