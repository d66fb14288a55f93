/*
 * trialnotary.conf: the settings of one notary.
 *
 * "name = value" lines, '#' comments, unknown names refused (CONFIG_SHAPE with the line).
 */
#ifndef NOTARY_CONFIG_H
#define NOTARY_CONFIG_H

#include "notary/buf.h"

struct nt_config {
	char origin[256];
	char tsa_key[16];               /* "p256" or "rsa3072" */
	char tsa_policy[64];            /* dotted OID of the embedded TSA's policy */
	uint32_t tsa_accuracy_ms;       /* 1 .. 1000 */
	uint32_t ca_years;              /* lifetime of the embedded CA */
	uint32_t tsa_cert_days;         /* lifetime of a TSA certificate */
	uint32_t tsa_renew_days;        /* a new one is made when fewer days are left */
	uint32_t renew_days;            /* evidence is renewed when it ends within so many */
	uint32_t crl_days;              /* nextUpdate of a CRL */
	uint32_t crl_refresh_hours;     /* a new one is made when the last is older */
	uint32_t clock_bound_ms;        /* the clock is in doubt when it is off by more */
	uint32_t hash_threads;          /* 0: as many as cores */
	/* the service */
	char listen[64];                /* "127.0.0.1:8620", "[::1]:8620" */
	char tls[8];                    /* "auto" (unless the address is loopback), "on", "off" */
	char certificate[256], key[256]; /* PEM files; empty: made in the notary's folder */
	uint32_t plain_anywhere;        /* 1: HTTP without TLS on any address */
	uint32_t client_certificates;   /* 1: asked for */
	uint32_t keep_documents;        /* 1: taken when a submission says so */
	uint32_t seal_ms;
	uint32_t connections;
	uint32_t workers;
	uint32_t tsa_endpoint;          /* 1: /tsa answers anybody */
	uint32_t log_requests;          /* 1: each; 0: refused ones */
};

void nt_config_default(struct nt_config *ret);
VF_RC nt_config_parse(struct vf_bytes text, struct nt_config *ret, struct vf_err *reterr);
/* The settings of the text take the place of those in io, which stays as it is on failure. */
VF_RC nt_config_change(struct vf_bytes text, struct nt_config *io, struct vf_err *reterr);
/* The text with every setting and a comment that explains it. */
void nt_config_put(struct nt_buf *out, const struct nt_config *c);

#endif
