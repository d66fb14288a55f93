#include "notary/notary.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "notary/notary_inside.h"
#include "notary/store_sqlite.h"
#include "tests/folder.h"
#include "tests/made.h"
#include "verify/checkpoint.h"
#include "verify/merkle.h"
#include "verify/seal.h"

#define BEGIN 1772000000000

/* A clock that moves on by step whenever somebody looks. */
struct clock {
	int64_t now, step;
};

static int64_t tick(void *ctx)
{
	struct clock *c = ctx;

	c->now += c->step;
	return c->now;
}

/* A folder with a notary in it, open. */
struct room {
	char folder[256];
	const char *dir;
	struct clock clock;
	struct nt_notary *n;
	struct vf_err err;
};

static void enter(struct room *r)
{
	r->n = NULL;
	CHECK_RC(nt_notary_open(r->dir, tick, &r->clock, &r->n, &r->err), VF_OK);
	if (r->n == NULL) {
		fprintf(stderr, "%s\n", r->err.text);
		exit(1);
	}
}

static void leave(struct room *r)
{
	r->n = nt_notary_free(r->n);
}

static void make(struct room *r)
{
	struct nt_init init = {.origin = "demo.example/1", .now_ms = BEGIN};

	memset(r, 0, sizeof(*r));
	folder_make(r->folder);
	r->dir = strdup(folder_path(r->folder, "notary"));
	r->clock = (struct clock){BEGIN, 10};
	CHECK_RC(nt_notary_init(r->dir, &init, &r->err), VF_OK);
	enter(r);
}

static void done(struct room *r)
{
	leave(r);
	folder_remove(r->folder);
	free((void *)(uintptr_t)r->dir);
}

static void tell(void *ctx, enum vf_rc rc, const char *text)
{
	if (ctx == NULL)
		fprintf(stderr, "finding: %s: %s\n", vf_rc_name(rc), text);
}

/* Number of findings of fsck and audit. quiet: they are expected. */
static uint64_t faults(struct room *r, bool quiet)
{
	uint64_t a = 0, b = 0;

	CHECK_RC(nt_notary_fsck(r->n, tell, quiet ? r : NULL, &a, &r->err), VF_OK);
	CHECK_RC(nt_notary_audit(r->n, tell, quiet ? r : NULL, &b, &r->err), VF_OK);
	return a + b;
}

static enum nt_accepted accept_one(struct room *r, const struct made *m)
{
	enum nt_accepted a = NT_ACCEPTED_NEW;

	CHECK_RC(nt_notary_accept(r->n, &m->s, 1, &a, &r->err), VF_OK);
	return a;
}

static struct nt_sealed seal(struct room *r)
{
	struct nt_sealed s = {0};
	enum vf_rc rc = nt_notary_seal(r->n, &s, &r->err);

	CHECK_RC(rc, VF_OK);
	if (rc != VF_OK)
		fprintf(stderr, "%s\n", r->err.text);
	return s;
}

/* Accepts n records of a stream and seals them. */
static void grow(struct room *r, struct made_stream *st, uint64_t first, uint64_t n)
{
	struct made m;

	for (uint64_t i = 0; i < n; i++) {
		made_record(&m, st, first + i, false);
		CHECK_INT(accept_one(r, &m), NT_ACCEPTED_NEW);
	}
	CHECK(seal(r).sealed);
}

static void test_init(void)
{
	char folder[256];
	struct vf_err err;
	struct nt_init init = {.origin = "demo.example/1", .now_ms = BEGIN};
	struct nt_init bad = {.origin = "with space", .now_ms = BEGIN};
	struct nt_init key = {.tsa_key = "dsa", .now_ms = BEGIN};
	struct nt_notary *n = NULL, *second = NULL;

	folder_make(folder);
	CHECK_RC(nt_notary_init(folder_path(folder, "a"), &bad, &err), VF_USAGE);
	CHECK_RC(nt_notary_init(folder_path(folder, "a"), &key, &err), VF_CONFIG_SHAPE);
	CHECK_INT(access(folder_path(folder, "a"), F_OK), -1);
	CHECK_INT(rmdir(folder), 0); /* nothing was left behind */
	CHECK_RC(nt_notary_init(folder, &init, &err), VF_OK);
	CHECK_RC(nt_notary_init(folder, &init, &err), VF_NOTARY_EXISTS);
	CHECK_RC(nt_notary_open(folder_path(folder, "log"), NULL, NULL, &n, &err), VF_NOT_A_NOTARY);
	CHECK_RC(nt_notary_open(folder_path(folder, "nowhere"), NULL, NULL, &n, &err), VF_NOT_A_NOTARY);
	CHECK_RC(nt_notary_open(folder, NULL, NULL, &n, &err), VF_OK);
	CHECK_RC(nt_notary_open(folder, NULL, NULL, &second, &err), VF_STORE_BUSY);
	CHECK(second == NULL && strstr(err.text, "stop the server") != NULL);
	CHECK_STR(nt_notary_config(n)->origin, "demo.example/1");
	CHECK_STR(nt_notary_dir(n), folder);
	n = nt_notary_free(n);
	folder_remove(folder);
}

