/* canonical.json: what forms the documents of a record have, as their submitter says. */
#include "notary/forms.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "notary/durable.h"
#include "verify/json.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"

#define MAX_FORMS 8

/* ---- writing ---- */

static void put_form(struct nt_buf *out, enum nt_form form, const struct nt_form_digest *d)
{
	nt_buf_put_str(out, "{\"algorithm\":");
	nt_buf_put_json(out, vf_bytes_str(nt_form_algorithm(form)));
	nt_buf_putf(out, ",\"size\":%" PRIu64 ",\"sha256\":\"", d->size);
	nt_buf_put_hex(out, vf_bytes(d->digests.sha256.b, sizeof(d->digests.sha256.b)));
	nt_buf_put_str(out, "\",\"sha512\":\"");
	nt_buf_put_hex(out, vf_bytes(d->digests.sha512.b, sizeof(d->digests.sha512.b)));
	nt_buf_put_str(out, "\"}");
}

VF_RC nt_declared_write(const struct nt_declared *d, size_t n, struct nt_buf *out, size_t *ret_n, struct vf_err *reterr)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		size_t forms = 0;

		/* the identifiers of nt_form ascend */
		for (size_t f = 0; f < NT_FORM_COUNT; f++) {
			if (!d[i].has[f])
				continue;
			if (forms == 0) {
				nt_buf_put_str(out, found ? ",{\"name\":" : "{\"schema\":\"trialnotary/canonical/1\",\"documents\":[{\"name\":");
				nt_buf_put_json(out, d[i].name);
			}
			nt_buf_put_str(out, forms ? "," : ",\"forms\":[");
			put_form(out, (enum nt_form)f, &d[i].digests[f]);
			forms++;
		}
		if (forms > 0)
			nt_buf_put_str(out, "]}");
		found += forms > 0;
	}
	if (found > 0)
		nt_buf_put_str(out, "]}\n");
	*ret_n = found;
	return nt_buf_check(out, reterr);
}

VF_RC nt_declared_save(const char *path, struct vf_bytes text, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf there = nt_buf(NT_DECLARED_MAX);
	struct stat st;
	char shown[160];

	if (lstat(path, &st) != 0)
		return nt_durable_write(AT_FDCWD, path, text, 0600, reterr);
	if (nt_durable_read(AT_FDCWD, path, &there, NULL) == VF_OK && vf_bytes_eq(nt_buf_bytes(&there), text))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_EXISTS, "'%s' is there already, with another content", shown);
}

/* ---- reading ---- */

static VF_RC shape(struct vf_err *reterr, size_t document, const char *what)
{
	return vf_fail(reterr, VF_JSON_SHAPE, "'" NT_DECLARED_NAME "': document %zu: %s", document + 1, what);
}

static VF_RC read_form(const struct vf_json_value *v, size_t at, struct vf_bytes *last, struct nt_declared *ret, struct vf_err *reterr)
{
	static const char *const names[] = {"algorithm", "size", "sha256", "sha512", NULL};
	struct nt_form_digest d;
	struct vf_bytes algorithm;

	if (!vf_json_is_object(v) || vf_json_check_names(v, names, NULL) != VF_OK || !vf_json_str(vf_json_get(v, "algorithm"), &algorithm) ||
		!vf_json_uint(vf_json_get(v, "size"), &d.size) || !vf_json_hex(vf_json_get(v, "sha256"), d.digests.sha256.b, 32) ||
		!vf_json_hex(vf_json_get(v, "sha512"), d.digests.sha512.b, 64))
		return shape(reterr, at, "a form is not as it must be");
	if (algorithm.n == 0 || algorithm.n > 256 || vf_bytes_cmp(*last, algorithm) >= 0)
		return shape(reterr, at, "forms are not in order");
	*last = algorithm;
	for (size_t f = 0; f < NT_FORM_COUNT; f++) {
		if (!vf_bytes_is(algorithm, nt_form_algorithm((enum nt_form)f)))
			continue;
		ret->has[f] = true;
		ret->digests[f] = d;
	}
	return VF_OK;
}

static VF_RC read_document(const struct vf_json_value *v, size_t at, struct vf_bytes *last, struct nt_declared *ret, struct vf_err *reterr)
{
	static const char *const names[] = {"name", "forms", NULL};
	const struct vf_json_value *forms;
	struct vf_bytes form = {0};
	size_t n;
	enum vf_rc rc;

	*ret = (struct nt_declared){0};
	if (!vf_json_is_object(v) || vf_json_check_names(v, names, NULL) != VF_OK || !vf_json_str(vf_json_get(v, "name"), &ret->name))
		return shape(reterr, at, "not as it must be");
	rc = vf_document_name_check(ret->name, reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_bytes_cmp(*last, ret->name) >= 0)
		return shape(reterr, at, "names are not in order");
	*last = ret->name;
	forms = vf_json_get(v, "forms");
	n = vf_json_count(forms);
	if (n == 0 || n > MAX_FORMS)
		return shape(reterr, at, "not 1 to 8 forms");
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = read_form(vf_json_item(forms, i), at, &form, ret, reterr);
	return rc;
}

static VF_RC read_documents(const struct vf_json_value *root, struct vf_bytes name, struct nt_declared *ret, bool *ret_found,
	struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "documents", NULL};
	const struct vf_json_value *documents = vf_json_get(root, "documents");
	struct vf_bytes schema, last = {0};
	size_t n = vf_json_count(documents);
	enum vf_rc rc = vf_json_check_names(root, names, reterr);

	*ret_found = false;
	if (rc != VF_OK)
		return rc;
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, "trialnotary/canonical/1"))
		return vf_fail(reterr, VF_JSON_SHAPE, "'" NT_DECLARED_NAME "' is of another schema than this version knows");
	if (n == 0 || n > VF_MAX_MEMBERS)
		return vf_fail(reterr, VF_JSON_SHAPE, "'" NT_DECLARED_NAME "' does not list 1 to %d documents", VF_MAX_MEMBERS);
	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		struct nt_declared d;

		rc = read_document(vf_json_item(documents, i), i, &last, &d, reterr);
		if (rc != VF_OK || !vf_bytes_eq(d.name, name))
			continue;
		*ret = d;
		ret->name = name;
		*ret_found = true;
	}
	return rc;
}

VF_RC nt_declared_find(struct vf_bytes text, struct vf_bytes name, struct nt_declared *ret, bool *ret_found, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	enum vf_rc rc;

	if (text.n > NT_DECLARED_MAX)
		return vf_fail(reterr, VF_LIMIT, "'" NT_DECLARED_NAME "' of more than %zu octets", NT_DECLARED_MAX);
	rc = vf_json_parse(text, &doc, reterr);
	return rc == VF_OK ? read_documents(vf_json_root(doc), name, ret, ret_found, reterr) : rc;
}
