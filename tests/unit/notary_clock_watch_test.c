/* Jumps, what authorities say, and when the clock is in doubt. */
#include "notary/clock_watch.h"

#include "tests/check.h"

#define T0 INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define BOOT INT64_C(5000)
#define HOUR INT64_C(3600000)

static struct nt_clock_watch *start(void)
{
	struct nt_clock_watch *w = nt_clock_watch_new(1000);

	if (!w)
		exit(1);
	nt_clock_watch_tick(w, T0, BOOT);
	return w;
}

/* Answered in 40 ms by an authority whose clock is right, while the own one is off by so much; at BOOT + after. */
static void say(struct nt_clock_watch *w, const char *authority, int64_t off, int64_t after)
{
	nt_clock_watch_sample(
		w, authority, T0 + after, 10, T0 + after - 20 + off, T0 + after + 20 + off, BOOT + after + 20);
}

static void check_doubt(struct nt_clock_watch *w, const char *words)
{
	struct vf_err err = {0};

	CHECK_RC(nt_clock_watch_check(w, &err), VF_CLOCK_DOUBT);
	CHECK(strstr(err.text, words) != NULL);
	if (!strstr(err.text, words))
		fprintf(stderr, "\"%s\" is not in \"%s\"\n", words, err.text);
}

static void test_steady(void)
{
	struct nt_clock_watch *w = nt_clock_watch_new(1000);

	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK); /* nothing is known */
	for (int i = 0; i < 1000; i++)
		nt_clock_watch_tick(w, T0 + i * 1000, BOOT + i * 1000);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	w = nt_clock_watch_free(w);
	CHECK(w == NULL);
	CHECK(nt_clock_watch_free(NULL) == NULL);
}

static void test_slewing(void)
{
	struct nt_clock_watch *w = start();

	/* 500 ppm for a day: 43 s, and none of it a jump */
	for (int i = 1; i <= 86400; i++)
		nt_clock_watch_tick(w, T0 + i * INT64_C(1000) + i / 2, BOOT + i * INT64_C(1000));
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	nt_clock_watch_free(w);
	/* the same when the process was stopped for that day, or the machine slept */
	w = start();
	nt_clock_watch_tick(w, T0 + 24 * HOUR + 43200, BOOT + 24 * HOUR);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	nt_clock_watch_tick(w, T0 + 48 * HOUR, BOOT + 48 * HOUR);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	nt_clock_watch_free(w);
}

static void test_bounds_of_a_jump(void)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct nt_clock_watch *w = start();

		nt_clock_watch_tick(w, T0 + 1000 + sign * 1000, BOOT + 1000);
		CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
		nt_clock_watch_tick(w, T0 + 2000 + sign * 2002, BOOT + 2000);
		check_doubt(w, sign < 0 ? "jumped by -1002 ms" : "jumped by 1002 ms");
		/* going on evenly takes nothing back, and neither does jumping back */
		nt_clock_watch_tick(w, T0 + 3000 + sign * 2002, BOOT + 3000);
		check_doubt(w, "jumped");
		nt_clock_watch_tick(w, T0 + 4000, BOOT + 4000);
		check_doubt(w, sign < 0 ? "jumped by 1000 ms" : "jumped by -1000 ms"); /* in all */
		nt_clock_watch_trust(w);
		CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
		nt_clock_watch_free(w);
	}
}

/* A server that sets the clock by a little less than the bound, again and again. */
static void test_creeping(void)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct nt_clock_watch *w = start();

		nt_clock_watch_tick(w, T0 + 64000 + sign * 900, BOOT + 64000);
		CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
		nt_clock_watch_tick(w, T0 + 128000 + sign * 1800, BOOT + 128000);
		check_doubt(w, sign < 0 ? "jumped by -1736 ms" : "jumped by 1736 ms"); /* 1800 less 500 ppm of slewing */
		nt_clock_watch_trust(w);
		/* many looks in between hide nothing */
		for (int i = 1; i <= 1100; i++)
			nt_clock_watch_tick(w, T0 + 128000 + sign * (1800 + i) + i, BOOT + 128000 + i);
		check_doubt(w, sign < 0 ? "jumped by -1001 ms" : "jumped by 1001 ms");
		say(w, "a", sign * 2900, 131000);
		check_doubt(w, "jumped");
		say(w, "a", 0, 131100);
		CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
		nt_clock_watch_free(w);
	}
}

/* One step within the bound an hour is what NTP may do. */
static void test_rare_steps(void)
{
	struct nt_clock_watch *w = start();

	for (int i = 1; i <= 20 * 3600; i++)
		nt_clock_watch_tick(w, T0 + i * INT64_C(1000) + i / 3600 * 900, BOOT + i * INT64_C(1000));
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	nt_clock_watch_free(w);
}

