#include "verify/study_judge.h"

#include <stdlib.h>

#include "verify/json.h"
#include "verify/limits.h"
#include "verify/text.h"

struct judging {
	struct vf_study *s;
	const struct vf_study_judging *j;
	struct vf_study_result *r;
	struct vf_study_document *given, *documents; /* j->detached, ascending by SHA-256; of the file, by their entries */
	bool *proven;			     /* seals whose checkpoint a shown record was VERIFIED with */
	const struct vf_study_record **sorted;
	size_t n_sorted, n_more;
	struct vf_study_record *more; /* of bundles beside the file, when the file does not have them */
	bool has_study;
	struct vf_bytes study;
	struct vf_hash origin, head_sha256; /* SHA-256 of the log's whole name, as what is shown of it may be cut off; of head */
	const struct vf_zip_entry *head; /* details of the newest study head */
	const struct vf_study_record *head_record, *newest_head; /* read; shown, if only its statement */
};

static void fault(struct judging *g, const struct vf_study_record *r, const struct vf_err *err)
{
	g->r->rejected |= vf_rc_class(err->rc) == VF_CLASS_REJECTED;
	if (g->r->n_faults++ < VF_STUDY_FAULTS)
		g->r->faults[g->r->n_faults - 1] = (struct vf_study_fault){.err = *err, .has_record = r != NULL, .index = r ? r->index : 0,
			.id = r ? r->id : (struct vf_hash){{0}}};
}

static void fault_of(struct judging *g, const struct vf_study_record *r, enum vf_rc rc, const char *text)
{
	struct vf_err err;

	vf_fail(&err, rc, "%s", text);
	fault(g, r, &err);
}

/* ---- documents ---- */

struct beside {
	struct vf_detached *at;
	size_t n, record;
};

static int document_order(const void *a, const void *b)
{
	const struct vf_study_document *x = a, *y = b;

	return memcmp(x->digests.sha256.b, y->digests.sha256.b, sizeof(x->digests.sha256.b));
}

/* The document of this digest: in the file, or beside it. */
static VF_RC add_document(struct judging *g, const struct vf_pair *digests, struct beside *ret, struct vf_err *reterr)
{
	const struct vf_zip_entry *e = vf_study_document(g->s, &digests->sha256);
	const struct vf_study_document key = {.digests = *digests};
	struct vf_study_document *d = e ? &g->documents[(size_t)(e - g->s->box.zip.entries)]
					: bsearch(&key, g->given, g->j->n_detached, sizeof(key), document_order);
	enum vf_rc rc = e ? vf_study_document_open(g->s, e, d, reterr) : VF_OK;

	if (rc != VF_OK || !d || d->record == ret->record || (!e && !vf_pair_eq(&d->digests, digests)))
		return rc;
	d->record = ret->record;
	ret->at[ret->n++] = (struct vf_detached){"a document of the study bundle", &d->source};
	return VF_OK;
}

static VF_RC find_documents(struct judging *g, const struct vf_study_unpacked *u, struct beside *ret, struct vf_err *reterr)
{
	const struct vf_statement *st = &u->statement;
	struct vf_commitment c;
	enum vf_rc rc = VF_OK;

	ret->at = VF_NEW(g->s->arena, st->n_members + u->n_members + 1, struct vf_detached);
	if (!ret->at)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for documents");
	for (size_t i = 0; rc == VF_OK && i < st->n_members; i++)
		if (st->members[i].role == VF_ROLE_DOCUMENT)
			rc = add_document(g, &st->members[i].digests, ret, reterr);
	for (size_t i = 0; rc == VF_OK && i < u->n_members; i++) {
		const struct vf_member *m = vf_statement_find(st, u->members[i].name);

		/* what is no commitment after all is a fault that the judge finds */
		if (m && m->role == VF_ROLE_COMMITMENT && vf_commitment_parse(u->members[i].bytes, g->s->arena, &c, NULL) == VF_OK)
			rc = add_document(g, &c.digests, ret, reterr);
	}
	return rc;
}

/* ---- one record ---- */

