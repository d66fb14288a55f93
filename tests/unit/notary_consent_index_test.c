/* The index against the engine, against itself made again, and killed at each step. */
#include <sys/wait.h>

#include "notary/consent_index.h"
#include "notary/failpoint.h"
#include "notary/participants.h"
#include "tests/consent_history.h"
#include "tests/folder.h"
#include "tests/notary_fixture.h"

static const struct vf_bytes study = {(const uint8_t *)"DEMO-1", 6};
static uint8_t room[1 << 20];

/* ---- the same answers as the engine gives ---- */

static const char *const histories[] = {
	"F1=form adult participation,future/asthma; A1=approval F1 2026-01-10 committee:north; C1=consent F1 2026-03-04 participation "
	"future~2026-12-31=bank/asthma; W1=withdrawal C1 2026-05 future",
	"F1=form parent participation; F2=form assent participation; A1=approval F1 2026-01-10; A2=approval F2 2026-02 until:2027-01-01; "
	"C1=consent F1 2026-03-04T10:00:00Z participation role:parent sealed:2026-03-05T00:00:00Z; C2=consent F2 2026-03-05 participation role:assent",
	"P1=protocol; P2=protocol supersedes:P1; F1=form adult participation uses:P1; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation; "
	"F2=form adult participation supersedes:F1 uses:P2 all days:30 by:2026-08; A2=approval F2 2026-06-01; G1=grant lab review 2026-04-01 until:2026-05-01",
	"F1=form adult participation; A1=approval F1 2026-01-10 rejected; C1=consent F1 2026-03-04 participation; W1=withdrawal C9 of:Q; "
	"C2=consent F9 2026-03-04 participation- of:Q; C3=consent F1 2026-06-04 participation of:R",
};
static const char *const times[] = {"2026-01-01", "2026-03-04T12:00:00Z", "2026-04-15", "2026-05-20", "2026-07-01", "2026-08-15", "2027-02-01"};
static const char *const purposes[] = {"participation", "future", "asthma", "review", "nothing"};
static const char *const people[] = {"P", "Q", "R", "S"};

static struct nt_consent_index *open_index(const char *dir)
{
	struct nt_consent_index *x = NULL;
	struct vf_err err = {0};

	fixture_need(nt_consent_index_open(dir, true, &x, &err), &err, "index");
	return x;
}

static void put_history(struct nt_consent_index *x, const struct history *h, const char *name)
{
	struct vf_err err = {0};

	fixture_need(nt_consent_begin(x, &err), &err, "begin");
	for (size_t i = 0; i < h->n; i++) {
		struct nt_consent_row row = {i, vf_bytes_str(name), h->all[i]};

		if (row.fact.kind < TR_FACT_CONSENT)
			memset(&row.fact.participant, 0, 32);
		fixture_need(nt_consent_put(x, &row, &err), &err, "put");
	}
	fixture_need(nt_consent_end(x, VF_OK, &err), &err, "end");
}

static void same_answer(const struct tr_consent_answer *a, const struct tr_consent_answer *b)
{
	CHECK_STR(tr_consent_state_name(a->state), tr_consent_state_name(b->state));
	CHECK_STR(a->reason, b->reason);
	CHECK_INT(a->n_said, b->n_said);
	CHECK_INT(a->n_findings, b->n_findings);
	for (size_t i = 0; i < a->n_said && i < b->n_said; i++) {
		CHECK(vf_hash_eq(&a->said[i]->id, &b->said[i]->id));
		CHECK_INT(a->said[i]->index, b->said[i]->index);
		CHECK_INT(a->said[i]->sealed, b->said[i]->sealed);
	}
	for (size_t i = 0; i < a->n_findings && i < b->n_findings; i++)
		CHECK(a->findings[i].remark == b->findings[i].remark && a->findings[i].sure == b->findings[i].sure);
}

struct gap_list {
	struct tr_gap gaps[16];
	struct vf_hash whose[16], consent[16], form[16];
	size_t n;
};

static VF_RC add_gap(void *ctx, const struct vf_hash *participant, const struct tr_gap *gap, struct vf_err *reterr)
{
	struct gap_list *l = ctx;

	(void)reterr;
	if (l->n == 16)
		exit(1);
	l->whose[l->n] = *participant;
	l->consent[l->n] = gap->consent->id;
	l->form[l->n] = gap->form->id;
	l->gaps[l->n++] = *gap;
	return VF_OK;
}