/* An answer that was held back, or that claims to be exact to a day, would fit to any clock: it vouches for none. */
static void test_wide_answers(void)
{
	struct nt_clock_watch *w = start();
	struct nt_clock_offset o[4];

	nt_clock_watch_tick(w, T0 + 11000, BOOT + 1000);
	check_doubt(w, "jumped by 10000 ms");
	/* the own clock is 10 s ahead; the answer took 20 s */
	nt_clock_watch_sample(w, "a", T0 + 2000, 10, T0 + 12000, T0 + 32000, BOOT + 22000);
	check_doubt(w, "jumped");
	nt_clock_watch_sample(w, "a", T0 + 23000, 86400000, T0 + 32980, T0 + 33020, BOOT + 23020);
	check_doubt(w, "jumped");
	/* nor does it take anything from what others say, or from what it said itself */
	say(w, "b", 10000, 24000);
	nt_clock_watch_trust(w);
	say(w, "b", 10000, 25000);
	check_doubt(w, "1 of 1");
	nt_clock_watch_sample(w, "a", T0 + 26000, 86400000, T0 + 35980, T0 + 36020, BOOT + 26020);
	nt_clock_watch_sample(w, "b", T0 + 26000, 86400000, T0 + 35980, T0 + 36020, BOOT + 26020);
	check_doubt(w, "1 of 1");
	CHECK_INT(nt_clock_watch_offsets(w, o, 4), 1);
	/* a wide one that shows the clock to be off all the same counts */
	nt_clock_watch_sample(w, "c", T0 + 27000, 1000, T0 + 57000, T0 + 87000, BOOT + 57000);
	check_doubt(w, "2 of 2");
	/* an authority of seconds at the end of a slow line does vouch */
	nt_clock_watch_tick(w, T0 + 70000, BOOT + 60000 + 9000);
	nt_clock_watch_trust(w);
	nt_clock_watch_tick(w, T0 + 70000, BOOT + 60000 + 10000 + 5000);
	check_doubt(w, "jumped by -6000 ms");
	nt_clock_watch_sample(w, "d", T0 + 71000, 1000, T0 + 70500, T0 + 73500, BOOT + 60000 + 10000 + 15000);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	nt_clock_watch_free(w);
}

static void test_confirmed(void)
{
	struct nt_clock_watch *w = start();

	say(w, "a", 0, 100);
	nt_clock_watch_tick(w, T0 + 11000, BOOT + 1000);
	check_doubt(w, "jumped by 10000 ms");
	/* an exchange that began before the jump confirms nothing: it took 10 s by this clock */
	nt_clock_watch_sample(w, "a", T0 + 1500, 10, T0 + 900, T0 + 11600, BOOT + 1600);
	check_doubt(w, "jumped");
	/* an answer that says the clock is off now */
	say(w, "a", 10000, 2000);
	check_doubt(w, "jumped");
	/* one of another that says it is right, one of a second would not be enough to take that back */
	say(w, "b", 0, 3000);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	say(w, "c", 10000, 3000);
	check_doubt(w, "2 of 3");
	nt_clock_watch_free(w);
}

static void test_set_back_during_an_exchange(void)
{
	struct nt_clock_watch *w = start();

	/* sent at 500, the clock is set back by 5 s, received 8 s later: it shows 3 s */
	nt_clock_watch_tick(w, T0 + 1000 - 5000, BOOT + 1000);
	nt_clock_watch_sample(w, "a", T0 + 8500, 10, T0 + 500, T0 + 8500 - 5000, BOOT + 8500);
	check_doubt(w, "jumped by -5000 ms");
	/* with times in the wrong order nothing can be said */
	nt_clock_watch_sample(w, "a", T0 + 9000, 10, T0 + 9000, T0 + 8999, BOOT + 59000);
	check_doubt(w, "jumped by -5000 ms");
	/* a good one, begun after the jump for sure */
	say(w, "a", 0, 20000);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	nt_clock_watch_free(w);
}

static void test_majority(void)
{
	struct nt_clock_watch *w = start();

	say(w, "a", 1030, 100); /* between 1000 and 1060: an offset of 1000 is possible */
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	say(w, "a", 1031, 200);
	check_doubt(w,
		"1 of 1 time-stamping authorities say that the clock is off by more than 1000 ms, 'a' by 1001 ms at "
		"least");
	say(w, "b", 0, 300); /* one against one: not more than half */
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	say(w, "c", -1031, 400);
	check_doubt(w, "2 of 3");
	check_doubt(w, "'c' by 1001 ms at least");
	say(w, "c", -1030, 500); /* its newest answer counts */
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	say(w, "b", 5000, 600);
	check_doubt(w, "2 of 3");
	nt_clock_watch_trust(w);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	nt_clock_watch_free(w);
}

