/*
 * Renewal of evidence: what is due, by whom it is renewed, and that every bundle holds old evidence or new, never a mixture.
 */
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "notary/failpoint.h"
#include "notary/renewal_inside.h"
#include "notary/revocation_ask.h"
#include "notary/store_renewal.h"
#include "tests/renewal_fixture.h"
#include "verify/cert.h"
#include "verify/record.h"

#define FIRST_END 1825 /* days: the first certificate of an authority made by a default configuration */

static void reopen(struct fixture *f)
{
	struct vf_err err = {0};

	nt_exporter_free(f->e);
	f->e = NULL;
	f->n = nt_notary_free(f->n);
	fixture_need(nt_notary_open(f->notary, fixture_clock, f, &f->n, &err), &err, "open");
}

static void exporter_again(struct fixture *f)
{
	nt_exporter_free(f->e);
	f->e = NULL;
}

/* One authority of its own, renewed again and again. */
static void test_embedded(void)
{
	struct fixture f;
	struct renewing x = {.f = &f};
	struct vf_hash ids[3];
	struct nt_buf old, renewed, again;
	enum vf_rc why;
	int64_t start;

	fixture_begin(&f);
	start = f.now;
	for (int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d.txt", i);
		fixture_submit(&f, TR_PROTOCOL, name, name);
		ids[i] = f.last;
		if (i != 1) /* seal 2 has two records */
			fixture_seal(&f);
	}
	fixture_submit(&f, TR_PROTOCOL, "more.txt", "more");
	fixture_seal(&f);
	/* nothing is due */
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_INT(x.r.renewals, 0);
	CHECK_INT(x.r.before.chains, 0);
	CHECK_INT(x.r.before.first, (start - 1000) / 1000 * 1000 + FIRST_END * DAY);
	old = renewing_bundle(&f, &ids[1]);
	CHECK(renewing_judge(&f, &old, f.now, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.renew_before, x.r.before.first);
	/* 100 days before the end; the authority has a new certificate by then */
	f.now = start + (FIRST_END - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:3 ");
	CHECK_STR(x.failed, "");
	CHECK_INT(x.r.before.chains, 3);
	CHECK_INT(x.r.after.chains, 0);
	CHECK_INT(x.r.after.renewals, 1);
	CHECK(x.r.after.first > x.r.before.first + 1000 * DAY);
	/* doing it again does nothing */
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_INT(x.r.renewals, 0);
	for (int i = 0; i < 3; i++) {
		renewed = renewing_bundle(&f, &ids[i]);
		CHECK(renewing_judge(&f, &renewed, f.now, &why) == VF_VERIFIED);
		CHECK_INT(renewing_report.n_stamps, 2);
		CHECK(renewing_judge(&f, &renewed, start + (FIRST_END + 100) * DAY, &why) == VF_VERIFIED);
		if (i != 1)
			nt_buf_done(&renewed);
		else
			again = renewed;
	}
	CHECK(renewing_judge(&f, &old, f.now, &why) == VF_VERIFIED);
	CHECK(renewing_judge(&f, &old, start + (FIRST_END + 100) * DAY, &why) == VF_INDETERMINATE);
	CHECK_INT(why, VF_TS_EXPIRED);
	CHECK_INT(renewing_faults(&f), 0);
	/* the same evidence gives the same octets, also after a restart */
	reopen(&f);
	renewed = renewing_bundle(&f, &ids[1]);
	CHECK_BYTES(nt_buf_bytes(&renewed), nt_buf_bytes(&again));
	nt_buf_done(&renewed);
	nt_buf_done(&again);
	nt_buf_done(&old);
	/* what was sealed since has an end of its own, and both are renewed once more, years later */
	fixture_submit(&f, TR_PROTOCOL, "late.txt", "late");
	fixture_seal(&f);
	f.now = x.r.after.first - 100 * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:4 ");
	renewed = renewing_bundle(&f, &ids[0]);
	CHECK(renewing_judge(&f, &renewed, f.now + 500 * DAY, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 3);
	nt_buf_done(&renewed);
	renewed = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &renewed, f.now + 500 * DAY, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 2);
	nt_buf_done(&renewed);
	CHECK_INT(renewing_faults(&f), 0);
	/* all of it, though nothing is due: the certificate is the same */
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "");
	CHECK_RC(renewing_run(&x, -1), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:4 ");
	CHECK_STR(x.failed, "");
	exporter_again(&f);
	renewed = renewing_bundle(&f, &ids[2]);
	CHECK(renewing_judge(&f, &renewed, f.now, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 4);
	nt_buf_done(&renewed);
	CHECK_INT(renewing_faults(&f), 0);
	fixture_end(&f);
}

/* The time has passed: a token now proves nothing. */
static void test_too_late(void)
{
	struct fixture f;
	struct renewing x = {.f = &f};
	struct nt_renewal_wish w = {.group = {.alg = VF_SHA256, .authority = "embedded"}, .by = NT_CHAIN_CLOSED - 1,
		.kind = NT_RENEWAL_STAMP};
	struct nt_renewal_plan *p = NULL;
	struct vf_err err = {0};
	bool more = true;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	CHECK_RC(nt_renewal_look(f.n, 10, &more, &err), VF_OK);
	CHECK(!more);
	CHECK_RC(nt_renewal_plan_new(&w, &p, &err), VF_OK);
	CHECK_RC(nt_renewal_plan_gather(f.n, p, 10, &more, &err), VF_OK);
	CHECK(!more && nt_renewal_plan_chains(p) == 1);
	/* nothing is stored that was not stamped and checked */
	{
		struct nt_renewed_now now;

		CHECK_RC(nt_renewal_plan_store(f.n, p, &now, &err), VF_INTERNAL);
	}
	/* it ends while somebody is asked */
	f.now += (FIRST_END + 1) * DAY;
	CHECK_RC(nt_renewal_plan_stamp(f.n, p, &err), VF_RENEW_TOO_LATE);
	p = nt_renewal_plan_free(p);
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "");
	CHECK_INT(x.r.before.chains, 0);
	CHECK_INT(x.r.before.ended, 1);
	CHECK_RC(renewing_run(&x, -1), VF_OK);
	CHECK_STR(x.made, "");
	/* what came later is renewed all the same */
	fixture_submit(&f, TR_PROTOCOL, "b.txt", "two");
	fixture_seal(&f);
	CHECK_RC(renewing_run(&x, -1), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:1 ");
	CHECK_INT(x.r.after.ended, 1);
	CHECK_INT(renewing_faults(&f), 0);
	fixture_end(&f);
}

/* A late token of the seal, as its authority answers now. */
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

/* Stores the authority's newest CRL, as if it had been asked. */
static struct nt_buf hold_crl(struct fixture *f, struct outside *o)
{
	struct nt_buf der = nt_buf(1 << 16);
	struct nt_revocation r = {.authority = vf_bytes_str(o->as.name), .kind = NT_REVOCATION_CRL, .this_update = f->now,
		.next_update = VF_TIME_NONE};
	struct vf_cert cert;
	struct vf_err err = {0};
	bool is_new = false;

	fixture_need(vf_cert_open(nt_tsa_certificate(o->tsa), &cert, &err), &err, "certificate");
	r.subject = nt_revocation_subject(&cert);
	vf_cert_done(&cert);
	nt_buf_put(&der, nt_tsa_current_crl(o->tsa));
	r.der = nt_buf_bytes(&der);
	fixture_need(nt_notary_revocation_put(f->n, &r, &is_new, &err), &err, "CRL");
	CHECK(is_new);
	return der;
}

static bool holds(const struct nt_buf *bundle, const struct nt_buf *part)
{
	return memmem(bundle->p, bundle->n, part->p, part->n) != NULL;
}

/* CRLs go into a token until a renewal hashes it; then it stays as it is, whatever comes. */
static void test_frozen(void)
{
	struct fixture f;
	struct outside alpha;
	struct outside *one[1] = {&alpha};
	struct renewing x = {.f = &f, .of = {&alpha}, .n = 1};
	struct nt_tsa_refreshed refreshed;
	struct nt_buf crl0, crl1, old, renewed, again;
	struct vf_err err = {0};
	enum vf_rc why;
	int64_t start;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA512);
	configure(&f, true, 1, one, 1);
	start = f.now;
	f.now += 60000;
	/* published before the token, which has a newer one in it */
	crl0 = hold_crl(&f, &alpha);
	f.now = start + 2 * DAY;
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	stamp(&f, &alpha, 1);
	old = renewing_bundle(&f, &f.last);
	CHECK(holds(&old, &crl0));
	CHECK(renewing_judge(&f, &old, f.now, &why) == VF_VERIFIED);
	f.now = start + (FIRST_END - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:1 alpha>alpha:1 ");
	CHECK_INT(x.asked, 1);
	renewed = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &renewed, start + (FIRST_END + 10) * DAY, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 4);
	/* another CRL comes, which would have been the better one */
	f.now += 3 * DAY;
	fixture_need(nt_tsa_refresh(alpha.tsa, f.now, &refreshed, &err), &err, "refresh");
	crl1 = hold_crl(&f, &alpha);
	again = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &again, start + (FIRST_END + 10) * DAY, &why) == VF_VERIFIED);
	CHECK(holds(&again, &crl0));
	/* into the token of the renewal it may go, as nothing hashes that one yet: it was signed by the new certificate, of which this is the CRL */
	CHECK(holds(&again, &crl1));
	CHECK_INT(renewing_faults(&f), 0);
	nt_buf_done(&old);
	nt_buf_done(&renewed);
	nt_buf_done(&again);
	nt_buf_done(&crl0);
	nt_buf_done(&crl1);
	outside_end(&alpha);
	fixture_end(&f);
}

