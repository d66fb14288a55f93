#include "trial/read/json.h"

#include "trial/read/json_inside.h"

/* Skips white space; *ret is the octet behind it, -1 at the end, '\n' at the end of a line of many. */
static VF_RC peek_behind(struct tr_json *j, int *ret)
{
	enum vf_rc rc;

	do {
		size_t i = 0;

		for (; i < j->in.n; i++) {
			uint8_t c = j->in.p[i];

			if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
				break;
			if (c != '\n')
				continue;
			if (j->lines && (j->depth || j->want != WANT_VALUE))
				break;
			j->line++;
			j->line_at = offset(j) + i + 1;
		}
		advance(j, i);
		if (j->in.n) {
			*ret = j->in.p[0];
			return VF_OK;
		}
		rc = fill(j);
		if (rc != VF_OK)
			return rc;
	} while (j->in.n);
	*ret = -1;
	return VF_OK;
}

/* The same where no white space stands, which is nearly everywhere. */
static inline VF_RC peek(struct tr_json *j, int *ret)
{
	if (!j->in.n || j->in.p[0] <= ' ')
		return peek_behind(j, ret);
	*ret = j->in.p[0];
	return VF_OK;
}

/* ---- names ---- */

/* Up to the colon behind a name. */
static VF_RC take_name(struct tr_json *j, int c)
{
	struct vf_bytes b;

	if (c != '"')
		return tr_json_fault(j, VF_FILE_SHAPE, c < 0 ? "the text ends in an object" : "no name where one must stand");
	advance(j, 1);
	if (tr_json_take_string(j, &b) != VF_OK || tr_json_add_name(j, b) != VF_OK || peek(j, &c) != VF_OK)
		return j->err.rc;
	if (c != ':')
		return tr_json_fault(j, VF_FILE_SHAPE, "no colon behind a name");
	advance(j, 1);
	return VF_OK;
}

/* ---- values ---- */

/* Begins a token where the reader is: as what it stands, and nothing of a value. */
static void place_token(struct tr_json *j)
{
	const struct tr_json_level *l = j->depth ? &j->levels[j->depth - 1] : NULL;

	j->token.depth = j->depth;
	j->token.has_name = l && l->is_object;
	j->token.index = l && !l->is_object ? l->index : 0;
	j->token.name = j->token.has_name ? tr_json_name_at(j, j->depth - 1) : vf_bytes(NULL, 0);
	j->token.value = vf_bytes(NULL, 0);
}

static VF_RC open_value(struct tr_json *j, bool is_object)
{
	if (j->depth == TR_JSON_MAX_DEPTH)
		return tr_json_fault(j, VF_LIMIT, "too many values within each other");
	advance(j, 1);
	j->levels[j->depth++] = (struct tr_json_level){.is_object = is_object, .first_name = j->n_names};
	j->token.event = is_object ? TR_JSON_OBJECT : TR_JSON_ARRAY;
	j->want = is_object ? WANT_FIRST_NAME : WANT_FIRST_VALUE;
	return VF_OK;
}

static VF_RC take_word(struct tr_json *j, const char *word, enum tr_json_event event)
{
	int c;

	for (const char *w = word; *w; w++) {
		if (take(j, &c) != VF_OK)
			return j->err.rc;
		if (c != *w)
			return tr_json_fault(j, VF_FILE_SHAPE, "no value where one must stand");
	}
	j->token.event = event;
	return VF_OK;
}

static size_t digits(struct vf_bytes b, size_t i)
{
	while (i < b.n && b.p[i] >= '0' && b.p[i] <= '9')
		i++;
	return i;
}

/* RFC 8259 section 6. */
static bool is_number(struct vf_bytes b)
{
	size_t i = b.n && b.p[0] == '-', k;

	if (i == b.n)
		return false;
	k = digits(b, i);
	if (k == i || (b.p[i] == '0' && k > i + 1))
		return false;
	i = k;
	if (i < b.n && b.p[i] == '.') {
		k = digits(b, i + 1);
		if (k == i + 1)
			return false;
		i = k;
	}
	if (i < b.n && (b.p[i] | 0x20) == 'e') {
		i++;
		if (i < b.n && (b.p[i] == '+' || b.p[i] == '-'))
			i++;
		k = digits(b, i);
		if (k == i)
			return false;
		i = k;
	}
	return i == b.n;
}

