/*
 * Who has consented to what, ready to be asked: a derived file 'consent.db' in the notary's folder.
 *
 * Knows the facts of records (trial/consent_fact.h) by study and participant, and keeps up with the
 * log. Holds nothing that the kept details do not hold: it may be deleted at any time and is made again. What
 * the facts mean is trial/consent.h's question. One thread at a time; the notary's lock keeps other processes
 * out.
 */
#ifndef NOTARY_CONSENT_INDEX_H
#define NOTARY_CONSENT_INDEX_H

#include "notary/notary.h"
#include "trial/consent.h"

struct nt_consent_index;

/*
 * Opens it without looking at any record; makes it when create is true, *ret is NULL otherwise. A file that
 * is damaged or of another version is destroyed and made again.
 */
VF_RC nt_consent_index_open(
	const char *dir, bool create, struct nt_consent_index **ret, struct vf_err *reterr);
struct nt_consent_index *nt_consent_index_free(struct nt_consent_index *x);
void nt_consent_index_freep(struct nt_consent_index **x);

/* ---- keeping up (consent_follow.c) ---- */

/* Makes it, takes in what the notary has accepted, sealed and erased since, and gives it. */
VF_RC nt_consent_follow(struct nt_notary *n, struct nt_consent_index **ret, struct vf_err *reterr);
/*
 * One in dir that holds what these records say, in the order in which they stand in the log, and nothing that was there
 * before: for records that are elsewhere (source.h).
 */
struct nt_source;
VF_RC nt_consent_fill(const struct nt_source *from, struct nt_record *const *records, size_t n, const char *dir,
	struct nt_consent_index **ret, struct vf_err *reterr);
/* Destroys the files in dir, if they are there; nobody may have them open. */
VF_RC nt_consent_index_destroy(const char *dir, struct vf_err *reterr);
/*
 * Around an erasure. Before it the record's row is removed and remembered as doubtful; after it, or when
 * the index is next opened, a doubtful record that still exists comes back, and the key of a participant
 * whose last record was erased is destroyed (participants.h). Nothing when the folder has neither file.
 */
VF_RC nt_consent_erase_begin(struct nt_notary *n, const struct vf_hash *id, struct vf_err *reterr);
VF_RC nt_consent_erase_end(struct nt_notary *n, struct vf_err *reterr);

/* ---- rows ---- */

/* A record's place among all, and what it says. The fact's id, index and sealed are stored too. */
struct nt_consent_row {
	uint64_t number;
	struct vf_bytes study;
	struct tr_consent_fact fact;
};

/* Inside nt_consent_begin() and nt_consent_end(), which commits when rc is VF_OK and gives the first fault.
 */
VF_RC nt_consent_begin(struct nt_consent_index *x, struct vf_err *reterr);
VF_RC nt_consent_end(struct nt_consent_index *x, enum vf_rc rc, struct vf_err *reterr);
/* Stores the row, in place of the one with its number. */
VF_RC nt_consent_put(struct nt_consent_index *x, const struct nt_consent_row *row, struct vf_err *reterr);
/* Where it is in the log, and since when it is sealed. */
VF_RC nt_consent_sealed(
	struct nt_consent_index *x, uint64_t number, uint64_t index, int64_t sealed, struct vf_err *reterr);
/* Removes a record; *ret_was is false when it is not there. doubt: and remembers it as doubtful. */
VF_RC nt_consent_drop(struct nt_consent_index *x, const struct vf_hash *id, bool doubt, bool *ret_was,
	struct vf_err *reterr);
/* After nt_consent_end(): writes the file anew, so that nothing of what was dropped is left. */
VF_RC nt_consent_wipe(struct nt_consent_index *x, struct vf_err *reterr);

/* How far it has come: the next number, the ID before it (zero at 0), the seals that were there. */
struct nt_consent_progress {
	uint64_t next, seals, size;
	struct vf_hash last;
};
VF_RC nt_consent_progress(struct nt_consent_index *x, struct nt_consent_progress *ret, struct vf_err *reterr);
VF_RC nt_consent_set_progress(
	struct nt_consent_index *x, const struct nt_consent_progress *p, struct vf_err *reterr);
/* Empties it. */
VF_RC nt_consent_clear(struct nt_consent_index *x, struct vf_err *reterr);

/* A row that is not sealed, or that is doubtful: its number, study and participant. */
struct nt_consent_open {
	uint64_t number;
	struct vf_hash id, participant;
	char study[129];
};
/* The first one after number; *ret_found is false at the end. */
VF_RC nt_consent_next_unsealed(struct nt_consent_index *x, int64_t after, struct nt_consent_open *ret,
	bool *ret_found, struct vf_err *reterr);
VF_RC nt_consent_next_doubt(struct nt_consent_index *x, int64_t after, struct nt_consent_open *ret,
	bool *ret_found, struct vf_err *reterr);
VF_RC nt_consent_clear_doubt(struct nt_consent_index *x, uint64_t number, struct vf_err *reterr);
/* Whether any record of this participant is left. */
VF_RC nt_consent_has(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant,
	bool *ret, struct vf_err *reterr);
/* Whether a record of another study has this value. */
VF_RC nt_consent_elsewhere(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant,
	bool *ret, struct vf_err *reterr);
/* The participant of a record; *ret_found is false when it is not there. */
VF_RC nt_consent_whose(struct nt_consent_index *x, const struct vf_hash *id, struct vf_hash *ret,
	bool *ret_found, struct vf_err *reterr);

/* ---- questions ---- */

struct nt_consent_question {
	struct vf_bytes study;
	struct vf_hash participant;
	struct vf_bytes purpose, who; /* trial/consent.h */
	struct tr_when at;
};
/* The answer and all it points to last until the next call. */
VF_RC nt_consent_ask(struct nt_consent_index *x, const struct nt_consent_question *q,
	struct tr_consent_answer *ret, struct vf_err *reterr);

/* Records of a study, of one participant when participant is not NULL: the study's own first, then by participant. */
typedef VF_RC nt_each_fact(void *ctx, const struct tr_consent_fact *f, struct vf_err *reterr);
VF_RC nt_consent_each(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant,
	nt_each_fact *each, void *ctx, struct vf_err *reterr);

/* Consents of a study that must be given again, in ascending order of participants. */
typedef VF_RC nt_each_gap(
	void *ctx, const struct vf_hash *participant, const struct tr_gap *gap, struct vf_err *reterr);
VF_RC nt_consent_gaps(struct nt_consent_index *x, struct vf_bytes study, const struct tr_when *at,
	nt_each_gap *each, void *ctx, struct vf_err *reterr);

#endif
