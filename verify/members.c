/* What the container discloses of the record, against the statement's complete list. */
#include <stdio.h>

#include "verify/judge.h"
#include "verify/text.h"

/* ---- objects of the group ---- */

static enum vf_rc no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the members of the record");
}

static void add_object(struct vf_judge *j, struct vf_bytes name, enum vf_role role, const struct vf_pair *digests)
{
	struct vf_object *o = &j->objects[j->n_objects++];

	o->name = name;
	o->role = role;
	o->digests = *digests;
	o->entry = vf_zip_find(&j->box.zip, name);
}

struct vf_object *vf_judge_find(struct vf_judge *j, struct vf_bytes name)
{
	for (size_t i = j->statement.n_members; i < j->n_objects; i++)
		if (vf_bytes_eq(j->objects[i].name, name))
			return &j->objects[i];
	const struct vf_member *m = vf_statement_find(&j->statement, name);
	return m ? &j->objects[m - j->statement.members] : NULL;
}

/* The signature files are members that the statement cannot list; it names the signer instead. */
static enum vf_rc add_signature_files(struct vf_judge *j, struct vf_err *reterr)
{
	static const char *const names[] = {VF_NAME_SIGNED_MANIFEST, VF_NAME_SIGNATURE};

	for (size_t i = 0; i < 2; i++) {
		const struct vf_zip_entry *e = vf_zip_find(&j->box.zip, vf_bytes_str(names[i]));
		struct vf_pair digests;
		struct vf_err err = {0};
		enum vf_rc rc;

		if (!e) {
			vf_fail(&err, VF_SIGNATURE_MISSING, "'%s' is not in the container", names[i]);
			vf_report_fault(j->r, VF_CHECK_SIGNATURE, &err, names[i]);
			continue;
		}
		rc = vf_container_hash(&j->box, e, &digests, &err);
		if (rc == VF_OK)
			add_object(j, e->name, VF_ROLE_DOCUMENT, &digests);
		else
			rc = vf_judge_note(j, VF_CHECK_SIGNATURE, rc, &err, names[i], reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static enum vf_rc make_objects(struct vf_judge *j, struct vf_bytes statement, struct vf_err *reterr)
{
	struct vf_statement *s = &j->statement;
	struct vf_pair own = vf_pair_of(statement);

	j->objects = VF_NEW(j->a, s->n_members + 3, struct vf_object);
	j->group = VF_NEW(j->a, s->n_members + 3, struct vf_pair);
	if (!j->objects || !j->group)
		return no_memory(reterr);
	for (size_t i = 0; i < s->n_members; i++)
		add_object(j, s->members[i].name, s->members[i].role, &s->members[i].digests);
	add_object(j, vf_bytes_str(VF_NAME_STATEMENT), VF_ROLE_DOCUMENT, &own);
	return s->has_signer ? add_signature_files(j, reterr) : VF_OK;
}

static void report_record(struct vf_judge *j)
{
	struct vf_hash512 id512;

	for (size_t i = 0; i < j->n_objects; i++)
		j->group[i] = j->objects[i].digests;
	vf_group(j->group, j->n_objects, &j->r->id, &id512);
	j->r->has_record = true;
	j->r->kind = j->statement.kind;
	j->r->study = j->statement.study;
	j->r->version = j->statement.version;
	j->r->date = j->statement.date;
	j->r->title = j->statement.title;
	j->r->links = j->statement.links;
	j->r->n_links = j->statement.n_links;
	j->entry.id512 = id512;
}

/* ---- disclosed members ---- */

static VF_RC put_piece(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)reterr;
	vf_pair_put(ctx, piece);
	return VF_OK;
}

/*
 * The digests of an entry's data as found. A changed byte also contradicts the
 * container's own CRC-32; what a reader wants to know is that the file is
 * another, so the digests are compared in any case.
 */
static enum vf_rc check_digests(struct vf_judge *j, const struct vf_zip_entry *e, const struct vf_pair *want,
	struct vf_err *reterr)
{
	char expected[65], found[65];
	struct vf_pair_hasher h;
	struct vf_pair digests;
	enum vf_rc rc;

	vf_pair_init(&h);
	rc = vf_container_stream(&j->box, e, put_piece, &h, reterr);
	if (rc != VF_OK && rc != VF_ZIP_DATA)
		return rc;
	digests = vf_pair_done(&h);
	if (vf_pair_eq(&digests, want))
		return rc;
	vf_hex_put(expected, vf_bytes(want->sha256.b, 32));
	vf_hex_put(found, vf_bytes(digests.sha256.b, 32));
	return vf_fail(reterr, VF_DIGEST_MISMATCH, "expected sha256:%s, found sha256:%s", expected, found);
}

static enum vf_rc check_member(struct vf_judge *j, struct vf_object *o, struct vf_err *reterr)
{
	struct vf_err err = {0};
	char name[200];
	enum vf_rc rc = check_digests(j, o->entry, &o->digests, &err);

	if (rc == VF_OK)
		return VF_OK;
	o->is_altered = true;
	vf_text_escape(name, sizeof(name), o->name);
	return vf_judge_note(j, VF_CHECK_MEMBERS, rc, &err, name, reterr);
}

static enum vf_rc check_members(struct vf_judge *j, struct vf_err *reterr)
{
	for (size_t i = 0; i < j->statement.n_members; i++) {
		enum vf_rc rc;

		if (!j->objects[i].entry)
			continue;
		rc = check_member(j, &j->objects[i], reterr);
		if (rc != VF_OK)
			return rc;
	}
	vf_report_pass(j->r, VF_CHECK_MEMBERS);
	return VF_OK;
}

/* ---- commitments ---- */

static enum vf_rc read_commitment(struct vf_judge *j, const struct vf_object *o, struct vf_err *reterr)
{
	struct vf_hidden *h = &j->hidden[j->n_hidden];
	struct vf_bytes text;
	struct vf_err err = {0};
	char name[200];
	enum vf_rc rc = vf_container_read(&j->box, o->entry, j->a, &text, &err);

	vf_text_escape(name, sizeof(name), o->name);
	if (rc == VF_OK)
		rc = vf_commitment_parse(text, j->a, &h->commitment, &err);
	if (rc == VF_OK && vf_judge_find(j, h->commitment.name))
		rc = vf_fail(&err, VF_COMMITMENT_SHAPE, "a commitment has the name of a member");
	if (rc != VF_OK)
		return vf_judge_note(j, VF_CHECK_COMMITMENTS, rc, &err, name, reterr);
	h->entry = vf_zip_find(&j->box.zip, h->commitment.name);
	j->n_hidden++;
	return VF_OK;
}

/* Neither a member, disclosed or not, nor another document may look like a committed one. */
static enum vf_rc check_hidden_names(struct vf_judge *j, struct vf_err *reterr)
{
	struct vf_arena scratch = *j->a;
	struct vf_bytes *names = VF_NEW(&scratch, j->n_objects + j->n_hidden, struct vf_bytes);
	struct vf_err err = {0};
	const char *fault;
	enum vf_rc rc;

	if (!names)
		return no_memory(reterr);
	for (size_t i = 0; i < j->n_objects; i++)
		names[i] = j->objects[i].name;
	for (size_t i = 0; i < j->n_hidden; i++)
		names[j->n_objects + i] = j->hidden[i].commitment.name;
	rc = vf_names_check(names, j->n_objects + j->n_hidden, &scratch, &fault, reterr);
	if (rc != VF_OK || !fault)
		return rc;
	rc = vf_fail(&err, VF_COMMITMENT_SHAPE, "with the names of committed documents %s", fault);
	return vf_judge_note(j, VF_CHECK_COMMITMENTS, rc, &err, NULL, reterr);
}

static enum vf_rc check_hidden(struct vf_judge *j, struct vf_hidden *h, struct vf_err *reterr)
{
	struct vf_err err = {0};
	char name[200];
	enum vf_rc rc = check_digests(j, h->entry, &h->commitment.digests, &err);

	vf_text_escape(name, sizeof(name), h->commitment.name);
	h->is_altered = rc != VF_OK;
	return vf_judge_note(j, VF_CHECK_COMMITMENTS, rc, &err, name, reterr);
}

static enum vf_rc check_commitments(struct vf_judge *j, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	size_t n = 0;

	for (size_t i = 0; i < j->statement.n_members; i++)
		n += j->objects[i].role == VF_ROLE_COMMITMENT && j->objects[i].entry && !j->objects[i].is_altered;
	if (n == 0) {
		vf_report_skip(j->r, VF_CHECK_COMMITMENTS);
		return VF_OK;
	}
	j->hidden = VF_NEW(j->a, n, struct vf_hidden);
	if (!j->hidden)
		return no_memory(reterr);
	for (size_t i = 0; i < j->statement.n_members; i++) {
		const struct vf_object *o = &j->objects[i];

		if (o->role != VF_ROLE_COMMITMENT || !o->entry || o->is_altered)
			continue;
		rc = read_commitment(j, o, reterr);
		if (rc != VF_OK)
			return rc;
	}
	rc = check_hidden_names(j, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < j->n_hidden; i++) {
		rc = j->hidden[i].entry ? check_hidden(j, &j->hidden[i], reterr) : VF_OK;
		if (rc != VF_OK)
			return rc;
	}
	vf_report_pass(j->r, VF_CHECK_COMMITMENTS);
	return VF_OK;
}

/* ---- nothing but the parts of a bundle ---- */

/* Of the evidence records with their manifests, and of the OCSP responses. */
static bool is_numbered_part(const struct vf_judge *j, struct vf_bytes name)
{
	char record[80], manifest[80];

	for (size_t i = 1; i <= j->n_records; i++) {
		snprintf(record, sizeof(record), VF_PART_RECORD, i);
		snprintf(manifest, sizeof(manifest), VF_PART_RECORD_MANIFEST, i);
		if (vf_bytes_is(name, record) || vf_bytes_is(name, manifest))
			return true;
	}
	for (size_t i = 1; i <= j->n_ocsp; i++) {
		snprintf(record, sizeof(record), VF_PART_OCSP, i);
		if (vf_bytes_is(name, record))
			return true;
	}
	return false;
}

static bool is_part(struct vf_judge *j, struct vf_bytes name)
{
	if (!vf_bytes_starts(name, VF_NAME_META))
		return vf_bytes_is(name, VF_NAME_MIMETYPE) || vf_judge_find(j, name);
	if (vf_bytes_is(name, VF_NAME_SIGNED_MANIFEST) || vf_bytes_is(name, VF_NAME_SIGNATURE))
		return j->statement.has_signer;
	return vf_bytes_is(name, VF_PART_ENTRY) || vf_bytes_is(name, VF_PART_PROOF) || vf_bytes_is(name, VF_PART_HEAD) ||
		vf_bytes_is(name, VF_PART_PREVIOUS) || is_numbered_part(j, name);
}

static bool is_hidden(const struct vf_judge *j, const struct vf_zip_entry *e)
{
	for (size_t i = 0; i < j->n_hidden; i++)
		if (j->hidden[i].entry == e)
			return true;
	return false;
}

static void check_parts(struct vf_judge *j)
{
	for (size_t i = 0; i < j->box.zip.n; i++) {
		const struct vf_zip_entry *e = &j->box.zip.entries[i];
		struct vf_err err;
		char name[200];

		if (is_part(j, e->name) || is_hidden(j, e))
			continue;
		vf_text_escape(name, sizeof(name), e->name);
		vf_fail(&err, VF_UNCOVERED, "the file '%s' belongs to nothing in the bundle", name);
		vf_report_fault(j->r, VF_CHECK_PARTS, &err, name);
		j->files[j->n_files++] = (struct vf_file){
			.name = e->name, .status = VF_FILE_UNCOVERED, .has_size = true, .size = e->size};
	}
	vf_report_pass(j->r, VF_CHECK_PARTS);
}

/* ---- stream ---- */

static enum vf_rc check_stream(struct vf_judge *j, struct vf_err *reterr)
{
	struct vf_object *o = vf_judge_find(j, vf_bytes_str(VF_NAME_STREAM));
	struct vf_bytes text;
	struct vf_err err = {0};
	enum vf_rc rc;

	if (!o || !o->entry || o->is_altered) {
		vf_report_skip(j->r, VF_CHECK_STREAM);
		vf_report_unchecked(j->r, o ? "STREAM_WITHHELD" : "NO_STREAM", o
			? "the record's place in its stream (its stream member was withheld)"
			: "the record's order in a stream (it is in none)");
		return VF_OK;
	}
	rc = vf_container_read(&j->box, o->entry, j->a, &text, &err);
	if (rc == VF_OK)
		rc = vf_stream_parse(text, &j->stream, &err);
	if (rc == VF_OK) {
		j->has_stream = true;
		j->r->has_stream = true;
		j->r->seq = j->stream.seq;
		j->r->stream = j->stream.seq ? j->stream.stream : j->r->id;
		j->r->has_prev = j->stream.seq > 0;
		j->r->prev = j->stream.prev;
		vf_report_unchecked(j->r, "STREAM_COMPLETE", "that the stream has no later or missing records");
	}
	return vf_judge_note(j, VF_CHECK_STREAM, rc, &err, VF_NAME_STREAM, reterr);
}

/* From 001 on without a gap; what stands after one belongs to nothing. */
static void count_parts(struct vf_judge *j)
{
	char part[80];

	for (;; j->n_records++) {
		snprintf(part, sizeof(part), VF_PART_RECORD, j->n_records + 1);
		if (j->n_records == VF_MAX_EVIDENCE || !vf_zip_find(&j->box.zip, vf_bytes_str(part)))
			break;
	}
	for (;; j->n_ocsp++) {
		snprintf(part, sizeof(part), VF_PART_OCSP, j->n_ocsp + 1);
		if (j->n_ocsp == VF_MAX_OCSP_PARTS || !vf_zip_find(&j->box.zip, vf_bytes_str(part)))
			break;
	}
}

VF_RC vf_judge_members(struct vf_judge *j, bool *ret_go, struct vf_err *reterr)
{
	struct vf_bytes text;
	struct vf_err err = {0};
	bool there;
	enum vf_rc rc = vf_judge_part(j, VF_CHECK_STATEMENT, VF_NAME_STATEMENT, &text, &there, reterr);

	*ret_go = false;
	if (rc != VF_OK || !there)
		return rc;
	rc = vf_statement_parse(text, j->a, &j->statement, &err);
	if (rc != VF_OK || j->r->checks[VF_CHECK_STATEMENT] == VF_RESULT_FAIL)
		return vf_judge_note(j, VF_CHECK_STATEMENT, rc, &err, VF_NAME_STATEMENT, reterr);
	vf_report_pass(j->r, VF_CHECK_STATEMENT);
	count_parts(j);
	rc = make_objects(j, text, reterr);
	if (rc != VF_OK)
		return rc;
	report_record(j);
	rc = check_members(j, reterr);
	if (rc == VF_OK)
		rc = check_commitments(j, reterr);
	if (rc == VF_OK)
		rc = check_stream(j, reterr);
	if (rc != VF_OK)
		return rc;
	j->files = VF_NEW(j->a, j->n_objects + j->n_hidden + j->box.zip.n, struct vf_file);
	if (!j->files)
		return no_memory(reterr);
	check_parts(j);
	*ret_go = true;
	return VF_OK;
}

/* ---- beside the container ---- */

/* The last part of a path that the user typed. */
static struct vf_bytes base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return vf_bytes_str(slash ? slash + 1 : path);
}

static bool match_detached(struct vf_judge *j, const struct vf_pair *digests)
{
	bool found = false;

	for (size_t i = 0; i < j->statement.n_members; i++) {
		struct vf_object *o = &j->objects[i];

		if (o->role != VF_ROLE_DOCUMENT || !vf_pair_eq(&o->digests, digests))
			continue;
		o->is_given = true;
		found = true;
	}
	for (size_t i = 0; i < j->n_hidden; i++) {
		if (!vf_pair_eq(&j->hidden[i].commitment.digests, digests))
			continue;
		j->hidden[i].is_given = true;
		found = true;
	}
	return found;
}

/* True when a document of this base name is listed or committed to. */
static bool is_named(const struct vf_judge *j, struct vf_bytes base)
{
	char path[VF_MAX_NAME + 2];

	for (size_t i = 0; i < j->statement.n_members + j->n_hidden; i++) {
		struct vf_bytes name = i < j->statement.n_members ? j->objects[i].name : j->hidden[i - j->statement.n_members].commitment.name;

		snprintf(path, sizeof(path), "/%.*s", VF_STR(name));
		if (vf_bytes_eq(base_name(path), base))
			return true;
	}
	return false;
}

VF_RC vf_judge_detached(struct vf_judge *j, const struct vf_detached *detached, size_t n, struct vf_err *reterr)
{
	for (size_t i = 0; i < n; i++) {
		struct vf_pair digests;
		struct vf_err err;
		enum vf_rc rc = vf_source_digest(detached[i].source, &digests, reterr);

		if (rc != VF_OK)
			return rc;
		if (match_detached(j, &digests))
			continue;
		if (is_named(j, base_name(detached[i].name)))
			vf_fail(&err, VF_DIGEST_MISMATCH, "the file given has the name of a document, but not its digest");
		else
			vf_fail(&err, VF_DETACHED_UNMATCHED, "the file given has the digest of no document of this record");
		vf_report_fault(j->r, VF_CHECK_MEMBERS, &err, detached[i].name);
	}
	return VF_OK;
}

/* ---- the status of each file ---- */

static void put_file(struct vf_judge *j, struct vf_bytes name, const struct vf_zip_entry *entry, bool is_given,
	bool is_altered, bool is_listed, const struct vf_hash *sha256)
{
	struct vf_file *f = &j->files[j->n_files++];

	f->name = name;
	f->has_sha256 = true;
	f->sha256 = *sha256;
	f->has_size = entry != NULL;
	f->size = entry ? entry->size : 0;
	if (is_altered)
		f->status = VF_FILE_ALTERED;
	else if (entry)
		f->status = VF_FILE_COVERED;
	else if (is_given)
		f->status = VF_FILE_DETACHED;
	else
		f->status = is_listed ? VF_FILE_MISSING : VF_FILE_WITHHELD;
}

static void note_withheld(struct vf_judge *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n_files; i++)
		n += j->files[i].status == VF_FILE_WITHHELD;
	if (n)
		vf_report_unchecked(j->r, "WITHHELD", "the content of %zu member%s that the statement lists and the bundle withholds",
			n, n == 1 ? "" : "s");
}

VF_RC vf_judge_complete(struct vf_judge *j, struct vf_err *reterr)
{
	(void)reterr;
	for (size_t i = 0; i < j->n_objects; i++) {
		const struct vf_object *o = &j->objects[i];

		put_file(j, o->name, o->entry, o->is_given, o->is_altered, o->is_listed, &o->digests.sha256);
		if (j->files[j->n_files - 1].status == VF_FILE_MISSING) {
			struct vf_err err;
			char name[200];

			vf_text_escape(name, sizeof(name), o->name);
			vf_fail(&err, VF_MISSING_OBJECT, "'%s' is listed and neither in the container nor given", name);
			vf_report_fault(j->r, VF_CHECK_COMPLETE, &err, name);
		}
	}
	for (size_t i = 0; i < j->n_hidden; i++) {
		const struct vf_hidden *h = &j->hidden[i];

		put_file(j, h->commitment.name, h->entry, h->is_given, h->is_altered, false, &h->commitment.digests.sha256);
	}
	note_withheld(j);
	vf_report_pass(j->r, VF_CHECK_COMPLETE);
	j->r->files = j->files;
	j->r->n_files = j->n_files;
	return VF_OK;
}
