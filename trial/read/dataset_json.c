/*
 * CDISC Dataset-JSON 1.1 and 1.0, as JSON, as NDJSON, and compressed (DSJC: a zlib stream by the specification, gzip in
 * the official files).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "trial/read/json.h"
#include "trial/read/readers.h"
#include "trial/read/table.h"
#include "verify/text.h"

/* Of a compressed file: 37,000 records of a real one have 14 MB. */
#define MAX_INFLATED (UINT64_C(64) * 1024 * 1024 * 1024)

struct set {
	struct tr_reading *r;
	struct tr_json *j;
	const struct tr_json_token *t;
	struct tr_table table;
	size_t base; /* depth of the members of the data set: 1, in version 1.0 deeper */
	bool has_columns, has_rows, rows_first;
	bool has_declared;
	uint64_t declared;
	size_t *needed_at; /* by column: its place among the needed ones plus 1 */
};

/* Members of the file that are one text each. */
static const struct {
	const char *path;
	enum tr_fact_name name;
	enum { TEXT, DATE, STUDY, VERSION } kind;
} heads[] = {
	{"datasetJSONCreationDateTime", TR_F_FILE_CREATED, DATE},
	{"creationDateTime", TR_F_FILE_CREATED, DATE},
	{"datasetJSONVersion", TR_F_FILE_VERSION, TEXT},
	{"fileOID", TR_F_FILE_ID, TEXT},
	{"dbLastModifiedDateTime", TR_F_FILE_MODIFIED, DATE},
	{"asOfDateTime", TR_F_FILE_AS_OF, DATE},
	{"originator", TR_F_FILE_ORIGINATOR, TEXT},
	{"sourceSystem", TR_F_FILE_SYSTEM, TEXT},
	{"sourceSystem/name", TR_F_FILE_SYSTEM, TEXT},
	{"sourceSystemVersion", TR_F_FILE_SYSTEM_VERSION, TEXT},
	{"sourceSystem/version", TR_F_FILE_SYSTEM_VERSION, TEXT},
	{"studyOID", TR_F_ID_OID, STUDY},
	{"clinicalData/studyOID", TR_F_ID_OID, STUDY},
	{"referenceData/studyOID", TR_F_ID_OID, STUDY},
	{"metaDataVersionOID", TR_F_VERSION_ID, VERSION},
	{"clinicalData/metaDataVersionOID", TR_F_VERSION_ID, VERSION},
	{"referenceData/metaDataVersionOID", TR_F_VERSION_ID, VERSION},
	{"metaDataRef", TR_F_FILE_REFERS, TEXT},
	{"clinicalData/metaDataRef", TR_F_FILE_REFERS, TEXT},
	{"referenceData/metaDataRef", TR_F_FILE_REFERS, TEXT},
};

static VF_RC next(struct set *s, struct vf_err *reterr)
{
	return tr_json_next(s->j, &s->t, reterr);
}

static VF_RC shape(struct set *s, const char *what, struct vf_err *reterr)
{
	unsigned line, column;

	tr_json_where(s->j, &line, &column);
	return vf_fail(reterr, VF_FILE_SHAPE, "line %u, column %u: %s", line, column, what);
}

/* ---- columns ---- */

/* A column's object, the beginning of which was read. */
static VF_RC read_column(struct set *s, struct vf_err *reterr)
{
	static const char *const names[] = {"name", "label", "dataType"};
	struct tr_table_buffer *kept = s->table.kept; /* nothing else is kept before the first row */
	size_t depth = s->t->depth;
	enum vf_rc rc;

	for (size_t i = 0; i < 3; i++) {
		rc = tr_table_keep(&s->table, i, vf_bytes(NULL, 0), reterr);
		if (rc != VF_OK)
			return rc;
	}
	while ((rc = next(s, reterr)) == VF_OK && (s->t->event != TR_JSON_CLOSE || s->t->depth != depth)) {
		rc = tr_json_skip(s->j, reterr);
		for (size_t i = 0; rc == VF_OK && i < 3 && s->t->event == TR_JSON_STRING; i++)
			if (vf_bytes_is(s->t->name, names[i]) || (i == 2 && vf_bytes_is(s->t->name, "type")))
				rc = tr_table_keep(&s->table, i, s->t->value, reterr);
		if (rc != VF_OK)
			return rc;
	}
	if (rc != VF_OK)
		return rc;
	return tr_table_column(&s->table, vf_bytes(kept[0].p, kept[0].n), vf_bytes(kept[1].p, kept[1].n),
		vf_bytes(kept[2].p, kept[2].n), reterr);
}