static void check_proofs(struct room *r, uint64_t size)
{
	struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct vf_hash proof[VF_MAX_CONSISTENCY], id;
	struct vf_checkpoint c;
	struct nt_record *rec = NULL;
	size_t n;

	CHECK_RC(nt_notary_checkpoint(r->n, &note, &r->err), VF_OK);
	CHECK_RC(vf_checkpoint_parse(nt_buf_bytes(&note), &c, &r->err), VF_OK);
	CHECK_INT(c.size, size);
	for (uint64_t i = 0; i < size; i++) {
		struct nt_buf entry = nt_buf(1000);
		struct vf_hash leaf;

		CHECK_RC(nt_notary_ids(r->n, i, 1, &id, &r->err), VF_OK);
		CHECK_RC(nt_notary_get(r->n, &id, &rec, &r->err), VF_OK);
		nt_buf_put_str(&entry, "trialnotary/entry/1\nsha256 ");
		nt_buf_put_hex(&entry, vf_bytes(rec->id.b, 32));
		nt_buf_put_str(&entry, "\nsha512 ");
		nt_buf_put_hex(&entry, vf_bytes(rec->id512.b, 64));
		nt_buf_put_str(&entry, "\nslot ");
		nt_buf_put_hex(&entry, vf_bytes(rec->slot.b, 32));
		nt_buf_put_u8(&entry, '\n');
		CHECK_INT(entry.n, 298);
		CHECK_INT(rec->index, i);
		leaf = vf_merkle_leaf(nt_buf_bytes(&entry));
		CHECK_RC(nt_notary_inclusion(r->n, i, size, proof, &n, &r->err), VF_OK);
		CHECK_RC(vf_merkle_check_inclusion(i, size, &leaf, proof, n, &c.root, &r->err), VF_OK);
		rec = nt_record_free(rec);
		nt_buf_done(&entry);
	}
	CHECK_RC(nt_notary_inclusion(r->n, 0, size + 1, proof, &n, &r->err), VF_PROOF_INDEX);
	CHECK_RC(nt_notary_inclusion(r->n, size, size, proof, &n, &r->err), VF_PROOF_INDEX);
	nt_buf_done(&note);
}

static void test_seals(void)
{
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1");
	struct nt_seal *one = NULL, *two = NULL, *three = NULL;
	struct vf_seal_head head, before;
	struct vf_seal_token name;
	uint64_t seals, size, pending;

	make(&r);
	CHECK(!seal(&r).sealed);
	CHECK_INT(faults(&r, false), 0);
	grow(&r, &st, 0, 1);
	grow(&r, &st, 1, 4);
	leave(&r);
	enter(&r);
	grow(&r, &st, 5, 300);
	CHECK(!seal(&r).sealed);
	CHECK_RC(nt_notary_counts(r.n, &seals, &size, &pending, &r.err), VF_OK);
	CHECK_INT(seals, 3);
	CHECK_INT(size, 305);
	CHECK_INT(pending, 0);
	CHECK_RC(nt_notary_seal_get(r.n, 1, &one, &r.err), VF_OK);
	CHECK_RC(nt_notary_seal_get(r.n, 2, &two, &r.err), VF_OK);
	CHECK_RC(nt_notary_seal_get(r.n, 4, &three, &r.err), VF_UNKNOWN_RECORD);
	CHECK_RC(nt_notary_seal_get(r.n, 3, &three, &r.err), VF_OK);
	CHECK_INT(one->previous_head.n, 0);
	CHECK_BYTES(two->previous_head, one->head);
	CHECK_INT(three->first, 5);
	CHECK_INT(three->size, 305);
	CHECK_INT(three->n_tokens, 1);
	CHECK(vf_bytes_is(three->tokens[0].authority, "embedded"));
	CHECK(three->tokens[0].gen_time > two->tokens[0].gen_time);
	CHECK_RC(vf_seal_head_parse(two->head, &before, &r.err), VF_OK);
	CHECK_RC(vf_seal_head_parse(three->head, &head, &r.err), VF_OK);
	CHECK_RC(vf_seal_check_chain(&head, &before, &r.err), VF_OK);
	CHECK_INT(head.n_tokens, 1);
	CHECK(vf_seal_take_token(&head.tokens, &name));
	CHECK_INT(name.seal, 2);
	CHECK(vf_hash_eq(&name.id, &two->tokens[0].id));
	one = nt_seal_free(one);
	two = nt_seal_free(two);
	three = nt_seal_free(three);
	check_proofs(&r, 305);
	CHECK_INT(faults(&r, false), 0);
	/* The first full tile has taken the place of the partial ones. */
	CHECK_INT(access(folder_path(r.dir, "log/tile/0/000"), F_OK), 0);
	CHECK_INT(access(folder_path(r.dir, "log/tile/0/000.p"), F_OK), -1);
	CHECK_INT(access(folder_path(r.dir, "log/tile/entries/000.p"), F_OK), -1);
	done(&r);
}