/* The own authority first, others when it is late, and nobody by chance. */
static void test_whom(void)
{
	struct fixture f;
	struct outside alpha, beta;
	struct outside *both[2] = {&alpha, &beta};
	struct renewing x = {.f = &f, .of = {&beta}, .n = 1}; /* alpha does not answer */
	struct nt_renew_options o;
	struct nt_buf bundle;
	struct vf_err err = {0};
	enum vf_rc why;
	int64_t start;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	outside_begin(&f, &beta, "beta", VF_SHA256);
	configure(&f, false, 1, both, 2);
	start = f.now;
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	{
		struct nt_plan *p = NULL;
		struct nt_sealed sealed;
		struct vf_digest imprint;
		struct reply r;

		CHECK_RC(nt_notary_plan(f.n, &p, &err), VF_OK);
		CHECK_RC(nt_plan_imprint(p, VF_SHA256, &imprint, &err), VF_OK);
		reply_make(&f, &alpha, &imprint, f.now, &r);
		CHECK_RC(nt_notary_seal_plan(f.n, p, &r.t, &sealed, &err), VF_OK);
		reply_done(&r);
	}
	f.now = start + (FIRST_END - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "");
	CHECK_STR(x.failed, "alpha>alpha:FETCH_FAILED ");
	CHECK_INT(x.r.failed, 1);
	CHECK_INT(x.r.rc, VF_FETCH_FAILED);
	CHECK_INT(x.r.after.chains, 1);
	bundle = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &bundle, f.now, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 1);
	nt_buf_done(&bundle);
	/* named, nobody else is asked */
	f.now = start + (FIRST_END - 50) * DAY;
	o = renewing_options(&x, 180);
	o.authority = "alpha";
	CHECK_RC(nt_renew(&o, &x.r, &err), VF_OK);
	CHECK_STR(x.made, "");
	/* half of the time has passed */
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.failed, "alpha>alpha:FETCH_FAILED ");
	CHECK_STR(x.made, "alpha>beta:1 ");
	bundle = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &bundle, start + (FIRST_END + 1) * DAY, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 2);
	CHECK_INT(renewing_faults(&f), 0);
	nt_buf_done(&bundle);
	outside_end(&alpha);
	outside_end(&beta);
	fixture_end(&f);
}

