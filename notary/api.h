/*
 * The interface of a notary's service (docs/api.md): from a request to its answer.
 *
 * Knows paths, rights, codes and media types. How requests arrive is http.h's question, who may do what
 * access.h's, and grouping and sealing keeper.h's. An answer leaves after its audit events are durable.
 *
 *	loop: route      worker: start         keeper: run, prepare, done        trail: done
 *	who, how large -> read and check    ->  the notary                    ->  events durable -> answer
 */
#ifndef NOTARY_API_H
#define NOTARY_API_H

#include "notary/access.h"
#include "notary/config.h"
#include "notary/http.h"
#include "notary/json_log.h"
#include "notary/keeper.h"

struct nt_api;
struct nt_clock_watch;

struct nt_api_options {
	struct nt_notary *notary;    /* the api's alone until it is freed */
	struct nt_access *access;
	const struct nt_config *config;
	struct nt_json_log *log;     /* may be NULL */
	struct nt_clock_watch *watch; /* of the clock; freed after the api; may be NULL */
	size_t max_files;            /* open at once, of documents that are sent to be kept; 0: 1,000 */
};

/* Reads authorities.json again. CONFIG_SHAPE and others leave the authorities as they were. */
VF_RC nt_api_read_authorities(struct nt_api *a, struct vf_err *reterr);
/* Starts the keeper and the trail. Then nt_api_route(), nt_api_handle() and nt_api_event() are a server's functions, with the api as ctx. */
VF_RC nt_api_new(const struct nt_api_options *options, struct nt_api **ret, struct vf_err *reterr);
/* Answers at once those who wait for a seal; before the server is stopped. */
void nt_api_stop(struct nt_api *a);
/* After the server was freed: seals what waits and ends the threads. Accepts NULL. */
struct nt_api *nt_api_free(struct nt_api *a);

void nt_api_route(void *ctx, struct nt_http_request *q, struct nt_http_route *ret);
void nt_api_handle(void *ctx, struct nt_http_request *q);
void nt_api_event(void *ctx, const struct nt_http_event *e);

/*
 * To be called a few times a second: ends waiting that took too long, refreshes gauges, shows the clock to the watch, and
 * after midnight UTC notarises the audit events and the issued tokens of the day before. Returns what stopped the service for good; VF_OK while it works.
 */
VF_RC nt_api_tick(struct nt_api *a, struct vf_err *reterr);
/* What the server says of itself in metrics. May be NULL. */
void nt_api_set_server(struct nt_api *a, struct nt_http *http);

#endif
