/*
 * Named places in the order of steps where a test stops the program.
 *
 * Without a hook a failpoint does nothing. Only tests set one.
 */
#ifndef NOTARY_FAILPOINT_H
#define NOTARY_FAILPOINT_H

typedef void nt_failpoint_hook(void *ctx, const char *name);

/* Calls the hook, if there is one, with the name of the step that was just finished. */
void nt_failpoint(const char *name);
/* NULL removes the hook. */
void nt_failpoint_set(nt_failpoint_hook *hook, void *ctx);

#endif
