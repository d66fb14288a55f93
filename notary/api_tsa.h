/*
 * /tsa of the service: requests of anybody, the days of the issue journal, and whether the clock is trusted.
 *
 * Knows media types, failures and what is counted. Tokens are issuer.h's question. Only api.c and the files beside it include it.
 */
#ifndef NOTARY_API_TSA_H
#define NOTARY_API_TSA_H

#include "notary/api_inside.h"

/*
 * Before the keeper runs, as it uses the notary. A journal that cannot be read is no failure: it is logged, every request is refused
 * and the service is not ready until somebody has looked. a->tsa stays NULL when /tsa is off and never was on.
 */
VF_RC nt_api_tsa_new(struct nt_api *a, struct vf_err *reterr);
/* After the keeper has ended. Accepts NULL. */
struct nt_api_tsa *nt_api_tsa_free(struct nt_api_tsa *t);

/* A few times a second: a newer certificate or CRL, the end of a day, its record; what changed about the clock is logged. */
void nt_api_tsa_tick(struct nt_api *a);
/* CLOCK_DOUBT; and with /tsa on, what keeps it from issuing. */
VF_RC nt_api_tsa_ready(struct nt_api *a, struct vf_err *reterr);
void nt_api_tsa_count(struct nt_api *a);
/* Whether the path is served at all. */
bool nt_api_tsa_serves(const struct nt_api *a, const struct nt_api_route *r);

/* The names of enum nt_tsp_fail, for metrics; ends with NULL. */
extern const char *const nt_api_tsa_failures[];

#endif
