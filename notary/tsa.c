#include "notary/tsa.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "notary/ca.h"
#include "notary/der_out.h"
#include "notary/signer.h"
#include "notary/tsa_snapshot.h"
#include "notary/tsa_token.h"
#include "verify/limits.h"
#include "verify/text.h"

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
/* Certificates and CRLs of ours are far smaller. */
#define FILE_CAP 16384
/* Room for the folder, "/" and the longest name. */
#define PATH_CAP (PATH_MAX + 32)

struct nt_tsa {
	char folder[PATH_MAX];
	struct nt_config config;
	struct nt_buf policy; /* contents octets of the OID */
	struct nt_signer *ca_key, *tsu_key;
	struct nt_buf ca_der, tsu_der, crl_der;
	struct nt_cert ca, tsu;
	struct nt_crl crl;
	bool has_crl;
	unsigned number;
	int64_t last; /* genTime of the last stamp */
};

/* Numbers of the newest files; 0: none. */
struct newest {
	unsigned key, cert;
};

static int64_t whole_second(int64_t ms)
{
	return ms - ms % SECOND;
}

/*
 * The end of a certificate still counts (RFC 5280 4.1.2.5), but OpenSSL takes it for
 * over: nothing is stamped in the one second about which verifiers disagree.
 */
static bool is_over(int64_t end, int64_t now)
{
	return now >= end;
}

static void path_of(const struct nt_tsa *t, const char *name, char ret[PATH_CAP])
{
	snprintf(ret, PATH_CAP, "%s/%s", t->folder, name);
}

static void tsu_path_of(const struct nt_tsa *t, unsigned number, const char *suffix, char ret[PATH_CAP])
{
	char name[32];

	snprintf(name, sizeof(name), "tsu-%04u.%s", number, suffix);
	path_of(t, name, ret);
}

struct nt_tsa *nt_tsa_free(struct nt_tsa *t)
{
	if (!t)
		return NULL;
	nt_signer_free(t->ca_key);
	nt_signer_free(t->tsu_key);
	nt_buf_done(&t->policy);
	nt_buf_done(&t->ca_der);
	nt_buf_done(&t->tsu_der);
	nt_buf_done(&t->crl_der);
	free(t);
	return NULL;
}

void nt_tsa_freep(struct nt_tsa **t)
{
	*t = nt_tsa_free(*t);
}

static VF_RC new_tsa(const char *folder, const struct nt_config *config, struct nt_tsa **ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_tsa_freep) struct nt_tsa *t = calloc(1, sizeof(*t));
	enum vf_rc rc;

	if (!t)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the time-stamping authority");
	if (snprintf(t->folder, sizeof(t->folder), "%s", folder) >= (int)sizeof(t->folder))
		return vf_fail(reterr, VF_LIMIT, "the path '%.80s…' is too long", folder);
	t->config = *config;
	t->policy = nt_buf(VF_MAX_OID + 16);
	t->ca_der = t->tsu_der = t->crl_der = nt_buf(FILE_CAP);
	t->last = VF_TIME_NONE;
	rc = nt_der_oid(config->tsa_policy, &t->policy, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = t;
	t = NULL;
	return VF_OK;
}

/* "tsu-NNNN.key" or ".pem"; temporary and other files are none of ours. */
static void note_file(const char *name, struct newest *n)
{
	struct vf_bytes in = vf_bytes_str(name), digits;
	unsigned *newest;
	uint64_t number;

	if (!vf_take_str(&in, "tsu-") || !vf_take_until(&in, '.', &digits) || digits.n < 4)
		return;
	if (!vf_bytes_is(in, "key") && !vf_bytes_is(in, "pem"))
		return;
	newest = vf_bytes_is(in, "key") ? &n->key : &n->cert;
	while (digits.n > 1 && vf_take_str(&digits, "0"))
		continue;
	if (vf_decimal_read(digits, 1000000, &number) && number > *newest)
		*newest = (unsigned)number;
}

