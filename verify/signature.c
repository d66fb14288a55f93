/*
 * CMS signatures of other software in the graph: their content, their time-stamps,
 * the evidence records inside them (CAdES, ETSI EN 319 122-1; RFC 4998 appendix A).
 */
#include <stdio.h>

#include "verify/cms_attrs.h"
#include "verify/graph.h"
#include "verify/text.h"
#include "verify/tst.h"

/* A signature file under examination. */
struct reading {
	struct vf_graph *g;
	const char *part;
	struct vf_bytes octets; /* as received: what evidence records are over */
	struct vf_bytes der;
	uint32_t file;	  /* the node of the file */
	bool has_content; /* the node of what is signed */
	uint32_t content;
	/* nodes of values that stand in the file, and for evidence records their number from 1 */
	struct {
		uint32_t node;
		size_t record;
	} inside[2 * VF_MAX_CLAIMS];
	size_t n_inside;
	/* the file as each evidence record in it found it */
	uint32_t before[VF_MAX_CLAIMS];
	size_t n_records, n_before;
};

static enum vf_rc note(struct reading *r, enum vf_check check, enum vf_rc rc, struct vf_err *err, struct vf_err *reterr)
{
	return vf_judge_note(r->g->j, check, rc, err, r->part, reterr);
}

/* A value inside the file: what covers the file, covers it. */
static enum vf_rc add_inside(struct reading *r, struct vf_bytes octets, size_t record, uint32_t *ret,
	struct vf_err *reterr)
{
	enum vf_rc rc = vf_graph_add(r->g, r->g->nodes[r->file]->name, ret, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->n_inside == sizeof(r->inside) / sizeof(r->inside[0]))
		return vf_fail(reterr, VF_LIMIT, "more than %zu signatures and attributes", r->n_inside);
	r->g->nodes[*ret]->has_octets = true;
	r->g->nodes[*ret]->octets = octets;
	r->inside[r->n_inside].node = *ret;
	r->inside[r->n_inside++].record = record;
	return vf_graph_join(r->g, r->file, *ret, reterr);
}

/* ---- certificates and revocation data that the signature carries ---- */

#define MAX_VALUES 64

struct values {
	struct vf_bytes certs[MAX_VALUES], crls[MAX_VALUES], ocsp[MAX_VALUES];
	struct vf_pki_extra extra;
};

static void keep(struct vf_bytes *list, size_t *n, struct vf_bytes one)
{
	if (*n < MAX_VALUES)
		list[(*n)++] = one;
}

static void keep_all(struct values *v, const struct vf_pki_extra *from)
{
	for (size_t i = 0; from && i < from->n_certs; i++)
		keep(v->certs, &v->extra.n_certs, from->certs[i]);
	for (size_t i = 0; from && i < from->n_crls; i++)
		keep(v->crls, &v->extra.n_crls, from->crls[i]);
	for (size_t i = 0; from && i < from->n_ocsp; i++)
		keep(v->ocsp, &v->extra.n_ocsp, from->ocsp[i]);
}

static enum vf_rc read_values(struct reading *r, struct values *v, const struct vf_attr *attr, struct vf_err *reterr)
{
	struct vf_revocation_values revocation;
	struct vf_bytes rest, one;
	struct vf_der d;
	enum vf_rc rc;

	if (attr->kind == VF_ATTR_CERT_VALUES) {
		rc = vf_cert_values_read(attr->value, VF_CMS_SUBMITTER, &rest, reterr);
		while (rc == VF_OK && vf_cms_take_cert(&rest, &one))
			keep(v->certs, &v->extra.n_certs, one);
		return rc;
	}
	rc = vf_revocation_values_read(attr->value, VF_CMS_SUBMITTER, &revocation, reterr);
	if (rc != VF_OK)
		return rc;
	while (vf_der_take(&revocation.crls, &d))
		keep(v->crls, &v->extra.n_crls, d.whole);
	while (rc == VF_OK && vf_der_take(&revocation.ocsp, &d)) {
		rc = vf_ocsp_wrap(d.whole, r->g->j->a, &one, reterr);
		if (rc == VF_OK)
			keep(v->ocsp, &v->extra.n_ocsp, one);
	}
	return rc;
}

/* The certificates of the signature itself help to judge its time-stamps, too. */
static enum vf_rc gather(struct reading *r, const struct vf_signed *s, struct vf_pki_extra **ret, struct vf_err *reterr)
{
	struct values *v = VF_NEW(r->g->j->a, 1, struct values);
	struct vf_bytes certs = s->certificates, one;
	struct vf_attrs it;
	struct vf_attr attr;
	enum vf_rc rc;

