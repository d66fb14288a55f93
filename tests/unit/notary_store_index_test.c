/*
 * The indexes of the store in all states: in memory, in a merge that runs or was cut short, in the tables. What is
 * looked up must be the same in each, and the same as in a plain list.
 */
#include "notary/store.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notary/failpoint.h"
#include "notary/store_sqlite.h"
#include "tests/folder.h"
#include "tests/made.h"

#define MOST 700
#define DOCUMENTS 29
#define TARGETS 23
#define STUDIES 4 /* three streams, and what is in none */

static struct vf_err err;
static uint64_t seed = 1;

static uint64_t next_random(uint64_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % below;
}

/* ---- the plain list ---- */

struct plain {
	struct made *m;
	unsigned document, target, study;
	bool erased;
};

static struct plain all[MOST];
static size_t n_all;
static uint64_t n_made;
static struct made_stream streams[STUDIES - 1];
static size_t destroyed;

static void clear(void)
{
	for (size_t i = 0; i < n_all; i++)
		free(all[i].m);
	n_all = 0;
	n_made = 0;
	streams[0] = made_stream("site-a", "STUDY-A");
	streams[1] = made_stream("site-b", "STUDY-B");
	streams[2] = made_stream("site-c", "STUDY-A"); /* two streams of one study */
}

static const char *study_name(unsigned study)
{
	return study < STUDIES - 1 ? streams[study].study : "DEMO-0";
}

static struct vf_pair document(unsigned i)
{
	struct vf_hash h = made_hash("shared document", i);

	return vf_pair_of(vf_bytes(h.b, 32));
}

static struct vf_hash target(unsigned i)
{
	return made_hash("target", i);
}

/* Writes digests over others, of the same length, in the text of the statement. */
static void overwrite(char *text, struct vf_bytes before, struct vf_bytes after)
{
	char from[129], to[129], *at;

	vf_hex_put(from, before);
	vf_hex_put(to, after);
	at = strstr(text, from);
	CHECK(at != NULL);
	if (at != NULL)
		memcpy(at, to, strlen(to));
}

/* The record has this document instead of its own, and with twice a second time. */
static void replace_document(struct made *m, const struct vf_pair *d, bool twice)
{
	struct nt_submission *s = &m->s;
	struct vf_pair old = m->documents[0].digests;
	char sha256[65], sha512[129], more[320], *at;

	overwrite(m->statement, vf_bytes(old.sha256.b, 32), vf_bytes(d->sha256.b, 32));
	overwrite(m->statement, vf_bytes(old.sha512.b, 64), vf_bytes(d->sha512.b, 64));
	m->documents[0].digests = m->members[s->n_members - 1].digests = *d;
	if (twice) {
		m->members[s->n_members++] = (struct nt_member){vf_bytes_str("copy.pdf"), *d, {0}};
		m->documents[s->n_documents++] = m->documents[0];
		m->documents[1].name = vf_bytes_str("copy.pdf");
		vf_hex_put(sha256, vf_bytes(d->sha256.b, 32));
		vf_hex_put(sha512, vf_bytes(d->sha512.b, 64));
		snprintf(more, sizeof(more),
			"{\"name\":\"copy.pdf\",\"role\":\"document\",\"sha256\":\"%s\",\"sha512\":\"%s\"},",
			sha256, sha512);
		at = strstr(m->statement, "\"members\":[") + strlen("\"members\":[");
		CHECK(strlen(m->statement) + strlen(more) < sizeof(m->statement));
		memmove(at + strlen(more), at, strlen(at) + 1);
		memcpy(at, more, strlen(more));
	}
	m->members[0].bytes = vf_bytes_str(m->statement);
	m->members[0].digests = vf_pair_of(m->members[0].bytes);
}

/* Its link leads there, and is of another type now and then. */
static void replace_link(struct made *m, unsigned to, bool uses)
{
	struct nt_link *l = &m->link;
	struct vf_hash before = l->record;
	char *at = strstr(m->statement, "\"supersedes\"");

	l->record = target(to);
	overwrite(m->statement, vf_bytes(before.b, 32), vf_bytes(l->record.b, 32));
	if (!uses || at == NULL)
		return;
	l->type = vf_bytes_str("uses");
	memmove(at + 6, at + 12, strlen(at + 12) + 1);
	memcpy(at, "\"uses\"", 6);
}

/*
 * Records share documents, targets of links and journal keys, or with own they do not; some list one document twice, some have no journal
 * key, some keep.
 */
