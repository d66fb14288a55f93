#include "notary/store.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "notary/durable.h"
#include "notary/headlock.h"
#include "notary/store_body.h"
#include "tests/folder.h"
#include "tests/made.h"

static struct vf_err err;
static uint64_t seed = 1;

static uint64_t next_random(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 33;
}

/* ---- pack ---- */

static struct nt_member known_members[4];

static const struct vf_pair *known_at(const void *ctx, size_t i)
{
	(void)ctx;
	return &known_members[i].digests;
}

static size_t round_trip(struct vf_bytes text)
{
	struct nt_known known = {known_at, NULL, 4};
	struct nt_packer p;
	struct nt_buf packed = nt_buf(1 << 20), back = nt_buf(1 << 20);
	size_t n;

	nt_packer_init(&p);
	nt_pack(&p, &known, &packed, text);
	CHECK(!packed.failed);
	CHECK_RC(nt_unpack(&back, &known, nt_buf_bytes(&packed), &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&back), text);
	n = packed.n;
	nt_buf_done(&packed);
	nt_buf_done(&back);
	return n;
}

static void test_pack(void)
{
	static const char *const refused[] = {"\x01",
		"\x01"
		"abc",
		"\x02", "\x1f", "\x00x", "\x1e", "\x1e\x7f", "\x1e\x7f\x7f", "\x1f\x7f\x7f",
		"a\x02"
		"bb"};
	struct made m;
	struct made_stream st = made_stream("s", "S");
	uint8_t noise[600];

	CHECK_INT(round_trip(vf_bytes_str("")), 0);
	for (int i = 0; i < 3; i++) {
		made_record(&m, &st, (uint64_t)i, i == 1);
		memcpy(known_members, m.members, sizeof(known_members));
		CHECK(round_trip(vf_bytes_str(m.statement)) * 3 < strlen(m.statement));
		CHECK(round_trip(vf_bytes_str(m.stream_json)) * 10 < 6 * strlen(m.stream_json));
		for (size_t n = 0; n < strlen(m.statement); n++) {
			char changed[1536];

			round_trip(vf_bytes(m.statement, n));
			round_trip(vf_bytes(m.statement + n, strlen(m.statement) - n));
			memcpy(changed, m.statement, sizeof(changed));
			changed[n] = (char)next_random();
			round_trip(vf_bytes(changed, strlen(m.statement)));
		}
	}
	for (int i = 0; i < 500; i++) {
		size_t n = next_random() % sizeof(noise);

		for (size_t k = 0; k < n; k++)
			noise[k] = i % 2 ? (uint8_t)next_random()
					 : (uint8_t) "\"{}, 0a\x01\x02"[next_random() % 10];
		round_trip(vf_bytes(noise, n));
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct nt_known none = {known_at, NULL, i % 2 ? 0 : 4};
		struct nt_buf out = nt_buf(1000);
		size_t n = strlen(refused[i]);

		CHECK_RC(nt_unpack(&out, &none, vf_bytes(refused[i], n ? n : 2), &err), VF_STORE_CORRUPT);
		nt_buf_done(&out);
	}
}

/* ---- rows ---- */

static void put_row(const struct nt_packer *p, struct nt_buf *row, const struct nt_submission *s,
	const struct nt_body_refs *refs, int64_t ms)
{
	struct nt_buf content = nt_buf(1 << 24);

	nt_body_put_content(p, &content, s);
	nt_body_put(row, s, nt_buf_bytes(&content), refs, ms);
	CHECK(!content.failed && !row->failed);
	nt_buf_done(&content);
}

