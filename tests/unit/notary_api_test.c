/* The service's clock work: the audit events of a day are notarised after midnight, once, also when nothing else happens. */
#include "verify/bundle.h"

#include "notary/api.h"
#include "notary/audit.h"

#include "tests/notary_fixture.h"

#define DAY_MS INT64_C(86400000)

static void put_events(struct fixture *f, struct nt_access *a, size_t n)
{
	struct nt_event e = {.party = vf_bytes_str("site"), .right = NT_RIGHT_READ, .outcome = VF_OK, .count = 1,
		.request = vf_bytes_str("r-1")};

	for (size_t i = 0; i < n; i++) {
		e.time_ms = f->now;
		CHECK_RC(nt_audit_put(a, &e, 1, NULL), VF_OK);
	}
}

/* Ticks until there are so many documents, or for a minute. */
static uint64_t tick_until(struct nt_api *api, struct nt_access *a, uint64_t want)
{
	struct nt_audit_counts counts = {0};

	for (int i = 0; i < 6000; i++) {
		CHECK_RC(nt_api_tick(api, NULL), VF_OK);
		CHECK_RC(nt_audit_counts(a, &counts, NULL), VF_OK);
		if (counts.documents >= want)
			break;
		usleep(10000);
	}
	return counts.documents;
}

static void check_document(struct fixture *f, struct nt_access *a, uint64_t number, uint64_t events)
{
	struct nt_record *r = NULL;
	struct nt_audit_row row;
	bool found = false;

	CHECK_RC(nt_audit_row(a, number, &found, &row, NULL), VF_OK);
	CHECK(found && row.notarised);
	CHECK_INT(row.events, events);
	CHECK_RC(nt_notary_get(f->n, &row.record, &r, NULL), VF_OK);
	CHECK(r && r->state == NT_SEALED && vf_bytes_is(r->kind, "audit"));
	nt_record_free(r);
}

static void test_midnight(void)
{
	struct nt_config config;
	struct nt_access *a = NULL;
	struct nt_api *api = NULL;
	struct fixture f;
	uint64_t faults = 0;

	fixture_begin(&f);
	nt_config_default(&config);
	config.seal_ms = 20;
	CHECK_RC(nt_notary_access(f.n, true, &a, NULL), VF_OK);
	CHECK_RC(nt_api_new(&(struct nt_api_options){.notary = f.n, .access = a, .config = &config}, &api, NULL), VF_OK);
	put_events(&f, a, 3);
	CHECK_INT(tick_until(api, a, 0), 0); /* the day is not over */
	f.now += DAY_MS;
	CHECK_INT(tick_until(api, a, 1), 1);
	put_events(&f, a, 2);
	usleep(50000);
	CHECK_INT(tick_until(api, a, 0), 1); /* once a day */
	f.now += 3 * DAY_MS; /* two days without an event have no document */
	CHECK_INT(tick_until(api, a, 2), 2);
	nt_api_stop(api);
	nt_api_free(api); /* seals what waits */
	check_document(&f, a, 1, 3);
	check_document(&f, a, 2, 2);
	CHECK_RC(nt_audit_check(f.n, a, NULL, NULL, &faults, NULL), VF_OK);
	CHECK_INT(faults, 0);
	fixture_end(&f);
}

int main(void)
{
	test_midnight();
	return check_done();
}
