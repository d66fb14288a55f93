/* A JSON object as elements. */
#include "trial/read/element.h"
#include "trial/read/json.h"

#define MAX_NAME 40

struct walk {
	const struct tr_tree_json *to;
	struct tr_json *j;
	/* Names of the arrays that are open, as an array of elements is no element itself; copies, as tokens do not last. */
	struct {
		char name[MAX_NAME];
		size_t n;
	} lists[TR_JSON_MAX_DEPTH + 2];
	size_t depths[TR_TREE_MAX_DEPTH]; /* of the elements that are open, in JSON */
};

static struct vf_bytes value_of(const struct tr_json_token *t)
{
	if (t->event == TR_JSON_TRUE || t->event == TR_JSON_FALSE)
		return vf_bytes_str(t->event == TR_JSON_TRUE ? "true" : "false");
	return t->value;
}

static VF_RC read_list(struct walk *k, const struct tr_json_token *t, struct vf_err *reterr)
{
	size_t n = t->name.n;

	/* a list in a list, or of a name that no element has */
	if (!t->has_name || n >= MAX_NAME)
		return tr_json_skip(k->j, reterr);
	memcpy(k->lists[t->depth].name, t->name.p, n);
	k->lists[t->depth].n = n;
	return VF_OK;
}

static VF_RC close_element(struct walk *k, struct vf_err *reterr)
{
	enum vf_rc rc = k->to->close ? k->to->close(k->to->ctx, reterr) : VF_OK;

	tr_tree_close(k->to->t);
	return rc;
}

static VF_RC read_element(struct walk *k, const struct tr_json_token *t, struct vf_err *reterr)
{
	bool taken = false, in_list = !t->has_name, is_object = t->event == TR_JSON_OBJECT;
	struct vf_bytes name = t->name;
	size_t depth = t->depth;
	enum vf_rc rc = VF_OK;

	if (!is_object && !in_list && k->to->scalar)
		rc = k->to->scalar(k->to->ctx, name, value_of(t), &taken, reterr);
	if (rc != VF_OK || taken)
		return rc;
	if (in_list)
		name = vf_bytes(k->lists[depth - 1].name, k->lists[depth - 1].n);
	rc = tr_tree_open(k->to->t, name, in_list, in_list ? t->index : 0, &taken, reterr);
	if (rc != VF_OK)
		return rc;
	if (!taken)
		return is_object ? tr_json_skip(k->j, reterr) : VF_OK;
	k->depths[k->to->t->n_open - 1] = depth;
	if (is_object)
		return VF_OK;
	rc = tr_tree_value(k->to->t, value_of(t), reterr);
	return rc == VF_OK ? close_element(k, reterr) : rc;
}

static VF_RC walk(struct walk *k, struct vf_err *reterr)
{
	const struct tr_json_token *t;
	enum vf_rc rc = tr_json_next(k->j, &t, reterr);

	if (rc == VF_OK && t->event != TR_JSON_OBJECT)
		return vf_fail(reterr, VF_FILE_SHAPE, "no JSON object");
	while (rc == VF_OK) {
		rc = tr_json_next(k->j, &t, reterr);
		if (rc != VF_OK || t->event == TR_JSON_END)
			return rc;
		if (t->event == TR_JSON_ARRAY)
			rc = read_list(k, t, reterr);
		else if (t->event == TR_JSON_CLOSE && t->depth == k->depths[k->to->t->n_open - 1])
			rc = close_element(k, reterr);
		else if (t->event != TR_JSON_CLOSE && t->event != TR_JSON_NULL)
			rc = read_element(k, t, reterr);
	}
	return rc;
}

VF_RC tr_tree_read_json(const struct tr_tree_json *j, struct vf_err *reterr)
{
	struct walk k = {.to = j};
	enum vf_rc rc = tr_json_new(j->t->r, &k.j, reterr);

	if (rc == VF_OK)
		rc = walk(&k, reterr);
	tr_json_free(k.j);
	return rc;
}