/* A token that ends no later is of no use; what ends earlier gains all the same. */
static void test_gain(void)
{
	struct fixture f;
	struct renewing x = {.f = &f};
	struct vf_hash first;
	struct nt_buf bundle;
	enum vf_rc why;
	int64_t start;

	fixture_begin(&f);
	start = f.now;
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	first = f.last;
	/* of the same certificate */
	CHECK_RC(renewing_run(&x, 10000), VF_OK);
	CHECK_STR(x.made, "");
	CHECK_STR(x.failed, "embedded>embedded:RENEW_NO_GAIN ");
	f.now = start + 1500 * DAY;
	fixture_submit(&f, TR_PROTOCOL, "b.txt", "two");
	fixture_seal(&f);
	CHECK_RC(renewing_run(&x, 10000), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:1 ");
	CHECK_STR(x.failed, "embedded>embedded:RENEW_NO_GAIN ");
	bundle = renewing_bundle(&f, &first);
	CHECK(renewing_judge(&f, &bundle, start + (FIRST_END + 100) * DAY, &why) == VF_VERIFIED);
	nt_buf_done(&bundle);
	CHECK_INT(renewing_faults(&f), 0);
	fixture_end(&f);
}

/* An authority whose clock is ahead: the renewal leaves with the bundles when its time has come. */
static void test_ahead(void)
{
	struct fixture f;
	struct outside alpha;
	struct outside *one[1] = {&alpha};
	struct renewing x = {.f = &f, .of = {&alpha}, .n = 1, .ahead = 30000};
	struct nt_buf bundle;
	enum vf_rc why;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	configure(&f, true, 1, one, 1);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	stamp(&f, &alpha, 1);
	f.now += (FIRST_END - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:1 alpha>alpha:1 ");
	bundle = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &bundle, f.now, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 3);
	nt_buf_done(&bundle);
	f.now += 30000;
	bundle = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &bundle, f.now, &why) == VF_VERIFIED);
	CHECK_INT(renewing_report.n_stamps, 4);
	nt_buf_done(&bundle);
	outside_end(&alpha);
	fixture_end(&f);
}

