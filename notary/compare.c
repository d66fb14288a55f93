#include "notary/compare.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "notary/durable.h"
#include "notary/file_input.h"
#include "notary/hashing.h"
#include "notary/listing.h"
#include "verify/text.h"

#define MAX_TEXT ((size_t)64 * 1024)
/* Names that are shown of a listing's differences. */
#define SHOWN 20

const char *nt_level_word(enum nt_level level)
{
	switch (level) {
	case NT_LEVEL_DIFFERENT:
		return "different";
	case NT_LEVEL_BYTES:
		return "bytes";
	case NT_LEVEL_XML:
		return "xml";
	case NT_LEVEL_ROWS:
		return "rows";
	case NT_LEVEL_LISTING:
		return "listing";
	}
	return "";
}

void nt_comparison_done(struct nt_comparison *c)
{
	if (c->has_rows)
		nt_rows_diff_done(&c->rows);
	nt_buf_done(&c->text);
	*c = (struct nt_comparison){0};
}

/* ---- forms ---- */

struct pair {
	struct nt_file_input files[2];
	int n_open;
	bool has[2][NT_FORM_COUNT];
};

static void pair_done(struct pair *p)
{
	while (p->n_open > 0)
		nt_file_input_done(&p->files[--p->n_open]);
}

static VF_RC pair_open(struct pair *p, const char *path, struct vf_err *reterr)
{
	struct nt_file_input *f = &p->files[p->n_open];
	const char *name = strrchr(path, '/');
	enum vf_rc rc = nt_file_input_open(f, path, name ? name + 1 : path, reterr);

	if (rc != VF_OK)
		return rc;
	p->n_open++;
	return nt_forms_of(&f->input, p->has[p->n_open - 1], reterr);
}

/* What a form refuses says something about the file; the rest is a fault of this machine. */
static bool is_refusal(enum vf_rc rc)
{
	return vf_rc_class(rc) == VF_CLASS_REJECTED || rc == VF_UNSUPPORTED;
}

static VF_RC try_digest(const struct tr_input *in, enum nt_form form, const char *which, struct nt_form_tried *t,
	struct nt_form_digest *ret, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = nt_form_digest(in, form, ret, &err);

	if (rc == VF_OK)
		return VF_OK;
	if (!is_refusal(rc))
		return vf_fail(reterr, rc, "%s", err.text);
	t->state = NT_FORM_REFUSED;
	snprintf(t->reason, sizeof(t->reason), "%s: %.280s", which, err.text);
	return VF_OK;
}

static void judge_form(struct nt_comparison *c, enum nt_form form)
{
	struct nt_form_tried *t = &c->forms[form];
	bool same = t->digests[0].size == t->digests[1].size && vf_pair_eq(&t->digests[0].digests, &t->digests[1].digests);

	t->state = same ? NT_FORM_SAME : NT_FORM_DIFFERS;
	if (same && c->level == NT_LEVEL_DIFFERENT)
		c->level = form == NT_FORM_XML ? NT_LEVEL_XML : NT_LEVEL_ROWS;
}

static VF_RC try_form(struct nt_comparison *c, struct pair *p, enum nt_form form, struct vf_err *reterr)
{
	struct nt_form_tried *t = &c->forms[form];
	enum vf_rc rc;

	if (c->level != NT_LEVEL_DIFFERENT || !p->has[0][form] || !p->has[1][form])
		return VF_OK;
	rc = try_digest(&p->files[0].input, form, "first file", t, &t->digests[0], reterr);
	if (rc == VF_OK && t->state != NT_FORM_REFUSED)
		rc = try_digest(&p->files[1].input, form, "second file", t, &t->digests[1], reterr);
	if (rc == VF_OK && t->state != NT_FORM_REFUSED)
		judge_form(c, form);
	return rc;
}

