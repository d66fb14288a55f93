/*
 * Synthetic records for tests of the store and the notary: always the same for the
 * same numbers. Statements look like real ones, but nobody reads them here.
 */
#ifndef TESTS_MADE_H
#define TESTS_MADE_H

#include "notary/notary.h"
#include "tests/check.h"

/* One record and the memory that its submission borrows. */
struct made {
	char statement[1536], stream_json[512], title[64], commitment[512], submitter[32], study[32];
	char document_name[40];
	struct nt_member members[4];
	struct nt_document documents[2];
	struct nt_link link;
	struct nt_submission s;
};

/* A stream as its submitter sees it. */
struct made_stream {
	char submitter[32], study[32];
	struct vf_hash key, id, head;
	uint64_t next;
};

/* A value that only depends on its two names. */
static inline struct vf_hash made_hash(const char *what, uint64_t n)
{
	char text[96];

	snprintf(text, sizeof(text), "%s %" PRIu64, what, n);
	return vf_sha256(vf_bytes_str(text));
}

static inline const char *made_hex(const struct vf_hash *h, char out[65])
{
	vf_hex_put(out, vf_bytes(h->b, 32));
	return out;
}

static inline struct made_stream made_stream(const char *submitter, const char *study)
{
	struct made_stream st = {.key = made_hash(submitter, 7)};

	snprintf(st.submitter, sizeof(st.submitter), "%s", submitter);
	snprintf(st.study, sizeof(st.study), "%s", study);
	return st;
}

static inline void made_group(struct nt_submission *s)
{
	struct vf_digest a[4], b[4], r;

	for (size_t i = 0; i < s->n_members; i++) {
		a[i] = (struct vf_digest){.alg = VF_SHA256};
		memcpy(a[i].b, s->members[i].digests.sha256.b, 32);
		b[i] = (struct vf_digest){.alg = VF_SHA512};
		memcpy(b[i].b, s->members[i].digests.sha512.b, 64);
	}
	if (vf_digest_sorted(VF_SHA256, a, s->n_members, &r, NULL) != VF_OK)
		exit(1);
	memcpy(s->id.b, r.b, 32);
	if (vf_digest_sorted(VF_SHA512, b, s->n_members, &r, NULL) != VF_OK)
		exit(1);
	memcpy(s->id512.b, r.b, 64);
}

static inline void made_place(struct made *m, struct made_stream *st)
{
	char a[65], b[65], c[65];
	uint8_t seq[8];
	struct vf_hash nonce = made_hash("stream nonce", st->next * 1000 + (uint64_t)st->submitter[0]);

	if (st->next == 0)
		snprintf(m->stream_json, sizeof(m->stream_json),
			"{\"schema\":\"trialnotary/stream/1\",\"seq\":0,\"key\":\"%s\",\"nonce\":\"%s\"}",
			made_hex(&st->key, a), made_hex(&nonce, b));
	else
		snprintf(m->stream_json, sizeof(m->stream_json),
			"{\"schema\":\"trialnotary/stream/1\",\"seq\":%" PRIu64
			",\"stream\":\"%s\",\"prev\":\"%s\","
			"\"nonce\":\"%s\"}",
			st->next, made_hex(&st->id, a), made_hex(&st->head, b), made_hex(&nonce, c));
	for (size_t i = 0; i < 8; i++)
		seq[i] = (uint8_t)(st->next >> 8 * (7 - i));
	m->s.in_stream = true;
	m->s.stream_key = st->key;
	m->s.seq = st->next;
	m->s.prev = st->next > 0 ? st->head : (struct vf_hash){0};
	m->s.slot = vf_hmac_sha256(vf_bytes(st->key.b, 32), vf_bytes(seq, 8));
}

/* Moves the stream on; made_record() calls it, and whoever changes a record afterwards. */
static inline void made_close(struct made *m, struct made_stream *st)
{
	made_group(&m->s);
	if (st == NULL)
		return;
	if (st->next == 0)
		st->id = m->s.id;
	m->s.stream = st->id;
	st->head = m->s.id;
	st->next++;
}

/*
 * Record n: a statement, stream.json when st is given, and a document that is plain or, with
 * confidential, behind a commitment. m must stay where it is.
 */