static void test_duplicates(void)
{
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1"), early, stale;
	struct made a, b, c;
	struct nt_submission both[2], s;
	enum nt_accepted got[2];
	uint64_t seals, size, pending;

	make(&r);
	made_record(&a, &st, 1, false);
	early = st;
	made_record(&b, &st, 2, true);
	/* The second before the first. */
	CHECK_RC(nt_notary_accept(r.n, &b.s, 1, got, &r.err), VF_STREAM_CONFLICT);
	CHECK_INT(accept_one(&r, &a), NT_ACCEPTED_NEW);
	CHECK_INT(accept_one(&r, &a), NT_ACCEPTED_BEFORE);
	both[0] = b.s;
	both[1] = b.s;
	CHECK_RC(nt_notary_accept(r.n, both, 2, got, &r.err), VF_OK);
	CHECK_INT(got[0], NT_ACCEPTED_NEW);
	CHECK_INT(got[1], NT_ACCEPTED_BEFORE);
	/* Another record for a place that is taken. */
	stale = early;
	made_record(&c, &stale, 3, false);
	CHECK_RC(nt_notary_accept(r.n, &c.s, 1, got, &r.err), VF_STREAM_CONFLICT);
	CHECK(strstr(r.err.text, "next record 2") != NULL);
	/* One refusal refuses all. */
	made_record(&a, NULL, 4, false);
	both[0] = a.s;
	both[1] = c.s;
	CHECK_RC(nt_notary_accept(r.n, both, 2, got, &r.err), VF_STREAM_CONFLICT);
	CHECK_RC(nt_notary_counts(r.n, &seals, &size, &pending, &r.err), VF_OK);
	CHECK_INT(pending, 2);
	CHECK_INT(accept_one(&r, &a), NT_ACCEPTED_NEW);
	for (int sealed = 0; sealed < 2; sealed++) {
		s = a.s;
		s.slot.b[0] ^= 1;
		CHECK_RC(nt_notary_accept(r.n, &s, 1, got, &r.err), VF_ENTRY_CONFLICT);
		s = a.s;
		s.id512.b[0] ^= 1;
		CHECK_RC(nt_notary_accept(r.n, &s, 1, got, &r.err), VF_INTERNAL);
		a.members[1].digests.sha512.b[0] ^= 1; /* the plain document */
		made_close(&a, NULL);
		CHECK_RC(nt_notary_accept(r.n, &a.s, 1, got, &r.err), VF_ENTRY_CONFLICT);
		a.members[1].digests.sha512.b[0] ^= 1;
		made_close(&a, NULL);
		CHECK_INT(accept_one(&r, &a), NT_ACCEPTED_BEFORE);
		s = b.s;
		CHECK_INT(accept_one(&r, &b), NT_ACCEPTED_BEFORE);
		CHECK(seal(&r).sealed == (sealed == 0));
	}
	s = a.s;
	s.id.b[5] ^= 1;
	CHECK_RC(nt_notary_accept(r.n, &s, 1, got, &r.err), VF_INTERNAL);
	made_record(&c, &st, 5, false);
	s = c.s;
	s.slot.b[0] ^= 1;
	CHECK_RC(nt_notary_accept(r.n, &s, 1, got, &r.err), VF_INTERNAL);
	CHECK_INT(accept_one(&r, &c), NT_ACCEPTED_NEW);
	CHECK_INT(faults(&r, false), 0);
	done(&r);
}

static VF_RC count_id(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	(void)id;
	(void)reterr;
	++*(int *)ctx;
	return VF_OK;
}

static void check_record(struct room *r, const struct made *m, enum nt_state state)
{
	struct nt_record *rec = NULL;

	CHECK_RC(nt_notary_get(r->n, &m->s.id, &rec, &r->err), VF_OK);
	CHECK_INT(rec->state, state);
	CHECK(vf_hash_eq(&rec->id, &m->s.id) && vf_hash512_eq(&rec->id512, &m->s.id512));
	CHECK(vf_hash_eq(&rec->slot, &m->s.slot) && vf_hash_eq(&rec->prev, &m->s.prev));
	CHECK_BYTES(rec->submitter, m->s.submitter);
	CHECK_BYTES(rec->study, m->s.study);
	CHECK_BYTES(rec->kind, m->s.kind);
	CHECK_BYTES(rec->title, m->s.title);
	CHECK_INT(rec->in_stream, m->s.in_stream);
	CHECK_INT(rec->seq, m->s.seq);
	CHECK_INT(rec->n_members, m->s.n_members);
	for (size_t i = 0; i < rec->n_members; i++) {
		CHECK_BYTES(rec->members[i].name, m->members[i].name);
		CHECK_BYTES(rec->members[i].bytes, m->members[i].bytes);
		CHECK(vf_pair_eq(&rec->members[i].digests, &m->members[i].digests));
	}
	CHECK_INT(rec->n_documents, 1);
	CHECK_BYTES(rec->documents[0].name, m->documents[0].name);
	CHECK_BYTES(rec->documents[0].path, m->documents[0].path);
	CHECK_BYTES(rec->documents[0].commitment, m->documents[0].commitment);
	CHECK(vf_pair_eq(&rec->documents[0].digests, &m->documents[0].digests));
	CHECK_INT(rec->documents[0].size, 32);
	CHECK_INT(rec->n_links, 1);
	CHECK_BYTES(rec->links[0].type, m->link.type);
	CHECK(vf_hash_eq(&rec->links[0].record, &m->link.record));
	nt_record_free(rec);
}

/* Found at its number, by a page that begins anywhere before, pending or in the log. */
static void check_page(struct room *r, const struct vf_hash *digest, const struct vf_hash *id, uint64_t number)
{
	struct nt_listed at[2];
	size_t n;

	for (uint64_t first = 0; first < 6; first++) {
		CHECK_RC(nt_notary_page_digest(r->n, digest, first, 2, at, &n, &r->err), VF_OK);
		CHECK_INT(n, first <= number ? 1 : 0);
		CHECK(n == 0 || (at[0].number == number && vf_hash_eq(&at[0].id, id)));
	}
}

