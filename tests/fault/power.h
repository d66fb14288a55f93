/*
 * What a power loss may leave of a folder: everything that was synced, and of the rest anything.
 *
 * Replays a journal (disk.h) over the folder as it was. A file's content is safe once the file was
 * synced, a name once its folder was; a file's sync says nothing about its name. What was not
 * synced is lost or kept piece by piece: contents in pieces of 512 octets (a file that
 * became longer may hold zeros instead), names one by one. A rename inside one folder happens or does not.
 */
#ifndef TESTS_FAULT_POWER_H
#define TESTS_FAULT_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/fault/disk.h"

enum power_loss {
	POWER_ALL,     /* nothing that was not synced is there */
	POWER_LATER,   /* everything up to a moment is there, nothing after it: a disk that writes in order */
	POWER_SOME,    /* any pieces of it, in any order */
	POWER_NAMES,   /* contents are all there, names in any order: rename before sync, ALICE */
	POWER_CONTENTS, /* names are all there, contents in any order */
	POWER_NOTHING, /* all is there: what a kill leaves */
};
#define POWER_LOSSES 6

struct power;

/* Takes the folder as it is; all of it is safe. Ends the program when it can't be read. */
struct power *power_new(const char *folder);
void power_free(struct power *p);
/* Goes on where the last call ended. The journal must stay until power_free(). */
void power_play(struct power *p, const struct disk_journal *j);
/* Whether the folder is now what the journal says, octet by octet; a change that the layer did not see shows here. */
bool power_agrees(const struct power *p, const char *folder);
/* Makes the folder as a power loss may leave it; what is there is removed first. Returns how many pieces were lost. */
long power_cut(const struct power *p, const char *to, enum power_loss loss, uint64_t *random);

#endif
