/* submit --canonical: what canonical forms the documents of a record have (docs/formats/canonical.md). */
#include <stdlib.h>
#include <string.h>

#include "notary/file_input.h"
#include "notary/forms.h"
#include "notary/hashing.h"
#include "notary/verbs_submit.h"
#include "verify/record.h"
#include "verify/text.h"

/* A file may say that it has no form; that is told, and no reason not to notarise it. */
static VF_RC take_form(struct nt_submitting *u, const struct tr_input *in, enum nt_form form, struct nt_declared *d, struct vf_err *reterr)
{
	struct vf_err err = {0};
	char shown[160];
	enum vf_rc rc = nt_form_digest(in, form, &d->digests[form], &err);

	d->has[form] = rc == VF_OK;
	if (rc == VF_OK)
		return VF_OK;
	if (vf_rc_class(rc) != VF_CLASS_REJECTED && rc != VF_UNSUPPORTED)
		return vf_fail(reterr, rc, "%s", err.text);
	vf_text_escape(shown, sizeof(shown), d->name);
	nt_cli_note(u->cli, "'%s' has no canonical form (%s): %s", shown, nt_form_word(form), err.text);
	return VF_OK;
}

static VF_RC take_forms(struct nt_submitting *u, const struct nt_submit_file *f, struct nt_declared *d, struct vf_err *reterr)
{
	const char *path = (const char *)f->path.p, *name = strrchr(path, '/');
	bool has[NT_FORM_COUNT] = {false};
	struct nt_file_input input;
	struct vf_pair again;
	uint64_t size;
	enum vf_rc rc = nt_file_input_open(&input, path, name ? name + 1 : path, reterr);

	if (rc != VF_OK)
		return rc;
	d->name = f->name;
	rc = nt_forms_of(&input.input, has, reterr);
	for (size_t i = 0; i < NT_FORM_COUNT && rc == VF_OK; i++)
		if (has[i])
			rc = take_form(u, &input.input, (enum nt_form)i, d, reterr);
	nt_file_input_done(&input);
	if (rc != VF_OK || input.read == 0)
		return rc;
	rc = nt_hash_file(path, &again, &size, reterr);
	if (rc == VF_OK && !vf_pair_eq(&again, &f->digests))
		rc = vf_fail(reterr, VF_DOCUMENT_CHANGED, "'%s' changed while it was read", name ? name + 1 : path);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return vf_bytes_cmp(((const struct nt_declared *)a)->name, ((const struct nt_declared *)b)->name);
}

static VF_RC check_name(const struct nt_gathered *g, struct vf_err *reterr)
{
	uint8_t folded[2 * VF_MAX_NAME];

	for (size_t i = 0; i < g->files.n; i++)
		if (vf_bytes_is(vf_bytes(folded, vf_name_fold(g->documents[i].name, folded)), NT_DECLARED_NAME))
			return vf_fail(reterr, VF_NAME_SHAPE, "'" NT_DECLARED_NAME "' is what --canonical makes: rename that file, or leave the option out");
	return VF_OK;
}

static VF_RC add_document(struct nt_gathered *g, const char *path, struct vf_bytes text, struct vf_err *reterr)
{
	g->canonical_path = realpath(path, NULL);
	if (!g->canonical_path)
		return vf_fail(reterr, VF_IO, "the file of --canonical cannot be resolved");
	g->documents[g->files.n] = (struct nt_submit_file){
		.name = vf_bytes_str(NT_DECLARED_NAME),
		.path = vf_bytes_str(g->canonical_path),
		.digests = vf_pair_of(text),
		.size = text.n,
	};
	g->has_canonical = true;
	return VF_OK;
}

VF_RC nt_submitting_canonical(struct nt_submitting *u, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_DECLARED_MAX);
	const char *path = nt_cli_get(u->cli, "canonical");
	struct nt_gathered *g = &u->g;
	struct nt_declared *d = calloc(g->files.n + 1, sizeof(*d));
	size_t n = 0;
	enum vf_rc rc = d ? check_name(g, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for canonical forms");

	for (size_t i = 0; i < g->files.n && rc == VF_OK; i++)
		rc = take_forms(u, &g->documents[i], &d[i], reterr);
	if (rc == VF_OK) {
		qsort(d, g->files.n, sizeof(*d), by_name);
		rc = nt_declared_write(d, g->files.n, &text, &n, reterr);
	}
	free(d);
	if (rc == VF_OK && n == 0)
		nt_cli_note(u->cli, "none of the documents has a canonical form: none is declared");
	if (rc != VF_OK || n == 0)
		return rc;
	rc = nt_declared_save(path, nt_buf_bytes(&text), reterr);
	return rc == VF_OK ? add_document(g, path, nt_buf_bytes(&text), reterr) : rc;
}
