#include "notary/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/document.h"
#include "notary/durable.h"
#include "notary/ers_out.h"
#include "notary/manifest_out.h"
#include "notary/named_file.h"
#include "notary/revocation_export.h"
#include "notary/roots.h"
#include "notary/tree.h"
#include "notary/trust_out.h"
#include "notary/zip_out.h"
#include "verify/bundle.h"
#include "verify/checkpoint.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"
#include "verify/tst.h"
#include "verify/zip.h"

/* Bundles whose documents are together no larger are made in memory. */
#define SMALL_BUNDLE (8u << 20)
/* Files between two syncs of a batch of exports. */
#define BATCH_FILES 4096

struct pending {
	struct nt_named file;
	bool force;
};

struct nt_exporter {
	struct nt_notary *notary;
	struct nt_trust trust;
	struct nt_seal *seal; /* of the last record */
	struct nt_revocation_export revocation; /* of its tokens */
	struct nt_renewed renewed;              /* what renewed them */
	int64_t later; /* a token of it stays out until then; VF_TIME_NONE: none does */
	struct nt_tree *tree, *tree512; /* the second when a token needs it */
	struct vf_session *session;
	void *session_memory;
	struct vf_arena arena;
	struct nt_buf bundle, part;
	struct pending *pending;
	size_t n_pending, batch; /* batch: how many may wait */
};

/* One entry of the container: bytes in memory, or a document in a file. */
struct item {
	struct vf_bytes name, bytes;
	struct vf_hash sha256;
	bool is_file, is_listed;
	int fd;
	uint64_t size;
	uint32_t crc;
};

struct ref {
	struct vf_bytes name;
	const struct vf_pair *digests;
};

/* What one bundle is made of. */
struct plan {
	struct nt_exporter *e;
	const struct nt_export_options *options;
	struct nt_record *record;
	struct item *items;
	size_t n, room;
	struct ref *refs; /* what the evidence records' manifests list */
	size_t n_refs;
	uint64_t document_bytes;
	bool is_incomplete; /* documents that the manifest lists travel beside it */
};

/* ---- the seal of a record ---- */

static enum vf_rc session_now(struct nt_exporter *e, struct vf_err *reterr)
{
	struct vf_trust_file files[NT_TRUST_MAX];
	struct vf_session_options options = {.files = files, .n_files = e->trust.n, .at = nt_notary_now(e->notary),
		.n_inputs = (size_t)(e->seal->size - e->seal->first)};

	for (size_t i = 0; i < e->trust.n; i++)
		files[i] = (struct vf_trust_file){e->trust.names[i], nt_buf_bytes(&e->trust.files[i])};
	e->session = vf_session_free(e->session);
	return vf_session_new(&options, e->session_memory, VF_SESSION_MEMORY, &e->session, reterr);
}

/* The tree over the batch; it is in the order of the log. */
static VF_RC load_tree(struct nt_exporter *e, enum vf_alg alg, struct nt_tree **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf(SIZE_MAX / 2);
	enum vf_rc rc = nt_notary_batch(e->notary, alg, e->seal->first, e->seal->size, &values, reterr);

	return rc == VF_OK ? nt_tree_new_alg(alg, nt_buf_bytes(&values), ret, reterr) : rc;
}

/* When the verifier takes the token, whose authority's clock may be ahead: not before its time, less its accuracy. */
static int64_t counts_from(const struct nt_token *t)
{
	struct vf_tst tst;
	struct vf_err ignored;

	if (vf_tst_parse(t->der, &tst, &ignored) != VF_OK)
		return t->gen_time;
	return tst.gen_time - (int64_t)tst.accuracy_ms;
}

/*
 * A token from the future would have everybody refuse the whole bundle until then (TS_FUTURE): it stays out while
 * another is left. Where none is left but those of outside clocks, there is nothing to hand out yet; an own token from the future
 * is a fault, which the verifier's code refuses.
 */