static VF_RC find_newest(const struct nt_tsa *t, struct newest *ret, struct vf_err *reterr)
{
	struct newest n = {0};
	struct dirent *e;
	DIR *d;
	int failed;

	d = opendir(t->folder);
	if (!d)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_NO_INPUT, "cannot open '%s': %s",
			t->folder, strerror(errno));
	errno = 0;
	while ((e = readdir(d)) != NULL)
		note_file(e->d_name, &n);
	failed = errno;
	closedir(d);
	if (failed)
		return vf_fail(reterr, VF_IO, "cannot read '%s': %s", t->folder, strerror(failed));
	*ret = n;
	return VF_OK;
}

static VF_RC write_pem(const char *path, const struct nt_buf *der, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(2 * FILE_CAP);
	enum vf_rc rc;

	rc = nt_pem_put(&pem, "CERTIFICATE", nt_buf_bytes(der), reterr);
	if (rc != VF_OK)
		return rc;
	return nt_signer_write_file(path, nt_buf_bytes(&pem), 0644, reterr);
}

static VF_RC read_pem(const char *path, struct nt_buf *ret, struct nt_cert *ret_cert, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(2 * FILE_CAP);
	enum vf_rc rc;

	rc = nt_signer_read_file(path, 2 * FILE_CAP, &text, reterr);
	if (rc == VF_OK)
		rc = nt_pem_certificate(nt_buf_bytes(&text), path, ret, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_cert_read(nt_buf_bytes(ret), path, ret_cert, reterr);
}

/* ---- making keys, certificates, CRLs ---- */

/* The same day of the year, years later; 28 February for the 29th. */
static bool years_later(int64_t from, uint32_t years, int64_t *ret)
{
	struct vf_time t;

	vf_time_to(from, &t);
	t.year += (int)years;
	if (t.month == 2 && t.day == 29)
		t.day = 28;
	return vf_time_from(&t, ret);
}

static VF_RC make_ca(struct nt_tsa *t, int64_t now, struct vf_err *reterr)
{
	char path[PATH_CAP];
	enum vf_rc rc;
	int64_t end;

	if (!years_later(whole_second(now), t->config.ca_years, &end))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "the CA would end after the year 9999");
	path_of(t, "ca.key", path);
	rc = nt_signer_create(path, nt_key_find(t->config.tsa_key), &t->ca_key, reterr);
	if (rc == VF_OK)
		rc = nt_ca_root(t->ca_key, t->config.origin, whole_second(now), end, &t->ca_der, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_cert_read(nt_buf_bytes(&t->ca_der), "ca.pem", &t->ca, reterr);
}

/* When a certificate made now would end, and whether the CA's end cuts it. */
static int64_t tsu_end(const struct nt_tsa *t, int64_t now, bool *ret_cut)
{
	int64_t end = whole_second(now) + (int64_t)t->config.tsa_cert_days * DAY;

	*ret_cut = end >= t->ca.end;
	return *ret_cut ? t->ca.end : end;
}

/*
 * First the key, then the certificate: a crash between them leaves a key that is
 * never used, and the next attempt takes the next number. The old pair signs until
 * the new certificate is durable, and its files are kept.
 */
static VF_RC make_tsu(struct nt_tsa *t, int64_t now, struct vf_err *reterr)
{
	VF_CLEANUP(nt_signer_freep) struct nt_signer *key = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf der = nt_buf(FILE_CAP);
	struct nt_ca_tsu want = {.origin = t->config.origin, .from = whole_second(now)};
	char key_path[PATH_CAP], path[PATH_CAP];
	struct newest n;
	struct nt_cert cert;
	struct nt_buf old;
	enum vf_rc rc;
	bool cut;

	rc = find_newest(t, &n, reterr);
	if (rc != VF_OK)
		return rc;
	want.number = (n.key > n.cert ? n.key : n.cert) + 1;
	want.end = tsu_end(t, now, &cut);
	/* the key's use ends when its successor is due; the last one before the CA's end has none */
	want.key_end = cut ? want.end : want.end - (int64_t)t->config.tsa_renew_days * DAY;
	tsu_path_of(t, want.number, "key", key_path);
	tsu_path_of(t, want.number, "pem", path);
	rc = nt_signer_create(key_path, nt_key_find(t->config.tsa_key), &key, reterr);
	if (rc == VF_OK)
		rc = nt_ca_issue(t->ca_key, &t->ca, key, &want, &der, reterr);
	if (rc == VF_OK)
		rc = nt_cert_read(nt_buf_bytes(&der), path, &cert, reterr);
	if (rc == VF_OK)
		rc = write_pem(path, &der, reterr);
	if (rc != VF_OK)
		return rc;
	nt_signer_free(t->tsu_key);
	t->tsu_key = key;
	key = NULL;
	old = t->tsu_der;
	t->tsu_der = der;
	der = old;
	t->tsu = cert;
	t->number = want.number;
	return VF_OK;
}

/*
 * crlNumber grows (RFC 5280 5.2.3): it is the time in seconds, so that it does even
 * when the last CRL was lost, but at least one more than the last.
 */
static VF_RC make_crl(struct nt_tsa *t, int64_t now, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf der = nt_buf(FILE_CAP);
	uint64_t number = (uint64_t)(now / SECOND);
	int64_t from = whole_second(now);
	char path[PATH_CAP];
	struct nt_crl crl;
	struct nt_buf old;
	enum vf_rc rc;

	if (t->has_crl && number <= t->crl.number)
		number = t->crl.number + 1;
	path_of(t, "crl.der", path);
	rc = nt_ca_crl(t->ca_key, &t->ca, number, from, from + (int64_t)t->config.crl_days * DAY, &der, reterr);
	if (rc == VF_OK)
		rc = nt_crl_read(nt_buf_bytes(&der), path, &crl, reterr);
	if (rc == VF_OK)
		rc = nt_signer_write_file(path, nt_buf_bytes(&der), 0644, reterr);
	if (rc != VF_OK)
		return rc;
	old = t->crl_der;
	t->crl_der = der;
	der = old;
	t->crl = crl;
	t->has_crl = true;
	return VF_OK;
}

VF_RC nt_tsa_create(const char *folder, const struct nt_config *config, int64_t now_ms, struct vf_err *reterr)
{
	VF_CLEANUP(nt_tsa_freep) struct nt_tsa *t = NULL;
	char path[PATH_CAP];
	enum vf_rc rc;

	if (now_ms < 0)
		return vf_fail(reterr, VF_TIME_STOPPED, "the time given is before 1970");
	rc = new_tsa(folder, config, &t, reterr);
	if (rc != VF_OK)
		return rc;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "cannot make '%s': %s", folder,
			strerror(errno));
	rc = make_ca(t, now_ms, reterr);
	if (rc == VF_OK)
		rc = make_tsu(t, now_ms, reterr);
	if (rc == VF_OK)
		rc = make_crl(t, now_ms, reterr);
	if (rc != VF_OK)
		return rc;
	/* last: what open needs first */
	path_of(t, "ca.pem", path);
	return write_pem(path, &t->ca_der, reterr);
}

