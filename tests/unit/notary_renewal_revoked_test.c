/*
 * Renewals that are revoked later: they are set aside, nothing that is exported changes by that, and the evidence before
 * them is renewed again while it is good, by somebody who is not revoked.
 */
#include <sqlite3.h>
#include <sys/wait.h>

#include "notary/failpoint.h"
#include "notary/renewal_inside.h"
#include "notary/renewer.h"
#include "notary/revocation_ask.h"
#include "notary/store_renewal.h"
#include "tests/renewal_fixture.h"
#include "tests/unit/ocsp_maker.h"
#include "verify/cert.h"

#define FIRST_END 1825 /* days: the first certificate of an authority made by a default configuration */
#define KEY_COMPROMISE 1
#define SUPERSEDED 4

/* ---- an authority that revokes its certificate ---- */

static void set_time(X509_CRL *crl, X509_REVOKED *r, int64_t now)
{
	ASN1_TIME *t = ASN1_TIME_set(NULL, now / 1000);

	MUST(t && X509_CRL_set1_lastUpdate(crl, t) == 1 && X509_REVOKED_set_revocationDate(r, t) == 1);
	ASN1_TIME_free(t);
	t = ASN1_TIME_set(NULL, now / 1000 + 30 * 86400);
	MUST(t && X509_CRL_set1_nextUpdate(crl, t) == 1);
	ASN1_TIME_free(t);
}

static EVP_PKEY *key_of(struct fixture *f, struct outside *o)
{
	char path[256];
	EVP_PKEY *key;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/ca.key", f->dir, o->as.name);
	file = fopen(path, "rb");
	MUST(file);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	MUST(key);
	return key;
}

/* A CRL of the authority's CA, which lists the certificate that stamps now. */
static struct nt_buf make_list(struct fixture *f, struct outside *o, long reason)
{
	struct vf_bytes der = nt_tsa_certificate(o->tsa);
	const unsigned char *in = der.p;
	X509 *cert = d2i_X509(NULL, &in, (long)der.n);
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
	struct nt_buf out = nt_buf(1 << 16);
	unsigned char *p = NULL;
	EVP_PKEY *key = key_of(f, o);
	int n;

	MUST(cert && crl && r && why && ASN1_ENUMERATED_set(why, reason) == 1);
	MUST(X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(cert)) == 1);
	MUST(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, why, 0, 0) == 1);
	set_time(crl, r, f->now);
	MUST(X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
	MUST(X509_CRL_set_issuer_name(crl, X509_get_issuer_name(cert)) == 1 && X509_CRL_add0_revoked(crl, r) == 1);
	MUST(X509_CRL_sign(crl, key, EVP_sha256()) > 0 && (n = i2d_X509_CRL(crl, &p)) > 0);
	nt_buf_put(&out, vf_bytes(p, (size_t)n));
	OPENSSL_free(p);
	ASN1_ENUMERATED_free(why);
	X509_CRL_free(crl);
	X509_free(cert);
	EVP_PKEY_free(key);
	return out;
}

/* An answer of it about that certificate. */
static struct nt_buf make_answer(struct fixture *f, struct outside *o, int reason)
{
	EVP_PKEY *key = key_of(f, o);
	struct nt_buf out = nt_buf(1 << 16);
	char from[20], to[20];
	time_t at = (time_t)(f->now / 1000), end = at + 30 * 86400;
	struct ocsp_spec s = {.cert = nt_tsa_certificate(o->tsa), .issuer = nt_tsa_root(o->tsa), .key = key,
		.status = OCSP_REVOKED, .at = from, .reason = reason, .from = from, .to = to};

	MUST(strftime(from, sizeof(from), "%Y%m%d%H%M%SZ", gmtime(&at)) && strftime(to, sizeof(to), "%Y%m%d%H%M%SZ", gmtime(&end)));
	nt_buf_put(&out, make_ocsp(&s));
	EVP_PKEY_free(key);
	return out;
}