static size_t number_length(struct vf_bytes b)
{
	size_t i = 0;

	while (i < b.n && ((b.p[i] >= '0' && b.p[i] <= '9') || b.p[i] == '.' || b.p[i] == '-' || b.p[i] == '+' ||
				  (b.p[i] | 0x20) == 'e'))
		i++;
	return i;
}

static VF_RC take_number(struct tr_json *j)
{
	size_t n = number_length(j->in);

	j->token.value = vf_bytes(j->in.p, n);
	if (n == j->in.n) {
		j->value.n = 0;
		do {
			if (tr_json_append(j, &j->value, TR_JSON_MAX_TEXT, j->in.p, n) != VF_OK)
				return j->err.rc;
			advance(j, n);
			if (fill(j) != VF_OK)
				return j->err.rc;
			n = number_length(j->in);
		} while (n);
		j->token.value = vf_bytes(j->value.p, j->value.n);
	}
	if (!is_number(j->token.value))
		return tr_json_fault(j, VF_FILE_SHAPE, "a number that is none");
	advance(j, n);
	j->token.event = TR_JSON_NUMBER;
	return VF_OK;
}

/* A value that begins with c. */
static VF_RC take_value(struct tr_json *j, int c)
{
	enum vf_rc rc;

	mark(j);
	place_token(j);
	if (c == '{' || c == '[')
		return open_value(j, c == '{');
	if (c == '"') {
		advance(j, 1);
		rc = tr_json_take_string(j, &j->token.value);
		j->token.event = TR_JSON_STRING;
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		rc = take_number(j);
	} else if (c == 't') {
		rc = take_word(j, "true", TR_JSON_TRUE);
	} else if (c == 'f') {
		rc = take_word(j, "false", TR_JSON_FALSE);
	} else if (c == 'n') {
		rc = take_word(j, "null", TR_JSON_NULL);
	} else {
		rc = tr_json_fault(j, VF_FILE_SHAPE, c < 0 ? "the text ends where a value must stand" :
			"no value where one must stand");
	}
	if (rc == VF_OK)
		j->want = j->depth ? WANT_MORE : WANT_END;
	return rc;
}

static VF_RC close_value(struct tr_json *j)
{
	mark(j);
	advance(j, 1);
	tr_json_drop_names(j, j->levels[--j->depth].first_name);
	place_token(j);
	j->token.event = TR_JSON_CLOSE;
	j->want = j->depth ? WANT_MORE : WANT_END;
	return VF_OK;
}

static VF_RC take_member(struct tr_json *j, int c)
{
	if (take_name(j, c) != VF_OK || peek(j, &c) != VF_OK)
		return j->err.rc;
	return take_value(j, c);
}

/* Behind a value in an array or object. */
static VF_RC take_more(struct tr_json *j, int c)
{
	struct tr_json_level *l = &j->levels[j->depth - 1];

	if (c == (l->is_object ? '}' : ']'))
		return close_value(j);
	if (c != ',')
		return tr_json_fault(j, VF_FILE_SHAPE, c < 0 ? "the text ends in a value" : c == '\n' ? "the line ends in a value" :
			l->is_object ? "neither a comma nor the end of the object" : "neither a comma nor the end of the array");
	advance(j, 1);
	if (peek(j, &c) != VF_OK)
		return j->err.rc;
	if (l->is_object)
		return take_member(j, c);
	l->index++;
	return take_value(j, c);
}

static VF_RC take_bom(struct tr_json *j)
{
	int a, b;

	j->begun = true;
	if (fill(j) != VF_OK)
		return j->err.rc;
	if (!j->in.n || j->in.p[0] != 0xef)
		return VF_OK;
	advance(j, 1);
	if (take(j, &a) != VF_OK || take(j, &b) != VF_OK)
		return j->err.rc;
	j->line_at = offset(j);
	return a == 0xbb && b == 0xbf ? VF_OK : tr_json_fault(j, VF_FILE_SHAPE, "no value where one must stand");
}

