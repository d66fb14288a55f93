#include "tests/read_said.h"
#include "trial/read/sdtm.h"

#define PERSONS TR_WANT_SUBJECTS
#define ROWS (TR_WANT_SUBJECTS | TR_WANT_ROWS)

/* A table as CSV: what a cell means does not depend on the format. */
static void table(const char *text, unsigned wants)
{
	CHECK_RC(said_read(vf_bytes_str(text), "x.csv", wants), VF_OK);
	CHECK_STR(said.reader, "csv");
}

static void test_dm(void)
{
	static const char dm[] = "STUDYID,DOMAIN,USUBJID,SUBJID,RFSTDTC,RFENDTC,RFXSTDTC,RFXENDTC,RFICDTC,RFPENDTC,SITEID,ARMCD,ARM,COUNTRY\n"
		"ABC-1,DM,P1,1,2014-01-02,2014-05,2014-01-03,2014-04-30,2013-12-24T10:15,2014-06-01,701,A,Active,USA\n"
		"ABC-1,DM,P2,2,,2014-05-06,,,2013-12,,702,SCRNFAIL,Screen Failure,DEU\n"
		"ABC-1,DM,P3,3,,,,,,,702,B,,\n";

	table(dm, 0);
	SAYS("study.id.sponsor=ABC-1");
	SAYS("file.subjects=3");
	CHECK(!strstr(said.text, "P1"));
	CHECK(!strstr(said.text, "701"));
	table(dm, PERSONS);
	SAYS("subject.key=P1 of P1 #2");
	SAYS("subject.site=701 of P1 #2");
	SAYS("subject.country=USA of P1 #2");
	SAYS("subject.arm=Active of P1 #2");
	SAYS("subject.start=2014-01-02 of P1 #2");
	SAYS("subject.end=2014-06-01 of P1 #2"); /* RFPENDTC is the end of taking part, RFENDTC of the reference period */
	SAYS("subject.treatment-start=2014-01-03 of P1 #2");
	SAYS("subject.treatment-end=2014-04-30 of P1 #2");
	SAYS("consent.date=2013-12-24T10:15 of P1 #3");
	SAYS("consent.source=RFICDTC of P1 #3");
	SAYS("subject.end=2014-05-06 of P2 #4");
	SAYS("subject.screen-failure=yes of P2 #4");
	SAYS("consent.date=2013-12 of P2 #5");
	SAYS("subject.arm=B of P3 #6"); /* the code where the name is empty */
	SAYS_NOT("consent.source=RFICDTC of P3 #7");
	CHECK_INT(said.warnings, 0);
	table("STUDYID,USUBJID,RFICDTC\nA,P1,2014-13-01\nA,P1,2014-1-1\n", PERSONS | TR_WANT_PLACES);
	SAYS("! bad-time: consent.date is not a date of its form");
	SAYS("consent.date=2014-13-01 of P1 #3 @row 1, column RFICDTC");
	CHECK_INT(said.subjects, 1);
}

static void test_adsl(void)
{
	table("STUDYID,USUBJID,TRT01P,TRTSDT,TRTEDT,SITEID\nA,P1,Placebo,2014-01-02,2014-02-03,7\n", PERSONS);
	SAYS("subject.arm=Placebo of P1 #2");
	SAYS("subject.treatment-start=2014-01-02 of P1 #2");
	SAYS("subject.treatment-end=2014-02-03 of P1 #2");
	/* data sets for analysis repeat what others say */
	table("STUDYID,USUBJID,PARAMCD,TRTSDT,RFICDTC\nA,P1,X,2014-01-02,2014-01-01\n", ROWS);
	SAYS("file.subjects=1");
	SAYS_NOT("consent.source=RFICDTC of P1 #3");
}

