/*
 * How long a program takes from its start to its end: median of N runs, each
 * a new process, in turns with another command so that both see the same
 * machine. Usage: spawn_bench N NAME COMMAND... [--vs NAME COMMAND...]
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define MAX_RUNS 10000
#define MAX_COMMANDS 4

struct command {
	const char *name;
	char **argv;
	double wall[MAX_RUNS];
	double cpu;
};

extern char **environ;

static void run(struct command *c, size_t i, const posix_spawn_file_actions_t *quiet)
{
	uint64_t began = bench_ns(CLOCK_MONOTONIC);
	struct rusage use;
	int status = 0;
	pid_t pid;

	if (posix_spawn(&pid, c->argv[0], quiet, NULL, c->argv, environ) != 0 || wait4(pid, &status, 0, &use) != pid ||
		!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "%s: does not end with status 0\n", c->argv[0]);
		exit(1);
	}
	c->wall[i] = (double)(bench_ns(CLOCK_MONOTONIC) - began);
	c->cpu += (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e9 +
		(double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e3;
}

static int order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	static struct command commands[MAX_COMMANDS];
	posix_spawn_file_actions_t quiet;
	size_t n_commands = 0, n = bench_count(argc, argv, 1, 0);

	for (int i = 2; i + 1 < argc && n_commands < MAX_COMMANDS; n_commands++) {
		commands[n_commands] = (struct command){.name = argv[i], .argv = &argv[i + 1]};
		while (i < argc && strcmp(argv[i], "--vs") != 0)
			i++;
		if (i < argc)
			argv[i++] = NULL;
	}
	if (n == 0 || n > MAX_RUNS || n_commands == 0) {
		fprintf(stderr, "usage: spawn_bench N NAME COMMAND... [--vs NAME COMMAND...]\n");
		return 64;
	}
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_commands; k++)
			run(&commands[k], i, &quiet);
	bench_head();
	for (size_t k = 0; k < n_commands; k++) {
		qsort(commands[k].wall, n, sizeof(double), order);
		printf("%s\t%zu\t%.0f\t-\t%.0f\t-\n", commands[k].name, n, commands[k].wall[n / 2],
			commands[k].cpu / (double)n);
	}
	posix_spawn_file_actions_destroy(&quiet);
	return 0;
}