static void make_plain(struct plain *p, struct made_stream *to, bool own)
{
	struct made *m = calloc(1, sizeof(*m));
	unsigned study = (unsigned)next_random(STUDIES);
	struct made_stream *st = study < STUDIES - 1 ? &to[study] : NULL, before;
	uint64_t n = n_made++;
	struct nt_submission *s;
	struct vf_pair d;

	if (m == NULL)
		exit(1);
	*p = (struct plain){m, own ? 1000 + (unsigned)n : (unsigned)next_random(DOCUMENTS),
		own ? 1000 + (unsigned)n : (unsigned)next_random(TARGETS), study, false};
	if (st != NULL)
		before = *st;
	made_record(m, st, n, false);
	s = &m->s;
	d = document(p->document);
	m->documents[0].keep = n % 5 == 0;
	replace_link(m, p->target, n % 4 == 0);
	replace_document(m, &d, n % 3 == 0);
	s->journal = n % 7 == 0 ? (struct vf_hash){0} : made_hash("journal", own ? 1000 + n : n / 2);
	if (st != NULL)
		*st = before;
	made_close(m, st);
}

/* ---- what is looked up ---- */

struct list {
	struct vf_hash ids[MOST];
	size_t n;
};

static VF_RC put_id(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	struct list *l = ctx;

	(void)reterr;
	if (l->n < MOST)
		l->ids[l->n++] = *id;
	return VF_OK;
}

static bool is_of(const struct plain *p, const char *study)
{
	return strcmp(study_name(p->study), study) == 0 && (!p->erased || p->study < STUDIES - 1);
}

static bool has_document(const struct plain *p, unsigned i)
{
	return !p->erased && p->document == i;
}

/* Of each record: by its ID, by a beginning of it, by its journal key. */
static void check_record(struct nt_store *s, size_t i)
{
	struct nt_record *r = NULL;
	struct vf_hash got, key = all[i].m->s.journal;
	char hex[65];
	bool found = false;
	size_t first = 0;

	CHECK_RC(nt_store_get(s, &all[i].m->s.id, &r, &err), VF_OK);
	if (r == NULL)
		return;
	CHECK_INT(r->index, i);
	CHECK(all[i].erased == (r->state == NT_ERASED));
	nt_record_free(r);
	made_hex(&all[i].m->s.id, hex);
	hex[12 + next_random(53)] = '\0';
	CHECK_RC(nt_store_find(s, hex, &got, &err), VF_OK);
	CHECK(vf_hash_eq(&got, &all[i].m->s.id));
	CHECK_RC(nt_store_journal(s, &key, &found, &got, &err), VF_OK);
	while (first < n_all && (all[first].erased || !vf_hash_eq(&all[first].m->s.journal, &key)))
		first++;
	if (!nt_has_journal(&key))
		first = n_all;
	CHECK(found == (first < n_all));
	CHECK(!found || vf_hash_eq(&got, &all[first].m->s.id));
}

static void check_page(const struct nt_listed *got, size_t n, size_t max, uint64_t first, const bool *wanted)
{
	size_t k = 0;

	for (size_t i = first; i < n_all && k < max; i++) {
		if (!wanted[i])
			continue;
		CHECK(k < n && got[k].number == i && vf_hash_eq(&got[k].id, &all[i].m->s.id));
		k++;
	}
	CHECK_INT(n, k);
}

static void check_list(const struct list *got, const bool *wanted)
{
	size_t k = 0;

	for (size_t i = 0; i < n_all; i++) {
		if (!wanted[i])
			continue;
		CHECK(k < got->n && vf_hash_eq(&got->ids[k], &all[i].m->s.id));
		k++;
	}
	CHECK_INT(got->n, k);
}

static void check_document(struct nt_store *s, unsigned d)
{
	static struct nt_listed page[MOST];
	struct vf_hash h = document(d).sha256;
	struct list l = {.n = 0};
	bool wanted[MOST], kept = false, got = false;
	uint64_t first = next_random(n_all + 2);
	size_t n, max = next_random(12);

	for (size_t i = 0; i < n_all; i++) {
		wanted[i] = has_document(&all[i], d);
		kept = kept || (wanted[i] && all[i].m->documents[0].keep);
	}
	CHECK_RC(nt_store_find_digest(s, &h, put_id, &l, &err), VF_OK);
	check_list(&l, wanted);
	CHECK_RC(nt_store_page_digest(s, &h, first, max, page, &n, &err), VF_OK);
	check_page(page, n, max, first, wanted);
	CHECK_RC(nt_store_page_digest(s, &h, 0, MOST, page, &n, &err), VF_OK);
	check_page(page, n, MOST, 0, wanted);
	CHECK_RC(nt_store_is_kept(s, &h, &got, &err), VF_OK);
	CHECK_INT(got, kept);
}

