/* What is kept of a Define-XML file until its end, as one part may name another before or behind it. Internal to
 * define*.c. */
#ifndef TRIAL_READ_DEFINE_INSIDE_H
#define TRIAL_READ_DEFINE_INSIDE_H

#include "trial/read/xml.h"

/* Strings and rows of all kinds together; large studies have some thousands of columns. */
#define TR_DEFINE_MAX_ROWS 200000
#define TR_DEFINE_MAX_OCTETS ((size_t)64 * 1024 * 1024)

/* One thing that is named by its OID or ID; texts are NULL when absent. */
struct tr_define_row {
	char *id, *a, *b, *c, *place;
	uint64_t item;
	bool done;
};

struct tr_define_rows {
	struct tr_define_row *rows;
	size_t n, cap;
	bool sorted;
};

/* How much is kept by all lists of one reading. */
struct tr_define_room {
	size_t rows, octets;
};

/* A row at the end of the list, cleared; its id is a copy. LIMIT, NO_MEMORY. ret is good until the next call. */
VF_RC tr_define_add(struct tr_define_room *room, struct tr_define_rows *list, struct vf_bytes id,
	struct tr_define_row **ret, struct vf_err *reterr);
/* A copy that ends in NUL, in place of what *ret held. */
VF_RC tr_define_keep(struct tr_define_room *room, struct vf_bytes text, char **ret, struct vf_err *reterr);
/* The first row of this id; NULL: none. Sorts the list, so the order of its rows is lost. */
struct tr_define_row *tr_define_find(struct tr_define_rows *list, struct vf_bytes id);
void tr_define_rows_done(struct tr_define_rows *list);

/* Reads the file once for its ItemDefs alone: id is the OID, a the name, b the type, c the label. */
VF_RC tr_define_columns(
	struct tr_reading *r, struct tr_define_room *room, struct tr_define_rows *ret, struct vf_err *reterr);

static inline bool tr_define_is_odm(const char *ns)
{
	return ns &&
		(strcmp(ns, "http://www.cdisc.org/ns/odm/v1.2") == 0 ||
			strcmp(ns, "http://www.cdisc.org/ns/odm/v1.3") == 0);
}

static inline bool tr_define_is_def(const char *ns)
{
	return ns && vf_bytes_starts(vf_bytes_str(ns), "http://www.cdisc.org/ns/def/v");
}

/* An attribute by its local name, in a namespace of Define-XML or in none; empty when absent. */
struct vf_bytes tr_define_get(const struct tr_xml_node *node, const char *name);

#endif