static VF_RC find_differences(struct nt_comparison *c, struct pair *p, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (c->forms[NT_FORM_XML].state == NT_FORM_DIFFERS) {
		rc = nt_xml_differ(&p->files[0].input, &p->files[1].input, &c->xml, reterr);
		c->has_xml = rc == VF_OK;
	}
	if (rc == VF_OK && c->forms[NT_FORM_ROWS].state == NT_FORM_DIFFERS) {
		rc = nt_rows_diff(&p->files[0].input, &p->files[1].input, &c->rows, reterr);
		c->has_rows = rc == VF_OK;
	}
	return rc;
}

/* ---- listings ---- */

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static size_t read_head(const char *path, uint8_t head[512])
{
	struct nt_file_input f;
	size_t n = 0;

	if (nt_file_input_open(&f, path, path, NULL) != VF_OK)
		return 0;
	if (f.input.read_at(f.input.ctx, 0, head, 512, &n, NULL) != VF_OK)
		n = 0;
	nt_file_input_done(&f);
	return n;
}

/* By the octets with which archives begin. */
static bool is_archive(struct vf_bytes head)
{
	static const char *const begins[] = {
		"PK\3\4", "PK\5\6", "7z\xbc\xaf\x27\x1c", "\x1f\x8b", "\xfd\x37zXZ", "\x28\xb5\x2f\xfd", "BZh", "\x04\x22\x4d\x18", "070701", "070702", "070707"};
	struct vf_bytes magic;

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (vf_bytes_starts(head, begins[i]))
			return true;
	return vf_bytes_slice(head, 257, 5, &magic) && vf_bytes_is(magic, "ustar");
}

static bool can_list(const char *path)
{
	uint8_t head[512];
	struct vf_bytes b = vf_bytes(head, read_head(path, head));

	return nt_listing_is(b) || is_archive(b);
}

static VF_RC read_listing(const char *path, struct nt_listing *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_LISTING_MAX);
	enum vf_rc rc = nt_durable_read(AT_FDCWD, path, &text, reterr);

	return rc == VF_OK ? nt_listing_read(nt_buf_bytes(&text), ret, reterr) : rc;
}

static VF_RC list(const char *path, struct nt_listing *ret, struct vf_err *reterr)
{
	char shown[160];
	uint8_t head[512];
	enum vf_rc rc;

	if (is_folder(path))
		return nt_listing_of_folder(path, ret, reterr);
	if (nt_listing_is(vf_bytes(head, read_head(path, head))))
		return read_listing(path, ret, reterr);
	rc = nt_listing_of_archive(path, ret, reterr);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (rc == VF_UNSUPPORTED)
		vf_err_prefix(reterr, "'%s' is compared with no folder or listing", shown);
	return rc;
}

static void note_name(void *ctx, enum nt_listing_change change, struct vf_bytes name)
{
	static const char *const words[] = {"only in the first: ", "only in the second: ", "other content: "};
	struct nt_comparison *c = ctx;
	char shown[300];

	if (c->listing_differs++ >= SHOWN)
		return;
	/* the quotes of the listing's line are left out */
	vf_text_escape(shown, sizeof(shown), vf_bytes(name.p + 1, name.n - 2));
	nt_buf_putf(&c->text, "%s%s\n", words[change], shown);
}

static VF_RC compare_listings(struct nt_comparison *c, const char *first, const char *second, struct vf_err *reterr)
{
	const char *const paths[2] = {first, second};
	struct nt_listing l[2] = {{.n = 0}, {.n = 0}};
	enum vf_rc rc = VF_OK;

	c->text = nt_buf(MAX_TEXT);
	for (int i = 0; i < 2 && rc == VF_OK; i++) {
		rc = list(paths[i], &l[i], reterr);
		if (rc == VF_OK)
			rc = nt_listing_digest(&l[i], &c->listings[i], reterr);
		c->members[i] = l[i].n;
	}
	if (rc == VF_OK) {
		c->has_listing = true;
		vf_ignore(nt_listing_compare(&l[0], &l[1], note_name, c) == 0 ? VF_OK : VF_DIGEST_MISMATCH); /* note_name() counts */
		if (vf_pair_eq(&c->listings[0], &c->listings[1]))
			c->level = NT_LEVEL_LISTING;
	}
	nt_listing_done(&l[0]);
	nt_listing_done(&l[1]);
	return rc;
}