	if (!v)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	v->extra.certs = v->certs;
	v->extra.crls = v->crls;
	v->extra.ocsp = v->ocsp;
	keep_all(v, r->g->j->s->extra);
	while (vf_cms_take_cert(&certs, &one))
		keep(v->certs, &v->extra.n_certs, one);
	rc = vf_attrs_init(&it, s->unsigned_attrs, VF_CMS_SUBMITTER, reterr);
	while (rc == VF_OK && vf_attrs_next(&it, &attr))
		if (attr.kind == VF_ATTR_CERT_VALUES || attr.kind == VF_ATTR_REVOCATION_VALUES)
			rc = read_values(r, v, &attr, reterr);
	*ret = &v->extra;
	return rc;
}

/* ---- evidence in unsigned attributes ---- */

static enum vf_rc hold(struct reading *r, struct vf_claim *c, uint32_t holder, const struct vf_pki_extra *extra)
{
	if (!c)
		return VF_OK;
	c->has_holder = true;
	c->holder = holder;
	r->g->evidence[c - r->g->claims].extra = extra;
	return VF_OK;
}

/* RFC 4998 appendix A: over the file without this record and those after it, or over that and the content. */
static enum vf_rc add_record(struct reading *r, const struct vf_attr *attr, uint32_t holder,
	const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	uint32_t over[2];
	size_t n = 1;
	struct vf_bytes before;
	struct vf_claim *c = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = vf_cms_without_er(r->octets, r->n_before, r->g->j->a, &before, &err);

	if (rc == VF_OK && r->n_before == VF_MAX_CLAIMS)
		rc = vf_fail(&err, VF_LIMIT, "more than %d evidence records in a signature", VF_MAX_CLAIMS);
	if (rc != VF_OK)
		return note(r, VF_CHECK_GROUP, rc, &err, reterr);
	rc = vf_graph_add(r->g, r->g->nodes[r->file]->name, &over[0], reterr);
	if (rc != VF_OK)
		return rc;
	r->g->nodes[over[0]]->has_octets = true;
	r->g->nodes[over[0]]->octets = before;
	r->before[r->n_before++] = over[0];
	if (attr->kind == VF_ATTR_ER_EXTERNAL && r->has_content)
		over[n++] = r->content;
	rc = vf_graph_record(r->g, r->part, attr->value, over, n, &c, reterr);
	return rc == VF_OK ? hold(r, c, holder, extra) : rc;
}

/* Each record is over all that stands in the file but itself and the records after it. */
static enum vf_rc join_records(struct reading *r, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t k = 0; k < r->n_before; k++)
		for (size_t i = 0; rc == VF_OK && i < r->n_inside; i++)
			if (r->inside[i].record <= k)
				rc = vf_graph_join(r->g, r->before[k], r->inside[i].node, reterr);
	return rc;
}

/* EN 319 122-1 5.5.3: over the signature and whatever the hash index lists. */
static enum vf_rc check_archive(struct reading *r, const struct vf_signed *s, const struct vf_attr *attr,
	struct vf_hash_index *ret_index, struct vf_digest *ret_imprint, struct vf_err *reterr)
{
	struct vf_archive_cover cover;
	struct vf_digest content;
	struct vf_tst t;
	enum vf_rc rc = vf_tst_parse(attr->value, &t, reterr);

	if (rc == VF_OK)
		rc = vf_hash_index_read(&t.cms, t.imprint.alg, VF_CMS_TOKEN, ret_index, reterr);
	if (rc == VF_OK)
		rc = vf_hash_index_check(ret_index, s, VF_CMS_TOKEN, &cover, reterr);
	if (rc == VF_OK)
		rc = vf_graph_digest(r->g, r->content, t.imprint.alg, &content, reterr);
	return rc == VF_OK ? vf_cms_archive_imprint(s, ret_index, &content, ret_imprint, reterr) : rc;
}

static enum vf_rc join_listed(struct reading *r, const struct vf_signed *s, const struct vf_hash_index *index,
	uint32_t archive, struct vf_err *reterr)
{
	struct vf_attrs it;
	struct vf_attr attr;
	bool has = false;
	enum vf_rc rc = vf_attrs_init(&it, s->unsigned_attrs, VF_CMS_SUBMITTER, reterr);

	while (rc == VF_OK && vf_attrs_next(&it, &attr)) {
		/* v1 lists whole attributes: hashed once, not for each of their values */
		if (index->v3 || attr.first)
			has = vf_hash_index_has_attr(index, &attr);
		if (!has)
			continue;
		for (size_t i = 0; rc == VF_OK && i < r->n_inside; i++)
			if (vf_bytes_eq(r->g->nodes[r->inside[i].node]->octets, attr.value))
				rc = vf_graph_join(r->g, archive, r->inside[i].node, reterr);
	}
	return rc;
}

