/*
 * The program trialnotary, killed after a step: client_kill N ARGS... ends itself with SIGKILL at the N-th place of
 * the client's order of steps. Status 0 when there were fewer.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/cli.h"
#include "notary/failpoint.h"

static long left;

static void kill_at(void *ctx, const char *name)
{
	(void)ctx;
	if ((strncmp(name, "client-", 7) == 0 || strcmp(name, "files-renamed") == 0) && --left == 0)
		raise(SIGKILL);
}

static void drop(void *ctx, int stream, struct vf_bytes text)
{
	(void)ctx;
	if (write(stream, text.p, text.n) < 0)
		abort();
}

int main(int argc, char **argv)
{
	const struct nt_cli_out out = {.write = drop};

	if (argc < 3)
		return 64;
	left = strtol(argv[1], NULL, 10);
	nt_failpoint_set(kill_at, NULL);
	return nt_cli_run(argc - 1, argv + 1, &out);
}
