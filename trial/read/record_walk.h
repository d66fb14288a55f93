/* The way through a record, whatever its syntax. Internal to record*.c. */
#ifndef TRIAL_READ_RECORD_WALK_H
#define TRIAL_READ_RECORD_WALK_H

#include "trial/read/record_inside.h"

/* Appends mark and name to the path when a part is at or below it; else false, and the path is as it was. */
bool tr_record_enter(struct tr_record *rec, const char *mark, struct vf_bytes name);
/* Back to a shorter path: a thing that began below it is closed. */
void tr_record_leave(struct tr_record *rec, size_t to);
/* The part at the path: the one that begins a thing, or the one that has a value. NULL: none. */
const struct tr_part *tr_record_part(const struct tr_record *rec, bool item);

/* The place of what is said next; kept only when places are asked for. */
void tr_record_keep_place(struct tr_record *rec, struct tr_place place);
/* A thing of the part begins with the next value that is not empty. */
void tr_record_open(struct tr_record *rec, const struct tr_part *part);
VF_RC tr_record_say_part(
	struct tr_record *rec, const struct tr_part *part, struct vf_bytes value, struct vf_err *reterr);

#endif