static void test_reading(void)
{
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1"), other = made_stream("site-2", "STUDY-2");
	struct made m[4];
	struct nt_stream stream;
	struct vf_hash id, nothing = made_hash("nothing", 0);
	struct nt_record *rec = NULL;
	char hex[65];
	bool found;
	int count;

	make(&r);
	made_record(&m[0], &st, 1, false);
	made_record(&m[1], &other, 2, true);
	made_record(&m[2], &st, 3, true);
	made_record(&m[3], NULL, 4, false);
	CHECK_RC(nt_notary_stream(r.n, m[0].s.submitter, m[0].s.study, &stream, &r.err), VF_OK);
	CHECK(!stream.exists);
	for (int round = 0; round < 3; round++) {
		if (round == 0)
			for (int i = 0; i < 4; i++)
				accept_one(&r, &m[i]);
		if (round == 1)
			seal(&r);
		if (round == 2) {
			leave(&r);
			enter(&r);
		}
		for (int i = 0; i < 4; i++) {
			check_record(&r, &m[i], round == 0 ? NT_PENDING : NT_SEALED);
			made_hex(&m[i].s.id, hex);
			hex[12] = '\0';
			CHECK_RC(nt_notary_find(r.n, hex, &id, &r.err), VF_OK);
			CHECK(vf_hash_eq(&id, &m[i].s.id));
			made_hex(&m[i].s.id, hex);
			CHECK_RC(nt_notary_find(r.n, hex, &id, &r.err), VF_OK);
			count = 0;
			CHECK_RC(nt_notary_find_digest(
					 r.n, &m[i].documents[0].digests.sha256, count_id, &count, &r.err),
				VF_OK);
			CHECK_INT(count, 1);
			check_page(&r, &m[i].documents[0].digests.sha256, &m[i].s.id, (uint64_t)i);
			CHECK_RC(nt_notary_journal(r.n, &m[i].s.journal, &found, &id, &r.err), VF_OK);
			CHECK(found && vf_hash_eq(&id, &m[i].s.id));
		}
		count = 0;
		CHECK_RC(nt_notary_each(r.n, vf_bytes_str("STUDY-1"), count_id, &count, &r.err), VF_OK);
		CHECK_INT(count, 2);
		CHECK_RC(nt_notary_each(r.n, vf_bytes_str("STUDY-9"), count_id, &count, &r.err), VF_OK);
		CHECK_INT(count, 2);
		CHECK_RC(nt_notary_each(r.n, vf_bytes_str(""), count_id, &count, &r.err), VF_OK);
		CHECK_INT(count, 6);
		CHECK_RC(nt_notary_stream(r.n, m[0].s.submitter, m[0].s.study, &stream, &r.err), VF_OK);
		CHECK(stream.exists && vf_hash_eq(&stream.id, &m[0].s.id) &&
			vf_hash_eq(&stream.head, &m[2].s.id) && vf_hash_eq(&stream.key, &st.key));
		CHECK_INT(stream.next, 2);
	}
	CHECK_RC(nt_notary_get(r.n, &nothing, &rec, &r.err), VF_UNKNOWN_RECORD);
	CHECK_RC(nt_notary_find(r.n, "0000000", &id, &r.err), VF_USAGE);
	CHECK_RC(nt_notary_find(r.n, "ABCDEF012", &id, &r.err), VF_USAGE);
	CHECK_RC(nt_notary_find(r.n, "00000000", &id, &r.err), VF_UNKNOWN_RECORD);
	CHECK_RC(nt_notary_journal(r.n, &nothing, &found, &id, &r.err), VF_OK);
	CHECK(!found);
	id = nt_notary_blind(r.n, vf_bytes_str("a"));
	nothing = nt_notary_blind(r.n, vf_bytes_str("b"));
	CHECK(!vf_hash_eq(&id, &nothing));
	done(&r);
}

static void test_time(void)
{
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1");
	struct made m;
	struct nt_sealed s;
	enum nt_accepted a;

	make(&r);
	grow(&r, &st, 0, 2);
	made_record(&m, &st, 3, false);
	r.clock.now -= 1000000;
	CHECK_RC(nt_notary_accept(r.n, &m.s, 1, &a, &r.err), VF_TIME_STOPPED);
	r.clock.now += 2000000;
	CHECK_RC(nt_notary_accept(r.n, &m.s, 1, &a, &r.err), VF_TIME_STOPPED); /* until it was opened again */
	leave(&r);
	enter(&r);
	CHECK_INT(accept_one(&r, &m), NT_ACCEPTED_NEW);
	/* Accepted at a time that the clock then goes back behind. */
	r.clock.now -= 500;
	CHECK_RC(nt_notary_seal(r.n, &s, &r.err), VF_TIME_STOPPED);
	r.clock.now += 1000;
	CHECK_RC(nt_notary_seal(r.n, &s, &r.err), VF_TIME_STOPPED);
	leave(&r);
	enter(&r);
	CHECK_RC(nt_notary_seal(r.n, &s, &r.err), VF_OK);
	CHECK(s.sealed);
	/* A clock that stands still. */
	made_record(&m, &st, 4, false);
	r.clock.step = 0;
	CHECK_INT(accept_one(&r, &m), NT_ACCEPTED_NEW);
	CHECK_RC(nt_notary_seal(r.n, &s, &r.err), VF_TIME_STOPPED);
	leave(&r);
	r.clock.step = 10;
	enter(&r);
	CHECK(seal(&r).sealed);
	CHECK_INT(faults(&r, false), 0);
	done(&r);
}