/* Documents under SHA-512: a new chain behind the old one, renewed by time-stamps from then on. */
static void test_tree(void)
{
	struct fixture f;
	struct outside alpha, beta;
	struct outside *both[2] = {&alpha, &beta};
	struct renewing x = {.f = &f, .of = {&alpha, &beta}, .n = 2};
	struct nt_renew_options o;
	struct vf_hash ids[4];
	struct nt_buf bundle, old;
	struct vf_err err = {0};
	enum vf_rc why;
	int64_t start;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	outside_begin(&f, &beta, "beta", VF_SHA512);
	configure(&f, true, 2, both, 2);
	start = f.now;
	for (int i = 0; i < 4; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d.txt", i);
		fixture_submit(&f, i == 2 ? TR_CONSENT : TR_PROTOCOL, name, name);
		ids[i] = f.last;
		if (i == 0 || i == 3) /* seal 2 has three records */
			fixture_seal(&f);
	}
	for (uint64_t i = 1; i <= 2; i++) {
		stamp(&f, &alpha, i);
		stamp(&f, &beta, i);
	}
	fixture_need(nt_notary_erase(f.n, &ids[3], &err), &err, "erase");
	old = renewing_bundle(&f, &ids[1]);
	f.now = start + 400 * DAY;
	o = renewing_options(&x, -1);
	o.tree = true;
	CHECK_RC(nt_renew(&o, &x.r, &err), VF_OK);
	CHECK_STR(x.failed, "");
	/* what is SHA-512 already stays as it is */
	CHECK_STR(x.made, "embedded>embedded:2 alpha>alpha:2 ");
	CHECK_INT(renewing_faults(&f), 0);
	for (int i = 0; i < 3; i++) {
		bundle = renewing_bundle(&f, &ids[i]);
		CHECK(renewing_judge(&f, &bundle, f.now, &why) == VF_VERIFIED);
		CHECK_INT(renewing_report.n_stamps, 5);
		CHECK(i != 1 || !vf_bytes_eq(nt_buf_bytes(&bundle), nt_buf_bytes(&old)));
		nt_buf_done(&bundle);
	}
	CHECK(renewing_judge(&f, &old, f.now, &why) == VF_VERIFIED);
	nt_buf_done(&old);
	/* a second time there is nothing left to lead over */
	o = renewing_options(&x, -1);
	o.tree = true;
	CHECK_RC(nt_renew(&o, &x.r, &err), VF_OK);
	CHECK_STR(x.made, "");
	/* the new chains are renewed like any other; one leaf for both seals */
	f.now = start + (FIRST_END - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.failed, "");
	CHECK(strstr(x.made, "embedded>embedded:1 ") && strstr(x.made, "alpha>alpha:1 ") && strstr(x.made, "beta>beta:2 "));
	CHECK_INT(renewing_faults(&f), 0);
	reopen(&f);
	for (int i = 0; i < 3; i++) {
		bundle = renewing_bundle(&f, &ids[i]);
		CHECK(renewing_judge(&f, &bundle, start + (FIRST_END + 100) * DAY, &why) == VF_VERIFIED);
		CHECK_INT(renewing_report.n_stamps, 8);
		nt_buf_done(&bundle);
	}
	outside_end(&alpha);
	outside_end(&beta);
	fixture_end(&f);
}

