#include "trial/read/fact.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/hash.h"
#include "verify/text.h"

static const struct {
	const char *name;
	enum tr_fact_type type;
} facts[TR_FACT_COUNT] = {
#define TR_FACT(id, name, type, about) [TR_F_##id] = {name, type},
#include "trial/read/fact.def"
#undef TR_FACT
};

const char *tr_fact_name(enum tr_fact_name fact)
{
	return facts[fact].name;
}

enum tr_fact_type tr_fact_type(enum tr_fact_name fact)
{
	return facts[fact].type;
}

bool tr_fact_of_name(struct vf_bytes name, enum tr_fact_name *ret)
{
	for (int i = 0; i < TR_FACT_COUNT; i++)
		if (vf_bytes_is(name, facts[i].name)) {
			*ret = (enum tr_fact_name)i;
			return true;
		}
	return false;
}

const char *tr_grade_name(enum tr_grade grade)
{
	static const char *const names[] = {"declared", "signed", "registry", "anchored"};

	return names[grade];
}

const char *tr_warning_name(enum tr_warning warning)
{
	static const char *const names[TR_WARNING_COUNT] = {"bad-time", "doctype", "entity", "namespace", "encoding",
		"count", "ambiguous", "unread", "mapping", "duplicate", "reference", "cut"};

	return names[warning];
}

/* ---- persons seen ---- */

/* An open hash table of the first 16 octets of the keys' SHA-256; two zero words are an empty place. */
struct key {
	uint64_t a, b;
};

struct tr_keys {
	struct key *table;
	size_t n, cap; /* cap: a power of two */
};

static bool keys_put(struct tr_keys *k, struct key key, bool *ret_new)
{
	size_t at = (size_t)key.a & (k->cap - 1);

	while (k->table[at].a || k->table[at].b) {
		if (k->table[at].a == key.a && k->table[at].b == key.b) {
			*ret_new = false;
			return true;
		}
		at = (at + 1) & (k->cap - 1);
	}
	k->table[at] = key;
	k->n++;
	*ret_new = true;
	return true;
}

static bool keys_grow(struct tr_keys *k)
{
	struct tr_keys more = {.cap = k->cap ? 2 * k->cap : 1024};
	bool is_new;

	more.table = calloc(more.cap, sizeof(*more.table));
	if (!more.table)
		return false;
	for (size_t i = 0; i < k->cap; i++)
		if (k->table[i].a || k->table[i].b)
			keys_put(&more, k->table[i], &is_new);
	free(k->table);
	*k = more;
	return true;
}

VF_RC tr_note_subject(struct tr_reading *r, struct vf_bytes subject, bool *ret_new, struct vf_err *reterr)
{
	struct vf_hash h = vf_sha256(subject);
	struct key key;

	memcpy(&key, h.b, sizeof(key));
	if (!r->subjects) {
		r->subjects = calloc(1, sizeof(*r->subjects));
		if (!r->subjects)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to count persons");
	}
	if (r->subjects->n >= TR_MAX_SUBJECTS)
		return vf_fail(reterr, VF_LIMIT, "more than %d persons", TR_MAX_SUBJECTS);
	if (2 * r->subjects->n >= r->subjects->cap && !keys_grow(r->subjects))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to count persons");
	keys_put(r->subjects, key, ret_new);
	return VF_OK;
}

uint64_t tr_subjects(const struct tr_reading *r)
{
	return r->subjects ? r->subjects->n : 0;
}

void tr_reading_done(struct tr_reading *r)
{
	if (r->subjects)
		free(r->subjects->table);
	free(r->subjects);
	r->subjects = NULL;
}

