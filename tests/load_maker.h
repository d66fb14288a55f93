/*
 * Chains of submissions as a client would make them, ready to be sent: what the
 * load generator and the tests of the running service send.
 *
 * Made by the notary's own code (submission.h), without a notary: a stream begins
 * with its record 0, and each record names the one before. Every record has one
 * plain document, of which only the digests exist.
 */
#ifndef TESTS_LOAD_MAKER_H
#define TESTS_LOAD_MAKER_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/submission.h"
#include "notary/submission_json.h"

/* The records of one stream in order: documents one after the other, each a line. */
struct load_chain {
	char submitter[65], study[65];
	struct nt_maker maker;
	struct nt_submit submit;
	struct nt_buf text;
	size_t *ends;         /* of each document in text */
	struct vf_hash *ids;  /* of each record */
	size_t n, room;
	void *block;
};

#define LOAD_CHAIN_ROOM ((size_t)256 * 1024)

static inline void load_chain_need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "cannot make submissions: %s\n", what);
	exit(1);
}

/* A chain of no records; the caller ends it with load_chain_done(). */
static inline void load_chain_begin(struct load_chain *c, const char *submitter, const char *study)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->submitter, sizeof(c->submitter), "%s", submitter);
	snprintf(c->study, sizeof(c->study), "%s", study);
	c->submit = (struct nt_submit){.submitter = vf_bytes_str(c->submitter), .study = vf_bytes_str(c->study),
		.kind = TR_DATASET, .version = vf_bytes_str("1.0"), .date = vf_bytes_str("2026-03-02")};
	c->maker.s = &c->submit;
	c->text = nt_buf(SIZE_MAX / 2);
	c->block = malloc(LOAD_CHAIN_ROOM);
	load_chain_need(c->block != NULL, "no memory");
}

static inline void load_chain_done(struct load_chain *c)
{
	nt_buf_done(&c->text);
	free(c->ends);
	free(c->ids);
	free(c->block);
}

/* Appends one record; its document's digests are those of the study's name and its number. */
static inline void load_chain_add(struct load_chain *c)
{
	struct nt_submit_file file = {.name = vf_bytes_str("data.csv")};
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_making m = {0};
	struct nt_submission s = {0};
	struct vf_err err = {0};
	char content[128];

	if (c->n == c->room) {
		c->room = c->room ? 2 * c->room : 16;
		c->ends = realloc(c->ends, c->room * sizeof(*c->ends));
		c->ids = realloc(c->ids, c->room * sizeof(*c->ids));
		load_chain_need(c->ends && c->ids, "no memory");
	}
	snprintf(content, sizeof(content), "%s %zu\n", c->study, c->n);
	file.digests = vf_pair_of(vf_bytes_str(content));
	file.size = strlen(content);
	vf_arena_init(&c->maker.arena, c->block, LOAD_CHAIN_ROOM);
	load_chain_need(nt_making_init(&c->maker, &record, &m, &err) == VF_OK &&
			nt_making_chain(&c->maker, &m, &err) == VF_OK &&
			nt_making_finish(&c->maker, &m, &s, &err) == VF_OK &&
			nt_submission_json_put(&c->text, &s, &err) == VF_OK, err.text);
	c->ids[c->n] = s.id;
	c->ends[c->n++] = c->text.n;
}

/* Documents [first, first + count), each ended by LF; good until the next record is added. */
static inline struct vf_bytes load_chain_lines(const struct load_chain *c, size_t first, size_t count)
{
	size_t from = first ? c->ends[first - 1] : 0;

	load_chain_need(first + count <= c->n, "the chain is shorter");
	return vf_bytes(c->text.p + from, c->ends[first + count - 1] - from);
}

#endif