static VF_RC leave_out_future(struct nt_exporter *e, struct vf_err *reterr)
{
	struct nt_seal *s = e->seal;
	int64_t now = nt_notary_now(e->notary), from;
	size_t kept = 0;

	e->later = VF_TIME_NONE;
	for (size_t i = 0; i < s->n_tokens; i++)
		kept += counts_from(&s->tokens[i]) <= now;
	if (kept == 0 && !vf_bytes_is(s->tokens[0].authority, NT_EMBEDDED))
		return vf_fail(reterr, VF_NOT_SEALED, "the time-stamp of seal %llu is ahead of this clock by %lld ms: wait for as long",
			(unsigned long long)s->number, (long long)(counts_from(&s->tokens[0]) - now));
	if (kept == 0 || kept == s->n_tokens)
		return VF_OK;
	kept = 0;
	for (size_t i = 0; i < s->n_tokens; i++) {
		from = counts_from(&s->tokens[i]);
		if (from <= now)
			s->tokens[kept++] = s->tokens[i];
		else if (e->later == VF_TIME_NONE || from < e->later)
			e->later = from;
	}
	s->n_tokens = kept;
	return VF_OK;
}

static bool is_loaded(struct nt_exporter *e, uint64_t number)
{
	return e->seal && e->seal->number == number && e->tree &&
		nt_revocation_export_is_current(e->notary, &e->revocation) &&
		nt_renewed_is_current(e->notary, &e->renewed) &&
		(e->later == VF_TIME_NONE || nt_notary_now(e->notary) < e->later);
}

/* By which algorithm a token stamped the seal. */
static VF_RC token_alg(struct vf_bytes der, enum vf_alg *ret, struct vf_err *reterr)
{
	struct vf_tst tst;
	enum vf_rc rc = vf_tst_parse(der, &tst, reterr);

	if (rc == VF_OK)
		*ret = tst.imprint.alg;
	return rc;
}

static VF_RC load_trees(struct nt_exporter *e, struct vf_err *reterr)
{
	enum vf_rc rc = load_tree(e, VF_SHA256, &e->tree, reterr);

	for (size_t i = 0; rc == VF_OK && i < e->seal->n_tokens; i++) {
		enum vf_alg alg = VF_SHA256;

		rc = token_alg(e->seal->tokens[i].der, &alg, reterr);
		if (rc == VF_OK && alg == VF_SHA512 && !e->tree512)
			rc = load_tree(e, VF_SHA512, &e->tree512, reterr);
	}
	return rc;
}

static enum vf_rc load_seal(struct nt_exporter *e, uint64_t number, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (is_loaded(e, number))
		return VF_OK;
	e->seal = nt_seal_free(e->seal);
	e->tree = nt_tree_free(e->tree);
	e->tree512 = nt_tree_free(e->tree512);
	rc = nt_notary_seal_get(e->notary, number, &e->seal, reterr);
	if (rc != VF_OK)
		return rc;
	if (e->seal->n_tokens == 0)
		return vf_fail(reterr, VF_NOT_SEALED, "seal %llu has no token yet", (unsigned long long)number);
	rc = leave_out_future(e, reterr); /* before, so that OCSP responses about its certificates stay out, too */
	if (rc == VF_OK)
		rc = nt_renewed_load(e->notary, e->seal, &e->renewed, reterr);
	if (rc == VF_OK)
		rc = nt_revocation_export(e->notary, e->seal, &e->renewed, &e->revocation, reterr);
	if (rc != VF_OK)
		return rc;
	rc = session_now(e, reterr); /* the verifier's time must not lie before the seal's */
	return rc == VF_OK ? load_trees(e, reterr) : rc;
}

/* ---- the plan ---- */

static bool is_withheld(const struct plan *p, struct vf_bytes name)
{
	for (size_t i = 0; i < p->options->n_withhold; i++)
		if (vf_bytes_is(name, p->options->withhold[i]))
			return true;
	return false;
}

static struct item *add_item(struct plan *p, struct vf_bytes name, struct vf_bytes bytes)
{
	struct item *item = &p->items[p->n++];

	*item = (struct item){.name = name, .bytes = bytes, .fd = -1, .size = bytes.n};
	return item;
}

static void add_ref(struct plan *p, struct vf_bytes name, const struct vf_pair *digests)
{
	p->refs[p->n_refs++] = (struct ref){name, digests};
}