/* ---- opening ---- */

static VF_RC load_ca(struct nt_tsa *t, struct vf_err *reterr)
{
	char path[PATH_CAP];
	enum vf_rc rc;

	path_of(t, "ca.pem", path);
	rc = read_pem(path, &t->ca_der, &t->ca, reterr);
	if (rc != VF_OK)
		return rc;
	path_of(t, "ca.key", path);
	rc = nt_signer_load(path, &t->ca_key, reterr);
	if (rc != VF_OK)
		return rc;
	if (!nt_signer_owns(t->ca_key, t->ca.spki))
		return vf_fail(reterr, VF_SIGNER_FAILED, "'%s' is not the key of 'ca.pem'", path);
	rc = nt_signer_check(t->ca_key, t->ca.tbs, t->ca.signature, reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "'ca.pem'");
	return rc;
}

static VF_RC load_tsu(struct nt_tsa *t, struct vf_err *reterr)
{
	char path[PATH_CAP];
	struct newest n;
	enum vf_rc rc;

	rc = find_newest(t, &n, reterr);
	if (rc != VF_OK)
		return rc;
	if (n.cert == 0)
		return vf_fail(reterr, VF_NO_INPUT, "'%s' holds no certificate 'tsu-NNNN.pem'", t->folder);
	tsu_path_of(t, n.cert, "pem", path);
	rc = read_pem(path, &t->tsu_der, &t->tsu, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_eq(t->tsu.issuer, t->ca.subject))
		return vf_fail(reterr, VF_SIGNER_FAILED, "'%s' is not by the CA of 'ca.pem'", path);
	rc = nt_signer_check(t->ca_key, t->tsu.tbs, t->tsu.signature, reterr);
	if (rc != VF_OK) {
		vf_err_prefix(reterr, "'%s'", path);
		return rc;
	}
	tsu_path_of(t, n.cert, "key", path);
	rc = nt_signer_load(path, &t->tsu_key, reterr);
	if (rc != VF_OK)
		return rc;
	if (!nt_signer_owns(t->tsu_key, t->tsu.spki))
		return vf_fail(reterr, VF_SIGNER_FAILED, "'%s' is not the key of its certificate", path);
	t->number = n.cert;
	return VF_OK;
}

