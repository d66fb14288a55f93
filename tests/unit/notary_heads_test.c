/*
 * Study heads that the notary makes: which streams they name, when nothing changed, who is due, and a study with more streams
 * than fit. That a verifier misses what they name is verify_study_test's question.
 */
#include "notary/heads.h"

#include "notary/access.h"
#include "notary/details_check.h"
#include "tests/submission_maker.h"
#include "verify/json.h"
#include "verify/text.h"

static void submit(struct fixture *f, const char *submitter, const char *study, const char *text)
{
	struct nt_submit_file file = {.name = vf_bytes_str("a.csv"), .digests = vf_pair_of(vf_bytes_str(text)), .size = strlen(text)};
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_submit s = {.submitter = vf_bytes_str(submitter), .study = vf_bytes_str(study), .kind = TR_DATASET};
	struct vf_err err = {0};

	fixture_need(nt_submit_records(f->n, &s, &record, 1, fixture_learn, f, &err), &err, "submit");
}

static struct nt_heads_made put(struct fixture *f, const char *study)
{
	struct nt_heads_made m = {.streams = 0};
	struct vf_err err = {0};

	fixture_need(nt_heads_put(f->n, vf_bytes_str(study), &m, &err), &err, "heads");
	return m;
}

/* What the study head says of the stream of this submitter: how many records, 0 when it is not named. */
static uint64_t told(struct fixture *f, const struct vf_hash *head, const char *submitter, const char *study, bool *ret_ends)
{
	static uint8_t room[2 * TR_MAX_DETAILS];
	struct nt_stream s;
	struct nt_record *r = NULL;
	struct vf_json_doc *doc = NULL;
	const struct vf_json_value *list;
	struct vf_bytes text;
	struct vf_hash id;
	struct vf_arena a;
	struct vf_err err = {0};
	uint64_t n = 0;

	vf_arena_init(&a, room, sizeof(room));
	fixture_need(nt_notary_stream(f->n, vf_bytes_str(submitter), vf_bytes_str(study), &s, &err), &err, "stream");
	fixture_need(nt_notary_get(f->n, head, &r, &err), &err, "get");
	CHECK(vf_bytes_is(r->kind, "study-head"));
	CHECK(vf_bytes_is(r->submitter, NT_PARTY_NOTARY));
	fixture_need(nt_details_text(f->n, r, &a, &text, &err), &err, "details");
	fixture_need(vf_json_parse(text, &doc, &err), &err, "json");
	list = vf_json_get(vf_json_root(doc), "streams");
	for (size_t i = 0; i < vf_json_count(list); i++) {
		const struct vf_json_value *v = vf_json_item(list, i);

		CHECK(vf_json_hex(vf_json_get(v, "stream"), id.b, sizeof(id.b)));
		if (!vf_hash_eq(&id, &s.id))
			continue;
		CHECK(vf_json_uint(vf_json_get(v, "records"), &n));
		CHECK(vf_json_hex(vf_json_get(v, "head"), id.b, sizeof(id.b)));
		*ret_ends = vf_hash_eq(&id, &s.head);
	}
	vf_json_free(doc);
	nt_record_free(r);
	return n;
}

static void names_all(void)
{
	struct nt_heads_made one, same, two;
	struct vf_err err = {0};
	struct fixture f;
	bool ends;

	fixture_begin(&f);
	CHECK_RC(nt_heads_put(f.n, vf_bytes_str("A"), &one, &err), VF_UNKNOWN_RECORD);
	submit(&f, "site-1", "A", "1");
	submit(&f, "site-1", "A", "2");
	submit(&f, "site-2", "B", "1");
	one = put(&f, "A");
	CHECK(one.is_new);
	CHECK_INT(one.streams, 1);
	CHECK_INT(told(&f, &one.id, "site-1", "A", &ends), 2);
	CHECK(ends);
	CHECK_INT(told(&f, &one.id, "site-2", "B", &ends), 0);

	/* nothing happened since: the same one, after a restart too */
	same = put(&f, "A");
	CHECK(!same.is_new);
	CHECK(vf_hash_eq(&same.id, &one.id));
	nt_notary_free(f.n);
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	same = put(&f, "A");
	CHECK(!same.is_new);

	/* a new stream, and the notary's own */
	submit(&f, "site-2", "A", "3");
	two = put(&f, "A");
	CHECK(two.is_new);
	CHECK_INT(two.streams, 3);
	CHECK_INT(told(&f, &two.id, "site-1", "A", &ends), 2);
	CHECK_INT(told(&f, &two.id, "site-2", "A", &ends), 1);
	CHECK(ends);
	CHECK_INT(told(&f, &two.id, NT_PARTY_NOTARY, "A", &ends), 1);
	CHECK(!ends); /* it ends with this study head */

	/* one record more in a stream that was there */
	submit(&f, "site-1", "A", "4");
	same = put(&f, "A");
	CHECK(same.is_new);
	CHECK_INT(told(&f, &same.id, "site-1", "A", &ends), 3);
	CHECK(ends);
	fixture_end(&f);
}