/* ---- the renewal head ---- */

static struct vf_hash512 node(uint8_t tag, const struct vf_bytes *parts, size_t n)
{
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_hash512 h;

	nt_buf_put_u8(&b, tag);
	for (size_t i = 0; i < n; i++)
		nt_buf_put(&b, parts[i]);
	h = vf_sha512(nt_buf_bytes(&b));
	nt_buf_done(&b);
	return h;
}

/* RFC 9162 2.1.1 as it is written. */
static struct vf_hash512 textbook(const struct nt_buf *leaves, size_t n)
{
	struct vf_hash512 left, right;
	struct vf_bytes parts[2];
	size_t k = 1;

	if (n == 1)
		return node(0, (struct vf_bytes[]){nt_buf_bytes(&leaves[0])}, 1);
	while (2 * k < n)
		k *= 2;
	left = textbook(leaves, k);
	right = textbook(leaves + k, n - k);
	parts[0] = vf_bytes(left.b, sizeof(left.b));
	parts[1] = vf_bytes(right.b, sizeof(right.b));
	return node(1, parts, 2);
}

#define LEAVES 13
static struct nt_buf leaves[LEAVES];

static VF_RC put_leaf(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	const struct vf_entry entry = {e->id, e->id512, e->slot};
	char text[VF_ENTRY_LEN + 1];

	(void)ctx, (void)reterr;
	vf_entry_put(text, &entry);
	leaves[index] = nt_buf(1024);
	nt_buf_put_str(&leaves[index], text);
	return VF_OK;
}

static void put_root(struct nt_buf *out, const char *name, size_t n)
{
	struct vf_hash512 h = textbook(leaves, n);

	nt_buf_put_str(out, name);
	nt_buf_put_hex(out, vf_bytes(h.b, sizeof(h.b)));
	nt_buf_put_u8(out, '\n');
	for (size_t i = 0; i < n; i++)
		nt_buf_done(&leaves[i]);
}

/* Its roots are those of the textbook, for logs of 1 to 13 entries, each of a seal of its own or three to a seal. */
static void test_head(void)
{
	struct fixture f;
	struct renewing x = {.f = &f};
	struct nt_renew_options o;
	struct vf_err err = {0};

	fixture_begin(&f);
	for (uint64_t size = 1; size <= LEAVES; size++) {
		struct nt_buf want = nt_buf(4096), memory = nt_buf(1 << 20), note = nt_buf(1 << 16);
		const struct nt_store_state *st = nt_store_state(f.n->store);
		struct nt_renewal r;
		struct vf_hash512 h;
		char name[16];

		snprintf(name, sizeof(name), "%u.txt", (unsigned)size);
		fixture_submit(&f, TR_PROTOCOL, name, name);
		if (size % 3 == 2)
			continue;
		fixture_seal(&f);
		o = renewing_options(&x, -1);
		o.tree = true;
		CHECK_RC(nt_renew(&o, &x.r, &err), VF_OK);
		nt_buf_putf(&want, "trialnotary/renewal-head/1\norigin test.example/1\nsize %u\n", (unsigned)size);
		CHECK_RC(nt_store_entries(f.n->store, 0, size, put_leaf, NULL, &err), VF_OK);
		put_root(&want, "log sha512 ", size);
		nt_buf_putf(&want, "seals %u\n", (unsigned)st->seals);
		for (uint64_t i = 1; i <= st->seals; i++) {
			struct nt_seal *s = NULL;

			fixture_need(nt_notary_seal_get(f.n, i, &s, &err), &err, "seal");
			leaves[i - 1] = nt_buf(1 << 16);
			nt_buf_put(&leaves[i - 1], s->head);
			nt_seal_free(s);
		}
		put_root(&want, "heads sha512 ", st->seals);
		fixture_need(nt_notary_checkpoint(f.n, &note, &err), &err, "checkpoint");
		h = vf_sha512(nt_buf_bytes(&note));
		nt_buf_put_str(&want, "checkpoint sha512 ");
		nt_buf_put_hex(&want, vf_bytes(h.b, sizeof(h.b)));
		nt_buf_put_u8(&want, '\n');
		CHECK_RC(nt_store_renewal_get(f.n->store, st->renewals, &memory, &r, &err), VF_OK);
		CHECK_BYTES(r.text, nt_buf_bytes(&want));
		nt_buf_done(&want);
		nt_buf_done(&memory);
		nt_buf_done(&note);
	}
	CHECK_INT(renewing_faults(&f), 0);
	fixture_end(&f);
}