static enum vf_rc add_document(struct plan *p, const struct nt_document *d, struct vf_err *reterr)
{
	struct nt_content content;
	struct vf_bytes octets;
	struct item *item;
	enum vf_rc rc;

	if (is_withheld(p, d->name) || (d->confidential && is_withheld(p, d->commitment)))
		return VF_OK;
	if (!d->confidential)
		add_ref(p, d->name, &d->digests);
	if (!p->options->detached && nt_document_octets(p->record, d, &octets)) {
		add_item(p, d->name, octets);
		return VF_OK;
	}
	if (p->options->detached || (p->options->kept_only && !d->keep)) {
		p->is_incomplete |= !d->confidential;
		return VF_OK;
	}
	item = add_item(p, d->name, vf_bytes(NULL, 0));
	item->is_file = true;
	rc = nt_document_open(p->e->notary, p->options, d, &content, reterr);
	if (rc != VF_OK)
		return rc;
	item->fd = content.fd;
	item->size = content.size;
	item->crc = content.crc;
	p->document_bytes += item->size;
	return VF_OK;
}

/* A commitment goes with its document: together they are shown, or neither. */
static bool commitment_is_withheld(const struct plan *p, struct vf_bytes name)
{
	for (size_t i = 0; i < p->record->n_documents; i++) {
		const struct nt_document *d = &p->record->documents[i];

		if (d->confidential && vf_bytes_eq(d->commitment, name) && is_withheld(p, d->name))
			return true;
	}
	return is_withheld(p, name);
}

static bool is_document_name(const struct plan *p, struct vf_bytes name)
{
	for (size_t i = 0; i < p->record->n_documents; i++)
		if (!p->record->documents[i].confidential && vf_bytes_eq(p->record->documents[i].name, name))
			return true;
	return false;
}

static enum vf_rc check_withheld(const struct plan *p, struct vf_err *reterr)
{
	for (size_t i = 0; i < p->options->n_withhold; i++) {
		struct vf_bytes name = vf_bytes_str(p->options->withhold[i]);
		bool known = false;
		char shown[120];

		for (size_t k = 0; k < p->record->n_members; k++)
			known |= vf_bytes_eq(p->record->members[k].name, name);
		for (size_t k = 0; k < p->record->n_documents; k++)
			known |= vf_bytes_eq(p->record->documents[k].name, name);
		vf_text_escape(shown, sizeof(shown), name);
		if (!known)
			return vf_fail(reterr, VF_USAGE, "the record has no '%s' to withhold", shown);
		if (vf_bytes_is(name, VF_NAME_STATEMENT) || vf_bytes_starts(name, VF_NAME_META))
			return vf_fail(reterr, VF_USAGE, "'%s' is never withheld", shown);
	}
	return VF_OK;
}

static enum vf_rc add_members(struct plan *p, struct vf_err *reterr)
{
	enum vf_rc rc = check_withheld(p, reterr);

	for (size_t i = 0; rc == VF_OK && i < p->record->n_members; i++) {
		const struct nt_member *m = &p->record->members[i];

		if (is_document_name(p, m->name) || commitment_is_withheld(p, m->name))
			continue;
		add_item(p, m->name, m->bytes);
		add_ref(p, m->name, &m->digests);
	}
	for (size_t i = 0; rc == VF_OK && i < p->record->n_documents; i++)
		rc = add_document(p, &p->record->documents[i], reterr);
	return rc;
}

/* ---- evidence parts; their bytes live in the exporter's arena ---- */

static enum vf_rc keep_part(struct plan *p, const char *name, struct vf_err *reterr)
{
	struct vf_bytes kept;
	enum vf_rc rc = nt_buf_check(&p->e->part, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_arena_copy(&p->e->arena, nt_buf_bytes(&p->e->part), &kept))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", name);
	add_item(p, vf_bytes_str(name), kept);
	nt_buf_reset(&p->e->part);
	return VF_OK;
}

