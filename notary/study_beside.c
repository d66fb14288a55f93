#include "notary/study_beside.h"

#include <stdlib.h>
#include <unistd.h>

#include "notary/file_input.h"
#include "trial/grow.h"

struct document {
	struct nt_beside *in;
	struct nt_document wanted;
	struct vf_source source;
};

struct nt_beside {
	struct nt_export_options places;
	struct document *documents; /* as they are noted; once looked for, those found, ascending by SHA-256 */
	struct vf_detached *found;
	size_t n, cap;
	const struct document *open; /* NULL: none */
	struct nt_file_input input;
};

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for documents beside a study bundle");
}

VF_RC nt_beside_new(const char *const *from, size_t n_from, struct nt_beside **ret, struct vf_err *reterr)
{
	struct nt_beside *b = calloc(1, sizeof(*b));

	if (!b)
		return no_memory(reterr);
	b->places = (struct nt_export_options){.from = from, .n_from = n_from};
	*ret = b;
	return VF_OK;
}

static void name_done(struct document *d)
{
	free((void *)(uintptr_t)d->wanted.name.p);
	d->wanted.name = vf_bytes(NULL, 0);
}

struct nt_beside *nt_beside_free(struct nt_beside *b)
{
	if (!b)
		return NULL;
	if (b->open)
		nt_file_input_done(&b->input);
	for (size_t i = 0; i < b->n; i++)
		name_done(&b->documents[i]);
	free(b->documents);
	free(b->found);
	free(b);
	return NULL;
}

VF_RC nt_beside_want(struct nt_beside *b, struct vf_bytes name, const struct vf_pair *digests, struct vf_err *reterr)
{
	uint8_t *copy;

	if (b->places.n_from == 0)
		return VF_OK;
	if (!TR_GROW(b->documents, b->cap, b->n + 1))
		return no_memory(reterr);
	copy = malloc(name.n + 1);
	if (!copy)
		return no_memory(reterr);
	memcpy(copy, name.p, name.n);
	b->documents[b->n++] = (struct document){.in = b, .wanted = {.name = vf_bytes(copy, name.n), .digests = *digests}};
	return VF_OK;
}

static int by_digest(const void *a, const void *b)
{
	const struct document *x = a, *y = b;

	return memcmp(x->wanted.digests.sha256.b, y->wanted.digests.sha256.b, sizeof(x->wanted.digests.sha256.b));
}

static VF_RC read_document(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	const struct document *d = ctx;
	struct nt_beside *b = d->in;
	struct nt_content content;
	size_t got;
	enum vf_rc rc;

	if (b->open != d) {
		if (b->open)
			nt_file_input_done(&b->input);
		b->open = NULL;
		rc = nt_document_open(NULL, &b->places, &d->wanted, &content, reterr);
		if (rc != VF_OK)
			return rc;
		nt_file_input_of(&b->input, content.fd, content.size, d->wanted.name);
		b->open = d;
	}
	rc = b->input.input.read_at(b->input.input.ctx, at, out, n, &got, reterr);
	return rc == VF_OK && got < n ? vf_fail(reterr, VF_IO, "a document beside the study bundle was cut off while it was read") : rc;
}

VF_RC nt_beside_look(struct nt_beside *b, struct vf_err *reterr)
{
	size_t n = 0;

	if (b->n)
		qsort(b->documents, b->n, sizeof(*b->documents), by_digest);
	for (size_t i = 0; i < b->n; i++) {
		struct document *d = &b->documents[i];
		struct nt_content content;

		/* the same document may have one name here and another there: any of them will do */
		if ((n > 0 && by_digest(&b->documents[n - 1], d) == 0) || nt_document_open(NULL, &b->places, &d->wanted, &content, NULL) != VF_OK) {
			name_done(d);
			continue;
		}
		close(content.fd);
		d->source = (struct vf_source){.size = content.size, .read = read_document};
		if (n != i) {
			b->documents[n] = *d;
			d->wanted.name = vf_bytes(NULL, 0);
		}
		n++;
	}
	b->n = n;
	b->found = calloc(n + 1, sizeof(*b->found));
	if (!b->found)
		return no_memory(reterr);
	for (size_t i = 0; i < n; i++) {
		b->documents[i].source.ctx = &b->documents[i];
		b->found[i] = (struct vf_detached){"a document beside the study bundle", &b->documents[i].source};
	}
	return VF_OK;
}

const struct vf_detached *nt_beside_found(const struct nt_beside *b, size_t *ret_n)
{
	*ret_n = b->n;
	return b->found;
}

const struct vf_source *nt_beside_of(const struct nt_beside *b, const struct vf_hash *sha256)
{
	const struct document key = {.wanted.digests.sha256 = *sha256};
	const struct document *d = b->n ? bsearch(&key, b->documents, b->n, sizeof(key), by_digest) : NULL;

	return d ? &d->source : NULL;
}