/* ---- damaged, and made by an older version ---- */

static void sql(struct fixture *f, const char *text)
{
	char path[120];
	sqlite3 *db = NULL;
	char *why = NULL;

	nt_exporter_free(f->e);
	f->e = NULL;
	f->n = nt_notary_free(f->n);
	snprintf(path, sizeof(path), "%s/notary.db", f->notary);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", text, why ? why : "cannot open");
		exit(1);
	}
	sqlite3_close(db);
}

static enum vf_rc found;
static char found_text[320];

static void note_finding(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx;
	if (found != VF_OK)
		return;
	found = rc;
	snprintf(found_text, sizeof(found_text), "%s", text);
}

/* Nothing that is not whole leaves; fsck says what it is. */
static void test_damaged(void)
{
	static const struct {
		const char *sql, *back;
		enum vf_rc finding, export;
	} damages[] = {
		{"UPDATE renewal_leaves SET leaves = zeroblob(64)",
			"UPDATE renewal_leaves SET leaves = (SELECT leaves FROM keep_leaves)", VF_TS_IMPRINT, VF_ER_NOT_COVERED},
		{"UPDATE renewal SET der = (SELECT der FROM token WHERE number = 1)",
			"UPDATE renewal SET der = (SELECT der FROM keep)",
			VF_TS_IMPRINT, VF_NOT_VERIFIED},
		{"UPDATE renewal SET der = substr(der, 1, 100)", "UPDATE renewal SET der = (SELECT der FROM keep)", VF_TS_SHAPE,
			VF_ER_SHAPE},
		{"UPDATE renewal SET alg = 384", "UPDATE renewal SET alg = 256", VF_STORE_CORRUPT, VF_STORE_CORRUPT},
		{"UPDATE renewal SET gen_time = gen_time + 1", "UPDATE renewal SET gen_time = gen_time - 1", VF_STORE_CORRUPT, VF_OK},
		{"DELETE FROM renewed WHERE chain = 1", "INSERT INTO renewed (chain, renewal) VALUES (1, 1)", VF_STORE_CORRUPT, VF_OK},
		{"UPDATE token SET der = (SELECT der FROM token WHERE number = 2) WHERE number = 1",
			"UPDATE token SET der = (SELECT der FROM keep_token) WHERE number = 1", VF_TS_IMPRINT, VF_NOT_VERIFIED},
		{"UPDATE chain SET crls = x'0000000000000063' WHERE number = 1", "UPDATE chain SET crls = x'' WHERE number = 1",
			VF_OK, VF_OK},
	};
	static const struct nt_export_options none;
	struct fixture f;
	struct renewing x = {.f = &f};
	struct nt_buf bundle, whole;
	struct vf_hash first;
	struct vf_err err = {0};
	uint64_t n;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	first = f.last;
	fixture_seal(&f);
	fixture_submit(&f, TR_PROTOCOL, "b.txt", "two");
	fixture_seal(&f);
	f.now += (FIRST_END - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	whole = renewing_bundle(&f, &first);
	sql(&f, "CREATE TABLE keep AS SELECT der FROM renewal; CREATE TABLE keep_token AS SELECT der FROM token WHERE number = 1;"
		"CREATE TABLE keep_leaves AS SELECT leaves FROM renewal_leaves");
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		enum vf_rc rc;

		fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
		sql(&f, damages[i].sql);
		fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, damages[i].sql);
		found = VF_OK;
		CHECK_RC(nt_notary_fsck(f.n, note_finding, NULL, &n, &err), VF_OK);
		if (found != damages[i].finding)
			fprintf(stderr, "%s: %s: %s\n", damages[i].sql, vf_rc_name(found), found_text);
		CHECK_RC(found, damages[i].finding);
		fixture_need(nt_exporter_new(f.n, &f.e, &err), &err, "exporter");
		bundle = nt_buf(8 << 20);
		rc = nt_exporter_bundle(f.e, &first, &none, &bundle, &err);
		if (rc != damages[i].export)
			fprintf(stderr, "%s: export: %s: %s\n", damages[i].sql, vf_rc_name(rc), err.text);
		CHECK_RC(rc, damages[i].export);
		nt_buf_done(&bundle);
		sql(&f, damages[i].back);
	}
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	bundle = renewing_bundle(&f, &first);
	CHECK_BYTES(nt_buf_bytes(&bundle), nt_buf_bytes(&whole));
	nt_buf_done(&bundle);
	nt_buf_done(&whole);
	CHECK_INT(renewing_faults(&f), 0);
	fixture_end(&f);
}