/* From now on the notary holds one of these, as if it had been asked for. */
static void revoke_by(struct fixture *f, struct outside *o, enum nt_revocation_kind kind, int reason)
{
	struct nt_buf der;
	struct nt_revocation r = {.authority = vf_bytes_str(o->as.name), .kind = kind, .next_update = VF_TIME_NONE};
	struct vf_cert cert;
	struct vf_err err = {0};
	bool is_new = false;

	f->now = f->now / 1000 * 1000 + 1000;
	der = kind == NT_REVOCATION_CRL ? make_list(f, o, reason) : make_answer(f, o, reason);
	r.this_update = f->now;
	r.der = nt_buf_bytes(&der);
	fixture_need(vf_cert_open(nt_tsa_certificate(o->tsa), &cert, &err), &err, "certificate");
	r.subject = nt_revocation_subject(&cert);
	vf_cert_done(&cert);
	fixture_need(nt_notary_revocation_put(f->n, &r, &is_new, &err), &err, "revocation data");
	CHECK(is_new);
	nt_buf_done(&der);
	f->now += 1000;
}

static void list_it(struct fixture *f, struct outside *o, int reason)
{
	revoke_by(f, o, NT_REVOCATION_CRL, reason);
}

/* ---- a notary whose evidence is renewed ---- */

static void stamp(struct fixture *f, struct outside *o, uint64_t seal)
{
	struct nt_tsa_refreshed refreshed;
	struct vf_digest imprint;
	struct reply r;
	struct vf_err err = {0};

	fixture_need(nt_tsa_refresh(o->tsa, f->now, &refreshed, &err), &err, "refresh");
	fixture_need(nt_notary_imprint(f->n, seal, o->as.algorithm, &imprint, &err), &err, "imprint");
	reply_make(f, o, &imprint, f->now, &r);
	fixture_need(nt_notary_add_token(f->n, seal, &r.t, &err), &err, "token");
	reply_done(&r);
}

struct world {
	struct fixture f;
	struct outside alpha, beta;
	struct renewing x;
	struct vf_hash ids[2];
	int64_t start;
	char revoked[200]; /* what was told */
	uint64_t count;    /* that nt_renew_revoked() counted */
};

static void on_revoked(void *ctx, const struct nt_renewal_revoked *r)
{
	struct renewing *x = ctx;
	struct world *w = (struct world *)((char *)x - offsetof(struct world, x));
	size_t n = strlen(w->revoked);

	snprintf(w->revoked + n, sizeof(w->revoked) - n, "%llu:%s:%llu ", (unsigned long long)r->renewal, r->authority,
		(unsigned long long)r->chains);
}

/* Two seals with a record and tokens of the embedded authority and of alpha each; beta stands by. */
static void world_begin(struct world *w)
{
	struct outside *both[2] = {&w->alpha, &w->beta};

	*w = (struct world){.start = 0};
	fixture_begin(&w->f);
	outside_begin(&w->f, &w->alpha, "alpha", VF_SHA256);
	outside_begin(&w->f, &w->beta, "beta", VF_SHA256);
	configure(&w->f, true, 1, both, 2);
	w->start = w->f.now;
	w->x = (struct renewing){.f = &w->f, .of = {&w->alpha, &w->beta}, .n = 2};
	for (int i = 0; i < 2; i++) {
		fixture_submit(&w->f, TR_PROTOCOL, i ? "b.txt" : "a.txt", i ? "two" : "one");
		w->ids[i] = w->f.last;
		fixture_seal(&w->f);
		stamp(&w->f, &w->alpha, (uint64_t)i + 1);
	}
}

static void world_end(struct world *w)
{
	outside_end(&w->alpha);
	outside_end(&w->beta);
	fixture_end(&w->f);
}

static struct nt_renew_options options(struct world *w, int64_t days)
{
	struct nt_renew_options o = renewing_options(&w->x, days);

	o.revoked = on_revoked;
	*w->revoked = '\0';
	return o;
}

static enum vf_rc renew(struct world *w, int64_t days)
{
	const struct nt_renew_options o = options(w, days);
	struct vf_err err = {0};
	enum vf_rc rc = nt_renew(&o, &w->x.r, &err);

	if (rc != VF_OK)
		fprintf(stderr, "renew: %s: %s\n", vf_rc_name(rc), err.text);
	return rc;
}