static void check_link(struct nt_store *s, unsigned t, const char *type)
{
	static struct nt_listed page[MOST];
	const struct nt_link link = {vf_bytes_str(type), target(t)};
	bool wanted[MOST];
	uint64_t first = next_random(n_all + 2);
	size_t n, max = next_random(12);

	for (size_t i = 0; i < n_all; i++)
		wanted[i] = !all[i].erased && all[i].target == t && vf_bytes_eq(all[i].m->link.type, link.type);
	CHECK_RC(nt_store_page_linked(s, &link, first, max, page, &n, &err), VF_OK);
	check_page(page, n, max, first, wanted);
	CHECK_RC(nt_store_page_linked(s, &link, 0, MOST, page, &n, &err), VF_OK);
	check_page(page, n, MOST, 0, wanted);
}

/* Without a name: of all. */
static void check_study(struct nt_store *s, const char *study)
{
	static struct nt_listed page[MOST];
	struct vf_bytes name = study ? vf_bytes_str(study) : vf_bytes(NULL, 0);
	struct list l = {.n = 0};
	bool wanted[MOST];
	uint64_t first = next_random(n_all + 2);
	size_t n, max = next_random(40);

	for (size_t i = 0; i < n_all; i++)
		wanted[i] = study == NULL || is_of(&all[i], study);
	CHECK_RC(nt_store_each(s, name, put_id, &l, &err), VF_OK);
	check_list(&l, wanted);
	CHECK_RC(nt_store_page(s, name, first, max, page, &n, &err), VF_OK);
	check_page(page, n, max, first, wanted);
	CHECK_RC(nt_store_page(s, name, 0, MOST, page, &n, &err), VF_OK);
	check_page(page, n, MOST, 0, wanted);
}

static void check_lookups(struct nt_store *s)
{
	struct vf_hash none = made_hash("nowhere", 1), got;
	struct nt_record *r = NULL;
	bool found = true;
	char hex[65];

	CHECK_INT(nt_store_state(s)->records, n_all);
	for (size_t i = 0; i < n_all; i++)
		check_record(s, i);
	for (unsigned d = 0; d < DOCUMENTS + 1; d++)
		check_document(s, d);
	for (unsigned t = 0; t < TARGETS + 1; t++) {
		check_link(s, t, "supersedes");
		check_link(s, t, "uses");
	}
	for (unsigned i = 0; i < STUDIES; i++)
		check_study(s, study_name(i));
	check_study(s, NULL);
	CHECK_RC(nt_store_get(s, &none, &r, &err), VF_UNKNOWN_RECORD);
	CHECK_RC(nt_store_find(s, made_hex(&none, hex), &got, &err), VF_UNKNOWN_RECORD);
	CHECK_RC(nt_store_journal(s, &none, &found, &got, &err), VF_OK);
	CHECK(!found);
}

static void tell(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx;
	fprintf(stderr, "  %s: %s\n", vf_rc_name(rc), text);
}

static void check_store(struct nt_store *s)
{
	struct nt_findings f = {.tell = tell};

	CHECK_RC(nt_store_check(s, &f, &err), VF_OK);
	CHECK_RC(nt_store_check_streams(s, &f, &err), VF_OK);
	CHECK_INT(f.n, 0);
}

/* ---- what is done ---- */

static struct nt_store *open_store(const char *path, size_t merge_at, size_t slice)
{
	struct nt_store *s = NULL;

	CHECK_RC(nt_store_open(path, &s, &err), VF_OK);
	if (s == NULL) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	nt_store_index_small(s, merge_at, slice);
	return s;
}

static struct nt_store *new_store(const char *path, size_t merge_at, size_t slice)
{
	struct vf_hash secret = made_hash("secret", 0), root = made_hash("root", 0);

	clear();
	CHECK_RC(nt_store_create(path, "origin", &secret, &root, vf_bytes_str("note"), &err), VF_OK);
	return open_store(path, merge_at, slice);
}

