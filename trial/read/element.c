#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/element.h"

/* ---- memory ---- */

#define BLOCK ((size_t)64 * 1024)

struct tr_pool_block {
	struct tr_pool_block *next;
	size_t used, cap;
	uint64_t data[];
};

static VF_RC pool_grow(struct tr_pool *p, size_t n, struct vf_err *reterr)
{
	size_t cap = n > BLOCK ? n : BLOCK;
	struct tr_pool_block *b;

	if (p->now && p->now->next && p->now->next->cap >= n) {
		p->now = p->now->next;
		p->now->used = 0;
		return VF_OK;
	}
	if (cap > TR_TREE_ROOM || p->total > TR_TREE_ROOM - cap)
		return vf_fail(reterr, VF_LIMIT, "more than %zu octets of elements that belong together", TR_TREE_ROOM);
	b = malloc(sizeof(*b) + cap);
	if (!b)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for elements");
	b->used = 0;
	b->cap = cap;
	b->next = p->now ? p->now->next : NULL;
	if (p->now)
		p->now->next = b;
	else
		p->first = b;
	p->now = b;
	p->total += cap;
	return VF_OK;
}

static VF_RC pool_take(struct tr_pool *p, size_t n, void **ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (n > TR_TREE_ROOM)
		return vf_fail(reterr, VF_LIMIT, "more than %zu octets of elements that belong together", TR_TREE_ROOM);
	n = (n + 7) & ~(size_t)7;
	if (!p->now || n > p->now->cap - p->now->used)
		rc = pool_grow(p, n, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (uint8_t *)p->now->data + p->now->used;
	p->now->used += n;
	return VF_OK;
}

static VF_RC pool_copy(struct tr_pool *p, struct vf_bytes from, struct vf_bytes *ret, struct vf_err *reterr)
{
	void *to;
	enum vf_rc rc = VF_OK;

	*ret = (struct vf_bytes){0};
	if (from.n)
		rc = pool_take(p, from.n, &to, reterr);
	if (rc != VF_OK || !from.n)
		return rc;
	memcpy(to, from.p, from.n);
	*ret = vf_bytes(to, from.n);
	return VF_OK;
}

static struct tr_pool_mark pool_mark(const struct tr_pool *p)
{
	return (struct tr_pool_mark){p->now, p->now ? p->now->used : 0};
}

static void pool_reset(struct tr_pool *p, struct tr_pool_mark mark)
{
	if (!mark.block)
		return;
	p->now = mark.block;
	p->now->used = mark.used;
}

/* ---- building ---- */

static const struct tr_element_list *list_of(const struct tr_tree *t, const struct tr_element *in)
{
	bool is_resource = !in->field || in->field->type == TR_EL_HOLDER;

	return &t->lists[is_resource ? t->root_type : in->field->type];
}

static const struct tr_element_field *find(const struct tr_element_list *list, struct vf_bytes name)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct tr_element_field *f = &list->fields[i];

		if (f->n == name.n && memcmp(f->name, name.p, name.n) == 0)
			return f;
	}
	return NULL;
}

static VF_RC add(struct tr_tree *t, const struct tr_element_field *field, struct vf_err *reterr)
{
	struct tr_element *parent = tr_tree_at(t), *el;
	void *room;
	enum vf_rc rc = pool_take(&t->pool, sizeof(*el), &room, reterr);

	if (rc != VF_OK)
		return rc;
	el = room;
	*el = (struct tr_element){.field = field, .parent = parent};
	if (parent && parent->last)
		parent->last->next = el;
	else if (parent)
		parent->first = el;
	if (parent)
		parent->last = el;
	t->open[t->n_open++] = el;
	return VF_OK;
}

VF_RC tr_tree_begin(struct tr_tree *t, struct tr_reading *r, bool is_json, const struct tr_element_list *lists,
	unsigned root_type, struct vf_err *reterr)
{
	*t = (struct tr_tree){.r = r, .is_json = is_json, .lists = lists, .root_type = root_type};
	return add(t, NULL, reterr);
}