/* No byte of what was erased may be anywhere. */
static void check_gone(struct room *r, const struct made *m)
{
	const struct vf_pair *d = &m->documents[0].digests;
	char hex[129];

	CHECK_INT(folder_search(r->folder, vf_bytes_str(m->title)), 0);
	CHECK_INT(folder_search(r->folder, vf_bytes_str(m->document_name)), 0);
	CHECK_INT(folder_search(r->folder, vf_bytes(d->sha256.b, 32)), 0);
	CHECK_INT(folder_search(r->folder, vf_bytes(d->sha256.b, 8)), 0); /* the width of the indexes */
	CHECK_INT(folder_search(r->folder, vf_bytes(d->sha512.b, 32)), 0);
	CHECK_INT(folder_search(r->folder, vf_bytes(m->s.journal.b, 8)), 0);
	CHECK_INT(folder_search(r->folder, vf_bytes(m->link.record.b, 32)), 0);
	vf_hex_put(hex, vf_bytes(d->sha256.b, 32));
	CHECK_INT(folder_search(r->folder, vf_bytes(hex, 16)), 0);
	vf_hex_put(hex, vf_bytes(d->sha512.b, 64));
	CHECK_INT(folder_search(r->folder, vf_bytes(hex, 16)), 0);
}

static void keep(struct room *r, struct made *m, const struct vf_hash *content)
{
	const char *path = folder_path(r->folder, "content");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct vf_pair wrong = m->documents[0].digests;

	wrong.sha512.b[0] ^= 1;
	CHECK_INT(write(fd, content->b, 32), 32);
	lseek(fd, 0, SEEK_SET);
	CHECK_RC(nt_notary_keep(r->n, fd, &wrong, &r->err), VF_DOCUMENT_CHANGED);
	lseek(fd, 0, SEEK_SET);
	CHECK_RC(nt_notary_keep(r->n, fd, &m->documents[0].digests, &r->err), VF_OK);
	close(fd);
	unlink(path);
	m->documents[0].keep = true;
}

static void test_erase(void)
{
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1");
	struct made m[3], same;
	struct vf_hash content, nothing = made_hash("nothing", 0);
	struct nt_record *rec = NULL;
	enum nt_accepted a;
	int fd, count = 0;

	make(&r);
	grow(&r, &st, 100, 40); /* so that pages are split before */
	for (int i = 0; i < 3; i++) {
		content = made_hash("document", (uint64_t)i);
		made_record(&m[i], &st, (uint64_t)i, i != 2);
		keep(&r, &m[i], &content);
		accept_one(&r, &m[i]);
		if (i == 0)
			seal(&r);
	}
	/* Record 1's content is kept for another record too. */
	made_record(&same, NULL, 50, true);
	same.documents[0] = m[1].documents[0];
	same.documents[0].name = vf_bytes_str("x.pdf");
	accept_one(&r, &same);
	grow(&r, &st, 200, 40);
	CHECK_RC(nt_notary_erase(r.n, &nothing, &r.err), VF_UNKNOWN_RECORD);
	for (int i = 0; i < 3; i++) {
		CHECK(folder_search(r.folder, vf_bytes_str(m[i].title)) > 0);
		CHECK(folder_search(r.folder, vf_bytes(m[i].s.journal.b, 8)) > 0);
	}
	CHECK_RC(nt_notary_erase(r.n, &m[0].s.id, &r.err), VF_OK);
	check_gone(&r, &m[0]);
	CHECK_RC(nt_notary_erase(r.n, &m[0].s.id, &r.err), VF_OK);
	CHECK_RC(nt_notary_erase(r.n, &m[2].s.id, &r.err), VF_OK);
	check_gone(&r, &m[2]);
	CHECK_RC(nt_notary_open_kept(r.n, &m[0].documents[0].digests.sha256, &fd, &r.err), VF_OK);
	CHECK_INT(fd, -1);
	CHECK_RC(nt_notary_erase(r.n, &m[1].s.id, &r.err), VF_OK);
	CHECK_INT(folder_search(r.folder, vf_bytes_str(m[1].title)), 0);
	CHECK_RC(nt_notary_open_kept(r.n, &m[1].documents[0].digests.sha256, &fd, &r.err), VF_OK);
	CHECK(fd >= 0); /* the other record's */
	close(fd);
	CHECK_RC(nt_notary_erase(r.n, &same.s.id, &r.err), VF_OK);
	check_gone(&r, &m[1]);
	CHECK_INT(faults(&r, false), 0);
	for (int round = 0; round < 2; round++) {
		CHECK_RC(nt_notary_get(r.n, &m[0].s.id, &rec, &r.err), VF_OK);
		CHECK_INT(rec->state, NT_ERASED);
		CHECK(rec->in_stream && vf_hash_eq(&rec->stream, &st.id) &&
			vf_hash_eq(&rec->prev, &m[0].s.prev));
		CHECK_INT(rec->seq, m[0].s.seq);
		CHECK_INT(rec->seal, 2);
		CHECK_INT(rec->n_members, 3); /* all hiding: their digests stay */
		CHECK_INT(rec->n_documents + rec->n_links + rec->title.n + rec->kind.n, 0);
		CHECK_BYTES(rec->study, vf_bytes_str("STUDY-1"));
		for (size_t i = 0; i < rec->n_members; i++)
			CHECK_INT(rec->members[i].bytes.n > 0,
				vf_bytes_is(rec->members[i].name, "stream.json"));
		rec = nt_record_free(rec);
		CHECK_RC(nt_notary_get(r.n, &m[2].s.id, &rec, &r.err), VF_OK);
		CHECK_INT(rec->n_members,
			1); /* a plain document's digest does not hide it: stream.json alone */
		CHECK_BYTES(rec->members[0].bytes, m[2].members[1].bytes);
		rec = nt_record_free(rec);
		CHECK_RC(nt_notary_accept(r.n, &m[0].s, 1, &a, &r.err), VF_ERASED);
		leave(&r);
		enter(&r);
	}
	CHECK_RC(nt_notary_each(r.n, vf_bytes_str("STUDY-1"), count_id, &count, &r.err), VF_OK);
	CHECK_INT(count, 83);
	/* Erased before it was sealed: the entry goes into the log all the same. */
	made_record(&same, &st, 60, true);
	accept_one(&r, &same);
	CHECK_RC(nt_notary_erase(r.n, &same.s.id, &r.err), VF_OK);
	check_gone(&r, &same);
	CHECK(seal(&r).sealed);
	CHECK_INT(faults(&r, false), 0);
	check_proofs(&r, 85);
	done(&r);
}

