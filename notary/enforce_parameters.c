/* Parameters of rules as they are submitted and read. */
#include <stdlib.h>

#include "notary/enforce.h"
#include "notary/file_input.h"
#include "notary/rules_index.h"

#define MAX_PARAMETERS ((size_t)1024 * 1024)

static bool lays_down(const struct nt_submit *s)
{
	return s->kind == TR_OTHER && nt_rules_is_parameters(s->details.n ? s->details : s->details_file);
}

VF_RC nt_enforce_read(const struct nt_content *c, void **ret_block, struct tr_parameters *ret, struct vf_err *reterr)
{
	struct nt_file_input in;
	struct vf_arena a;
	void *block = malloc(4 * MAX_PARAMETERS);
	uint8_t *text;
	enum vf_rc rc;

	nt_file_input_of(&in, c->fd, c->size, vf_bytes_str(TR_PARAMETERS_NAME));
	if (block)
		vf_arena_init(&a, block, 4 * MAX_PARAMETERS);
	text = block && c->size <= MAX_PARAMETERS ? VF_NEW(&a, (size_t)c->size + 1, uint8_t) : NULL;
	if (c->size > MAX_PARAMETERS)
		rc = vf_fail(reterr, VF_LIMIT, "'%s' has more than 1 MiB", TR_PARAMETERS_NAME);
	else if (!text)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for parameters");
	else
		rc = tr_input_take(&in.input, 0, text, (size_t)c->size, reterr);
	nt_file_input_done(&in);
	if (rc == VF_OK)
		rc = tr_parameters_read(vf_bytes(text, (size_t)c->size), &a, ret, reterr);
	if (rc == VF_OK)
		*ret_block = block;
	else
		free(block);
	return rc;
}

static VF_RC check_file(struct nt_notary *n, const struct nt_submit *s, const struct nt_submit_file *f, size_t *ret_rules,
	struct vf_err *reterr)
{
	const struct nt_document d = {.name = f->name, .digests = f->digests, .size = f->size, .path = f->path};
	const struct nt_export_options nowhere = {0};
	struct tr_parameters p = tr_parameters_default;
	struct nt_content content;
	void *block = NULL;
	struct vf_err why = {0};
	enum vf_rc rc = nt_document_open(n, &nowhere, &d, &content, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_enforce_read(&content, &block, &p, &why);
	free(block);
	if (rc != VF_OK)
		return vf_fail(reterr, rc, "'%s': %s", TR_PARAMETERS_NAME, why.text);
	if (n && p.n_enforce && !s->keep && f->path.n)
		return vf_fail(reterr, VF_USAGE, "a '%s' that enforces rules must be kept in the notary: --keep", TR_PARAMETERS_NAME);
	*ret_rules += p.n_enforce;
	return VF_OK;
}

VF_RC nt_enforce_check(struct nt_notary *n, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	bool *ret, size_t *ret_rules, struct vf_err *reterr)
{
	size_t rules = 0;
	enum vf_rc rc = VF_OK;

	*ret = lays_down(s);
	for (size_t i = 0; i < count && *ret && rc == VF_OK; i++) {
		const struct nt_submit_file *found = NULL;

		for (size_t j = 0; j < records[i].n_files; j++)
			if (vf_bytes_is(records[i].files[j].name, TR_PARAMETERS_NAME))
				found = &records[i].files[j];
		rc = found ? check_file(n, s, found, &rules, reterr)
			   : vf_fail(reterr, VF_JSON_SHAPE, "a record of '%s' needs a document '%s'", TR_PARAMETERS_WHAT, TR_PARAMETERS_NAME);
	}
	if (ret_rules)
		*ret_rules = rules;
	return rc;
}
