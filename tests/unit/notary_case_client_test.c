/* A study as a server shows it, with a server that is a table: what is asked for, what is remembered, what the case holds. */
#include <fcntl.h>

#include "notary/case_client.h"
#include "notary/durable.h"
#include "notary/enforce.h"
#include "tests/folder.h"
#include "verify/text.h"

#define STUDY vf_bytes_str("S-1")
#define RULES "{\"schema\":\"trialnotary/rules/1\",\"enforce\":[{\"rule\":\"D1\",\"how\":\"refuse\"}]}"
#define OTHER_RULES "{\"schema\":\"trialnotary/rules/1\"}"
#define MAX_ANSWERS 16

/* ---- the server ---- */

static struct {
	struct {
		char path[160];
		char *json; /* NULL: refused */
		enum vf_rc rc;
	} answers[MAX_ANSWERS];
	size_t n;
	char asked[4096]; /* paths, each with a space */
} server;

VF_RC nt_client_call(struct nt_client *c, const struct nt_client_request *q, struct nt_buf *out, struct nt_client_answer *ret,
	struct vf_err *reterr)
{
	(void)c;
	(void)ret;
	CHECK(!q->post && strlen(server.asked) + strlen(q->path) + 2 < sizeof(server.asked));
	strcat(strcat(server.asked, q->path), " ");
	for (size_t i = 0; i < server.n; i++) {
		if (strcmp(server.answers[i].path, q->path) != 0)
			continue;
		if (!server.answers[i].json)
			return vf_fail(reterr, server.answers[i].rc, "the server says: no");
		out->cap = q->max;
		nt_buf_put_str(out, server.answers[i].json);
		return nt_buf_check(out, reterr);
	}
	return vf_fail(reterr, VF_UNKNOWN_RECORD, "no such record");
}

/* The latest answer to a path counts; json is a format with what follows. */
static void answers(enum vf_rc rc, const char *path, const char *json)
{
	size_t i = 0;

	while (i < server.n && strcmp(server.answers[i].path, path) != 0)
		i++;
	CHECK(i < MAX_ANSWERS);
	if (i == server.n)
		server.n++;
	free(server.answers[i].json);
	snprintf(server.answers[i].path, sizeof(server.answers[i].path), "%s", path);
	server.answers[i].json = json ? strdup(json) : NULL;
	server.answers[i].rc = rc;
}

static void server_done(void)
{
	for (size_t i = 0; i < server.n; i++)
		free(server.answers[i].json);
	memset(&server, 0, sizeof(server));
}

/* Records are called by one letter; index < 0: it waits. */
static const char *id_of(char name)
{
	static char hex[8][65];
	static unsigned next;
	char *p = hex[next++ % 8];

	memset(p, name, 64);
	p[64] = '\0';
	return p;
}

static struct vf_hash hash_of(char name)
{
	struct vf_hash h;

	CHECK(vf_hex_read(vf_bytes(id_of(name), 64), h.b, sizeof(h.b)));
	return h;
}

static void put_document(struct nt_buf *out, const char *name, const char *text)
{
	struct vf_pair d = vf_pair_of(vf_bytes_str(text));

	nt_buf_putf(out, "{\"name\":\"%s\",\"sha256\":\"", name);
	nt_buf_put_hex(out, vf_bytes(d.sha256.b, sizeof(d.sha256.b)));
	nt_buf_put_str(out, "\",\"sha512\":\"");
	nt_buf_put_hex(out, vf_bytes(d.sha512.b, sizeof(d.sha512.b)));
	nt_buf_putf(out, "\",\"size\":%zu,\"kept\":false}", strlen(text));
}