/* In a large transaction, which has another journal. */
static void test_erase_bulk(void)
{
	static struct made m[1000];
	static struct nt_submission s[1000];
	static enum nt_accepted got[1000];
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1");

	make(&r);
	for (uint64_t i = 0; i < 1000; i++) {
		made_record(&m[i], &st, i, true);
		s[i] = m[i].s;
	}
	CHECK_RC(nt_notary_accept(r.n, s, 1000, got, &r.err), VF_OK);
	for (int round = 0; round < 2; round++) {
		CHECK_RC(nt_notary_erase(r.n, &m[500 + round].s.id, &r.err), VF_OK);
		check_gone(&r, &m[500 + round]);
		CHECK(seal(&r).sealed == (round == 0));
	}
	s[999].slot.b[0] ^= 1;
	CHECK_RC(nt_notary_accept(r.n, s, 1000, got, &r.err), VF_ERASED);
	CHECK_RC(nt_notary_accept(r.n, s + 600, 400, got, &r.err), VF_ENTRY_CONFLICT); /* there, in another slot */
	CHECK_INT(faults(&r, false), 0);
	done(&r);
}

static void test_sweep(void)
{
	struct room r;
	struct made m;
	struct vf_hash content = made_hash("document", 1);
	int fd;

	make(&r);
	made_record(&m, NULL, 1, true);
	keep(&r, &m, &content);
	leave(&r);
	enter(&r); /* kept, but its record was never accepted */
	CHECK_RC(nt_notary_open_kept(r.n, &m.documents[0].digests.sha256, &fd, &r.err), VF_OK);
	CHECK_INT(fd, -1);
	keep(&r, &m, &content);
	accept_one(&r, &m);
	leave(&r);
	enter(&r);
	CHECK_RC(nt_notary_open_kept(r.n, &m.documents[0].digests.sha256, &fd, &r.err), VF_OK);
	CHECK(fd >= 0);
	close(fd);
	CHECK_INT(faults(&r, false), 0);
	done(&r);
}

/* ---- damage ---- */

