#include <stdio.h>

#include "trial/read/json_inside.h"

/* Octets of an object's names and of all around it, and their number: no trial file has a thousandth of it. */
#define MAX_NAME_TEXT ((size_t)64 * 1024 * 1024)
#define MAX_NAMES 1000000u
/* More names in one chain than chance gives: somebody has chosen them. */
#define MAX_CHAIN 128u

static uint64_t hash_name(const struct tr_json *j, uint32_t level, struct vf_bytes b)
{
	/* the address makes chains of other length in each run, so that names cannot be chosen for one */
	uint64_t h = (uint64_t)(uintptr_t)j * UINT64_C(0x9e3779b97f4a7c15) + level;

	for (size_t i = 0; i < b.n; i += 8) {
		uint64_t w = 0;

		memcpy(&w, b.p + i, b.n - i < 8 ? b.n - i : 8);
		h = (h ^ w) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	return (h ^ b.n) * UINT64_C(0xc4ceb9fe1a85ec53) >> 16;
}

static void chain(struct tr_json *j, size_t at)
{
	uint32_t *head = &j->heads[j->names[at].hash & (j->n_heads - 1)];

	j->names[at].next = *head;
	*head = (uint32_t)at + 1;
}

static VF_RC grow_names(struct tr_json *j)
{
	size_t cap = j->cap_names ? 2 * j->cap_names : 64;
	struct tr_json_name *names;
	uint32_t *heads;

	if (j->n_names >= MAX_NAMES)
		return tr_json_fault(j, VF_LIMIT, "too many names in an object");
	names = realloc(j->names, cap * sizeof(*names));
	if (!names)
		return tr_json_no_memory(j);
	j->names = names;
	heads = calloc(2 * cap, sizeof(*heads));
	if (!heads)
		return tr_json_no_memory(j);
	free(j->heads);
	j->heads = heads;
	j->n_heads = 2 * cap;
	j->cap_names = cap;
	for (size_t i = 0; i < j->n_names; i++)
		chain(j, i);
	return VF_OK;
}

VF_RC tr_json_add_name(struct tr_json *j, struct vf_bytes b)
{
	struct tr_json_name n = {.at = j->text.n, .n = b.n, .level = (uint32_t)j->depth};
	uint32_t i, length = 0;

	if (j->n_names == j->cap_names && grow_names(j) != VF_OK)
		return j->err.rc;
	n.hash = hash_name(j, n.level, b);
	for (i = j->heads[n.hash & (j->n_heads - 1)]; i; i = j->names[i - 1].next, length++) {
		const struct tr_json_name *o = &j->names[i - 1];

		if (o->hash == n.hash && o->level == n.level && vf_bytes_eq(vf_bytes(j->text.p + o->at, o->n), b))
			return tr_json_fault(j, VF_FILE_SHAPE, "a name stands twice in an object");
	}
	if (length > MAX_CHAIN)
		return tr_json_fault(j, VF_LIMIT, "names that were chosen to be slow");
	if (tr_json_append(j, &j->text, MAX_NAME_TEXT, b.p, b.n) != VF_OK)
		return j->err.rc;
	j->names[j->n_names] = n;
	chain(j, j->n_names++);
	return VF_OK;
}

void tr_json_drop_names(struct tr_json *j, size_t first)
{
	while (j->n_names > first) {
		const struct tr_json_name *n = &j->names[--j->n_names];

		j->heads[n->hash & (j->n_heads - 1)] = n->next;
		j->text.n = n->at;
	}
}

struct vf_bytes tr_json_name_at(const struct tr_json *j, size_t depth)
{
	/* the last of a level is the one before the first of the next */
	size_t end = depth + 1 < j->depth ? j->levels[depth + 1].first_name : j->n_names;

	return vf_bytes(j->text.p + j->names[end - 1].at, j->names[end - 1].n);
}

/* ---- where ---- */

/* Whether the path below a depth is the token's. */
bool tr_json_below(const struct tr_json *j, size_t depth, const char *path)
{
	if (j->token.event == TR_JSON_END || depth > j->token.depth)
		return false;
	if (!*path)
		return depth == j->token.depth;
	for (size_t d = depth; d < j->token.depth; d++) {
		size_t n = strcspn(path, "/");

		if (j->levels[d].is_object ? !vf_bytes_eq(tr_json_name_at(j, d), vf_bytes(path, n)) : n != 1 || *path != '+')
			return false;
		path += n;
		if (*path != (d + 1 < j->token.depth ? '/' : 0))
			return false;
		path += *path == '/';
	}
	return *path == 0;
}

bool tr_json_at(const struct tr_json *j, const char *path)
{
	return tr_json_below(j, 0, path);
}

struct out {
	char *p;
	size_t n, cap;
};

static void put(struct out *o, const void *p, size_t n)
{
	if (n > o->cap - o->n)
		n = o->cap - o->n;
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

/* RFC 6901: '~' and '/' of a name are escaped. */
static void put_name(struct out *o, struct vf_bytes name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~')
			put(o, "~0", 2);
		else if (name.p[i] == '/')
			put(o, "~1", 2);
		else
			put(o, name.p + i, 1);
	}
}

static void put_place(const void *ctx, char *text, size_t cap)
{
	const struct tr_json *j = ctx;
	struct out o = {text, 0, cap ? cap - 1 : 0};
	char number[32];
	int n;

	if (!cap)
		return;
	if (j->lines) {
		n = snprintf(number, sizeof(number), "line %" PRIu64 " ", j->line);
		put(&o, number, (size_t)n);
	}
	for (size_t d = 0; d < j->token.depth; d++) {
		put(&o, "/", 1);
		if (j->levels[d].is_object) {
			put_name(&o, tr_json_name_at(j, d));
		} else {
			n = snprintf(number, sizeof(number), "%" PRIu64, j->levels[d].index);
			put(&o, number, (size_t)n);
		}
	}
	text[o.n] = 0;
}

struct tr_place tr_json_place(const struct tr_json *j)
{
	return (struct tr_place){put_place, j};
}

void tr_json_where(const struct tr_json *j, unsigned *ret_line, unsigned *ret_column)
{
	*ret_line = (unsigned)j->token_line;
	*ret_column = (unsigned)j->token_column;
}
