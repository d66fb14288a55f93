#include <sqlite3.h>
#include <sys/wait.h>

#include "notary/failpoint.h"
#include "notary/participants.h"
#include "tests/folder.h"

#define MANY 160

static const struct vf_bytes study = {(const uint8_t *)"DEMO-1", 6};

/* What the file holds of a number, read past the module. */
static struct vf_hash raw_key(const char *dir, const char *number)
{
	struct vf_hash key = {{0}};
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;

	CHECK_INT(sqlite3_open_v2(folder_path(dir, "participants.db"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_prepare_v2(db, "SELECT key FROM participant WHERE number = ?", -1, &st, NULL), SQLITE_OK);
	sqlite3_bind_text(st, 1, number, -1, SQLITE_STATIC);
	CHECK_INT(sqlite3_step(st), SQLITE_ROW);
	CHECK_INT(sqlite3_column_bytes(st, 0), 32);
	if (sqlite3_column_bytes(st, 0) == 32)
		memcpy(key.b, sqlite3_column_blob(st, 0), 32);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return key;
}

static void number_of(char out[32], unsigned i)
{
	/* long enough not to be found by chance */
	snprintf(out, 32, "site-07/participant-%05u", i * 7919U % 100000U);
}

static struct vf_hash add(struct nt_participants *p, const char *number, bool want_new)
{
	struct vf_hash value = {{0}};
	struct vf_err err = {0};
	bool made = !want_new;

	CHECK_RC(nt_participants_add(p, study, vf_bytes_str(number), 1000, &value, &made, &err), VF_OK);
	CHECK(made == want_new);
	return value;
}

static struct nt_participants *must_open(const char *dir)
{
	struct nt_participants *p = NULL;
	struct vf_err err = {0};

	if (nt_participants_open(dir, true, &p, &err) != VF_OK) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return p;
}

/* Key bytes 00 to 1f, computed by another implementation. */
static void test_hmac(void)
{
	struct vf_hash key, got;
	uint8_t want[32];

	for (unsigned i = 0; i < 32; i++)
		key.b[i] = (uint8_t)i;
	got = nt_participant_hmac(&key, study, vf_bytes_str("017-\xc3\xa4"));
	CHECK(vf_hex_read(vf_bytes_str("b4aa3f6207f9153a88c63b27ebbc11efcbaef89013be063a508339ad391b1fbc"), want, 32));
	CHECK_BYTES(vf_bytes(got.b, 32), vf_bytes(want, 32));
}

struct seen {
	unsigned n;
	char last[64];
	struct vf_hash value;
};

static VF_RC see(void *ctx, const struct nt_participant_row *row, struct vf_err *reterr)
{
	struct seen *s = ctx;

	(void)reterr;
	snprintf(s->last, sizeof(s->last), "%.*s/%.*s", (int)row->study.n, row->study.p, (int)row->number.n, row->number.p);
	s->value = row->value;
	s->n++;
	CHECK_INT(row->created_ms, 1000);
	return VF_OK;
}

static void test_use(const char *dir)
{
	struct nt_participants *p = (void *)1;
	struct vf_hash a, b, c, got;
	struct vf_err err = {0};
	struct seen seen = {0};
	struct stat st;
	bool made;

	CHECK_RC(nt_participants_open(dir, false, &p, &err), VF_OK);
	CHECK(p == NULL && access(folder_path(dir, "participants.db"), F_OK) != 0);
	p = must_open(dir);
	CHECK(stat(folder_path(dir, "participants.db"), &st) == 0 && (st.st_mode & 0777) == 0600);
	a = add(p, "017", true);
	b = add(p, "018", true);
	got = add(p, "017", false);
	CHECK(vf_hash_eq(&a, &got) && !vf_hash_eq(&a, &b));
	CHECK_RC(nt_participants_add(p, vf_bytes_str("DEMO-2"), vf_bytes_str("017"), 1000, &c, &made, &err), VF_OK);
	CHECK(!vf_hash_eq(&a, &c));
	CHECK_RC(nt_participants_find(p, study, vf_bytes_str("018"), &got, &err), VF_OK);
	CHECK(vf_hash_eq(&b, &got));
	CHECK_RC(nt_participants_find(p, study, vf_bytes_str("019"), &got, &err), VF_UNKNOWN_PARTICIPANT);
	CHECK(strstr(err.text, "019") == NULL);
	CHECK_RC(nt_participants_find(p, vf_bytes_str("DEMO-3"), vf_bytes_str("017"), &got, &err), VF_UNKNOWN_PARTICIPANT);
	CHECK_RC(nt_participants_add(p, study, vf_bytes_str(""), 0, &got, &made, &err), VF_USAGE);
	CHECK_RC(nt_participants_add(p, study, vf_bytes_str("a\nb"), 0, &got, &made, &err), VF_USAGE);
	CHECK_RC(nt_participants_add(p, vf_bytes_str(""), vf_bytes_str("1"), 0, &got, &made, &err), VF_USAGE);
	CHECK_RC(nt_participants_each(p, study, see, &seen, &err), VF_OK);
	CHECK_INT(seen.n, 2);
	CHECK_STR(seen.last, "DEMO-1/018");
	CHECK(vf_hash_eq(&seen.value, &b));
	seen.n = 0;
	CHECK_RC(nt_participants_each(p, vf_bytes(NULL, 0), see, &seen, &err), VF_OK);
	CHECK_INT(seen.n, 3);
	CHECK_STR(seen.last, "DEMO-2/017");
	nt_participants_free(p);

	CHECK_RC(nt_participant_value(dir, study, vf_bytes_str("017"), 2000, &got, &err), VF_OK);
	CHECK(vf_hash_eq(&a, &got));
	/* by another way that leads to the folder */
	CHECK_INT(symlink(dir, folder_path(dir, "link")), 0);
	CHECK_RC(nt_participant_value(folder_path(dir, "link"), study, vf_bytes_str("017"), 2000, &got, &err), VF_OK);
	CHECK(vf_hash_eq(&a, &got));
	unlink(folder_path(dir, "link"));
	p = must_open(dir);
	CHECK_RC(nt_participants_destroy_value(p, study, &c, &made, &err), VF_OK);
	CHECK(!made);
	CHECK_RC(nt_participants_destroy_value(p, vf_bytes_str("DEMO-2"), &c, &made, &err), VF_OK);
	CHECK(made);
	CHECK_RC(nt_participants_destroy(p, study, vf_bytes_str("017"), &err), VF_OK);
	CHECK_RC(nt_participants_destroy(p, study, vf_bytes_str("017"), &err), VF_UNKNOWN_PARTICIPANT);
	/* the same number again is somebody that nobody can join with the one before */
	got = add(p, "017", true);
	CHECK(!vf_hash_eq(&a, &got));
	nt_participants_free(p);
}

static void gone(const char *dir, const char *number, const struct vf_hash *key, const struct vf_hash *value)
{
	CHECK_INT(folder_search(dir, vf_bytes(key->b, 32)), 0);
	CHECK_INT(folder_search(dir, vf_bytes(value->b, 32)), 0);
	CHECK_INT(folder_search(dir, vf_bytes_str(number)), 0);
}

/* Every other one of many goes; every byte of the folder is searched. */
static void test_nothing_left(const char *dir)
{
	struct nt_participants *p = must_open(dir);
	static struct vf_hash keys[MANY], values[MANY];
	struct vf_err err = {0};
	char number[32];

	for (unsigned i = 0; i < MANY; i++) {
		number_of(number, i);
		values[i] = add(p, number, true);
	}
	nt_participants_free(p);
	for (unsigned i = 0; i < MANY; i++) {
		number_of(number, i);
		keys[i] = raw_key(dir, number);
		if (i % 40 == 0)
			CHECK(folder_search(dir, vf_bytes(keys[i].b, 32)) > 0);
	}
	p = must_open(dir);
	for (unsigned i = 0; i < MANY; i += 2) {
		number_of(number, i);
		CHECK_RC(nt_participants_destroy(p, study, vf_bytes_str(number), &err), VF_OK);
		/* while it is open, too */
		if (i % 20 == 0)
			gone(dir, number, &keys[i], &values[i]);
	}
	nt_participants_free(p);
	for (unsigned i = 0; i < MANY; i += 2) {
		number_of(number, i);
		gone(dir, number, &keys[i], &values[i]);
	}
	number_of(number, 1);
	p = must_open(dir);
	CHECK_RC(nt_participants_find(p, study, vf_bytes_str(number), &values[0], &err), VF_OK);
	CHECK(vf_hash_eq(&values[0], &values[1]));
	nt_participants_free(p);
}

static void stop_at(void *ctx, const char *name)
{
	if (strcmp(ctx, name) == 0)
		_exit(9);
}

/* Killed at each step of a destruction: the next opening finishes it. */
static void test_kill(const char *dir)
{
	static const char *const steps[] = {"participant-dropped", "wipe-written", "wipe-emptied"};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct nt_participants *p = must_open(dir);
		struct vf_hash key, value, got;
		struct vf_err err = {0};
		char number[32];
		int status = 0;
		pid_t pid;

		number_of(number, 5000 + (unsigned)i);
		value = add(p, number, true);
		nt_participants_free(p);
		key = raw_key(dir, number);
		pid = fork();
		if (pid == 0) {
			nt_failpoint_set(stop_at, (void *)(uintptr_t)steps[i]);
			p = must_open(dir);
			vf_ignore(nt_participants_destroy(p, study, vf_bytes_str(number), &err)); /* stops before its end */
			_exit(1);
		}
		CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 9);
		p = must_open(dir);
		CHECK_RC(nt_participants_find(p, study, vf_bytes_str(number), &got, &err), VF_UNKNOWN_PARTICIPANT);
		nt_participants_free(p);
		gone(dir, number, &key, &value);
	}
}

