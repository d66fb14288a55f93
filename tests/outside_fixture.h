/*
 * Authorities outside for tests, without a network: each is a CA of its own whose replies are made here.
 */
#ifndef TESTS_OUTSIDE_FIXTURE_H
#define TESTS_OUTSIDE_FIXTURE_H

#include <errno.h>
#include <fcntl.h>

#include "notary/authorities.h"
#include "notary/durable.h"
#include "notary/tsa.h"
#include "notary/tsp.h"
#include "tests/notary_fixture.h"

struct outside {
	struct nt_tsa *tsa;
	struct nt_authority as;
	struct nt_buf pem;
	int64_t last; /* its clock does not go back either */
};

static inline void outside_begin(struct fixture *f, struct outside *o, const char *name, enum vf_alg alg)
{
	struct nt_config config;
	struct vf_err err = {0};
	char path[128];

	memset(o, 0, sizeof(*o));
	nt_config_default(&config);
	snprintf(config.origin, sizeof(config.origin), "%s.example", name);
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fixture_need(nt_tsa_create(path, &config, f->now, &err), &err, "authority");
	fixture_need(nt_tsa_open(path, &config, &o->tsa, &err), &err, "authority");
	o->pem = nt_buf(1 << 16);
	fixture_need(nt_tsa_root_pem(o->tsa, &o->pem, &err), &err, "root");
	o->as = (struct nt_authority){.algorithm = alg, .connect_ms = 5000, .timeout_ms = 30000, .max_offset_ms = 60000};
	snprintf(o->as.name, sizeof(o->as.name), "%s", name);
	snprintf(o->as.url, sizeof(o->as.url), "http://127.0.0.1:9/%s", name); /* where nobody listens */
	snprintf(o->as.roots, sizeof(o->as.roots), "authorities/%s.pem", name);
}

static inline void outside_end(struct outside *o)
{
	nt_tsa_free(o->tsa);
	nt_buf_done(&o->pem);
}

/* Configures the notary, whatever it had before. */
static inline void configure(struct fixture *f, bool embedded, size_t wanted, struct outside *const *of, size_t n)
{
	struct nt_authorities list = {.embedded = embedded, .wanted = wanted, .n = n};
	struct vf_err err = {0};
	char path[128];
	int dir = -1;

	fixture_need(nt_dir_open(AT_FDCWD, f->notary, &dir, &err), &err, "folder");
	snprintf(path, sizeof(path), "%s/authorities", f->notary);
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		fixture_need(nt_durable_write(dir, of[i]->as.roots, nt_buf_bytes(&of[i]->pem), 0644, &err), &err, "roots");
		list.list[i] = of[i]->as;
	}
	fixture_need(nt_authorities_store(dir, &list, &err), &err, "list");
	close(dir);
	fixture_need(nt_notary_read_authorities(f->n, &err), &err, "authorities");
	nt_trust_done(&f->trust);
	fixture_need(nt_trust_make(f->n, &f->trust, &err), &err, "trust");
	nt_exporter_free(f->e);
	f->e = NULL;
}

struct reply {
	struct nt_buf token, response;
	struct nt_outside_token t;
};

static inline void reply_done(struct reply *r)
{
	nt_buf_done(&r->token);
	nt_buf_done(&r->response);
}

static inline void reply_make(struct fixture *f, struct outside *o, const struct vf_digest *imprint, int64_t at, struct reply *r)
{
	struct vf_err err = {0};

	at = at > o->last ? at : o->last + 1;
	o->last = at;
	*r = (struct reply){.token = nt_buf(1 << 16), .response = nt_buf(1 << 16)};
	fixture_need(nt_tsa_stamp(o->tsa, imprint, at, &r->token, &err), &err, "stamp");
	fixture_need(nt_tsp_granted_put(&r->response, nt_buf_bytes(&r->token), &err), &err, "response");
	r->t = (struct nt_outside_token){.authority = vf_bytes_str(o->as.name), .request = vf_bytes_str("the request"),
		.response = nt_buf_bytes(&r->response), .sent_ms = at, .received_ms = at + 5};
	(void)f;
}

#endif
