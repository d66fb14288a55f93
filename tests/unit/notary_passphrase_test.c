/* Passphrases from file descriptors; the terminal is tried by the tests of the command line. */
#include "notary/passphrase.h"

#include <fcntl.h>
#include <unistd.h>

#include "notary/signer.h"
#include "tests/check.h"

/* What is read of these octets in a pipe; -1 for how: closed before the end. */
static enum vf_rc read_from(struct vf_bytes octets, struct nt_buf *ret, size_t *ret_left)
{
	struct nt_passphrase_from from;
	struct vf_err err = {0};
	uint8_t rest[4096];
	char number[16];
	int ends[2];
	ssize_t left;
	enum vf_rc rc;

	if (pipe(ends) != 0 || write(ends[1], octets.p, octets.n) != (ssize_t)octets.n || close(ends[1]) != 0)
		exit(1);
	snprintf(number, sizeof(number), "%d", ends[0]);
	CHECK_RC(nt_passphrase_from(number, "key.pem", &from, &err), VF_OK);
	nt_buf_reset(ret);
	rc = nt_passphrase_read(&from, ret, &err);
	CHECK(rc == VF_OK || err.rc == rc);
	left = read(ends[0], rest, sizeof(rest));
	*ret_left = left < 0 ? SIZE_MAX : (size_t)left;
	close(ends[0]);
	return rc;
}

static void test_reading(void)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_MAX_PASSPHRASE);
	uint8_t longest[NT_MAX_PASSPHRASE + 1];
	size_t left;

	CHECK_RC(read_from(vf_bytes_str("secret\n"), &text, &left), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&text), vf_bytes_str("secret"));
	CHECK_RC(read_from(vf_bytes_str("secret"), &text, &left), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&text), vf_bytes_str("secret"));
	/* spaces belong to it; what follows the line stays for others */
	CHECK_RC(read_from(vf_bytes_str(" a b \nnext\n"), &text, &left), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&text), vf_bytes_str(" a b "));
	CHECK_INT(left, 5);
	CHECK_RC(read_from(vf_bytes_str(""), &text, &left), VF_SIGNER_FAILED);
	CHECK_RC(read_from(vf_bytes_str("\nsecret\n"), &text, &left), VF_SIGNER_FAILED);
	memset(longest, 'x', sizeof(longest));
	CHECK_RC(read_from(vf_bytes(longest, NT_MAX_PASSPHRASE), &text, &left), VF_OK);
	CHECK_INT(text.n, NT_MAX_PASSPHRASE);
	CHECK_RC(read_from(vf_bytes(longest, sizeof(longest)), &text, &left), VF_LIMIT);
}

static void test_numbers(void)
{
	static const char *const bad[] = {"", "-1", "03", "3x", " 3", "99999999999", "1000000", "/dev/stdin"};
	struct nt_passphrase_from from;
	struct vf_err err = {0};
	char number[16];
	int fd = open("/dev/null", O_WRONLY);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_RC(nt_passphrase_from(bad[i], "key.pem", &from, &err), VF_USAGE);
	snprintf(number, sizeof(number), "%d", fd);
	CHECK_RC(nt_passphrase_from(number, "key.pem", &from, &err), VF_USAGE);
	close(fd);
	CHECK_RC(nt_passphrase_from(number, "key.pem", &from, &err), VF_USAGE);
	CHECK_RC(nt_passphrase_from(NULL, "key.pem", &from, &err), VF_OK);
	CHECK_INT(from.fd, -1);
}

int main(void)
{
	test_reading();
	test_numbers();
	return check_done();
}
