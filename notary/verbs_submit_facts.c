/* submit: statements are filled from what documents and their sidecar files say (docs/decisions/0026). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/file_input.h"
#include "notary/hashing.h"
#include "notary/submit_facts.h"
#include "notary/verbs_submit.h"
#include "verify/text.h"

/* Records of which each is told what was taken. */
#define MAX_TOLD 20

struct nt_filled {
	char *said[NT_OWN_TEXTS], *found[NT_OWN_TEXTS];
};

/* One record while its texts are looked for. */
struct filling {
	struct nt_submitting *u;
	struct nt_filled *f;
	const struct nt_submit_file *files; /* as the user gave them */
	size_t n_files;
	struct nt_own own;                          /* of one file */
	const char *from[NT_OWN_TEXTS];             /* facts */
	bool is_open[NT_OWN_TEXTS];                 /* looked for in facts */
};

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for what documents say");
}

static struct vf_bytes option_of(const struct nt_submit *s, size_t which)
{
	return which == NT_OWN_VERSION ? s->version : which == NT_OWN_DATE ? s->date : s->title;
}

/* ---- sidecar files ---- */

static VF_RC read_sidecar(struct vf_bytes path, struct nt_own *ret, bool *ret_is_there, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_SIDECAR_MAX);
	struct nt_file_input in;
	struct vf_err err = {0};
	char shown[160];
	char *name;
	size_t n = 0;
	enum vf_rc rc;

	if (asprintf(&name, "%.*s" NT_SIDECAR, VF_STR(path)) < 0)
		return no_memory(reterr);
	*ret_is_there = false;
	if (access(name, F_OK) != 0) {
		free(name);
		return VF_OK;
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(strrchr(name, '/') + 1));
	rc = nt_file_input_open(&in, name, name, &err);
	free(name);
	if (rc != VF_OK)
		return vf_fail(reterr, rc, "%s", err.text);
	if (in.input.size > NT_SIDECAR_MAX)
		rc = vf_fail(&err, VF_LIMIT, "it is larger than %d octets", NT_SIDECAR_MAX);
	else if (!nt_buf_reserve(&text, (size_t)in.input.size + 1))
		rc = no_memory(&err);
	else
		rc = in.input.read_at(in.input.ctx, 0, text.p, (size_t)in.input.size, &n, &err);
	nt_file_input_done(&in);
	if (rc == VF_OK)
		rc = nt_sidecar_parse(vf_bytes(text.p, n), ret, &err);
	*ret_is_there = rc == VF_OK;
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "sidecar file '%s': %s", shown, err.text);
}

static VF_RC take_said(struct filling *x, struct vf_err *reterr)
{
	for (size_t i = 0; i < NT_OWN_TEXTS; i++) {
		const char *text = x->own.texts[i].text;

		if (text[0] == '\0')
			continue;
		if (x->f->said[i] && strcmp(x->f->said[i], text) != 0)
			return vf_fail(reterr, VF_USAGE, "sidecar files of one record say two %ss: give --%s",
				nt_own_text_name((enum nt_own_text)i), nt_own_text_name((enum nt_own_text)i));
		if (!x->f->said[i])
			x->f->said[i] = strdup(text);
		if (!x->f->said[i])
			return no_memory(reterr);
	}
	return VF_OK;
}

static VF_RC take_sidecars(struct filling *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < x->n_files && rc == VF_OK; i++) {
		bool is_there = false;

		rc = read_sidecar(x->files[i].path, &x->own, &is_there, reterr);
		/* what an option says is not asked of them */
		for (size_t k = 0; rc == VF_OK && is_there && k < NT_OWN_TEXTS; k++)
			if (option_of(&x->u->s, k).n > 0)
				x->own.texts[k].text[0] = '\0';
		if (rc == VF_OK && is_there)
			rc = take_said(x, reterr);
	}
	return rc;
}

/* ---- facts ---- */

static bool is_any_open(const struct filling *x)
{
	return x->is_open[0] || x->is_open[1] || x->is_open[2];
}

/* The file may have become another one since it was hashed: then nothing is said of either. */
static VF_RC check_same(const struct nt_submit_file *f, const char *shown, struct vf_err *reterr)
{
	struct vf_pair again;
	uint64_t size;
	enum vf_rc rc = nt_hash_file((const char *)f->path.p, &again, &size, reterr);

	if (rc == VF_OK && !vf_pair_eq(&again, &f->digests))
		rc = vf_fail(reterr, VF_DOCUMENT_CHANGED, "'%s' changed while it was read", shown);
	return rc;
}

/* What a format refuses is told, and no reason not to notarise the file. */
static VF_RC read_facts(struct filling *x, const struct nt_submit_file *f, struct vf_err *reterr)
{
	const char *path = (const char *)f->path.p; /* ends in NUL: nt_files_add() made it */
	struct nt_file_input in;
	struct vf_err err = {0};
	char shown[160];
	enum vf_rc rc = nt_file_input_open(&in, path, strrchr(path, '/') + 1, reterr);

	if (rc != VF_OK)
		return rc;
	vf_text_escape(shown, sizeof(shown), f->name);
	rc = nt_own_read(&in.input, x->u->s.kind, &x->own, &err);
	nt_file_input_done(&in);
	if (rc == VF_OK && (x->own.texts[0].from || x->own.texts[1].from || x->own.texts[2].from))
		return check_same(f, shown, reterr);
	if (rc == VF_OK)
		return VF_OK;
	x->own = (struct nt_own){0};
	if (vf_rc_class(rc) != VF_CLASS_REJECTED && vf_rc_class(rc) != VF_CLASS_UNDECIDED)
		return vf_fail(reterr, rc, "%s", err.text);
	nt_cli_note(x->u->cli, "'%s' says nothing for the statement: %s: %s", shown, vf_rc_name(rc), err.text);
	return VF_OK;
}