/* The record as the token of its seal alone gives it. */
static VF_RC put_first(struct nt_exporter *e, const struct nt_record *r, size_t token, struct nt_buf *out,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf first = nt_buf(SIZE_MAX / 2);
	uint8_t path[NT_TREE_PATH * VF_DIGEST_MAX];
	struct vf_digest head;
	struct nt_tree *tree;
	struct vf_bytes der = e->seal->tokens[token].der, siblings;
	enum vf_alg alg = VF_SHA256;
	size_t rank;
	enum vf_rc rc = token_alg(der, &alg, reterr);

	if (rc != VF_OK)
		return rc;
	tree = alg == VF_SHA512 ? e->tree512 : e->tree;
	for (size_t i = 0; i < r->n_members; i++) {
		const struct vf_pair *d = &r->members[i].digests;

		nt_buf_put(&first, alg == VF_SHA512 ? vf_bytes(d->sha512.b, sizeof(d->sha512.b)) : vf_bytes(d->sha256.b, sizeof(d->sha256.b)));
	}
	rc = nt_buf_check(&first, reterr);
	if (rc == VF_OK)
		rc = vf_digest(alg, e->seal->head, &head, reterr);
	if (rc != VF_OK)
		return rc;
	if (!nt_tree_rank(tree, alg == VF_SHA512 ? vf_bytes(r->id512.b, sizeof(r->id512.b)) : vf_bytes(r->id.b, sizeof(r->id.b)), &rank))
		return vf_fail(reterr, VF_ER_NOT_COVERED, "the record is not in the batch of its seal");
	siblings = nt_tree_path_at(tree, rank, path);
	return nt_er_put(out, &(struct nt_er_ats){.alg = alg, .first = nt_buf_bytes(&first), .path = siblings,
		.last = vf_digest_bytes(&head), .token = der}, reterr);
}

/* And with what renewed the token. */
static VF_RC put_record(struct nt_exporter *e, const struct nt_record *r, size_t token, struct nt_buf *out, struct vf_err *reterr)
{
	struct vf_pair *pairs = calloc(r->n_members ? r->n_members : 1, sizeof(*pairs));
	enum vf_rc rc = pairs ? put_first(e, r, token, out, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");

	for (size_t i = 0; rc == VF_OK && i < r->n_members; i++)
		pairs[i] = r->members[i].digests;
	if (rc == VF_OK)
		rc = nt_renewed_put(e->notary, &e->renewed, token, pairs, r->n_members, &e->arena, out, reterr);
	free(pairs);
	return rc;
}

/* With the algorithm of the record's first time-stamp, as validators expect. */
static VF_RC put_manifest(struct plan *p, const char *record, size_t token, struct vf_err *reterr)
{
	struct nt_manifest_ref *refs = VF_NEW(&p->e->arena, p->n_refs ? p->n_refs : 1, struct nt_manifest_ref);
	enum vf_alg alg = VF_SHA256;
	enum vf_rc rc = token_alg(p->e->seal->tokens[token].der, &alg, reterr);

	if (rc != VF_OK)
		return rc;
	if (!refs)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a manifest");
	for (size_t i = 0; i < p->n_refs; i++) {
		const struct ref *r = &p->refs[i];

		refs[i] = (struct nt_manifest_ref){r->name, vf_digest_from_hash(&r->digests->sha256)};
		if (alg != VF_SHA512)
			continue;
		refs[i].digest.alg = VF_SHA512;
		memcpy(refs[i].digest.b, r->digests->sha512.b, sizeof(r->digests->sha512.b));
	}
	return nt_manifest_put(&p->e->part, record, NULL, refs, p->n_refs, reterr);
}

static enum vf_rc add_evidence(struct plan *p, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < p->e->seal->n_tokens; i++) {
		char record[48], manifest[80];
		struct vf_bytes kept;

		snprintf(record, sizeof(record), VF_PART_RECORD, i + 1);
		snprintf(manifest, sizeof(manifest), VF_PART_RECORD_MANIFEST, i + 1);
		if (!vf_arena_copy(&p->e->arena, vf_bytes(record, strlen(record) + 1), &kept))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a name");
		rc = put_record(p->e, p->record, i, &p->e->part, reterr);
		if (rc == VF_OK)
			rc = keep_part(p, (const char *)kept.p, reterr);
		if (rc != VF_OK)
			return rc;
		if (!vf_arena_copy(&p->e->arena, vf_bytes(manifest, strlen(manifest) + 1), &kept))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a name");
		rc = put_manifest(p, record, i, reterr);
		if (rc == VF_OK)
			rc = keep_part(p, (const char *)kept.p, reterr);
	}
	return rc;
}

