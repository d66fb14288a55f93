/*
 * The participants of a site: number, secret key, and the value that stands for them in records.
 *
 * Knows 'participants.db' in the folder of a notary or of a client (docs/consent.md). A number
 * never leaves this file; a value without its key says nothing about the number, so that
 * destroying the key makes it say nothing for good.
 */
#ifndef NOTARY_PARTICIPANTS_H
#define NOTARY_PARTICIPANTS_H

#include "notary/buf.h"
#include "verify/hash.h"

/* The domain of the value; 0x00, study, 0x00 and number follow. */
#define NT_PARTICIPANT_DOMAIN "trialnotary/participant/1"
#define NT_PARTICIPANT_NUMBER 128

struct nt_participants;

/* HMAC-SHA-256 over domain, study and number. */
struct vf_hash nt_participant_hmac(const struct vf_hash *key, struct vf_bytes study, struct vf_bytes number);

/*
 * Opens the file, or makes it. *ret is NULL when there is none and create is false. NO_INPUT, PERMISSION when
 * others may look into the folder, STORE_BUSY, STORE_CORRUPT.
 */
VF_RC nt_participants_open(const char *dir, bool create, struct nt_participants **ret, struct vf_err *reterr);
struct nt_participants *nt_participants_free(struct nt_participants *p);
void nt_participants_freep(struct nt_participants **p);

/* USAGE for texts that are empty, too long or not plain. */
VF_RC nt_participants_check(struct vf_bytes study, struct vf_bytes number, struct vf_err *reterr);
/* Makes a key for the number, unless it has one. USAGE for texts that are empty, too long or not plain. */
VF_RC nt_participants_add(struct nt_participants *p, struct vf_bytes study, struct vf_bytes number,
	int64_t now_ms, struct vf_hash *ret_value, bool *ret_new, struct vf_err *reterr);
/* The value of a number: UNKNOWN_PARTICIPANT. */
VF_RC nt_participants_find(struct nt_participants *p, struct vf_bytes study, struct vf_bytes number,
	struct vf_hash *ret_value, struct vf_err *reterr);

/* Whether the value stands for a participant of another study here. */
VF_RC nt_participants_elsewhere(struct nt_participants *p, struct vf_bytes study, const struct vf_hash *value,
	bool *ret, struct vf_err *reterr);

struct nt_participant_row {
	struct vf_bytes study, number;
	struct vf_hash value;
	int64_t created_ms;
};
typedef VF_RC nt_each_participant(void *ctx, const struct nt_participant_row *row, struct vf_err *reterr);
/* All of a study (of all studies when study.n == 0), ascending by study and number. */
VF_RC nt_participants_each(struct nt_participants *p, struct vf_bytes study, nt_each_participant *each,
	void *ctx, struct vf_err *reterr);

/*
 * Destroys number and key: no octet of them is left in the file or beside it. UNKNOWN_PARTICIPANT. By value:
 * *ret_was is false when there is none.
 */
VF_RC nt_participants_destroy(
	struct nt_participants *p, struct vf_bytes study, struct vf_bytes number, struct vf_err *reterr);
VF_RC nt_participants_destroy_value(struct nt_participants *p, struct vf_bytes study,
	const struct vf_hash *value, bool *ret_was, struct vf_err *reterr);

/* The value of a number in the file of this folder, made when it is new: what a submission needs. */
VF_RC nt_participant_value(const char *dir, struct vf_bytes study, struct vf_bytes number, int64_t now_ms,
	struct vf_hash *ret, struct vf_err *reterr);

/* A copy in a folder that has none; nothing when there is none to copy. */
VF_RC nt_participants_backup(const char *dir, const char *to_dir, struct vf_err *reterr);

#endif
