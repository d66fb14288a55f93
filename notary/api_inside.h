/*
 * What the files of the service's interface share; nobody else includes it.
 */
#ifndef NOTARY_API_INSIDE_H
#define NOTARY_API_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "notary/api.h"
#include "notary/authorities.h"
#include "notary/audit.h"
#include "notary/blocks.h"
#include "notary/buf.h"
#include "notary/export.h"
#include "notary/intake.h"
#include "notary/keys_seen.h"
#include "notary/ledger.h"
#include "notary/metrics.h"
#include "notary/receipt_out.h"
#include "notary/trail.h"

#define NT_API_MAX_BULK ((uint64_t)64 << 20)
#define NT_API_MAX_MULTIPART ((uint64_t)8 << 30)
#define NT_API_MAX_SMALL 65536
/* What copies of documents leave free on the disk: without room for its own the notary must stop. */
#define NT_API_DISK_LEFT ((uint64_t)256 << 20)
#define NT_API_MAX_WAIT 30
/* A block for submissions holds one of so many octets of JSON, at most 100 kB are written to; so many lie idle. */
#define NT_API_BLOCK_JSON ((size_t)16 * 1024)
#define NT_API_IDLE_BLOCKS 512
#define NT_API_EVENTS 3

struct nt_job;
/* Runs in a worker: reads the request, and hands the job on (nt_job_call(), an offer) or ends it (nt_job_end()). */
typedef void nt_job_start(struct nt_job *j);
/* Runs on the keeper's thread; what it returns becomes the answer's problem. */
typedef VF_RC nt_job_run(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr);

struct nt_api_route {
	enum nt_http_method method;
	const char *path;       /* '*' stands for one part */
	enum nt_right right;    /* NONE: public */
	bool loopback;          /* from a loopback address without a credential */
	bool to_file;
	uint64_t max_body;
	nt_job_start *start;
	const char *params[6];
};
extern const struct nt_api_route nt_api_routes[];
extern const size_t nt_api_n_routes;

/* api_heads.c: study heads of one day. Of the keeper's thread while it runs, else of whoever holds the lock. */
struct nt_api_heads {
	struct nt_call call;
	bool runs, is_listed;
	int64_t day, done_day;
	int64_t after; /* monotonic milliseconds: not tried again before, as it failed */
	struct vf_bytes *studies; /* n of them, those before at are done */
	size_t n, at;
};

struct nt_api {
	struct nt_notary *n;
	struct nt_access *access;
	const struct nt_config *config;
	struct nt_json_log *log;
	struct nt_clock_watch *watch; /* may be NULL */
	bool clock_doubted, authorities_disagree; /* of the last tick */
	struct nt_api_tsa *tsa;       /* api_tsa.h; NULL: /tsa is off and never was on */
	struct nt_metrics *metrics;
	struct nt_http *_Atomic http;
	struct nt_keeper *keeper;
	struct nt_trail *trail;
	int folder;                /* of the notary, for the stampers; -1: not open */
	char authority_names[NT_MAX_AUTHORITIES][65]; /* label values of the metrics */
	const char *authorities[NT_MAX_AUTHORITIES + 1];
	pthread_mutex_t outside_lock;
	struct nt_revocation_keeper *revocation; /* as outside; of its threads and the keeper's */
	struct nt_renewer *renewer; /* as outside */
	uint64_t ended_told;       /* time-stamps that ended, as the log has it; the renewer's thread */
	struct nt_outside *outside; /* NULL: no authorities, or they are being exchanged */
	struct nt_keys_seen *keys; /* of Idempotency-Key */
	struct nt_intake_policy policy;
	struct nt_blocks blocks;   /* that submissions are read into */
	char prefix[24];           /* of request IDs: differs with each start */
	int64_t audit_day;         /* day whose predecessors were notarised; -1: not yet */
	bool audit_runs;
	int64_t audit_after;       /* monotonic milliseconds: not tried again before, as it failed */

	struct nt_api_heads heads;

	/* the keeper's own */
	struct nt_ledger *ledger;
	struct nt_exporter *exporter;

	size_t max_files;   /* of documents that are sent */
	atomic_size_t files; /* of these, open now */

	pthread_mutex_t lock; /* of the rest */
	struct nt_job *waiting; /* for a seal, linked by next */
	bool stopping;
	struct nt_reader *readers; /* idle */
};

/* What reads submissions, used again by the next worker. */
struct nt_reader {
	struct nt_intake *intake;
	struct nt_reader *next;
};

/* One request on its way to the answer. */
struct nt_job {
	struct nt_api *api;
	struct nt_http_request *q;
	const struct nt_api_route *route;
	struct nt_decision who;
	struct nt_job *next;

	/* the answer: a problem when rc is not VF_OK */
	enum vf_rc rc;
	struct vf_err err;
	char field[NT_FIELD_MAX];
	unsigned status, retry_after; /* status 0: by rc */
	const char *type;
	enum nt_http_cache cache;
	char etag[72], location[96];
	struct nt_buf body;
	int fd; /* an answer from a file; -1: body */
	uint64_t fd_size;

	struct nt_event events[NT_API_EVENTS];
	size_t n_events;
	char request[NT_AUDIT_MAX_REQUEST + 1];
	struct nt_trail_item item;
	struct nt_call call;
	nt_job_run *run;
	int64_t deadline; /* monotonic milliseconds; 0: does not wait */

	/* arguments */
	struct vf_hash id;
	struct vf_bytes study; /* lives with q */
	uint64_t a, b;
	bool has_key;          /* the Idempotency-Key of this request is in work */
	void *more;
	void (*free_more)(void *more);
	/* called on the trail's thread before the answer is given: writes what takes time into body */
	void (*finish)(struct nt_job *j);
};

