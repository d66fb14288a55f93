#include "verify/excerpt_judge.h"

#include <inttypes.h>

#include "verify/algorithm.h"
#include "verify/judge.h"
#include "verify/text.h"

/* An excerpt under judgement. */
struct asked {
	struct vf_excerpt excerpt;
	struct vf_shown shown;
	struct vf_rows rows;
	bool is_document;
};

static enum vf_rc mismatch(struct vf_err *reterr, const char *what)
{
	return vf_fail(reterr, VF_EXCERPT_MISMATCH, "the excerpt is of %s", what);
}

/* ---- the excerpt by itself ---- */

static enum vf_rc read_excerpt(struct vf_judge *j, const struct vf_source *source, struct asked *x,
	struct vf_err *reterr)
{
	struct vf_bytes octets;
	uint8_t *room = NULL;
	enum vf_rc rc;

	if (source->size > VF_MAX_EXCERPT)
		return vf_fail(reterr, VF_LIMIT, "an excerpt is larger than %u octets", VF_MAX_EXCERPT);
	if (!source->memory.p) {
		room = vf_arena_take(j->a, (size_t)source->size, 1);
		if (!room)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for an excerpt");
	}
	rc = vf_source_view(source, 0, (size_t)source->size, room, &octets, reterr);
	if (rc == VF_OK)
		rc = vf_excerpt_parse(octets, &x->excerpt, reterr);
	if (rc == VF_OK)
		rc = vf_excerpt_check(&x->excerpt, &x->shown, reterr);
	/* nothing dates an excerpt: it may have been made a moment ago */
	return rc == VF_OK ? vf_alg_check(x->excerpt.root.alg, j->s->at, "the tree of the rows", reterr) : rc;
}

/* ---- and its record ---- */

static const struct vf_file *find_file(const struct vf_report *r, struct vf_bytes name)
{
	for (size_t i = 0; i < r->n_files; i++)
		if (vf_bytes_eq(r->files[i].name, name))
			return &r->files[i];
	return NULL;
}

/* The octets of the rows member, which the bundle was judged to hold. */
static enum vf_rc read_rows(struct vf_judge *j, const struct vf_source *bundle, struct asked *x, struct vf_err *reterr)
{
	const struct vf_file *f = find_file(j->r, x->excerpt.member);
	const struct vf_zip_entry *e;
	struct vf_hash found;
	struct vf_bytes json;
	char name[120];
	enum vf_rc rc;

	vf_text_escape(name, sizeof(name), x->excerpt.member);
	if (!f || f->status != VF_FILE_COVERED)
		return vf_fail(reterr, VF_MISSING_OBJECT,
			"the bundle does not hold '%s', the rows member: ask for the one that goes with the excerpt", name);
	rc = vf_container_open(bundle, true, j->a, &j->box, reterr);
	if (rc != VF_OK)
		return rc;
	e = vf_zip_find(&j->box.zip, x->excerpt.member);
	if (!e || e->size > VF_MAX_SMALL_JSON)
		return vf_fail(reterr, VF_EXCERPT_SHAPE, "the member that the excerpt is of is too large for a rows member");
	rc = vf_container_read(&j->box, e, j->a, &json, reterr);
	if (rc != VF_OK)
		return rc;
	found = vf_sha256(json);
	if (!f->has_sha256 || !vf_hash_eq(&found, &f->sha256))
		return vf_fail(reterr, VF_IO, "the bundle changed while it was read");
	return vf_rows_parse(json, j->a, &x->rows, reterr);
}

/* All rows together are the document, when the bundle says which octets that has. */
static enum vf_rc compare_document(const struct vf_report *r, struct asked *x, struct vf_err *reterr)
{
	const struct vf_file *f = find_file(r, x->rows.document);

	if (x->shown.rows != x->excerpt.count || !f || !f->has_sha256)
		return VF_OK;
	x->is_document = vf_hash_eq(&x->shown.sha256, &f->sha256);
	return x->is_document ? VF_OK : mismatch(reterr, "all rows, and together they are not the document");
}

