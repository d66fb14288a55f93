/* The embedded TSA over time: clocks, CRLs, renewals, crashes, damaged folders. */
#include "tests/unit/tsa_fixture.h"

#include "notary/cert.h"
#include "notary/signer.h"

static bool is_there(const char *name)
{
	return access(at(name), F_OK) == 0;
}

static enum vf_rc try_open(void)
{
	VF_CLEANUP(nt_tsa_freep) struct nt_tsa *t = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_tsa_open(folder, &config, &t, &err);

	CHECK((rc == VF_OK) == (t != NULL));
	CHECK(rc == VF_OK || err.rc == rc);
	CHECK_INT(ERR_peek_error(), 0);
	return rc;
}

static struct nt_tsa_refreshed refresh(struct nt_tsa *t, int64_t now)
{
	struct nt_tsa_refreshed r = {0};
	struct vf_err err = {0};

	CHECK_RC(nt_tsa_refresh(t, now, &r, &err), VF_OK);
	return r;
}

static uint64_t crl_number(const struct nt_tsa *t)
{
	struct nt_crl crl = {0};

	CHECK_RC(nt_crl_read(nt_tsa_current_crl(t), "crl", &crl, NULL), VF_OK);
	return crl.number;
}

static void clock_backwards(void)
{
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	struct nt_buf b = nt_buf(65536);
	struct nt_tsa_refreshed r;
	struct vf_err err;
	struct nt_tsa *t;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, -1, &err), VF_TIME_STOPPED);
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	t = open_tsa();
	/* certificates and CRL begin with the whole second */
	CHECK_RC(nt_tsa_stamp(t, &d, T0 - 124, &b, &err), VF_TIME_STOPPED);
	CHECK_RC(nt_tsa_refresh(t, T0 - 124, &r, &err), VF_TIME_STOPPED);
	CHECK_RC(nt_tsa_stamp(t, &d, INT64_MIN, &b, &err), VF_TIME_STOPPED);
	CHECK_INT(b.n, 0);
	CHECK_RC(nt_tsa_stamp(t, &d, T0 - 123, &b, &err), VF_OK);
	CHECK_RC(nt_tsa_stamp(t, &d, T0 + 5000, &b, &err), VF_OK);
	CHECK_RC(nt_tsa_stamp(t, &d, T0 + 5000, &b, &err), VF_OK);
	CHECK_RC(nt_tsa_stamp(t, &d, T0 + 4999, &b, &err), VF_TIME_STOPPED);
	CHECK_STR(err.text, "the time given is before '2026-01-01T00:00:05.123Z', which was signed already");
	CHECK_RC(nt_tsa_refresh(t, T0 + 4999, &r, &err), VF_TIME_STOPPED);
	/* a newer CRL is a time that was signed, too */
	CHECK(refresh(t, T0 + 2 * DAY).crl);
	CHECK_RC(nt_tsa_stamp(t, &d, T0 + DAY, &b, &err), VF_TIME_STOPPED);
	nt_tsa_free(t);
	t = open_tsa();
	CHECK_RC(nt_tsa_stamp(t, &d, T0 + DAY, &b, &err), VF_TIME_STOPPED);
	nt_tsa_free(t);
	nt_buf_done(&b);
}

static void crl_refresh(void)
{
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	struct nt_buf b = nt_buf(65536);
	struct nt_tsa_status s;
	struct nt_tsa_refreshed r;
	struct vf_err err;
	struct nt_tsa *t;
	uint64_t number;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	t = open_tsa();
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 1);
	CHECK_INT(s.crl_from, T0 - 123);
	CHECK_INT(s.crl_end, T0 - 123 + 30 * DAY);
	CHECK_INT(s.cert_end, T0 - 123 + 1825 * DAY);
	CHECK_INT(s.key_end, T0 - 123 + 1460 * DAY);
	CHECK_INT(s.ca_end, INT64_C(2398377600000)); /* 2046-01-01 */
	number = crl_number(t);
	r = refresh(t, T0 - 123 + DAY - 1);
	CHECK(!r.crl && !r.certificate && r.warning == VF_OK);
	r = refresh(t, T0 - 123 + DAY);
	CHECK(r.crl && !r.certificate && r.warning == VF_OK);
	CHECK(crl_number(t) > number);
	CHECK(!refresh(t, T0 + DAY).crl);
	nt_tsa_status(t, &s);
	CHECK_INT(s.crl_from, T0 - 123 + DAY);

	/* current until nextUpdate */
	CHECK_RC(nt_tsa_stamp(t, &d, T0 - 123 + 31 * DAY - 1, &b, &err), VF_OK);
	CHECK_RC(nt_tsa_stamp(t, &d, T0 - 123 + 31 * DAY, &b, &err), VF_TSA_FAILED);
	CHECK_STR(err.text, "the time-stamping authority has no current CRL");
	nt_tsa_free(t);

	/* a number never comes twice, even when the clock of a second is not over */
	config.crl_refresh_hours = 0;
	t = open_tsa();
	number = crl_number(t);
	CHECK(refresh(t, T0 + 40 * DAY).crl);
	CHECK(crl_number(t) > number);
	number = crl_number(t);
	CHECK(refresh(t, T0 + 40 * DAY).crl);
	CHECK_INT(crl_number(t), number + 1);
	nt_tsa_free(t);
	nt_buf_done(&b);
}