/* details NULL: it says nothing of its kind; in a list it is shown as a document alone. */
static void put_record(struct nt_buf *out, char name, const char *kind, int index, const char *file, const char *text,
	const char *details, bool is_list)
{
	nt_buf_putf(out, "{\"id\":\"%s\",\"state\":\"%s\",\"kind\":\"%s\",\"study\":\"S-1\"", id_of(name),
		index < 0 ? "accepted" : "sequenced", kind);
	if (index >= 0)
		nt_buf_putf(out, ",\"index\":%d", index);
	nt_buf_putf(out, ",\"stream\":\"%s\",\"seq\":%d,\"documents\":[", id_of('a'), index < 0 ? 9 : index);
	put_document(out, file, text);
	if (details) {
		nt_buf_put_u8(out, ',');
		put_document(out, TR_DETAILS_NAME, details);
	}
	nt_buf_put_str(out, "]");
	if (details && !is_list) {
		nt_buf_put_str(out, ",\"details\":\"");
		nt_buf_put_base64(out, vf_bytes_str(details));
		nt_buf_put_u8(out, '"');
	}
	nt_buf_put_u8(out, '}');
}

#define IS_RULES "{\"schema\":\"trialnotary/details/other/1\",\"what\":\"trialnotary rules\"}"
#define IS_ELSE "{\"schema\":\"trialnotary/details/other/1\",\"what\":\"something\"}"

/* A record of parameters, shown alone. */
static void shows_rules(char name, const char *rules, const char *details)
{
	struct nt_buf json = nt_buf(1 << 16);
	char path[96];

	put_record(&json, name, "other", 1, TR_PARAMETERS_NAME, rules, details, false);
	nt_buf_put_u8(&json, 0);
	snprintf(path, sizeof(path), "/v1/records/%s", id_of(name));
	answers(VF_OK, path, (const char *)json.p);
	nt_buf_done(&json);
}

/* A page with one record of parameters for each letter of names. */
static void shows_page(const char *path, const char *names, const char *rules, const char *next)
{
	struct nt_buf json = nt_buf(1 << 16);

	nt_buf_put_str(&json, "{\"records\":[");
	for (size_t i = 0; names[i]; i++) {
		if (i)
			nt_buf_put_u8(&json, ',');
		put_record(&json, names[i], "other", (int)i, TR_PARAMETERS_NAME, rules, IS_RULES, true);
	}
	nt_buf_putf(&json, next ? "],\"next\":\"%s\"}" : "]}", next);
	nt_buf_put_u8(&json, 0);
	answers(VF_OK, path, (const char *)json.p);
	nt_buf_done(&json);
}

/* ---- the client ---- */

#define FIRST "/v1/records?limit=100&study=S-1"

struct client {
	char folder[256];
	const char *from[1];
	struct nt_send x;
};

static void client_init(struct client *c)
{
	memset(c, 0, sizeof(*c));
	folder_make(c->folder);
	folder_run("touch %s/token && mkdir %s/given", c->folder, c->folder);
	CHECK_RC(nt_state_open(folder_path(c->folder, "state"), "https://x", folder_path(c->folder, "token"), &c->x.state, NULL), VF_OK);
	CHECK_RC(nt_state_lock(c->x.state, 1, NULL), VF_OK);
}

static void client_done(struct client *c)
{
	nt_state_free(c->x.state);
	folder_remove(c->folder);
	server_done();
}

static void give(struct client *c, const char *text)
{
	CHECK_RC(nt_durable_write(AT_FDCWD, folder_path(c->folder, "given/rules.json"), vf_bytes_str(text), 0600, NULL), VF_OK);
	c->from[0] = folder_path(c->folder, "given");
	c->x.from = c->from;
	c->x.n_from = 1;
}

/* What is asked then; found parameters must be those of RULES. */
static enum vf_rc look(struct client *c, bool *ret_found, struct vf_err *why)
{
	struct tr_parameters p = tr_parameters_default;
	struct nt_content content;
	void *block = NULL;
	enum vf_rc rc;

	server.asked[0] = '\0';
	*ret_found = false;
	*why = (struct vf_err){0};
	rc = nt_client_parameters(&c->x, STUDY, ret_found, &content, why, NULL);
	if (rc == VF_OK && *ret_found) {
		CHECK_RC(nt_enforce_read(&content, &block, &p, NULL), VF_OK);
		CHECK_INT(p.n_enforce, 1);
		free(block);
	}
	return rc;
}