static bool is_good(enum vf_verdict v)
{
	return v == VF_VERIFIED || v == VF_INTACT;
}

static size_t count_withheld(const struct vf_report *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_files; i++)
		n += p->files[i].status == VF_FILE_WITHHELD;
	return n;
}

/* Streams are judged by what the packing says of them. */
static bool has_other_place(const struct vf_study_record *r, const struct vf_report *p)
{
	return r->in_stream != p->has_stream || (r->in_stream && (r->seq != p->seq || !vf_hash_eq(&r->stream, &p->stream) ||
		(r->seq > 0 && !vf_hash_eq(&r->prev, &p->prev))));
}

/* Places in the log, and study heads, are those of one log. */
static bool is_of_other_log(const struct judging *g, const struct vf_report *p)
{
	struct vf_hash origin = vf_sha256(p->origin);

	return g->r->origin[0] && !vf_hash_eq(&origin, &g->origin);
}

/* What the packing says of a record against what was judged: all of it, or what is there when nothing is decided. */
static const char *compare_report(const struct judging *g, const struct vf_study_record *r, const struct vf_report *p)
{
	const struct vf_study_seal *seal = &g->s->seals[r->seal];
	bool all = is_good(p->verdict);

	if (!p->has_record || !vf_hash_eq(&p->id, &r->id) || (p->has_log ? p->index != r->index : all))
		return "the bundle is that of another record";
	if (p->has_seal ? p->seal != seal->number || p->seal_first != seal->first || p->seal_size != seal->size : all)
		return "the bundle is under another seal";
	if ((all || p->has_stream) && has_other_place(r, p))
		return "the bundle has another place in its stream";
	if (p->has_log && is_of_other_log(g, p))
		return "the bundle is of another log than those before it";
	return !g->has_study || vf_bytes_eq(p->study, g->study) ? NULL : "the bundle is of another study than those before it";
}

static VF_RC keep_study(struct judging *g, struct vf_bytes study, struct vf_err *reterr)
{
	uint8_t *copy = (uint8_t *)(uintptr_t)g->study.p;

	if (g->has_study)
		return VF_OK;
	if (study.n > 128)
		return vf_fail(reterr, VF_INTERNAL, "a study with a name that is too long");
	memcpy(copy, study.p, study.n);
	g->study.n = study.n;
	g->has_study = true;
	vf_text_escape(g->r->study, sizeof(g->r->study), study);
	return VF_OK;
}

/* Streams and slots are judged with all their records here. */
static void tally(struct vf_study_result *r, const struct vf_unchecked *u)
{
	size_t i = 0;

	while (i < r->n_open && strcmp(r->open[i].code, u->code) != 0)
		i++;
	if (i == VF_STUDY_OPEN || strcmp(u->code, "STREAM_COMPLETE") == 0 || strcmp(u->code, "SLOT") == 0)
		return;
	if (i == r->n_open) {
		r->open[r->n_open++] = (struct vf_study_open){.code = u->code};
		memcpy(r->open[i].text, u->text, sizeof(r->open[i].text));
	}
	r->open[i].records++;
}

/* Without its stream member a record hides a gap, as the last one here. */
static void note_place(struct judging *g, const struct vf_study_record *r, const struct vf_report *p)
{
	for (size_t i = 0; !r->in_stream && i < p->n_unchecked; i++)
		if (strcmp(p->unchecked[i].code, "STREAM_WITHHELD") == 0)
			fault_of(g, r, VF_MISSING_OBJECT, "its place in its stream is not shown");
}

