#include "notary/store_revocation.h"

#include <sqlite3.h>

#include "notary/findings.h"
#include "notary/store.h"
#include "tests/folder.h"
#include "tests/made.h"
#include "verify/limits.h"
#include "verify/text.h"

static char folder[256];
static const char *path;
static struct nt_store *s;
static struct vf_err err;

#define ALPHA vf_bytes_str("alpha")
#define BETA vf_bytes_str("beta")

static bool put(struct vf_bytes authority, enum nt_revocation_kind kind, uint64_t subject, int64_t this_update, int64_t next_update,
	const char *der)
{
	struct nt_revocation r = {authority, kind, made_hash("subject", subject), this_update, next_update, vf_bytes_str(der), 0};
	bool is_new = false;

	CHECK_RC(nt_store_revocation_put(s, &r, &is_new, &err), VF_OK);
	return is_new;
}

/* What is found, "" when nothing. */
static const char *find(struct vf_bytes authority, enum nt_revocation_kind kind, uint64_t subject, int64_t after)
{
	static char text[64];
	struct vf_hash h = made_hash("subject", subject);
	struct nt_buf der = nt_buf(1000);
	struct nt_revocation r = {.this_update = 99};
	bool found = false;

	nt_buf_put_str(&der, "kept");
	CHECK_RC(nt_store_revocation_find(s, authority, kind, &h, after, &der, &r, &found, &err), VF_OK);
	text[0] = '\0';
	if (found) {
		CHECK(vf_hash_eq(&r.subject, &h));
		CHECK_INT(r.kind, kind);
		CHECK_BYTES(r.authority, authority);
		CHECK_INT(r.der.p - der.p, 4);
		snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %.*s", r.this_update, r.next_update == VF_TIME_NONE ? -1 : r.next_update,
			VF_STR(r.der));
	} else {
		CHECK_INT(der.n, 4);
	}
	nt_buf_done(&der);
	return text;
}

static void again(void)
{
	s = nt_store_free(s);
	CHECK_RC(nt_store_open(path, &s, &err), VF_OK);
	if (s == NULL)
		exit(1);
}

static void sql(const char *text)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	s = nt_store_free(s);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", text, why ? why : "cannot open");
		exit(1);
	}
	sqlite3_close(db);
}

static uint64_t version(void)
{
	uint64_t n = 99;

	CHECK_RC(nt_store_revocation_version(s, &n, &err), VF_OK);
	return n;
}

static uint64_t count(void)
{
	uint64_t n = 99;

	CHECK_RC(nt_store_revocation_count(s, &n, &err), VF_OK);
	return n;
}

/* Of those in time order, the first after a time, else the last one (decision 0015). */
static void test_choice(void)
{
	uint64_t before;

	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 0), "");
	CHECK_INT(count(), 0);
	CHECK_INT(version(), 0);
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 1, 300, 400, "three"));
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 1, 100, 200, "one"));
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 1, 200, VF_TIME_NONE, "two"));
	before = version();
	CHECK(!put(ALPHA, NT_REVOCATION_CRL, 1, 200, VF_TIME_NONE, "two"));
	CHECK_INT(count(), 3);
	CHECK_INT(version(), before);
	for (int i = 0; i < 2; i++) {
		CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 0), "100 200 one");
		CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 99), "100 200 one");
		CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 100), "200 -1 two");
		CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 299), "300 400 three");
		CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 300), "300 400 three");
		CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, INT64_MAX), "300 400 three");
		again();
	}
	CHECK_INT(version(), before);
	/* of one time: always the same, whatever came first */
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 2, 100, 200, "x"));
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 2, 100, 200, "y"));
	CHECK(version() > before);
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 3, 100, 200, "y"));
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 3, 100, 200, "x"));
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 2, 0), "100 200 x"); /* its SHA-256 begins with 2d, that of y with a1 */
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 3, 0), "100 200 x");
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 2, 100), "100 200 x");
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 3, 100), "100 200 x");
}

static void test_apart(void)
{
	CHECK_STR(find(BETA, NT_REVOCATION_CRL, 1, 0), "");
	CHECK_STR(find(ALPHA, NT_REVOCATION_OCSP, 1, 0), "");
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 9, 0), "");
	CHECK_STR(find(vf_bytes_str("alph"), NT_REVOCATION_CRL, 1, 0), "");
	CHECK(put(BETA, NT_REVOCATION_CRL, 1, 100, 200, "one"));
	CHECK(put(ALPHA, NT_REVOCATION_OCSP, 1, 150, 160, "answer"));
	CHECK_STR(find(BETA, NT_REVOCATION_CRL, 1, 500), "100 200 one");
	CHECK_STR(find(ALPHA, NT_REVOCATION_OCSP, 1, 0), "150 160 answer");
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 0), "100 200 one");
}

