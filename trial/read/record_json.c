/* Records of registries in JSON. */
#include "trial/read/record_walk.h"

static VF_RC json_value(struct tr_record *rec, const struct tr_json_token *t, struct vf_err *reterr)
{
	const struct tr_part *part = tr_record_part(rec, false);

	if (!part)
		return VF_OK;
	switch (t->event) {
	case TR_JSON_STRING:
	case TR_JSON_NUMBER:
		return tr_record_say_part(rec, part, t->value, reterr);
	case TR_JSON_TRUE:
		return tr_record_say_part(rec, part, vf_bytes_str("true"), reterr);
	case TR_JSON_FALSE:
		return tr_record_say_part(rec, part, vf_bytes_str("false"), reterr);
	case TR_JSON_NULL:
	case TR_JSON_END:
	case TR_JSON_OBJECT:
	case TR_JSON_ARRAY:
	case TR_JSON_CLOSE:
		break;
	}
	return VF_OK;
}

/* *ret_descend: it is an object or an array, and what is in it is still to be read. */
static VF_RC json_member(struct tr_record *rec, struct tr_json *j, const struct tr_json_token *t, bool *ret_descend,
	struct vf_err *reterr)
{
	const struct tr_part *item;
	size_t before = rec->n_path;
	enum vf_rc rc;

	*ret_descend = false;
	if (!tr_record_enter(rec, "", t->has_name ? t->name : vf_bytes_str("+")))
		return tr_json_skip(j, reterr);
	tr_record_keep_place(rec, tr_json_place(j));
	if (t->event == TR_JSON_OBJECT || t->event == TR_JSON_ARRAY) {
		*ret_descend = true;
		item = tr_record_part(rec, true);
		if (item)
			tr_record_open(rec, item);
		return VF_OK;
	}
	rc = json_value(rec, t, reterr);
	tr_record_leave(rec, before);
	return rc;
}

VF_RC tr_record_json_member(
	struct tr_record *rec, struct tr_json *j, const struct tr_json_token *t, struct vf_err *reterr)
{
	size_t before = rec->n_path;
	bool descend;
	enum vf_rc rc = json_member(rec, j, t, &descend, reterr);

	if (rc == VF_OK && descend)
		rc = tr_record_json(rec, j, reterr);
	tr_record_leave(rec, before);
	return rc;
}

VF_RC tr_record_json(struct tr_record *rec, struct tr_json *j, struct vf_err *reterr)
{
	size_t lengths[TR_JSON_MAX_DEPTH + 1] = {0},
					   open = 0; /* lengths[i]: before the i-th that is open was entered */
	const struct tr_json_token *t;
	bool descend;
	enum vf_rc rc;

	for (;;) {
		size_t before = rec->n_path;

		rc = tr_json_next(j, &t, reterr);
		if (rc != VF_OK || t->event == TR_JSON_END)
			return rc;
		if (t->event == TR_JSON_CLOSE) {
			if (open == 0)
				return VF_OK;
			tr_record_leave(rec, lengths[--open]);
			continue;
		}
		rc = json_member(rec, j, t, &descend, reterr);
		if (rc != VF_OK)
			return rc;
		if (descend)
			lengths[open++] = before;
	}
}