static void learn(struct judging *g, const struct vf_study_record *r, const struct vf_study_unpacked *u, const struct vf_report *p)
{
	static const char details[] = "details.json";
	const struct vf_member *m = vf_statement_find(&u->statement, vf_bytes_str(details));
	struct vf_digest root = vf_study_tree_root(&g->s->log), shown = vf_digest_from_hash(&p->root);

	for (size_t i = 0; i < p->n_unchecked; i++)
		tally(g->r, &p->unchecked[i]);
	note_place(g, r, p);
	g->proven[r->seal] |= vf_digest_eq(&root, &shown);
	g->r->size = p->size;
	g->origin = vf_sha256(p->origin);
	vf_text_escape(g->r->origin, sizeof(g->r->origin), p->origin);
	if (p->existed_by != VF_TIME_NONE && p->existed_by > g->r->existed_by)
		g->r->existed_by = p->existed_by;
	if (vf_bytes_is(p->kind, "study-head"))
		g->newest_head = r;
	if (g->newest_head != r || !m || !vf_study_document(g->s, &m->digests.sha256))
		return;
	g->head = vf_study_document(g->s, &m->digests.sha256);
	g->head_sha256 = m->digests.sha256;
	g->head_record = r;
	g->r->head_by = p->existed_by;
}

static VF_RC judge_record(struct judging *g, size_t i, struct vf_err *reterr)
{
	const struct vf_study_record *r = &g->s->records[i];
	struct vf_report *p = g->j->report;
	struct vf_study_unpacked u;
	struct vf_bytes bundle;
	struct vf_source source;
	struct beside docs = {.record = i + 1};
	struct vf_err err = {0};
	const char *wrong;
	char hex[65];
	enum vf_rc rc = vf_study_unpack(g->s, i, &u, reterr);

	if (rc == VF_OK)
		rc = vf_study_expand(g->s, i, &u, &bundle, reterr);
	if (rc == VF_OK)
		rc = find_documents(g, &u, &docs, reterr);
	if (rc != VF_OK)
		return rc;
	source = vf_source_of(bundle);
	vf_hex_put(hex, vf_bytes(r->id.b, sizeof(r->id.b)));
	g->j->memory->used = 0;
	g->j->memory->full = false;
	rc = vf_bundle_check(g->j->session, g->j->memory, hex, &source, docs.at, docs.n, p, reterr);
	if (rc == VF_OK && is_good(p->verdict))
		rc = keep_study(g, p->study, reterr);
	if (rc != VF_OK)
		return rc;
	g->r->counts[p->verdict]++;
	g->s->records[i].withheld = count_withheld(p);
	g->r->withheld += r->withheld;
	if (g->j->each)
		g->j->each(g->j->ctx, r, p);
	wrong = p->verdict == VF_REJECTED ? NULL : compare_report(g, r, p);
	if (wrong) {
		fault_of(g, r, VF_STUDY_SHAPE, wrong);
	} else if (is_good(p->verdict)) {
		learn(g, r, &u, p);
	} else {
		vf_fail(&err, p->n_reasons ? p->reasons[0].rc : VF_NOT_CHECKED, "%s",
			p->n_reasons ? p->reasons[0].text : "not everything could be checked");
		g->r->rejected |= p->verdict == VF_REJECTED;
		fault(g, r, &err);
	}
	return VF_OK;
}

/* ---- bundles beside the file ---- */

static struct vf_study_record *find_record(const struct judging *g, const struct vf_hash *id)
{
	for (size_t i = 0; i < g->s->n_records; i++)
		if (vf_hash_eq(&g->s->records[i].id, id))
			return &g->s->records[i];
	for (size_t i = 0; i < g->n_more; i++)
		if (vf_hash_eq(&g->more[i].id, id))
			return &g->more[i];
	return NULL;
}

/* What contradicts the file: then the bundle shows nothing of the study. */
static const char *compare_given(const struct judging *g, const struct vf_study_record *r, const struct vf_report *p)
{
	if (!p->has_record || !p->has_log)
		return "it is no bundle of a record";
	if (!vf_bytes_eq(p->study, g->study))
		return "it is of another study";
	if (is_of_other_log(g, p) || (r && r->index != p->index))
		return "its record has another place in the log";
	return r && p->has_stream && has_other_place(r, p) ? "its record has another place in its stream" : NULL;
}

