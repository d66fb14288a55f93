/*
 * The elements of a part of a file that are looked at, kept until it ends.
 *
 * For formats whose facts need several elements at once, in any order, and whose syntax is XML or JSON: a table says which
 * elements there are, their reader drives open, value and close, and the facts are taken from the tree. Knows no format.
 */
#ifndef TRIAL_READ_ELEMENT_H
#define TRIAL_READ_ELEMENT_H

#include "trial/read/fact.h"

/* Elements in each other that are kept; deeper ones are not looked at. */
#define TR_TREE_MAX_DEPTH 64
/* Elements that one may hold. */
#define TR_TREE_MAX_FIELDS 96
/* Octets of one tree, without what is not looked at. */
#define TR_TREE_ROOM ((size_t)16 * 1024 * 1024)
/* Octets that are kept of a value of which only the beginning counts. */
#define TR_TREE_HEAD 96

/* Types below 4 are the same for all formats; others say what an element may hold. */
enum {
	TR_EL_VALUE,  /* a value alone */
	TR_EL_HEAD,   /* a value of which the beginning is kept */
	TR_EL_HOLDER, /* holds a resource: in XML within an element of its name */
	TR_EL_ENTRY,  /* one of many, not needed when it has ended: forgotten when it is a child of the root */
	TR_EL_FORMAT, /* the first of a format's own */
};

struct tr_element_field {
	const char *name;
	size_t n;
	unsigned type;
};
struct tr_element_list {
	const struct tr_element_field *fields;
	size_t n;
};
#define TR_ELEMENT(name, type) {name, sizeof(name) - 1, type}
#define TR_ELEMENTS(fields) {fields, sizeof(fields) / sizeof((fields)[0])} /* TR_TREE_MAX_FIELDS at most */

struct tr_element {
	const struct tr_element_field *field; /* NULL: the root */
	struct tr_element *parent, *first, *last, *next;
	struct vf_bytes value;
	struct vf_bytes resource; /* the type of a resource, of the root and of a HOLDER */
	uint64_t at;              /* among those of its name */
	bool in_list;             /* JSON: of an array */
	bool is_other;            /* a resource of a type that is not read: of it nothing but id, meta and language */
};

struct tr_pool_block;
struct tr_pool {
	struct tr_pool_block *first, *now;
	size_t total;
};
struct tr_pool_mark {
	struct tr_pool_block *block;
	size_t used;
};

struct tr_tree {
	struct tr_reading *r;
	bool is_json;
	const struct tr_element_list *lists; /* by type */
	unsigned root_type;                  /* of the root, and of what a HOLDER holds */
	struct tr_pool pool;
	struct tr_element *open[TR_TREE_MAX_DEPTH];
	struct tr_pool_mark mark; /* before the entry that is open */
	size_t n_open;
	uint32_t counts[TR_TREE_MAX_DEPTH][TR_TREE_MAX_FIELDS]; /* XML: of each field, in the elements that are open */
	uint64_t entries; /* that have ended */
};

/* ---- building ---- */

/* NO_MEMORY. Free with tr_tree_done(). */
VF_RC tr_tree_begin(struct tr_tree *t, struct tr_reading *r, bool is_json, const struct tr_element_list *lists,
	unsigned root_type, struct vf_err *reterr);
/*
 * A child of the element that is open: *ret_taken is false when nothing of it is looked at, and it is not open then.
 * at: its place in an array, for JSON; XML is counted. NO_MEMORY, LIMIT.
 */
VF_RC tr_tree_open(struct tr_tree *t, struct vf_bytes name, bool in_list, uint64_t at, bool *ret_taken,
	struct vf_err *reterr);
VF_RC tr_tree_value(struct tr_tree *t, struct vf_bytes value, struct vf_err *reterr);
/* Ends the element that was opened last; the root stays. */
void tr_tree_close(struct tr_tree *t);
/* The element that is open. */
struct tr_element *tr_tree_at(const struct tr_tree *t);
/* A copy that lives as long as the element that is open. */
VF_RC tr_tree_copy(struct tr_tree *t, struct vf_bytes from, struct vf_bytes *ret, struct vf_err *reterr);
void tr_tree_done(struct tr_tree *t);

/*
 * Reads a JSON object into the tree (element_json.c). Each of the two may be NULL: scalar() sees each value first and may
 * take it; close() is called for each element that ends, while it is the open one, and at last for the root.
 */
struct tr_tree_json {
	struct tr_tree *t;
	VF_RC (*scalar)(void *ctx, struct vf_bytes name, struct vf_bytes value, bool *ret_taken, struct vf_err *reterr);
	VF_RC (*close)(void *ctx, struct vf_err *reterr);
	void *ctx;
};
VF_RC tr_tree_read_json(const struct tr_tree_json *j, struct vf_err *reterr);

/* ---- what is in it; of may be NULL ---- */

const struct tr_element *tr_element_get(const struct tr_element *of, const char *name);
/* The next one of the same name. */
const struct tr_element *tr_element_next(const struct tr_element *el);
struct vf_bytes tr_element_value(const struct tr_element *of, const char *name);
/* The first of 'a/b/c', from the first of each. */
const struct tr_element *tr_element_path(const struct tr_element *of, const char *path);

/* ---- saying ---- */

/* Facts of one thing; the first fault stays, and nothing is said after it. */
struct tr_saying {
	struct tr_tree *t;
	void *ctx; /* the format's */
	struct tr_about about;
	struct vf_err *err;
	enum vf_rc rc;
};

/* An XPath or a JSON pointer. */
struct tr_place tr_element_place(const struct tr_tree *t, const struct tr_element *el);
/* Says the element's value as the type of the fact asks, dates in ISO 8601; nothing for NULL. */
void tr_saying_put(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el);
/* An identifier of a study, by its form or as the fallback. */
void tr_saying_id(struct tr_saying *s, enum tr_fact_name fallback, const struct tr_element *el);
/* Says a text of this program that stands for the element. */
void tr_saying_word(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, const char *word);
void tr_saying_flag(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, bool yes);
void tr_saying_count(struct tr_saying *s, enum tr_fact_name fact, uint64_t count);
void tr_saying_warn(struct tr_saying *s, enum tr_warning warning, const struct tr_element *el, const char *text);
/* The person whom the facts that follow are about; counted. */
void tr_saying_subject(struct tr_saying *s, struct vf_bytes key);

#endif
