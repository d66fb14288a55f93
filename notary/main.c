#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "notary/cli.h"

/* A reader that is gone or a full disk: what was not written was not said. */
static bool failed;

static void write_all(void *ctx, int stream, struct vf_bytes text)
{
	(void)ctx;
	while (text.n > 0) {
		ssize_t n = write(stream, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			failed = failed || stream == STDOUT_FILENO;
			return;
		}
		text = vf_bytes(text.p + n, text.n - (size_t)n);
	}
}

/* The number of a closed stream would go to the next file that is opened, and messages into that file. */
static void hold_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int say_failed(void)
{
	static const char text[] =
		"trialnotary: IO: the result could not be written to the standard output; what was done stays done\n"
		"Next: ";
	const char *next = vf_rc_next(VF_IO);

	write_all(NULL, STDERR_FILENO, vf_bytes_str(text));
	write_all(NULL, STDERR_FILENO, vf_bytes_str(next));
	write_all(NULL, STDERR_FILENO, vf_bytes_str("\n"));
	return vf_rc_exit(VF_IO);
}

int main(int argc, char **argv)
{
	struct nt_cli_out out = {.write = write_all, .terminal = isatty(STDERR_FILENO) == 1};
	int status;

	hold_streams();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file of the largest allowed size is an I/O error */
	status = nt_cli_run(argc, argv, &out);
	/* findings and differences, too, have their status with what was printed alone */
	return status <= 2 && failed ? say_failed() : status;
}