/* Both records: verified at a time, with so many time-stamps; the first bundle's octets. */
static struct nt_buf check(struct world *w, int64_t at, size_t stamps)
{
	struct nt_buf first = {0};
	enum vf_rc why;

	for (int i = 0; i < 2; i++) {
		struct nt_buf bundle = renewing_bundle(&w->f, &w->ids[i]);

		CHECK(renewing_judge(&w->f, &bundle, at, &why) == VF_VERIFIED);
		CHECK_INT(renewing_report.n_stamps, stamps);
		if (i == 0)
			first = bundle;
		else
			nt_buf_done(&bundle);
	}
	CHECK_INT(renewing_faults(&w->f), 0);
	return first;
}

static void check_only(struct world *w, int64_t at, size_t stamps)
{
	struct nt_buf b = check(w, at, stamps);

	nt_buf_done(&b);
}

static void close_world(struct world *w)
{
	nt_exporter_free(w->f.e);
	w->f.e = NULL;
	w->f.n = nt_notary_free(w->f.n);
}

static void open_world(struct world *w)
{
	struct vf_err err = {0};

	fixture_need(nt_notary_open(w->f.notary, fixture_clock, &w->f, &w->f.n, &err), &err, "open");
}

static void sql(struct world *w, const char *text)
{
	char path[120];
	sqlite3 *db = NULL;
	char *why = NULL;

	close_world(w);
	snprintf(path, sizeof(path), "%s/notary.db", w->f.notary);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", text, why ? why : "cannot open");
		exit(1);
	}
	sqlite3_close(db);
	open_world(w);
}

/* ---- tests ---- */

/* The authority renews, and its new certificate is compromised while the old one is good still. */
static void test_again(void)
{
	struct world w;
	struct nt_renew_options o;
	struct nt_buf before, told, aside, renewed, again;
	struct vf_err err = {0};

	world_begin(&w);
	w.f.now = w.start + (FIRST_END - 150) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.x.made, "embedded>embedded:2 alpha>alpha:2 ");
	CHECK_STR(w.revoked, "");
	check_only(&w, w.start + (FIRST_END + 10) * DAY, 4);
	w.f.now += 10 * DAY;
	list_it(&w.f, &w.alpha, KEY_COMPROMISE);
	/* whoever exports now has the older token alone */
	before = check(&w, w.f.now, 3);
	/* telling changes nothing */
	o = options(&w, 180);
	CHECK_RC(nt_renew_revoked(&o, true, &w.count, &err), VF_OK);
	CHECK_INT(w.count, 1);
	CHECK_STR(w.revoked, "2:alpha:2 ");
	told = check(&w, w.f.now, 3);
	CHECK_BYTES(nt_buf_bytes(&told), nt_buf_bytes(&before));
	/* nor does setting it aside, for who looks at bundles */
	o = options(&w, 180);
	CHECK_RC(nt_renew_revoked(&o, false, &w.count, &err), VF_OK);
	CHECK_STR(w.revoked, "2:alpha:2 ");
	close_world(&w);
	open_world(&w);
	aside = check(&w, w.f.now, 3);
	CHECK_BYTES(nt_buf_bytes(&aside), nt_buf_bytes(&before));
	/* alpha has that certificate still: somebody else is asked, though there is much time */
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.revoked, "");
	CHECK_STR(w.x.failed, "alpha>alpha:REVOKED ");
	CHECK_STR(w.x.made, "alpha>beta:2 ");
	CHECK_INT(w.x.r.after.chains, 0);
	CHECK_INT(w.x.r.failed, 0);
	renewed = check(&w, w.start + (FIRST_END + 10) * DAY, 4);
	/* once more: nothing to do, the same octets */
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.x.made, "");
	CHECK_STR(w.x.failed, "");
	again = check(&w, w.f.now, 4);
	CHECK_BYTES(nt_buf_bytes(&again), nt_buf_bytes(&renewed));
	/* years later the new one is renewed like any other */
	w.f.now = w.x.r.after.first - 100 * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.revoked, "");
	check_only(&w, w.f.now + 200 * DAY, 6);
	nt_buf_done(&before);
	nt_buf_done(&told);
	nt_buf_done(&aside);
	nt_buf_done(&renewed);
	nt_buf_done(&again);
	world_end(&w);
}

