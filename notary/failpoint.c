#include "notary/failpoint.h"

#include <stddef.h>

static nt_failpoint_hook *failpoint_hook;
static void *failpoint_ctx;

void nt_failpoint(const char *name)
{
	if (failpoint_hook != NULL)
		failpoint_hook(failpoint_ctx, name);
}

void nt_failpoint_set(nt_failpoint_hook *hook, void *ctx)
{
	failpoint_hook = hook;
	failpoint_ctx = ctx;
}