static void accept_some(struct nt_store *s, size_t n, bool own)
{
	static struct nt_submission subs[MOST];
	static enum nt_accepted got[MOST];

	for (size_t i = 0; i < n; i++) {
		make_plain(&all[n_all + i], streams, own);
		subs[i] = all[n_all + i].m->s;
	}
	CHECK_RC(nt_store_accept(s, subs, n, 1000, got, &err), VF_OK);
	n_all += n;
}

static void accept(struct nt_store *s, size_t n)
{
	accept_some(s, n, false);
}

/* The last of them contradicts a record that is there: all of them leave no trace in memory either. */
static void accept_refused(struct nt_store *s)
{
	struct made_stream tried[STUDIES - 1];
	struct nt_submission subs[6];
	struct plain p[5];
	enum nt_accepted got[6];
	uint64_t made = n_made;

	memcpy(tried, streams, sizeof(tried));
	for (size_t i = 0; i < 5; i++) {
		make_plain(&p[i], tried, false);
		subs[i] = p[i].m->s;
	}
	subs[5] = all[next_random(n_all)].m->s;
	subs[5].slot.b[0] ^= 1;
	CHECK_RC(nt_store_accept(s, subs, 6, 1000, got, &err), VF_ENTRY_CONFLICT);
	for (size_t i = 0; i < 5; i++)
		free(p[i].m);
	n_made = made;
}

static void accept_again(struct nt_store *s)
{
	size_t i = next_random(n_all);
	enum nt_accepted got = NT_ACCEPTED_NEW;

	CHECK_RC(nt_store_accept(s, &all[i].m->s, 1, 1000, &got, &err), all[i].erased ? VF_ERASED : VF_OK);
	CHECK(all[i].erased || got == NT_ACCEPTED_BEFORE);
}

static void sequence(struct nt_store *s, uint64_t size)
{
	struct vf_hash root = made_hash("root", size);

	if (size > nt_store_state(s)->size)
		CHECK_RC(nt_store_sequence(s, size, &root, vf_bytes_str("note"), &err), VF_OK);
}

static VF_RC count_destroyed(void *ctx, const struct vf_hash *sha256, struct vf_err *reterr)
{
	struct vf_hash want = document(*(unsigned *)ctx).sha256;

	(void)reterr;
	CHECK(vf_hash_eq(sha256, &want));
	destroyed++;
	return VF_OK;
}

static void erase(struct nt_store *s, size_t i)
{
	bool last = all[i].m->documents[0].keep && !all[i].erased;
	unsigned d = all[i].document;

	for (size_t k = 0; k < n_all; k++)
		last = last && (k == i || !has_document(&all[k], d) || !all[k].m->documents[0].keep);
	destroyed = 0;
	CHECK_RC(nt_store_erase(s, &all[i].m->s.id, count_destroyed, &d, &err), VF_OK);
	all[i].erased = true;
	CHECK_INT(destroyed > 0, last);
}

static void merge(struct nt_store *s)
{
	bool more = true;

	while (more) {
		more = false;
		CHECK_RC(nt_store_index(s, &more, &err), VF_OK);
	}
}

/* ---- tests ---- */

static void test_states(void)
{
	char folder[256];
	const char *path;
	struct nt_store *s;
	bool more;

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	s = new_store(path, MOST * 8, 16);
	check_lookups(s);
	accept(s, 300);
	check_lookups(s); /* nothing is in the tables */
	sequence(s, 120);
	check_lookups(s);
	sequence(s, 300);
	merge(s);
	CHECK_INT(s->recent.from, 0); /* not due */
	check_lookups(s);
	check_store(s);
	nt_store_free(s);
	s = open_store(path, 1, 16); /* memory as the rows give it */
	check_lookups(s);
	/* Half merged, at every slice; others come meanwhile. */
	for (more = true; more && s->recent.from == 0;) {
		CHECK_RC(nt_store_index(s, &more, &err), VF_OK);
		check_lookups(s);
		if (n_all < 350) {
			accept(s, 1);
			sequence(s, n_all - 1);
		}
	}
	CHECK_INT(s->recent.from, 300);
	check_store(s);
	merge(s);
	CHECK_INT(s->recent.from, n_all);
	CHECK_INT(s->recent.ids.n + s->recent.journals.n + s->recent.documents.n + s->recent.links.n + s->recent.n, 0);
	check_lookups(s);
	check_store(s);
	nt_store_free(s);
	s = open_store(path, 1, 16);
	CHECK_INT(s->recent.n, 0);
	check_lookups(s);
	nt_store_free(s);
	folder_remove(folder);
}