/* A store of version 5 knows nothing of renewals; opened, it has all chains as soon as somebody looks. */
static void test_older_store(void)
{
	struct fixture f;
	struct renewing x = {.f = &f};
	struct nt_buf old, renewed;
	struct vf_err err = {0};
	enum vf_rc why;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	old = renewing_bundle(&f, &f.last);
	sql(&f, "DROP TABLE chain; DROP TABLE renewal; DROP TABLE renewal_leaves; DROP TABLE renewed; PRAGMA user_version = 5");
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	renewed = renewing_bundle(&f, &f.last);
	CHECK_BYTES(nt_buf_bytes(&renewed), nt_buf_bytes(&old));
	nt_buf_done(&renewed);
	nt_buf_done(&old);
	f.now += (FIRST_END - 100) * DAY;
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_STR(x.made, "embedded>embedded:1 ");
	renewed = renewing_bundle(&f, &f.last);
	CHECK(renewing_judge(&f, &renewed, f.now + 200 * DAY, &why) == VF_VERIFIED);
	nt_buf_done(&renewed);
	CHECK_INT(renewing_faults(&f), 0);
	fixture_end(&f);
}

/* ---- many ---- */

#define SEALS 150

static int64_t ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* One token for all of them, made in several turns; the longest path, and the head's own record. */
static void test_many(void)
{
	struct fixture f;
	struct renewing x = {.f = &f};
	static struct vf_hash ids[SEALS];
	const char *more = getenv("RENEWAL_SEALS"); /* for measuring */
	int seals = more ? atoi(more) : SEALS;
	struct nt_buf bundle, record = nt_buf(1 << 20);
	struct nt_seal *seal = NULL;
	struct vf_pair pair;
	struct vf_arena a;
	struct vf_err err = {0};
	enum vf_rc why;
	int64_t start;

	fixture_begin(&f);
	for (int i = 0; i < seals; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d.txt", i);
		fixture_submit(&f, TR_PROTOCOL, name, name);
		ids[i % SEALS] = f.last;
		fixture_seal(&f);
	}
	f.now += (FIRST_END - 100) * DAY;
	start = ticks();
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	if (more)
		printf("%d seals: %" PRId64 " us in %" PRIu64 " turns\n", seals, ticks() - start, x.turns);
	CHECK_INT(x.r.chains, seals);
	CHECK_INT(x.r.renewals, 1);
	CHECK(x.turns > (uint64_t)seals / 32 * 3);
	for (int i = 0; i < SEALS; i += 37) {
		bundle = renewing_bundle(&f, &ids[i]);
		CHECK(renewing_judge(&f, &bundle, f.now + 300 * DAY, &why) == VF_VERIFIED);
		nt_buf_done(&bundle);
	}
	/* a seal head has evidence of its own, renewed like that of the records */
	CHECK_RC(nt_renewal_head_record(f.n, 7, 0, &record, &err), VF_OK);
	fixture_need(nt_notary_seal_get(f.n, 7, &seal, &err), &err, "seal");
	pair = vf_pair_of(seal->head);
	vf_arena_init(&a, renewing_memory, sizeof(renewing_memory));
	CHECK_RC(nt_renewal_judge(nt_buf_bytes(&record), &pair, 1, &a, &err), VF_OK);
	pair.sha256.b[0] ^= 1;
	CHECK_RC(nt_renewal_judge(nt_buf_bytes(&record), &pair, 1, &a, &err), VF_ER_NOT_COVERED);
	CHECK_RC(nt_renewal_head_record(f.n, 7, 1, &record, &err), VF_UNKNOWN_RECORD);
	nt_seal_free(seal);
	nt_buf_done(&record);
	CHECK_INT(renewing_faults(&f), 0);
	fixture_end(&f);
}