/* ---- saying ---- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct vf_bytes trim(struct vf_bytes b)
{
	struct vf_bytes blank;

	while (b.n && is_blank(b.p[b.n - 1]))
		b.n--;
	while (b.n && is_blank(b.p[0]))
		if (!vf_take(&b, 1, &blank))
			break;
	return b;
}

static bool is_wanted(const struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about)
{
	return r->wants & TR_WANT_SUBJECTS || (about->subject.n == 0 && facts[name].type != TR_PERSON);
}

static struct tr_fact fact_of(enum tr_fact_name name, const struct tr_about *about, struct vf_bytes value)
{
	return (struct tr_fact){.name = name,
		.item = about->item,
		.subject = about->subject,
		.value = value,
		.grade = about->grade,
		.place = about->place};
}

VF_RC tr_say_fact(struct tr_reading *r, const struct tr_fact *f, struct vf_err *reterr)
{
	const uint64_t size = (r->in ? r->in->size : 0) * (r->is_packed ? 16 : 1);

	r->octets += f->value.n + f->normal.n + f->subject.n;
	if (r->octets > TR_MAX_SAID_FREE && (r->octets - TR_MAX_SAID_FREE) / TR_MAX_SAID_RATIO > size)
		return vf_fail(reterr, VF_LIMIT, "facts hold more than %d times what the file has", TR_MAX_SAID_RATIO);
	return r->fact(r->ctx, f, reterr);
}

VF_RC tr_say(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr)
{
	struct tr_fact f = fact_of(name, about, value);
	struct vf_bytes trimmed = trim(value);

	if (trimmed.n == 0 || !is_wanted(r, name, about))
		return VF_OK;
	if (trimmed.n != value.n)
		f.normal = trimmed;
	return tr_say_fact(r, &f, reterr);
}

VF_RC tr_say_count(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, uint64_t count,
	struct vf_err *reterr)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, count);
	return tr_say(r, name, about, vf_bytes_str(text), reterr);
}

VF_RC tr_say_flag(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, bool yes,
	struct vf_err *reterr)
{
	return tr_say(r, name, about, vf_bytes_str(yes ? "yes" : "no"), reterr);
}

VF_RC tr_say_read_date(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about,
	const struct tr_date *date, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_fact f = fact_of(name, about, value);
	enum vf_rc rc = VF_OK;

	if (date->is_bad)
		rc = tr_warn(r, TR_W_BAD_TIME, &about->place, reterr, "%s is not a date of its form", tr_fact_name(name));
	if (rc != VF_OK || !is_wanted(r, name, about))
		return rc;
	f.date = date;
	f.normal = vf_bytes_str(date->normal);
	return tr_say_fact(r, &f, reterr);
}

VF_RC tr_say_date(struct tr_reading *r, enum tr_fact_name name, const struct tr_about *about, enum tr_date_form form,
	struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_date date;

	if (trim(value).n == 0)
		return VF_OK;
	tr_date_read(form, value, &date);
	return tr_say_read_date(r, name, about, &date, value, reterr);
}

/* ---- identifiers of studies ---- */

/* "d" stands for a digit, everything else for itself. */
static bool has_form(struct vf_bytes text, const char *form)
{
	size_t n = strlen(form);

	if (text.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (form[i] == 'd' ? text.p[i] < '0' || text.p[i] > '9' : text.p[i] != (uint8_t)form[i])
			return false;
	}
	return true;
}

static bool kind_of_id(struct vf_bytes id, enum tr_fact_name *ret)
{
	static const struct {
		const char *form;
		enum tr_fact_name name;
	} forms[] = {
		{"NCTdddddddd", TR_F_ID_NCT},
		{"ISRCTNdddddddd", TR_F_ID_ISRCTN},
		{"dddd-dddddd-dd", TR_F_ID_EUDRACT},
		{"dddd-dddddd-dd-dd", TR_F_ID_EUCT},
		{"Udddd-dddd-dddd", TR_F_ID_WHO},
		{"DRKSdddddddd", TR_F_ID_REGISTRY},
		{"ACTRNdddddddddddddd", TR_F_ID_REGISTRY},
		{"KCTddddddd", TR_F_ID_REGISTRY},
		{"PACTRddddddddddddddd", TR_F_ID_REGISTRY},
		{"jRCTdddddddddd", TR_F_ID_REGISTRY},
		{"jRCTsddddddddd", TR_F_ID_REGISTRY},
	};
	static const char *const starts[] = {"CTRI/", "ChiCTR", "IRCT", "UMIN", "JPRN-", "RBR-", "SLCTR/", "TCTR", "PER-", "LBCTR",
		"RPCEC", "NTR"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (has_form(id, forms[i].form)) {
			*ret = forms[i].name;
			return true;
		}
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (vf_bytes_starts(id, starts[i]) && id.n >= 8) {
			*ret = TR_F_ID_REGISTRY;
			return true;
		}
	return false;
}

VF_RC tr_say_id(struct tr_reading *r, enum tr_fact_name fallback, const struct tr_about *about, struct vf_bytes value,
	struct vf_err *reterr)
{
	enum tr_fact_name name = fallback;

	kind_of_id(trim(value), &name);
	return tr_say(r, name, about, value, reterr);
}

/* ---- warnings ---- */

VF_RC tr_warn(struct tr_reading *r, enum tr_warning warning, const struct tr_place *place, struct vf_err *reterr,
	const char *fmt, ...)
{
	static const struct tr_place whole = {0};
	char text[512];
	va_list args;

	if (++r->n_warnings[warning] > TR_MAX_WARNINGS || !r->warning)
		return VF_OK;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return r->warning(r->ctx, warning, text, place ? place : &whole, reterr);
}