static VF_RC take_token(struct tr_json *j)
{
	int c = -1;

	if (j->want == WANT_NOTHING)
		return j->err.rc;
	if (j->want == WANT_LINE)
		return VF_OK;
	if (!j->begun && take_bom(j) != VF_OK)
		return j->err.rc;
	if (peek(j, &c) != VF_OK)
		return j->err.rc;
	switch (j->want) {
	case WANT_FIRST_VALUE:
		return c == ']' ? close_value(j) : take_value(j, c);
	case WANT_FIRST_NAME:
		return c == '}' ? close_value(j) : take_member(j, c);
	case WANT_MORE:
		return take_more(j, c);
	case WANT_END:
		if (c >= 0 && c != '\n')
			return tr_json_fault(j, VF_FILE_SHAPE, "something stands behind the value");
		mark(j);
		j->token = (struct tr_json_token){.event = TR_JSON_END};
		j->want = WANT_LINE;
		return VF_OK;
	case WANT_VALUE:
	case WANT_LINE:
	case WANT_NOTHING:
		break;
	}
	return take_value(j, c);
}

VF_RC tr_json_next(struct tr_json *j, const struct tr_json_token **ret, struct vf_err *reterr)
{
	enum vf_rc rc = take_token(j);

	if (rc != VF_OK) {
		if (reterr)
			*reterr = j->err;
		return rc;
	}
	*ret = &j->token;
	return VF_OK;
}

VF_RC tr_json_skip(struct tr_json *j, struct vf_err *reterr)
{
	size_t depth = j->token.depth;
	const struct tr_json_token *t = &j->token;
	enum vf_rc rc;

	if (t->event != TR_JSON_OBJECT && t->event != TR_JSON_ARRAY)
		return VF_OK;
	do {
		rc = tr_json_next(j, &t, reterr);
		if (rc != VF_OK)
			return rc;
	} while (t->event != TR_JSON_CLOSE || t->depth != depth);
	return VF_OK;
}

VF_RC tr_json_line(struct tr_json *j, bool *ret_more, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	int c = -1;

	if (j->want == WANT_LINE) {
		j->want = WANT_VALUE;
		rc = peek(j, &c);
		if (rc == VF_OK && c < 0)
			j->want = WANT_LINE;
	} else {
		rc = j->want == WANT_NOTHING ? j->err.rc : vf_fail(&j->err, VF_INTERNAL, "a line that was not read to its end");
	}
	if (rc != VF_OK) {
		if (reterr)
			*reterr = j->err;
		return rc;
	}
	*ret_more = c >= 0;
	return VF_OK;
}

/* ---- the beginning and the end ---- */

VF_RC tr_json_new_from(struct tr_reading *r, const struct tr_source *from, bool lines, struct tr_json **ret,
	struct vf_err *reterr)
{
	struct tr_json *j = calloc(1, sizeof(*j));

	(void)r;
	if (!j)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for JSON");
	j->from = from;
	j->lines = lines;
	j->line = 1;
	*ret = j;
	return VF_OK;
}

VF_RC tr_json_new(struct tr_reading *r, struct tr_json **ret, struct vf_err *reterr)
{
	struct tr_json *j = NULL;
	enum vf_rc rc = tr_json_new_from(r, NULL, false, &j, reterr);

	if (rc != VF_OK)
		return rc;
	j->own_buffer = malloc(TR_SOURCE_BUFFER);
	if (!j->own_buffer) {
		tr_json_free(j);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for JSON");
	}
	tr_input_source_init(&j->own, r->in, 0, j->own_buffer);
	j->from = &j->own.source;
	*ret = j;
	return VF_OK;
}

void *tr_json_free(struct tr_json *j)
{
	if (!j)
		return NULL;
	free(j->own_buffer);
	free(j->text.p);
	free(j->value.p);
	free(j->names);
	free(j->heads);
	free(j);
	return NULL;
}
