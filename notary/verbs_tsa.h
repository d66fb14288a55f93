/*
 * What the verbs on time-stamping authorities share.
 *
 * Internal to verbs_tsa.c and verbs_tsa_add.c.
 */
#ifndef NOTARY_VERBS_TSA_H
#define NOTARY_VERBS_TSA_H

#include "notary/authorities.h"
#include "notary/verbs.h"
#include "verify/cert.h"

#define NT_TSA_FOLDER "authorities" /* of the roots, in the notary's folder */

/* Opens the notary's folder without its lock: a server may run. NOT_A_NOTARY. */
VF_RC nt_tsa_folder(const struct nt_cli *cli, int *ret, struct vf_err *reterr);
/* Reads the list for a change; others that change it wait until lock is closed. */
VF_RC nt_tsa_begin_change(int folder, int *ret_lock, struct nt_authorities *ret, struct vf_err *reterr);
void nt_tsa_say_reload(struct nt_cli *cli);

/* A real time-stamp over random octets. octets is 0 when there was no good token; the certificate may have no name. */
struct nt_tsa_trial {
	enum vf_rc rc;
	struct vf_err err;
	int64_t time, offset_ms, uncertainty_ms, round_trip_ms;
	struct vf_cert_facts certificate;
	char policy[80];
	enum vf_alg digest;
	size_t octets;
	bool unrevocable; /* nobody is named who could be asked whether its certificate is revoked */
};
void nt_tsa_try(const struct nt_authority *a, int folder, struct nt_tsa_trial *ret);
void nt_tsa_put_trial(struct nt_buf *out, const char *name, const struct nt_tsa_trial *t);
void nt_tsa_put_trial_json(struct nt_buf *out, const struct nt_tsa_trial *t);

#endif
