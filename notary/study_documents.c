/* The documents of a study bundle: which ones are in it, and which must be in no place of it. */
#include <stdlib.h>

#include "notary/study_inside.h"
#include "trial/grow.h"

VF_RC nt_study_note_documents(struct nt_study_work *w, const struct nt_record *r, bool is_shown, struct vf_err *reterr)
{
	const struct nt_study_options *o = w->options;

	for (size_t i = 0; i < r->n_documents; i++) {
		const struct nt_document *d = &r->documents[i];

		if (!TR_GROW(w->documents, w->cap_documents, w->n_documents + 1))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the documents of a study");
		w->documents[w->n_documents++] = (struct nt_study_document){.sha256 = d->digests.sha256, .record = r->id, .at = i,
			.is_withheld = nt_study_withholds_document(&o->choice, r, d),
			.is_wanted = is_shown && !o->no_documents && (d->keep || !o->kept_only)};
	}
	return VF_OK;
}

static int hash_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

/* By digest; then what is withheld, then what is wanted. */
static int document_order(const void *a, const void *b)
{
	const struct nt_study_document *x = a, *y = b;
	int c = hash_order(&x->sha256, &y->sha256);

	if (c == 0)
		c = y->is_withheld - x->is_withheld;
	return c ? c : y->is_wanted - x->is_wanted;
}

VF_RC nt_study_sort_documents(struct nt_study_work *w, struct vf_err *reterr)
{
	struct nt_study_document *all = w->documents;
	size_t n = 0;

	if (w->n_documents)
		qsort(all, w->n_documents, sizeof(*all), document_order);
	for (size_t i = 0, next; i < w->n_documents; i = next) {
		for (next = i + 1; next < w->n_documents && vf_hash_eq(&all[i].sha256, &all[next].sha256);)
			next++;
		if (!all[i].is_withheld) {
			if (all[i].is_wanted)
				all[n++] = all[i];
			continue;
		}
		if (!TR_GROW(w->withheld, w->cap_withheld, w->n_withheld + 1))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the documents of a study");
		w->withheld[w->n_withheld++] = all[i].sha256;
	}
	w->n_documents = w->made.documents = n;
	return VF_OK;
}

VF_RC nt_study_withheld_names(struct nt_study_work *w, const struct nt_record *r, struct nt_buf *names, const char ***ret, size_t *ret_n,
	struct vf_err *reterr)
{
	const char **list = calloc(r->n_documents + 1, sizeof(*list));
	size_t n = 0, at = 0;

	if (!list)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the documents of a record");
	*ret = list;
	for (size_t i = 0; i < r->n_documents; i++) {
		const struct nt_document *d = &r->documents[i];

		if (!w->n_withheld || !bsearch(&d->digests.sha256, w->withheld, w->n_withheld, sizeof(*w->withheld), hash_order))
			continue;
		nt_buf_put(names, d->name);
		nt_buf_put_u8(names, 0);
		n++;
	}
	for (size_t i = 0; i < n && nt_buf_check(names, NULL) == VF_OK; i++) {
		list[i] = (const char *)names->p + at;
		at += strlen(list[i]) + 1;
	}
	*ret_n = n;
	w->made.withheld_documents += n;
	return nt_buf_check(names, reterr);
}
