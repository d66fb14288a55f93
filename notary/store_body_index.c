#include "notary/store_body_inside.h"

#include <stdlib.h>

#include "verify/limits.h"

/* Passes over the members; remembers where the digests of those without bytes are. */
static bool skip_members(struct vf_bytes *in, struct vf_hash *digests, uint64_t n)
{
	struct vf_bytes b;
	struct vf_pair pair;
	uint64_t skip;
	uint8_t flags;

	for (uint64_t i = 0; i < n; i++) {
		if (!vf_take_u8(in, &flags) || !nt_body_take_string(in, &b))
			return false;
		if (flags == 0 && !nt_body_take_pair(in, &pair))
			return false;
		if (flags != 0 && (!nt_body_take_number(in, &skip) || !nt_body_take_string(in, &b)))
			return false;
		if (flags == 0)
			digests[i] = pair.sha256;
	}
	return true;
}

static bool index_document(
	struct vf_bytes *in, const struct vf_hash *digests, uint64_t n_digests, struct nt_body_document *ret)
{
	uint8_t flags;
	uint64_t member;
	struct vf_bytes b;
	struct vf_pair pair;

	if (!vf_take_u8(in, &flags))
		return false;
	if ((flags & NT_BODY_DOC_IS_MEMBER) != 0) {
		if (!nt_body_take_number(in, &member) || member >= n_digests)
			return false;
		ret->sha256 = digests[member];
	} else {
		if (!nt_body_take_string(in, &b) || !nt_body_take_pair(in, &pair))
			return false;
		ret->sha256 = pair.sha256;
	}
	ret->keep = (flags & NT_BODY_DOC_KEEP) != 0;
	return nt_body_take_number(in, &member) && nt_body_take_string(in, &b) && nt_body_take_string(in, &b);
}

/* Space for n more objects of a growing table; the old place when it fits. */
static bool grow(void **p, size_t *room, uint64_t n, size_t size)
{
	void *more;

	if (n <= *room)
		return true;
	if (n > VF_MAX_MEMBERS * 4)
		return false;
	more = realloc(*p, (size_t)n * size);
	if (more == NULL)
		return false;
	*p = more;
	*room = (size_t)n;
	return true;
}

static bool take_index(struct vf_bytes in, struct nt_body_index *ix)
{
	struct nt_body_refs refs = {0};
	struct nt_record r = {0};
	struct vf_bytes b;
	uint64_t skip, n;

	ix->n_documents = ix->n_links = 0;
	ix->study = 0;
	if (!nt_body_take_front(&in, &ix->front) || (ix->front.in_stream && !nt_body_take_place(&in, &refs, &r)))
		return false;
	ix->stream = refs.stream;
	ix->seq = r.seq;
	ix->prev = r.prev;
	if (ix->front.erased)
		return true;
	if (!nt_body_take_number(&in, &skip) || !nt_body_take_number(&in, &ix->study) || !nt_body_take_number(&in, &skip) ||
		!nt_body_take_string(&in, &b) || !nt_body_take_string(&in, &b) || !nt_body_take_string(&in, &b) ||
		!nt_body_take_number(&in, &skip) || !nt_body_take_number(&in, &n) || n > in.n ||
		!grow((void **)&ix->digests, &ix->digests_room, n, 32) ||
		!skip_members(&in, ix->digests, n) || !nt_body_take_number(&in, &skip) || skip > in.n ||
		!grow((void **)&ix->documents, &ix->documents_room, skip, sizeof(*ix->documents)))
		return false;
	for (; ix->n_documents < skip; ix->n_documents++)
		if (!index_document(&in, ix->digests, n, &ix->documents[ix->n_documents]))
			return false;
	if (!nt_body_take_number(&in, &n) || n > in.n ||
		!grow((void **)&ix->links, &ix->links_room, n, sizeof(*ix->links)))
		return false;
	for (; ix->n_links < n; ix->n_links++)
		if (!nt_body_take_string(&in, &ix->links[ix->n_links].type) ||
			!nt_body_take_hash(&in, &ix->links[ix->n_links].record))
			return false;
	return true;
}

VF_RC nt_body_index(struct vf_bytes body, struct nt_body_index *ix, struct vf_err *reterr)
{
	if (!take_index(body, ix))
		return NT_BODY_FAIL(reterr);
	return VF_OK;
}

void nt_body_index_done(struct nt_body_index *ix)
{
	free(ix->digests);
	free(ix->documents);
	free(ix->links);
	*ix = (struct nt_body_index){0};
}