static void test_body(void)
{
	struct made m;
	struct made_stream st = made_stream("s", "S");
	struct nt_packer p;
	struct nt_body_refs refs = {1, 2, 3, 4}, got;
	struct nt_body_index ix = {0};
	struct nt_buf row = nt_buf(1 << 16), erased = nt_buf(1 << 16);
	struct nt_record *r = NULL;
	size_t changed = 0;

	nt_packer_init(&p);
	for (int i = 0; i < 4; i++) {
		made_record(&m, i < 2 ? &st : NULL, (uint64_t)i, i % 2 == 1);
		nt_buf_reset(&row);
		put_row(&p, &row, &m.s, &refs, 1234567890123);
		CHECK_RC(nt_body_read(nt_buf_bytes(&row), &got, &r, &err), VF_OK);
		CHECK_INT(got.submitter, 1);
		CHECK_INT(got.study, 2);
		CHECK_INT(got.kind, 3);
		CHECK_INT(got.stream, i < 2 ? 4 : 0);
		CHECK_INT(r->accepted_ms, 1234567890123);
		CHECK_INT(r->n_members, m.s.n_members);
		for (size_t k = 0; k < r->n_members; k++)
			CHECK(vf_pair_eq(&r->members[k].digests, &m.members[k].digests));
		r = nt_record_free(r);
		CHECK_RC(nt_body_index(nt_buf_bytes(&row), &ix, &err), VF_OK);
		CHECK_INT(ix.study, 2);
		CHECK_INT(ix.n_documents, 1);
		CHECK(vf_hash_eq(&ix.documents[0].sha256, &m.documents[0].digests.sha256));
		nt_buf_reset(&erased);
		CHECK_RC(nt_body_erase(nt_buf_bytes(&row), &erased, &err), VF_OK);
		CHECK_INT(erased.n, row.n); /* so that it is overwritten in place */
		CHECK_RC(nt_body_read(nt_buf_bytes(&erased), &got, &r, &err), VF_OK);
		CHECK_INT(r->state, NT_ERASED);
		r = nt_record_free(r);
		CHECK_RC(nt_body_index(nt_buf_bytes(&erased), &ix, &err), VF_OK);
		CHECK_INT(ix.n_documents, 0);
		/* Whatever is cut off or changed: refused or the same evidence, never a crash. */
		for (size_t n = 0; n < row.n; n++) {
			uint8_t *copy = malloc(row.n);

			memcpy(copy, row.p, row.n);
			copy[n] ^= (uint8_t)(1 << n % 8);
			CHECK_RC(nt_body_read(vf_bytes(copy, n), &got, &r, &err), VF_STORE_CORRUPT);
			if (nt_body_read(vf_bytes(copy, row.n), &got, &r, &err) == VF_OK) {
				changed++;
				r = nt_record_free(r);
			}
			vf_ignore(nt_body_index(vf_bytes(copy, row.n), &ix, &err)); /* must not crash */
			vf_ignore(nt_body_index(vf_bytes(copy, n), &ix, &err));
			free(copy);
		}
	}
	CHECK(changed < 4 * row.n / 2);
	nt_body_index_done(&ix);
	nt_buf_done(&row);
	nt_buf_done(&erased);
}

/* The row with the octets at a place replaced by others is refused. */
static void check_changed(struct vf_bytes row, size_t at, size_t n, const char *others, size_t n_others)
{
	struct nt_buf changed = nt_buf(1 << 16);
	struct nt_body_refs got;
	struct nt_record *r = NULL;

	nt_buf_put(&changed, vf_bytes(row.p, at));
	nt_buf_put(&changed, vf_bytes(others, n_others));
	nt_buf_put(&changed, vf_bytes(row.p + at + n, row.n - at - n));
	CHECK_RC(nt_body_read(nt_buf_bytes(&changed), &got, &r, &err), VF_STORE_CORRUPT);
	nt_buf_done(&changed);
}

