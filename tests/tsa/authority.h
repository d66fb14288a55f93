/*
 * tests/tsa/authority.py as a child of a test.
 */
#ifndef TESTS_TSA_AUTHORITY_H
#define TESTS_TSA_AUTHORITY_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notary/authorities.h"

static struct {
	pid_t pid;
	FILE *to, *from;
	int port, folder;
} authority;

static inline void start_authority(const char *folder)
{
	const char *source = getenv("TRIALNOTARY_SOURCE");
	char script[512], line[512];
	int to[2], from[2];

	snprintf(script, sizeof(script), "%s/tests/tsa/authority.py", source ? source : ".");
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		exit(1);
	authority.pid = fork();
	if (authority.pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		execlp("python3", "python3", script, folder, (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	authority.to = fdopen(to[1], "w");
	authority.from = fdopen(from[0], "r");
	if (!fgets(line, sizeof(line), authority.from) || sscanf(line, "{\"port\": %d", &authority.port) != 1) {
		fprintf(stderr, "the authority does not start\n");
		exit(1);
	}
	authority.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* What it does with the next requests; how many connections it has seen. */
static inline int set_mode(const char *mode)
{
	char line[100];

	fprintf(authority.to, "%s\n", mode);
	fflush(authority.to);
	if (!fgets(line, sizeof(line), authority.from))
		exit(1);
	return atoi(line);
}

static inline void end_authority(void)
{
	int status;

	fclose(authority.to);
	fclose(authority.from);
	waitpid(authority.pid, &status, 0);
	close(authority.folder);
}

static inline struct nt_authority configured(const char *path)
{
	struct nt_authority a;

	nt_authority_default(&a);
	strcpy(a.name, "test");
	strcpy(a.roots, "ca.pem");
	a.timeout_ms = 20000;
	snprintf(a.url, sizeof(a.url), "http://127.0.0.1:%d%s", authority.port, path);
	return a;
}

#endif