static void test_one_hour(void)
{
	struct nt_clock_watch *w = start();
	struct nt_clock_offset o[4];

	say(w, "a", 9000, 0); /* received at BOOT + 20 */
	for (int64_t t = 60000; t <= HOUR; t += 60000)
		nt_clock_watch_tick(w, T0 + t, BOOT + t);
	check_doubt(w, "1 of 1");
	nt_clock_watch_tick(w, T0 + HOUR + 20, BOOT + HOUR + 20);
	check_doubt(w, "1 of 1");
	CHECK_INT(nt_clock_watch_offsets(w, o, 4), 1);
	nt_clock_watch_tick(w, T0 + HOUR + 21, BOOT + HOUR + 21);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK);
	CHECK_INT(nt_clock_watch_offsets(w, o, 4), 0);
	nt_clock_watch_free(w);
}

static void test_offsets(void)
{
	struct nt_clock_watch *w = start();
	struct nt_clock_offset o[4];
	char name[8];

	say(w, "early", -500, 100);
	say(w, "late", 700, 100);
	say(w, "right", 29, 100);
	CHECK_INT(nt_clock_watch_offsets(w, o, 2), 2);
	CHECK_INT(nt_clock_watch_offsets(w, o, 4), 3);
	CHECK_STR(o[0].authority, "early");
	CHECK_INT(o[0].offset_ms, -470);
	CHECK_INT(o[1].offset_ms, 670);
	CHECK_INT(o[1].uncertainty_ms, 30);
	CHECK_INT(o[1].boot_ms, BOOT + 120);
	CHECK_INT(o[2].offset_ms, 0);
	/* more authorities than there are places: the ones that were silent longest go */
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		say(w, name, 9000, 200 + i);
	}
	check_doubt(w, "16 of 16");
	nt_clock_watch_free(w);
}

/* What a hostile token may claim must not overflow anything. */
static void test_far(void)
{
	struct nt_clock_watch *w = start();
	struct nt_clock_offset o[4];

	nt_clock_watch_sample(w, "a", INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX, BOOT);
	CHECK_RC(nt_clock_watch_check(w, NULL), VF_OK); /* it excludes nothing */
	nt_clock_watch_sample(w, "a", INT64_MAX, -5, T0, T0, BOOT);
	check_doubt(w, "1 of 1");
	CHECK_INT(nt_clock_watch_offsets(w, o, 4), 1);
	CHECK_INT(o[0].uncertainty_ms, 0);
	nt_clock_watch_tick(w, INT64_MAX, BOOT + 1000);
	check_doubt(w, "jumped");
	nt_clock_watch_tick(w, INT64_MIN, BOOT + 2000);
	check_doubt(w, "jumped");
	nt_clock_watch_free(w);
}

/* Two that cannot both be right, whatever the own clock shows; drift of the own clock between their answers excuses a little. */
static void test_disagree(void)
{
	struct nt_clock_watch *w = nt_clock_watch_new(1000);
	char why[200] = "";
	int64_t now = 1000000;

	nt_clock_watch_tick(w, now, 5000);
	CHECK(!nt_clock_watch_disagree(w, why, sizeof(why)));
	nt_clock_watch_sample(w, "alpha", now, 100, now, now + 50, 5000);
	nt_clock_watch_sample(w, "beta", now + 240, 100, now, now + 50, 5000);
	CHECK(!nt_clock_watch_disagree(w, why, sizeof(why)));
	CHECK_STR(why, "");
	nt_clock_watch_sample(w, "beta", now + 251, 100, now, now + 50, 5000);
	CHECK(nt_clock_watch_disagree(w, why, sizeof(why)));
	CHECK_STR(why, "'alpha' and 'beta' are 1 ms apart at least");
	CHECK(nt_clock_watch_disagree(w, NULL, 0));
	/* an hour later the own clock may have been slewed by 1.8 s between the two */
	nt_clock_watch_sample(w, "beta", now + 251 + 1000, 100, now, now + 50, 5000 + 3000000);
	CHECK(!nt_clock_watch_disagree(w, NULL, 0));
	/* who has not answered for long is not asked */
	nt_clock_watch_sample(w, "beta", now + 60000, 100, now, now + 50, 5000);
	CHECK(nt_clock_watch_disagree(w, NULL, 0));
	nt_clock_watch_tick(w, now + 3700000, 5000 + 3700000);
	CHECK(!nt_clock_watch_disagree(w, NULL, 0));
	nt_clock_watch_free(w);
}

int main(void)
{
	test_steady();
	test_slewing();
	test_bounds_of_a_jump();
	test_creeping();
	test_rare_steps();
	test_wide_answers();
	test_confirmed();
	test_set_back_during_an_exchange();
	test_majority();
	test_one_hour();
	test_offsets();
	test_far();
	test_disagree();
	return check_done();
}