/* A row has one form: short numbers, as many zeros as the writer puts, nothing left of what was erased. */
static void test_body_form(void)
{
	struct made m;
	struct made_stream st = made_stream("s", "S");
	struct nt_packer p;
	struct nt_body_refs refs = {1, 2, 3, 4}, got;
	struct nt_buf row = nt_buf(1 << 16), erased = nt_buf(1 << 16), again = nt_buf(1 << 16);
	struct vf_bytes small = vf_bytes_str("{}");
	struct nt_record *r = NULL;

	nt_packer_init(&p);
	for (uint64_t i = 0; i < 4; i++) {
		made_record(&m, i % 2 ? &st : NULL, i, i > 1);
		nt_buf_reset(&row);
		nt_buf_reset(&erased);
		nt_buf_reset(&again);
		put_row(&p, &row, &m.s, &refs, 1);
		CHECK(row.p[NT_BODY_FRONT] == (i % 2 ? 4 : 1));
		check_changed(nt_buf_bytes(&row), NT_BODY_FRONT, 1, i % 2 ? "\x84" : "\x81", 2);
		check_changed(nt_buf_bytes(&row), row.n, 0, "", 1);
		CHECK_RC(nt_body_erase(nt_buf_bytes(&row), &erased, &err), VF_OK);
		CHECK_RC(nt_body_erase(nt_buf_bytes(&erased), &again, &err), VF_OK);
		CHECK_BYTES(nt_buf_bytes(&again), nt_buf_bytes(&erased));
		check_changed(nt_buf_bytes(&erased), NT_BODY_FRONT - 1, 1, "\1", 1); /* the journal */
		check_changed(nt_buf_bytes(&erased), NT_BODY_FRONT + 63, erased.n - NT_BODY_FRONT - 63, "", 0);
	}
	/* Padded to what the erased form needs: one octet less or more is another row. */
	m.s.members = (struct nt_member[]){{vf_bytes_str("a"), vf_pair_of(small), small}};
	m.s.n_members = 1;
	m.s.n_documents = m.s.n_links = 0;
	m.s.version = m.s.date = m.s.title = vf_bytes_str("");
	CHECK_RC(nt_body_group(m.s.members, 1, &m.s.id, &m.s.id512, &err), VF_OK);
	nt_buf_reset(&row);
	put_row(&p, &row, &m.s, &refs, 1);
	CHECK_INT(row.n, NT_BODY_FRONT + 64 + 32);
	CHECK_INT(row.p[row.n - 1], 0);
	CHECK_RC(nt_body_read(nt_buf_bytes(&row), &got, &r, &err), VF_OK);
	r = nt_record_free(r);
	check_changed(nt_buf_bytes(&row), row.n - 1, 1, "", 0);
	check_changed(nt_buf_bytes(&row), row.n, 0, "", 1);
	nt_buf_done(&row);
	nt_buf_done(&erased);
	nt_buf_done(&again);
}

/* A record of many members, and one whose members are tiny. */
static void test_body_sizes(void)
{
	static struct nt_member members[3000];
	static struct nt_document documents[3000];
	static char names[3000][24];
	struct nt_packer p;
	struct nt_body_refs refs = {1, 1, 1, 0}, got;
	struct nt_buf row = nt_buf(1 << 24), erased = nt_buf(1 << 24);
	struct nt_record *r = NULL;
	struct nt_submission s = {
		.members = members, .n_members = 3000, .documents = documents, .n_documents = 2998};

	nt_packer_init(&p);
	for (size_t i = 0; i < 3000; i++) {
		snprintf(names[i], sizeof(names[i]), "d%05zu", i);
		members[i] =
			(struct nt_member){vf_bytes_str(names[i]), vf_pair_of(vf_bytes_str(names[i])), {0}};
		documents[i] = (struct nt_document){.name = members[i].name, .digests = members[i].digests};
	}
	members[2998].bytes = members[2998].name;
	members[2999] = (struct nt_member){
		vf_bytes_str("stream.json"), vf_pair_of(vf_bytes_str("{")), vf_bytes_str("{")};
	CHECK_RC(nt_body_group(members, 3000, &s.id, &s.id512, &err), VF_OK);
	put_row(&p, &row, &s, &refs, 1);
	CHECK_RC(nt_body_read(nt_buf_bytes(&row), &got, &r, &err), VF_OK);
	CHECK_INT(r->n_documents, 2998);
	CHECK_BYTES(r->documents[2997].name, members[2997].name);
	r = nt_record_free(r);
	s.members = members + 2998;
	s.n_members = 2;
	s.n_documents = 0;
	CHECK_RC(nt_body_group(s.members, 2, &s.id, &s.id512, &err), VF_OK);
	nt_buf_reset(&row);
	put_row(&p, &row, &s, &refs, 1);
	CHECK_RC(nt_body_erase(nt_buf_bytes(&row), &erased, &err), VF_OK);
	CHECK_INT(erased.n, row.n);
	CHECK_RC(nt_body_read(nt_buf_bytes(&erased), &got, &r, &err), VF_OK);
	CHECK_INT(r->n_members, 2);
	r = nt_record_free(r);
	s.id.b[0] ^= 1;
	nt_buf_reset(&row);
	put_row(&p, &row, &s, &refs, 1);
	CHECK_RC(nt_body_read(nt_buf_bytes(&row), &got, &r, &err), VF_STORE_CORRUPT);
	nt_buf_done(&row);
	nt_buf_done(&erased);
}