static void tell_unfit(const struct filling *x, const struct nt_submit_file *f)
{
	char shown[160];

	vf_text_escape(shown, sizeof(shown), f->name);
	for (size_t i = 0; i < NT_OWN_TEXTS; i++)
		if (x->is_open[i] && x->own.texts[i].unfit)
			nt_cli_note(x->u->cli, "'%s': %s cannot be the %s of a statement and is left out", shown,
				x->own.texts[i].unfit, nt_own_text_name((enum nt_own_text)i));
}

/* Of several documents each must say the same: what one says of itself is not true of the record. */
static VF_RC take_found(struct filling *x, bool first, struct vf_err *reterr)
{
	for (size_t i = 0; i < NT_OWN_TEXTS; i++) {
		const struct nt_own_one *one = &x->own.texts[i];

		if (!x->is_open[i])
			continue;
		if (!one->from || (!first && strcmp(one->text, x->f->found[i]) != 0)) {
			x->is_open[i] = false;
			free(x->f->found[i]);
			x->f->found[i] = NULL;
		} else if (first) {
			x->from[i] = one->from;
			x->f->found[i] = strdup(one->text);
			if (!x->f->found[i])
				return no_memory(reterr);
		}
	}
	return VF_OK;
}

static VF_RC take_facts(struct filling *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < NT_OWN_TEXTS; i++)
		x->is_open[i] = !x->f->said[i] && option_of(&x->u->s, i).n == 0;
	for (size_t i = 0; i < x->n_files && rc == VF_OK && is_any_open(x); i++) {
		rc = read_facts(x, &x->files[i], reterr);
		if (rc == VF_OK)
			tell_unfit(x, &x->files[i]);
		if (rc == VF_OK)
			rc = take_found(x, i == 0, reterr);
	}
	return rc;
}

/* ---- records ---- */

static void tell(const struct filling *x, size_t *told)
{
	struct nt_buf line = nt_buf(8192);
	char shown[200];
	bool any = false;

	for (size_t i = 0; i < NT_OWN_TEXTS; i++) {
		const char *text = x->f->said[i] ? x->f->said[i] : x->f->found[i];

		if (!text)
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
		nt_buf_putf(&line, "%s%s '%s' (%s)", any ? ", " : "", nt_own_text_name((enum nt_own_text)i), shown,
			x->f->said[i] ? "sidecar file" : x->from[i]);
		any = true;
	}
	nt_buf_put_u8(&line, 0);
	vf_text_escape(shown, sizeof(shown), x->files[0].name);
	if (any && ++*told <= MAX_TOLD && nt_buf_check(&line, NULL) == VF_OK)
		nt_cli_note(x->u->cli, "'%s' says: %s", shown, (const char *)line.p);
	nt_buf_done(&line);
}

static struct vf_bytes bytes_of(const char *text)
{
	return text ? vf_bytes_str(text) : vf_bytes(NULL, 0);
}

static VF_RC fill_record(struct nt_submitting *u, size_t at, size_t *told, struct vf_err *reterr)
{
	struct nt_submit_record *r = &u->records[at];
	struct filling x = {.u = u,
		.f = &u->filled[at],
		.files = &u->g.documents[u->each ? at : 0],
		.n_files = u->each ? 1 : u->g.files.n};
	enum vf_rc rc = take_sidecars(&x, reterr);

	if (rc == VF_OK)
		rc = take_facts(&x, reterr);
	if (rc != VF_OK)
		return rc;
	r->said = (struct nt_submit_texts){bytes_of(x.f->said[0]), bytes_of(x.f->said[1]), bytes_of(x.f->said[2])};
	r->found = (struct nt_submit_texts){bytes_of(x.f->found[0]), bytes_of(x.f->found[1]), bytes_of(x.f->found[2])};
	tell(&x, told);
	return VF_OK;
}

bool nt_submitting_wants_facts(const struct nt_submitting *u)
{
	return !u->describe && !nt_cli_has(u->cli, "no-facts");
}

VF_RC nt_submitting_fill(struct nt_submitting *u, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	size_t told = 0;

	if (!nt_submitting_wants_facts(u) || u->s.confidential || nt_submit_is_personal(&u->s) || u->g.files.n == 0 ||
		(u->s.version.n && u->s.date.n && u->s.title.n))
		return VF_OK;
	u->filled = calloc(u->n_records, sizeof(*u->filled));
	if (!u->filled)
		return no_memory(reterr);
	for (size_t i = 0; i < u->n_records && rc == VF_OK; i++)
		rc = fill_record(u, i, &told, reterr);
	if (told > MAX_TOLD)
		nt_cli_note(u->cli, "%zu more records are filled from their documents", told - MAX_TOLD);
	return rc;
}

void nt_submitting_filled_done(struct nt_submitting *u)
{
	for (size_t i = 0; u->filled && i < u->n_records; i++)
		for (size_t k = 0; k < NT_OWN_TEXTS; k++) {
			free(u->filled[i].said[k]);
			free(u->filled[i].found[k]);
		}
	free(u->filled);
}