static void test_random(void)
{
	char folder[256];
	const char *path;
	struct nt_store *s;
	bool more;

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	s = new_store(path, 60, 9);
	accept(s, 1);
	for (int i = 0; i < 1500; i++) {
		uint64_t what = next_random(100);

		if (what < 30 && n_all + 8 <= MOST)
			accept(s, 1 + next_random(8));
		else if (what < 33)
			accept_refused(s);
		else if (what < 38)
			accept_again(s);
		else if (what < 50)
			sequence(s, nt_store_state(s)->size + next_random(n_all - nt_store_state(s)->size + 1));
		else if (what < 80)
			CHECK_RC(nt_store_index(s, &more, &err), VF_OK);
		else if (what < 86)
			erase(s, next_random(n_all));
		else if (what < 89) {
			nt_store_free(s); /* as a crash: nothing is settled */
			s = open_store(path, next_random(120), 1 + next_random(30));
		} else {
			check_record(s, next_random(n_all));
			check_document(s, (unsigned)next_random(DOCUMENTS));
			check_link(s, (unsigned)next_random(TARGETS), i % 3 ? "supersedes" : "uses");
			check_study(s, study_name((unsigned)next_random(STUDIES)));
		}
		if (i % 60 == 0) {
			check_lookups(s);
			check_store(s);
		}
		if (check_failures > 0) {
			fprintf(stderr, "step %d, operation %d\n", i, (int)what);
			break;
		}
	}
	CHECK(n_all > MOST - 20);
	check_lookups(s);
	check_store(s);
	nt_store_free(s);
	folder_remove(folder);
}

/* ---- crashes ---- */

static long passed, stop_at;

static void stop(void *ctx, const char *name)
{
	(void)ctx;
	if (strncmp(name, "index-", 6) == 0 && ++passed == stop_at)
		_exit(42);
}

/* True when the child was killed at its failpoint number at. */
static bool killed(const char *path, long at, size_t slice)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct nt_store *s = open_store(path, 1, slice);

		passed = 0;
		stop_at = at;
		nt_failpoint_set(stop, NULL);
		merge(s);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 42 || WEXITSTATUS(status) == 0));
	return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

static void test_kill(void)
{
	char folder[256], path[300];
	struct nt_store *s;
	long at = 0;

	folder_make(folder);
	snprintf(path, sizeof(path), "%s/notary.db", folder);
	s = new_store(path, MOST * 8, 20);
	accept(s, 40);
	nt_store_index_small(s, 1, 20);
	merge(s);
	accept(s, 60);
	sequence(s, 90);
	nt_store_free(s);
	folder_run("cp -a '%s' '%s.good'", path, path);
	while (killed(path, ++at, 20)) {
		s = open_store(path, 1, 1000);
		CHECK(s->recent.from == 40 || s->recent.from == 100);
		check_lookups(s);
		check_store(s);
		merge(s); /* again, over what is there */
		CHECK_INT(s->recent.from, 100);
		check_lookups(s);
		check_store(s);
		nt_store_free(s);
		folder_run("rm -f '%s'*-wal '%s'*-shm", path, path);
		folder_run("cp -a '%s.good' '%s'", path, path);
	}
	CHECK(at > 12); /* slices of five tables, and the mark */
	folder_remove(folder);
}

/* ---- erasure ---- */

static void check_gone(const char *folder, size_t i)
{
	struct vf_hash only = document(all[i].document).sha256;
	uint64_t link = nt_index_link_key(all[i].m->link.type, &all[i].m->link.record);
	uint8_t key[8];

	CHECK_INT(folder_search(folder, vf_bytes_str(all[i].m->title)), 0);
	CHECK_INT(folder_search(folder, vf_bytes(only.b, 8)), 0); /* the width of the indexes */
	for (size_t k = 0; k < 8; k++)
		key[k] = (uint8_t)(link >> 8 * (7 - k));
	CHECK_INT(folder_search(folder, vf_bytes(key, 8)), 0);
	CHECK_INT(folder_search(folder, vf_bytes(all[i].m->link.record.b, 8)), 0);
	if (nt_has_journal(&all[i].m->s.journal))
		CHECK_INT(folder_search(folder, vf_bytes(all[i].m->s.journal.b, 8)), 0);
}