struct seen {
	size_t n;
	enum vf_rc rc;
	char last[32];
};

static VF_RC see(void *ctx, const struct nt_revocation *r, struct vf_err *reterr)
{
	struct seen *seen = ctx;

	(void)reterr;
	seen->n++;
	snprintf(seen->last, sizeof(seen->last), "%.*s", VF_STR(r->authority));
	return seen->rc;
}

static void test_each(void)
{
	struct seen seen = {.rc = VF_OK};

	CHECK_RC(nt_store_revocation_each(s, see, &seen, &err), VF_OK);
	CHECK_INT(seen.n, count());
	CHECK_STR(seen.last, "beta");
	seen = (struct seen){.rc = VF_IO};
	CHECK_RC(nt_store_revocation_each(s, see, &seen, &err), VF_IO);
	CHECK_INT(seen.n, 1);
}

static void test_limits(void)
{
	static uint8_t room[NT_MAX_REVOCATION + 1];
	struct nt_revocation r = {ALPHA, NT_REVOCATION_CRL, made_hash("subject", 7), 1, 2, vf_bytes(room, sizeof(room)), 0};
	struct vf_hash h = made_hash("subject", 7);
	struct nt_buf der = nt_buf(NT_MAX_REVOCATION - 1);
	bool is_new = true, found = true;

	CHECK_RC(nt_store_revocation_put(s, &r, &is_new, &err), VF_LIMIT);
	r.der.n = 0;
	CHECK_RC(nt_store_revocation_put(s, &r, &is_new, &err), VF_LIMIT);
	r.der.n = NT_MAX_REVOCATION;
	CHECK_RC(nt_store_revocation_put(s, &r, &is_new, &err), VF_OK);
	/* the caller's buffer is too small */
	CHECK_RC(nt_store_revocation_find(s, ALPHA, NT_REVOCATION_CRL, &h, 0, &der, &r, &found, &err), VF_LIMIT);
	nt_buf_done(&der);
}

static void test_damage(void)
{
	struct vf_hash h = made_hash("subject", 1);
	struct nt_buf der = nt_buf(1000);
	struct seen seen = {.rc = VF_OK};
	struct nt_findings f = {0};
	struct nt_revocation r;
	bool found;

	CHECK_RC(nt_store_check(s, &f, &err), VF_OK);
	CHECK_INT(f.n, 0);

	sql("UPDATE revocation SET der = CAST('ons' AS BLOB) WHERE der = CAST('one' AS BLOB)");
	CHECK_RC(nt_store_open(path, &s, &err), VF_OK);
	CHECK_RC(nt_store_revocation_find(s, ALPHA, NT_REVOCATION_CRL, &h, 0, &der, &r, &found, &err), VF_STORE_CORRUPT);
	CHECK_INT(der.n, 0);
	CHECK_RC(nt_store_revocation_each(s, see, &seen, &err), VF_STORE_CORRUPT);
	CHECK_RC(nt_store_check(s, &f, &err), VF_OK);
	CHECK_INT(f.n, 2);
	/* the others are as they were */
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 100), "200 -1 two");
	nt_buf_done(&der);
}

/* A store of version 1 gets the table. */
static void test_migration(void)
{
	sql("ALTER TABLE state DROP COLUMN indexed; DROP TABLE exchange; DROP TABLE revocation; DROP TABLE by_link;"
		"DROP TABLE chain; DROP TABLE renewal; DROP TABLE renewal_leaves; DROP TABLE renewed; PRAGMA user_version = 1");
	CHECK_RC(nt_store_open(path, &s, &err), VF_OK);
	CHECK_INT(count(), 0);
	CHECK(put(ALPHA, NT_REVOCATION_CRL, 1, 100, 200, "one"));
	again();
	CHECK_STR(find(ALPHA, NT_REVOCATION_CRL, 1, 0), "100 200 one");
}

int main(void)
{
	struct vf_hash secret = made_hash("secret", 0), root = made_hash("root", 0);

	folder_make(folder);
	path = folder_path(folder, "notary.db");
	CHECK_RC(nt_store_create(path, "origin", &secret, &root, vf_bytes_str("note"), &err), VF_OK);
	again();
	test_choice();
	test_apart();
	test_each();
	test_limits();
	test_damage();
	test_migration();
	s = nt_store_free(s);
	folder_remove(folder);
	return check_done();
}