/* ---- durable ---- */

static VF_RC put_name(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	(void)reterr;
	strcat(ctx, name);
	strcat(ctx, is_dir ? "/ " : " ");
	return VF_OK;
}

static void test_durable(void)
{
	char folder[256], names[512] = "", path[64];
	struct nt_file files[200];
	static char paths[200][32];
	struct nt_buf b = nt_buf(100), tiny = nt_buf(3);
	struct stat st;
	int fd = -1;

	folder_make(folder);
	CHECK_RC(nt_dir_open(AT_FDCWD, folder_path(folder, "x"), &fd, &err), VF_NO_INPUT);
	CHECK_RC(nt_dir_open(AT_FDCWD, folder, &fd, &err), VF_OK);
	CHECK_RC(nt_durable_write(fd, "a", vf_bytes_str("one"), 0600, &err), VF_OK);
	CHECK_RC(nt_durable_write(fd, "a", vf_bytes_str("two2"), 0600, &err), VF_OK);
	CHECK_RC(nt_durable_read(fd, "a", &b, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&b), vf_bytes_str("two2"));
	CHECK_RC(nt_durable_read(fd, "a", &tiny, &err), VF_LIMIT);
	CHECK_RC(nt_durable_read(fd, "none", &b, &err), VF_NO_INPUT);
	CHECK_RC(nt_durable_write(fd, "d/a", vf_bytes_str("x"), 0600, &err), VF_NO_INPUT);
	CHECK_RC(nt_dir_make_above(fd, "d/e/a", 0700, &err), VF_OK);
	CHECK_RC(nt_durable_write(fd, "d/e/a", vf_bytes_str("x"), 0600, &err), VF_OK);
	CHECK_RC(nt_durable_read(fd, "d", &b, &err), VF_NO_INPUT);
	CHECK_INT(symlinkat("a", fd, "link"), 0);
	CHECK_RC(nt_durable_read(fd, "link", &b, &err), VF_NO_INPUT);
	for (size_t i = 0; i < 200; i++) {
		snprintf(paths[i], sizeof(paths[i]), "t/%zu/%zu", i / 100, i);
		files[i] = (struct nt_file){paths[i], vf_bytes_str(paths[i])};
	}
	for (size_t n = 1; n <= 200; n += 199) {
		/* A leftover of a crash is no hindrance; doing it again changes nothing. */
		snprintf(path, sizeof(path), "%s.tmp", paths[0]);
		CHECK_RC(nt_dir_make_above(fd, path, 0755, &err), VF_OK);
		close(openat(fd, path, O_CREAT | O_WRONLY, 0600));
		unlinkat(fd, paths[0], 0);
		CHECK_RC(nt_durable_put(fd, files, n, &err), VF_OK);
		CHECK_RC(nt_durable_put(fd, files, n, &err), VF_OK);
		CHECK_INT(fstatat(fd, paths[n - 1], &st, 0), 0);
		CHECK_INT(st.st_mode & 0777, 0444);
	}
	files[150].bytes = vf_bytes_str("other");
	CHECK_RC(nt_durable_put(fd, files, 200, &err), VF_STORE_CORRUPT);
	CHECK_RC(nt_durable_remove(fd, paths[3], &err), VF_OK);
	CHECK_RC(nt_durable_remove(fd, paths[3], &err), VF_OK);
	CHECK_RC(nt_durable_destroy(fd, "a", &err), VF_OK);
	CHECK_RC(nt_durable_destroy(fd, "a", &err), VF_OK);
	CHECK_RC(nt_durable_remove_folder(fd, "t/0", &err), VF_OK);
	CHECK_RC(nt_durable_remove_folder(fd, "t/0", &err), VF_OK);
	CHECK_RC(nt_dir_each(fd, ".", put_name, names, &err), VF_OK);
	CHECK_STR(names, "d/ link t/ ");
	nt_fd_closep(&fd);
	nt_buf_done(&b);
	nt_buf_done(&tiny);
	folder_remove(folder);
}

