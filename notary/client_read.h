/*
 * Records at a server, as its client reads them.
 *
 * Knows paths, pages and how much room an answer takes. What an answer says is client_answer.h's question.
 */
#ifndef NOTARY_CLIENT_READ_H
#define NOTARY_CLIENT_READ_H

#include "notary/client.h"
#include "notary/client_answer.h"

/* An answer and what was read of it; begin with a cleared one, end with nt_client_got_done(). */
struct nt_client_got {
	struct nt_buf json;
	struct vf_arena a; /* with room for details beside what was read */
	void *block;
	struct nt_remote_record record;
	struct nt_remote_list list;
};

void nt_client_got_done(struct nt_client_got *g);

/* One record. UNKNOWN_RECORD, FORBIDDEN, SERVER_ANSWER, and as nt_client_call(). */
VF_RC nt_client_get_record(
	struct nt_client *c, const struct vf_hash *id, struct nt_client_got *ret, struct vf_err *reterr);

/*
 * What one list may have: records, octets of its answers, pages. More is no list of a notary's that could be worked with, and a
 * server that never comes to an end gets no more of a client's memory and time.
 */
#define NT_MAX_LISTED 1000000
#define NT_MAX_LISTED_KEPT ((uint64_t)256 * 1024 * 1024) /* by who keeps what the pages say */
#define NT_MAX_LISTED_PASSED ((uint64_t)4 * 1024 * 1024 * 1024)
#define NT_MAX_LISTED_PAGES 20000

/*
 * Calls each with every page of a list; path has parameters already, as "/v1/records?study=X". after is empty, or the place
 * that 'next' of an earlier page named; most is one of the two numbers of octets above. Not VF_OK ends the walk and is returned. SERVER_ANSWER for a page that leads to itself, and
 * beyond what a list may have.
 */
typedef VF_RC nt_each_page(void *ctx, struct nt_client_got *page, struct vf_err *reterr);
VF_RC nt_client_get_pages(
	struct nt_client *c, const char *path, struct vf_bytes after, uint64_t most, nt_each_page *each, void *ctx, struct vf_err *reterr);

#endif