/* In one go, as a service and the command line do it; a certificate that was merely replaced revokes nothing. */
static void test_reason(void)
{
	struct world w;

	world_begin(&w);
	w.f.now = w.start + (FIRST_END - 100) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	w.f.now += 10 * DAY;
	list_it(&w.f, &w.alpha, SUPERSEDED);
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.revoked, "");
	CHECK_STR(w.x.made, "");
	check_only(&w, w.start + (FIRST_END + 10) * DAY, 4);
	list_it(&w.f, &w.alpha, KEY_COMPROMISE);
	/* the first list after the token counts; it said no worse */
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.revoked, "");
	world_end(&w);
}

/* What renewed the revoked one goes with it; what is before stays, and ends when it ends. */
static void test_between(void)
{
	struct world w;
	struct nt_renew_options o;
	struct vf_err err = {0};

	world_begin(&w);
	w.f.now = w.start + (FIRST_END - 100) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	/* once more, by another: all of it */
	o = options(&w, -1);
	o.authority = "beta";
	w.f.now += DAY;
	CHECK_RC(nt_renew(&o, &w.x.r, &err), VF_OK);
	check_only(&w, w.f.now, 6);
	/* what a renewal hashes takes no more lists: it was not revoked as far as anybody knew then */
	list_it(&w.f, &w.alpha, KEY_COMPROMISE);
	check_only(&w, w.f.now, 6);
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.revoked, "");
	/* an answer stands beside the token */
	revoke_by(&w.f, &w.alpha, NT_REVOCATION_OCSP, KEY_COMPROMISE);
	check_only(&w, w.f.now, 4);
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.revoked, "2:alpha:2 ");
	CHECK_STR(w.x.made, "alpha>beta:2 ");
	CHECK_INT(w.x.r.after.chains, 0);
	check_only(&w, w.start + (FIRST_END + 10) * DAY, 5);
	world_end(&w);
}

/* The evidence before has ended, when the renewal is revoked: nothing can be done, and that is told. */
static void test_too_late(void)
{
	struct world w;

	world_begin(&w);
	w.f.now = w.start + (FIRST_END - 100) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_INT(w.x.r.after.ended, 0);
	w.f.now = w.start + (FIRST_END + 10) * DAY;
	list_it(&w.f, &w.alpha, KEY_COMPROMISE);
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.revoked, "2:alpha:2 ");
	CHECK_STR(w.x.made, "");
	CHECK_INT(w.x.r.after.ended, 2);
	CHECK_INT(renewing_faults(&w.f), 0);
	world_end(&w);
}

/* A hash-tree renewal: the old chains are open again, the one that it began is closed with all of its renewals. */
static void test_tree(void)
{
	struct world w;
	struct nt_renew_options o;
	struct vf_err err = {0};

	world_begin(&w);
	/* its second certificate */
	w.f.now = w.start + 1500 * DAY;
	o = options(&w, -1);
	o.tree = true;
	CHECK_RC(nt_renew(&o, &w.x.r, &err), VF_OK);
	CHECK_STR(w.x.made, "embedded>embedded:2 alpha>alpha:2 ");
	o = options(&w, -1);
	o.authority = "beta";
	w.f.now += DAY;
	CHECK_RC(nt_renew(&o, &w.x.r, &err), VF_OK);
	CHECK_STR(w.x.made, "alpha>beta:1 embedded>beta:1 ");
	check_only(&w, w.f.now, 6);
	revoke_by(&w.f, &w.alpha, NT_REVOCATION_OCSP, KEY_COMPROMISE);
	check_only(&w, w.f.now, 4);
	o = options(&w, -1);
	o.tree = true;
	CHECK_RC(nt_renew(&o, &w.x.r, &err), VF_OK);
	CHECK_STR(w.revoked, "2:alpha:2 ");
	CHECK_STR(w.x.failed, "alpha>alpha:REVOKED ");
	CHECK_STR(w.x.made, "alpha>beta:2 ");
	check_only(&w, w.start + (FIRST_END + 10) * DAY, 5);
	/* nobody renews what was closed; the embedded one's chain rests on a time-stamp of beta that ends later */
	CHECK_RC(renew(&w, -1), VF_OK);
	CHECK_STR(w.x.made, "beta>beta:1 ");
	CHECK_STR(w.x.failed, "embedded>embedded:RENEW_NO_GAIN ");
	check_only(&w, w.f.now, 6);
	world_end(&w);
}

