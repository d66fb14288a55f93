#include <errno.h>
#include <signal.h>
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

int main(int argc, char **argv)
{
	struct nt_cli_out out = {.write = write_all, .terminal = isatty(STDERR_FILENO) == 1};
	int status;

	signal(SIGPIPE, SIG_IGN);
	status = nt_cli_run(argc, argv, &out);
	return status == 0 && failed ? vf_rc_exit(VF_IO) : status;
}