static enum vf_rc add_ocsp(struct plan *p, struct vf_err *reterr)
{
	for (size_t i = 0; i < p->e->revocation.n_ocsp; i++) {
		char name[64];
		struct vf_bytes kept;

		snprintf(name, sizeof(name), VF_PART_OCSP, i + 1);
		if (!vf_arena_copy(&p->e->arena, vf_bytes_str(name), &kept))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a name");
		add_item(p, kept, p->e->revocation.ocsp[i]);
	}
	return VF_OK;
}

static enum vf_rc add_log_proof(struct plan *p, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_log_proof(
		p->e->notary, p->record->index, p->e->seal->size, p->e->seal->checkpoint, &p->e->part, reterr);

	return rc == VF_OK ? keep_part(p, VF_PART_PROOF, reterr) : rc;
}

static enum vf_rc add_parts(struct plan *p, struct vf_err *reterr)
{
	const struct vf_entry entry = {p->record->id, p->record->id512, p->record->slot};
	char text[VF_ENTRY_LEN + 1];
	enum vf_rc rc;

	vf_entry_put(text, &entry);
	nt_buf_reset(&p->e->part);
	nt_buf_put_str(&p->e->part, text);
	rc = keep_part(p, VF_PART_ENTRY, reterr);
	if (rc == VF_OK)
		rc = add_log_proof(p, reterr);
	if (rc == VF_OK)
		rc = add_evidence(p, reterr);
	if (rc == VF_OK)
		rc = add_ocsp(p, reterr);
	if (rc != VF_OK)
		return rc;
	add_item(p, vf_bytes_str(VF_PART_HEAD), p->e->seal->head);
	if (p->e->seal->previous_head.n)
		add_item(p, vf_bytes_str(VF_PART_PREVIOUS), p->e->seal->previous_head);
	return VF_OK;
}

int nt_bundle_order(struct vf_bytes a, struct vf_bytes b)
{
	bool as = vf_bytes_is(a, VF_NAME_STATEMENT), bs = vf_bytes_is(b, VF_NAME_STATEMENT);
	bool am = vf_bytes_starts(a, VF_NAME_META), bm = vf_bytes_starts(b, VF_NAME_META);

	if (as != bs)
		return as ? -1 : 1;
	if (am != bm)
		return am ? 1 : -1;
	return vf_bytes_cmp(a, b);
}

static int item_order(const void *a, const void *b)
{
	return nt_bundle_order(((const struct item *)a)->name, ((const struct item *)b)->name);
}

static int ref_order(const void *a, const void *b)
{
	return vf_bytes_cmp(((const struct ref *)a)->name, ((const struct ref *)b)->name);
}

static enum vf_rc make_plan(struct plan *p, const struct vf_hash *id, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_get(p->e->notary, id, &p->record, reterr);
	char hex[65];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	if (rc != VF_OK)
		return rc;
	if (p->record->state == NT_ERASED)
		return vf_fail(reterr, VF_ERASED, "the record '%s' was erased", hex);
	if (p->record->state != NT_SEALED)
		return vf_fail(reterr, VF_NOT_SEALED, "the record '%s' is not sealed yet", hex);
	rc = load_seal(p->e, p->record->seal, reterr);
	if (rc != VF_OK)
		return rc;
	p->e->arena.used = 0;
	p->e->arena.full = false;
	p->room = p->record->n_members + p->record->n_documents + 2 * p->e->seal->n_tokens + p->e->revocation.n_ocsp + 6;
	p->items = calloc(p->room, sizeof(*p->items));
	p->refs = calloc(p->room, sizeof(*p->refs));
	if (!p->items || !p->refs)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a bundle");
	rc = add_members(p, reterr);
	if (rc != VF_OK)
		return rc;
	qsort(p->refs, p->n_refs, sizeof(*p->refs), ref_order);
	rc = add_parts(p, reterr);
	qsort(p->items, p->n, sizeof(*p->items), item_order);
	return rc;
}

