#include "trial/read/mapping.h"

#include <stdlib.h>

#include "verify/json.h"
#include "verify/text.h"

#define SCHEMA "trialnotary/mapping/1"

struct tr_mapping *tr_mapping_free(struct tr_mapping *m)
{
	if (!m)
		return NULL;
	vf_json_free(m->doc);
	free(m->consents);
	free(m->withdrawals);
	free(m);
	return NULL;
}

void tr_mapping_freep(struct tr_mapping **m)
{
	tr_mapping_free(*m);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A text that can be compared with what stands in a file. */
static VF_RC take_text(const struct vf_json_value *v, struct vf_bytes *ret, struct vf_err *reterr)
{
	if (!vf_json_str(v, ret))
		return vf_fail(reterr, VF_JSON_SHAPE, "a value is not a string");
	if (!ret->n)
		return vf_fail(reterr, VF_JSON_SHAPE, "a string is empty");
	if (ret->n > TR_MAX_MAPPING_TEXT)
		return vf_fail(reterr, VF_LIMIT, "a string is longer than %d octets", TR_MAX_MAPPING_TEXT);
	if (is_space(ret->p[0]) || is_space(ret->p[ret->n - 1]))
		return vf_fail(reterr, VF_JSON_SHAPE, "a string begins or ends with white space");
	return VF_OK;
}

static VF_RC take_member(
	const struct vf_json_value *object, const char *name, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct vf_json_value *v = vf_json_get(object, name);
	enum vf_rc rc;

	if (!v)
		return VF_OK;
	rc = take_text(v, ret, reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "'%s'", name);
	return rc;
}

/* How one list is read: an entry that says what one before it says is a mistake of who wrote it. */
struct list {
	const char *name;
	size_t size;
	VF_RC (*take)(const struct vf_json_value *v, void *ret, struct vf_err *reterr);
	bool (*is_again)(const void *a, const void *b);
};

static VF_RC take_entries(
	const struct list *l, const struct vf_json_value *v, uint8_t *to, size_t n, struct vf_err *reterr)
{
	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc = l->take(vf_json_item(v, i), to + i * l->size, reterr);

		for (size_t k = 0; rc == VF_OK && k < i; k++)
			if (l->is_again(to + i * l->size, to + k * l->size))
				rc = vf_fail(reterr, VF_JSON_SHAPE, "says what [%zu] says already", k);
		if (rc != VF_OK) {
			vf_err_prefix(reterr, "%s[%zu]", l->name, i);
			return rc;
		}
	}
	return VF_OK;
}

static VF_RC take_list(
	const struct list *l, const struct vf_json_value *root, void **ret, size_t *ret_n, struct vf_err *reterr)
{
	const struct vf_json_value *v = vf_json_get(root, l->name);
	size_t n = vf_json_count(v);

	if (!v)
		return VF_OK;
	if (!vf_json_is_array(v))
		return vf_fail(reterr, VF_JSON_SHAPE, "'%s' is not a list", l->name);
	if (n > TR_MAX_MAPPING_ENTRIES)
		return vf_fail(reterr, VF_LIMIT, "'%s' has more than %d entries", l->name, TR_MAX_MAPPING_ENTRIES);
	*ret = calloc(n + 1, l->size);
	if (!*ret)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a mapping");
	*ret_n = n;
	return take_entries(l, v, *ret, n, reterr);
}

static VF_RC take_dated(
	const struct vf_json_value *v, const char *more, struct tr_mapping_item *m, struct vf_err *reterr)
{
	const char *const names[] = {"?form", "?group", "item", more, NULL};
	enum vf_rc rc = vf_json_check_names(v, names, reterr);

	if (rc == VF_OK)
		rc = take_member(v, "form", &m->form, reterr);
	if (rc == VF_OK)
		rc = take_member(v, "group", &m->group, reterr);
	if (rc == VF_OK)
		rc = take_member(v, "item", &m->item, reterr);
	return rc;
}

static VF_RC take_consent(const struct vf_json_value *v, void *ret, struct vf_err *reterr)
{
	struct tr_mapping_item *m = ret;
	enum vf_rc rc = take_dated(v, "?version", m, reterr);

	return rc != VF_OK ? rc : take_member(v, "version", &m->version, reterr);
}

static VF_RC take_withdrawal(const struct vf_json_value *v, void *ret, struct vf_err *reterr)
{
	struct tr_mapping_item *m = ret;
	enum vf_rc rc = take_dated(v, "?scope", m, reterr);

	return rc != VF_OK ? rc : take_member(v, "scope", &m->scope, reterr);
}

static bool is_item_again(const void *a, const void *b)
{
	const struct tr_mapping_item *x = a, *y = b;

	return vf_bytes_eq(x->form, y->form) && vf_bytes_eq(x->group, y->group) && vf_bytes_eq(x->item, y->item);
}

enum { CONSENTS, WITHDRAWALS, N_LISTS };

static const struct list lists[N_LISTS] = {
	[CONSENTS] = {"consents", sizeof(struct tr_mapping_item), take_consent, is_item_again},
	[WITHDRAWALS] = {"withdrawals", sizeof(struct tr_mapping_item), take_withdrawal, is_item_again},
};

static VF_RC take_lists(const struct vf_json_value *root, struct tr_mapping *m, struct vf_err *reterr)
{
	void *of[N_LISTS] = {NULL};
	size_t n[N_LISTS] = {0};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < N_LISTS; i++)
		rc = take_list(&lists[i], root, &of[i], &n[i], reterr);
	/* whatever was taken is the mapping's, so that a refusal frees it */
	m->consents = of[CONSENTS], m->n_consents = n[CONSENTS];
	m->withdrawals = of[WITHDRAWALS], m->n_withdrawals = n[WITHDRAWALS];
	return rc;
}

static VF_RC take_all(const struct vf_json_value *root, struct tr_mapping *m, struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "?study", "?consents", "?withdrawals", NULL};
	struct vf_bytes schema;
	enum vf_rc rc = vf_json_check_names(root, names, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, SCHEMA))
		return vf_fail(reterr, VF_JSON_SHAPE, "'schema' is not '%s'", SCHEMA);
	rc = take_member(root, "study", &m->study, reterr);
	return rc != VF_OK ? rc : take_lists(root, m, reterr);
}

VF_RC tr_mapping_parse(struct vf_bytes json, struct tr_mapping **ret, struct vf_err *reterr)
{
	VF_CLEANUP(tr_mapping_freep) struct tr_mapping *m = NULL;
	enum vf_rc rc;

	if (json.n > TR_MAX_MAPPING)
		return vf_fail(reterr, VF_LIMIT, "a mapping of more than %zu octets", TR_MAX_MAPPING);
	m = calloc(1, sizeof(*m));
	if (!m)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a mapping");
	rc = vf_json_parse(json, &m->doc, reterr);
	if (rc == VF_OK)
		rc = take_all(vf_json_root(m->doc), m, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = m;
	m = NULL;
	return VF_OK;
}