struct tr_element *tr_tree_at(const struct tr_tree *t)
{
	return t->n_open ? t->open[t->n_open - 1] : NULL;
}

VF_RC tr_tree_open(struct tr_tree *t, struct vf_bytes name, bool in_list, uint64_t at, bool *ret_taken,
	struct vf_err *reterr)
{
	struct tr_element *parent = tr_tree_at(t);
	const struct tr_element_list *list = list_of(t, parent);
	const struct tr_element_field *field = find(list, name);
	uint32_t *counts = t->counts[t->n_open - 1];
	enum vf_rc rc;

	*ret_taken = false;
	if (!field || t->n_open == TR_TREE_MAX_DEPTH)
		return VF_OK;
	if (parent->is_other && !vf_bytes_is(name, "id") && !vf_bytes_is(name, "meta") && !vf_bytes_is(name, "language"))
		return VF_OK;
	if (field->type == TR_EL_ENTRY && !parent->field)
		t->mark = pool_mark(&t->pool);
	if (!t->is_json)
		at = counts[field - list->fields]++;
	rc = add(t, field, reterr);
	if (rc != VF_OK)
		return rc;
	memset(t->counts[t->n_open - 1], 0, list_of(t, tr_tree_at(t))->n * sizeof(uint32_t));
	tr_tree_at(t)->at = at;
	tr_tree_at(t)->in_list = in_list;
	*ret_taken = true;
	return VF_OK;
}

VF_RC tr_tree_value(struct tr_tree *t, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_element *el = tr_tree_at(t);

	if (el->field && el->field->type == TR_EL_HEAD && value.n > TR_TREE_HEAD)
		value.n = TR_TREE_HEAD;
	return pool_copy(&t->pool, value, &el->value, reterr);
}

VF_RC tr_tree_copy(struct tr_tree *t, struct vf_bytes from, struct vf_bytes *ret, struct vf_err *reterr)
{
	return pool_copy(&t->pool, from, ret, reterr);
}

/* The entry is the last element there is. */
static void drop(struct tr_tree *t, struct tr_element *entry)
{
	struct tr_element *parent = entry->parent, *before = NULL;

	for (struct tr_element *el = parent->first; el && el != entry; el = el->next)
		before = el;
	parent->last = before;
	if (before)
		before->next = NULL;
	else
		parent->first = NULL;
	pool_reset(&t->pool, t->mark);
}

void tr_tree_close(struct tr_tree *t)
{
	struct tr_element *el = tr_tree_at(t);

	if (!el->field)
		return;
	t->n_open--;
	if (el->field->type != TR_EL_ENTRY || el->parent->field)
		return;
	t->entries++;
	drop(t, el);
}

void tr_tree_done(struct tr_tree *t)
{
	struct tr_pool_block *b = t->pool.first, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	t->pool = (struct tr_pool){0};
}

/* ---- what is in it ---- */

static bool is_named(const struct tr_element *el, const char *name, size_t n)
{
	return el->field && el->field->n == n && memcmp(el->field->name, name, n) == 0;
}

static const struct tr_element *get_n(const struct tr_element *of, const char *name, size_t n)
{
	for (const struct tr_element *el = of ? of->first : NULL; el; el = el->next)
		if (is_named(el, name, n))
			return el;
	return NULL;
}

const struct tr_element *tr_element_get(const struct tr_element *of, const char *name)
{
	return get_n(of, name, strlen(name));
}

const struct tr_element *tr_element_next(const struct tr_element *el)
{
	for (const struct tr_element *next = el->next; next; next = next->next)
		if (next->field == el->field)
			return next;
	return NULL;
}

struct vf_bytes tr_element_value(const struct tr_element *of, const char *name)
{
	const struct tr_element *el = tr_element_get(of, name);

	return el ? el->value : (struct vf_bytes){0};
}

const struct tr_element *tr_element_path(const struct tr_element *of, const char *path)
{
	const char *end = path;

	for (; of; path = end + 1) {
		end = strchr(path, '/');
		if (!end)
			return tr_element_get(of, path);
		of = get_n(of, path, (size_t)(end - path));
	}
	return NULL;
}

