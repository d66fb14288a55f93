/* What a fuzz target may rely on: when it does not hold, the run ends as a crash and says where. */
#ifndef TESTS_FUZZ_MUST_H
#define TESTS_FUZZ_MUST_H

#include <stdio.h>
#include <stdlib.h>

static inline _Noreturn void must_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	abort();
}

#define MUST(cond) ((cond) ? (void)0 : must_fail(__FILE__, __LINE__, #cond))

#endif