/* A CRL that is absent, damaged or another's: the TSA opens, does not stamp, and mends itself. */
static void crl_lost(void)
{
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	struct vf_bytes good;
	struct vf_err err;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	good = check_read(at("crl.der"));
	for (unsigned i = 0; i < 6; i++) {
		struct nt_buf b = nt_buf(65536);
		uint8_t changed[4096];
		struct nt_tsa_status s;
		struct nt_tsa *t;

		memcpy(changed, good.p, good.n);
		if (i == 5) /* in the algorithm beside the signature, which it does not cover */
			changed[3 + 3 + changed[5] + 4] ^= 1;
		else
			changed[good.n - 1] ^= 1;
		unlink(at("crl.der"));
		if (i == 1)
			put_file("crl.der", vf_bytes_str(""));
		if (i == 2)
			put_file("crl.der", vf_bytes(good.p, good.n - 1));
		if (i == 3 || i == 5)
			put_file("crl.der", vf_bytes(changed, good.n));
		if (i == 4)
			put_file("crl.der", vf_bytes_str("-----BEGIN X509 CRL-----\n"));
		t = open_tsa();
		nt_tsa_status(t, &s);
		CHECK_INT(s.crl_from, VF_TIME_NONE);
		CHECK_INT(nt_tsa_current_crl(t).n, 0);
		CHECK_RC(nt_tsa_stamp(t, &d, T0 + 1000, &b, &err), VF_TSA_FAILED);
		CHECK_INT(b.n, 0);
		CHECK(refresh(t, T0 + 1000).crl);
		CHECK_RC(nt_tsa_stamp(t, &d, T0 + 1000, &b, &err), VF_OK);
		CHECK(cms_accepts(t, nt_buf_bytes(&b), T0 + 1000));
		nt_buf_done(&b);
		nt_tsa_free(t);
	}
	free((void *)(uintptr_t)good.p);
}

static void renewal(void)
{
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	int64_t due = T0 - 123 + 1460 * DAY; /* fewer than 365 of 1825 days left after it */
	struct nt_buf old = nt_buf(65536), new;
	struct nt_tsa_refreshed r;
	struct nt_tsa_status s;
	struct vf_err err;
	struct nt_tsa *t;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	t = open_tsa();
	nt_buf_put(&old, nt_tsa_certificate(t));
	r = refresh(t, due - 1);
	CHECK(r.crl && !r.certificate);
	/* without a refresh the old key stops with its period */
	new = nt_buf(65536);
	CHECK_RC(nt_tsa_stamp(t, &d, due - 1, &new, &err), VF_OK);
	CHECK_RC(nt_tsa_stamp(t, &d, due, &new, &err), VF_TSA_FAILED);
	nt_buf_done(&new);
	r = refresh(t, due);
	CHECK(r.certificate && !r.crl && r.warning == VF_OK);
	r = refresh(t, due);
	CHECK(!r.certificate && !r.crl);
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 2);
	CHECK_INT(s.cert_end, due + 1825 * DAY);
	CHECK(is_there("tsu-0001.key") && is_there("tsu-0001.pem") && is_there("tsu-0002.key") &&
		is_there("tsu-0002.pem"));
	new = stamp(t, &d, due + 2000);
	CHECK(!vf_bytes_eq(nt_buf_bytes(&old), nt_tsa_certificate(t)));
	CHECK(ts_accepts(t, nt_buf_bytes(&new), &d, due + 2000));
	check_profile(t);
	nt_buf_done(&new);
	nt_tsa_free(t);
	/* the new pair is the one that a later start finds */
	t = open_tsa();
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 2);
	new = stamp(t, &d, due + 3000);
	CHECK(cms_accepts(t, nt_buf_bytes(&new), due + 3000));
	nt_buf_done(&new);
	nt_buf_done(&old);
	nt_tsa_free(t);
}

