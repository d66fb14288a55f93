/*
 * One running service: the notary of a folder, its interface, its server, its log, from start to stop.
 *
 * Knows the order in which they begin and end. Signals, options and messages are verbs_serve.c's question.
 */
#ifndef NOTARY_SERVICE_H
#define NOTARY_SERVICE_H

#include "notary/config.h"
#include "notary/http.h"

struct nt_service;

struct nt_service_options {
	const char *dir;
	const char *config; /* a file whose settings take the place of those in the folder's; or NULL */
	const char *listen, *tls; /* take the place of both; or NULL */
	int log_fd;
};

/*
 * Opens, recovers, listens and serves. STORE_BUSY, CONFIG_SHAPE, HTTP_ADDRESS, TLS_FAILED, and what nt_notary_open() says.
 */
VF_RC nt_service_start(const struct nt_service_options *options, struct nt_service **ret, struct vf_err *reterr);
/*
 * Accepts no more connections, answers what is in work, seals what was accepted, and closes. The outcome says whether
 * everything that was accepted is sealed.
 */
VF_RC nt_service_stop(struct nt_service *s, struct vf_err *reterr);

/* "http://127.0.0.1:8620" */
const char *nt_service_url(const struct nt_service *s);
/* Of the server's certificate; false without TLS. */
bool nt_service_fingerprint(struct nt_service *s, uint8_t ret[32]);
/* To be called a few times a second; see nt_api_tick(). */
VF_RC nt_service_tick(struct nt_service *s, struct vf_err *reterr);
/* Reads certificate, key and authorities.json again, and checks the settings, which take effect with the next start. All stays as it was on failure. */
VF_RC nt_service_reload(struct nt_service *s, struct vf_err *reterr);
/* True when there is no party yet: nobody can use the service. */
bool nt_service_is_unused(struct nt_service *s);

#endif