static void test_ds(void)
{
	static const char ds[] = "STUDYID,DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC\n"
		"A,DS,P1,INFORMED CONSENT OBTAINED,PROTOCOL MILESTONE,2014-01-01\n"
		"A,DS,P1,Withdrawal by Subject,DISPOSITION EVENT,2014-03\n"
		"A,DS,P2,INFORMED CONSENT OBTAINED,OTHER EVENT,2014-01-01\n"
		"A,DS,P2,CONSENT WITHDRAWN,,\n"
		"A,DS,P3,SCREEN FAILURE,DISPOSITION EVENT,2014-01-05\n"
		"A,DS,P4,COMPLETED,DISPOSITION EVENT,2014-07-01\n";

	table(ds, PERSONS);
	SAYS("consent.date=2014-01-01 of P1 #3");
	SAYS("consent.source=DS of P1 #3");
	SAYS("withdrawal.date=2014-03 of P1 #4");
	SAYS("withdrawal.source=DS of P1 #4");
	SAYS("withdrawal.scope=Withdrawal by Subject of P1 #4");
	SAYS("withdrawal.source=DS of P2 #6"); /* without a date it is one all the same */
	SAYS("subject.screen-failure=yes of P3 #8");
	SAYS("subject.status=COMPLETED of P4 #10");
	SAYS_NOT("consent.source=DS of P2 #6");
	/* from what: the subcategory, where there is one */
	table("STUDYID,DOMAIN,USUBJID,DSDECOD,DSCAT,DSSCAT,DSSTDTC\n"
	      "A,DS,P1,WITHDRAWAL BY SUBJECT,DISPOSITION EVENT,STUDY TREATMENT,2014-03-01\n",
		PERSONS);
	SAYS("withdrawal.scope=STUDY TREATMENT of P1 #3");
	table(ds, 0);
	CHECK(!strstr(said.text, "consent"));
	CHECK(!strstr(said.text, "withdrawal"));
	SAYS("file.subjects=4");
}

static void test_ts(void)
{
	table("STUDYID,DOMAIN,TSSEQ,TSPARMCD,TSVAL,TSVAL1\n"
		"A,TS,1,REGID,NCT01234567,\nA,TS,1,REGID,2004-000123-45,\nA,TS,1,TITLE,A study of,many words\n"
		"A,TS,1,SPONSOR,Sponsor Ltd,\nA,TS,1,SSTDTC,2014-02,\nA,TS,1,SENDTC,2015-02-31,\nA,TS,1,DCUTDTC,2015-03-31,\n"
		"A,TS,1,OUTMSPRI,Change in ADAS-Cog at week 24,\nA,TS,1,OUTMSSEC,Deaths,\nA,TS,1,OBJPRIM,To find out,\n"
		"A,TS,1,ACTSUB,18,\nA,TS,1,PLANSUB,300,\nA,TS,1,TPHASE,PHASE II TRIAL,\nA,TS,1,AGEMAX,,\nA,TS,1,XYZ,other,\n", 0);
	SAYS("study.id.nct=NCT01234567 #2");
	SAYS("study.id.eudract=2004-000123-45 #3");
	SAYS("study.title=A study of many words #4");
	SAYS("study.sponsor=Sponsor Ltd #5");
	SAYS("study.start=2014-02 #6");
	SAYS("! bad-time: study.completion is not a date of its form");
	SAYS("file.as-of=2015-03-31 #8");
	SAYS("outcome.from=protocol #9");
	SAYS("outcome.level=primary #9");
	SAYS("outcome.measure=Change in ADAS-Cog at week 24 #9");
	SAYS("outcome.level=secondary #10");
	SAYS("outcome.objective=To find out #11");
	SAYS("study.enrolment=18 #12");
	SAYS("study.enrolment-kind=actual #12");
	SAYS("study.enrolment=300 #13");
	SAYS("study.enrolment-kind=planned #13");
	SAYS("study.phase=PHASE II TRIAL #14");
	SAYS("summary.code=AGEMAX #15");
	SAYS("summary.code=XYZ #16");
	SAYS("summary.value=other #16");
}

/* The parts of a value follow each other directly where the first ones are full. */
static void test_long_value(void)
{
	char text[1024], want[1024], part[201];

	memset(part, 'x', 200);
	part[200] = 0;
	snprintf(text, sizeof(text), "STUDYID,TSPARMCD,TSVAL,TSVAL1,TSVAL2\nA,TITLE,%s,yy,zz\n", part);
	table(text, 0);
	snprintf(want, sizeof(want), "study.title=%syy zz #2", part);
	SAYS(want);
}

static void test_ti(void)
{
	table("STUDYID,IETESTCD,TIVERS\nA,I1,ORIGINAL\nA,I2,ORIGINAL\nA,I1,AMENDMENT 1\nA,I2,ORIGINAL\n", 0);
	SAYS("version.of=protocol #2");
	SAYS("version.number=ORIGINAL #2");
	SAYS("version.number=AMENDMENT 1 #3");
	CHECK(!strstr(said.text, "#4"));
}

