#include "trial/read/record_walk.h"

#include <stdlib.h>

#include "trial/read/checksum.h"

void tr_record_done(struct tr_record *rec)
{
	free(rec->text);
	rec->text = NULL;
	rec->cap_text = 0;
}

void tr_record_begin(struct tr_record *rec)
{
	rec->item = tr_item(rec->r);
	rec->thing = 0;
	rec->pending = NULL;
	rec->n_path = 0;
}

/* ---- texts ---- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct vf_bytes tr_record_trim(struct vf_bytes b)
{
	struct vf_bytes blank;

	while (b.n && is_blank(b.p[b.n - 1]))
		b.n--;
	while (b.n && is_blank(b.p[0]) && vf_take(&b, 1, &blank))
		;
	return b;
}

/* "<br>", "<br/>", "<BR />": how many octets it is long, 0 for none. */
static size_t break_at(struct vf_bytes b)
{
	struct vf_bytes in = b;
	uint8_t c;

	if (!vf_take_str(&in, "<") || !vf_take_u8(&in, &c) || (c | 0x20) != 'b' || !vf_take_u8(&in, &c) ||
		(c | 0x20) != 'r')
		return 0;
	while (vf_take_str(&in, " "))
		;
	vf_take_str(&in, "/");
	return vf_take_str(&in, ">") ? b.n - in.n : 0;
}

/* One blank for white space and breaks, none at the ends; ret is good until the next call. */
static VF_RC fold(struct tr_record *rec, struct vf_bytes value, struct vf_bytes *ret, struct vf_err *reterr)
{
	size_t n = 0;
	bool gap = false;
	uint8_t c;

	if (value.n > rec->cap_text) {
		uint8_t *p = realloc(rec->text, value.n);

		if (!p)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a text of a record");
		rec->text = p;
		rec->cap_text = value.n;
	}
	while (value.n) {
		struct vf_bytes taken;
		size_t skip = break_at(value);

		if (skip && vf_take(&value, skip, &taken)) {
			gap = true;
			continue;
		}
		vf_take_u8(&value, &c);
		if (is_blank(c)) {
			gap = true;
			continue;
		}
		if (gap && n)
			rec->text[n++] = ' ';
		gap = false;
		rec->text[n++] = c;
	}
	*ret = vf_bytes(rec->text, n);
	return VF_OK;
}

/* ---- saying ---- */

static void put_place(const void *ctx, char *out, size_t cap)
{
	const struct tr_record *rec = ctx;
	size_t n = strnlen(rec->place, sizeof(rec->place) - 1);

	if (cap == 0)
		return;
	n = n < cap ? n : cap - 1;
	memcpy(out, rec->place, n);
	out[n] = '\0';
}

void tr_record_keep_place(struct tr_record *rec, struct tr_place place)
{
	rec->place[0] = '\0';
	if ((rec->r->wants & TR_WANT_PLACES) && place.put)
		place.put(place.ctx, rec->place, sizeof(rec->place));
}

struct tr_about tr_record_about(const struct tr_record *rec, enum tr_grade grade)
{
	return (struct tr_about){.item = rec->thing ? rec->thing : rec->item,
		.grade = grade,
		.place = {rec->place[0] ? put_place : NULL, rec}};
}

VF_RC tr_record_say(struct tr_record *rec, enum tr_fact_name fact, const struct tr_about *about, struct vf_bytes value,
	struct vf_bytes normal, struct vf_err *reterr)
{
	struct tr_fact f = {.name = fact,
		.item = about->item,
		.value = value,
		.normal = vf_bytes_eq(value, normal) ? vf_bytes(NULL, 0) : normal,
		.grade = about->grade,
		.place = about->place};

	if (tr_record_trim(value).n == 0)
		return VF_OK;
	return tr_say_fact(rec->r, &f, reterr);
}

VF_RC tr_record_say_text(struct tr_record *rec, enum tr_fact_name fact, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes normal;
	enum vf_rc rc = fold(rec, value, &normal, reterr);

	if (rc != VF_OK || normal.n == 0) /* nothing but breaks */
		return rc;
	return tr_record_say(rec, fact, about, value, normal, reterr);
}

