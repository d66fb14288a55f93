#include "notary/config.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "notary/der_out.h"
#include "notary/signer.h"
#include "verify/limits.h"
#include "verify/text.h"

struct number {
	const char *name;
	size_t at; /* of the uint32_t in struct nt_config */
	uint32_t min, max, preset;
	const char *comment;
};

#define NUMBER(field, min, max, preset, comment)                                                           \
	{                                                                                                  \
		#field, offsetof(struct nt_config, field), min, max, preset, comment                       \
	}

static const struct number numbers[] = {
	NUMBER(tsa_accuracy_ms, 1, 1000, 1000,
		"# How far genTime may be from UTC, in milliseconds (1 to 1000). Claim what the clock keeps.\n"),
	NUMBER(ca_years, 1, 100, 20,
		"# Lifetime of the CA that issues the embedded authority's certificates, in years.\n"
		"# Read when the notary is made; a later change has no effect.\n"),
	NUMBER(tsa_cert_days, 2, 36500, 1825,
		"# Lifetime of a certificate of the embedded authority, in days.\n"),
	NUMBER(tsa_renew_days, 1, 3650, 365,
		"# A new key and certificate are made when fewer days than this are left.\n"),
	NUMBER(renew_days, 1, 3650, 180,
		"# Evidence is renewed when its time-stamps end within this many days. Fewer than tsa_renew_days: by then the embedded\n"
		"# authority has a certificate that ends later.\n"),
	NUMBER(crl_days, 1, 3650, 30,
		"# How long a certificate revocation list is current, in days (its nextUpdate).\n"),
	NUMBER(crl_refresh_hours, 1, 8760, 24,
		"# A new list is made when the last one is older than this, in hours.\n"),
	NUMBER(clock_bound_ms, 100, 3600000, 1000,
		"# What the clock may be off, in milliseconds, before tokens are refused: it jumped by more, or more than half of the\n"
		"# authorities that answered within the hour say so.\n"),
	NUMBER(hash_threads, 0, 256, 0, "# Threads that hash documents; 0: as many as there are cores.\n"),
	NUMBER(plain_anywhere, 0, 1, 0,
		"# 1: the service speaks HTTP without TLS on any address, not on loopback alone (behind a proxy that ends TLS).\n"),
	NUMBER(client_certificates, 0, 1, 0,
		"# 1: the service asks for client certificates; their keys are pinned with 'token new --spki'.\n"),
	NUMBER(keep_documents, 0, 1, 0,
		"# 1: the service keeps a copy of the documents whose submission asks for it.\n"),
	NUMBER(seal_ms, 10, 3600000, 1000,
		"# The service seals when something waits and this long has passed since the last seal, in milliseconds.\n"),
	NUMBER(connections, 1, 100000, 1024, "# Connections that the service holds at once.\n"),
	NUMBER(workers, 1, 64, 4, "# Threads of the service that read and check submissions.\n"),
	NUMBER(tsa_endpoint, 0, 1, 0,
		"# 1: the service answers RFC 3161 requests of anybody at /tsa with tokens of the embedded authority.\n"),
	NUMBER(log_requests, 0, 1, 0, "# 1: a log line for each request; 0: for those that were refused.\n"),
};
#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))
#define N_SETTINGS (7 + N_NUMBERS)

/* 2.999 is the arc for examples (X.660 A.4): it names nobody's policy. */
#define EXAMPLE_POLICY "2.999.3161.1"

static uint32_t get_number(const struct nt_config *c, const struct number *n)
{
	uint32_t v;

	memcpy(&v, (const char *)c + n->at, sizeof(v));
	return v;
}

static void set_number(struct nt_config *c, const struct number *n, uint32_t v)
{
	memcpy((char *)c + n->at, &v, sizeof(v));
}

