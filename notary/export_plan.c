#include "notary/export_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/document.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"

static bool is_withheld(const struct nt_export_plan *p, struct vf_bytes name)
{
	for (size_t i = 0; i < p->options->n_withhold; i++)
		if (vf_bytes_is(name, p->options->withhold[i]))
			return true;
	return false;
}

static struct nt_export_item *add_item(struct nt_export_plan *p, struct vf_bytes name, struct vf_bytes bytes)
{
	struct nt_export_item *item = &p->items[p->n++];

	*item = (struct nt_export_item){.name = name, .bytes = bytes, .fd = -1, .size = bytes.n};
	return item;
}

static void add_ref(struct nt_export_plan *p, struct vf_bytes name, const struct vf_pair *digests)
{
	p->refs[p->n_refs++] = (struct nt_export_ref){name, digests};
}

static enum vf_rc add_document(struct nt_export_plan *p, const struct nt_document *d, struct vf_err *reterr)
{
	struct nt_content content;
	struct vf_bytes octets;
	struct nt_export_item *item;
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
static bool commitment_is_withheld(const struct nt_export_plan *p, struct vf_bytes name)
{
	for (size_t i = 0; i < p->record->n_documents; i++) {
		const struct nt_document *d = &p->record->documents[i];

		if (d->confidential && vf_bytes_eq(d->commitment, name) && is_withheld(p, d->name))
			return true;
	}
	return is_withheld(p, name);
}

static bool is_document_name(const struct nt_export_plan *p, struct vf_bytes name)
{
	for (size_t i = 0; i < p->record->n_documents; i++)
		if (!p->record->documents[i].confidential && vf_bytes_eq(p->record->documents[i].name, name))
			return true;
	return false;
}

static enum vf_rc check_withheld(const struct nt_export_plan *p, struct vf_err *reterr)
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

static enum vf_rc add_members(struct nt_export_plan *p, struct vf_err *reterr)
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

static enum vf_rc keep_part(struct nt_export_plan *p, const char *name, struct vf_err *reterr)
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

static enum vf_rc add_evidence(struct nt_export_plan *p, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < p->e->seal->n_tokens; i++) {
		char record[48], manifest[80];
		struct vf_bytes kept;

		snprintf(record, sizeof(record), VF_PART_RECORD, i + 1);
		snprintf(manifest, sizeof(manifest), VF_PART_RECORD_MANIFEST, i + 1);
		if (!vf_arena_copy(&p->e->arena, vf_bytes(record, strlen(record) + 1), &kept))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a name");
		rc = nt_export_put_record(p->e, p->record, i, &p->e->part, reterr);
		if (rc == VF_OK)
			rc = keep_part(p, (const char *)kept.p, reterr);
		if (rc != VF_OK)
			return rc;
		if (!vf_arena_copy(&p->e->arena, vf_bytes(manifest, strlen(manifest) + 1), &kept))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a name");
		rc = nt_export_put_manifest(p, record, i, reterr);
		if (rc == VF_OK)
			rc = keep_part(p, (const char *)kept.p, reterr);
	}
	return rc;
}

static enum vf_rc add_ocsp(struct nt_export_plan *p, struct vf_err *reterr)
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

static enum vf_rc add_log_proof(struct nt_export_plan *p, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_log_proof(
		p->e->notary, p->record->index, p->e->seal->size, p->e->seal->checkpoint, &p->e->part, reterr);

	return rc == VF_OK ? keep_part(p, VF_PART_PROOF, reterr) : rc;
}

static enum vf_rc add_parts(struct nt_export_plan *p, struct vf_err *reterr)
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
	return nt_bundle_order(((const struct nt_export_item *)a)->name, ((const struct nt_export_item *)b)->name);
}

static int ref_order(const void *a, const void *b)
{
	return vf_bytes_cmp(((const struct nt_export_ref *)a)->name, ((const struct nt_export_ref *)b)->name);
}

VF_RC nt_export_plan_make(struct nt_export_plan *p, const struct vf_hash *id, struct vf_err *reterr)
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
	rc = nt_export_load_seal(p->e, p->record->seal, reterr);
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

void nt_export_plan_done(struct nt_export_plan *p)
{
	for (size_t i = 0; p->items && i < p->n; i++)
		if (p->items[i].fd >= 0)
			close(p->items[i].fd);
	free(p->items);
	free(p->refs);
	nt_record_free(p->record);
}