static enum vf_rc add_archive(struct reading *r, const struct vf_signed *s, const struct vf_attr *attr, uint32_t signature,
	uint32_t holder, const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	struct vf_hash_index index;
	struct vf_digest imprint;
	struct vf_claim *c = NULL;
	struct vf_err err = {0};
	uint32_t archive;
	bool ignored;
	enum vf_rc rc = check_archive(r, s, attr, &index, &imprint, &err);

	if (rc != VF_OK)
		return note(r, VF_CHECK_TOKENS, rc, &err, reterr);
	rc = vf_graph_add(r->g, r->g->nodes[r->file]->name, &archive, reterr);
	/* nobody holds these octets: their digest is what is known of them */
	if (rc == VF_OK)
		rc = vf_graph_expect(r->g, archive, &imprint, &ignored, reterr);
	if (rc == VF_OK)
		rc = vf_graph_join(r->g, archive, signature, reterr);
	if (rc == VF_OK)
		rc = join_listed(r, s, &index, archive, reterr);
	if (rc == VF_OK)
		rc = vf_graph_token(r->g, r->part, attr->value, archive, &c, reterr);
	return rc == VF_OK ? hold(r, c, holder, extra) : rc;
}

static enum vf_rc add_evidence(struct reading *r, const struct vf_signed *s, const struct vf_attr *attr, uint32_t signature,
	uint32_t holder, const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	struct vf_claim *c = NULL;
	struct vf_err err;
	enum vf_rc rc;

	switch (attr->kind) {
	case VF_ATTR_SIGNATURE_TIME_STAMP:
		rc = vf_graph_token(r->g, r->part, attr->value, signature, &c, reterr);
		return rc == VF_OK ? hold(r, c, holder, extra) : rc;
	case VF_ATTR_ER_INTERNAL:
	case VF_ATTR_ER_EXTERNAL:
		return add_record(r, attr, holder, extra, reterr);
	case VF_ATTR_ARCHIVE_TIME_STAMP_V3:
		return add_archive(r, s, attr, signature, holder, extra, reterr);
	case VF_ATTR_ARCHIVE_TIME_STAMP_V1:
	case VF_ATTR_ARCHIVE_TIME_STAMP_V2:
	case VF_ATTR_ESC_TIME_STAMP:
	case VF_ATTR_CERT_CRL_TIME_STAMP:
	case VF_ATTR_COUNTERSIGNATURE:
		vf_fail(&err, VF_UNSUPPORTED, "NOT CHECKED: %s", vf_attr_name(attr->kind));
		vf_report_fault(r->g->j->r, VF_CHECK_FORMS, &err, r->part);
		return VF_OK;
	case VF_ATTR_CERT_VALUES:
	case VF_ATTR_REVOCATION_VALUES:
	case VF_ATTR_HASH_INDEX:
	case VF_ATTR_HASH_INDEX_V3:
	case VF_ATTR_OTHER:
		break;
	}
	return VF_OK;
}

/* Twice over the attributes: archive time-stamps refer to the others by their octets. */
static enum vf_rc read_attributes(struct reading *r, const struct vf_signed *s, uint32_t signature,
	const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	const size_t first = r->n_inside;
	size_t n_others = 0;
	struct vf_attrs it;
	struct vf_attr attr;
	uint32_t ignored;
	size_t i = first;
	enum vf_rc rc = vf_attrs_init(&it, s->unsigned_attrs, VF_CMS_SUBMITTER, reterr);

	while (rc == VF_OK && vf_attrs_next(&it, &attr)) {
		bool is_record = attr.kind == VF_ATTR_ER_INTERNAL || attr.kind == VF_ATTR_ER_EXTERNAL;

		r->n_records += is_record;
		n_others += attr.kind == VF_ATTR_OTHER;
		rc = add_inside(r, attr.value, is_record ? r->n_records : 0, &ignored, reterr);
	}
	if (rc == VF_OK && n_others)
		vf_report_unchecked(r->g->j->r, "OTHER_ATTRIBUTES", "%zu unsigned attribute%s of %.100s of no known kind", n_others,
			n_others == 1 ? "" : "s", r->part);
	if (rc == VF_OK)
		rc = vf_attrs_init(&it, s->unsigned_attrs, VF_CMS_SUBMITTER, reterr);
	while (rc == VF_OK && vf_attrs_next(&it, &attr))
		rc = add_evidence(r, s, &attr, signature, r->inside[i++].node, extra, reterr);
	return rc;
}

/* ---- one signer ---- */

/* The embedded content is the one that was given: by the signer's algorithm, and by each digest that stands for a file. */
static enum vf_rc compare_content(struct reading *r, const struct vf_signed *s, struct vf_err *reterr)
{
	const struct vf_given *given = r->g->nodes[r->content]->given;