void nt_config_default(struct nt_config *ret)
{
	*ret = (struct nt_config){.tsa_key = "p256", .tsa_policy = EXAMPLE_POLICY, .listen = "127.0.0.1:8620", .tls = "auto"};
	for (size_t i = 0; i < N_NUMBERS; i++)
		set_number(ret, &numbers[i], numbers[i].preset);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct vf_bytes trim(struct vf_bytes b)
{
	while (b.n && is_blank(b.p[0]) && vf_bytes_slice(b, 1, b.n - 1, &b))
		continue;
	while (b.n && is_blank(b.p[b.n - 1]))
		b.n--;
	return b;
}

static bool set_text(char *ret, size_t cap, struct vf_bytes value)
{
	if (value.n == 0 || value.n >= cap)
		return false;
	memset(ret, 0, cap);
	memcpy(ret, value.p, value.n);
	return true;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
		c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The name of a log and its key: no space, no '+' (C2SP signed-note). */
static bool is_origin(struct vf_bytes b)
{
	uint32_t c;

	if (b.n == 0 || b.n > VF_MAX_ORIGIN || !vf_text_is_plain(b))
		return false;
	while (vf_take_utf8(&b, &c)) {
		if (is_space(c) || c == '+')
			return false;
	}
	return true;
}

static bool is_policy(const char *dotted)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(256);

	return nt_der_oid(dotted, &b, NULL) == VF_OK;
}

static bool set_origin(struct nt_config *c, struct vf_bytes value)
{
	return is_origin(value) && set_text(c->origin, sizeof(c->origin), value);
}

static bool set_key(struct nt_config *c, struct vf_bytes value)
{
	return (vf_bytes_is(value, "p256") || vf_bytes_is(value, "rsa3072")) &&
		set_text(c->tsa_key, sizeof(c->tsa_key), value);
}

static bool set_policy(struct nt_config *c, struct vf_bytes value)
{
	return !memchr(value.p, 0, value.n) && set_text(c->tsa_policy, sizeof(c->tsa_policy), value) &&
		is_policy(c->tsa_policy);
}

/* "192.0.2.1:8620" or "[2001:db8::1]:8620"; whether it is an address says who listens. */
static bool set_listen(struct nt_config *c, struct vf_bytes value)
{
	struct vf_bytes port = value, host;
	uint64_t number;

	if (vf_bytes_starts(value, "[") ? !vf_take_until(&port, ']', &host) || !vf_take_str(&port, ":")
					: !vf_take_until(&port, ':', &host))
		return false;
	return host.n && vf_decimal_read(port, 65535, &number) && vf_text_is_plain(value) &&
		set_text(c->listen, sizeof(c->listen), value);
}

static bool set_tls(struct nt_config *c, struct vf_bytes value)
{
	return (vf_bytes_is(value, "auto") || vf_bytes_is(value, "on") || vf_bytes_is(value, "off")) &&
		set_text(c->tls, sizeof(c->tls), value);
}

static bool set_certificate(struct nt_config *c, struct vf_bytes value)
{
	return vf_text_is_plain(value) && set_text(c->certificate, sizeof(c->certificate), value);
}

static bool set_private_key(struct nt_config *c, struct vf_bytes value)
{
	return vf_text_is_plain(value) && set_text(c->key, sizeof(c->key), value);
}

struct text_setting {
	const char *name, *want;
	bool (*set)(struct nt_config *c, struct vf_bytes value);
};

static const struct text_setting texts[N_SETTINGS - N_NUMBERS] = {
	{"origin", "a name of at most 255 octets without spaces and '+'", set_origin},
	{"tsa_key", "'p256' or 'rsa3072'", set_key},
	{"tsa_policy", "a dotted object identifier", set_policy},
	{"listen", "ADDRESS:PORT or [ADDRESS]:PORT", set_listen},
	{"tls", "'auto', 'on' or 'off'", set_tls},
	{"certificate", "the path of a PEM file", set_certificate},
	{"key", "the path of a PEM file", set_private_key},
};

/* Sets the setting; its index in ret. */
static VF_RC set(struct nt_config *c, struct vf_bytes name, struct vf_bytes value, size_t *ret,
	struct vf_err *reterr)
{
	char shown[100];
	uint64_t v;

	for (size_t i = 0; i < N_SETTINGS - N_NUMBERS; i++) {
		if (!vf_bytes_is(name, texts[i].name))
			continue;
		*ret = i;
		if (value.n && texts[i].set(c, value))
			return VF_OK;
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'%s' must be %s", texts[i].name, texts[i].want);
	}
	for (size_t i = 0; i < N_NUMBERS; i++) {
		const struct number *n = &numbers[i];

		if (!vf_bytes_is(name, n->name))
			continue;
		*ret = N_SETTINGS - N_NUMBERS + i;
		if (!vf_decimal_read(value, n->max, &v) || v < n->min)
			return vf_fail(reterr, VF_CONFIG_SHAPE,
				"'%s' must be a number from %" PRIu32 " to %" PRIu32, n->name, n->min, n->max);
		set_number(c, n, (uint32_t)v);
		return VF_OK;
	}
	vf_text_escape(shown, sizeof(shown), name);
	return vf_fail(reterr, VF_CONFIG_SHAPE, "there is no setting '%s'", shown);
}

/* What one setting alone cannot show. */
static VF_RC check_together(const struct nt_config *c, struct vf_err *reterr)
{
	if (c->origin[0] == '\0')
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'origin' is not set");
	if (c->tsa_renew_days >= c->tsa_cert_days)
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'tsa_renew_days' must be less than 'tsa_cert_days'");
	if (c->tsa_cert_days > (uint64_t)c->ca_years * 365)
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'tsa_cert_days' must not be more than 'ca_years'");
	if ((c->certificate[0] == '\0') != (c->key[0] == '\0'))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'certificate' and 'key' belong together: set both");
	if (c->crl_refresh_hours >= (uint64_t)c->crl_days * 24)
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'crl_refresh_hours' must be less than 'crl_days'");
	return VF_OK;
}

static VF_RC parse_line(struct vf_bytes line, bool *seen, struct nt_config *c, struct vf_err *reterr)
{
	struct vf_bytes name;
	size_t which = 0;
	enum vf_rc rc;

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return VF_OK;
	if (!vf_take_until(&line, '=', &name))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "this is not 'name = value'");
	rc = set(c, trim(name), trim(line), &which, reterr);
	if (rc != VF_OK)
		return rc;
	if (seen[which])
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'%.40s' is set twice",
			which < N_SETTINGS - N_NUMBERS ? texts[which].name :
							 numbers[which - (N_SETTINGS - N_NUMBERS)].name);
	seen[which] = true;
	return VF_OK;
}