static void test_rows(void)
{
	static const char lb[] = "STUDYID,DOMAIN,USUBJID,LBTESTCD,LBDTC\nA,LB,P1,ALT,2014-01-02T08:30\nA,LB,P1,,2014-01-03\nA,LB,P1,AST,\n";

	table(lb, ROWS);
	SAYS("row.domain=LB of P1 #3");
	SAYS("row.date=2014-01-02T08:30 of P1 #3");
	SAYS("row.what=LBDTC of P1 #3");
	SAYS("row.term=ALT of P1 #3");
	CHECK(!strstr(said.text, "#4"));
	table(lb, PERSONS);
	CHECK(!strstr(said.text, "row."));
	table(lb, TR_WANT_ROWS); /* rows are of persons */
	CHECK(!strstr(said.text, "row."));
	table("STUDYID,USUBJID,VISIT,SVSTDTC,SVENDTC\nA,P1,WEEK 2,2014-01-02,2014-01-03\n", ROWS);
	SAYS("row.what=SVSTDTC of P1 #3");
	SAYS("row.term=WEEK 2 of P1 #3");
	SAYS("row.date=2014-01-03 of P1 #4");
	SAYS("row.what=SVENDTC of P1 #4");
	table("STUDYID,USUBJID,EXTRT,EXSTDTC,EXENDTC\nA,P1,Drug,2014-01-02,2014-01-03\n", ROWS);
	SAYS("row.term=Drug of P1 #3");
	CHECK(!strstr(said.text, "2014-01-03"));
	table("STUDYID,USUBJID,AETERM,AESTDTC,AEENDTC\nA,P1,Headache,2014-01-02,2014-01-03\n", ROWS);
	SAYS("row.domain=AE of P1 #3");
	SAYS("row.date=2014-01-02 of P1 #3");
	CHECK(!strstr(said.text, "Headache"));
	/* history and medication say when something was, not when it was collected */
	table("STUDYID,USUBJID,MHTERM,MHSTDTC,MHDTC\nA,P1,Flu,2014-01-02,2014-01-03\n", ROWS);
	CHECK(!strstr(said.text, "row."));
	table("STUDYID,USUBJID,CMTRT,CMSTDTC\nA,P1,Aspirin,2014-01-02\n", ROWS);
	CHECK(!strstr(said.text, "row."));
}

static void test_slots(void)
{
	struct tr_reading r = {0};
	struct tr_sdtm *s = NULL;

	CHECK_RC(tr_sdtm_new(&r, vf_bytes_str("lbch"), &s, NULL), VF_OK);
	CHECK(tr_sdtm_slot(s, vf_bytes_str("usubjid")) < TR_SDTM_SLOTS);
	CHECK_INT(tr_sdtm_slot(s, vf_bytes_str("LBDTC")), TR_SDTM_SLOTS); /* nobody asked for rows */
	CHECK(tr_sdtm_is_same_again(s));
	tr_sdtm_free(s);
	r.wants = ROWS;
	CHECK_RC(tr_sdtm_new(&r, vf_bytes_str("lbch"), &s, NULL), VF_OK);
	CHECK(tr_sdtm_slot(s, vf_bytes_str("LBDTC")) < TR_SDTM_SLOTS);
	CHECK(!tr_sdtm_is_same_again(s));
	tr_sdtm_free(s);
	CHECK_RC(tr_sdtm_new(&r, vf_bytes_str("SUPPLB"), &s, NULL), VF_OK);
	CHECK_INT(tr_sdtm_slot(s, vf_bytes_str("SUDTC")), TR_SDTM_SLOTS);
	tr_sdtm_free(s);
	CHECK_RC(tr_sdtm_new(&r, vf_bytes_str(""), &s, NULL), VF_OK);
	CHECK(tr_sdtm_slot(s, vf_bytes_str("USUBJID")) < TR_SDTM_SLOTS);
	CHECK_INT(tr_sdtm_slot(s, vf_bytes_str("--DTC")), TR_SDTM_SLOTS);
	tr_sdtm_free(s);
	tr_sdtm_free(NULL);
}

int main(void)
{
	test_dm();
	test_adsl();
	test_ds();
	test_ts();
	test_long_value();
	test_ti();
	test_rows();
	test_slots();
	return check_done();
}