/* Studies that wait for a study head, as letters: their names have one each. */
static const char *due(struct fixture *f, int64_t before)
{
	static char text[16];
	struct vf_bytes *list = NULL;
	struct vf_err err = {0};
	size_t n = 0;

	fixture_need(nt_heads_studies(f->n, before, &list, &n, &err), &err, "studies");
	CHECK(n < sizeof(text));
	memset(text, 0, sizeof(text));
	for (char c = 'A', *p = text; c <= 'Z'; c++)
		for (size_t i = 0; i < n; i++)
			if (list[i].n == 1 && list[i].p[0] == (uint8_t)c)
				*p++ = c;
	CHECK_INT(strlen(text), n);
	free(list);
	return text;
}

static void when(void)
{
	struct fixture f;
	int64_t day;

	fixture_begin(&f);
	CHECK_STR(due(&f, INT64_MAX), "");
	submit(&f, "site-1", "A", "1");
	submit(&f, "site-2", "A", "2");
	submit(&f, "site-1", "B", "1");
	submit(&f, NT_PARTY_NOTARY, "C", "1"); /* the notary's own affairs */
	day = f.now += 1000;
	CHECK_STR(due(&f, INT64_MAX), "AB");
	CHECK_STR(due(&f, day), "AB");
	CHECK_STR(due(&f, day - 100000), ""); /* they began after that */
	put(&f, "A");
	CHECK_STR(due(&f, INT64_MAX), "B");
	submit(&f, "site-1", "A", "3");
	CHECK_STR(due(&f, INT64_MAX), "AB");
	CHECK_STR(due(&f, day), "B"); /* the head of A is younger: tomorrow */
	day = f.now += 1000;
	CHECK_STR(due(&f, day), "AB");
	put(&f, "A");
	put(&f, "B");
	CHECK_STR(due(&f, INT64_MAX), "");

	/* a record of the notary itself behind the study head: what was told is looked at no more */
	submit(&f, NT_PARTY_NOTARY, "A", "4");
	CHECK_STR(due(&f, INT64_MAX), "A");
	put(&f, "A");
	CHECK_STR(due(&f, INT64_MAX), "");
	fixture_end(&f);
}

/* One record of each of n submitters, in one transaction. */
static void submit_many(struct fixture *f, unsigned from, unsigned n)
{
	struct draft *drafts = calloc(n, sizeof(*drafts));
	struct nt_submission *all = calloc(n, sizeof(*all));
	enum nt_accepted *how = calloc(n, sizeof(*how));
	size_t size = (size_t)n * 65536;
	void *room = malloc(size);
	char(*names)[16] = calloc(n, sizeof(*names));
	const struct nt_submit_file file = draft_file("a.csv", "1");
	struct vf_err err = {0};
	struct vf_arena a;

	if (!drafts || !all || !how || !room || !names)
		exit(1);
	vf_arena_init(&a, room, size);
	for (unsigned i = 0; i < n; i++) {
		struct nt_submit s = {.study = vf_bytes_str("A"), .kind = TR_DATASET};

		snprintf(names[i], sizeof(names[i]), "site-%u", from + i);
		s.submitter = vf_bytes_str(names[i]);
		draft_make(&drafts[i], f->n, NULL, &s, &file, 1, NULL, &a);
		draft_point(&drafts[i]);
		all[i] = drafts[i].s;
	}
	fixture_need(nt_notary_accept(f->n, all, n, how, &err), &err, "accept");
	free(drafts);
	free(all);
	free(how);
	free(room);
	free(names);
}

static void too_many(void)
{
	struct nt_heads_made m;
	struct vf_err err = {0};
	struct fixture f;

	fixture_begin(&f);
	submit_many(&f, 0, 398);
	CHECK_INT(put(&f, "A").streams, 398);
	submit_many(&f, 398, 1);
	CHECK_RC(nt_heads_put(f.n, vf_bytes_str("A"), &m, &err), VF_LIMIT); /* 399 and the notary's own */
	fixture_end(&f);
}

int main(void)
{
	names_all();
	when();
	too_many();
	return check_done();
}