/* What a crash between the steps of a renewal leaves behind. */
static void renewal_crashes(void)
{
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	struct nt_tsa_status s;
	struct nt_buf b;
	struct vf_bytes crl;
	struct vf_err err;
	struct nt_tsa *t;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	crl = check_read(at("crl.der"));
	t = open_tsa();
	CHECK(refresh(t, T0 + 1500 * DAY).certificate);
	nt_tsa_free(t);
	/* the key alone was written: the old pair is current, the next number is free */
	unlink(at("tsu-0002.pem"));
	put_file("crl.der", crl);
	put_file("tsu-0002.pem.tmp", vf_bytes_str("-----BEGIN CERT"));
	put_file("crl.der.tmp", vf_bytes_str("0"));
	put_file("tsu-9.pem", vf_bytes_str("not ours"));
	put_file("tsu-0009.txt", vf_bytes_str("not ours"));
	t = open_tsa();
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 1);
	b = stamp(t, &d, T0 + DAY);
	nt_buf_done(&b);
	CHECK(refresh(t, T0 + 1501 * DAY).certificate);
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 3);
	b = stamp(t, &d, T0 + 1501 * DAY);
	CHECK(ts_accepts(t, nt_buf_bytes(&b), &d, T0 + 1501 * DAY));
	nt_buf_done(&b);
	nt_tsa_free(t);
	/* a half key file, as a crash while it was written leaves it */
	put_file("tsu-0004.key", vf_bytes_str("-----BEGIN PRIV"));
	t = open_tsa();
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 3);
	CHECK(refresh(t, T0 + 3001 * DAY).certificate);
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 5);
	nt_tsa_free(t);
	CHECK_RC(try_open(), VF_OK);
	free((void *)(uintptr_t)crl.p);
}

/* A refresh that fails half way reports nothing as done, and the next one finishes it. */
static void renewal_fails(void)
{
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	struct nt_tsa_refreshed r = {.crl = true};
	struct nt_tsa_status s;
	struct vf_err err;
	struct nt_tsa *t;
	struct nt_buf b;

	fresh();
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	config.tsa_renew_days = 1000;
	t = open_tsa();
	unlink(at("crl.der"));
	CHECK_INT(mkdir(at("crl.der"), 0700), 0);
	CHECK_RC(nt_tsa_refresh(t, T0 + 826 * DAY, &r, &err), VF_IO);
	CHECK(r.crl && !r.certificate);
	nt_tsa_status(t, &s);
	CHECK_INT(s.number, 2);
	CHECK_INT(s.crl_from, T0 - 123);
	CHECK_INT(rmdir(at("crl.der")), 0);
	r = refresh(t, T0 + 826 * DAY);
	CHECK(r.crl && !r.certificate);
	b = stamp(t, &d, T0 + 826 * DAY);
	CHECK(cms_accepts(t, nt_buf_bytes(&b), T0 + 826 * DAY));
	nt_buf_done(&b);
	nt_tsa_free(t);
}

static void ca_end(void)
{
	struct vf_digest d = imprint_of(VF_SHA256, "abc");
	struct nt_buf b = nt_buf(65536);
	struct nt_tsa_refreshed r;
	struct nt_tsa_status s;
	struct vf_err err;
	struct nt_tsa *t;
	int64_t end;

	fresh();
	config.ca_years = 5; /* 2026-01-01 to 2031-01-01: 1826 days */
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	t = open_tsa();
	nt_tsa_status(t, &s);
	end = s.ca_end;
	CHECK_INT(end, T0 - 123 + 1826 * DAY);
	/* the second certificate is cut by the CA's end and gets no successor */
	r = refresh(t, end - 365 * DAY - HOUR);
	CHECK(r.certificate && r.warning == VF_OK);
	nt_tsa_status(t, &s);
	CHECK_INT(s.cert_end, end);
	CHECK_INT(s.key_end, end);
	r = refresh(t, end - 364 * DAY);
	CHECK(!r.certificate && r.crl && r.warning == VF_TSA_CA_ENDS);
	r = refresh(t, end - DAY);
	CHECK(!r.certificate && r.crl && r.warning == VF_TSA_CA_ENDS);
	CHECK_RC(nt_tsa_stamp(t, &d, end - 1, &b, &err), VF_OK);
	CHECK(cms_accepts(t, nt_buf_bytes(&b), end - 1));
	CHECK_RC(nt_tsa_refresh(t, end - 1, &r, &err), VF_OK);
	CHECK_RC(nt_tsa_refresh(t, end, &r, &err), VF_TSA_FAILED);
	CHECK_RC(nt_tsa_stamp(t, &d, end, &b, &err), VF_TSA_FAILED);
	nt_tsa_free(t);
	nt_buf_done(&b);
}