/* ---- head lock ---- */

static void test_headlock(void)
{
	char folder[256];
	const char *path;
	struct nt_headlock *l = NULL, *second = NULL;
	struct nt_head h = {
		.size = 0, .root = made_hash("root", 0), .note = vf_bytes_str("note"), .time_ms = 5};
	struct nt_head next;

	folder_make(folder);
	path = folder_path(folder, "head.db");
	CHECK_RC(nt_headlock_open(path, &l, &err), VF_NO_INPUT);
	CHECK_RC(nt_headlock_create(path, &h, &err), VF_OK);
	CHECK_RC(nt_headlock_create(path, &h, &err), VF_EXISTS);
	CHECK_RC(nt_headlock_open(path, &l, &err), VF_OK);
	CHECK_RC(nt_headlock_open(path, &second, &err), VF_STORE_BUSY);
	CHECK_INT(nt_headlock_get(l)->version, 1);
	CHECK_BYTES(nt_headlock_get(l)->note, vf_bytes_str("note"));
	next = *nt_headlock_get(l);
	next.size = 7;
	next.seal = 2;
	CHECK_RC(nt_headlock_swap(l, 2, &next, &err), VF_STORE_ROLLED_BACK);
	CHECK_RC(nt_headlock_swap(l, 1, &next, &err), VF_OK);
	CHECK_RC(nt_headlock_swap(l, 1, &next, &err), VF_STORE_ROLLED_BACK);
	CHECK_INT(nt_headlock_get(l)->version, 2);
	l = nt_headlock_free(l);
	CHECK_RC(nt_headlock_open(path, &l, &err), VF_OK);
	CHECK_INT(nt_headlock_get(l)->size, 7);
	CHECK_INT(nt_headlock_get(l)->seal, 2);
	CHECK_INT(nt_headlock_get(l)->time_ms, 5);
	CHECK_BYTES(nt_headlock_get(l)->note, vf_bytes_str("note"));
	l = nt_headlock_free(l);
	folder_flip(path, 20);
	folder_flip(path, 2);
	CHECK_RC(nt_headlock_open(path, &l, &err), VF_STORE_CORRUPT);
	folder_remove(folder);
}

/* ---- the store alone ---- */