/* Of one that is good: where it stands among the records of the file. */
static void add_given(struct judging *g, const char *name, struct vf_study_record *r, const struct vf_report *p)
{
	const char *wrong = compare_given(g, r, p);
	struct vf_err err;

	if (wrong) {
		vf_fail(&err, VF_STUDY_SHAPE, "'%.80s' does not belong to the file: %s", name, wrong);
		fault(g, NULL, &err);
		return;
	}
	if (r && r->is_shown && r->withheld <= count_withheld(p))
		return;
	if (r && r->is_shown) {
		g->r->withheld -= r->withheld;
		g->r->shown--;
		g->r->counts[p->verdict]--;
	} else if (r) {
		g->r->hidden--;
	} else {
		r = &g->more[g->n_more++];
		*r = (struct vf_study_record){.index = p->index, .id = p->id, .in_stream = p->has_stream, .seq = p->seq, .seal = g->s->n_seals,
			.stream = p->has_stream && p->seq == 0 ? p->id : p->stream, .prev = p->prev};
	}
	g->r->given += !r->is_given;
	r->is_shown = r->is_given = true;
	r->withheld = count_withheld(p);
	g->r->withheld += r->withheld;
	g->r->shown++;
	g->r->counts[p->verdict]++;
	if (vf_bytes_is(p->kind, "study-head") && (!g->newest_head || g->newest_head->index < r->index))
		g->newest_head = r;
	if (p->existed_by != VF_TIME_NONE && p->existed_by > g->r->existed_by)
		g->r->existed_by = p->existed_by;
	if (g->j->each)
		g->j->each(g->j->ctx, r, p);
	note_place(g, r, p);
}

static VF_RC judge_given(struct judging *g, const struct vf_detached *d, struct vf_err *reterr)
{
	struct vf_report *p = g->j->report;
	struct vf_err err;
	char name[160];
	enum vf_rc rc;

	vf_text_escape(name, sizeof(name), vf_bytes_str(d->name));
	g->j->memory->used = 0;
	g->j->memory->full = false;
	rc = vf_bundle_check(g->j->session, g->j->memory, name, d->source, g->j->detached, g->j->n_detached, p, reterr);
	if (rc == VF_OK && is_good(p->verdict) && p->has_record)
		rc = keep_study(g, p->study, reterr);
	if (rc != VF_OK)
		return rc;
	if (is_good(p->verdict)) {
		add_given(g, name, p->has_record ? find_record(g, &p->id) : NULL, p);
		return VF_OK;
	}
	g->r->rejected |= p->verdict == VF_REJECTED;
	vf_fail(&err, p->n_reasons ? p->reasons[0].rc : VF_NOT_CHECKED, "'%.80s' beside the file: %s", name,
		p->n_reasons ? p->reasons[0].text : "not everything could be checked");
	fault(g, NULL, &err);
	return VF_OK;
}

/* ---- what is hidden, and streams ---- */

/* In a log tree whose root is proven, everything that is present is. */
static void judge_hidden(struct judging *g, const struct vf_study_record *r)
{
	if (r->seal >= g->s->n_seals || !g->proven[r->seal])
		fault_of(g, r, VF_MISSING_OBJECT, "its place in the log is not shown: no record of its seal or the next one here is verified");
}

static int place_order(const void *a, const void *b)
{
	const struct vf_study_record *x = *(const struct vf_study_record *const *)a, *y = *(const struct vf_study_record *const *)b;
	int c = memcmp(x->stream.b, y->stream.b, sizeof(x->stream.b));

	return c ? c : x->seq != y->seq ? (x->seq < y->seq ? -1 : 1) : (x->index > y->index) - (x->index < y->index);
}

/* The records of one stream, ascending by seq. */
static void judge_stream(struct judging *g, const struct vf_study_record **at, size_t n, struct vf_study_stream *ret)
{
	struct vf_err err;

	*ret = (struct vf_study_stream){.id = at[0]->stream, .records = n, .head = at[n - 1]->id, .next = at[n - 1]->seq + 1};
	ret->missing = at[0]->seq;
	for (size_t i = 0; i < n; i++) {
		ret->hidden += !at[i]->is_shown;
		if (i == 0)
			continue;
		if (at[i]->seq == at[i - 1]->seq) {
			vf_fail(&err, VF_STREAM_FORK, "another record has this place in the stream: %llu", (unsigned long long)at[i]->seq);
			fault(g, at[i], &err);
		} else if (at[i]->seq > at[i - 1]->seq + 1) {
			ret->missing += at[i]->seq - at[i - 1]->seq - 1;
		} else if (!vf_hash_eq(&at[i]->prev, &at[i - 1]->id)) {
			fault_of(g, at[i], VF_STREAM_FORK, "the record follows another predecessor");
		}
	}
	if (ret->missing) {
		vf_fail(&err, VF_MISSING_OBJECT, "of its stream %llu records before the last one are not here", (unsigned long long)ret->missing);
		fault(g, at[n - 1], &err);
	}
}

