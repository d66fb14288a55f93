#include "notary/service.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

#include "notary/api.h"
#include "notary/clock_watch.h"
#include "notary/durable.h"
#include "notary/signer.h"
#include "verify/limits.h"
#include "verify/text.h"

struct nt_service {
	char *dir, *config_path, *listen, *tls;
	struct nt_config config;
	unsigned files, connections, requests; /* descriptors, and what they are enough for */
	char address[64], url[96], certificate[4200], key[4200];
	struct nt_notary *n;
	struct nt_access *access;
	struct nt_json_log *log;
	struct nt_clock_watch *watch;
	struct nt_api *api;
	struct nt_http *http;
};

static struct nt_service *release(struct nt_service *s)
{
	if (!s)
		return NULL;
	nt_http_free(s->http);
	nt_api_free(s->api);
	nt_clock_watch_free(s->watch);
	nt_notary_free(s->n);
	nt_json_log_free(s->log);
	free(s->dir);
	free(s->config_path);
	free(s->listen);
	free(s->tls);
	free(s);
	return NULL;
}

static void releasep(struct nt_service **s)
{
	*s = release(*s);
}

/* ---- settings ---- */

static VF_RC change(struct nt_config *c, const char *name, const char *value, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf line = nt_buf(1024);

	nt_buf_putf(&line, "%s = %s\n", name, value);
	if (nt_buf_check(&line, reterr) != VF_OK)
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'%s' is too long", name);
	return nt_config_change(nt_buf_bytes(&line), c, reterr);
}

/* The folder's settings, changed by the file, changed by the options. */
static VF_RC make_config(const struct nt_service *s, struct nt_config *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(VF_MAX_SMALL_JSON);
	enum vf_rc rc = VF_OK;

	*ret = *nt_notary_config(s->n);
	if (s->config_path) {
		rc = nt_signer_read_file(s->config_path, VF_MAX_SMALL_JSON, &text, reterr);
		if (rc == VF_OK)
			rc = nt_config_change(nt_buf_bytes(&text), ret, reterr);
		if (rc != VF_OK)
			vf_err_prefix(reterr, "'%s'", s->config_path);
	}
	if (rc == VF_OK && s->listen)
		rc = change(ret, "listen", s->listen, reterr);
	if (rc == VF_OK && s->tls)
		rc = change(ret, "tls", s->tls, reterr);
	if (rc == VF_OK && strcmp(ret->origin, nt_notary_config(s->n)->origin) != 0)
		rc = vf_fail(reterr, VF_CONFIG_SHAPE, "the origin cannot be changed");
	return rc;
}

