/* Requests to /tsa, and what users pin. */
#include <stdlib.h>

#include "notary/api_tsa.h"
#include "notary/cert.h"
#include "verify/text.h"

#define QUERY "application/timestamp-query"
#define REPLY "application/timestamp-reply"
#define LOG_MS INT64_C(1000)

const char *const nt_api_tsa_failures[] = {"badAlg", "badRequest", "badDataFormat", "timeNotAvailable",
	"unacceptedPolicy", "unacceptedExtension", "addInfoNotAvailable", "systemFailure", NULL};

static const char *fail_name(enum nt_tsp_fail fail)
{
	switch (fail) {
	case NT_TSP_BAD_ALG: return nt_api_tsa_failures[0];
	case NT_TSP_BAD_REQUEST: return nt_api_tsa_failures[1];
	case NT_TSP_BAD_DATA_FORMAT: return nt_api_tsa_failures[2];
	case NT_TSP_TIME_NOT_AVAILABLE: return nt_api_tsa_failures[3];
	case NT_TSP_UNACCEPTED_POLICY: return nt_api_tsa_failures[4];
	case NT_TSP_UNACCEPTED_EXTENSION: return nt_api_tsa_failures[5];
	case NT_TSP_ADD_INFO_NOT_AVAILABLE: return nt_api_tsa_failures[6];
	case NT_TSP_SYSTEM_FAILURE: return nt_api_tsa_failures[7];
	}
	return "other";
}

/* ---- a request ---- */

struct query {
	struct nt_job *job;
	struct nt_issue issue;
};

/* A fault of ours is logged, though not for each of many requests. */
static void log_refusal(struct nt_api_tsa *t, const struct vf_err *err)
{
	int64_t now = nt_api_ticks();
	bool due;

	pthread_mutex_lock(&t->lock);
	due = now - t->logged_at >= LOG_MS;
	if (due)
		t->logged_at = now;
	pthread_mutex_unlock(&t->lock);
	if (due)
		nt_api_tsa_log(t->api, NT_LOG_ERROR, "token_refused", err->rc, err->text);
}

static void end_refused(struct nt_job *j, enum nt_tsp_fail fail, const char *text)
{
	struct vf_err err;

	nt_metric_add(j->api->metrics, NT_METRIC_TSA_REFUSED, fail_name(fail), NULL, 1);
	j->type = REPLY;
	if (nt_tsp_refused_put(&j->body, fail, text, &err) != VF_OK)
		nt_job_refuse(j, err.rc, &err, NULL);
	nt_job_end(j);
}

/* On a thread of the issuer or of the journal. */
static void on_issued(struct nt_issue *x)
{
	struct query *q = x->ctx;
	struct nt_job *j = q->job;
	struct vf_err err;

	if (x->granted)
		nt_metric_add(j->api->metrics, NT_METRIC_TSA_ISSUED, NULL, NULL, 1);
	else
		nt_metric_add(j->api->metrics, NT_METRIC_TSA_REFUSED, fail_name(x->fail), NULL, 1);
	if (!x->granted && x->fail == NT_TSP_SYSTEM_FAILURE)
		log_refusal(j->api->tsa, &x->err);
	j->type = REPLY;
	nt_buf_done(&j->body);
	j->body = x->response;
	x->response = nt_buf(0);
	if (j->body.n == 0) {
		vf_ignore(vf_fail(&err, VF_NO_MEMORY, "no memory for an answer")); /* only for its text */
		nt_job_refuse(j, VF_NO_MEMORY, &err, NULL);
	}
	nt_job_end(j);
}

static void free_query(void *more)
{
	struct query *q = more;

	nt_buf_done(&q->issue.response);
	free(q);
}

void nt_api_tsa_ask(struct nt_job *j)
{
	struct nt_api_tsa *t = j->api->tsa;
	struct query *q;
	enum nt_tsp_fail fail = NT_TSP_SYSTEM_FAILURE;
	struct vf_err err;
	enum vf_rc rc;

	if (!nt_http_is_type(j->q, QUERY)) {
		nt_job_fail(j, VF_HTTP_UNSUPPORTED, "Content-Type", "a time-stamp request is sent as '" QUERY "'");
		return;
	}
	q = calloc(1, sizeof(*q));
	if (!q) {
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a request");
		return;
	}
	j->more = q;
	j->free_more = free_query;
	q->job = j;
	q->issue.response = nt_buf((size_t)1 << 16);
	q->issue.done = on_issued;
	q->issue.ctx = q;
	rc = nt_tsp_request_read(nt_http_body(j->q), &q->issue.request, &fail, &err);
	if (rc != VF_OK) {
		end_refused(j, fail, err.text);
		return;
	}
	if (!t->issuer) {
		log_refusal(t, &t->fault);
		end_refused(j, NT_TSP_SYSTEM_FAILURE, vf_rc_text(t->fault.rc));
		return;
	}
	rc = nt_issuer_ask(t->issuer, &q->issue, &err);
	if (rc == VF_OK)
		return; /* j may be gone */
	nt_job_refuse(j, rc, &err, NULL);
	nt_job_end(j);
}

/* ---- what users pin ---- */

static struct nt_tsa_snapshot *get_snapshot(struct nt_job *j)
{
	struct nt_api_tsa *t = j->api->tsa;

	if (t->issuer)
		return nt_issuer_snapshot(t->issuer);
	nt_job_refuse(j, t->fault.rc, &t->fault, NULL);
	nt_job_end(j);
	return NULL;
}

void nt_api_tsa_certificates(struct nt_job *j)
{
	struct nt_tsa_snapshot *s = get_snapshot(j);
	struct vf_err err;
	enum vf_rc rc;

	if (!s)
		return;
	j->type = "application/pem-certificate-chain";
	j->cache = NT_HTTP_NO_CACHE;
	rc = nt_pem_put(&j->body, "CERTIFICATE", nt_tsa_snapshot_certificate(s), &err);
	if (rc == VF_OK)
		rc = nt_pem_put(&j->body, "CERTIFICATE", nt_tsa_snapshot_root(s), &err);
	if (rc != VF_OK)
		nt_job_refuse(j, rc, &err, NULL);
	nt_tsa_snapshot_free(s);
	nt_job_end(j);
}

void nt_api_tsa_crl(struct nt_job *j)
{
	struct nt_tsa_snapshot *s = get_snapshot(j);

	if (!s)
		return;
	j->type = "application/pkix-crl";
	j->cache = NT_HTTP_NO_CACHE;
	nt_buf_put(&j->body, nt_tsa_snapshot_crl(s));
	nt_tsa_snapshot_free(s);
	nt_job_end(j);
}