static VF_RC read_columns(struct set *s, struct vf_err *reterr)
{
	size_t depth = s->t->depth;
	enum vf_rc rc;

	if (s->t->event != TR_JSON_ARRAY || s->has_columns)
		return shape(s, "columns that are no array", reterr);
	s->has_columns = true;
	while ((rc = next(s, reterr)) == VF_OK && (s->t->event != TR_JSON_CLOSE || s->t->depth != depth)) {
		if (s->t->event != TR_JSON_OBJECT)
			return shape(s, "a column that is no object", reterr);
		rc = read_column(s, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return rc;
}

/* ---- rows ---- */

static VF_RC begin_rows(struct set *s, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (s->has_rows)
		return VF_OK;
	s->has_rows = true;
	s->rows_first = !s->has_columns;
	if (s->rows_first)
		return tr_warn(s->r, TR_W_UNREAD, NULL, reterr, "the rows stand before their columns: they are only counted");
	rc = tr_table_begin(&s->table, true, reterr);
	memset(&s->table.row, 0, sizeof(s->table.row)); /* was used for columns */
	if (rc != VF_OK || !s->table.n_columns)
		return rc;
	s->needed_at = calloc(s->table.n_columns, sizeof(*s->needed_at));
	if (!s->needed_at)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a table");
	for (size_t i = 0; i < s->table.n_needed; i++)
		s->needed_at[s->table.needed[i].column] = i + 1;
	return VF_OK;
}

static VF_RC read_cell(struct set *s, struct vf_err *reterr)
{
	struct tr_sdtm_cell *cell;
	char number[64];
	size_t at, slot;

	if (s->t->index >= s->table.n_columns || !s->needed_at || !s->needed_at[s->t->index])
		return VF_OK;
	at = s->needed_at[s->t->index] - 1;
	slot = s->table.needed[at].slot;
	cell = &s->table.row.cells[slot];
	*cell = (struct tr_sdtm_cell){0};
	if (s->t->event != TR_JSON_STRING && s->t->event != TR_JSON_NUMBER)
		return VF_OK;
	if (s->t->event == TR_JSON_NUMBER && s->t->value.n < sizeof(number)) {
		memcpy(number, s->t->value.p, s->t->value.n);
		number[s->t->value.n] = 0;
		cell->is_number = true;
		cell->number = strtod(number, NULL);
	}
	return tr_table_keep(&s->table, slot, s->t->value, reterr);
}

/* A row, the beginning of which was read. */
static VF_RC read_row(struct set *s, struct vf_err *reterr)
{
	size_t depth = s->t->depth;
	uint64_t n = 0;
	enum vf_rc rc;

	if (s->t->event != TR_JSON_ARRAY)
		return shape(s, "a row that is no array", reterr);
	while ((rc = next(s, reterr)) == VF_OK && (s->t->event != TR_JSON_CLOSE || s->t->depth != depth)) {
		n = s->t->index + 1;
		rc = read_cell(s, reterr);
		if (rc == VF_OK)
			rc = tr_json_skip(s->j, reterr);
		if (rc != VF_OK)
			return rc;
	}
	for (size_t i = 0; rc == VF_OK && i < s->table.n_needed; i++)
		if (s->table.needed[i].column >= n)
			s->table.row.cells[s->table.needed[i].slot] = (struct tr_sdtm_cell){0};
	if (rc == VF_OK && n != s->table.n_columns && !s->rows_first)
		rc = tr_warn(s->r, TR_W_COUNT, NULL, reterr, "row %" PRIu64 " has %" PRIu64 " cells for %zu columns",
			s->table.rows + 1, n, s->table.n_columns);
	return rc != VF_OK ? rc : tr_table_row(&s->table, reterr);
}

static VF_RC read_rows(struct set *s, struct vf_err *reterr)
{
	size_t depth = s->t->depth;
	enum vf_rc rc;

	if (s->t->event != TR_JSON_ARRAY)
		return shape(s, "rows that are no array", reterr);
	rc = begin_rows(s, reterr);
	while (rc == VF_OK && (rc = next(s, reterr)) == VF_OK && (s->t->event != TR_JSON_CLOSE || s->t->depth != depth))
		rc = read_row(s, reterr);
	return rc;
}

static VF_RC end_set(struct set *s, struct vf_err *reterr)
{
	enum vf_rc rc = begin_rows(s, reterr); /* no row was there */

	if (rc == VF_OK)
		rc = tr_table_end(&s->table, s->has_declared ? &s->declared : NULL, reterr);
	tr_table_done(&s->table);
	free(s->needed_at);
	s->needed_at = NULL;
	s->has_columns = s->has_rows = s->rows_first = s->has_declared = false;
	return rc;
}

/* ---- members ---- */

static VF_RC say_head(struct set *s, size_t i, struct vf_err *reterr)
{
	struct tr_about about = {.place = tr_json_place(s->j)};
	struct vf_bytes v = s->t->value;
	enum vf_rc rc;

	switch (heads[i].kind) {
	case TEXT:
		return tr_say(s->r, heads[i].name, &about, v, reterr);
	case DATE:
		return tr_say_date(s->r, heads[i].name, &about, TR_DATE_ISO, v, reterr);
	case STUDY:
		return tr_say_id(s->r, heads[i].name, &about, v, reterr);
	case VERSION:
		break;
	}
	about.item = tr_item(s->r);
	rc = tr_say(s->r, TR_F_VERSION_OF, &about, vf_bytes_str("metadata"), reterr);
	return rc != VF_OK ? rc : tr_say(s->r, heads[i].name, &about, v, reterr);
}

/* A member that is one value and says something about the data set. */
static VF_RC say_of_set(struct set *s, struct vf_err *reterr)
{
	const struct tr_json_token *t = s->t;
	struct tr_about about = {.place = tr_json_place(s->j)};

	if (s->table.item == 0)
		s->table.item = tr_item(s->r);
	about.item = s->table.item;
	if (tr_json_below(s->j, s->base - 1, "name"))
		return tr_table_name(&s->table, t->value, reterr);
	if (tr_json_below(s->j, s->base - 1, "label"))
		return tr_say(s->r, TR_F_SET_LABEL, &about, t->value, reterr);
	if (tr_json_below(s->j, s->base - 1, "itemGroupOID"))
		return tr_say(s->r, TR_F_SET_OID, &about, t->value, reterr);
	if (!tr_json_below(s->j, s->base - 1, "records"))
		return VF_OK;
	s->has_declared = vf_decimal_read(t->value, UINT64_MAX, &s->declared);
	if (!s->has_declared)
		return tr_warn(s->r, TR_W_COUNT, &about.place, reterr, "records is no number of rows");
	return tr_say(s->r, TR_F_SET_RECORDS, &about, t->value, reterr);
}

static VF_RC read_value(struct set *s, struct vf_err *reterr)
{
	if (s->t->event != TR_JSON_STRING && s->t->event != TR_JSON_NUMBER)
		return VF_OK;
	for (size_t i = 0; s->base == 1 && i < sizeof(heads) / sizeof(heads[0]); i++)
		if (tr_json_at(s->j, heads[i].path))
			return say_head(s, i, reterr);
	return s->t->depth == s->base ? say_of_set(s, reterr) : VF_OK;
}

/* Members that hold what is looked at; version 1.0 has the data sets in the last two. */
static bool is_passage(const struct set *s)
{
	static const char *const paths[] = {"", "sourceSystem", "clinicalData", "referenceData"};

	for (size_t i = 0; s->base == 1 && i < sizeof(paths) / sizeof(paths[0]); i++)
		if (tr_json_at(s->j, paths[i]))
			return true;
	return false;
}

static VF_RC read_old_set(struct set *s, struct vf_err *reterr);

static VF_RC read_member(struct set *s, struct vf_err *reterr)
{
	size_t above = s->base - 1;
	enum vf_rc rc = VF_OK;

	if (tr_json_below(s->j, above, s->base == 1 ? "columns" : "items"))
		return read_columns(s, reterr);
	if (tr_json_below(s->j, above, s->base == 1 ? "rows" : "itemData"))
		return read_rows(s, reterr);
	if (s->t->event != TR_JSON_OBJECT && s->t->event != TR_JSON_ARRAY)
		return read_value(s, reterr);
	if (!tr_json_at(s->j, "clinicalData/itemGroupData") && !tr_json_at(s->j, "referenceData/itemGroupData"))
		return is_passage(s) ? VF_OK : tr_json_skip(s->j, reterr);
	while (rc == VF_OK && (rc = next(s, reterr)) == VF_OK && (s->t->event != TR_JSON_CLOSE || s->t->depth != 2))
		rc = read_old_set(s, reterr);
	return rc;
}

/* A data set of version 1.0: an object named by its identifier. */
static VF_RC read_old_set(struct set *s, struct vf_err *reterr)
{
	struct tr_about about = {.place = tr_json_place(s->j)};
	enum vf_rc rc;

	if (s->t->event != TR_JSON_OBJECT)
		return shape(s, "a data set that is no object", reterr);
	s->table.item = about.item = tr_item(s->r);
	rc = tr_say(s->r, TR_F_SET_OID, &about, s->t->name, reterr);
	s->base = 4;
	while (rc == VF_OK && (rc = next(s, reterr)) == VF_OK && (s->t->event != TR_JSON_CLOSE || s->t->depth != 3))
		rc = read_member(s, reterr);
	if (rc == VF_OK)
		rc = end_set(s, reterr);
	s->base = 1;
	return rc;
}

/* ---- the file ---- */

/* Octets of the file as JSON. */
struct octets {
	struct tr_input_source raw;
	struct tr_inflate *inflate;
	const struct tr_source *source;
	uint8_t *buffer;
};

static bool is_compressed(struct vf_bytes head)
{
	return head.n >= 2 && ((head.p[0] == 0x1f && head.p[1] == 0x8b) ||
		((head.p[0] & 0x0f) == 8 && head.p[0] <= 0x78 && (head.p[0] * 256 + head.p[1]) % 31 == 0));
}

static void octets_done(struct octets *o)
{
	tr_inflate_free(o->inflate);
	free(o->buffer);
}

static VF_RC octets_open(struct octets *o, const struct tr_input *in, bool *ret_compressed, struct vf_err *reterr)
{
	uint8_t head[2] = {0};
	size_t n = 0;
	enum vf_rc rc = in->read_at(in->ctx, 0, head, sizeof(head), &n, reterr);

	if (rc != VF_OK)
		return rc;
	o->buffer = malloc(TR_SOURCE_BUFFER);
	if (!o->buffer)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read a file");
	tr_input_source_init(&o->raw, in, 0, o->buffer);
	o->source = &o->raw.source;
	*ret_compressed = is_compressed(vf_bytes(head, n));
	if (!*ret_compressed)
		return VF_OK;
	rc = tr_inflate_new(&o->raw.source, MAX_INFLATED, &o->inflate, reterr);
	if (rc == VF_OK)
		o->source = tr_inflate_source(o->inflate);
	return rc;
}

/* NDJSON is told by its first line, which is a whole object, and by what follows: a row. */
#define MAX_FIRST_LINE ((size_t)16 * 1024 * 1024)
static VF_RC is_lines(const struct tr_input *in, bool *ret, struct vf_err *reterr)
{
	struct octets o = {0};
	struct vf_bytes b = {0}, line;
	size_t seen = 0;
	uint8_t last = 0;
	bool ended = false, compressed;
	enum vf_rc rc = octets_open(&o, in, &compressed, reterr);

	*ret = false;
	while (rc == VF_OK && seen < MAX_FIRST_LINE && (rc = o.source->next(o.source->ctx, &b, reterr)) == VF_OK && b.n) {
		seen += b.n;
		if (!ended) {
			ended = memchr(b.p, '\n', b.n) != NULL;
			line = b;
			if (ended)
				(void)vf_take_until(&b, '\n', &line);
			for (size_t i = line.n; i-- > 0 && (last = line.p[i]) == '\r';)
				;
		}
		while (ended && b.n && (b.p[0] == '\n' || b.p[0] == '\r'))
			(void)vf_take(&b, 1, &line);
		if (ended && b.n) {
			*ret = last == '}' && b.p[0] == '[';
			break;
		}
	}
	octets_done(&o);
	return rc;
}

static VF_RC read_all(struct set *s, bool lines, struct vf_err *reterr)
{
	bool more = lines;
	enum vf_rc rc;

	while ((rc = next(s, reterr)) == VF_OK && s->t->event != TR_JSON_END) {
		rc = read_member(s, reterr);
		if (rc != VF_OK)
			return rc;
	}
	while (rc == VF_OK && more && (rc = tr_json_line(s->j, &more, reterr)) == VF_OK && more) {
		rc = begin_rows(s, reterr);
		if (rc == VF_OK)
			rc = next(s, reterr);
		if (rc == VF_OK)
			rc = read_row(s, reterr);
		if (rc == VF_OK)
			rc = next(s, reterr); /* the end of the line */
	}
	return rc == VF_OK && (s->table.item || s->has_rows || s->has_columns) ? end_set(s, reterr) : rc;
}

static VF_RC read_dataset_json(struct tr_reading *r, struct vf_err *reterr)
{
	struct set s = {.r = r, .base = 1, .table = {.r = r}};
	struct octets o = {0};
	struct tr_about whole = {0};
	bool lines = false, compressed = false;
	enum vf_rc rc = is_lines(r->in, &lines, reterr);

	if (rc == VF_OK)
		rc = octets_open(&o, r->in, &compressed, reterr);
	r->is_packed = compressed;
	if (rc == VF_OK)
		rc = tr_say(r, TR_F_FILE_TYPE, &whole, vf_bytes_str(compressed ? "DSJC" : lines ? "NDJSON" : "JSON"), reterr);
	if (rc == VF_OK)
		rc = tr_json_new_from(r, o.source, lines, &s.j, reterr);
	if (rc == VF_OK)
		rc = read_all(&s, lines, reterr);
	tr_json_free(s.j);
	tr_table_done(&s.table);
	free(s.needed_at);
	octets_done(&o);
	return rc;
}

static VF_RC give_head(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes *head = ctx;

	(void)reterr;
	*ret = *head;
	head->n = 0;
	return VF_OK;
}

/* What a compressed head begins with; the file may be anything. */
static bool has_version_inside(struct vf_bytes head)
{
	struct tr_source from = {give_head, &head};
	struct tr_inflate *inflate = NULL;
	struct vf_bytes b = {0};
	bool has = false;

	if (tr_inflate_new(&from, MAX_INFLATED, &inflate, NULL) == VF_OK) {
		const struct tr_source *to = tr_inflate_source(inflate);

		has = to->next(to->ctx, &b, NULL) == VF_OK && b.n && memmem(b.p, b.n, "\"datasetJSONVersion\"", 20);
	}
	tr_inflate_free(inflate);
	return has;
}

static bool claims(const struct tr_peek *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (vf_bytes_is(p->keys[i], "datasetJSONVersion") || vf_bytes_is(p->keys[i], "datasetJSONCreationDateTime"))
			return true;
	return is_compressed(p->head) && has_version_inside(p->head);
}

const struct tr_reader tr_read_dataset_json = {"dataset-json", "CDISC Dataset-JSON", claims, read_dataset_json};
