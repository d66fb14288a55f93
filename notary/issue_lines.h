/*
 * The text of the issue journal (docs/formats/issue-journal.md): its lines, written and read.
 *
 * Knows the form of one day's file and its chain. Files, days and syncs are issue_journal.h's question.
 */
#ifndef NOTARY_ISSUE_LINES_H
#define NOTARY_ISSUE_LINES_H

#include "notary/buf.h"
#include "notary/tsp.h"
#include "verify/limits.h"

#define NT_ISSUED_SERIAL 20
#define NT_ISSUED_RANDOM 12
#define NT_ISSUE_MAX_LINE 600
#define NT_ISSUE_MAX_NUMBER ((UINT64_C(1) << 56) - 1)

/* What the journal keeps of a token. */
struct nt_issued {
	uint8_t serial[NT_ISSUED_SERIAL];
	int64_t gen_ms;
	struct vf_digest imprint;
	char policy[64]; /* dotted; empty: the request named none */
	uint8_t nonce[NT_TSP_MAX_NONCE];
	size_t nonce_n;  /* 0: none */
	struct vf_hash token;
};

/* The serial of a number, 1 to NT_ISSUE_MAX_NUMBER, and back. */
void nt_issued_serial(uint64_t number, const uint8_t random[NT_ISSUED_RANDOM], uint8_t ret[NT_ISSUED_SERIAL]);
uint64_t nt_issued_number(const uint8_t serial[NT_ISSUED_SERIAL]);

/* One day's file, as far as it was written or read. Cleared: nothing yet. */
struct nt_issue_day {
	unsigned head;        /* lines of the head that were read */
	char origin[VF_MAX_ORIGIN + 1];
	int64_t day;          /* days since 1970-01-01 */
	uint64_t first;
	bool has_previous;
	struct vf_hash previous;
	struct vf_hash chain; /* of the last line */
	uint64_t next;        /* the smallest number that the next token may have */
	uint64_t tokens;
	int64_t gen_ms;       /* of the last token; VF_TIME_NONE without one */
	bool ended;
	uint8_t text[512];    /* of the head while it is read */
	size_t text_n;
};

/* Begins a file: appends its head. day, origin, first, has_previous and previous are the caller's, the rest is set. */
void nt_issue_head_put(struct nt_issue_day *d, struct nt_buf *out);
/* Appends a token's line and goes on in d. */
void nt_issue_line_put(struct nt_issue_day *d, const struct nt_issued *t, struct nt_buf *out);
/* Appends the end line. */
void nt_issue_end_put(struct nt_issue_day *d, struct nt_buf *out);

/*
 * Reads the next line, without its LF. *ret_token says whether it was a token's, which is in ret then (ret may be
 * NULL). STORE_CORRUPT for anything that is not written by the above in this order.
 */
VF_RC nt_issue_line_read(
	struct nt_issue_day *d, struct vf_bytes line, struct nt_issued *ret, bool *ret_token, struct vf_err *reterr);
/* All lines of the head were read. */
bool nt_issue_has_head(const struct nt_issue_day *d);

#endif