/* How ICTRP names numbers of European registers: "EUCTR2004-000446-20-GB", "CTIS2022-501234-12-00". */
static bool european(struct vf_bytes id, enum tr_fact_name *ret_fact, struct vf_bytes *ret)
{
	struct vf_bytes in = id;

	if (vf_take_str(&in, "EUCTR") && in.n >= 14)
		*ret_fact = TR_F_ID_EUDRACT;
	else if (vf_take_str(&in, "CTIS") && in.n >= 14)
		*ret_fact = TR_F_ID_EUCT;
	else
		return false;
	if (*ret_fact == TR_F_ID_EUDRACT)
		in.n = 14;
	for (size_t i = 0; i < in.n; i++)
		if (i == 4 || i == 11 || i == 14 ? in.p[i] != '-' : in.p[i] < '0' || in.p[i] > '9')
			return false;
	*ret = in;
	return true;
}

VF_RC tr_record_say_id(struct tr_record *rec, enum tr_fact_name fallback, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr)
{
	/* what people write into a field that must not be empty */
	static const char *const nothing[] = {"N/A", "n/a", "NA", "Nil known", "nil known", "None", "none", "NULL",
		"Not applicable", "not applicable", "-"};
	struct vf_bytes id = tr_record_trim(value), normal;
	enum tr_fact_name fact;

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		if (vf_bytes_is(id, nothing[i]))
			return VF_OK;
	if (european(id, &fact, &normal))
		return tr_record_say(rec, fact, about, value, normal, reterr);
	return tr_say_id(rec->r, fallback, about, value, reterr);
}

VF_RC tr_record_say_document(struct tr_record *rec, enum tr_fact_name fact, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes version = value, kind;
	enum vf_rc rc = tr_record_say_text(rec, fact, about, value, reterr);

	if (rc != VF_OK || !vf_take_until(&version, ':', &kind))
		return rc;
	return tr_record_say_text(rec, TR_F_DOC_VERSION, about, tr_record_trim(version), reterr);
}

/* That none is federal says nothing about other money. */
VF_RC tr_record_say_funder(struct tr_record *rec, bool *said, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr)
{
	struct vf_bytes word = tr_record_trim(value);

	if (*said || (!vf_bytes_is(word, "NIH") && !vf_bytes_is(word, "U.S. Fed") && !vf_bytes_is(word, "FED")))
		return VF_OK;
	*said = true;
	return tr_record_say(rec, TR_F_STUDY_FEDERAL, about, value, vf_bytes_str("yes"), reterr);
}

VF_RC tr_record_say_linked(struct tr_record *rec, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr)
{
	struct vf_bytes id = tr_record_trim(value);
	bool is_digits = id.n == 8;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < id.n; i++)
		is_digits &= id.p[i] >= '0' && id.p[i] <= '9';
	if (is_digits)
		rc = tr_warn(rec->r, TR_W_AMBIGUOUS, &about->place, reterr,
			"an identifier of eight digits may be an ISRCTN number: it is said as one of no known form");
	return rc == VF_OK ? tr_record_say_id(rec, TR_F_ID_OTHER, about, value, reterr) : rc;
}

VF_RC tr_record_thing(struct tr_record *rec, uint64_t *ret, struct vf_err *reterr)
{
	struct tr_about about = {.item = tr_item(rec->r)};

	*ret = about.item;
	return rec->item ? tr_say_count(rec->r, TR_F_RECORD_ITEM, &about, rec->item, reterr) : VF_OK;
}

void tr_record_open(struct tr_record *rec, const struct tr_part *part)
{
	rec->thing = 0;
	rec->pending = part;
	rec->thing_path = rec->n_path;
}

static VF_RC begin_thing(struct tr_record *rec, struct vf_err *reterr)
{
	const struct tr_part *part = rec->pending;
	struct tr_about about;
	enum vf_rc rc = tr_record_thing(rec, &rec->thing, reterr);

	rec->pending = NULL;
	about = tr_record_about(rec, TR_DECLARED);
	if (rc == VF_OK && part->from)
		rc = tr_say(rec->r, part->fact, &about, vf_bytes_str(part->from), reterr);
	if (rc == VF_OK && part->level)
		rc = tr_say(rec->r, TR_F_OUTCOME_LEVEL, &about, vf_bytes_str(part->level), reterr);
	return rc;
}

static bool same_word(struct vf_bytes a, const char *b)
{
	if (a.n != strlen(b))
		return false;
	for (size_t i = 0; i < a.n; i++)
		if ((a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] | 0x20 : a.p[i]) != (uint8_t)b[i])
			return false;
	return true;
}

