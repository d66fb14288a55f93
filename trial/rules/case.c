#include "trial/rules/case.h"

#include <stdio.h>
#include <stdlib.h>

#include "trial/rules/approval.h"
#include "trial/rules/case_inside.h"
#include "verify/text.h"

/* ---- tables ---- */

static int by_item(const void *a, const void *b)
{
	const struct tr_kept_fact *x = *(const struct tr_kept_fact *const *)a, *y = *(const struct tr_kept_fact *const *)b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return (x > y) - (x < y);
}

static bool index_file(struct tr_case_file *file)
{
	const size_t n = file->facts.n;
	bool sorted = true;

	file->by_item = malloc((n + 1) * sizeof(*file->by_item));
	if (!file->by_item)
		return false;
	for (size_t i = 0; i < n; i++) {
		file->by_item[i] = &file->facts.facts[i];
		sorted &= i == 0 || file->facts.facts[i].item >= file->facts.facts[i - 1].item;
	}
	if (!sorted) { /* most readers say one thing after the other */
		qsort(file->by_item, n, sizeof(*file->by_item), by_item);
		return true;
	}
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && file->by_item[end]->item == file->by_item[i]->item;)
			end++;
		if (end - i > 1)
			qsort(file->by_item + i, end - i, sizeof(*file->by_item), by_item);
	}
	return true;
}

/* Calls for each fact of the case, in the order of the log and of the files. */
#define EACH_FACT(c, file, fact)                                                                             \
	for (size_t r_ = 0; r_ < (c)->n_records; r_++)                                                       \
		for (size_t f_ = 0; f_ < (c)->records[r_].n_files; f_++)                                     \
			for (struct tr_case_file *file = &(c)->records[r_].files[f_]; file; file = NULL)     \
				for (const struct tr_kept_fact *fact = file->facts.facts,                    \
							       *end_ = fact ? fact + file->facts.n : fact;   \
					fact && fact < end_; fact++)

static bool index_names(struct tr_case *c)
{
	size_t count[TR_FACT_COUNT] = {0}, at = 0, total = 0;

	EACH_FACT(c, file, fact)
	{
		count[fact->name]++;
		total++;
	}
	c->all = malloc((total + 1) * sizeof(*c->all));
	if (!c->all)
		return false;
	for (int i = 0; i < TR_FACT_COUNT; i++) {
		c->by_name[i] = (struct tr_case_facts){c->all + at, 0};
		at += count[i];
	}
	EACH_FACT(c, file, fact)
	{
		struct tr_case_facts *to = &c->by_name[fact->name];

		to->p[to->n++] = (struct tr_case_fact){fact, file};
	}
	return true;
}

/* A fact of a person, with its place among all, so that sorting keeps the order. */
struct owned {
	struct vf_bytes key;
	size_t at;
	struct tr_case_fact fact;
};