static void split_listen(const struct nt_config *c, char *address, size_t room, uint16_t *ret_port)
{
	const char *colon = strrchr(c->listen, ':');
	bool bracket = c->listen[0] == '[';
	size_t n = (size_t)(colon - c->listen) - (bracket ? 2 : 0);

	snprintf(address, room, "%.*s", (int)n, c->listen + (bracket ? 1 : 0));
	*ret_port = (uint16_t)strtoul(colon + 1, NULL, 10);
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* ---- start ---- */

/* Descriptors for the notary itself: databases, tiles, keys, the log. */
#define OWN_FILES 128
#define MIN_FILES 256
#define MAX_FILES 65536

/*
 * As many descriptors as may be had, and no more promised to clients than leave the notary its own: it stops when it
 * cannot open a file. A connection has its socket, and a file for what comes or goes; a request whose client has left
 * has its body still.
 */
static VF_RC take_descriptors(struct nt_service *s, struct vf_err *reterr)
{
	struct rlimit l;
	unsigned each;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		l = (struct rlimit){1024, 1024}; /* a filter of system calls: the usual number */
	if (l.rlim_cur < MAX_FILES && l.rlim_cur < l.rlim_max) {
		struct rlimit more = {l.rlim_max < MAX_FILES ? l.rlim_max : MAX_FILES, l.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0) /* else it is what it was */
			l = more;
	}
	if (l.rlim_cur < MIN_FILES)
		return vf_fail(reterr, VF_LIMIT, "%llu files may be open, the service needs %d: see 'ulimit -n'",
			(unsigned long long)l.rlim_cur, MIN_FILES);
	s->files = l.rlim_cur < MAX_FILES ? (unsigned)l.rlim_cur : MAX_FILES;
	each = (s->files - s->files / 4 - OWN_FILES) / 3;
	s->requests = s->config.connections < 512 ? 512 : s->config.connections;
	s->requests = s->requests < each ? s->requests : each;
	s->connections = s->config.connections < each ? s->config.connections : each;
	return VF_OK;
}

static VF_RC listen_now(struct nt_service *s, struct vf_err *reterr)
{
	struct nt_http_config h = {.plain_anywhere = s->config.plain_anywhere,
		.ask_certificate = s->config.client_certificates,
		.limits = {.connections = s->connections,
			.requests = s->requests,
			.workers = s->config.workers,
			.requests_each = UINT32_MAX},
		.route = nt_api_route,
		.handler = nt_api_handle,
		.event = nt_api_event,
		.ctx = s->api};
	char folder[4200];
	enum vf_rc rc;

	split_listen(&s->config, s->address, sizeof(s->address), &h.port);
	h.address = s->address;
	h.tls = strcmp(s->config.tls, "on") == 0 || (strcmp(s->config.tls, "auto") == 0 && !is_loopback(s->address) && !h.plain_anywhere);
	if (s->config.certificate[0]) {
		/* a misspelt path must not become a certificate of our own */
		if (access(s->config.certificate, F_OK) != 0 || access(s->config.key, F_OK) != 0)
			return vf_fail(reterr, VF_CONFIG_SHAPE, "'certificate' or 'key': '%s' is not there",
				access(s->config.certificate, F_OK) != 0 ? s->config.certificate : s->config.key);
		snprintf(s->certificate, sizeof(s->certificate), "%s", s->config.certificate);
		snprintf(s->key, sizeof(s->key), "%s", s->config.key);
	} else {
		snprintf(s->certificate, sizeof(s->certificate), "%s/keys/tls.pem", s->dir);
		snprintf(s->key, sizeof(s->key), "%s/keys/tls.key", s->dir);
	}
	h.certificate = s->certificate;
	h.key = s->key;
	snprintf(folder, sizeof(folder), "%s/staging", s->dir);
	h.folder = folder;
	rc = nt_http_new(&h, &s->http, reterr);
	if (rc != VF_OK)
		return rc;
	snprintf(s->url, sizeof(s->url), "%s://%s%s%s:%u", h.tls ? "https" : "http", strchr(s->address, ':') ? "[" : "",
		s->address, strchr(s->address, ':') ? "]" : "", nt_http_port(s->http));
	nt_api_set_server(s->api, s->http);
	nt_notary_serves(s->n, s->url);
	return VF_OK;
}

static void log_started(struct nt_service *s)
{
	struct nt_json_log_field fields[4] = {nt_log_text("url", vf_bytes_str(s->url)),
		nt_log_text("version", vf_bytes_str(TRIALNOTARY_VERSION)), nt_log_number("connections", s->connections)};
	struct nt_json_log_line line = {.level = NT_LOG_INFO, .event = "started", .code = VF_NOT_CHECKED, .fields = fields, .n_fields = 3};
	uint8_t fingerprint[32];
	char hex[65];

	if (nt_service_fingerprint(s, fingerprint)) {
		vf_hex_put(hex, vf_bytes(fingerprint, sizeof(fingerprint)));
		fields[line.n_fields++] = nt_log_text("certificate_sha256", vf_bytes_str(hex));
	}
	nt_json_log_put(s->log, &line);
}

static VF_RC make_api(struct nt_service *s, struct vf_err *reterr)
{
	s->watch = nt_clock_watch_new(s->config.clock_bound_ms);
	if (!s->watch)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the service");
	return nt_api_new(&(struct nt_api_options){.notary = s->n,
				  .access = s->access,
				  .config = &s->config,
				  .log = s->log,
				  .watch = s->watch,
				  .max_files = s->files / 4},
		&s->api, reterr);
}

static bool copy(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return !text || *ret;
}

VF_RC nt_service_start(const struct nt_service_options *options, struct nt_service **ret, struct vf_err *reterr)
{
	VF_CLEANUP(releasep) struct nt_service *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (!s || !copy(options->dir, &s->dir) || !copy(options->config, &s->config_path) || !copy(options->listen, &s->listen) ||
		!copy(options->tls, &s->tls))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the service");
	rc = nt_notary_open(s->dir, NULL, NULL, &s->n, reterr);
	if (rc == VF_OK)
		rc = make_config(s, &s->config, reterr);
	if (rc == VF_OK)
		rc = take_descriptors(s, reterr);
	if (rc == VF_OK)
		rc = nt_notary_access(s->n, true, &s->access, reterr);
	if (rc == VF_OK)
		rc = nt_json_log_new(options->log_fd, 0, &s->log, reterr);
	if (rc == VF_OK)
		rc = make_api(s, reterr);
	if (rc == VF_OK)
		rc = listen_now(s, reterr);
	if (rc != VF_OK)
		return rc;
	log_started(s);
	*ret = s;
	s = NULL;
	return VF_OK;
}

/* ---- stop ---- */

static void log_event(struct nt_service *s, enum nt_json_log_level level, const char *event, enum vf_rc rc, const char *why)
{
	struct nt_json_log_field field = nt_log_text("why", vf_bytes_str(why ? why : ""));

	nt_json_log_put(s->log, &(struct nt_json_log_line){
		.level = level, .event = event, .code = rc, .fields = &field, .n_fields = why ? 1 : 0});
}

VF_RC nt_service_stop(struct nt_service *s, struct vf_err *reterr)
{
	uint64_t seals, size, pending = 0;
	struct vf_err err = {0};
	enum vf_rc rc;

	log_event(s, NT_LOG_INFO, "stopping", VF_NOT_CHECKED, NULL);
	nt_notary_serves(s->n, "");
	nt_api_stop(s->api);
	s->http = nt_http_free(s->http);
	rc = nt_api_tick(s->api, &err);
	s->api = nt_api_free(s->api);
	if (rc == VF_OK)
		rc = nt_notary_counts(s->n, &seals, &size, &pending, &err);
	if (rc == VF_OK && pending)
		rc = vf_fail(&err, VF_TSA_FAILED, "%llu records wait for a seal: it is made after the next start",
			(unsigned long long)pending);
	log_event(s, rc == VF_OK ? NT_LOG_INFO : NT_LOG_ERROR, "stopped", rc == VF_OK ? VF_NOT_CHECKED : rc,
		rc == VF_OK ? NULL : err.text);
	release(s);
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
}

const char *nt_service_url(const struct nt_service *s)
{
	return s->url;
}

bool nt_service_fingerprint(struct nt_service *s, uint8_t ret[32])
{
	return nt_http_fingerprint(s->http, ret);
}

VF_RC nt_service_tick(struct nt_service *s, struct vf_err *reterr)
{
	return nt_api_tick(s->api, reterr);
}

VF_RC nt_service_reload(struct nt_service *s, struct vf_err *reterr)
{
	struct nt_config config;
	struct vf_err err = {0};
	enum vf_rc rc = make_config(s, &config, &err);

	if (rc == VF_OK)
		rc = nt_http_reload(s->http, &err);
	if (rc == VF_OK)
		rc = nt_api_read_authorities(s->api, &err);
	/* who reloads has looked at the clock, or it is doubted again with the next answers */
	if (rc == VF_OK)
		nt_clock_watch_trust(s->watch);
	log_event(s, rc == VF_OK ? NT_LOG_INFO : NT_LOG_ERROR, rc == VF_OK ? "reloaded" : "not_reloaded",
		rc == VF_OK ? VF_NOT_CHECKED : rc, rc == VF_OK ? NULL : err.text);
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
}

static VF_RC note_party(void *ctx, const struct nt_party_row *row, struct vf_err *reterr)
{
	bool *unused = ctx;

	(void)row;
	(void)reterr;
	*unused = false;
	return VF_OK;
}

bool nt_service_is_unused(struct nt_service *s)
{
	bool unused = true;

	vf_ignore(nt_access_parties(s->access, note_party, &unused, NULL)); /* a hint only */
	return unused;
}
