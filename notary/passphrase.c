#include "notary/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/signer.h"
#include "verify/text.h"

VF_RC nt_passphrase_from(const char *text, const char *key, struct nt_passphrase_from *ret, struct vf_err *reterr)
{
	uint64_t fd = 0;
	int flags;

	*ret = (struct nt_passphrase_from){.fd = -1, .key = key};
	if (!text)
		return VF_OK;
	if (!vf_decimal_read(vf_bytes_str(text), 1 << 20, &fd))
		return vf_fail(reterr, VF_USAGE, "--passphrase-fd wants the number of an open file descriptor");
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
		return vf_fail(reterr, VF_USAGE, "file descriptor %d is not open for reading", (int)fd);
	ret->fd = (int)fd;
	return VF_OK;
}

/* Octet by octet: what follows the line is somebody else's. */
static VF_RC read_line(int fd, struct nt_buf *ret, struct vf_err *reterr)
{
	uint8_t c = 0;

	for (;;) {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vf_fail(reterr, VF_IO, "the passphrase cannot be read: %s", strerror(errno));
		if (n == 0 || c == '\n')
			break;
		if (ret->n == NT_MAX_PASSPHRASE)
			return vf_fail(reterr, VF_LIMIT, "the passphrase is longer than %d octets", NT_MAX_PASSPHRASE);
		nt_buf_put_u8(ret, c);
	}
	if (ret->n == 0)
		return vf_fail(reterr, VF_SIGNER_FAILED, "the key is encrypted and the passphrase is empty");
	return nt_buf_check(ret, reterr);
}

static VF_RC ask(int tty, const char *key, struct nt_buf *ret, struct vf_err *reterr)
{
	struct termios before, silent;
	char question[200], shown[120];
	enum vf_rc rc;

	if (tcgetattr(tty, &before) != 0)
		return vf_fail(reterr, VF_IO, "the terminal cannot be asked: %s", strerror(errno));
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG); /* an interrupt would leave the terminal silent */
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(key));
	snprintf(question, sizeof(question), "Passphrase of '%s': ", shown);
	/* not shown, and what was typed before the question is no answer */
	if (tcsetattr(tty, TCSAFLUSH, &silent) != 0)
		return vf_fail(reterr, VF_IO, "the terminal cannot be silenced: %s", strerror(errno));
	rc = nt_fd_write(tty, vf_bytes_str(question), "the terminal", reterr);
	if (rc == VF_OK)
		rc = read_line(tty, ret, reterr);
	if (tcsetattr(tty, TCSAFLUSH, &before) != 0 && rc == VF_OK)
		rc = vf_fail(reterr, VF_IO, "the terminal cannot be set back: %s", strerror(errno));
	if (rc == VF_OK)
		rc = nt_fd_write(tty, vf_bytes_str("\n"), "the terminal", reterr);
	return rc;
}

VF_RC nt_passphrase_read(void *ctx, struct nt_buf *ret, struct vf_err *reterr)
{
	const struct nt_passphrase_from *from = ctx;
	VF_CLEANUP(nt_fd_closep) int tty = -1;

	/* room for all of it at once: a buffer that grows leaves copies */
	if (!nt_buf_reserve(ret, NT_MAX_PASSPHRASE))
		return nt_buf_check(ret, reterr);
	if (from->fd >= 0)
		return read_line(from->fd, ret, reterr);
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return vf_fail(reterr, VF_SIGNER_FAILED,
			"the key in '%s' is encrypted and there is no terminal to ask: use --passphrase-fd", from->key);
	return ask(tty, from->key, ret, reterr);
}