/* The engine's gaps of one participant, which must stand together in the list. */
static size_t find_gaps(const struct gap_list *l, const struct history *h, const char *who, const char *at)
{
	struct tr_consent_view view = history_view(h, at);
	struct tr_gap gaps[TR_MAX_GAPS];
	struct vf_arena arena;
	size_t n = 0, k = 0;

	view.participant = history_id(who);
	vf_arena_init(&arena, room, sizeof(room));
	CHECK_RC(tr_consent_gaps(&view, &arena, gaps, &n, NULL), VF_OK);
	for (size_t i = 0; i < l->n; i++) {
		if (!vf_hash_eq(&l->whose[i], &view.participant))
			continue;
		CHECK(k < n && l->gaps[i].state == gaps[k].state && vf_hash_eq(&l->consent[i], &gaps[k].consent->id) &&
			vf_hash_eq(&l->form[i], &gaps[k].form->id) && l->gaps[i].due.lo == gaps[k].due.lo);
		k++;
	}
	CHECK_INT(k, n);
	return n;
}

static void test_engine(const char *dir)
{
	static struct history h[4];
	struct nt_consent_index *x = open_index(dir);
	size_t found = 0;

	for (size_t i = 0; i < 4; i++) {
		char name[16];

		snprintf(name, sizeof(name), "S-%zu", i);
		history_make(&h[i], histories[i]);
		/* numbers and IDs are of all studies: each in its own index */
		fixture_need(nt_consent_begin(x, NULL), &(struct vf_err){0}, "begin");
		fixture_need(nt_consent_end(x, nt_consent_clear(x, NULL), NULL), &(struct vf_err){0}, "clear");
		put_history(x, &h[i], name);
		for (size_t t = 0; t < sizeof(times) / sizeof(times[0]); t++) {
			struct tr_when at = history_span(times[t]);
			struct gap_list l = {.n = 0};
			size_t sum = 0;

			for (size_t p = 0; p < sizeof(purposes) / sizeof(purposes[0]); p++) {
				for (size_t w = 0; w < 8; w++) {
					struct tr_consent_view view = history_view(&h[i], times[t]);
					struct nt_consent_question q = {vf_bytes_str(name), history_id(people[w % 4]),
						vf_bytes_str(purposes[p]), vf_bytes_str(w < 4 ? "" : "lab"), at};
					struct tr_consent_answer a, b;
					struct vf_arena arena;

					view.participant = q.participant;
					vf_arena_init(&arena, room, sizeof(room));
					CHECK_RC(tr_consent_state(&view, q.purpose, q.who, &arena, &a, NULL), VF_OK);
					CHECK_RC(nt_consent_ask(x, &q, &b, NULL), VF_OK);
					same_answer(&a, &b);
				}
			}
			CHECK_RC(nt_consent_gaps(x, vf_bytes_str(name), &at, add_gap, &l, NULL), VF_OK);
			for (size_t w = 0; w < 4; w++)
				sum += find_gaps(&l, &h[i], people[w], times[t]);
			CHECK_INT(l.n, sum);
			found += sum;
		}
	}
	CHECK(found > 3);
	nt_consent_index_free(x);
}