static VF_RC judge_streams(struct judging *g, struct vf_err *reterr)
{
	struct vf_study *s = g->s;
	size_t n = 0;

	g->r->streams = VF_NEW(s->arena, s->n_records + g->n_more, struct vf_study_stream);
	g->sorted = VF_NEW(s->arena, s->n_records + g->n_more, const struct vf_study_record *);
	if (!g->r->streams || !g->sorted)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for streams");
	for (size_t i = 0; i < s->n_records; i++)
		if (s->records[i].in_stream)
			g->sorted[n++] = &s->records[i];
	for (size_t i = 0; i < g->n_more; i++)
		if (g->more[i].in_stream)
			g->sorted[n++] = &g->more[i];
	g->n_sorted = n;
	if (n)
		qsort(g->sorted, n, sizeof(*g->sorted), place_order);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && vf_hash_eq(&g->sorted[i]->stream, &g->sorted[k]->stream);)
			k++;
		judge_stream(g, g->sorted + i, k - i, &g->r->streams[g->r->n_streams++]);
	}
	return VF_OK;
}

/* ---- study heads ---- */

static const struct vf_study_record *find_place(const struct judging *g, const struct vf_hash *stream, uint64_t seq)
{
	const struct vf_study_record want = {.stream = *stream, .seq = seq};
	size_t low = 0, high = g->n_sorted;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct vf_study_record *w = &want;

		if (g->sorted[mid]->seq == seq && vf_hash_eq(&g->sorted[mid]->stream, stream))
			return g->sorted[mid];
		if (place_order(&g->sorted[mid], &w) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash)); /* it comes first */
}

static bool judge_named(struct judging *g, const struct vf_json_value *v)
{
	const struct vf_study_record *r;
	struct vf_study_stream *t;
	struct vf_hash stream, head;
	uint64_t records;

	if (!vf_json_hex(vf_json_get(v, "stream"), stream.b, 32) || !vf_json_hex(vf_json_get(v, "head"), head.b, 32) ||
		!vf_json_uint(vf_json_get(v, "records"), &records) || records == 0)
		return false;
	if ((t = bsearch(&stream, g->r->streams, g->r->n_streams, sizeof(*t), by_id)) != NULL)
		t->is_named = true;
	r = find_place(g, &stream, records - 1);
	if (r && vf_hash_eq(&r->id, &head))
		return true;
	if (r)
		fault_of(g, r, VF_STREAM_FORK, "the study head names another record at this place of the stream");
	else
		fault_of(g, g->head_record, VF_MISSING_OBJECT, "the study head names a stream, or a head of it, that is not here");
	return true;
}

static VF_RC judge_head(struct judging *g, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *list;
	struct vf_bytes text;
	struct vf_hash sha256;
	struct vf_err err = {0};
	bool good, hidden = false;
	enum vf_rc rc;

	if (!g->head)
		return VF_OK;
	rc = vf_study_read(g->s, g->head, VF_MAX_PART, &text, reterr);
	if (rc != VF_OK)
		return rc;
	sha256 = vf_sha256(text);
	good = vf_hash_eq(&sha256, &g->head_sha256) && vf_json_parse(text, &doc, &err) == VF_OK;
	list = good ? vf_json_get(vf_json_root(doc), "streams") : NULL;
	good &= vf_json_count(list) > 0;
	for (size_t i = 0; good && i < vf_json_count(list); i++)
		good = judge_named(g, vf_json_item(list, i));
	for (size_t i = 0; i < g->n_sorted; i++) /* what is hidden behind it in its stream may be a newer one */
		hidden |= !g->sorted[i]->is_shown && g->sorted[i]->index > g->head_record->index && vf_hash_eq(&g->sorted[i]->stream, &g->head_record->stream);
	g->r->has_head = good && !hidden && g->newest_head == g->head_record;
	g->r->head = g->head_record->id;
	if (!good)
		fault_of(g, g->head_record, VF_MISSING_OBJECT, "the details of the study head are not in their form, so nobody knows which streams it names");
	return VF_OK;
}