struct told {
	_Atomic unsigned revoked, looked;
	_Atomic uint64_t due;
};

static void on_alarm(void *ctx, const struct nt_renewal_revoked *r)
{
	struct told *t = ctx;

	CHECK_STR(r->authority, "alpha");
	CHECK_INT(r->chains, 2);
	t->revoked++;
}

static void on_looked(void *ctx, const struct nt_renewal_due *due, enum vf_rc rc, const char *why)
{
	struct told *t = ctx;

	(void)why;
	if (rc == VF_OK)
		t->due = due->chains;
	t->looked++;
}

/* The thread of a service raises the alarm; nobody answers it, so what is due stays due. */
static void test_thread(void)
{
	struct world w;
	struct told t = {0};
	struct nt_keeper_options with = {.seal_ms = 3600000};
	struct nt_renewer_options o = {.renew_days = 180, .look_ms = 1000, .revoked = on_alarm, .looked = on_looked, .ctx = &t};
	struct nt_keeper *k = NULL;
	struct nt_renewer *r = NULL;
	struct vf_err err = {0};

	world_begin(&w);
	w.f.now = w.start + (FIRST_END - 100) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	list_it(&w.f, &w.alpha, KEY_COMPROMISE);
	fixture_need(nt_dir_open(AT_FDCWD, w.f.notary, &o.folder, &err), &err, "folder");
	fixture_need(nt_keeper_new(w.f.n, &with, &k, &err), &err, "keeper");
	o.keeper = k;
	o.authorities = nt_notary_authorities(w.f.n);
	fixture_need(nt_renewer_new(&o, &r, &err), &err, "renewer");
	for (int i = 0; i < 3000 && t.looked == 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	nt_renewer_free(r);
	nt_keeper_free(k);
	close(o.folder);
	CHECK_INT(t.looked, 1);
	CHECK_INT(t.revoked, 1);
	CHECK_INT(t.due, 2);
	check_only(&w, w.f.now, 3);
	world_end(&w);
}

/* The list of authorities is asked about the certificates of renewals, too. */
static void test_asked(void)
{
	struct world w;
	struct nt_buf first = nt_buf(1 << 16), last = nt_buf(1 << 16);
	struct vf_err err = {0};
	bool found = false;

	world_begin(&w);
	CHECK_RC(nt_notary_last_token(w.f.n, vf_bytes_str("alpha"), &first, &found, &err), VF_OK);
	CHECK(found);
	w.f.now = w.start + (FIRST_END - 100) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_RC(nt_notary_last_token(w.f.n, vf_bytes_str("alpha"), &last, &found, &err), VF_OK);
	CHECK(found && !vf_bytes_eq(nt_buf_bytes(&first), nt_buf_bytes(&last)));
	nt_buf_reset(&last);
	/* a token of a seal that is later still */
	fixture_submit(&w.f, TR_PROTOCOL, "c.txt", "three");
	fixture_seal(&w.f);
	stamp(&w.f, &w.alpha, 3);
	nt_buf_reset(&first);
	CHECK_RC(nt_notary_last_token(w.f.n, vf_bytes_str("alpha"), &first, &found, &err), VF_OK);
	CHECK_RC(nt_notary_last_token(w.f.n, vf_bytes_str("alpha"), &last, &found, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&first), nt_buf_bytes(&last));
	CHECK_RC(nt_notary_last_token(w.f.n, vf_bytes_str("nobody"), &last, &found, &err), VF_OK);
	CHECK(!found);
	nt_buf_done(&first);
	nt_buf_done(&last);
	world_end(&w);
}

static enum vf_rc found_rc;

static void note_finding(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx, (void)text;
	if (found_rc == VF_OK)
		found_rc = rc;
}

static enum vf_rc fsck(struct world *w)
{
	struct vf_err err = {0};
	uint64_t n;

	found_rc = VF_OK;
	CHECK_RC(nt_notary_fsck(w->f.n, note_finding, NULL, &n, &err), VF_OK);
	return found_rc;
}

/* What a changed row says of this is found; a store of version 6 has nothing set aside. */
static void test_damaged(void)
{
	struct world w;
	struct nt_buf whole, again;

	world_begin(&w);
	w.f.now = w.start + (FIRST_END - 100) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	whole = check(&w, w.f.now, 4);
	/* nothing revokes it */
	sql(&w, "UPDATE renewed SET aside = 2 WHERE renewal = 2");
	CHECK_RC(fsck(&w), VF_STORE_CORRUPT);
	sql(&w, "ALTER TABLE renewed DROP COLUMN aside; PRAGMA user_version = 6");
	again = check(&w, w.f.now, 4);
	CHECK_BYTES(nt_buf_bytes(&again), nt_buf_bytes(&whole));
	nt_buf_done(&again);
	nt_buf_done(&whole);
	list_it(&w.f, &w.alpha, KEY_COMPROMISE);
	CHECK_RC(renew(&w, 180), VF_OK);
	CHECK_STR(w.x.made, "alpha>beta:2 ");
	check_only(&w, w.f.now, 4);
	/* the next one does not hash it */
	sql(&w, "UPDATE renewed SET aside = NULL WHERE renewal = 2 AND chain = 2");
	CHECK_RC(fsck(&w), VF_ER_NOT_COVERED);
	sql(&w, "UPDATE renewed SET aside = 2 WHERE renewal = 2");
	CHECK_RC(fsck(&w), VF_OK);
	world_end(&w);
}

/* ---- killed ---- */

static unsigned place, kill_at;

static void count_place(void *ctx, const char *name)
{
	(void)ctx;
	if ((strncmp(name, "aside-", 6) == 0 || strncmp(name, "renewal-", 8) == 0) && ++place == kill_at)
		_exit(99);
}

/* In a child: the k-th step is the last. True when it was killed. */
static bool renew_killed(struct world *w, unsigned k)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		place = 0;
		kill_at = k;
		nt_failpoint_set(count_place, NULL);
		open_world(w);
		_exit(renew(w, 180) == VF_OK ? 0 : 1);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 99 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 99;
}

