#include "trial/read/date.h"

#include <math.h>

#include "tests/check.h"

struct row {
	enum tr_date_form form;
	const char *text, *normal;
	enum tr_precision precision;
	const char *lo, *hi; /* UTC or local, as tr_when has it */
};

static void check_row(const struct row *r)
{
	struct tr_date d;
	char lo[VF_TIME_LEN + 1], hi[VF_TIME_LEN + 1];

	tr_date_read(r->form, vf_bytes_str(r->text), &d);
	if (d.is_bad || d.precision != r->precision || strcmp(d.normal, r->normal) != 0) {
		CHECK_FAIL("'%s': %s '%s' %s", r->text, d.is_bad ? "bad" : "good", d.normal, tr_precision_name(d.precision));
		return;
	}
	if (!r->lo) {
		CHECK(!tr_when_is(&d.when));
		return;
	}
	vf_time_put(lo, d.when.lo);
	vf_time_put(hi, d.when.hi);
	if (strcmp(lo, r->lo) != 0 || strcmp(hi, r->hi) != 0)
		CHECK_FAIL("'%s': %s to %s", r->text, lo, hi);
}

static void test_good(void)
{
	static const struct row rows[] = {
		{TR_DATE_ISO, "2003", "2003", TR_YEAR, "2003-01-01T00:00:00Z", "2003-12-31T23:59:59.999Z"},
		{TR_DATE_ISO, "2004-02", "2004-02", TR_MONTH, "2004-02-01T00:00:00Z", "2004-02-29T23:59:59.999Z"},
		{TR_DATE_ISO, " 2003-12-15\n", "2003-12-15", TR_DAY, "2003-12-15T00:00:00Z", "2003-12-15T23:59:59.999Z"},
		{TR_DATE_ISO, "2003-12-15T13", "2003-12-15T13", TR_HOUR, "2003-12-15T13:00:00Z", "2003-12-15T13:59:59.999Z"},
		{TR_DATE_ISO, "2003-12-15T13:14", "2003-12-15T13:14", TR_MINUTE, "2003-12-15T13:14:00Z",
			"2003-12-15T13:14:59.999Z"},
		{TR_DATE_ISO, "2003-12-15T13:14:17", "2003-12-15T13:14:17", TR_SECOND, "2003-12-15T13:14:17Z",
			"2003-12-15T13:14:17Z"},
		{TR_DATE_ISO, "2003-12-15T13:14:17.123456+02:00", "2003-12-15T13:14:17.123456+02:00", TR_SECOND,
			"2003-12-15T11:14:17.123Z", "2003-12-15T11:14:17.123Z"},
		{TR_DATE_ISO, "2003-12-15T13:14-05:00", "2003-12-15T13:14-05:00", TR_MINUTE, "2003-12-15T18:14:00Z",
			"2003-12-15T18:14:59.999Z"},
		{TR_DATE_ISO, "2003-12-15T23:59:59Z", "2003-12-15T23:59:59Z", TR_SECOND, "2003-12-15T23:59:59Z",
			"2003-12-15T23:59:59Z"},
		/* a component that is not known: the longest known prefix */
		{TR_DATE_ISO, "2003---15", "2003", TR_YEAR, "2003-01-01T00:00:00Z", "2003-12-31T23:59:59.999Z"},
		{TR_DATE_ISO, "--12-15", "", TR_PRECISION_NONE, NULL, NULL},
		{TR_DATE_ISO, "2003-12-15T-:15:-", "2003-12-15", TR_DAY, "2003-12-15T00:00:00Z", "2003-12-15T23:59:59.999Z"},
		{TR_DATE_ISO, "--02-29", "", TR_PRECISION_NONE, NULL, NULL},
		/* intervals */
		{TR_DATE_ISO, "2003-01/2003-03-05", "2003-01/2003-03-05", TR_MONTH, "2003-01-01T00:00:00Z",
			"2003-03-05T23:59:59.999Z"},
		{TR_DATE_ISO, "2003-12-01/P1M3D", "2003-12-01/P1M3D", TR_DAY, "2003-12-01T00:00:00Z", "2004-01-04T23:59:59.999Z"},
		{TR_DATE_ISO, "P2W/2003-12-15", "P2W/2003-12-15", TR_DAY, "2003-12-01T00:00:00Z", "2003-12-15T23:59:59.999Z"},
		{TR_DATE_ISO, "2003-12-15T10:00/PT90M", "2003-12-15T10:00/PT90M", TR_MINUTE, "2003-12-15T10:00:00Z",
			"2003-12-15T11:30:59.999Z"},
		{TR_DATE_ENGLISH, "August 10, 2011", "2011-08-10", TR_DAY, "2011-08-10T00:00:00Z", "2011-08-10T23:59:59.999Z"},
		{TR_DATE_ENGLISH, "March 2007", "2007-03", TR_MONTH, "2007-03-01T00:00:00Z", "2007-03-31T23:59:59.999Z"},
		{TR_DATE_ENGLISH, "12 MAR 2024", "2024-03-12", TR_DAY, "2024-03-12T00:00:00Z", "2024-03-12T23:59:59.999Z"},
		{TR_DATE_ENGLISH, "Nov 30 2018 12:00AM", "2018-11-30T00:00", TR_MINUTE, "2018-11-30T00:00:00Z",
			"2018-11-30T00:00:59.999Z"},
		{TR_DATE_ENGLISH, "Sept 1, 2018", "2018-09-01", TR_DAY, "2018-09-01T00:00:00Z", "2018-09-01T23:59:59.999Z"},
		/* a registry's sign for "missing" */
		{TR_DATE_ENGLISH, "Jan  1 1900 12:00AM", "", TR_PRECISION_NONE, NULL, NULL},
		{TR_DATE_DMY, "01/01/1900", "", TR_PRECISION_NONE, NULL, NULL},
		{TR_DATE_BASIC, "20110810", "2011-08-10", TR_DAY, "2011-08-10T00:00:00Z", "2011-08-10T23:59:59.999Z"},
		{TR_DATE_DMY, "3/4/2011", "2011-04-03", TR_DAY, "2011-04-03T00:00:00Z", "2011-04-03T23:59:59.999Z"},
		{TR_DATE_DMY, "03-04-2011", "2011-04-03", TR_DAY, "2011-04-03T00:00:00Z", "2011-04-03T23:59:59.999Z"},
		{TR_DATE_YMD, "2011-04-03", "2011-04-03", TR_DAY, "2011-04-03T00:00:00Z", "2011-04-03T23:59:59.999Z"},
		{TR_DATE_SAS, "16AUG13:21:15:04", "2013-08-16T21:15:04", TR_SECOND, "2013-08-16T21:15:04Z", "2013-08-16T21:15:04Z"},
		{TR_DATE_SAS, "01JAN60:00:00:00", "1960-01-01T00:00:00", TR_SECOND, "1960-01-01T00:00:00Z", "1960-01-01T00:00:00Z"},
		{TR_DATE_SAS, "31DEC59:00:00:00", "2059-12-31T00:00:00", TR_SECOND, "2059-12-31T00:00:00Z", "2059-12-31T00:00:00Z"},
		{TR_DATE_PDF, "D:20110810123456+02'00'", "2011-08-10T12:34:56+02:00", TR_SECOND, "2011-08-10T10:34:56Z",
			"2011-08-10T10:34:56Z"},
		{TR_DATE_PDF, "D:201108101234", "2011-08-10T12:34", TR_MINUTE, "2011-08-10T12:34:00Z", "2011-08-10T12:34:59.999Z"},
		{TR_DATE_PDF, "20110810123456Z", "2011-08-10T12:34:56Z", TR_SECOND, "2011-08-10T12:34:56Z", "2011-08-10T12:34:56Z"},
		{TR_DATE_PDF, "D:20110810123456-05'00", "2011-08-10T12:34:56-05:00", TR_SECOND, "2011-08-10T17:34:56Z",
			"2011-08-10T17:34:56Z"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static void test_bad(void)
{
	static const struct {
		enum tr_date_form form;
		const char *text;
	} rows[] = {
		/* in official examples of ODM 1.1 */
		{TR_DATE_ISO, "2001-05-31-T10:08:40-05:00"},
		{TR_DATE_ISO, "2001-05-31T9:06:45-05:00"},
		{TR_DATE_ISO, "2001-02-29"},
		{TR_DATE_ISO, "2001-13"},
		{TR_DATE_ISO, "2001-04-31"},
		{TR_DATE_ISO, "2001-1-1"},
		{TR_DATE_ISO, "01"},
		{TR_DATE_ISO, "0000"},
		{TR_DATE_ISO, "2001-01-01T24:00:00"},
		{TR_DATE_ISO, "2001-01-01T10:60"},
		{TR_DATE_ISO, "2001-01-01T10:00:60"},
		{TR_DATE_ISO, "2001-01-01T10:00:00."},
		{TR_DATE_ISO, "2001-01-01T10:00:00+15:00"},
		{TR_DATE_ISO, "2001-01-01T10:00:00+0200"},
		{TR_DATE_ISO, "2001-01-01t10:00:00z"},
		{TR_DATE_ISO, "2001-01-01T"},
		{TR_DATE_ISO, "2001-01-01Z"},
		{TR_DATE_ISO, "2001-01-01 10:00:00"},
		{TR_DATE_ISO, "2001-01/"},
		{TR_DATE_ISO, "/2001"},
		{TR_DATE_ISO, "2001-01/P"},
		{TR_DATE_ISO, "2001-01/P1"},
		{TR_DATE_ISO, "2001-01/P1H"},
		{TR_DATE_ISO, "P1D/P1D"},
		{TR_DATE_ISO, "2001/2002/2003"},
		{TR_DATE_ISO, "9999-12-31/P9Y"},
		{TR_DATE_ENGLISH, "Augustus 10, 2011"},
		{TR_DATE_ENGLISH, "August 2011, 10"},
		{TR_DATE_ENGLISH, "August 32, 2011"},
		{TR_DATE_ENGLISH, "Au 3, 2011"},
		{TR_DATE_ENGLISH, "Nov 30 2018 13:00AM"},
		{TR_DATE_BASIC, "2011081"},
		{TR_DATE_BASIC, "20111310"},
		{TR_DATE_DMY, "2011-04-03"},
		{TR_DATE_DMY, "31/02/2011"},
		{TR_DATE_YMD, "03/04/2011"},
		{TR_DATE_SAS, "16AUG2013:21:15:04"},
		{TR_DATE_SAS, "16AUX13:21:15:04"},
		{TR_DATE_PDF, "D:2011081012345"},
		{TR_DATE_PDF, "yesterday"},
	};
	struct tr_date d;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tr_date_read(rows[i].form, vf_bytes_str(rows[i].text), &d);
		if (!d.is_bad || tr_when_is(&d.when) || d.precision != TR_PRECISION_NONE || d.normal[0])
			CHECK_FAIL("'%s' is taken for '%s'", rows[i].text, d.normal);
	}
	tr_date_read(TR_DATE_ISO, vf_bytes_str(" \n"), &d);
	CHECK(!d.is_bad && !tr_when_is(&d.when));
}

static void test_offsets(void)
{
	struct tr_date a, b;

	tr_date_read(TR_DATE_ISO, vf_bytes_str("2003-01-01T00:00:00Z/2003-01-02"), &a);
	CHECK(!a.is_bad && !a.has_offset && !a.when.local);
	/* the side without an offset may be 14 hours later */
	CHECK_INT(a.when.hi - a.when.lo, (48 + 14) * 3600000LL - 1);
	tr_date_read(TR_DATE_ISO, vf_bytes_str("2003-01-01"), &b);
	CHECK(b.when.local && !b.has_offset);
}

static void test_sas_numbers(void)
{
	struct tr_date d;

	tr_date_of_sas_days(19725, &d);
	CHECK(!d.is_bad && d.precision == TR_DAY);
	CHECK_STR(d.normal, "2014-01-02");
	tr_date_of_sas_days(0, &d);
	CHECK_STR(d.normal, "1960-01-01");
	tr_date_of_sas_days(-1, &d);
	CHECK_STR(d.normal, "1959-12-31");
	tr_date_of_sas_seconds(86400.0 * 19725 + 3661, &d);
	CHECK_STR(d.normal, "2014-01-02T01:01:01");
	tr_date_of_sas_days(1.5, &d);
	CHECK(d.is_bad);
	tr_date_of_sas_days((double)NAN, &d);
	CHECK(d.is_bad);
	tr_date_of_sas_days(1e300, &d);
	CHECK(d.is_bad);
	tr_date_of_sas_days(-130000.0 * 2, &d);
	CHECK(d.is_bad);
}

int main(void)
{
	test_good();
	test_bad();
	test_offsets();
	test_sas_numbers();
	return check_done();
}
