#include "notary/study_out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/study_inside.h"
#include "notary/study_pack.h"
#include "notary/tree.h"
#include "trial/grow.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/study.h"
#include "verify/tst.h"

static VF_RC no_memory(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the records of a study");
}

/* ---- what is shown ---- */

/* The slot follows from record 0 of the stream, where that is in the file. */
static VF_RC note_stream(struct nt_study_work *w, const struct nt_record *r, struct nt_study_place *p, struct vf_err *reterr)
{
	if (!r->in_stream)
		return VF_OK;
	for (size_t i = w->n_streams; i > 0 && !p->has_slot; i--)
		p->has_slot = vf_hash_eq(&w->streams[i - 1], &r->stream);
	if (r->seq > 0)
		return VF_OK;
	p->has_slot = true;
	if (!TR_GROW(w->streams, w->cap_streams, w->n_streams + 1))
		return no_memory(reterr);
	w->streams[w->n_streams++] = r->id;
	return VF_OK;
}

static VF_RC note_record(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_study_work *w = ctx;
	struct nt_study_place p = {.id = *id};
	enum vf_rc rc = nt_notary_get(w->n, id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	nt_study_match(&w->options->choice, r, w->matched);
	if (r->state == NT_PENDING || r->state == NT_SEQUENCED || (r->state == NT_ERASED && r->index >= w->sealed)) {
		w->made.waiting++;
		return VF_OK;
	}
	p.index = r->index;
	p.is_shown = r->state == NT_SEALED && !nt_study_withholds(&w->options->choice, r);
	p.seal = r->seal;
	rc = nt_study_note_documents(w, r, p.is_shown, reterr);
	if (rc == VF_OK && !p.is_shown) {
		nt_buf_reset(&w->scratch);
		rc = nt_study_pack_hidden(r, true, &w->scratch, reterr);
		w->made.left_out += rc == VF_UNKNOWN_RECORD;
		if (rc != VF_OK)
			return rc == VF_UNKNOWN_RECORD ? VF_OK : rc;
	}
	rc = note_stream(w, r, &p, reterr);
	if (rc == VF_OK && !TR_GROW(w->places, w->cap_places, w->n_places + 1))
		rc = no_memory(reterr);
	if (rc != VF_OK)
		return rc;
	w->made.shown += p.is_shown;
	w->made.hidden += !p.is_shown;
	w->places[w->n_places++] = p;
	return w->n_places <= VF_MAX_STUDY_RECORDS ? VF_OK : vf_fail(reterr, VF_LIMIT, "the study has more than %d records", VF_MAX_STUDY_RECORDS);
}

static VF_RC note_all(struct nt_study_work *w, struct vf_bytes study, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *last = NULL;
	uint64_t seals, size, pending;
	enum vf_rc rc = nt_notary_counts(w->n, &seals, &size, &pending, reterr);

	if (rc == VF_OK && seals)
		rc = nt_notary_seal_get(w->n, seals, &last, reterr);
	w->sealed = last ? last->size : 0;
	if (rc == VF_OK)
		rc = nt_notary_each(w->n, study, note_record, w, reterr);
	if (rc == VF_OK)
		rc = nt_study_check_matched(&w->options->choice, w->matched, reterr);
	if (rc == VF_OK && w->made.shown == 0)
		rc = vf_fail(reterr, VF_UNKNOWN_RECORD, "no record of the study is sealed and to be shown");
	if (rc != VF_OK)
		return rc;
	return nt_study_sort_documents(w, reterr);
}

/* ---- one seal ---- */

/* A record of a seal: its paths, as octets of the seal's room. */
struct leaf {
	struct nt_study_place *place;
	struct vf_bytes log, batch256, batch512;
	size_t rank256, rank512;
	bool in_batch;
};

struct sealed {
	struct nt_study_work *w;
	struct nt_seal *seal;
	struct nt_tree *tree256, *tree512;
	struct vf_arena arena; /* of the paths */
	struct leaf *leaves;
	size_t n, n_batch;
};

static VF_RC load_tree(struct sealed *s, enum vf_alg alg, struct nt_tree **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf(SIZE_MAX / 2);
	enum vf_rc rc = nt_notary_batch(s->w->n, alg, s->seal->first, s->seal->size, &values, reterr);

	return rc == VF_OK ? nt_tree_new_alg(alg, nt_buf_bytes(&values), ret, reterr) : rc;
}

static VF_RC load_trees(struct sealed *s, struct vf_err *reterr)
{
	enum vf_rc rc = load_tree(s, VF_SHA256, &s->tree256, reterr);

	for (size_t i = 0; rc == VF_OK && i < s->seal->n_tokens; i++) {
		struct vf_tst tst;

		rc = vf_tst_parse(s->seal->tokens[i].der, &tst, reterr);
		if (rc == VF_OK && tst.imprint.alg == VF_SHA512 && !s->tree512)
			rc = load_tree(s, VF_SHA512, &s->tree512, reterr);
	}
	return rc;
}

static bool find_path(struct sealed *s, const struct nt_tree *tree, struct vf_bytes value, size_t *ret_rank, struct vf_bytes *ret)
{
	uint8_t path[NT_TREE_PATH * VF_DIGEST_MAX];

	return nt_tree_rank(tree, value, ret_rank) && vf_arena_copy(&s->arena, nt_tree_path_at(tree, *ret_rank, path), ret);
}

static VF_RC find_paths(struct sealed *s, struct leaf *l, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_hash path[VF_MAX_INCLUSION];
	size_t n = 0;
	enum vf_rc rc = nt_notary_inclusion(s->w->n, l->place->index, s->seal->size, path, &n, reterr);

	if (rc == VF_OK)
		rc = nt_notary_get(s->w->n, &l->place->id, &r, reterr);
	if (rc != VF_OK)
		return rc;
	l->in_batch = l->place->index >= s->seal->first;
	s->n_batch += l->in_batch;
	if (!vf_arena_copy(&s->arena, vf_bytes(path, n * sizeof(*path)), &l->log) ||
		(l->in_batch && !find_path(s, s->tree256, vf_bytes(r->id.b, sizeof(r->id.b)), &l->rank256, &l->batch256)) ||
		(l->in_batch && s->tree512 && !find_path(s, s->tree512, vf_bytes(r->id512.b, sizeof(r->id512.b)), &l->rank512, &l->batch512)))
		return vf_fail(reterr, VF_INTERNAL, "record %" PRIu64 " is not in the tree of its seal", l->place->index);
	return VF_OK;
}

struct way {
	uint64_t at;
	struct vf_bytes path;
};

static int way_order(const void *a, const void *b)
{
	const struct way *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* The absent hashes of one tree. Positions are written where they are asked for. */
static VF_RC put_absent(struct way *ways, size_t n, uint64_t size, size_t width, bool positions, struct nt_buf *out, struct vf_err *reterr)
{
	uint64_t *at = malloc((n + 1) * sizeof(*at));
	struct vf_bytes *paths = malloc((n + 1) * sizeof(*paths));
	enum vf_rc rc = at && paths ? VF_OK : no_memory(reterr);

	qsort(ways, n, sizeof(*ways), way_order);
	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		at[i] = ways[i].at;
		paths[i] = ways[i].path;
		for (unsigned shift = 32; positions && shift > 0; shift -= 8)
			nt_buf_put_u8(out, (uint8_t)(at[i] >> (shift - 8)));
	}
	if (rc == VF_OK)
		rc = nt_study_absent(size, at, paths, n, width, out, reterr);
	free(at);
	free(paths);
	return rc;
}

static VF_RC put_leaves(struct sealed *s, struct nt_buf *out, struct vf_err *reterr)
{
	uint64_t size = s->seal->size - s->seal->first;
	struct way *ways = malloc((s->n + 1) * sizeof(*ways));
	bool partial = s->n_batch < size;
	size_t n = 0;
	enum vf_rc rc;

	if (!ways)
		return no_memory(reterr);
	for (size_t i = 0; i < s->n; i++)
		ways[i] = (struct way){s->leaves[i].place->index, s->leaves[i].log};
	rc = put_absent(ways, s->n, s->seal->size, 32, false, out, reterr);
	for (size_t i = 0; i < s->n; i++)
		if (s->leaves[i].in_batch)
			ways[n++] = (struct way){s->leaves[i].rank256, s->leaves[i].batch256};
	if (rc == VF_OK)
		rc = put_absent(ways, n, size, 32, partial, out, reterr);
	n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->leaves[i].in_batch)
			ways[n++] = (struct way){s->leaves[i].rank512, s->leaves[i].batch512};
	if (rc == VF_OK && s->tree512)
		rc = put_absent(ways, n, size, 64, partial, out, reterr);
	free(ways);
	return rc;
}

