/*
 * The embedded RFC 3161 time-stamping authority, with its own CA and CRL.
 *
 * Knows one folder: ca.key, ca.pem, tsu-NNNN.key, tsu-NNNN.pem, crl.der. The
 * newest certificate signs; older ones stay for reference. It has no clock: every
 * time is an argument, and a time that runs backwards is refused. Whether the time
 * is right is the caller's question.
 *
 * One thread at a time may use a TSA.
 */
#ifndef NOTARY_TSA_H
#define NOTARY_TSA_H

#include "notary/buf.h"
#include "notary/config.h"
#include "verify/hash.h"

struct nt_tsa;

/*
 * Makes folder (or uses an empty one), CA key and certificate, the first TSA
 * key and certificate, and the first CRL, from origin, tsa_key and the periods of
 * the configuration. EXISTS when it holds a CA already. What a failed call leaves
 * behind is for the caller to remove; it does not open. The caller also
 * syncs the folder that holds it.
 */
VF_RC nt_tsa_create(const char *folder, const struct nt_config *config, int64_t now_ms,
	struct vf_err *reterr);

/*
 * Loads what create and refresh wrote and checks that keys, certificates and CRL
 * belong together. An absent or unusable CRL is no fault: refresh makes a new one.
 * NO_INPUT, PERMISSION, SIGNER_FAILED, CERT_SHAPE.
 */
VF_RC nt_tsa_open(const char *folder, const struct nt_config *config, struct nt_tsa **ret,
	struct vf_err *reterr);
struct nt_tsa *nt_tsa_free(struct nt_tsa *t);
void nt_tsa_freep(struct nt_tsa **t);

/* What refresh did. warning is VF_OK, or TSA_CA_ENDS when the CA nears its end. */
struct nt_tsa_refreshed {
	bool crl, certificate;
	enum vf_rc warning;
};

/*
 * Makes a new CRL when the last is older than crl_refresh_hours or there is none,
 * and a new TSA key and certificate when fewer than tsa_renew_days are left.
 * To be called when a notary opens and before it seals; cheap when nothing is due.
 * TIME_STOPPED when now is before what was made last; TSA_FAILED after the CA's end.
 */
VF_RC nt_tsa_refresh(struct nt_tsa *t, int64_t now_ms, struct nt_tsa_refreshed *ret, struct vf_err *reterr);

/*
 * Appends a time-stamp token (the ContentInfo of RFC 3161 2.4.2, not a TimeStampResp)
 * over a SHA-256, SHA-384 or SHA-512 imprint, with the TSA's certificate and the
 * current CRL in it. genTime is now_ms. TIME_STOPPED when now is before the last
 * stamp of this object or before its certificate or CRL; TSA_FAILED when the
 * certificate, its key period or the CRL has run out (call refresh).
 */
VF_RC nt_tsa_stamp(struct nt_tsa *t, const struct vf_digest *imprint, int64_t now_ms, struct nt_buf *ret,
	struct vf_err *reterr);

/*
 * What signs now, for other threads (tsa_snapshot.h): it stays as it is when this object goes on. TSA_FAILED without a CRL; as
 * nt_tsa_open() when the key cannot be read.
 */
struct nt_tsa_snapshot;
VF_RC nt_tsa_snapshot(const struct nt_tsa *t, struct nt_tsa_snapshot **ret, struct vf_err *reterr);

/* Appends the CA certificate in PEM: the root to pin. */
VF_RC nt_tsa_root_pem(const struct nt_tsa *t, struct nt_buf *ret, struct vf_err *reterr);
/* In DER, valid until the next refresh; the CRL is empty when there is none. */
struct vf_bytes nt_tsa_root(const struct nt_tsa *t);
struct vf_bytes nt_tsa_certificate(const struct nt_tsa *t);
struct vf_bytes nt_tsa_current_crl(const struct nt_tsa *t);

/* What status shows. The CRL's fields are VF_TIME_NONE when there is none. */
struct nt_tsa_status {
	unsigned number;        /* NNNN of the current certificate */
	int64_t ca_end;         /* notAfter of the CA */
	int64_t cert_end;       /* notAfter of the TSA certificate */
	int64_t key_end;        /* end of its private key usage period */
	int64_t crl_from, crl_end; /* thisUpdate, nextUpdate */
};
void nt_tsa_status(const struct nt_tsa *t, struct nt_tsa_status *ret);

#endif