static void plan_done(struct plan *p)
{
	for (size_t i = 0; p->items && i < p->n; i++)
		if (p->items[i].fd >= 0)
			close(p->items[i].fd);
	free(p->items);
	free(p->refs);
	nt_record_free(p->record);
}

/* ---- writing ---- */

static enum vf_rc copy_document(struct nt_zip *z, const struct item *item, struct vf_err *reterr)
{
	uint8_t room[65536];
	enum vf_rc rc = VF_OK;

	for (uint64_t at = 0; rc == VF_OK && at < item->size;) {
		size_t want = item->size - at < sizeof(room) ? (size_t)(item->size - at) : sizeof(room);
		ssize_t got = pread(item->fd, room, want, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return vf_fail(reterr, VF_DOCUMENT_CHANGED, "a document became shorter while it was read");
		rc = nt_zip_data(z, vf_bytes(room, (size_t)got), reterr);
		at += (uint64_t)got;
	}
	return rc;
}

static enum vf_rc write_zip(const struct plan *p, struct nt_zip_sink sink, struct vf_err *reterr)
{
	struct nt_zip z;
	enum vf_rc rc = nt_zip_begin(&z, sink, reterr);

	for (size_t i = 0; rc == VF_OK && i < p->n; i++) {
		const struct item *item = &p->items[i];
		uint32_t crc = item->is_file ? item->crc : nt_zip_crc(0, item->bytes);

		rc = nt_zip_entry(&z, item->name, item->size, crc, reterr);
		if (rc == VF_OK)
			rc = item->is_file ? copy_document(&z, item, reterr) : nt_zip_data(&z, item->bytes, reterr);
	}
	if (rc == VF_OK)
		rc = nt_zip_end(&z, reterr);
	nt_zip_done(&z);
	return rc;
}

static enum vf_rc write_fd(void *ctx, struct vf_bytes b, struct vf_err *reterr)
{
	return nt_fd_write(*(const int *)ctx, b, "a bundle", reterr);
}

static enum vf_rc read_fd(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(*(const int *)ctx, out + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return vf_fail(reterr, VF_IO, "cannot read a bundle back: %s", got ? strerror(errno) : "it became shorter");
		done += (size_t)got;
	}
	return VF_OK;
}

/* The same release's verifier must accept the bundle; a detached one may only lack its documents. */
static enum vf_rc check_bundle(struct plan *p, const struct vf_source *source, struct vf_err *reterr)
{
	struct vf_report *r = malloc(sizeof(*r));
	bool good;
	enum vf_rc rc;

	if (!r)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to check a bundle");
	p->e->arena.used = 0;
	p->e->arena.full = false;
	rc = vf_bundle_check(p->e->session, &p->e->arena, "", source, NULL, 0, r, reterr);
	good = rc == VF_OK && r->verdict == VF_VERIFIED;
	if (rc == VF_OK && !good && p->is_incomplete && r->verdict == VF_INDETERMINATE) {
		good = r->n_reasons > 0;
		for (size_t i = 0; i < r->n_reasons; i++)
			good &= r->reasons[i].rc == VF_MISSING_OBJECT;
	}
	/* Open questions have names of their own: evidence that ended, revocation lists that are too old. */
	if (rc == VF_OK && !good && r->verdict == VF_INDETERMINATE && r->n_reasons > 0)
		rc = vf_fail(reterr, r->reasons[0].rc, "the bundle would not verify now: %.200s", r->reasons[0].text);
	else if (rc == VF_OK && !good)
		rc = vf_fail(reterr, VF_NOT_VERIFIED, "the verifier refuses the bundle: %s %.200s",
			r->n_reasons ? vf_rc_name(r->reasons[0].rc) : vf_verdict_name(r->verdict),
			r->n_reasons ? r->reasons[0].text : "");
	free(r);
	return rc;
}

/* Files that wait for their names stay open; half of what a process may open is for others. */
static size_t batch_size(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 < BATCH_FILES)
		return limit.rlim_cur < 16 ? 1 : (size_t)limit.rlim_cur / 2;
	return BATCH_FILES;
}