static VF_RC say_flag(struct tr_record *rec, const struct tr_part *part, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes word = tr_record_trim(value);
	bool yes = same_word(word, "yes") || same_word(word, "true"),
	     no = same_word(word, "no") || same_word(word, "false");

	return tr_record_say(rec, part->fact, about, value,
		yes ? vf_bytes_str("yes") : no ? vf_bytes_str("no") : word, reterr);
}

static VF_RC say_level(struct tr_record *rec, const struct tr_part *part, const struct tr_about *about,
	struct vf_bytes value, struct vf_err *reterr)
{
	struct vf_bytes word = tr_record_trim(value);
	const char *level = same_word(word, "primary") ? "primary"
		: same_word(word, "secondary")         ? "secondary"
						       : "other";

	return tr_record_say(rec, part->fact, about, value, vf_bytes_str(level), reterr);
}

VF_RC tr_record_say_part(
	struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_about about;
	enum vf_rc rc = VF_OK;

	if (tr_record_trim(value).n == 0)
		return VF_OK;
	if (rec->pending)
		rc = begin_thing(rec, reterr);
	if (rc != VF_OK)
		return rc;
	about = tr_record_about(rec, part->grade);
	switch (part->kind) {
	case TR_PART_TEXT:
		return tr_record_say_text(rec, part->fact, &about, value, reterr);
	case TR_PART_LEVEL:
		return say_level(rec, part, &about, value, reterr);
	case TR_PART_ID:
		return tr_record_say_id(rec, part->fact, &about, value, reterr);
	case TR_PART_ID_IS:
	case TR_PART_COUNT:
		return tr_say(rec->r, part->fact, &about, value, reterr);
	case TR_PART_FLAG:
		return say_flag(rec, part, &about, value, reterr);
	case TR_PART_DATE:
		return tr_say_date(rec->r, part->fact, &about, part->form, value, reterr);
	case TR_PART_MD5:
		return tr_say_checksum(rec->r, &about, vf_bytes_str("md5"), tr_record_trim(value), reterr);
	case TR_PART_ITEM:
		return VF_OK;
	case TR_PART_OWN:
		return rec->own(rec, part, value, reterr);
	}
	return VF_OK;
}

/* ---- paths ---- */

bool tr_record_enter(struct tr_record *rec, const char *mark, struct vf_bytes name)
{
	size_t before = rec->n_path, n = before, n_mark = strlen(mark);

	if (name.n + n_mark + 1 > sizeof(rec->path) - n || (name.n && memchr(name.p, '/', name.n)))
		return false;
	if (n)
		rec->path[n++] = '/';
	memcpy(rec->path + n, mark, n_mark);
	n += n_mark;
	if (name.n)
		memcpy(rec->path + n, name.p, name.n);
	n += name.n;
	for (size_t i = 0; i < rec->n_parts; i++) {
		const char *p = rec->parts[i].path;

		if (strncmp(p, rec->path, n) == 0 && (p[n] == '\0' || p[n] == '/')) {
			rec->n_path = n;
			return true;
		}
	}
	return false;
}

void tr_record_leave(struct tr_record *rec, size_t to)
{
	rec->n_path = to;
	if (to >= rec->thing_path)
		return;
	rec->thing = 0;
	rec->pending = NULL;
}

const struct tr_part *tr_record_part(const struct tr_record *rec, bool item)
{
	for (size_t i = 0; i < rec->n_parts; i++) {
		const struct tr_part *p = &rec->parts[i];

		if ((p->kind == TR_PART_ITEM) == item && strncmp(p->path, rec->path, rec->n_path) == 0 &&
			p->path[rec->n_path] == '\0')
			return p;
	}
	return NULL;
}

VF_RC tr_record_value(struct tr_record *rec, struct vf_bytes name, struct tr_place place, struct vf_bytes value,
	struct vf_err *reterr)
{
	const struct tr_part *item, *part;
	enum vf_rc rc = VF_OK;

	if (!tr_record_enter(rec, "", name))
		return VF_OK;
	item = tr_record_part(rec, true);
	part = tr_record_part(rec, false);
	tr_record_keep_place(rec, place);
	if (item)
		tr_record_open(rec, item);
	if (part)
		rc = tr_record_say_part(rec, part, value, reterr);
	tr_record_leave(rec, 0);
	return rc;
}