/* ---- packing ---- */

/* Puts the packed record in w->scratch into the last part, or into a new one. */
static VF_RC keep_packed(struct nt_study_work *w, struct vf_err *reterr)
{
	if (w->n_parts == 0 || w->parts[w->n_parts - 1].n + w->scratch.n > VF_MAX_PART) {
		if (!TR_GROW(w->parts, w->cap_parts, w->n_parts + 1))
			return no_memory(reterr);
		w->parts[w->n_parts++] = nt_buf(VF_MAX_PART);
	}
	nt_buf_put(&w->parts[w->n_parts - 1], nt_buf_bytes(&w->scratch));
	nt_buf_reset(&w->scratch);
	return nt_buf_check(&w->parts[w->n_parts - 1], reterr);
}

/* The bundle that the record expands to. */
static VF_RC export_shown(struct nt_study_work *w, const struct nt_record *r, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf names = nt_buf((size_t)16 << 20);
	struct nt_export_options o = {.detached = true};
	const char **list = NULL;
	enum vf_rc rc = nt_study_withheld_names(w, r, &names, &list, &o.n_withhold, reterr);

	o.withhold = list;
	nt_buf_reset(&w->bundle);
	if (rc == VF_OK)
		rc = nt_exporter_bundle(w->exporter, &r->id, &o, &w->bundle, reterr);
	free(list);
	return rc;
}