static void test_parameters(void)
{
	struct client c;
	struct vf_err why;
	char want[512];
	bool found;

	client_init(&c);
	/* nobody has laid any down: one request */
	shows_page(FIRST, "", "", NULL);
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(!found && why.rc == VF_NOT_CHECKED);
	CHECK_STR(server.asked, FIRST " ");
	/* they are not here */
	shows_page(FIRST, "1", RULES, NULL);
	shows_rules('1', RULES, IS_RULES);
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(!found);
	CHECK_RC(why.rc, VF_DOCUMENT_MISSING);
	CHECK(strstr(why.text, "--from") != NULL);
	snprintf(want, sizeof(want), FIRST " /v1/records/%s ", id_of('1'));
	CHECK_STR(server.asked, want);
	/* another file is no answer, the right one is, and is remembered */
	give(&c, OTHER_RULES);
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(!found && why.rc == VF_DOCUMENT_CHANGED);
	give(&c, RULES);
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(found && why.rc == VF_NOT_CHECKED);
	c.x.n_from = 0;
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(found);
	/* what only has the name is none */
	shows_rules('1', RULES, IS_ELSE);
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(!found && why.rc == VF_NOT_CHECKED);
	client_done(&c);
}

static void test_newest(void)
{
	struct client c;
	struct vf_err why;
	char path[160];
	bool found;

	client_init(&c);
	give(&c, RULES);
	shows_page(FIRST, "12", RULES, "412");
	shows_page(FIRST "&after=412", "3", OTHER_RULES, NULL);
	shows_rules('1', OTHER_RULES, IS_RULES);
	shows_rules('2', RULES, IS_RULES);
	shows_rules('3', OTHER_RULES, IS_RULES);
	/* the newest one is not here: an earlier one does not count */
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(!found && why.rc == VF_DOCUMENT_CHANGED);
	/* it is erased: the one before does; the list is read from where it ended */
	snprintf(path, sizeof(path), "/v1/records/%s", id_of('3'));
	answers(VF_OK, path, "{\"id\":\"3333333333333333333333333333333333333333333333333333333333333333\",\"state\":\"erased\",\"index\":3}");
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(found);
	CHECK(strncmp(server.asked, FIRST "&after=412 ", strlen(FIRST "&after=412 ")) == 0);
	CHECK(strstr(server.asked, id_of('1')) == NULL); /* no more than is needed */
	/* what the folder remembers may be damaged or gone */
	folder_run("for f in %s/state/*/rules/*; do chmod 600 $f; echo nonsense >$f; done", c.folder);
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(found && strncmp(server.asked, FIRST " ", strlen(FIRST " ")) == 0);
	folder_run("rm %s/state/*/rules/*", c.folder);
	CHECK_RC(look(&c, &found, &why), VF_OK);
	CHECK(found);
	client_done(&c);
}

#define HEX64 "00000000000000000000000000000000ffffffffffffffffffffffffffffffff"

static void test_refused(void)
{
	static const enum vf_rc hidden[] = {VF_FORBIDDEN, VF_UNKNOWN_RECORD, VF_HTTP_NOT_FOUND};
	struct client c;
	struct vf_err why;
	bool found;

	client_init(&c);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		answers(hidden[i], FIRST, NULL);
		CHECK_RC(look(&c, &found, &why), VF_OK);
		CHECK(!found);
		CHECK_RC(why.rc, hidden[i]);
	}
	/* who does not answer would not take the record either */
	answers(VF_SERVER_UNREACHABLE, FIRST, NULL);
	CHECK_RC(look(&c, &found, &why), VF_SERVER_UNREACHABLE);
	answers(VF_OK, FIRST, "[]");
	CHECK_RC(look(&c, &found, &why), VF_SERVER_ANSWER);
	/* a name that leads out of the folder of --from is none that a document has */
	give(&c, RULES);
	folder_run("mv %s/given/rules.json %s/outside.json", c.folder, c.folder);
	answers(VF_OK, FIRST, "{\"records\":[{\"id\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"state\":\"accepted\","
		"\"documents\":[{\"name\":\"../outside.json\",\"sha256\":\"" HEX64 "\",\"sha512\":\"" HEX64 HEX64 "\",\"size\":1}]}]}");
	CHECK_RC(look(&c, &found, &why), VF_SERVER_ANSWER);
	/* a list that ends in the middle is no list */
	shows_page(FIRST, "1", RULES, "7");
	answers(VF_FORBIDDEN, FIRST "&after=7", NULL);
	CHECK_RC(look(&c, &found, &why), VF_FORBIDDEN);
	client_done(&c);
}

