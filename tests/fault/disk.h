/*
 * A disk below a test: system calls that change files are counted, made to fail, and written down.
 *
 * Memory can be refused as well. The layer is linked into the test's program, where its names stand before those of the C library, for SQLite too;
 * a child that the test forks inherits it, so nothing is executed anew. What a journal means after a power
 * loss is power.h's question.
 */
#ifndef TESTS_FAULT_DISK_H
#define TESTS_FAULT_DISK_H

#include <stddef.h>
#include <stdint.h>

enum disk_fault {
	DISK_NONE,
	DISK_KILL_BEFORE,
	DISK_KILL_AFTER,
	DISK_KILL_NAMED, /* after the first change of a name from the place on: it is seen by all, and not durable */
	DISK_EIO,
	DISK_ENOSPC, /* fsync and fdatasync report EIO then */
	DISK_EMFILE,
	DISK_EROFS,
	DISK_SHORT,
	DISK_EINTR,
	DISK_EIO_READ, /* reads are counted in place of changes */
	DISK_NO_MEMORY, /* allocations are counted in place of changes */
};

/* The exit status of a killed child. */
#define DISK_KILLED 43

enum disk_op_kind { DISK_CREATE, DISK_MKDIR, DISK_WRITE, DISK_TRUNCATE, DISK_SYNC, DISK_SYNC_ALL, DISK_RENAME, DISK_LINK, DISK_REMOVE };

/* One change that was made, with inode numbers of the real file system. Followed by n octets, padded to 8. */
struct disk_op {
	uint32_t kind, n;
	uint64_t folder, inode; /* of the name; what was changed */
	uint64_t to_folder;     /* rename, link */
	uint64_t at;            /* write: offset; truncate: size; create: mode */
	uint64_t names;         /* length of the first name with its NUL; the second follows */
};

/* In memory that parent and child share. */
struct disk_journal {
	size_t room, used;
	int full; /* it did not fit: the run is worth nothing */
	uint8_t bytes[];
};

struct disk_plan {
	enum disk_fault fault;
	long at, calls; /* the first call that fails, from 1, and how many do */
	struct disk_journal *journal; /* may be NULL */
};

/* From now on changes on the file system of folder are counted. A NULL plan ends it. */
void disk_begin(const char *folder, const struct disk_plan *plan);
/* Moves the plan: the m-th call from now on is the first that fails. */
void disk_arm(long m);
/* memory.c: the m-th allocation from now on and those after it, calls of them, are refused; 0, 0 ends it. */
void disk_refuse_memory(long m, long calls);

#endif
