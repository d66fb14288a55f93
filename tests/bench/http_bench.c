/*
 * A bare server: notary/http.h with a handler that answers 204 to everything. What it does in a second
 * is the most that any service on it can do; it is the peer of the service's own figures.
 *
 *   http_bench [--direct]    prints its port and serves until its input ends; --direct: answered in the loop
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/http.h"

static void answer(struct nt_http_request *q)
{
	nt_http_reply(q, &(struct nt_http_reply){.status = 204});
}

static void handle(void *ctx, struct nt_http_request *q)
{
	(void)ctx;
	answer(q);
}

static void route(void *ctx, struct nt_http_request *q, struct nt_http_route *ret)
{
	const bool *direct = ctx;

	*ret = (struct nt_http_route){.methods = NT_HTTP_GET | NT_HTTP_POST, .max_body = 64 << 20};
	if (*direct && nt_http_method(q) == NT_HTTP_GET)
		answer(q);
}

int main(int argc, char **argv)
{
	bool direct = argc > 1 && strcmp(argv[1], "--direct") == 0;
	struct nt_http_config config = {.route = route, .handler = handle, .ctx = &direct, .limits.workers = 2};
	struct nt_http *s;
	struct vf_err err = {0};
	char c;

	if (nt_http_new(&config, &s, &err) != VF_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("%u\n", nt_http_port(s));
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		continue;
	nt_http_free(s);
	return 0;
}