VF_RC nt_config_change(struct vf_bytes text, struct nt_config *io, struct vf_err *reterr)
{
	bool seen[N_SETTINGS] = {false};
	struct nt_config c = *io;
	struct vf_bytes line;
	unsigned number = 0;
	enum vf_rc rc;

	if (text.n > VF_MAX_SMALL_JSON)
		return vf_fail(reterr, VF_CONFIG_SHAPE, "the configuration is larger than %d bytes",
			VF_MAX_SMALL_JSON);
	while (text.n) {
		number++;
		if (!vf_take_line(&text, &line)) {
			line = text;
			text = vf_bytes(NULL, 0);
		}
		rc = parse_line(line, seen, &c, reterr);
		if (rc != VF_OK) {
			vf_err_prefix(reterr, "line %u", number);
			return rc;
		}
	}
	rc = check_together(&c, reterr);
	if (rc != VF_OK)
		return rc;
	*io = c;
	return VF_OK;
}

VF_RC nt_config_parse(struct vf_bytes text, struct nt_config *ret, struct vf_err *reterr)
{
	struct nt_config c;
	enum vf_rc rc;

	nt_config_default(&c);
	rc = nt_config_change(text, &c, reterr);
	if (rc == VF_OK)
		*ret = c;
	return rc;
}

void nt_config_put(struct nt_buf *out, const struct nt_config *c)
{
	nt_buf_putf(out,
		"# Settings of this notary: 'name = value', one a line. A line that is left out takes its default.\n"
		"\n"
		"# Name of the log and of its key; it stands in every checkpoint. Never change it.\n"
		"origin = %s\n"
		"\n"
		"# Key of the embedded time-stamping authority: p256 or rsa3072. A change takes effect\n"
		"# with the authority's next key.\n"
		"tsa_key = %s\n"
		"\n"
		"# Policy under which the embedded authority stamps, as a dotted object identifier.\n"
		"# " EXAMPLE_POLICY " is an example that belongs to nobody: set one of your own arc.\n"
		"tsa_policy = %s\n"
		"\n"
		"# Where 'trialnotary serve' listens: ADDRESS:PORT or [ADDRESS]:PORT.\n"
		"listen = %s\n"
		"\n"
		"# TLS of the service: auto (unless the address is loopback), on or off.\n"
		"tls = %s\n"
		"\n"
		"# Certificate with its chain, and key, as PEM files. Without them a certificate of its own signature is made.\n",
		c->origin, c->tsa_key, c->tsa_policy, c->listen, c->tls);
	if (c->certificate[0])
		nt_buf_putf(out, "certificate = %s\nkey = %s\n", c->certificate, c->key);
	else
		nt_buf_put_str(out, "# certificate = /etc/trialnotary/server.pem\n# key = /etc/trialnotary/server.key\n");
	for (size_t i = 0; i < N_NUMBERS; i++)
		nt_buf_putf(out, "\n%s%s = %" PRIu32 "\n", numbers[i].comment, numbers[i].name,
			get_number(c, &numbers[i]));
}
