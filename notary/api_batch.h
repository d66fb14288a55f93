/*
 * Submissions in the service, alone or many: read by a worker, given their places and stored by the keeper,
 * answered with receipts. Shared by api_submit.c and api_bulk.c; nobody else includes it.
 */
#ifndef NOTARY_API_BATCH_H
#define NOTARY_API_BATCH_H

#include "notary/api_inside.h"

struct nt_api_group;
struct nt_api_bulk;

/* One submission and what became of it. */
struct nt_api_line {
	struct nt_submission s;
	bool read;         /* s is valid */
	enum vf_rc rc;     /* its refusal */
	struct vf_err err;
	char field[NT_FIELD_MAX];
	enum nt_accepted how;
	enum nt_state state;
	size_t receipt;    /* in its group */
	bool is_denied;    /* a link led to a record that the party may not see; it was told that there is none */
	struct vf_hash denied; /* that record */
};

/* What is offered together: one submission, or a portion of a bulk request. */
struct nt_api_batch {
	struct nt_offer offer;
	struct nt_job *job;
	struct nt_api_bulk *bulk; /* NULL: a single one */
	struct nt_api_batch *next;
	size_t denied;            /* lines outside of the credential's scope */
	struct vf_arena arena;
	struct nt_blocks *blocks; /* where block came from */
	uint8_t *block;
	struct nt_api_line *lines;
	size_t n;
	struct nt_submission *good; /* those of the lines that are offered now */
	size_t *which;              /* their lines */
	enum nt_accepted *results;
	struct nt_api_group *group;
	int *kept;                  /* contents of the documents to keep, of the single submission; -1: none */
	size_t n_kept;
	size_t n_files;             /* descriptors that it may have open, counted in api.files */
};

/* Room for n submissions of together size octets of JSON; NULL without memory. free takes a struct nt_api_batch, or NULL. */
struct nt_api_batch *nt_batch_new(struct nt_job *j, size_t n, size_t size);
void nt_batch_free(void *p);
/* The keeper must have ended with it. Only IDs, refusals and receipts are left: many portions wait for the last one. */
void nt_batch_drop_texts(struct nt_api_batch *b);

/* What reads submissions; NULL without memory. */
struct nt_reader *nt_reader_take(struct nt_api *a, struct vf_err *reterr);
void nt_reader_give(struct nt_api *a, struct nt_reader *r);
/* Reads and checks one, and whether the party may submit it. */
void nt_line_read(struct nt_api_batch *b, struct nt_intake *x, struct nt_api_line *l, struct vf_bytes json);

/* On the keeper's thread: gives each line its place after all before it; those that have none are left out. May be called twice. */
VF_RC nt_batch_prepare(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr);
/* Hands it to the keeper; done is called in any case. */
void nt_batch_offer(struct nt_api_batch *b);
/* On the keeper's thread, when it is durable: records of before may be further than accepted by now. */
void nt_batch_note(struct nt_api_batch *b);
void nt_line_count(struct nt_api *a, const struct nt_api_line *l);
/* The object that answers one line, without LF. */
VF_RC nt_line_put(const struct nt_api_batch *b, const struct nt_api_line *l, struct nt_buf *out, struct vf_err *reterr);

/* The Idempotency-Key of the request, if it has one; false when the job was refused and ended. */
bool nt_key_take(struct nt_job *j, struct vf_bytes json);
void nt_key_end(struct nt_job *j);

#endif
