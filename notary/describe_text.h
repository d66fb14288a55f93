/*
 * The facts of one file as text, thing after thing, in memory that does not grow with the file.
 *
 * Knows which facts are shown and how; files and JSON are verbs_describe.c's. Without 'all' the first things of each kind
 * are kept, and the others counted. With 'all' facts are sorted in portions: a thing that goes on in a later portion is
 * named again by its item.
 */
#ifndef NOTARY_DESCRIBE_TEXT_H
#define NOTARY_DESCRIBE_TEXT_H

#include "notary/cli.h"
#include "trial/read/fact_list.h"

/* Things of one kind that are shown unless all are asked for. */
#define NT_SHOWN_ITEMS 12u
/* Facts that are shown unless all are asked for: a thing may have any number. */
#define NT_SHOWN_FACTS 10000u

/* A bit for each item. */
struct nt_items {
	uint8_t *bits;
	size_t n; /* octets */
};

/* Zero it and set cli, wants, all and places; free with nt_describe_text_done(). */
struct nt_describe_text {
	struct nt_cli *cli;
	unsigned wants;
	bool all, places;

	/* kept by the functions below */
	struct tr_fact_list portion;
	size_t octets;                            /* of the values in it */
	struct nt_items seen, named;              /* items with a fact; those of them that are shown */
	enum tr_fact_name first[TR_FACT_COUNT];   /* a kind is named by the first of its facts */
	uint64_t count[TR_FACT_COUNT];            /* things of each kind */
	uint64_t shown[TR_FACT_COUNT];            /* those that were written */
	uint64_t left_out;                        /* facts beyond NT_SHOWN_FACTS */
};

/* Takes a fact: the sink of tr_fact_list_pass(), with a struct nt_describe_text. NO_MEMORY. */
VF_RC nt_describe_text_fact(void *ctx, const struct tr_fact *f, struct vf_err *reterr);
/* Writes what is left, and how much was left out. */
VF_RC nt_describe_text_end(struct nt_describe_text *t, struct vf_err *reterr);
void nt_describe_text_done(struct nt_describe_text *t);

/*
 * True for a value that may say more than its name promises, and is shown only to who asks for persons: a date that is
 * not in its form, the reason of a change, a user's identifier that looks like a name or an address.
 */
bool nt_describe_is_hidden(unsigned wants, const struct tr_fact *f);

#endif
