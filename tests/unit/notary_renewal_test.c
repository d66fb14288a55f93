/*
 * Renewal of evidence: what is due, by whom it is renewed, and that every bundle holds old evidence or new, never a mixture.
 */
#include "notary/store_renewal.h"
#include "tests/renewal_fixture.h"

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
	struct vf_hash id;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	id = f.last;
	fixture_seal(&f);
	f.now += (FIRST_END + 1) * DAY;
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
	(void)id;
	fixture_end(&f);
}

int main(void)
{
	test_embedded();
	test_too_late();
	return check_done();
}