#define ERASED 5

/* Erases records after so many slices, with or without a crash before; true when the merge had ended by then. */
static bool erase_after(long slices, bool crash)
{
	size_t which[ERASED] = {11};
	char folder[256], path[300];
	struct nt_store *s;
	bool more, ended;

	folder_make(folder);
	snprintf(path, sizeof(path), "%s/notary.db", folder);
	s = new_store(path, MOST * 8, 25);
	accept_some(s, 60, true);
	for (size_t i = 0; i < 60; i++)
		which[1 + all[i].study] = i; /* the last of each study: it comes last into the table */
	sequence(s, 50);
	nt_store_index_small(s, 1, 25);
	for (long i = 0; i < slices; i++)
		CHECK_RC(nt_store_index(s, &more, &err), VF_OK);
	ended = s->recent.from == 60;
	if (crash) {
		nt_store_free(s);
		s = open_store(path, 1, 25);
	}
	for (size_t i = 0; i < ERASED; i++)
		CHECK(folder_search(folder, vf_bytes_str(all[which[i]].m->title)) > 0);
	for (size_t i = 0; i < ERASED; i++) {
		erase(s, which[i]);
		check_gone(folder, which[i]);
	}
	check_lookups(s);
	check_store(s);
	merge(s);
	CHECK_INT(s->recent.from, 60);
	for (size_t i = 0; i < ERASED; i++)
		check_gone(folder, which[i]);
	check_lookups(s);
	check_store(s);
	nt_store_free(s);
	for (size_t i = 0; i < ERASED; i++)
		check_gone(folder, which[i]);
	folder_remove(folder);
	return ended;
}

static void test_erase(void)
{
	long slices = 0;

	while (!erase_after(slices, false)) {
		erase_after(slices, true);
		slices++;
	}
	CHECK(slices > 8);
}

/* ---- limits, and an older store ---- */

static void test_limits(void)
{
	char folder[256];
	const char *path;
	struct nt_store *s;

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	s = new_store(path, 40, 10);
	/* Nobody calls nt_store_index(): accepting merges by itself. */
	for (int i = 0; i < 60; i++) {
		accept(s, 5);
		CHECK(s->recent.n <= 60);
	}
	CHECK(s->recent.from > 200);
	check_lookups(s);
	accept(s, 25);
	CHECK_RC(nt_store_settle(s, &err), VF_OK);
	CHECK_INT(s->recent.from, n_all);
	accept(s, 2); /* too few to be settled */
	CHECK_RC(nt_store_settle(s, &err), VF_OK);
	CHECK_INT(s->recent.n, 2);
	nt_store_free(s);
	s = open_store(path, 1, 10); /* who only reads settles nothing */
	CHECK_RC(nt_store_settle(s, &err), VF_OK);
	CHECK_INT(s->recent.n, 2);
	check_lookups(s);
	nt_store_free(s);
	folder_remove(folder);
}

static void run_sql(const char *path, const char *text)
{
	sqlite3 *db = NULL;
	char *message = NULL;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		CHECK_FAIL("%s: %s", text, message);
	sqlite3_free(message);
	sqlite3_close(db);
}

/* A row of the log that nobody can read any more keeps nobody from opening; one that waits does. */
static void test_damaged(void)
{
	char folder[256];
	const char *path;
	struct nt_findings f = {0};
	struct nt_record *r = NULL;
	struct nt_store *s;

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	s = new_store(path, 1, 1000);
	accept(s, 20);
	sequence(s, 19);
	nt_store_free(s);
	run_sql(path,
		"UPDATE record SET body = zeroblob(2) WHERE number = 3; DELETE FROM record WHERE number = 5;"
		"UPDATE record SET body = CAST(substr(body, 1, 175) AS BLOB) WHERE number = 7");
	s = open_store(path, 1, 1000);
	CHECK_INT(s->recent.n, 20);
	CHECK_INT(s->recent.ids.n, 18);
	CHECK_INT(s->recent.studies[3] + s->recent.studies[5] + s->recent.studies[7], 0);
	for (size_t i = 0; i < 20; i++)
		if (i != 3 && i != 5 && i != 7)
			check_record(s, i);
	CHECK_RC(nt_store_get(s, &all[3].m->s.id, &r, &err), VF_UNKNOWN_RECORD);
	CHECK_RC(nt_store_get(s, &all[7].m->s.id, &r, &err), VF_STORE_CORRUPT);
	merge(s);
	CHECK_RC(nt_store_get(s, &all[7].m->s.id, &r, &err), VF_STORE_CORRUPT);
	CHECK_RC(nt_store_check(s, &f, &err), VF_OK);
	CHECK(f.n >= 3);
	nt_store_free(s);
	run_sql(path, "UPDATE state SET indexed = 0; UPDATE record SET body = zeroblob(2) WHERE number = 19");
	s = NULL;
	CHECK_RC(nt_store_open(path, &s, &err), VF_STORE_CORRUPT);
	folder_remove(folder);
}