static int by_key(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;
	/* keys of one file are kept once */
	int order = x->key.p == y->key.p && x->key.n == y->key.n ? 0 : vf_bytes_cmp(x->key, y->key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static struct owned *collect(const struct tr_case *c, size_t *ret_n)
{
	struct owned *o;
	size_t n = 0;

	EACH_FACT(c, file, fact)
	if (fact->subject.n)
		n++;
	o = malloc((n + 1) * sizeof(*o));
	*ret_n = n;
	if (!o)
		return NULL;
	n = 0;
	EACH_FACT(c, file, fact)
	if (fact->subject.n) {
		o[n] = (struct owned){fact->subject, n, {fact, file}};
		n++;
	}
	return o;
}

static bool index_subjects(struct tr_case *c)
{
	size_t n;
	struct owned *o = collect(c, &n);

	if (!o)
		return false;
	qsort(o, n, sizeof(*o), by_key);
	c->by_subject = malloc((n + 1) * sizeof(*c->by_subject));
	c->subjects = malloc((n + 1) * sizeof(*c->subjects));
	for (size_t i = 0; c->by_subject && c->subjects && i < n; i++) {
		struct tr_case_subject *last = c->n_subjects ? &c->subjects[c->n_subjects - 1] : NULL;

		c->by_subject[i] = o[i].fact;
		if (!last || !vf_bytes_eq(last->key, o[i].key)) {
			last = &c->subjects[c->n_subjects++];
			*last = (struct tr_case_subject){o[i].key, {c->by_subject + i, 0}};
		}
		last->facts.n++;
	}
	free(o);
	return c->by_subject && c->subjects;
}

/* ---- tables of records ---- */

static int by_id(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;

	return memcmp(x->id.b, y->id.b, sizeof(x->id.b));
}

static int by_participant(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;
	int order = memcmp(x->details->participant.b, y->details->participant.b, sizeof(x->details->participant.b));

	return order ? order : (x > y) - (x < y);
}

static int by_link(const void *a, const void *b)
{
	const struct tr_case_link *x = a, *y = b;
	int order = memcmp(x->to.b, y->to.b, sizeof(x->to.b));

	if (order == 0)
		order = (x->type > y->type) - (x->type < y->type);
	return order ? order : (x->from > y->from) - (x->from < y->from);
}

static bool index_kinds(struct tr_case *c)
{
	size_t at[TR_OWN + 2] = {0};

	c->kinds = malloc((c->n_records + 1) * sizeof(*c->kinds));
	if (!c->kinds)
		return false;
	for (size_t i = 0; i < c->n_records; i++)
		at[c->records[i].kind + 1]++;
	for (int k = 1; k < TR_OWN + 2; k++)
		at[k] += at[k - 1];
	memcpy(c->by_kind, at, sizeof(at));
	for (size_t i = 0; i < c->n_records; i++)
		c->kinds[at[c->records[i].kind]++] = i;
	return true;
}

static bool index_records(struct tr_case *c)
{
	size_t links = 0;

	if (!index_kinds(c))
		return false;

	for (size_t i = 0; i < c->n_records; i++)
		links += c->records[i].n_links;
	c->by_id = malloc((c->n_records + 1) * sizeof(*c->by_id));
	c->by_participant = malloc((c->n_records + 1) * sizeof(*c->by_participant));
	c->by_link = malloc((links + 1) * sizeof(*c->by_link));
	if (!c->by_id || !c->by_participant || !c->by_link)
		return false;
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];

		c->by_id[i] = r;
		if (r->details && r->details->has_participant)
			c->by_participant[c->n_by_participant++] = r;
		for (size_t j = 0; j < r->n_links; j++)
			c->by_link[c->n_by_link++] = (struct tr_case_link){r->links[j].record, r->links[j].type, i};
	}
	qsort(c->by_id, c->n_records, sizeof(*c->by_id), by_id);
	qsort(c->by_participant, c->n_by_participant, sizeof(*c->by_participant), by_participant);
	qsort(c->by_link, c->n_by_link, sizeof(*c->by_link), by_link);
	return true;
}

VF_RC tr_case_index(struct tr_case *c, struct vf_err *reterr)
{
	bool good = true;

	for (size_t i = 0; i < c->n_records; i++)
		for (size_t j = 0; j < c->records[i].n_files && good; j++) {
			c->records[i].files[j].record = &c->records[i];
			c->records[i].files[j].whole = c;
			good = index_file(&c->records[i].files[j]);
		}
	if (good && index_names(c) && index_subjects(c) && index_records(c) && tr_case_index_files(c) && tr_case_index_identifiers(c) &&
		(c->approvals = tr_approvals_new(c)) != NULL)
		return VF_OK;
	tr_case_index_done(c);
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the facts of a study");
}

void tr_case_index_done(struct tr_case *c)
{
	for (size_t i = 0; i < c->n_records; i++)
		for (size_t j = 0; j < c->records[i].n_files; j++) {
			free(c->records[i].files[j].by_item);
			c->records[i].files[j].by_item = NULL;
		}
	free(c->all);
	free(c->by_subject);
	free(c->subjects);
	free(c->kinds);
	free(c->by_id);
	free(c->by_participant);
	free(c->by_link);
	tr_case_tables_done(c);
	c->approvals = tr_approvals_free(c->approvals);
	c->by_id = c->by_participant = NULL;
	c->kinds = NULL;
	c->by_link = NULL;
	c->n_by_participant = c->n_by_link = 0;
	c->all = c->by_subject = NULL;
	c->subjects = NULL;
	c->n_subjects = 0;
	memset(c->by_name, 0, sizeof(c->by_name));
}

/* ---- finding things ---- */

const struct tr_case_record *tr_case_record(const struct tr_case *c, const struct vf_hash *id)
{
	struct tr_case_record wanted = {.id = *id};
	const struct tr_case_record *key = &wanted, **found;

	found = c->by_id ? bsearch(&key, c->by_id, c->n_records, sizeof(*c->by_id), by_id) : NULL;
	return found ? *found : NULL;
}

const struct tr_case_record *const *tr_case_participant(const struct tr_case *c, const struct vf_hash *participant, size_t *ret_n)
{
	size_t lo = 0, hi = c->n_by_participant, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(c->by_participant[mid]->details->participant.b, participant->b, sizeof(participant->b)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < c->n_by_participant && vf_hash_eq(&c->by_participant[lo + n]->details->participant, participant))
		n++;
	*ret_n = n;
	return c->by_participant + lo;
}

size_t tr_case_next(const struct tr_case *c, enum tr_kind kind, size_t from)
{
	size_t lo = c->by_kind[kind], end = c->by_kind[kind + 1], hi = end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->kinds[mid] < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < end ? c->kinds[lo] : c->n_records;
}

