/* The client without a network: options, answers, the state folder, submissions read back. */
#include <fcntl.h>

#include "notary/client.h"
#include "notary/client_answer.h"
#include "notary/client_pending.h"
#include "notary/client_state.h"
#include "notary/durable.h"
#include "tests/folder.h"

#define TOKEN "tn1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8QTpIaA"
#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static uint8_t block[4 << 20];
static struct vf_arena arena;

static struct vf_bytes text_of(const char *s)
{
	vf_arena_init(&arena, block, sizeof(block));
	return vf_bytes_str(s);
}

static struct vf_hash hash_of(uint8_t c)
{
	struct vf_hash h;

	memset(h.b, c, sizeof(h.b));
	return h;
}

/* ---- options ---- */

static enum vf_rc make_client(const char *server, const char *token_file, const char *pin, struct vf_err *err)
{
	struct nt_client_options o = {.server = server, .token_file = token_file, .pin = pin};
	struct nt_client *c = NULL;
	enum vf_rc rc = nt_client_new(&o, &c, err);

	nt_client_free(c);
	return rc;
}

static enum vf_rc make_proxied(const char *server, const char *token_file, bool plain, struct vf_err *err)
{
	struct nt_client_options o = {
		.server = server, .token_file = token_file, .proxy = "http://127.0.0.1:3128", .plain = plain};
	struct nt_client *c = NULL;
	enum vf_rc rc = nt_client_new(&o, &c, err);

	nt_client_free(c);
	return rc;
}

static void write_token(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
	close(fd);
}