	for (unsigned alg = 0; alg < VF_ALG_COUNT; alg++) {
		bool wanted = alg == s->digest, equal;
		struct vf_digest own;
		enum vf_rc rc;

		for (size_t i = 0; given && i < given->n_digests; i++)
			wanted = wanted || given->digests[i].alg == alg;
		if (!wanted)
			continue;
		rc = vf_digest((enum vf_alg)alg, s->content, &own, reterr);
		if (rc == VF_OK)
			rc = vf_graph_expect(r->g, r->content, &own, &equal, reterr);
		if (rc == VF_OK && !equal)
			rc = vf_fail(reterr, VF_DIGEST_MISMATCH, "the signature holds another content");
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* What is signed: the content given or listed, and the embedded one, which must then be the same. */
static enum vf_rc find_content(struct reading *r, const struct vf_signed *s, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (s->detached) {
		if (r->has_content)
			return VF_OK;
		return vf_fail(reterr, VF_MISSING_OBJECT, "the signature holds no content: give the file or its digest, too");
	}
	if (!r->has_content) {
		rc = vf_graph_add(r->g, r->g->nodes[r->file]->name, &r->content, reterr);
		if (rc != VF_OK)
			return rc;
		r->g->nodes[r->content]->has_octets = true;
		r->g->nodes[r->content]->octets = s->content;
		r->g->nodes[r->content]->is_payload = true;
		r->has_content = true;
		return VF_OK;
	}
	return compare_content(r, s, reterr);
}

static enum vf_rc keep_signer(struct reading *r, const struct vf_signed *s, const struct vf_cert *cert, uint32_t node,
	const struct vf_pki_extra *extra, struct vf_err *reterr)
{
	struct vf_signer *to = &r->g->signers[r->g->n_signers];

	if (r->g->n_signers == VF_MAX_SIGNATURES)
		return vf_fail(reterr, VF_LIMIT, "more than %d signatures", VF_MAX_SIGNATURES);
	*to = (struct vf_signer){.node = node, .cms = *s, .extra = extra};
	if (!vf_arena_copy(r->g->j->a, cert->der, &to->cert))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a certificate");
	r->g->n_signers++;
	return VF_OK;
}

/* Everything but trust and times. err gets what is wrong with the signature. */
static enum vf_rc check_signer(struct reading *r, const struct vf_signed *s, const struct vf_pki_extra *extra,
	const struct vf_cert **ret, struct vf_err *err)
{
	struct vf_digest content;
	enum vf_rc rc = find_content(r, s, err);

	if (rc == VF_OK)
		rc = vf_graph_digest(r->g, r->content, s->digest, &content, err);
	return rc == VF_OK ? vf_cms_check_digest(r->g->j->s->pki, s, &content, extra, VF_CMS_SUBMITTER, ret, err) : rc;
}

static enum vf_rc add_signer(struct reading *r, const struct vf_signed *s, struct vf_err *reterr)
{
	const struct vf_cert *cert;
	struct vf_pki_extra *extra;
	struct vf_err err = {0};
	uint32_t node;
	enum vf_rc rc = gather(r, s, &extra, &err);

	if (rc == VF_OK)
		rc = check_signer(r, s, extra, &cert, &err);
	if (rc != VF_OK)
		return note(r, VF_CHECK_SIGNATURE, rc, &err, reterr);
	rc = add_inside(r, s->signature, 0, &node, &err);
	if (rc == VF_OK)
		rc = vf_graph_join(r->g, node, r->content, &err);
	if (rc == VF_OK)
		rc = keep_signer(r, s, cert, node, extra, &err);
	if (rc == VF_OK)
		rc = read_attributes(r, s, node, extra, &err);
	return rc == VF_OK ? VF_OK : note(r, VF_CHECK_SIGNATURE, rc, &err, reterr);
}

VF_RC vf_graph_signatures(struct vf_graph *g, const char *part, uint32_t file, struct vf_bytes octets,
	const uint32_t *content, struct vf_err *reterr)
{
	struct reading r = {.g = g, .part = part, .octets = octets, .file = file};
	struct vf_signed s;
	struct vf_err err = {0};
	size_t n = 0;
	enum vf_rc rc;

	if (content) {
		r.has_content = true;
		r.content = *content;
	}
	rc = octets.n == 0 ? vf_fail(&err, VF_EMPTY_EVIDENCE, "'%s' is empty", part) :
		vf_graph_der(g, part, octets, VF_CMS_SHAPE, &r.der, &err);
	if (rc != VF_OK)
		return note(&r, VF_CHECK_SIGNATURE, rc, &err, reterr);
	for (size_t i = 0; rc == VF_OK && (i == 0 || i < n); i++) {
		rc = vf_cms_parse_signer(r.der, VF_CMS_SUBMITTER, i, &n, &s, &err);
		rc = rc == VF_OK ? add_signer(&r, &s, reterr) : note(&r, VF_CHECK_SIGNATURE, rc, &err, reterr);
	}
	return rc == VF_OK ? join_records(&r, reterr) : rc;
}