/*
 * Setting aside has three steps (judged, half written, stored), the renewal after it four (got, verified, half written,
 * stored). After a kill in every gap all bundles have the evidence before the revoked renewal, or all the new one.
 */
static bool killed_at(unsigned k)
{
	struct world w;
	bool killed;

	world_begin(&w);
	w.f.now = w.start + (FIRST_END - 100) * DAY;
	CHECK_RC(renew(&w, 180), VF_OK);
	w.f.now += DAY;
	list_it(&w.f, &w.alpha, KEY_COMPROMISE);
	close_world(&w);
	killed = renew_killed(&w, k);
	w.f.now += 60000;
	w.alpha.last = w.beta.last = w.f.now;
	open_world(&w);
	check_only(&w, w.f.now, killed && k < 7 ? 3 : 4);
	CHECK_RC(renew(&w, 180), VF_OK);
	/* told before it is done: again, where that was cut off */
	CHECK_STR(w.revoked, killed && k < 3 ? "2:alpha:2 " : "");
	CHECK_STR(w.x.made, killed && k < 7 ? "alpha>beta:2 " : "");
	CHECK_INT(w.x.r.after.renewals, 3);
	CHECK_INT(w.x.r.after.chains, 0);
	check_only(&w, w.start + (FIRST_END + 10) * DAY, 4);
	world_end(&w);
	return killed;
}

static void test_killed(void)
{
	unsigned k = 1;

	while (killed_at(k))
		k++;
	CHECK_INT(k, 8);
}

int main(void)
{
	test_again();
	test_reason();
	test_between();
	test_too_late();
	test_tree();
	test_thread();
	test_asked();
	test_damaged();
	test_killed();
	return check_done();
}