/* A CRL that is absent, damaged or not ours is left out: refresh makes a new one. */
static VF_RC load_crl(struct nt_tsa *t, struct vf_err *reterr)
{
	struct nt_crl crl;
	char path[PATH_CAP];
	enum vf_rc rc;

	path_of(t, "crl.der", path);
	rc = nt_signer_read_file(path, FILE_CAP, &t->crl_der, reterr);
	if (rc == VF_NO_INPUT || rc == VF_LIMIT)
		return VF_OK;
	if (rc != VF_OK)
		return rc;
	if (nt_crl_read(nt_buf_bytes(&t->crl_der), path, &crl, NULL) != VF_OK ||
		!vf_bytes_eq(crl.issuer, t->ca.subject) ||
		nt_signer_check(t->ca_key, crl.tbs, crl.signature, NULL) != VF_OK)
		return VF_OK;
	t->crl = crl;
	t->has_crl = true;
	return VF_OK;
}

VF_RC nt_tsa_open(const char *folder, const struct nt_config *config, struct nt_tsa **ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_tsa_freep) struct nt_tsa *t = NULL;
	enum vf_rc rc;

	rc = new_tsa(folder, config, &t, reterr);
	if (rc == VF_OK)
		rc = load_ca(t, reterr);
	if (rc == VF_OK)
		rc = load_tsu(t, reterr);
	if (rc == VF_OK)
		rc = load_crl(t, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = t;
	t = NULL;
	return VF_OK;
}

/* ---- refresh ---- */

static VF_RC check_clock(const struct nt_tsa *t, int64_t now, struct vf_err *reterr)
{
	char shown[VF_TIME_LEN + 1];
	int64_t last = t->tsu.from > t->ca.from ? t->tsu.from : t->ca.from;

	if (t->has_crl && t->crl.from > last)
		last = t->crl.from;
	if (t->last > last)
		last = t->last;
	if (now >= last)
		return VF_OK;
	vf_time_put(shown, last);
	return vf_fail(reterr, VF_TIME_STOPPED, "the time given is before '%s', which was signed already",
		shown);
}

static bool is_tsu_due(const struct nt_tsa *t, int64_t now)
{
	int64_t left = t->tsu.end - now;
	bool cut;

	if (is_over(t->tsu.key_end, now))
		return true;
	/* near the CA's end a new certificate would end with the old one */
	return left < (int64_t)t->config.tsa_renew_days * DAY && tsu_end(t, now, &cut) - t->tsu.end >= DAY;
}

static bool is_crl_due(const struct nt_tsa *t, int64_t now)
{
	if (!t->has_crl || is_over(t->crl.end, now))
		return true;
	return now - t->crl.from >= (int64_t)t->config.crl_refresh_hours * HOUR;
}