/* ---- places ---- */

struct text {
	char *out;
	size_t cap, n;
};

static void append(struct text *t, const char *s, size_t n)
{
	if (n > t->cap - 1 - t->n)
		n = t->cap - 1 - t->n;
	memcpy(t->out + t->n, s, n);
	t->n += n;
	t->out[t->n] = '\0';
}

static void append_number(struct text *t, uint64_t n)
{
	char number[32];

	snprintf(number, sizeof(number), "%" PRIu64, n);
	append(t, number, strlen(number));
}

/* Elements of the file's resource are few levels deep (TR_RESOURCE_MAX_DEPTH). */
static void put_path(struct text *t, const struct tr_element *el, bool is_json)
{
	if (el->parent)
		put_path(t, el->parent, is_json);
	if (el->field) {
		append(t, "/", 1);
		append(t, el->field->name, el->field->n);
	}
	if (is_json && el->in_list) {
		append(t, "/", 1);
		append_number(t, el->at);
	} else if (!is_json && el->at > 0) {
		append(t, "[", 1);
		append_number(t, el->at + 1);
		append(t, "]", 1);
	}
	if (!is_json && el->resource.n) {
		append(t, "/", 1);
		append(t, (const char *)el->resource.p, el->resource.n);
	}
}

static void put_xpath(const void *ctx, char *out, size_t cap)
{
	const struct tr_element *el = ctx;
	struct text t = {out, cap, 0};

	out[0] = '\0';
	put_path(&t, el, false);
	if (el->value.n)
		append(&t, "/@value", 7);
}

static void put_pointer(const void *ctx, char *out, size_t cap)
{
	struct text t = {out, cap, 0};

	out[0] = '\0';
	put_path(&t, ctx, true);
}

struct tr_place tr_element_place(const struct tr_tree *t, const struct tr_element *el)
{
	return (struct tr_place){.put = t->is_json ? put_pointer : put_xpath, .ctx = el};
}

/* ---- saying ---- */

static bool begin(struct tr_saying *s, const struct tr_element *el)
{
	if (s->rc != VF_OK)
		return false;
	s->about.place = (struct tr_place){0};
	if (el)
		s->about.place = tr_element_place(s->t, el);
	return true;
}

void tr_saying_put(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el)
{
	if (!el || !begin(s, el))
		return;
	if (tr_fact_type(fact) == TR_DATE)
		s->rc = tr_say_date(s->t->r, fact, &s->about, TR_DATE_ISO, el->value, s->err);
	else
		s->rc = tr_say(s->t->r, fact, &s->about, el->value, s->err);
}

void tr_saying_id(struct tr_saying *s, enum tr_fact_name fallback, const struct tr_element *el)
{
	if (el && begin(s, el))
		s->rc = tr_say_id(s->t->r, fallback, &s->about, el->value, s->err);
}

void tr_saying_word(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, const char *word)
{
	if (begin(s, el))
		s->rc = tr_say(s->t->r, fact, &s->about, vf_bytes_str(word), s->err);
}

void tr_saying_flag(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, bool yes)
{
	if (begin(s, el))
		s->rc = tr_say_flag(s->t->r, fact, &s->about, yes, s->err);
}

void tr_saying_count(struct tr_saying *s, enum tr_fact_name fact, uint64_t count)
{
	if (begin(s, NULL))
		s->rc = tr_say_count(s->t->r, fact, &s->about, count, s->err);
}

void tr_saying_warn(struct tr_saying *s, enum tr_warning warning, const struct tr_element *el, const char *text)
{
	if (begin(s, el))
		s->rc = tr_warn(s->t->r, warning, &s->about.place, s->err, "%s", text);
}

void tr_saying_subject(struct tr_saying *s, struct vf_bytes key)
{
	bool is_new;

	s->about.subject = key;
	if (s->rc == VF_OK && key.n)
		s->rc = tr_note_subject(s->t->r, key, &is_new, s->err);
}