/* ---- the whole ---- */

static VF_RC begin(struct judging *g, struct vf_err *reterr)
{
	struct vf_study *s = g->s;
	enum vf_rc rc = VF_OK;

	g->documents = VF_NEW(s->arena, s->box.zip.n, struct vf_study_document);
	g->proven = VF_NEW(s->arena, s->n_seals + 1, bool);
	g->given = VF_NEW(s->arena, g->j->n_detached + 1, struct vf_study_document);
	g->more = VF_NEW(s->arena, g->j->n_bundles + 1, struct vf_study_record);
	g->study.p = vf_arena_take(s->arena, 128, 1);
	if (!g->documents || !g->proven || !g->given || !g->more || !g->study.p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to judge a study");
	for (size_t i = 0; rc == VF_OK && i < g->j->n_detached; i++) {
		g->given[i].file = g->j->detached[i].source;
		rc = vf_source_digest(g->given[i].file, &g->given[i].digests, reterr);
	}
	qsort(g->given, g->j->n_detached, sizeof(*g->given), document_order);
	for (size_t i = 0; rc == VF_OK && i < g->j->n_detached; i++) {
		g->given[i].source = *g->given[i].file;
		g->given[i].source.digests = &g->given[i].digests;
	}
	s->seal_used = s->record_used = s->arena->used; /* nothing was loaded yet */
	s->seal = s->n_seals;
	return rc;
}

static void settle(struct judging *g)
{
	struct vf_study_result *r = g->r;

	if (r->rejected)
		r->verdict = VF_REJECTED;
	else if (r->n_faults || r->counts[VF_VERIFIED] + r->counts[VF_INTACT] != r->shown)
		r->verdict = VF_INDETERMINATE;
	else
		r->verdict = r->counts[VF_INTACT] || r->shown == 0 ? VF_INTACT : VF_VERIFIED;
	if (r->shown == 0)
		r->verdict = VF_INDETERMINATE;
}

VF_RC vf_study_check(struct vf_study *s, const struct vf_study_judging *j, struct vf_study_result *ret, struct vf_err *reterr)
{
	struct judging g = {.s = s, .j = j, .r = ret};
	struct vf_err err;
	enum vf_rc rc;

	*ret = (struct vf_study_result){.records = s->n_records, .shown = s->n_shown, .hidden = s->n_records - s->n_shown,
		.existed_by = VF_TIME_NONE};
	rc = begin(&g, reterr);
	for (size_t i = 0; rc == VF_OK && i < s->n_records; i++)
		if (s->records[i].is_shown)
			rc = judge_record(&g, i, reterr);
	for (size_t i = 0; rc == VF_OK && i < j->n_bundles; i++)
		rc = judge_given(&g, &j->bundles[i], reterr);
	s->arena->used = s->record_used; /* of the last record nothing is used any more */
	if (rc == VF_OK)
		rc = judge_streams(&g, reterr);
	if (rc == VF_OK)
		rc = judge_head(&g, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < s->n_records; i++)
		if (!s->records[i].is_shown)
			judge_hidden(&g, &s->records[i]);
	for (size_t i = s->first_document; i < s->box.zip.n; i++) {
		if (g.documents[i].record)
			continue;
		vf_fail(&err, VF_STUDY_SHAPE, "'%.*s' is a document of no record here", VF_STR(s->box.zip.entries[i].name));
		fault(&g, NULL, &err);
	}
	ret->records = ret->shown + ret->hidden;
	settle(&g);
	return VF_OK;
}