/* More than the first arena holds, for one participant and for many. */
static void test_many(const char *dir)
{
	struct nt_consent_index *x = open_index(dir);
	struct tr_consent_permission p[3] = {{.name = vf_bytes_str("participation"), .granted = true, .from = tr_when_none(), .until = tr_when_none()}};
	struct nt_consent_row row = {0, study, {.kind = TR_FACT_CONSENT, .index = UINT64_MAX, .sealed = VF_TIME_NONE, .voice = TR_ADULT}};
	struct nt_consent_question q = {study, history_id("P"), vf_bytes_str("participation"), vf_bytes(NULL, 0), history_span("2026-07-01")};
	struct tr_consent_answer a;
	struct gap_list l = {.n = 0};
	static char text[2000];

	memset(text, 'x', sizeof(text));
	p[0].purpose = vf_bytes(text, sizeof(text));
	row.fact.permissions = p;
	row.fact.n_permissions = 1;
	row.fact.until = row.fact.reconsent.by = tr_when_none();
	fixture_need(nt_consent_begin(x, NULL), &(struct vf_err){0}, "begin");
	fixture_need(nt_consent_clear(x, NULL), &(struct vf_err){0}, "clear");
	for (unsigned i = 0; i < 3000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		row.number = i;
		row.fact.id = history_id(name);
		row.fact.participant = history_id(i < 1500 ? "P" : name);
		row.fact.when = history_span(i == 0 ? "2026-03-04" : "2026-09-04");
		fixture_need(nt_consent_put(x, &row, NULL), &(struct vf_err){0}, "put");
	}
	fixture_need(nt_consent_end(x, VF_OK, NULL), &(struct vf_err){0}, "end");
	CHECK_RC(nt_consent_ask(x, &q, &a, NULL), VF_OK);
	CHECK(a.state == TR_GRANTED && a.n_said == 1 && vf_hash_eq(&a.said[0]->id, &(struct vf_hash[]){history_id("0")}[0]));
	CHECK_RC(nt_consent_gaps(x, study, &q.at, add_gap, &l, NULL), VF_OK);
	CHECK_INT(l.n, 0);
	nt_consent_index_free(x);
}

/* ---- with a notary ---- */

struct made {
	struct fixture f;
	struct vf_hash form, approval, consent, withdrawal;
	struct vf_hash value; /* of participant 017 */
};

/* a for the first '$', b for the second. */
static void fill(char *out, size_t cap, const char *text, const char *a, const char *b)
{
	const char *first = strchr(text, '$'), *second = first ? strchr(first + 1, '$') : NULL;

	if (!second)
		snprintf(out, cap, "%s", text);
	else
		snprintf(out, cap, "%.*s%s%.*s%s%s", (int)(first - text), text, a, (int)(second - first - 1), first + 1, b, second + 1);
}

static struct vf_hash submit(struct fixture *f, enum tr_kind kind, const struct vf_hash *link, enum tr_link_type type, const char *text,
	const char *a, const char *b)
{
	static struct tr_rulebook book;
	char json[2048], pointer[TR_POINTER_MAX];
	struct tr_details_draft d = {.kind = kind};
	struct tr_link l = {type, link ? *link : (struct vf_hash){{0}}};
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = study, .kind = kind, .confidential = tr_kind_is_personal(kind),
		.links = link ? &l : NULL, .n_links = link != NULL};
	struct nt_submit_record r = {0};
	struct vf_err err = {0};
	struct vf_arena arena;

	fill(json, sizeof(json), text, a, b);
	vf_arena_init(&arena, room, sizeof(room));
	fixture_need(tr_rulebook_get(&book, kind, &d.rules, &err), &err, "rules");
	d.json = vf_bytes_str(json);
	fixture_need(tr_details_make(&d, &arena, &s.details, pointer, &err), &err, "details");
	fixture_need(nt_submit_records(f->n, &s, &r, 1, fixture_learn, f, &err), &err, "submit");
	return f->last;
}

static const char *hex(const struct vf_hash *h)
{
	static char out[4][65];
	static unsigned next;
	char *p = out[next++ % 4];

	vf_hex_put(p, vf_bytes(h->b, 32));
	return p;
}

static void make(struct made *m)
{
	struct vf_err err = {0};

	fixture_begin(&m->f);
	fixture_need(nt_participant_value(m->f.notary, study, vf_bytes_str("site-07/participant-00017"), 1, &m->value, &err), &err, "value");
	m->form = submit(&m->f, TR_CONSENT_FORM, NULL, TR_LINK_NONE,
		"{\"language\":\"en\",\"population\":\"adult\",\"permissions\":[{\"name\":\"participation\",\"required\":true}]}", "", "");
	m->approval = submit(&m->f, TR_ETHICS_APPROVAL, &m->form, TR_APPROVES, "{\"committee\":\"North\",\"decision\":\"approved\",\"from\":\"2025-12-01\"}", "", "");
	m->consent = submit(&m->f, TR_CONSENT, NULL, TR_LINK_NONE,
		"{\"participant\":\"$\",\"form\":\"$\",\"role\":\"participant\",\"given\":\"2025-12-30T10:00:00Z\",\"permissions\":[{\"name\":\"participation\",\"granted\":true}]}",
		hex(&m->value), hex(&m->form));
}