/* ---- the case ---- */

static void shows_study(void)
{
	struct nt_buf json = nt_buf(1 << 16);

	nt_buf_put_str(&json, "{\"records\":[");
	put_record(&json, '4', "dataset", -1, "waits.csv", "w", NULL, true);
	nt_buf_put_u8(&json, ',');
	put_record(&json, '2', "other", 5, TR_PARAMETERS_NAME, RULES, IS_RULES, true);
	nt_buf_put_u8(&json, ',');
	nt_buf_putf(&json, "{\"id\":\"%s\",\"state\":\"erased\",\"index\":4},", id_of('3'));
	put_record(&json, '1', "protocol", 2, "protocol.txt", "p", NULL, true);
	nt_buf_put_str(&json, "]}");
	nt_buf_put_u8(&json, 0);
	answers(VF_OK, "/v1/records?limit=1000&study=S-1", (const char *)json.p);
	nt_buf_done(&json);
	shows_rules('2', RULES, IS_RULES);
}

static void test_case(void)
{
	const char *text = IS_ELSE; /* hidden: it waits in the state folder */
	struct nt_document documents[2] = {{.name = vf_bytes_str("new.txt")},
		{.name = vf_bytes_str(TR_DETAILS_NAME), .digests = vf_pair_of(vf_bytes_str(text)), .size = strlen(text), .confidential = true}};
	struct nt_submission more = {.id = hash_of('5'), .kind = vf_bytes_str("other"), .study = STUDY, .documents = documents, .n_documents = 2};
	struct nt_submit said = {.study = STUDY, .kind = TR_OTHER};
	struct nt_shown *shown = NULL;
	struct nt_case *made = NULL;
	const struct tr_case *t;
	char path[300];
	struct client c;

	client_init(&c);
	give(&c, RULES);
	shows_study();
	snprintf(path, sizeof(path), "%s/new.txt", c.folder);
	CHECK_RC(nt_durable_write(AT_FDCWD, path, vf_bytes_str("new"), 0600, NULL), VF_OK);
	documents[0].path = vf_bytes_str(path);
	documents[0].digests = vf_pair_of(vf_bytes_str("new"));
	documents[0].size = 3;
	CHECK_RC(nt_state_keep(c.x.state, &documents[1].digests.sha256, vf_bytes_str(text), NULL), VF_OK);
	CHECK_RC(nt_shown_get(&c.x, STUDY, &shown, NULL), VF_OK);
	CHECK_RC(nt_case_of_client(shown, 1000, &said, &more, 1, &made, NULL), VF_OK);
	t = nt_case_get(made);
	CHECK_INT(t->n_records, 5);
	for (size_t i = 0; i < 5; i++) { /* as in the log, what waits behind, the new one last */
		struct vf_hash want = hash_of("13245"[i]);

		CHECK(vf_hash_eq(&t->records[i].id, &want));
	}
	CHECK(!t->is_whole && t->as_of == 1000 && t->records[1].is_erased && t->records[0].in_stream && t->records[0].seq == 2);
	CHECK_INT(t->parameters->n_enforce, 1); /* at hand by --from, and named by its details */
	CHECK(!t->records[0].files[0].at_hand && t->records[2].files[0].at_hand && t->records[4].files[0].at_hand);
	CHECK_INT(t->records[4].n_files, 1); /* details are no file of it */
	CHECK(t->records[4].details_json.n > 0 && t->records[4].signer.n == 0);
	CHECK_RC(nt_case_cut(made, 4, NULL), VF_OK);
	CHECK_INT(nt_case_get(made)->n_records, 4);
	nt_case_free(made);
	nt_shown_free(shown);
	/* a server that shows something else */
	answers(VF_OK, "/v1/records?limit=1000&study=S-1", "{\"records\":[{\"id\":1}]}");
	CHECK_RC(nt_shown_get(&c.x, STUDY, &shown, NULL), VF_SERVER_ANSWER);
	client_done(&c);
}

int main(void)
{
	test_parameters();
	test_newest();
	test_refused();
	test_case();
	return check_done();
}
