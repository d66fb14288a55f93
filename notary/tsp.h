/*
 * Time-stamp requests and responses (RFC 3161 2.4) as octets.
 *
 * Knows their DER, strictly: what is not in its exact form is refused. What a token says is verify/tst.h's question.
 */
#ifndef NOTARY_TSP_H
#define NOTARY_TSP_H

#include "notary/buf.h"
#include "verify/hash.h"

/* PKIFailureInfo: the number of the bit (RFC 3161 2.4.2). */
enum nt_tsp_fail {
	NT_TSP_BAD_ALG = 0,
	NT_TSP_BAD_REQUEST = 2,
	NT_TSP_BAD_DATA_FORMAT = 5,
	NT_TSP_TIME_NOT_AVAILABLE = 14,
	NT_TSP_UNACCEPTED_POLICY = 15,
	NT_TSP_UNACCEPTED_EXTENSION = 16,
	NT_TSP_ADD_INFO_NOT_AVAILABLE = 17,
	NT_TSP_SYSTEM_FAILURE = 25,
};

#define NT_TSP_MAX_REQUEST 8192
#define NT_TSP_MAX_NONCE 32 /* octets */

/* Ranges point into the octets that were read. */
struct nt_tsp_request {
	struct vf_digest imprint;
	struct vf_bytes policy; /* contents octets of the OID; empty: none asked for */
	struct vf_bytes nonce;  /* contents octets of the INTEGER; empty: none */
	bool cert_req;
};

/* Appends a TimeStampReq. */
VF_RC nt_tsp_request_put(struct nt_buf *out, const struct nt_tsp_request *q, struct vf_err *reterr);
/*
 * Reads one that fills der. On refusal *ret_fail says what an authority answers: an algorithm other than SHA-256, -384,
 * -512 badAlg (UNSUPPORTED), any extension unacceptedExtension (UNSUPPORTED), what is too long or has another version
 * than 1 badRequest (TS_SHAPE), a digest of another length and any other shape badDataFormat (TS_SHAPE).
 */
VF_RC nt_tsp_request_read(
	struct vf_bytes der, struct nt_tsp_request *ret, enum nt_tsp_fail *ret_fail, struct vf_err *reterr);

/* Appends a TimeStampResp: granted with this token. */
VF_RC nt_tsp_granted_put(struct nt_buf *out, struct vf_bytes token, struct vf_err *reterr);
/* Appends one with status rejection, one failInfo bit and a text. */
VF_RC nt_tsp_refused_put(struct nt_buf *out, enum nt_tsp_fail fail, const char *text, struct vf_err *reterr);
/* Why a response is none: "rejection, badAlg: <its text, escaped>"; at most n octets with the final 0. For messages. */
void nt_tsp_status_text(struct vf_bytes response, char *out, size_t n);
/* The token's octets in a granted(0) response that fills der. TS_STATUS with the above text, TS_SHAPE. */
VF_RC nt_tsp_response_token(struct vf_bytes der, struct vf_bytes *ret, struct vf_err *reterr);

#endif