static void test_version_1(void)
{
	char folder[256];
	const char *path;
	struct nt_findings f = {0};
	struct nt_store *s;

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	s = new_store(path, 1, 1000);
	accept(s, 100);
	sequence(s, 100);
	merge(s);
	accept(s, 50);
	nt_store_free(s);
	/* In version 1 the tables held exactly what was in the log, and nothing said so. */
	run_sql(path,
		"ALTER TABLE state DROP COLUMN indexed; DROP TABLE exchange; DROP TABLE revocation; DROP TABLE by_link;"
		"DROP TABLE chain; DROP TABLE renewal; DROP TABLE renewal_leaves; DROP TABLE renewed; PRAGMA user_version = 1");
	s = open_store(path, 1, 1000);
	CHECK_INT(s->recent.from, 100);
	CHECK_INT(s->recent.n, 50);
	check_lookups(s);
	check_store(s);
	merge(s);
	check_lookups(s);
	check_store(s);
	nt_store_free(s);
	/* A mark behind the last record is no mark. */
	run_sql(path, "UPDATE state SET indexed = 151");
	s = NULL;
	CHECK_RC(nt_store_open(path, &s, &err), VF_STORE_CORRUPT);
	/* A mark that claims more than the tables hold is found. */
	run_sql(path, "UPDATE state SET indexed = 150; DELETE FROM by_id WHERE number = 149");
	s = open_store(path, 1, 1000);
	CHECK_RC(nt_store_check(s, &f, &err), VF_OK);
	CHECK(f.n > 0);
	nt_store_free(s);
	folder_remove(folder);
}

static void count_links(void *ctx, enum vf_rc rc, const char *text)
{
	CHECK_INT(rc, VF_STORE_CORRUPT);
	*(int *)ctx += strstr(text, "'by_link'") != NULL;
}

static int link_findings(const char *path)
{
	int found = 0;
	struct nt_findings f = {.tell = count_links, .ctx = &found};
	struct nt_store *s = open_store(path, 1, 1000);

	CHECK_RC(nt_store_check(s, &f, &err), VF_OK);
	nt_store_free(s);
	return found;
}

/* In version 4 no table had the links: the migration puts those that belong there, and no more. */
static void test_version_4(void)
{
	char folder[256];
	const char *path;
	struct nt_store *s;

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	s = new_store(path, 1, 1000);
	accept(s, 100);
	sequence(s, 100);
	merge(s);
	accept(s, 50);
	erase(s, 4);
	nt_store_free(s);
	run_sql(path, "DROP TABLE by_link; DROP TABLE chain; DROP TABLE renewal; DROP TABLE renewal_leaves; DROP TABLE renewed; "
		"UPDATE record SET body = zeroblob(2) WHERE number = 3; PRAGMA user_version = 4");
	s = open_store(path, 1, 1000);
	CHECK_INT(s->recent.from, 100);
	CHECK_INT(s->recent.links.n, 50);
	all[3].erased = true; /* nobody can read it, so nobody finds it */
	for (unsigned t = 0; t < TARGETS; t++) {
		check_link(s, t, "supersedes");
		check_link(s, t, "uses");
	}
	merge(s);
	nt_store_free(s);
	CHECK_INT(link_findings(path), 0);
	/* a link that no record has, and one that is not there */
	run_sql(path, "INSERT INTO by_link VALUES (7, 148)");
	CHECK_INT(link_findings(path), 1);
	run_sql(path, "DELETE FROM by_link WHERE h = 7; DELETE FROM by_link WHERE number = 149");
	CHECK_INT(link_findings(path), 2); /* the row, and their count */
	folder_remove(folder);
}

int main(void)
{
	test_states();
	test_random();
	test_kill();
	test_erase();
	test_limits();
	test_damaged();
	test_version_1();
	test_version_4();
	clear();
	return check_done();
}