size_t tr_case_linked(const struct tr_case *c, enum tr_link_type type, const struct vf_hash *to, size_t from)
{
	struct tr_case_link wanted = {*to, type, from};
	size_t lo = 0, hi = c->n_by_link;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_link(&c->by_link[mid], &wanted) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < c->n_by_link && c->by_link[lo].type == type && vf_hash_eq(&c->by_link[lo].to, to))
		return c->by_link[lo].from;
	return c->n_records;
}

bool tr_case_is_superseded(const struct tr_case *c, const struct tr_case_record *r)
{
	return tr_case_linked(c, TR_SUPERSEDES, &r->id, 0) < c->n_records;
}

const struct tr_case_subject *tr_case_subject(const struct tr_case *c, struct vf_bytes key)
{
	size_t lo = 0, hi = c->n_subjects;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = vf_bytes_cmp(c->subjects[mid].key, key);

		if (order == 0)
			return &c->subjects[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct tr_kept_fact *tr_case_item(const struct tr_case_file *file, uint64_t item, enum tr_fact_name name)
{
	size_t lo = 0, hi = file->facts.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (file->by_item[mid]->item < item || (file->by_item[mid]->item == item && file->by_item[mid]->name < name))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == file->facts.n || file->by_item[lo]->item != item || file->by_item[lo]->name != name)
		return NULL;
	return file->by_item[lo];
}

/* The order of facts of one name: by record, file, and place in the file. */
static bool is_before(const struct tr_case_fact *x, const struct tr_case_file *file, size_t at)
{
	if (x->file->record != file->record)
		return x->file->record < file->record;
	if (x->file != file)
		return x->file < file;
	return (size_t)(x->fact - file->facts.facts) < at;
}

const struct tr_kept_fact *tr_case_in_file(const struct tr_case_file *file, enum tr_fact_name name, size_t *at)
{
	const struct tr_case_facts *all = &file->whole->by_name[name];
	size_t lo = 0, hi = all->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (is_before(&all->p[mid], file, *at))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == all->n || all->p[lo].file != file)
		return NULL;
	*at = (size_t)(all->p[lo].fact - file->facts.facts) + 1;
	return all->p[lo].fact;
}

/* ---- records ---- */

struct tr_dated tr_case_anchor(const struct tr_case_record *r)
{
	return tr_dated_anchor(r->anchored);
}

struct tr_dated tr_case_date(const struct tr_case_record *r)
{
	struct tr_dated d = tr_dated_text(r->date);

	if (r->signer.n)
		d.grade = TR_SIGNED; /* the signature is over the statement */
	return d;
}

enum tr_word tr_case_absent(const struct tr_case *c, enum tr_word word)
{
	return c->is_whole ? word : TR_WORD_MISSING_RECORD;
}

bool tr_case_is_before(const struct tr_case_record *a, const struct tr_case_record *b)
{
	return a->index != UINT64_MAX && b->index != UINT64_MAX && a->index < b->index;
}

void tr_case_short(char out[TR_CASE_SHORT + 1], const struct vf_hash *id)
{
	vf_hex_put(out, vf_bytes(id->b, TR_CASE_SHORT / 2));
}

/* The next string, number or word of JSON, with its quotes; punctuation is one octet. False at the end. */
static bool take_token(struct vf_bytes *in, struct vf_bytes *ret)
{
	size_t n = 1;

	if (in->n == 0)
		return false;
	if (in->p[0] == '"') {
		while (n < in->n && in->p[n] != '"')
			n += in->p[n] == '\\' ? 2 : 1;
		n++;
	} else if (!memchr("{}[],:", in->p[0], 6)) {
		while (n < in->n && !memchr("{}[],:\" ", in->p[n], 8))
			n++;
	}
	return vf_take(in, n, ret);
}

static bool is_quoted(struct vf_bytes token, const char *text)
{
	return token.n == strlen(text) + 2 && token.p[0] == '"' && memcmp(token.p + 1, text, token.n - 2) == 0;
}

/* Details have one spelling without spaces (trial/details.h), and their texts hardly ever an escape: it is left as it is. */
struct vf_bytes tr_case_detail(const struct tr_case_record *r, const char *field)
{
	struct vf_bytes in = r->details_json, token, last = {0};
	size_t depth = 0;
	bool found = false;

	while (take_token(&in, &token)) {
		if (token.p[0] == '{' || token.p[0] == '[') {
			depth++;
			if (found)
				break;
		} else if (token.p[0] == '}' || token.p[0] == ']') {
			depth--;
		} else if (token.p[0] == ':' && depth == 1) {
			found = is_quoted(last, field);
		} else if (found) {
			return token.p[0] == '"' ? vf_bytes(token.p + 1, token.n - 2) : token;
		}
		last = token;
	}
	return vf_bytes("", 0);
}