static VF_RC pack_place(struct nt_study_work *w, struct nt_study_place *p, const struct leaf *l, bool learn, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_study_input in = {.has_slot = p->has_slot, .learn = learn};
	enum vf_rc rc = nt_notary_get(w->n, &p->id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	nt_buf_reset(&w->scratch);
	if (!p->is_shown) {
		rc = nt_study_pack_hidden(r, p->has_slot, &w->scratch, reterr);
		return rc == VF_OK ? keep_packed(w, reterr) : rc;
	}
	rc = export_shown(w, r, reterr);
	if (rc != VF_OK)
		return rc;
	p->bundle = vf_sha256(nt_buf_bytes(&w->bundle));
	in.record = r;
	in.bundle = nt_buf_bytes(&w->bundle);
	in.log = l->log;
	in.batch256 = l->batch256;
	in.batch512 = l->batch512;
	rc = nt_study_pack_shown(w->pack, &in, &w->scratch, reterr);
	return rc == VF_OK ? keep_packed(w, reterr) : rc;
}

static VF_RC do_seal(struct sealed *s, struct vf_err *reterr)
{
	struct nt_study_seal *kept = &s->w->seals[s->w->n_seals];
	bool learn = true;
	enum vf_rc rc = load_trees(s, reterr);

	for (size_t i = 0; rc == VF_OK && i < s->n; i++)
		rc = find_paths(s, &s->leaves[i], reterr);
	if (rc != VF_OK)
		return rc;
	*kept = (struct nt_study_seal){s->seal->number, s->seal->first, s->seal->size, nt_buf(VF_MAX_PART)};
	s->w->n_seals++;
	rc = put_leaves(s, &kept->leaves, reterr);
	for (size_t i = 0; rc == VF_OK && i < s->n; i++) {
		rc = pack_place(s->w, s->leaves[i].place, &s->leaves[i], learn, reterr);
		learn &= !s->leaves[i].place->is_shown;
	}
	return rc;
}

/* The records from at on that are below the size of this seal; hidden ones of seals before it among them. */
static VF_RC pack_seal(struct nt_study_work *w, uint64_t number, size_t *at, struct vf_err *reterr)
{
	struct sealed s = {.w = w};
	size_t room;
	void *block;
	enum vf_rc rc = nt_notary_seal_get(w->n, number, &s.seal, reterr);

	if (rc != VF_OK)
		return rc;
	while (*at + s.n < w->n_places && w->places[*at + s.n].index < s.seal->size)
		s.n++;
	room = (s.n + 1) * (VF_MAX_INCLUSION * 32 + NT_TREE_PATH * (32 + 64) + 64);
	block = malloc(room);
	s.leaves = calloc(s.n + 1, sizeof(*s.leaves));
	if (w->n_seals == VF_MAX_STUDY_SEALS)
		rc = vf_fail(reterr, VF_LIMIT, "the study has more than %d seals", VF_MAX_STUDY_SEALS);
	else if (!block || !s.leaves || !TR_GROW(w->seals, w->cap_seals, w->n_seals + 1))
		rc = no_memory(reterr);
	if (rc == VF_OK) {
		vf_arena_init(&s.arena, block, room);
		for (size_t i = 0; i < s.n; i++)
			s.leaves[i].place = &w->places[*at + i];
		rc = do_seal(&s, reterr);
	}
	*at += s.n;
	nt_seal_free(s.seal);
	nt_tree_free(s.tree256);
	nt_tree_free(s.tree512);
	free(block);
	free(s.leaves);
	return rc;
}

static VF_RC pack_all(struct nt_study_work *w, struct vf_err *reterr)
{
	size_t at = 0;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && at < w->n_places) {
		size_t next = at;

		while (next < w->n_places && !w->places[next].is_shown)
			next++;
		if (next < w->n_places)
			rc = pack_seal(w, w->places[next].seal, &at, reterr);
		else
			for (; rc == VF_OK && at < w->n_places; at++) /* behind the last seal that is shown */
				rc = pack_place(w, &w->places[at], NULL, false, reterr);
	}
	w->made.seals = w->n_seals;
	return rc;
}