static inline void made_record(struct made *m, struct made_stream *st, uint64_t n, bool confidential)
{
	struct vf_hash doc = made_hash("document", n), nonce = made_hash("nonce", n),
		       salt = made_hash("salt", n), link = made_hash("link", n);
	struct vf_pair pair = vf_pair_of(vf_bytes(doc.b, 32)), stream_pair;
	char a[65], b[65], c[129], d[65], e[129], f[65];
	struct nt_submission *s = &m->s;

	memset(m, 0, sizeof(*m));
	snprintf(m->submitter, sizeof(m->submitter), "%s", st ? st->submitter : "nobody");
	snprintf(m->study, sizeof(m->study), "%s", st ? st->study : "DEMO-0");
	snprintf(m->title, sizeof(m->title), "Title of record %" PRIu64 ".", n);
	snprintf(m->document_name, sizeof(m->document_name), "document-%" PRIu64 ".pdf", n);
	s->members = m->members;
	s->documents = m->documents;
	s->slot = made_hash("slot", n);
	if (st != NULL)
		made_place(m, st);
	stream_pair = vf_pair_of(vf_bytes_str(m->stream_json));
	made_hex(&nonce, a);
	made_hex(&pair.sha256, b);
	vf_hex_put(c, vf_bytes(pair.sha512.b, 64));
	made_hex(&stream_pair.sha256, d);
	vf_hex_put(e, vf_bytes(stream_pair.sha512.b, 64));
	snprintf(m->commitment, sizeof(m->commitment),
		"{\"schema\":\"trialnotary/commitment/"
		"1\",\"name\":\"%s\",\"sha256\":\"%s\",\"sha512\":\"%s\",\"salt\":\"",
		m->document_name, b, c);
	strcat(m->commitment, made_hex(&salt, b));
	strcat(m->commitment, "\"}");
	made_hex(&pair.sha256, b);
	snprintf(m->statement, sizeof(m->statement),
		"{\"schema\":\"trialnotary/statement/"
		"1\",\"kind\":\"protocol\",\"study\":\"%s\",\"version\":\"2.0\","
		"\"date\":\"2026-03-01\",\"title\":\"%s\","
		"\"links\":[{\"type\":\"supersedes\",\"record\":\"%s\"}],\"nonce\":\"%s\",\"members\":[{\"name\":\"%s\","
		"\"role\":\"document\",\"sha256\":\"%s\",\"sha512\":\"%s\"},{\"name\":\"stream.json\","
		"\"role\":\"stream\","
		"\"sha256\":\"%s\",\"sha512\":\"%s\"}]}",
		m->study, m->title, made_hex(&link, f), a, confidential ? "commitment-001.json" : m->document_name,
		confidential ? a : b, c, d, e);
	m->members[s->n_members++] = (struct nt_member){vf_bytes_str("statement.json"),
		vf_pair_of(vf_bytes_str(m->statement)), vf_bytes_str(m->statement)};
	if (st != NULL)
		m->members[s->n_members++] = (struct nt_member){
			vf_bytes_str("stream.json"), stream_pair, vf_bytes_str(m->stream_json)};
	m->documents[0] = (struct nt_document){.name = vf_bytes_str(m->document_name),
		.digests = pair,
		.size = 32,
		.path = vf_bytes_str("/tmp/somewhere"),
		.confidential = confidential};
	if (confidential) {
		m->members[s->n_members++] = (struct nt_member){vf_bytes_str("commitment-001.json"),
			vf_pair_of(vf_bytes_str(m->commitment)), vf_bytes_str(m->commitment)};
		m->documents[0].commitment = vf_bytes_str("commitment-001.json");
	} else {
		m->members[s->n_members++] = (struct nt_member){vf_bytes_str(m->document_name), pair, {0}};
	}
	s->n_documents = 1;
	s->submitter = vf_bytes_str(m->submitter);
	s->study = vf_bytes_str(m->study);
	s->kind = vf_bytes_str("protocol");
	s->version = vf_bytes_str("2.0");
	s->date = vf_bytes_str("2026-03-01");
	s->title = vf_bytes_str(m->title);
	s->journal = made_hash("journal", n);
	m->link = (struct nt_link){vf_bytes_str("supersedes"), link};
	s->links = &m->link;
	s->n_links = 1;
	made_close(m, st);
}

#endif