static void again(struct made *m)
{
	struct vf_err err = {0};

	m->f.n = nt_notary_free(m->f.n);
	fixture_need(nt_notary_open(m->f.notary, fixture_clock, &m->f, &m->f.n, &err), &err, "open");
}

/* All rows as lines. */
struct dump {
	char text[8192];
	size_t n;
};

static VF_RC dump_fact(void *ctx, const struct tr_consent_fact *f, struct vf_err *reterr)
{
	struct dump *d = ctx;

	(void)reterr;
	d->n += (size_t)snprintf(d->text + d->n, sizeof(d->text) - d->n, "%s %d %" PRIu64 " %" PRId64 " %" PRId64 " %s\n", hex(&f->id),
		f->kind, f->index, f->sealed, f->when.lo, hex(&f->participant));
	return VF_OK;
}

static struct dump dump(struct made *m)
{
	struct nt_consent_index *x = NULL;
	struct dump d = {.n = 0};
	struct vf_err err = {0};

	fixture_need(nt_consent_follow(m->f.n, &x, &err), &err, "follow");
	fixture_need(nt_consent_each(x, study, NULL, dump_fact, &d, &err), &err, "each");
	nt_consent_index_free(x);
	return d;
}

static enum tr_consent_state state(struct made *m)
{
	struct nt_consent_index *x = NULL;
	struct nt_consent_question q = {study, m->value, vf_bytes_str("participation"), vf_bytes(NULL, 0), tr_when_at(m->f.now)};
	struct tr_consent_answer a;
	struct vf_err err = {0};

	fixture_need(nt_consent_follow(m->f.n, &x, &err), &err, "follow");
	fixture_need(nt_consent_ask(x, &q, &a, &err), &err, "ask");
	CHECK_INT(a.n_findings, 0);
	nt_consent_index_free(x);
	return a.state;
}

static void remove_index(struct made *m)
{
	unlink(folder_path(m->f.notary, "consent.db"));
	unlink(folder_path(m->f.notary, "consent.db-wal"));
}

static bool has_key(struct made *m)
{
	struct nt_participants *p = NULL;
	struct vf_hash v;
	struct vf_err err = {0};
	enum vf_rc rc;

	fixture_need(nt_participants_open(m->f.notary, false, &p, &err), &err, "participants");
	rc = nt_participants_find(p, study, vf_bytes_str("site-07/participant-00017"), &v, &err);
	nt_participants_free(p);
	return rc == VF_OK;
}

/* What waits, is sealed, comes later and is erased; each time as if the index were made anew. */
static void test_follow(void)
{
	struct made m;
	struct dump a, b;
	struct vf_err err = {0};

	make(&m);
	a = dump(&m);
	CHECK(strstr(a.text, hex(&m.consent)) != NULL && strstr(a.text, hex(&m.form)) != NULL);
	CHECK_INT(state(&m), TR_GRANTED);
	fixture_seal(&m.f);
	b = dump(&m);
	CHECK(strcmp(a.text, b.text) != 0);
	remove_index(&m);
	a = dump(&m);
	CHECK_STR(a.text, b.text);
	m.withdrawal = submit(&m.f, TR_WITHDRAWAL, NULL, TR_LINK_NONE, "{\"participant\":\"$\",\"consent\":\"$\",\"when\":\"2025-12-30T12:00:00Z\"}", hex(&m.value), hex(&m.consent));
	CHECK_INT(state(&m), TR_WITHDRAWN);
	fixture_seal(&m.f);
	b = dump(&m);
	remove_index(&m);
	a = dump(&m);
	CHECK_STR(a.text, b.text);

	fixture_need(nt_notary_erase(m.f.n, &m.withdrawal, &err), &err, "erase");
	CHECK(has_key(&m));
	CHECK_INT(state(&m), TR_GRANTED);
	CHECK_INT(folder_search(m.f.notary, vf_bytes(m.withdrawal.b, 32)) > 0, 1); /* its entry stays in the log */
	fixture_need(nt_notary_erase(m.f.n, &m.consent, &err), &err, "erase");
	CHECK(!has_key(&m));
	CHECK_INT(folder_search(m.f.notary, vf_bytes(m.value.b, 32)), 0);
	CHECK_INT(folder_search(m.f.notary, vf_bytes_str(hex(&m.value))), 0);
	CHECK_INT(folder_search(m.f.notary, vf_bytes_str("site-07/participant-00017")), 0);
	CHECK_INT(state(&m), TR_UNKNOWN);
	b = dump(&m);
	remove_index(&m);
	a = dump(&m);
	CHECK_STR(a.text, b.text);
	fixture_end(&m.f);
}