VF_RC nt_tsa_refresh(struct nt_tsa *t, int64_t now_ms, struct nt_tsa_refreshed *ret, struct vf_err *reterr)
{
	struct nt_tsa_refreshed r = {.warning = VF_OK};
	enum vf_rc rc;

	rc = check_clock(t, now_ms, reterr);
	if (rc != VF_OK)
		return rc;
	if (is_over(t->ca.end, now_ms))
		return vf_fail(reterr, VF_TSA_FAILED, "the CA of the time-stamping authority has ended");
	if (is_tsu_due(t, now_ms)) {
		rc = make_tsu(t, now_ms, reterr);
		if (rc != VF_OK)
			return rc;
		r.certificate = true;
	}
	if (is_crl_due(t, now_ms)) {
		rc = make_crl(t, now_ms, reterr);
		if (rc != VF_OK)
			return rc;
		r.crl = true;
	}
	if (t->ca.end - now_ms < (int64_t)t->config.tsa_renew_days * DAY)
		r.warning = VF_TSA_CA_ENDS;
	*ret = r;
	return VF_OK;
}

/* ---- stamping ---- */

static VF_RC check_ready(const struct nt_tsa *t, int64_t now, struct vf_err *reterr)
{
	enum vf_rc rc;

	rc = check_clock(t, now, reterr);
	if (rc != VF_OK)
		return rc;
	if (is_over(t->tsu.end, now) || is_over(t->tsu.key_end, now))
		return vf_fail(reterr, VF_TSA_FAILED,
			"the certificate of the time-stamping authority has run out");
	if (!t->has_crl || is_over(t->crl.end, now))
		return vf_fail(reterr, VF_TSA_FAILED, "the time-stamping authority has no current CRL");
	return VF_OK;
}

VF_RC nt_tsa_stamp(struct nt_tsa *t, const struct vf_digest *imprint, int64_t now_ms, struct nt_buf *ret,
	struct vf_err *reterr)
{
	uint8_t serial[NT_SERIAL_MAX];
	struct nt_tsa_token token = {.policy = nt_buf_bytes(&t->policy),
		.accuracy_ms = t->config.tsa_accuracy_ms,
		.cert = &t->tsu,
		.crl = t->crl.der,
		.key = t->tsu_key,
		.imprint = imprint,
		.serial = vf_bytes(serial, sizeof(serial)),
		.gen_ms = now_ms};
	enum vf_rc rc = check_ready(t, now_ms, reterr);

	if (rc == VF_OK)
		rc = nt_der_serial(serial, sizeof(serial), now_ms, reterr);
	if (rc == VF_OK)
		rc = nt_tsa_token_put(&token, ret, reterr);
	if (rc != VF_OK)
		return rc;
	t->last = now_ms;
	return VF_OK;
}

VF_RC nt_tsa_snapshot(const struct nt_tsa *t, struct nt_tsa_snapshot **ret, struct vf_err *reterr)
{
	struct nt_tsa_snapshot_from from = {.policy = nt_buf_bytes(&t->policy),
		.accuracy_ms = t->config.tsa_accuracy_ms,
		.certificate = t->tsu.der,
		.root = t->ca.der,
		.crl = t->crl.der};
	char path[PATH_CAP];

	if (!t->has_crl)
		return vf_fail(reterr, VF_TSA_FAILED, "the time-stamping authority has no current CRL");
	tsu_path_of(t, t->number, "key", path);
	from.key_path = path;
	return nt_tsa_snapshot_new(&from, ret, reterr);
}

/* ---- showing ---- */

VF_RC nt_tsa_root_pem(const struct nt_tsa *t, struct nt_buf *ret, struct vf_err *reterr)
{
	return nt_pem_put(ret, "CERTIFICATE", t->ca.der, reterr);
}

struct vf_bytes nt_tsa_root(const struct nt_tsa *t)
{
	return t->ca.der;
}

struct vf_bytes nt_tsa_certificate(const struct nt_tsa *t)
{
	return t->tsu.der;
}

struct vf_bytes nt_tsa_current_crl(const struct nt_tsa *t)
{
	return t->crl.der;
}

void nt_tsa_status(const struct nt_tsa *t, struct nt_tsa_status *ret)
{
	*ret = (struct nt_tsa_status){.number = t->number, .ca_end = t->ca.end, .cert_end = t->tsu.end,
		.key_end = t->tsu.key_end, .crl_from = VF_TIME_NONE, .crl_end = VF_TIME_NONE};
	if (!t->has_crl)
		return;
	ret->crl_from = t->crl.from;
	ret->crl_end = t->crl.end;
}