static void sql(struct room *r, const char *file, const char *text)
{
	sqlite3 *db = NULL;
	char *message = NULL;

	CHECK_INT(sqlite3_open(folder_path(r->dir, file), &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		CHECK_FAIL("%s: %s", text, message);
	sqlite3_free(message);
	sqlite3_close(db);
}

/* What opening the damaged notary says, and whether fsck finds anything then. */
static void check_damage(struct room *r, enum vf_rc want, bool found)
{
	struct nt_notary *n = NULL;
	struct made m;
	enum nt_accepted a;
	uint64_t count = 0;
	enum vf_rc rc = nt_notary_open(r->dir, tick, &r->clock, &n, &r->err);

	CHECK_RC(rc, want);
	if (rc != want)
		fprintf(stderr, "  %s\n", r->err.text);
	n = nt_notary_free(n);
	CHECK_RC(nt_notary_open_damaged(r->dir, &n, &r->err), VF_OK);
	if (n == NULL)
		return;
	CHECK_RC(nt_notary_fsck(n, NULL, NULL, &count, &r->err), VF_OK);
	CHECK_INT(count > 0, found);
	made_record(&m, NULL, 99, false);
	if (want != VF_OK)
		CHECK_RC(nt_notary_accept(n, &m.s, 1, &a, &r->err), want);
	nt_notary_free(n);
}

/* With merged, all of the indexes are in the tables, else all of them are made at the opening. */
static void test_damage(bool merged)
{
	static const struct {
		const char *what, *how;
		enum vf_rc rc;
	} cases[] = {
		{"log/tile/0/001.p/44", NULL, VF_STORE_CORRUPT},
		{"log/tile/0/000", NULL, VF_OK},
		{"log/tile/1/000.p/1", NULL, VF_STORE_CORRUPT},
		{"log/tile/entries/000", NULL, VF_OK},
		{"log/tile/entries/001.p/44", NULL, VF_OK},
		{"log/tile/0/000", "rm -f '%s'", VF_OK},
		{"log/tile/0/002", "echo x >'%s'", VF_OK},
		{"log/tile/0/000.tmp", "echo x >'%s'", VF_OK},
		{"documents/x", "mkdir '%s'", VF_OK},
		{"notary.db", "UPDATE record SET body = zeroblob(200) WHERE number = 3", VF_OK},
		{"notary.db",
			"UPDATE record SET body = CAST(substr(body,1,300)||x'01'||substr(body,302)"
			" AS BLOB) WHERE number = 3",
			VF_OK},
		{"notary.db", "DELETE FROM record WHERE number = 3", VF_OK},
		{"notary.db", "DELETE FROM record WHERE number = 299", VF_STORE_ROLLED_BACK},
		{"notary.db", "DELETE FROM by_id WHERE number = 3", VF_OK},
		{"notary.db", "DELETE FROM by_document WHERE number = 3", VF_OK},
		{"notary.db", "INSERT INTO by_journal VALUES (1, 2)", VF_OK},
		{"notary.db", "DELETE FROM by_study WHERE number = 3", VF_OK},
		{"notary.db", "DELETE FROM place WHERE seq = 3", VF_OK},
		{"notary.db", "UPDATE stream SET next = next + 1", VF_OK},
		{"notary.db", "UPDATE stream SET key = zeroblob(32)", VF_OK},
		{"notary.db",
			"UPDATE seal SET head = CAST(replace(CAST(head AS TEXT),'first','First') AS BLOB) "
			"WHERE number=1",
			VF_OK},
		{"notary.db", "UPDATE seal SET head = zeroblob(100) WHERE number = 2", VF_STORE_CORRUPT},
		{"notary.db", "DELETE FROM token WHERE seal = 1", VF_OK},
		{"notary.db", "UPDATE token SET gen_time = gen_time + 1 WHERE seal = 1", VF_OK},
		{"notary.db", "UPDATE token SET der = zeroblob(30) WHERE seal = 1", VF_OK},
		{"notary.db", "UPDATE token SET id = zeroblob(32) WHERE seal = 2", VF_OK},
		{"notary.db", "UPDATE checkpoint SET root = zeroblob(32) WHERE size = 300", VF_STORE_CORRUPT},
		{"notary.db", "UPDATE checkpoint SET note = zeroblob(32) WHERE size = 1", VF_OK},
		{"notary.db", "DELETE FROM checkpoint WHERE size = 300", VF_STORE_CORRUPT},
		{"notary.db", "DELETE FROM checkpoint WHERE size = 1", VF_OK},
		{"notary.db", "DELETE FROM seal WHERE number = 2", VF_STORE_ROLLED_BACK},
		{"head.db", "UPDATE head SET size = 1", VF_STORE_CORRUPT},
		{"head.db", "UPDATE head SET root = zeroblob(32)", VF_STORE_CORRUPT},
		{"head.db", "UPDATE head SET seal = 1", VF_STORE_CORRUPT},
		{"head.db", "UPDATE head SET seal_head = zeroblob(32)", VF_STORE_CORRUPT},
	};
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1");

	make(&r);
	grow(&r, &st, 0, 1);
	grow(&r, &st, 1, 299);
	CHECK_INT(faults(&r, false), 0);
	nt_store_index_small(r.n->store, merged ? 1 : SIZE_MAX / 8, 100);
	leave(&r);
	folder_run("cp -a '%s' '%s/good'", r.dir, r.folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *path = folder_path(r.dir, cases[i].what);
		int before = check_failures;

		if (!merged && cases[i].how != NULL && strstr(cases[i].how, "DELETE FROM by_"))
			continue;
		if (cases[i].how == NULL)
			folder_flip(path, 40 > 32 && strstr(path, "1/000.p") ? 5 : 40);
		else if (strstr(path, ".db") != NULL)
			sql(&r, cases[i].what, cases[i].how);
		else
			folder_run(cases[i].how[0] == 'r'        ? "rm -f '%s'"
					: cases[i].how[0] == 'm' ? "mkdir '%s'"
								 : "echo x >'%s'",
				path);
		check_damage(&r, cases[i].rc, true);
		if (check_failures != before)
			fprintf(stderr, "  case %zu: %s: %s\n", i, cases[i].what,
				cases[i].how ? cases[i].how : "flipped");
		folder_remove(r.dir);
		folder_run("cp -a '%s/good' '%s'", r.folder, r.dir);
	}
	/* Files of the database missing altogether, a newer version, no database at all. */
	CHECK_INT(unlink(folder_path(r.dir, "head.db")), 0);
	CHECK_RC(nt_notary_open(r.dir, tick, &r.clock, &r.n, &r.err), VF_STORE_CORRUPT);
	folder_run("cp '%s/good/head.db' '%s/head.db'", r.folder, r.dir);
	sql(&r, "head.db", "PRAGMA user_version = 2");
	CHECK_RC(nt_notary_open(r.dir, tick, &r.clock, &r.n, &r.err), VF_STORE_VERSION);
	folder_run("cp '%s/good/head.db' '%s/head.db'", r.folder, r.dir);
	sql(&r, "notary.db", "PRAGMA user_version = 1000");
	CHECK_RC(nt_notary_open(r.dir, tick, &r.clock, &r.n, &r.err), VF_STORE_VERSION);
	folder_run("head -c 100000 /dev/zero >'%s/notary.db'", r.dir);
	CHECK_RC(nt_notary_open(r.dir, tick, &r.clock, &r.n, &r.err), VF_STORE_CORRUPT);
	folder_run("cp '%s/good/notary.db' '%s/notary.db'", r.folder, r.dir);
	/* A checkpoint that is only unpublished or garbled is published again. */
	CHECK_INT(unlink(folder_path(r.dir, "log/checkpoint")), 0);
	check_damage(&r, VF_OK, false);
	folder_flip(folder_path(r.dir, "log/checkpoint"), 3);
	check_damage(&r, VF_OK, false);
	folder_run("echo x >'%s/staging/5-00'", r.dir);
	check_damage(&r, VF_OK, false);
	done(&r);
}

static void test_rollback(void)
{
	struct room r;
	struct made_stream st = made_stream("site-1", "STUDY-1");

	make(&r);
	grow(&r, &st, 0, 3);
	leave(&r);
	folder_run("cp -a '%s' '%s/old'", r.dir, r.folder);
	enter(&r);
	grow(&r, &st, 3, 3);
	leave(&r);
	/* Yesterday's database under today's head, and the other way round. */
	folder_run("cp -a '%s' '%s/new'", r.dir, r.folder);
	folder_run("cp '%s/old/notary.db' '%s/notary.db'", r.folder, r.dir);
	check_damage(&r, VF_STORE_ROLLED_BACK, true);
	folder_run("cp '%s/new/notary.db' '%s/notary.db'; cp '%s/old/head.db' '%s/head.db'", r.folder, r.dir,
		r.folder, r.dir);
	check_damage(&r, VF_STORE_CORRUPT, true);
	/* Both databases of yesterday: the published checkpoint knows better. */
	folder_run("cp '%s/old/notary.db' '%s/notary.db'", r.folder, r.dir);
	check_damage(&r, VF_STORE_ROLLED_BACK, true);
	r.n = NULL;
	done(&r);
}

static void test_backup(void)
{
	struct room r, b;
	struct made_stream st = made_stream("site-1", "STUDY-1");
	struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct vf_bytes none = {0};
	struct made m;
	const char *copy, *other;

	make(&r);
	grow(&r, &st, 0, 300);
	made_record(&m, &st, 300, true);
	struct vf_hash content = made_hash("document", 300);
	keep(&r, &m, &content);
	accept_one(&r, &m);
	b = r;
	copy = strdup(folder_path(r.folder, "copy"));
	other = strdup(folder_path(r.folder, "other"));
	CHECK_RC(nt_notary_backup(r.n, r.dir, &r.err), VF_EXISTS);
	CHECK_RC(nt_notary_backup(r.n, copy, &r.err), VF_OK);
	CHECK_RC(nt_notary_backup(r.n, copy, &r.err), VF_EXISTS);
	CHECK_RC(nt_notary_checkpoint(r.n, &note, &r.err), VF_OK);
	/* Into a new place: it is whole and goes on. */
	CHECK_RC(nt_notary_restore(copy, other, nt_buf_bytes(&note), &r.err), VF_OK);
	b.dir = other;
	enter(&b);
	CHECK_INT(faults(&b, false), 0);
	check_record(&b, &m, NT_PENDING);
	CHECK(seal(&b).sealed);
	leave(&b);
	CHECK_RC(nt_notary_restore(r.folder, folder_path(r.folder, "third"), none, &r.err), VF_NOT_A_NOTARY);
	/* Over the notary it came from: refused while that is open, fine when it is not, refused when it
	 * moved on. */
	CHECK_RC(nt_notary_restore(copy, r.dir, none, &r.err), VF_STORE_BUSY);
	leave(&r);
	CHECK_RC(nt_notary_restore(copy, r.dir, none, &r.err), VF_OK);
	CHECK_INT(access(folder_path(r.folder, "notary.before-restore/head.db"), F_OK), 0);
	enter(&r);
	CHECK(seal(&r).sealed);
	nt_buf_reset(&note);
	CHECK_RC(nt_notary_checkpoint(r.n, &note, &r.err), VF_OK);
	leave(&r);
	CHECK_RC(nt_notary_restore(copy, r.dir, none, &r.err), VF_STORE_ROLLED_BACK);
	CHECK_RC(nt_notary_restore(copy, folder_path(r.folder, "third"), nt_buf_bytes(&note), &r.err),
		VF_STORE_ROLLED_BACK);
	CHECK_INT(access(folder_path(r.folder, "third"), F_OK), -1);
	/* Another history under the same key. */
	enter(&b);
	made_record(&m, NULL, 400, false);
	accept_one(&b, &m);
	CHECK(seal(&b).sealed);
	nt_buf_reset(&note);
	CHECK_RC(nt_notary_checkpoint(b.n, &note, &b.err), VF_OK);
	leave(&b);
	enter(&r);
	grow(&r, &st, 500, 3);
	CHECK_RC(nt_notary_backup(r.n, folder_path(r.folder, "later"), &r.err), VF_OK);
	leave(&r);
	CHECK_RC(nt_notary_restore(folder_path(r.folder, "later"), folder_path(r.folder, "third"),
			 nt_buf_bytes(&note), &r.err),
		VF_EQUIVOCATION);
	CHECK_RC(nt_notary_restore(folder_path(r.folder, "later"), other, none, &r.err), VF_EQUIVOCATION);
	nt_buf_done(&note);
	free((void *)(uintptr_t)copy);
	free((void *)(uintptr_t)other);
	done(&r);
}

int main(void)
{
	test_init();
	test_seals();
	test_duplicates();
	test_reading();
	test_time();
	test_erase();
	test_erase_bulk();
	test_sweep();
	test_damage(false);
	test_damage(true);
	test_rollback();
	test_backup();
	return check_done();
}