/* ---- two files ---- */

static VF_RC compare_files(struct nt_comparison *c, const char *first, const char *second, struct vf_err *reterr)
{
	struct pair p = {.n_open = 0};
	enum vf_rc rc = pair_open(&p, first, reterr);

	if (rc == VF_OK)
		rc = pair_open(&p, second, reterr);
	for (size_t f = 0; f < NT_FORM_COUNT && rc == VF_OK; f++)
		rc = try_form(c, &p, (enum nt_form)f, reterr);
	if (rc == VF_OK && c->level == NT_LEVEL_DIFFERENT)
		rc = find_differences(c, &p, reterr);
	pair_done(&p);
	return rc;
}

static bool was_tried(const struct nt_comparison *c)
{
	for (size_t f = 0; f < NT_FORM_COUNT; f++)
		if (c->forms[f].state != NT_FORM_NOT_TRIED)
			return true;
	return false;
}

VF_RC nt_compare(const char *first, const char *second, struct nt_comparison *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	*ret = (struct nt_comparison){0};
	if (is_folder(first) || is_folder(second))
		return compare_listings(ret, first, second, reterr);
	rc = nt_hash_file(first, &ret->digests[0], &ret->size[0], reterr);
	if (rc == VF_OK)
		rc = nt_hash_file(second, &ret->digests[1], &ret->size[1], reterr);
	if (rc != VF_OK)
		return rc;
	ret->has_digests = true;
	if (ret->size[0] == ret->size[1] && vf_pair_eq(&ret->digests[0], &ret->digests[1])) {
		ret->level = NT_LEVEL_BYTES;
		return VF_OK;
	}
	rc = compare_files(ret, first, second, reterr);
	if (rc == VF_OK && !was_tried(ret) && can_list(first) && can_list(second))
		rc = compare_listings(ret, first, second, reterr);
	if (rc != VF_OK)
		nt_comparison_done(ret);
	return rc;
}

/* ---- a file, and what a record says ---- */

static VF_RC compare_form(struct nt_comparison *c, struct pair *p, const struct nt_declared *d, enum nt_form form, struct vf_err *reterr)
{
	struct nt_form_tried *t = &c->forms[form];
	enum vf_rc rc;

	if (!d->has[form] || c->level != NT_LEVEL_DIFFERENT)
		return VF_OK;
	t->digests[0] = d->digests[form];
	rc = try_digest(&p->files[0].input, form, "file", t, &t->digests[1], reterr);
	if (rc == VF_OK && t->state != NT_FORM_REFUSED)
		judge_form(c, form);
	return rc;
}

VF_RC nt_compare_declared(const struct vf_pair *digests, uint64_t size, const struct nt_declared *declared, const char *path,
	struct nt_comparison *ret, struct vf_err *reterr)
{
	struct pair p = {.n_open = 0};
	enum vf_rc rc;

	*ret = (struct nt_comparison){.has_digests = true, .digests = {*digests}, .size = {size}};
	rc = nt_hash_file(path, &ret->digests[1], &ret->size[1], reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_pair_eq(&ret->digests[0], &ret->digests[1])) {
		ret->level = NT_LEVEL_BYTES;
		return VF_OK;
	}
	if (!declared)
		return VF_OK;
	rc = pair_open(&p, path, reterr);
	for (size_t f = 0; f < NT_FORM_COUNT && rc == VF_OK; f++)
		rc = compare_form(ret, &p, declared, (enum nt_form)f, reterr);
	pair_done(&p);
	return rc;
}
