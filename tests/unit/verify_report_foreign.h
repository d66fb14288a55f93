/* Made-up results about evidence of other software; included by verify_report_test.c alone. */

/* What only bundles have does not apply; everything else passes. */
static void pass_foreign(struct vf_report *r, enum vf_form form)
{
	static const enum vf_check native[] = {VF_CHECK_STATEMENT, VF_CHECK_PARTS, VF_CHECK_COMMITMENTS, VF_CHECK_STREAM,
		VF_CHECK_SEAL, VF_CHECK_CHAIN, VF_CHECK_ENTRY, VF_CHECK_INCLUSION, VF_CHECK_LOG_KEY, VF_CHECK_WITNESSES,
		VF_CHECK_PINNED_STREAM};

	r->form = form;
	for (size_t i = 0; i < sizeof(native) / sizeof(native[0]); i++)
		vf_report_skip(r, native[i]);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (!r->integrity_only || !vf_check_needs_trust((enum vf_check)c))
			vf_report_pass(r, (enum vf_check)c);
	vf_report_settle(r);
}

static struct vf_file given[2];
static struct vf_stamp chain[2];

static void fill_given(struct vf_report *r, size_t n)
{
	fill_files();
	fill_stamps();
	given[0] = files[0];
	given[0].name = vf_bytes_str("protocol.pdf");
	given[1] = files[1];
	given[1].name = vf_bytes_str("results.csv");
	r->files = given;
	r->n_files = n;
	chain[0] = chain[1] = stamps[0];
	chain[1].gen_time += INT64_C(200) * 86400000;
	chain[1].index = 1;
	chain[1].has_accuracy = false;
	chain[1].valid_to = INT64_C(2335219200000);
	chain[1].revocation = VF_REVOCATION_NONE;
	chain[1].revocation_as_of = VF_TIME_NONE;
	r->stamps = chain;
	r->n_stamps = 1;
}

/* An evidence record over two files, renewed once, with files that were not given. */
static void make_record(struct vf_outcome *o)
{
	struct vf_report *r = &o->report;

	vf_report_init(r, "study.ers", false);
	fill_given(r, 2);
	r->n_stamps = 2;
	r->existed_by = T0;
	r->renewals = 1;
	r->renew_before = chain[1].valid_to;
	r->n_others = 3;
	vf_report_unchecked(r, "REVOCATION", "certificate revocation (no data in the record)");
	pass_foreign(r, VF_FORM_RECORD);
	o->decided = true;
}

static void make_record_rejected(struct vf_outcome *o)
{
	struct vf_err err = {VF_ER_NOT_COVERED, "no value of the first list of chain 1 is its sha256 digest"};
	struct vf_report *r = &o->report;

	vf_report_init(r, "study.ers", false);
	fill_given(r, 2);
	given[1].status = VF_FILE_UNCOVERED;
	vf_report_fault(r, VF_CHECK_GROUP, &err, "results.csv");
	pass_foreign(r, VF_FORM_RECORD);
	o->decided = true;
}

static void make_token(struct vf_outcome *o)
{
	struct vf_report *r = &o->report;

	vf_report_init(r, "protocol.tsr", true);
	fill_given(r, 1);
	chain[0].authority = NULL;
	chain[0].counts = false;
	chain[0].revocation = VF_REVOCATION_UNKNOWN;
	chain[0].revocation_as_of = VF_TIME_NONE;
	r->renew_before = chain[0].valid_to;
	vf_report_unchecked(r, "TRUST", "who vouches for the time (--integrity-only)");
	pass_foreign(r, VF_FORM_TOKEN);
	o->decided = true;
}

/* A container of other software, with a file that nothing covers. */
static void make_unprotected(struct vf_outcome *o)
{
	struct vf_err err = {VF_UNPROTECTED, ""};
	struct vf_report *r = &o->report;

	vf_report_init(r, "theirs.asice", false);
	fill_given(r, 2);
	given[1].status = VF_FILE_UNCOVERED;
	vf_report_fault(r, VF_CHECK_GROUP, &err, "results.csv");
	pass_foreign(r, VF_FORM_CONTAINER);
	o->decided = true;
}

/* A signature by somebody who is known, at a time that nobody vouches for. */
static void make_no_time(struct vf_outcome *o)
{
	struct vf_err err = {VF_NO_TIME, "the signature holds no time-stamp"};
	struct vf_report *r = &o->report;

	vf_report_init(r, "protocol.p7s", false);
	fill_given(r, 1);
	r->n_stamps = 0;
	r->has_submitter = r->submitter_trusted = true;
	snprintf(r->submitter, sizeof(r->submitter), "Dr. Ada Example");
	r->submitter_certificate = hash_of(0x88);
	vf_report_fault(r, VF_CHECK_TOKENS, &err, NULL);
	pass_foreign(r, VF_FORM_SIGNATURE);
	o->decided = true;
}

/* A container with a signature of a form that nobody looked at. */
static void make_unsupported(struct vf_outcome *o)
{
	struct vf_err err = {VF_UNSUPPORTED, "XAdES signatures are not judged"};
	struct vf_report *r = &o->report;

	vf_report_init(r, "theirs.asice", false);
	fill_given(r, 1);
	vf_report_fault(r, VF_CHECK_FORMS, &err, "META-INF/signatures0.xml");
	pass_foreign(r, VF_FORM_CONTAINER);
	o->decided = true;
}