/* ---- killed ---- */

static unsigned place, kill_at;

static void count_place(void *ctx, const char *name)
{
	(void)ctx;
	if (strncmp(name, "renewal-", 8) == 0 && ++place == kill_at)
		_exit(99);
}

/* In a child: the k-th step of all renewals is the last. True when it was killed. */
static bool renew_killed(struct fixture *f, struct renewing *x, unsigned k)
{
	struct vf_err err = {0};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		place = 0;
		kill_at = k;
		nt_failpoint_set(count_place, NULL);
		if (nt_notary_open(f->notary, fixture_clock, f, &f->n, &err) != VF_OK || renewing_run(x, 180) != VF_OK)
			_exit(1);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 99 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 99;
}

/* Both records: verified now, and with so many time-stamps. */
static void check_both(struct fixture *f, const struct vf_hash *ids, size_t stamps)
{
	enum vf_rc why;

	for (int i = 0; i < 2; i++) {
		struct nt_buf bundle = renewing_bundle(f, &ids[i]);

		CHECK(renewing_judge(f, &bundle, f->now, &why) == VF_VERIFIED);
		CHECK_INT(renewing_report.n_stamps, stamps);
		nt_buf_done(&bundle);
	}
	CHECK_INT(renewing_faults(f), 0);
}

/*
 * F40: three renewals of two seals each, of four steps each: got, verified, half written, stored. After a kill in every gap
 * what was stored is new in all of its bundles, what was not is old in all, and the next run does the rest.
 */
static bool killed_at(unsigned k)
{
	struct fixture f;
	struct outside alpha, beta;
	struct outside *both[2] = {&alpha, &beta};
	struct renewing x = {.f = &f, .of = {&alpha, &beta}, .n = 2};
	struct vf_hash ids[2];
	struct vf_err err = {0};
	bool killed;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	outside_begin(&f, &beta, "beta", VF_SHA512);
	configure(&f, true, 2, both, 2);
	for (int i = 0; i < 2; i++) {
		fixture_submit(&f, TR_PROTOCOL, i ? "b.txt" : "a.txt", i ? "b" : "a");
		ids[i] = f.last;
		fixture_seal(&f);
		stamp(&f, &alpha, (uint64_t)i + 1);
		stamp(&f, &beta, (uint64_t)i + 1);
	}
	f.now += (FIRST_END - 100) * DAY;
	nt_exporter_free(f.e);
	f.e = NULL;
	f.n = nt_notary_free(f.n);
	killed = renew_killed(&f, &x, k);
	f.now += 60000;
	alpha.last = beta.last = f.now;
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	check_both(&f, ids, killed ? 3 + k / 4 : 6);
	CHECK_RC(renewing_run(&x, 180), VF_OK);
	CHECK_INT(x.r.renewals, killed ? 3 - k / 4 : 0);
	CHECK_INT(x.r.after.renewals, 3);
	CHECK_INT(x.r.after.chains, 0);
	CHECK_STR(x.failed, "");
	check_both(&f, ids, 6);
	outside_end(&alpha);
	outside_end(&beta);
	fixture_end(&f);
	return killed;
}

static void test_killed(void)
{
	unsigned k = 1;

	while (killed_at(k))
		k++;
	CHECK_INT(k, 13);
}

int main(void)
{
	test_embedded();
	test_too_late();
	test_frozen();
	test_whom();
	test_gain();
	test_ahead();
	test_tree();
	test_head();
	test_damaged();
	test_older_store();
	test_many();
	test_killed();
	return check_done();
}