int64_t nt_api_ticks(void);

/* api_clock.c: whether the clock is trusted */
/* The wall clock, after the watch has seen it; ctx is the api. Any thread. */
int64_t nt_api_watched_now(void *ctx);
/* A few times a second: logs what changed; returns the time. */
int64_t nt_api_clock_tick(struct nt_api *a, bool *ret_doubt);
/* CLOCK_DOUBT; ctx is the api. Any thread. */
VF_RC nt_api_clock_check(void *ctx, struct vf_err *reterr);
void nt_api_clock_count(struct nt_api *a);

/* api_outside.c: the authorities outside */
struct nt_outside;
struct nt_revocation_keeper;
struct nt_outside_state;
struct nt_clock_watch;
VF_RC nt_api_outside_start(struct nt_api *a, struct vf_err *reterr);
void nt_api_outside_stop(struct nt_api *a);
void nt_api_outside_sealed(struct nt_api *a, struct nt_notary *n);
void nt_api_outside_plan(void *ctx, struct nt_plan *p);
void nt_api_outside_tick(struct nt_api *a);
/* Into the metrics. */
void nt_api_outside_count(struct nt_api *a);
/* False when there are none. */
bool nt_api_outside_state(struct nt_api *a, struct nt_outside_state *ret);

/* api_renewal.c: evidence that ends */
struct nt_renewer;
extern const char *const nt_api_horizons[]; /* label values of the metrics */
VF_RC nt_api_renewal_start(struct nt_api *a, struct vf_err *reterr);
void nt_api_renewal_stop(struct nt_api *a);
void nt_api_renewal_tick(struct nt_api *a);
void nt_api_heads_tick(struct nt_api *a);
/* After the keeper's end. */
void nt_api_heads_done(struct nt_api *a);
void nt_api_renewal_count(struct nt_api *a);
/* ,"renewal":{...} when something is due, or has ended. */
void nt_api_renewal_ready(struct nt_api *a, struct nt_buf *out);

/* api_job.c */
struct nt_job *nt_job_new(struct nt_api *a, struct nt_http_request *q, const struct nt_api_route *route);
/* Makes it a refusal. field may be NULL. */
void nt_job_refuse(struct nt_job *j, enum vf_rc rc, const struct vf_err *err, const char *field);
/* Records that the party did, or was denied, this. */
void nt_job_event(struct nt_job *j, enum nt_right right, enum nt_about about, const struct vf_hash *object, enum vf_rc outcome,
	uint64_t count);
/* Decides about a study and a kind, and records it when it is denied. */
VF_RC nt_job_check(struct nt_job *j, enum nt_right right, struct vf_bytes study, struct vf_bytes kind, enum nt_about about,
	const struct vf_hash *object, struct vf_err *reterr);
/* Hands it to the keeper, which calls run and then ends it. */
void nt_job_call(struct nt_job *j, nt_job_run *run);
/* Lets it wait for the next seal until its deadline, then calls run again. On the keeper's thread. */
void nt_job_wait(struct nt_job *j);
/* Makes its events durable, then answers and frees it. */
void nt_job_end(struct nt_job *j);
/* nt_job_refuse() and nt_job_end() with a new message. */
void nt_job_fail(struct nt_job *j, enum vf_rc rc, const char *field, const char *what);
unsigned nt_api_status(enum vf_rc rc);
struct vf_hash nt_api_study_hash(struct vf_bytes study);
/* True: it waits no longer, because time is over or the service stops. */
bool nt_job_is_late(struct nt_job *j);

/* Parameters: false after the job was refused and ended. */
bool nt_job_read_id(struct nt_job *j);
/* The same; false when the path names no record. */
bool nt_job_find_id(struct nt_job *j);
bool nt_job_read_number(struct nt_job *j, const char *name, uint64_t min, uint64_t max, bool must, uint64_t *ret);
bool nt_job_read_wait(struct nt_job *j);
/* The text of the whole body; *ret_block is to be freed when it is not NULL. False after a refusal. */
bool nt_job_read_body(struct nt_job *j, struct vf_bytes *ret, uint8_t **ret_block);

/* JSON: ,"name":"text" unless the text is empty, and so on. The first member is the caller's. */
void nt_put_text(struct nt_buf *b, const char *name, struct vf_bytes text);
void nt_put_hash(struct nt_buf *b, const char *name, const struct vf_hash *h);
void nt_put_time(struct nt_buf *b, const char *name, int64_t ms);
const char *nt_state_name(enum nt_state state);
/* api_read.c: a record as this party may see it; the brace that ends it is the caller's. */
void nt_put_record(struct nt_job *j, const struct nt_record *r);

/* api_submit.c: hooks of the keeper */
void nt_api_begin(void *ctx);
VF_RC nt_api_group(void *ctx, struct nt_offer *const *offers, size_t n, struct vf_err *reterr);

nt_job_start nt_api_submit, nt_api_bulk;
nt_job_start nt_api_list, nt_api_get, nt_api_receipt, nt_api_bundle, nt_api_erase, nt_api_stream;
nt_job_start nt_api_log, nt_api_inclusion, nt_api_consistency, nt_api_proof, nt_api_seal, nt_api_checkpoint, nt_api_tile;
nt_job_start nt_api_seal_now, nt_api_parties, nt_api_party_add, nt_api_party_revoke;
nt_job_start nt_api_tokens, nt_api_token_new, nt_api_token_revoke, nt_api_audit_events, nt_api_audit_seal;
nt_job_start nt_api_tsa_ask, nt_api_tsa_certificates, nt_api_tsa_crl;
nt_job_start nt_api_livez, nt_api_readyz, nt_api_metrics;

#endif
