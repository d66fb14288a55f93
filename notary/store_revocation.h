/*
 * CRLs and OCSP responses in the store, once for each authority and certificate, not in each token.
 *
 * Keeps what it is given and finds what a token of a given time is exported with
 * (docs/decisions/0015-several-authorities.md). Whether an element may count was decided before (revocation_fetch.h)
 * and is decided again by every verifier.
 */
#ifndef NOTARY_STORE_REVOCATION_H
#define NOTARY_STORE_REVOCATION_H

#include "notary/buf.h"
#include "verify/cert.h"

struct nt_store;

/* Values are in the database. */
enum nt_revocation_kind { NT_REVOCATION_CRL = 1, NT_REVOCATION_OCSP = 2 };

/* A CRL is not larger: RFC 5280 knows no limit, but it stands in each token that is exported. */
#define NT_MAX_REVOCATION (512 * 1024)

struct nt_revocation {
	struct vf_bytes authority; /* name in authorities.json */
	enum nt_revocation_kind kind;
	struct vf_hash subject;    /* which certificate it was fetched for: nt_revocation_subject() */
	int64_t this_update, next_update; /* next_update is VF_TIME_NONE when it says none */
	struct vf_bytes der;
	uint64_t number; /* in the store, for good; not looked at by put */
};

/*
 * The name of a certificate here: SHA-256 over its issuer's Name (whole element), then its serial number (contents
 * octets). Lists of one issuer may be cut by certificate, so they are kept by the certificate too.
 */
struct vf_hash nt_revocation_subject(const struct vf_cert *cert);

/* Idempotent and durable: *ret_new says whether it was not there. LIMIT for octets beyond NT_MAX_REVOCATION. */
VF_RC nt_store_revocation_put(struct nt_store *s, const struct nt_revocation *r, bool *ret_new, struct vf_err *reterr);

/*
 * The one to export with a token made no later than after: the first whose thisUpdate is later, else the last one. Of
 * several of one time, that with the lowest SHA-256. *ret_found says whether there is any; its octets are appended to
 * der and ret points into there, to authority as given. STORE_CORRUPT when the octets have another hash than they
 * had.
 */
VF_RC nt_store_revocation_find(struct nt_store *s, struct vf_bytes authority, enum nt_revocation_kind kind,
	const struct vf_hash *subject, int64_t after, struct nt_buf *der, struct nt_revocation *ret, bool *ret_found,
	struct vf_err *reterr);

/* The one of this number, to der as above. STORE_CORRUPT when there is none; authority of ret is empty. */
VF_RC nt_store_revocation_get(struct nt_store *s, uint64_t number, struct nt_buf *der, struct nt_revocation *ret,
	struct vf_err *reterr);

/* All of them, by authority, kind, subject and time; r and its ranges live until each returns. */
typedef VF_RC nt_each_revocation(void *ctx, const struct nt_revocation *r, struct vf_err *reterr);
VF_RC nt_store_revocation_each(struct nt_store *s, nt_each_revocation *each, void *ctx, struct vf_err *reterr);

VF_RC nt_store_revocation_count(struct nt_store *s, uint64_t *ret, struct vf_err *reterr);
/*
 * A number that grows whenever something was put there: who keeps what was found knows by it that it may be out of
 * date.
 */
VF_RC nt_store_revocation_version(struct nt_store *s, uint64_t *ret, struct vf_err *reterr);

/* For fsck: each row has the octets that it had. */
struct nt_findings;
VF_RC nt_store_check_revocation(struct nt_store *s, struct nt_findings *f, struct vf_err *reterr);

#endif