static void test_store(void)
{
	char folder[256];
	const char *path;
	struct nt_store *s = NULL, *second = NULL;
	struct vf_hash secret = made_hash("secret", 0), root = made_hash("root", 0);
	static struct made m[600];
	static struct nt_submission subs[600];
	enum nt_accepted got[600];
	struct made_stream st = made_stream("site", "S");
	struct nt_token_name names[4];
	struct nt_token token = {vf_bytes_str("embedded"), vf_bytes_str("der"), made_hash("token", 1), 9, 0};
	struct nt_seal seal = {
		.number = 1, .size = 100, .head = vf_bytes_str("head"), .tokens = &token, .n_tokens = 1};
	struct nt_seal *back = NULL;
	struct nt_findings f = {0};
	const struct nt_exchange none = {.sent_ms = 0};
	size_t n;

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	CHECK_RC(nt_store_open(path, &s, &err), VF_NO_INPUT);
	CHECK_RC(nt_store_create(path, "origin", &secret, &root, vf_bytes_str("note"), &err), VF_OK);
	CHECK_RC(nt_store_create(path, "origin", &secret, &root, vf_bytes_str("note"), &err), VF_EXISTS);
	CHECK_RC(nt_store_open(path, &s, &err), VF_OK);
	CHECK_RC(nt_store_open(path, &second, &err), VF_STORE_BUSY);
	CHECK_STR(nt_store_origin(s), "origin");
	CHECK(vf_hash_eq(nt_store_secret(s), &secret));
	for (size_t i = 0; i < 600; i++) {
		made_record(&m[i], &st, i, false);
		subs[i] = m[i].s;
	}
	CHECK_RC(nt_store_accept(s, subs, 600, 77, got, &err), VF_OK);
	CHECK_RC(nt_store_sequence(s, 601, &root, vf_bytes_str("n"), &err), VF_INTERNAL);
	CHECK_RC(nt_store_sequence(s, 100, &root, vf_bytes_str("n"), &err), VF_OK);
	CHECK_RC(nt_store_sequence(s, 100, &root, vf_bytes_str("n"), &err), VF_INTERNAL);
	CHECK_INT(nt_store_state(s)->size, 100);
	CHECK_INT(nt_store_state(s)->records, 600);
	CHECK_INT(nt_store_state(s)->accepted_ms, 77);
	CHECK_RC(nt_store_accept(s, subs, 600, 78, got, &err), VF_OK);
	for (size_t i = 0; i < 600; i++)
		CHECK_INT(got[i], NT_ACCEPTED_BEFORE);
	/* who sends it again has perhaps never been told the stream's key; for a new record it is needed */
	subs[7].stream_key = made_hash("no key", 1);
	CHECK_RC(nt_store_accept(s, subs + 7, 1, 78, got, &err), VF_OK);
	CHECK_INT(got[0], NT_ACCEPTED_BEFORE);
	made_record(&m[7], &st, 600, false);
	m[7].s.stream_key = made_hash("no key", 1);
	CHECK_RC(nt_store_accept(s, &m[7].s, 1, 78, got, &err), VF_INTERNAL);
	CHECK_RC(nt_store_unnamed(s, names, 4, &n, &err), VF_OK);
	CHECK_INT(n, 0);
	seal.size = 99;
	CHECK_RC(nt_store_seal(s, &seal, &none, NULL, 0, &err), VF_INTERNAL);
	seal.size = 100;
	seal.number = 2;
	CHECK_RC(nt_store_seal(s, &seal, &none, NULL, 0, &err), VF_INTERNAL);
	seal.number = 1;
	CHECK_RC(nt_store_seal(s, &seal, &none, NULL, 0, &err), VF_OK);
	CHECK_RC(nt_store_unnamed(s, names, 4, &n, &err), VF_OK);
	CHECK_INT(n, 1);
	CHECK(names[0].seal == 1 && vf_hash_eq(&names[0].id, &token.id));
	CHECK_RC(nt_store_sequence(s, 600, &root, vf_bytes_str("n2"), &err), VF_OK);
	seal = (struct nt_seal){.number = 2,
		.first = 100,
		.size = 600,
		.head = vf_bytes_str("h2"),
		.tokens = &token,
		.n_tokens = 1};
	CHECK_RC(nt_store_seal(s, &seal, &none, names, 1, &err), VF_OK);
	CHECK_RC(nt_store_unnamed(s, names, 4, &n, &err), VF_OK);
	CHECK_INT(n, 1);
	CHECK_INT(names[0].seal, 2);
	s = nt_store_free(s);
	CHECK_RC(nt_store_open(path, &s, &err), VF_OK);
	CHECK_INT(nt_store_state(s)->seals, 2);
	CHECK_INT(nt_store_state(s)->sealed, 600);
	CHECK_RC(nt_store_seal_get(s, 2, &back, &err), VF_OK);
	CHECK_BYTES(back->previous_head, vf_bytes_str("head"));
	CHECK_BYTES(back->checkpoint, vf_bytes_str("n2"));
	CHECK_BYTES(back->tokens[0].der, vf_bytes_str("der"));
	back = nt_seal_free(back);
	CHECK_RC(nt_store_check(s, &f, &err), VF_OK);
	CHECK_RC(nt_store_check_streams(s, &f, &err), VF_OK);
	CHECK_INT(f.n, 0);
	s = nt_store_free(s);
	folder_remove(folder);
}

int main(void)
{
	test_pack();
	test_body();
	test_body_form();
	test_body_sizes();
	test_durable();
	test_headlock();
	test_store();
	return check_done();
}