static void test_refusals(const char *dir)
{
	struct nt_participants *p = NULL, *other = NULL;
	char broken[256];
	struct vf_err err = {0};
	struct vf_hash got;
	sqlite3 *db = NULL;

	CHECK_RC(nt_participants_open(folder_path(dir, "nothing"), true, &p, &err), VF_NO_INPUT);
	folder_make(broken);
	chmod(broken, 0750);
	CHECK_RC(nt_participants_open(broken, true, &p, &err), VF_PERMISSION);
	CHECK(access(folder_path(broken, "participants.db"), F_OK) != 0);
	chmod(broken, 0700);
	p = must_open(broken);
	add(p, "somebody", true);
	nt_participants_free(p);
	p = NULL;
	CHECK_RC(nt_participants_backup(broken, dir, &err), VF_EXISTS);
	/* one bit of the key: the value is another's */
	CHECK_INT(sqlite3_open_v2(folder_path(broken, "participants.db"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "UPDATE participant SET key = zeroblob(32)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	p = must_open(broken);
	CHECK_RC(nt_participants_find(p, study, vf_bytes_str("somebody"), &got, &err), VF_STORE_CORRUPT);
	CHECK_RC(nt_participants_open(broken, false, &other, &err), VF_STORE_BUSY);
	nt_participants_free(p);
	CHECK_INT(sqlite3_open_v2(folder_path(broken, "participants.db"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "PRAGMA user_version=7", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	CHECK_RC(nt_participants_open(broken, false, &other, &err), VF_STORE_VERSION);
	folder_remove(broken);
}

static void test_backup(const char *dir)
{
	struct nt_participants *p;
	struct vf_err err = {0};
	struct vf_hash a, b;
	struct stat st;
	char to[256];

	p = must_open(dir);
	a = add(p, "kept", true);
	nt_participants_free(p);
	folder_make(to);
	CHECK_RC(nt_participants_backup(to, dir, &err), VF_OK); /* nothing to copy */
	CHECK_RC(nt_participants_backup(dir, to, &err), VF_OK);
	CHECK(stat(folder_path(to, "participants.db"), &st) == 0 && (st.st_mode & 0777) == 0600);
	p = must_open(to);
	CHECK_RC(nt_participants_find(p, study, vf_bytes_str("kept"), &b, &err), VF_OK);
	CHECK(vf_hash_eq(&a, &b));
	nt_participants_free(p);
	folder_remove(to);
}

int main(void)
{
	char dir[256];

	folder_make(dir);
	test_hmac();
	test_use(dir);
	test_nothing_left(dir);
	test_kill(dir);
	test_backup(dir);
	test_refusals(dir);
	folder_remove(dir);
	return check_done();
}
