/*
 * What a trust directory pins, as the verifier itself has read it (docs/formats/trust.md).
 *
 * Knows the directory's fingerprint, its pins in one list, and what is missing or odd.
 * How it looks is trust_show.h's and trust_page.h's question. Decides nothing about evidence:
 * no file of the judge includes this one.
 */
#ifndef VERIFY_TRUST_VIEW_H
#define VERIFY_TRUST_VIEW_H

#include "verify/cert.h"
#include "verify/files.h"
#include "verify/policy.h"
#include "verify/quorum.h"
#include "verify/receipt.h"

enum vf_pin {
	VF_PIN_AUTHORITY, /* one for each certificate */
	VF_PIN_LOG,
	VF_PIN_WITNESS,
	VF_PIN_RECEIPTS,
	VF_PIN_SUBMITTER, /* one for each certificate */
	VF_PIN_STREAM,
};

struct vf_trust_pin {
	enum vf_pin kind;
	struct vf_bytes name; /* of the authority, log, witness or key; of a certificate of submitters its subject */
	const struct vf_cert_facts *facts; /* NULL: no certificate */
	struct vf_bytes vkey;              /* empty: no key of notes */
	struct vf_hash sha256;             /* of the certificate's DER, of the vkey's text, or the stream's name */
	size_t authority;                  /* its place in the policy */
	uint64_t delay;                    /* of receipts */
	bool has_key;                      /* of a stream */
};

/* Something that is not there, or that its owner should know. */
struct vf_trust_remark {
	const char *code; /* upper-case, stable */
	char text[240];   /* plain, escaped */
};
#define VF_MAX_REMARKS 64

struct vf_trust_view {
	struct vf_trust trust;
	char path[256]; /* escaped */
	struct vf_hash fingerprint;
	struct vf_trust_pin *pins;
	size_t n_pins;
	struct vf_trust_remark remarks[VF_MAX_REMARKS];
	size_t n_remarks;
	/* what the verifier's session holds */
	const struct vf_policy *policy;
	const struct vf_tlog_policy *tlog; /* NULL: no log is pinned */
	const struct vf_receipt_keys *receipts;
	const struct vf_stream_pin *streams;
	size_t n_streams;
	struct vf_session *session;
	struct vf_arena arena;
	void *memory;
};

/* Reads a directory. The errors of vf_trust_read() and vf_session_new(). End with vf_trust_view_done(). */
VF_RC vf_trust_view_open(const char *dir, struct vf_trust_view *ret, struct vf_err *reterr);
/* The same over files in memory, which it takes over also when it fails. */
VF_RC vf_trust_view_of(const char *dir, struct vf_trust *files, struct vf_trust_view *ret, struct vf_err *reterr);
void vf_trust_view_done(struct vf_trust_view *v);
/* The text of a key as C2SP writes it, in the arena; NULL when that is full. */
const char *vf_vkey_text(struct vf_arena *a, const struct vf_vkey *k);
/* "authority", "log", "witness", "receipts", "submitter", "stream" */
const char *vf_pin_name(enum vf_pin kind);
/* 16 groups of four hex digits; n of them a line, lines joined by sep. */
#define VF_GROUPS 128
void vf_fingerprint_put(char out[VF_GROUPS], const struct vf_hash *h, size_t n, const char *sep);

#endif