static void test_options(void)
{
	static const char *const good[] = {"https://notary.example.org", "https://notary.example.org:8620/trials/",
		"http://[::1]:1", "http://127.0.0.1:8620", "https://[2001:db8::1]/"};
	static const char *const bad[] = {"", "notary", "ftp://x", "file:///etc/passwd", "https://", "https://u@x",
		"https://u:p@x", "https://x?a=b", "https://x#f", "https://x:99999999", "https:// x"};
	char folder[256], path[300];
	struct vf_err err = {0};

	snprintf(path, sizeof(path), "%s/token", folder_make(folder));
	write_token(path, TOKEN "\n", 0600);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_RC(make_client(good[i], path, NULL, &err), VF_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_RC(make_client(bad[i], path, NULL, &err), VF_USAGE);
	CHECK_RC(make_client("https://x", path, HASH_A, &err), VF_OK);
	CHECK_RC(make_client("https://x", path, "AA", &err), VF_USAGE);
	CHECK_RC(make_proxied("http://127.0.0.1", path, false, &err), VF_USAGE);
	CHECK_RC(make_proxied("http://127.0.0.1", path, true, &err), VF_OK);
	CHECK_RC(make_proxied("https://x", path, false, &err), VF_OK);
	CHECK_RC(make_client("http://127.0.0.1", path, HASH_A, &err), VF_USAGE);
	for (unsigned mode = 0601; mode < 0700; mode++) {
		write_token(path, TOKEN, mode);
		CHECK_RC(make_client("https://x", path, NULL, &err), (mode & 077) ? VF_PERMISSION : VF_OK);
	}
	write_token(path, "", 0600);
	CHECK_RC(make_client("https://x", path, NULL, &err), VF_UNAUTHENTICATED);
	write_token(path, TOKEN "x", 0600);
	CHECK_RC(make_client("https://x", path, NULL, &err), VF_UNAUTHENTICATED);
	CHECK(strstr(err.text, "tn1_AA") == NULL);
	CHECK_RC(make_client("https://x", folder, NULL, &err), VF_NO_INPUT);
	folder_remove(folder);
}

static void test_parameter(void)
{
	struct nt_buf b = nt_buf(100);

	nt_client_put_parameter(&b, vf_bytes("A-z_0.~ &=%\0\xc3\xa9/", 15));
	CHECK(vf_bytes_is(nt_buf_bytes(&b), "A-z_0.~%20%26%3D%25%00%C3%A9%2F"));
	nt_buf_done(&b);
}

/* ---- answers ---- */

static void test_problem(void)
{
	struct vf_err said = {0}, err = {0};
	bool known = false;

	CHECK_RC(nt_answer_problem(
			 text_of("{\"code\":\"STREAM_CONFLICT\",\"detail\":\"d\\u001b[1m\",\"field\":\"stream\"}"),
			 &said, &known, &err),
		VF_OK);
	CHECK(known);
	CHECK_RC(said.rc, VF_STREAM_CONFLICT);
	CHECK(strcmp(said.text, "the server says: d\\x1b[1m (field 'stream')") == 0);
	CHECK_RC(nt_answer_problem(
			 text_of("{\"code\":\"NEW\",\"detail\":\"d\",\"next\":\"n\"}"), &said, &known, &err),
		VF_OK);
	CHECK(!known);
	CHECK_RC(said.rc, VF_SERVER_REFUSED);
	CHECK(strcmp(said.text, "NEW: d; n") == 0);
	/* no code of ours says that all is well */
	CHECK_RC(nt_answer_problem(text_of("{\"code\":\"OK\"}"), &said, &known, &err), VF_OK);
	CHECK_RC(said.rc, VF_SERVER_REFUSED);
	CHECK_RC(nt_answer_problem(text_of("{\"code\":\"NOT_CHECKED\"}"), &said, &known, &err), VF_OK);
	CHECK_RC(said.rc, VF_SERVER_REFUSED);
	CHECK_RC(nt_answer_problem(text_of("{\"code\":7}"), &said, &known, &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_problem(text_of("{\"detail\":\"d\"}"), &said, &known, &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_problem(text_of("[]"), &said, &known, &err), VF_JSON_SHAPE);
}

/* A record with this behind its state. */
static enum vf_rc read_more(const char *more, struct nt_remote_record *ret)
{
	char json[1024];

	CHECK(snprintf(json, sizeof(json), "{\"id\":\"" HASH_A "\",\"state\":\"accepted\",%s}", more) < (int)sizeof(json));
	return nt_answer_record(text_of(json), &arena, ret, NULL);
}

#define DIGESTS "\"sha256\":\"" HASH_A "\",\"sha512\":\"" HASH_A HASH_A "\""

static void test_shown(void)
{
	struct nt_remote_record r;

	CHECK_RC(read_more("\"stream\":\"" HASH_A "\",\"seq\":4,\"documents\":[{\"name\":\"a.txt\"," DIGESTS ",\"size\":29,\"kept\":false},"
			   "{\"name\":\"b.txt\"," DIGESTS ",\"size\":0,\"confidential\":true}]", &r), VF_OK);
	CHECK(r.in_stream && r.seq == 4 && r.n_documents == 2 && vf_bytes_is(r.documents[0].name, "a.txt") && r.documents[0].size == 29);
	CHECK(!r.documents[0].confidential && r.documents[1].confidential && r.documents[0].path.n == 0 && r.documents[0].digests.sha512.b[63] == 0xaa);
	CHECK_RC(read_more("\"documents\":[]", &r), VF_OK);
	CHECK(!r.in_stream && r.n_documents == 0);
	CHECK_RC(read_more("\"stream\":\"" HASH_A "\"", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"stream\":\"aa\",\"seq\":4", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"documents\":{}", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"documents\":[1]", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"documents\":[{\"name\":1," DIGESTS ",\"size\":29}]", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"documents\":[{\"name\":\"a\",\"sha256\":\"" HASH_A "\",\"size\":29}]", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"documents\":[{\"name\":\"a\"," DIGESTS "}]", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"documents\":[{\"name\":\"a\"," DIGESTS ",\"size\":-1}]", &r), VF_JSON_SHAPE);
	CHECK_RC(read_more("\"documents\":[{\"name\":\"a\"," DIGESTS ",\"size\":1,\"confidential\":1}]", &r), VF_JSON_SHAPE);
}

static void test_records(void)
{
	struct nt_remote_record r;
	struct nt_remote_list l;
	struct vf_err err = {0};

	CHECK_RC(nt_answer_record(text_of("{\"id\":\"" HASH_A "\",\"state\":\"sealed\",\"index\":12,\"seal\":3,"
					  "\"kind\":\"protocol\",\"more\":[]}"),
			 &arena, &r, &err),
		VF_OK);
	CHECK(r.state == NT_SEALED && r.index == 12 && r.seal == 3 && vf_bytes_is(r.kind, "protocol") &&
		r.study.n == 0);
	CHECK_RC(nt_answer_record(
			 text_of("{\"id\":\"" HASH_A "\",\"state\":\"sealed\",\"index\":12}"), &arena, &r, &err),
		VF_JSON_SHAPE);
	CHECK_RC(nt_answer_record(text_of("{\"id\":\"" HASH_A "\",\"state\":\"SEALED\"}"), &arena, &r, &err),
		VF_JSON_SHAPE);
	CHECK_RC(nt_answer_record(text_of("{\"id\":\"" HASH_A "\"}"), &arena, &r, &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_record(text_of("{\"id\":\"aa\",\"state\":\"accepted\"}"), &arena, &r, &err),
		VF_JSON_SHAPE);
	CHECK_RC(nt_answer_record(
			 text_of("{\"id\":\"" HASH_A "\",\"state\":\"accepted\",\"kind\":1}"), &arena, &r, &err),
		VF_JSON_SHAPE);
	CHECK_RC(nt_answer_record(
			 text_of("{\"id\":\"" HASH_A "\",\"state\":\"accepted\",\"index\":-1}"), &arena, &r, &err),
		VF_JSON_SHAPE);
	CHECK_RC(nt_answer_list(text_of("{\"records\":[],\"next\":\"4 1\"}"), &arena, &l, &err), VF_OK);
	CHECK(l.n == 0 && vf_bytes_is(l.next, "4 1"));
	CHECK_RC(nt_answer_list(text_of("{\"records\":{}}"), &arena, &l, &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_list(text_of("{\"records\":[1]}"), &arena, &l, &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_list(text_of("{\"records\":[],\"next\":5}"), &arena, &l, &err), VF_JSON_SHAPE);
}

static void test_stream(void)
{
	struct nt_stream s;
	struct vf_err err = {0};

	CHECK_RC(nt_answer_stream(text_of("{\"exists\":false}"), &s, &err), VF_OK);
	CHECK(!s.exists);
	CHECK_RC(nt_answer_stream(text_of("{\"exists\":true,\"stream\":\"" HASH_A "\",\"head\":\"" HASH_A
					  "\",\"next\":5,\"key\":\"" HASH_A "\"}"),
			 &s, &err),
		VF_OK);
	CHECK(s.exists && s.next == 5 && s.key.b[31] == 0xaa);
	CHECK_RC(nt_answer_stream(text_of("{\"exists\":true,\"stream\":\"" HASH_A "\",\"head\":\"" HASH_A
					  "\",\"next\":0,\"key\":\"" HASH_A "\"}"),
			 &s, &err),
		VF_JSON_SHAPE);
	CHECK_RC(nt_answer_stream(text_of("{\"exists\":true}"), &s, &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_stream(text_of("{}"), &s, &err), VF_JSON_SHAPE);
}

/* Receipts must be receipts of the very record. */
static void test_accepted(void)
{
	struct vf_bytes receipt = check_read("docs/formats/examples/receipt"), line;
	struct nt_buf b = nt_buf(1 << 16), two = nt_buf(1 << 16);
	struct nt_remote_accepted x[2];
	struct vf_err err = {0};
	const char *id = "a6326c7c6dd295d8b6ab171c8bbcbabeb23c84bb37202c5747edac419eb4317d";

	nt_buf_putf(&b, "{\"id\":\"%s\",\"state\":\"accepted\",\"receipt\":\"", id);
	nt_buf_put_base64(&b, receipt);
	nt_buf_put_str(&b, "\"}");
	line = nt_buf_bytes(&b);
	text_of("");
	CHECK_RC(nt_answer_accepted(line, &arena, &x[0], &err), VF_OK);
	CHECK(x[0].is_accepted && vf_bytes_eq(x[0].receipt, receipt));
	nt_buf_put(&two, line);
	nt_buf_put_str(&two, "\n{\"code\":\"UNKNOWN_RECORD\",\"detail\":\"d\"}\n");
	CHECK_RC(nt_answer_bulk(nt_buf_bytes(&two), &arena, x, 2, &err), VF_OK);
	CHECK(x[0].is_accepted && !x[1].is_accepted && x[1].is_known && x[1].refusal.rc == VF_UNKNOWN_RECORD);
	CHECK_RC(nt_answer_bulk(nt_buf_bytes(&two), &arena, x, 1, &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_bulk(line, &arena, x, 1, &err), VF_JSON_SHAPE); /* without LF */
	memset(b.p + 7, '0', 64);
	CHECK_RC(nt_answer_accepted(line, &arena, &x[0], &err), VF_JSON_SHAPE);
	CHECK_RC(nt_answer_accepted(text_of("{\"id\":\"" HASH_A "\",\"state\":\"accepted\",\"receipt\":\"\"}"),
			 &arena, &x[0], &err),
		VF_JSON_SHAPE);
	nt_buf_done(&b);
	nt_buf_done(&two);
	free((void *)(uintptr_t)receipt.p);
}

/* ---- the state folder ---- */

static struct nt_client_state *open_state(const char *folder, const char *server)
{
	struct nt_client_state *s = NULL;
	char token[300];

	snprintf(token, sizeof(token), "%s/token", folder);
	CHECK_RC(nt_state_open(folder, server, token, &s, NULL), VF_OK);
	return s;
}

static void check_path(struct nt_client_state *s, uint8_t record, uint8_t document, const char *want)
{
	struct nt_buf path = nt_buf(5000);
	struct vf_hash id = hash_of(record), sha256 = hash_of(document);

	CHECK_RC(nt_state_path(s, &id, &sha256, &path, NULL), VF_OK);
	if (!want)
		CHECK_INT(path.n, 0);
	else
		CHECK(path.n > 0 && strstr((const char *)path.p, want) &&
			path.n == strlen((const char *)path.p) + 1);
	nt_buf_done(&path);
}

static void check_journal(struct nt_client_state *s, uint8_t key, int want)
{
	struct vf_hash k = hash_of(key), id;
	bool found;

	CHECK_RC(nt_state_journal(s, &k, &found, &id, NULL), VF_OK);
	CHECK_INT(found ? id.b[0] : -1, want);
}

static void check_pending(struct nt_client_state *s, size_t want)
{
	struct vf_hash *ids = NULL;
	size_t n = 99;

	CHECK_RC(nt_state_pending(s, &ids, &n, NULL), VF_OK);
	CHECK_INT(n, want);
	free(ids);
}

static void test_state(void)
{
	struct nt_document documents[] = {
		{.digests.sha256 = hash_of(0xd1), .path = vf_bytes_str("/a b/100%\n\xff@x")},
		{.digests.sha256 = hash_of(0xd2)}};
	struct nt_state_item items[] = {{hash_of(1), hash_of(0x11), vf_bytes_str("one"), documents, 2},
		{hash_of(2), hash_of(0x12), vf_bytes_str("two"), NULL, 0}};
	struct nt_client_state *s, *other;
	struct nt_stream stream = {.exists = true, .id = hash_of(0x77)};
	struct vf_hash id, sha256 = hash_of(0xd2);
	struct vf_bytes study = vf_bytes_str("EX-1");
	char folder[256], token[300];
	struct nt_buf b = nt_buf(100);
	struct vf_err err = {0};

	snprintf(token, sizeof(token), "%s/token", folder_make(folder));
	write_token(token, TOKEN, 0600);
	s = open_state(folder, "https://x");
	check_pending(s, 0);
	CHECK_RC(nt_state_put(s, items, 2, NULL), VF_OK);
	CHECK_RC(nt_state_put(s, items, 2, NULL), VF_OK); /* the same again */
	check_pending(s, 2);
	CHECK_RC(nt_state_keep(s, &sha256, vf_bytes_str("details"), NULL), VF_OK);
	check_path(s, 1, 0xd1, "/a b/100%\n\xff@x");
	check_path(s, 1, 0xd2, "/documents/d2d2");
	check_path(s, 1, 0xd3, NULL);
	check_path(s, 9, 0xd1, NULL);
	CHECK_RC(nt_state_submission(s, &items[0].id, &b, NULL), VF_OK);
	CHECK(vf_bytes_is(nt_buf_bytes(&b), "one"));
	CHECK_RC(nt_state_accepted(s, &(struct nt_state_receipt){items[0].id, vf_bytes_str("receipt")}, 1, NULL),
		VF_OK);
	CHECK_RC(nt_state_accepted(s, &(struct nt_state_receipt){items[0].id, vf_bytes_str("later")}, 1, NULL),
		VF_OK);
	check_pending(s, 1);
	check_journal(s, 0x11, 1);
	check_journal(s, 0x12, 2);
	check_journal(s, 0x13, -1);
	CHECK_RC(nt_state_find(s, "01010101", &id, &err), VF_OK);
	CHECK_INT(id.b[31], 1);
	CHECK_RC(nt_state_find(s, "0", &id, &err), VF_USAGE);
	CHECK_RC(nt_state_find(s, "03030303", &id, &err), VF_UNKNOWN_RECORD);
	/* one that is made again takes the key over before the old one goes */
	items[0] = (struct nt_state_item){hash_of(3), hash_of(0x12), vf_bytes_str("three"), NULL, 0};
	CHECK_RC(nt_state_put(s, items, 1, NULL), VF_OK);
	CHECK_RC(nt_state_drop(s, &items[1].id, NULL), VF_OK);
	CHECK_RC(nt_state_drop(s, &items[1].id, NULL), VF_OK);
	check_journal(s, 0x12, 3);
	CHECK_RC(nt_state_drop(s, &items[0].id, NULL), VF_OK);
	check_journal(s, 0x12, -1);
	check_pending(s, 0);
	/* streams */
	CHECK_RC(nt_state_stream(s, study, &(struct nt_stream){0}, &err), VF_OK);
	CHECK_RC(nt_state_stream(s, study, &stream, &err), VF_OK);
	CHECK_RC(nt_state_stream(s, study, &stream, &err), VF_OK);
	CHECK_RC(nt_state_stream(s, study, &(struct nt_stream){0}, &err), VF_CLIENT_STATE);
	stream.id = hash_of(0x78);
	CHECK_RC(nt_state_stream(s, study, &stream, &err), VF_CLIENT_STATE);
	CHECK_RC(nt_state_stream(s, vf_bytes_str("EX-2"), &stream, &err), VF_OK);
	/* another server has a part of its own; one process at a time sends */
	other = open_state(folder, "https://y");
	check_journal(other, 0x11, -1);
	nt_state_free(other);
	other = open_state(folder, "https://x");
	check_journal(other, 0x11, 1);
	CHECK_RC(nt_state_lock(s, 0, &err), VF_OK);
	CHECK_RC(nt_state_lock(other, 0, &err), VF_STORE_BUSY);
	nt_state_unlock(s);
	CHECK_RC(nt_state_lock(other, 0, &err), VF_OK);
	nt_state_free(other);
	nt_state_free(s);
	nt_buf_done(&b);
	folder_remove(folder);
}

/* ---- submissions read back ---- */

static void test_pending(void)
{
	struct vf_bytes plain = check_read("docs/formats/examples/submission.json"),
			consent = check_read("docs/formats/examples/submission-consent.json");
	struct nt_pending p;
	struct vf_err err = {0};

	text_of("");
	CHECK_RC(nt_pending_read(plain, &arena, &p, &err), VF_OK);
	CHECK(p.submit.kind == TR_PROTOCOL && !p.submit.confidential && p.record.n_files == 1 && p.place.seq == 0);
	CHECK(vf_bytes_is(p.record.files[0].name, "protocol.txt") && p.record.files[0].size == 29);
	CHECK_RC(nt_pending_read(consent, &arena, &p, &err), VF_OK);
	CHECK(p.submit.kind == TR_CONSENT && p.submit.confidential && p.place.seq == 1);
	CHECK_RC(nt_pending_read(vf_bytes(plain.p, plain.n - 2), &arena, &p, &err), VF_CLIENT_STATE);
	CHECK_RC(nt_pending_read(vf_bytes_str("{\"schema\":\"trialnotary/submission/1\"}"), &arena, &p, &err),
		VF_CLIENT_STATE);
	CHECK_RC(nt_pending_read(vf_bytes_str("{\"schema\":\"trialnotary/submission/2\"}"), &arena, &p, &err),
		VF_CLIENT_STATE);
	free((void *)(uintptr_t)plain.p);
	free((void *)(uintptr_t)consent.p);
}

int main(void)
{
	test_options();
	test_parameter();
	test_problem();
	test_records();
	test_shown();
	test_stream();
	test_accepted();
	test_state();
	test_pending();
	return check_done();
}