VF_RC nt_exporter_new(struct nt_notary *n, struct nt_exporter **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_exporter_freep) struct nt_exporter *e = calloc(1, sizeof(*e));
	void *block = malloc(VF_BUNDLE_MEMORY);
	enum vf_rc rc;

	if (!e || !block) {
		free(block);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for exports");
	}
	e->notary = n;
	vf_arena_init(&e->arena, block, VF_BUNDLE_MEMORY);
	e->session_memory = malloc(VF_SESSION_MEMORY);
	e->batch = batch_size();
	e->pending = calloc(e->batch, sizeof(*e->pending));
	e->part = nt_buf(VF_MAX_PART);
	nt_revocation_export_init(&e->revocation);
	nt_renewed_init(&e->renewed);
	e->bundle = nt_buf(SMALL_BUNDLE + 4 * VF_MAX_PART);
	if (!e->session_memory || !e->pending)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for exports");
	rc = nt_trust_make(n, &e->trust, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = e;
	e = NULL;
	return VF_OK;
}

static void drop_pending(struct nt_exporter *e)
{
	for (size_t i = 0; e->pending && i < e->n_pending; i++)
		nt_named_done(&e->pending[i].file);
	e->n_pending = 0;
}

void nt_exporter_forget(struct nt_exporter *e, uint64_t seal)
{
	if (!e->seal || e->seal->number != seal)
		return;
	e->seal = nt_seal_free(e->seal);
	e->tree = nt_tree_free(e->tree);
	e->tree512 = nt_tree_free(e->tree512);
}

struct nt_exporter *nt_exporter_free(struct nt_exporter *e)
{
	if (!e)
		return NULL;
	drop_pending(e);
	vf_session_free(e->session);
	nt_trust_done(&e->trust);
	nt_seal_free(e->seal);
	nt_revocation_export_done(&e->revocation);
	nt_renewed_done(&e->renewed);
	nt_tree_free(e->tree);
	nt_tree_free(e->tree512);
	nt_buf_done(&e->bundle);
	nt_buf_done(&e->part);
	free(e->pending);
	free(e->session_memory);
	free(e->arena.base);
	free(e);
	return NULL;
}

void nt_exporter_freep(struct nt_exporter **e)
{
	*e = nt_exporter_free(*e);
}

static enum vf_rc bundle_in_memory(struct plan *p, struct vf_err *reterr)
{
	struct vf_source source;
	enum vf_rc rc;

	nt_buf_reset(&p->e->bundle);
	rc = write_zip(p, nt_zip_to_buf(&p->e->bundle), reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&p->e->bundle, reterr);
	if (rc != VF_OK)
		return rc;
	source = vf_source_of(nt_buf_bytes(&p->e->bundle));
	return check_bundle(p, &source, reterr);
}

VF_RC nt_exporter_bundle(struct nt_exporter *e, const struct vf_hash *id, const struct nt_export_options *options,
	struct nt_buf *out, struct vf_err *reterr)
{
	struct plan p = {.e = e, .options = options};
	enum vf_rc rc = make_plan(&p, id, reterr);

	if (rc == VF_OK && p.document_bytes > SMALL_BUNDLE)
		rc = vf_fail(reterr, VF_LIMIT, "the documents are too large for a bundle in memory");
	if (rc == VF_OK)
		rc = bundle_in_memory(&p, reterr);
	plan_done(&p);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(out, nt_buf_bytes(&e->bundle));
	return nt_buf_check(out, reterr);
}

VF_RC nt_exporter_record(struct nt_exporter *e, const struct vf_hash *id, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_notary_get(e->notary, id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->state != NT_SEALED)
		return vf_fail(reterr, VF_NOT_SEALED, "the record is not sealed");
	rc = load_seal(e, r->seal, reterr);
	if (rc != VF_OK)
		return rc;
	e->arena.used = 0;
	nt_buf_reset(&e->part);
	rc = put_record(e, r, 0, &e->part, reterr);
	if (rc == VF_OK) {
		nt_buf_put(out, nt_buf_bytes(&e->part));
		rc = nt_buf_check(out, reterr);
	}
	nt_buf_reset(&e->part);
	return rc;
}