static void work_done(struct nt_study_work *w)
{
	for (size_t i = 0; i < w->n_parts; i++)
		nt_buf_done(&w->parts[i]);
	for (size_t i = 0; i < w->n_seals; i++)
		nt_buf_done(&w->seals[i].leaves);
	free(w->parts);
	free(w->seals);
	free(w->places);
	free(w->documents);
	free(w->withheld);
	free(w->matched);
	free(w->streams);
	nt_buf_done(&w->scratch);
	nt_buf_done(&w->bundle);
	nt_study_pack_free(w->pack);
	nt_exporter_free(w->exporter);
}

VF_RC nt_study_put(struct nt_notary *n, struct vf_bytes study, const struct nt_study_options *options, const char *path,
	struct nt_study_made *ret, struct vf_err *reterr)
{
	struct nt_study_work w = {.n = n, .options = options, .scratch = nt_buf(VF_MAX_PART), .bundle = nt_buf(VF_MAX_STUDY_OUTPUT)};
	enum vf_rc rc = nt_study_check_place(path, options->force, reterr);

	if (rc == VF_OK)
		rc = nt_exporter_new(n, &w.exporter, reterr);
	w.matched = calloc(options->choice.n_withhold + 1, sizeof(*w.matched));
	if (rc == VF_OK && !w.matched)
		rc = no_memory(reterr);
	if (rc == VF_OK)
		rc = nt_study_pack_new(&w.pack, reterr);
	if (rc == VF_OK)
		rc = note_all(&w, study, reterr);
	if (rc == VF_OK)
		rc = pack_all(&w, reterr);
	if (rc == VF_OK)
		rc = nt_study_write(&w, path, reterr);
	for (size_t i = 0; rc == VF_OK && options->matched && i < options->choice.n_withhold; i++)
		options->matched[i] = w.matched[i];
	if (rc == VF_OK)
		*ret = w.made;
	work_done(&w);
	return rc;
}
