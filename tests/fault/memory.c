/* Stands before the C library's allocator, for all libraries of the program: some allocations are refused. */
#include "tests/fault/disk.h"

#include <errno.h>
#include <stdbool.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);

/* Allocations until the first refused one, and how many are refused from then on. One thread at a time. */
static volatile long left, refused;

void disk_refuse_memory(long m, long calls)
{
	left = m;
	refused = calls;
}

static bool is_refused(void)
{
	if (refused == 0)
		return false;
	if (left > 1) {
		left--;
		return false;
	}
	refused--;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t n)
{
	return is_refused() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return is_refused() ? NULL : __libc_realloc(p, n);
}