/* ---- files ---- */

static enum vf_rc write_bundle(struct plan *p, int fd, struct vf_err *reterr)
{
	struct stat st;
	struct vf_source source = {.ctx = &fd, .read = read_fd};
	enum vf_rc rc;

	if (p->document_bytes <= SMALL_BUNDLE) {
		rc = bundle_in_memory(p, reterr);
		return rc == VF_OK ? write_fd(&fd, nt_buf_bytes(&p->e->bundle), reterr) : rc;
	}
	rc = write_zip(p, (struct nt_zip_sink){.ctx = &fd, .write = write_fd}, reterr);
	if (rc != VF_OK)
		return rc;
	if (fstat(fd, &st) != 0)
		return vf_fail(reterr, VF_IO, "cannot read a bundle back: %s", strerror(errno));
	source.size = (uint64_t)st.st_size;
	return check_bundle(p, &source, reterr);
}

static enum vf_rc put_file(struct nt_exporter *e, struct plan *p, const char *path, struct vf_err *reterr)
{
	struct pending *slot = &e->pending[e->n_pending];
	enum vf_rc rc = nt_named_begin(&slot->file, path, 0644, reterr);

	if (rc != VF_OK)
		return rc;
	slot->force = p->options->force;
	rc = write_bundle(p, slot->file.fd, reterr);
	if (rc == VF_OK)
		e->n_pending++;
	else
		nt_named_done(&slot->file);
	return rc;
}

VF_RC nt_export_check_place(const char *path, bool force, struct vf_err *reterr)
{
	static const struct nt_named_kind kind = {"bundle", VF_ZIP_LOCAL_SIZE, VF_NAME_MIMETYPE VF_ZIP_ASICE};

	return nt_named_check(path, &kind, force, reterr);
}

VF_RC nt_exporter_put(struct nt_exporter *e, const struct vf_hash *id, const struct nt_export_options *options,
	const char *path, struct vf_err *reterr)
{
	struct plan p = {.e = e, .options = options};
	enum vf_rc rc = nt_export_check_place(path, options->force, reterr);

	if (rc == VF_OK && e->n_pending == e->batch)
		rc = nt_exporter_flush(e, reterr);
	if (rc == VF_OK)
		rc = make_plan(&p, id, reterr);
	if (rc == VF_OK)
		rc = put_file(e, &p, path, reterr);
	plan_done(&p);
	return rc;
}

/* One file, or all that was written to its file system. */
static enum vf_rc sync_files(const struct nt_exporter *e, struct vf_err *reterr)
{
	const struct nt_named *f = &e->pending[0].file;
	char shown[160];

	if ((e->n_pending > 1 ? syncfs(f->fd) : fsync(f->fd)) == 0)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(f->path));
	return vf_fail(reterr, VF_IO, "cannot sync '%s': %s", shown, strerror(errno));
}

VF_RC nt_exporter_flush(struct nt_exporter *e, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (e->n_pending == 0)
		return VF_OK;
	rc = sync_files(e, reterr);
	for (size_t i = 0; rc == VF_OK && i < e->n_pending; i++)
		rc = nt_named_give(&e->pending[i].file, e->pending[i].force, reterr);
	if (rc == VF_OK)
		rc = nt_named_sync(e->pending[0].file.path, reterr);
	drop_pending(e);
	return rc;
}

VF_RC nt_export_bundle(struct nt_notary *n, const struct vf_hash *id, const struct nt_export_options *options,
	const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_exporter_freep) struct nt_exporter *e = NULL;
	enum vf_rc rc = nt_exporter_new(n, &e, reterr);

	if (rc == VF_OK)
		rc = nt_exporter_put(e, id, options, path, reterr);
	return rc == VF_OK ? nt_exporter_flush(e, reterr) : rc;
}