static void copy_file(const char *from, const char *to)
{
	struct vf_bytes b = check_read(at(from));

	put_file(to, b);
	free((void *)(uintptr_t)b.p);
}

static void bad_folders(void)
{
	struct nt_config broken;
	struct vf_err err;
	uint8_t junk[4096];
	struct vf_bytes pem;

	fresh();
	CHECK_RC(try_open(), VF_NO_INPUT);
	CHECK_RC(nt_tsa_create(at("deeper"), &config, T0, &err), VF_IO);
	broken = config;
	strcpy(broken.tsa_policy, "3.1");
	CHECK_RC(nt_tsa_create(folder, &broken, T0, &err), VF_TEXT_SHAPE);
	CHECK_INT(access(folder, F_OK), -1);
	CHECK_RC(nt_tsa_create(folder, &config, T0, &err), VF_OK);
	CHECK_RC(try_open(), VF_OK);

	/* a create that did not reach its end does not open */
	CHECK_INT(rename(at("ca.pem"), at("x")), 0);
	CHECK_RC(try_open(), VF_NO_INPUT);
	CHECK_INT(rename(at("x"), at("ca.pem")), 0);
	CHECK_INT(rename(at("tsu-0001.pem"), at("x")), 0);
	CHECK_RC(try_open(), VF_NO_INPUT);
	CHECK_INT(rename(at("x"), at("tsu-0001.pem")), 0);
	CHECK_INT(rename(at("tsu-0001.key"), at("x")), 0);
	CHECK_RC(try_open(), VF_NO_INPUT);
	CHECK_INT(rename(at("x"), at("tsu-0001.key")), 0);

	CHECK_INT(chmod(at("ca.key"), 0640), 0);
	CHECK_RC(try_open(), VF_PERMISSION);
	CHECK_INT(chmod(at("ca.key"), 0600), 0);
	CHECK_INT(chmod(at("tsu-0001.key"), 0604), 0);
	CHECK_RC(try_open(), VF_PERMISSION);
	CHECK_INT(chmod(at("tsu-0001.key"), 0600), 0);

	/* keys and certificates exchanged */
	CHECK_INT(rename(at("ca.key"), at("x")), 0);
	CHECK_RC(nt_signer_create(at("ca.key"), NT_KEY_P256, NULL, &err), VF_OK);
	CHECK_RC(try_open(), VF_SIGNER_FAILED);
	put_file("ca.key", vf_bytes_str("junk"));
	CHECK_RC(try_open(), VF_SIGNER_FAILED);
	CHECK_INT(rename(at("x"), at("ca.key")), 0);
	CHECK_INT(rename(at("tsu-0001.key"), at("x")), 0);
	CHECK_RC(nt_signer_create(at("tsu-0001.key"), NT_KEY_P256, NULL, &err), VF_OK);
	CHECK_RC(try_open(), VF_SIGNER_FAILED);
	CHECK_INT(rename(at("x"), at("tsu-0001.key")), 0);
	CHECK_RC(try_open(), VF_OK);
	copy_file("tsu-0001.pem", "keep");
	pem = check_read(at("tsu-0001.pem"));
	put_file("tsu-0001.pem", vf_bytes(pem.p, pem.n / 2));
	CHECK_RC(try_open(), VF_CERT_SHAPE);
	/* one character of the signature */
	memcpy(junk, pem.p, pem.n);
	junk[pem.n - 40] = junk[pem.n - 40] == 'A' ? 'B' : 'A';
	put_file("tsu-0001.pem", vf_bytes(junk, pem.n));
	CHECK(try_open() != VF_OK);
	copy_file("ca.pem", "tsu-0001.pem");
	CHECK_RC(try_open(), VF_SIGNER_FAILED);
	copy_file("keep", "tsu-0001.pem");
	CHECK_RC(try_open(), VF_OK);
	free((void *)(uintptr_t)pem.p);
}

int main(void)
{
	fixture_begin();
	clock_backwards();
	crl_refresh();
	crl_lost();
	renewal();
	renewal_crashes();
	renewal_fails();
	ca_end();
	bad_folders();
	return fixture_end();
}
