/*
 * /tsa of the service: requests of anybody, the days of the issue journal, and whether the clock is trusted.
 *
 * Knows media types, failures and what is counted. Tokens are issuer.h's question. Only api.c and the files beside it
 * include it.
 */
#ifndef NOTARY_API_TSA_H
#define NOTARY_API_TSA_H

#include <limits.h>

#include "notary/api_inside.h"
#include "notary/issuer.h"

/* A call to the keeper of which at most one is under way. */
struct nt_api_errand {
	struct nt_call call;
	bool runs;     /* under the lock; so after */
	int64_t after; /* monotonic milliseconds: not before */
};

struct nt_api_tsa {
	struct nt_api *api;
	struct nt_issue_journal *journal; /* NULL: it cannot be read; so issuer */
	struct nt_issuer *issuer;
	struct vf_err fault;              /* why */
	char folder[PATH_MAX];            /* of the journal; absolute */

	pthread_mutex_t lock;
	struct nt_api_errand refresh, day;
	struct nt_issue_ended ended;      /* the day's errand alone */
	int64_t logged_at;                /* of the last refusal that was logged */
};

/*
 * Before the keeper runs, as it uses the notary. A journal that cannot be read is no failure: it is logged, every
 * request is refused and the service is not ready until somebody has looked. a->tsa stays NULL when /tsa is off and
 * never was on.
 */
VF_RC nt_api_tsa_new(struct nt_api *a, struct vf_err *reterr);
/* After the keeper has ended. Accepts NULL. */
struct nt_api_tsa *nt_api_tsa_free(struct nt_api_tsa *t);

/*
 * A few times a second: a newer certificate or CRL, the end of a day, its record; what changed about the clock is
 * logged.
 */
void nt_api_tsa_tick(struct nt_api *a);
/* CLOCK_DOUBT; and with /tsa on, what keeps it from issuing. */
VF_RC nt_api_tsa_ready(struct nt_api *a, struct vf_err *reterr);
/* Sets what metrics show of clock and certificate. */
void nt_api_tsa_count(struct nt_api *a);
/* Whether the path is served at all. */
bool nt_api_tsa_serves(const struct nt_api *a, const struct nt_api_route *r);

void nt_api_tsa_log(
	struct nt_api *a, enum nt_json_log_level level, const char *event, enum vf_rc rc, const char *why);

/* The names of enum nt_tsp_fail, for metrics; ends with NULL. */
extern const char *const nt_api_tsa_failures[];

#endif
