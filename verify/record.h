/*
 * What a record says about itself: statement, stream member, commitment, entry.
 *
 * Knows their exact forms (docs/formats/) and how the record hash follows from
 * the members. Whether files and evidence agree with them is bundle.h's question.
 */
#ifndef VERIFY_RECORD_H
#define VERIFY_RECORD_H

#include "verify/hash.h"
#include "verify/verdict.h"

#define VF_NAME_STATEMENT "statement.json"
#define VF_NAME_STREAM "stream.json"
#define VF_NAME_COMMITMENT "commitment-"
#define VF_NAME_MIMETYPE "mimetype"
#define VF_NAME_META "META-INF/"
#define VF_NAME_SIGNED_MANIFEST "META-INF/ASiCManifest001.xml"
#define VF_NAME_SIGNATURE "META-INF/signature001.p7s"

#define VF_SCHEMA_STATEMENT "trialnotary/statement/1"
#define VF_SCHEMA_STREAM "trialnotary/stream/1"
#define VF_SCHEMA_COMMITMENT "trialnotary/commitment/1"
#define VF_ENTRY_MAGIC "trialnotary/entry/1"
#define VF_ENTRY_LEN 298

#define VF_MAX_SEQ ((UINT64_C(1) << 53) - 1)

enum vf_role {
	VF_ROLE_DOCUMENT,
	VF_ROLE_STREAM,
	VF_ROLE_COMMITMENT,
};

struct vf_member {
	struct vf_bytes name;
	enum vf_role role;
	struct vf_pair digests;
};

struct vf_statement {
	struct vf_bytes kind, study, version, date, title; /* n = 0 when absent */
	struct vf_link *links;
	size_t n_links;
	struct vf_hash nonce;
	bool has_signer;
	struct vf_hash signer; /* SHA-256 of the signer's certificate */
	struct vf_member *members; /* ascending by name; without the statement and signature files */
	size_t n_members;
};

struct vf_stream_member {
	uint64_t seq;
	struct vf_hash key;          /* seq 0 */
	struct vf_hash stream, prev; /* seq > 0 */
	struct vf_hash nonce;
};

struct vf_commitment {
	struct vf_bytes name;
	struct vf_pair digests;
	struct vf_hash salt;
};

struct vf_entry {
	struct vf_hash id;
	struct vf_hash512 id512;
	struct vf_hash slot;
};

/*
 * A name that a document may have: vf_name_check() and none of the reserved
 * names, in any case of letters (NAME_SHAPE).
 */
VF_RC vf_document_name_check(struct vf_bytes name, struct vf_err *reterr);
/*
 * Whether the names of a record stand for different files everywhere: none equal
 * after case folding, none the folder of another. ret_fault says what is wrong, or is
 * NULL. Sorts names and lets them point to memory that is only borrowed from the
 * arena: they are of no use afterwards.
 */
VF_RC vf_names_check(struct vf_bytes *names, size_t n, struct vf_arena *a, const char **ret_fault, struct vf_err *reterr);
/* A kind or link type: [a-z][a-z0-9-]{0,31}. */
bool vf_word_is(struct vf_bytes word);

/* docs/formats/statement.md. Everything in ret lives in the arena. STATEMENT_SHAPE, JSON_SHAPE, NAME_SHAPE, LIMIT. */
VF_RC vf_statement_parse(struct vf_bytes json, struct vf_arena *a, struct vf_statement *ret,
	struct vf_err *reterr);
/* The listed member of this name, or NULL. */
const struct vf_member *vf_statement_find(const struct vf_statement *s, struct vf_bytes name);

/* docs/formats/stream.md. STREAM_SHAPE, JSON_SHAPE. */
VF_RC vf_stream_parse(struct vf_bytes json, struct vf_stream_member *ret, struct vf_err *reterr);
/* HMAC-SHA-256(stream key, seq as eight octets big-endian). */
struct vf_hash vf_slot(const struct vf_hash *stream_key, uint64_t seq);

/* docs/formats/commitment.md. COMMITMENT_SHAPE, JSON_SHAPE, NAME_SHAPE. */
VF_RC vf_commitment_parse(struct vf_bytes json, struct vf_arena *a, struct vf_commitment *ret,
	struct vf_err *reterr);

/* docs/formats/entry.md: the leaf bytes. out has room for VF_ENTRY_LEN + 1. TEXT_SHAPE. */
VF_RC vf_entry_parse(struct vf_bytes text, struct vf_entry *ret, struct vf_err *reterr);
void vf_entry_put(char *out, const struct vf_entry *e);

/*
 * RFC 4998 group hash in both generations over n members' digests. Sorts the
 * array by SHA-256; that order is the first list of the evidence record.
 */
void vf_group(struct vf_pair *members, size_t n, struct vf_hash *ret_id, struct vf_hash512 *ret_id512);

#endif