/* An index of another notary is not believed. */
static void test_other(void)
{
	struct made m, other;
	struct dump a, b;

	make(&m);
	make(&other);
	a = dump(&m);
	b = dump(&other);
	CHECK(strcmp(a.text, b.text) != 0);
	folder_run("cp %s/consent.db %s/consent.db", m.f.notary, other.f.notary);
	unlink(folder_path(other.f.notary, "consent.db-wal"));
	a = dump(&other);
	CHECK_STR(a.text, b.text);
	/* a damaged file is made again */
	folder_flip(folder_path(other.f.notary, "consent.db"), 3);
	chmod(folder_path(other.f.notary, "consent.db"), 0600);
	a = dump(&other);
	CHECK_STR(a.text, b.text);
	fixture_end(&m.f);
	fixture_end(&other.f);
}

static void stop_at(void *ctx, const char *name)
{
	if (strcmp(ctx, name) == 0)
		_exit(9);
}

/* Runs the erasure, or the first look, in a child that is killed at the step. */
static void killed(struct made *m, const char *step, bool erase)
{
	struct vf_err err = {0};
	int status = 0;
	pid_t pid;

	m->f.n = nt_notary_free(m->f.n);
	pid = fork();
	if (pid == 0) {
		if (nt_notary_open(m->f.notary, fixture_clock, &m->f, &m->f.n, &err) != VF_OK)
			_exit(1);
		nt_failpoint_set(stop_at, (void *)(uintptr_t)step);
		if (erase)
			vf_ignore(nt_notary_erase(m->f.n, &m->consent, &err)); /* stops before its end */
		else
			dump(m);
		_exit(2);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (WEXITSTATUS(status) != 9)
		CHECK_FAIL("'%s' was not reached: %d", step, WEXITSTATUS(status));
	again(m);
}

static void test_kill(void)
{
	static const char *const steps[] = {"consent-doubted", "erase-written", "consent-key-destroyed", "participant-dropped", "wipe-written", "wipe-emptied"};
	struct made m;
	struct dump a, b;
	struct vf_err err = {0};

	make(&m);
	killed(&m, "consent-page", false);
	a = dump(&m);
	remove_index(&m);
	b = dump(&m);
	CHECK_STR(a.text, b.text);
	CHECK(a.n > 0);
	fixture_end(&m.f);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		make(&m);
		fixture_seal(&m.f);
		a = dump(&m);
		killed(&m, steps[i], true);
		/* before the store has erased it, it is there as before; after that it is gone */
		b = dump(&m);
		if (i <= 1) { /* "erase-written" is inside the transaction of the store */
			CHECK_STR(b.text, a.text);
			CHECK(has_key(&m));
			CHECK_INT(state(&m), TR_GRANTED);
		} else {
			CHECK(strstr(b.text, hex(&m.consent)) == NULL);
		}
		fixture_need(nt_notary_erase(m.f.n, &m.consent, &err), &err, "erase again");
		CHECK(!has_key(&m));
		b = dump(&m);
		CHECK(strstr(b.text, hex(&m.consent)) == NULL);
		CHECK_INT(folder_search(m.f.notary, vf_bytes(m.value.b, 32)), 0);
		CHECK_INT(folder_search(m.f.notary, vf_bytes_str("site-07/participant-00017")), 0);
		fixture_end(&m.f);
	}
}

int main(void)
{
	char dir[256];

	folder_make(dir);
	test_engine(dir);
	test_many(dir);
	folder_remove(dir);
	test_follow();
	test_other();
	test_kill();
	return check_done();
}
