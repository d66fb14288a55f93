/* One printed name for each key of a notary. */
#include "notary/signers.h"

#include <sys/stat.h>

#include "notary/submission.h"
#include "tests/notary_fixture.h"

static enum vf_rc claim(struct nt_notary *n, uint8_t key, const char *name)
{
	struct nt_signed_by by = {.name = vf_bytes_str(name)};
	struct vf_err err = {0};
	enum vf_rc rc;

	memset(by.key.b, key, sizeof(by.key.b));
	rc = nt_signers_claim(n, &by, &err);
	CHECK(rc == VF_OK || err.rc == rc);
	return rc;
}

static void test_claim(struct fixture *f)
{
	struct nt_signed_by by = {.name = vf_bytes_str("Dr. B. Example")};
	struct vf_err err = {0};
	char path[128];
	struct stat st;

	CHECK_RC(claim(f->n, 1, "Dr. A. Example"), VF_OK);
	CHECK_RC(claim(f->n, 1, "Dr. A. Example"), VF_OK);
	CHECK_RC(claim(f->n, 1, "Dr. A. Exampl"), VF_SIGNER_NAME);
	CHECK_RC(claim(f->n, 1, "dr. a. example"), VF_SIGNER_NAME);
	/* a person may have two keys */
	CHECK_RC(claim(f->n, 2, "Dr. A. Example"), VF_OK);
	memset(by.key.b, 2, sizeof(by.key.b));
	CHECK_RC(nt_signers_claim(f->n, &by, &err), VF_SIGNER_NAME);
	CHECK_STR(err.text, "this key signs as 'Dr. A. Example' in this notary, not as 'Dr. B. Example'");
	/* a refusal leaves nothing behind */
	CHECK_RC(claim(f->n, 2, "Dr. A. Example"), VF_OK);
	snprintf(path, sizeof(path), "%s/signers.db", f->notary);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
}

static void test_reopened(struct fixture *f)
{
	struct vf_err err = {0};

	f->n = nt_notary_free(f->n);
	fixture_need(nt_notary_open(f->notary, fixture_clock, f, &f->n, &err), &err, "open");
	CHECK_RC(claim(f->n, 1, "Dr. B. Example"), VF_SIGNER_NAME);
	CHECK_RC(claim(f->n, 1, "Dr. A. Example"), VF_OK);
}

static void test_backup(struct fixture *f)
{
	struct nt_notary *copy = NULL;
	struct vf_err err = {0};
	char to[96];

	snprintf(to, sizeof(to), "%s/backup", f->dir);
	fixture_need(nt_notary_backup(f->n, to, &err), &err, "backup");
	fixture_need(nt_notary_open(to, fixture_clock, f, &copy, &err), &err, "open the backup");
	CHECK_RC(claim(copy, 1, "Dr. B. Example"), VF_SIGNER_NAME);
	CHECK_RC(claim(copy, 2, "Dr. A. Example"), VF_OK);
	nt_notary_free(copy);
}

/* Notaries in which nobody has signed have no register, and their backups none. */
static void test_none(struct fixture *f)
{
	struct vf_err err = {0};
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/none", f->dir);
	fixture_need(nt_notary_backup(f->n, path, &err), &err, "backup");
	snprintf(path, sizeof(path), "%s/none/signers.db", f->dir);
	CHECK(stat(path, &st) != 0);
}

/* What makes two submissions the same one: meaning and name count, and no text can be read in two ways. */
static void test_same(void)
{
	static const struct {
		const char *meaning, *name;
	} rows[] = {{"", ""}, {"a", ""}, {"", "a"}, {"ab", ""}, {"a", "b"}, {"", "ab"}, {"b", "a"}};
	struct vf_hash signer = {{7}}, keys[8];
	struct nt_same same = {.signer = &signer, .kind = vf_bytes_str("other")};
	size_t n = sizeof(rows) / sizeof(rows[0]);

	for (size_t i = 0; i <= n; i++) {
		VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(4096);

		same.signer = i < n ? &signer : NULL; /* without a signer there is nothing to mean */
		same.meaning = vf_bytes_str(rows[i % n].meaning);
		same.printed_name = vf_bytes_str(rows[i % n].name);
		nt_same_begin(&out, &same);
		keys[i] = vf_sha256(nt_buf_bytes(&out));
		for (size_t k = 0; k < i; k++)
			CHECK(!vf_hash_eq(&keys[i], &keys[k]));
		/* earlier versions wrote the signer alone: 8 octets of length and the hash */
		if (i == 0)
			CHECK(out.n == strlen("trialnotary/journal/1\n") + 7 * 8 + strlen("other") + 32 + 1 + 8);
	}
}

int main(void)
{
	struct fixture f;

	fixture_begin(&f);
	test_none(&f);
	test_claim(&f);
	test_reopened(&f);
	test_backup(&f);
	test_same();
	fixture_end(&f);
	return check_done();
}