static enum vf_rc bind(struct vf_judge *j, const struct vf_source *bundle, struct asked *x, struct vf_err *reterr)
{
	const struct vf_digest *root;
	enum vf_rc rc;

	if (!vf_hash_eq(&x->excerpt.record, &j->r->id))
		return mismatch(reterr, "another record than the bundle");
	rc = read_rows(j, bundle, x, reterr);
	if (rc != VF_OK)
		return rc;
	root = x->excerpt.root.alg == VF_SHA256 ? &x->rows.sha256 : &x->rows.sha512;
	if (x->excerpt.count != x->rows.count)
		return mismatch(reterr, "another number of rows than the rows member says");
	if (!vf_digest_eq(&x->excerpt.root, root))
		return mismatch(reterr, "another tree than the rows member says");
	return compare_document(j->r, x, reterr);
}

/* ---- the whole ---- */

static void note_limits(struct vf_report *r, const struct asked *x)
{
	char name[120];

	vf_text_escape(name, sizeof(name), x->rows.document);
	if (x->shown.rows < x->rows.count)
		vf_report_unchecked(r, "OTHER_ROWS",
			"the other %" PRIu64 " of %" PRIu64 " rows, and who chose the ones that are shown",
			x->rows.count - x->shown.rows, x->rows.count);
	if (!x->is_document)
		vf_report_unchecked(r, "ROWS_OF_DOCUMENT", "whether they are rows of '%s': that is the submitter's word",
			name);
}

/*
 * The bundle's report, which passed MEMBERS, has to pass it once more: a verdict that was reached without the excerpt must
 * not stand for it.
 */
static enum vf_rc judge_rows(struct vf_judge *j, const struct vf_source *bundle, struct asked *x, enum vf_rc rc,
	struct vf_err *err, struct vf_err *reterr)
{
	const char *object = j->r->input;

	if (j->r->checks[VF_CHECK_MEMBERS] == VF_RESULT_PASS)
		j->r->checks[VF_CHECK_MEMBERS] = VF_RESULT_NOT_CHECKED;
	if (rc == VF_OK && !j->r->has_record)
		return VF_OK; /* nothing to be bound to: it stays open, beside what is wrong with the bundle */
	if (rc == VF_OK)
		rc = bind(j, bundle, x, err);
	return vf_judge_note(j, VF_CHECK_MEMBERS, rc, err, object, reterr);
}

VF_RC vf_excerpt_judge(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *excerpt, const struct vf_detached *bundle, struct vf_report *ret,
	struct vf_excerpt_facts *ret_facts, struct vf_err *reterr)
{
	struct vf_judge j = {.s = s, .a = memory, .r = ret, .first_time = VF_TIME_NONE};
	struct vf_excerpt_facts facts = {.is_judged = true};
	struct asked x = {0};
	struct vf_err err = {0};
	enum vf_rc own = read_excerpt(&j, excerpt, &x, &err), rc;

	rc = vf_bundle_check(s, memory, input, bundle->source, NULL, 0, ret, reterr);
	if (rc != VF_OK)
		return rc;
	if (ret->form != VF_FORM_BUNDLE)
		return vf_fail(reterr, VF_USAGE, "the file after the excerpt is no bundle of Trial Notary");
	rc = judge_rows(&j, bundle->source, &x, own, &err, reterr);
	if (rc != VF_OK)
		return rc;
	vf_report_settle(ret);
	if (ret->verdict == VF_VERIFIED || ret->verdict == VF_INTACT) {
		facts.is_proven = true;
		facts.rows = x.rows;
		facts.excerpt = x.excerpt;
		facts.shown = x.shown.rows;
		facts.is_document = x.is_document;
		note_limits(ret, &x);
	}
	*ret_facts = facts;
	return VF_OK;
}
