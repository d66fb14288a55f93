/*
 * ASiC containers of other software (ETSI EN 319 162-1 and -2): which entry is what,
 * and what each is over. docs/formats/foreign.md says what is accepted.
 */
#include <inttypes.h>
#include <stdio.h>

#include "verify/graph.h"
#include "verify/text.h"

/* Listed files that are not there. */
#define MAX_ABSENT 1000

struct list {
	uint32_t node; /* of the manifest's entry */
	bool of_record;
	bool has_target;
	uint32_t target; /* what it belongs to: a signature, a time-stamp, an evidence record */
	struct vf_manifest m;
	uint32_t *refs; /* the node of each listed file */
};

struct reading {
	struct vf_judge *j;
	struct vf_graph g; /* node i is entry i of the container, then come others */
	struct list lists[VF_MAX_MANIFESTS];
	size_t n_lists;
	uint32_t absent[MAX_ABSENT];
	size_t n_absent;
	bool has_only; /* exactly one payload entry: what an ASiC-S is about */
	uint32_t only;
	bool is_simple; /* ASiC-S, or nothing says which of both */
};

static bool contains(struct vf_bytes name, const char *part)
{
	struct vf_bytes piece;
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= name.n; i++)
		if (vf_bytes_slice(name, i, n, &piece) && vf_bytes_is(piece, part))
			return true;
	return false;
}

/* What an entry is by its name (EN 319 162-1 4.4.3.2, 4.3.3.2; TS 102 918 6). */
enum kind {
	KIND_FILE,
	KIND_MIMETYPE,
	KIND_LIST,
	KIND_RECORD_LIST,
	KIND_SIGNATURE,
	KIND_TIME_STAMP,
	KIND_RECORD,
	KIND_XADES,
	KIND_XMLERS,
	KIND_OTHER, /* under META-INF/, and no evidence by its name */
};

static enum kind kind_of(struct vf_bytes name)
{
	bool xml = vf_bytes_ends(name, ".xml");

	if (vf_bytes_is(name, VF_ZIP_MIMETYPE_NAME))
		return KIND_MIMETYPE;
	if (!vf_bytes_starts(name, VF_NAME_META))
		return KIND_FILE;
	if (xml && contains(name, "ASiCEvidenceRecordManifest"))
		return KIND_RECORD_LIST;
	if (xml && (contains(name, "ASiCManifest") || contains(name, "ASiCArchiveManifest")))
		return KIND_LIST;
	if (vf_bytes_ends(name, ".p7s") && contains(name, "signature"))
		return KIND_SIGNATURE;
	if (vf_bytes_ends(name, ".tst") && contains(name, "timestamp"))
		return KIND_TIME_STAMP;
	if (vf_bytes_ends(name, ".ers") && contains(name, "evidencerecord"))
		return KIND_RECORD;
	if (xml && contains(name, "signature"))
		return KIND_XADES;
	if (xml && contains(name, "evidencerecord"))
		return KIND_XMLERS;
	return KIND_OTHER;
}

static enum vf_rc add_entries(struct reading *r, struct vf_err *reterr)
{
	const struct vf_zip *zip = &r->j->box.zip;
	enum vf_rc rc = VF_OK;
	uint32_t node;
	size_t n = 0;

	for (size_t i = 0; rc == VF_OK && i < zip->n; i++) {
		rc = vf_graph_add(&r->g, zip->entries[i].name, &node, reterr);
		if (rc != VF_OK)
			break;
		r->g.nodes[node]->entry = &zip->entries[i];
		r->g.nodes[node]->is_payload = kind_of(zip->entries[i].name) == KIND_FILE;
		if (!r->g.nodes[node]->is_payload)
			continue;
		r->only = node;
		n++;
	}
	r->has_only = n == 1;
	return rc;
}

static void fault(struct reading *r, enum vf_check check, uint32_t node, enum vf_rc rc, const char *text)
{
	char name[200];
	struct vf_err err;

	vf_text_escape(name, sizeof(name), r->g.nodes[node]->name);
	vf_fail(&err, rc, "%s", text);
	vf_report_fault(r->j->r, check, &err, name);
}

static enum vf_rc note(struct reading *r, enum vf_check check, uint32_t node, enum vf_rc rc, struct vf_err *err,
	struct vf_err *reterr)
{
	char name[200];

	vf_text_escape(name, sizeof(name), r->g.nodes[node]->name);
	return vf_judge_note(r->j, check, rc, err, name, reterr);
}

/* ---- manifests ---- */

/* The node with this name; a listed file that is not there gets one. */
static enum vf_rc find_node(struct reading *r, struct vf_bytes name, uint32_t *ret, struct vf_err *reterr)
{
	const struct vf_zip_entry *e = vf_zip_find(&r->j->box.zip, name);
	enum vf_rc rc;

	if (e) {
		*ret = (uint32_t)(e - r->j->box.zip.entries);
		return VF_OK;
	}
	for (size_t i = 0; i < r->n_absent; i++) {
		*ret = r->absent[i];
		if (vf_bytes_eq(r->g.nodes[*ret]->name, name))
			return VF_OK;
	}
	if (r->n_absent == MAX_ABSENT)
		return vf_fail(reterr, VF_LIMIT, "more than %d listed files are not there", MAX_ABSENT);
	rc = vf_graph_add(&r->g, name, ret, reterr);
	if (rc != VF_OK)
		return rc;
	r->g.nodes[*ret]->is_payload = true;
	r->absent[r->n_absent++] = *ret;
	return VF_OK;
}

static enum vf_rc read_ref(struct reading *r, struct list *l, size_t i, struct vf_err *reterr)
{
	const struct vf_manifest_ref *ref = &l->m.refs[i];
	bool equal;
	enum vf_rc rc = find_node(r, ref->uri, &l->refs[i], reterr);

	if (rc == VF_OK)
		rc = vf_graph_expect(&r->g, l->refs[i], &ref->digest, &equal, reterr);
	if (rc != VF_OK)
		return rc;
	if (equal)
		return vf_graph_join(&r->g, l->node, l->refs[i], reterr);
	fault(r, VF_CHECK_MANIFEST, l->refs[i], r->g.nodes[l->refs[i]]->is_payload ? VF_DIGEST_MISMATCH : VF_MANIFEST_DIGEST,
		"its digest is not the one that a manifest lists");
	return VF_OK;
}

/* Evidence that a manifest of this kind may belong to; what is not judged here, is said elsewhere. */
static bool is_target(enum kind kind, bool of_record)
{
	if (of_record)
		return kind == KIND_RECORD || kind == KIND_XMLERS;
	return kind == KIND_SIGNATURE || kind == KIND_TIME_STAMP || kind == KIND_XADES;
}

static enum vf_rc check_target(struct reading *r, struct list *l, struct vf_err *reterr)
{
	const struct vf_zip_entry *e = vf_zip_find(&r->j->box.zip, l->m.sig_uri);
	char name[200];

	vf_text_escape(name, sizeof(name), l->m.sig_uri);
	if (!e)
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "it belongs to '%.100s', which is not there", name);
	l->target = (uint32_t)(e - r->j->box.zip.entries);
	l->has_target = true;
	/* nobody would judge it, so that the manifest's claim must not pass in silence */
	if (kind_of(e->name) == KIND_OTHER)
		return vf_fail(reterr, VF_UNSUPPORTED, "it belongs to '%.100s', which is no evidence by its name", name);
	if (!is_target(kind_of(e->name), l->of_record))
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "it belongs to '%.100s', which is evidence of another kind", name);
	for (size_t i = 0; i < r->n_lists; i++)
		if (&r->lists[i] != l && r->lists[i].has_target && r->lists[i].target == l->target)
			return vf_fail(reterr, VF_MANIFEST_SHAPE, "two manifests belong to '%.100s'", name);
	return VF_OK;
}

static enum vf_rc read_list(struct reading *r, uint32_t node, bool of_record, struct vf_err *reterr)
{
	struct list *l = &r->lists[r->n_lists];
	struct vf_bytes xml;
	enum vf_rc rc;

	if (r->n_lists == VF_MAX_MANIFESTS)
		return vf_fail(reterr, VF_LIMIT, "more than %d manifests", VF_MAX_MANIFESTS);
	*l = (struct list){.node = node, .of_record = of_record};
	rc = vf_graph_read(&r->g, node, &xml, reterr);
	if (rc == VF_OK)
		rc = vf_manifest_parse_with(r->j->s->xml, xml, r->j->a, &l->m, reterr);
	if (rc == VF_OK)
		rc = vf_manifest_check_own_name(&l->m, r->g.nodes[node]->name, reterr);
	if (rc == VF_OK)
		rc = check_target(r, l, reterr);
	if (rc != VF_OK)
		return rc;
	l->refs = VF_NEW(r->j->a, l->m.n_refs, uint32_t);
	if (!l->refs)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu files", l->m.n_refs);
	for (size_t i = 0; rc == VF_OK && i < l->m.n_refs; i++)
		rc = read_ref(r, l, i, reterr);
	if (rc == VF_OK)
		r->n_lists++;
	return rc;
}

static enum vf_rc read_lists(struct reading *r, struct vf_err *reterr)
{
	const struct vf_zip *zip = &r->j->box.zip;
	enum vf_rc rc = VF_OK;

	for (uint32_t i = 0; rc == VF_OK && i < zip->n; i++) {
		enum kind kind = kind_of(zip->entries[i].name);
		struct vf_err err = {0};

		if (kind == KIND_LIST || kind == KIND_RECORD_LIST)
			rc = note(r, VF_CHECK_MANIFEST, i, read_list(r, i, kind == KIND_RECORD_LIST, &err), &err, reterr);
	}
	return rc;
}

static struct list *list_of(struct reading *r, uint32_t target)
{
	for (size_t i = 0; i < r->n_lists; i++)
		if (r->lists[i].target == target)
			return &r->lists[i];
	return NULL;
}

/* ---- files beside the container ---- */

/* A file given beside, as the only node of a graph: so each digest of it is computed once. */
struct probe {
	struct vf_given given;
	struct vf_node node, *nodes;
	struct vf_graph g;
};

static struct probe *new_probe(struct reading *r, const struct vf_detached *d)
{
	struct probe *p = VF_NEW(r->j->a, 1, struct probe);

	if (!p)
		return NULL;
	p->given = (struct vf_given){.name = d->name, .source = d->source};
	p->node = (struct vf_node){.name = vf_bytes_str(d->name), .given = &p->given};
	p->nodes = &p->node;
	p->g = (struct vf_graph){.j = r->j, .nodes = &p->nodes, .n = 1};
	return p;
}

/* It is the file of this node when it has every digest that is listed, and one is. */
static enum vf_rc is_this(struct reading *r, struct probe *p, uint32_t node, bool *ret, struct vf_err *reterr)
{
	struct vf_node *n = r->g.nodes[node];
	struct vf_digest digest;

	*ret = false;
	for (unsigned alg = 0; alg < VF_ALG_COUNT; alg++) {
		enum vf_rc rc;

		if (!n->digests[alg])
			continue;
		rc = vf_graph_digest(&p->g, 0, (enum vf_alg)alg, &digest, reterr);
		if (rc != VF_OK)
			return rc;
		*ret = vf_digest_eq(&digest, n->digests[alg]);
		if (!*ret)
			return VF_OK;
	}
	if (*ret)
		n->given = &p->given;
	return VF_OK;
}

static enum vf_rc match_detached(struct reading *r, const struct vf_detached *detached, size_t n, struct vf_err *reterr)
{
	struct vf_err err;

	for (size_t i = 0; i < n; i++) {
		struct probe *p = new_probe(r, &detached[i]);
		bool found = false;

		if (!p)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a file");
		for (size_t k = 0; k < r->n_absent && !found; k++) {
			enum vf_rc rc = r->g.nodes[r->absent[k]]->given ? VF_OK : is_this(r, p, r->absent[k], &found, reterr);

			if (rc != VF_OK)
				return rc;
		}
		if (found)
			continue;
		vf_fail(&err, VF_DETACHED_UNMATCHED, "the file given has the digest of no file that is listed and not there");
		vf_report_fault(r->j->r, VF_CHECK_COMPLETE, &err, detached[i].name);
	}
	return VF_OK;
}

/* ---- evidence ---- */

/* The manifest that belongs to it, or the one file of an ASiC-S. */
static bool find_over(struct reading *r, uint32_t node, struct list **ret_list, uint32_t *ret)
{
	*ret_list = list_of(r, node);
	if (*ret_list) {
		*ret = (*ret_list)->node;
		return true;
	}
	*ret = r->only;
	return r->is_simple && r->has_only;
}

/* EN 319 162-1 4.4.3.2: the manifest of a record uses the algorithm of its first time-stamp. */
static void check_algorithm(struct reading *r, const struct list *l, const struct vf_er *er, uint32_t node)
{
	for (size_t i = 0; er->stamps[0].alg != VF_ALG_NONE && i < l->m.n_refs; i++)
		if (l->m.refs[i].digest.alg != er->stamps[0].alg) {
			fault(r, VF_CHECK_MANIFEST, node, VF_MANIFEST_DIGEST, "its manifest uses another algorithm than its first time-stamp");
			return;
		}
}

static enum vf_rc add_record(struct reading *r, uint32_t node, const char *part, struct vf_bytes octets,
	struct vf_claim **ret, struct vf_err *reterr)
{
	struct list *l = list_of(r, node);
	enum vf_rc rc;

	if (!l)
		return vf_graph_record(&r->g, part, octets, &r->only, 1, ret, reterr);
	rc = vf_graph_record(&r->g, part, octets, l->refs, l->m.n_refs, ret, reterr);
	if (rc == VF_OK && *ret)
		check_algorithm(r, l, &r->g.evidence[*ret - r->g.claims].er, node);
	return rc;
}

static enum vf_rc read_evidence(struct reading *r, uint32_t node, enum kind kind, struct vf_err *reterr)
{
	struct list *l;
	struct vf_claim *c = NULL;
	struct vf_bytes octets;
	struct vf_err err = {0};
	uint32_t over;
	char part[200];
	enum vf_rc rc;

	if (!find_over(r, node, &l, &over)) {
		fault(r, VF_CHECK_MANIFEST, node, VF_MISSING_PART, "no manifest says what this evidence is over");
		return VF_OK;
	}
	rc = vf_graph_read(&r->g, node, &octets, &err);
	if (rc != VF_OK)
		return note(r, VF_CHECK_CONTAINER, node, rc, &err, reterr);
	vf_text_escape(part, sizeof(part), r->g.nodes[node]->name);
	if (kind == KIND_SIGNATURE)
		return vf_graph_signatures(&r->g, part, node, octets, &over, reterr);
	if (kind == KIND_TIME_STAMP)
		rc = vf_graph_token(&r->g, part, octets, over, &c, reterr);
	else
		rc = add_record(r, node, part, octets, &c, reterr);
	if (rc == VF_OK && c) {
		c->has_holder = true;
		c->holder = node;
	}
	return rc;
}

static enum vf_rc read_all(struct reading *r, struct vf_err *reterr)
{
	const struct vf_zip *zip = &r->j->box.zip;
	size_t others = 0;
	enum vf_rc rc = VF_OK;

	for (uint32_t i = 0; rc == VF_OK && i < zip->n; i++) {
		switch (kind_of(zip->entries[i].name)) {
		case KIND_SIGNATURE:
			rc = read_evidence(r, i, KIND_SIGNATURE, reterr);
			break;
		case KIND_TIME_STAMP:
			rc = read_evidence(r, i, KIND_TIME_STAMP, reterr);
			break;
		case KIND_RECORD:
			rc = read_evidence(r, i, KIND_RECORD, reterr);
			break;
		case KIND_XADES:
			fault(r, VF_CHECK_FORMS, i, VF_UNSUPPORTED, "NOT CHECKED: XAdES signatures");
			break;
		case KIND_XMLERS:
			fault(r, VF_CHECK_FORMS, i, VF_UNSUPPORTED, "NOT CHECKED: an evidence record in XML (RFC 6283)");
			break;
		case KIND_OTHER:
			others++;
			break;
		case KIND_FILE:
		case KIND_MIMETYPE:
		case KIND_LIST:
		case KIND_RECORD_LIST:
			break;
		}
	}
	if (others)
		vf_report_unchecked(r->j->r, "OTHER_FILES", "%zu file%s under META-INF/ that %s no evidence by name", others,
			others == 1 ? "" : "s", others == 1 ? "is" : "are");
	return rc;
}

static void check_kind(struct reading *r)
{
	const struct vf_zip *zip = &r->j->box.zip;
	struct vf_err err;
	size_t n = 0;

	r->is_simple = zip->media_type != VF_ZIP_MEDIA_ASICE;
	for (uint32_t i = 0; i < r->g.n; i++)
		n += r->g.nodes[i]->is_payload;
	if (n == 0) {
		vf_fail(&err, VF_NO_EVIDENCE, "the container holds no file that evidence could be about");
		vf_report_fault(r->j->r, VF_CHECK_GROUP, &err, NULL);
	} else if (zip->media_type == VF_ZIP_MEDIA_ASICS && !r->has_only) {
		vf_fail(&err, VF_MANIFEST_SHAPE, "an ASiC-S container holds exactly one file, this one holds %zu", n);
		vf_report_fault(r->j->r, VF_CHECK_MANIFEST, &err, NULL);
	}
}

VF_RC vf_judge_asic(struct vf_judge *j, const struct vf_detached *detached, size_t n, struct vf_err *reterr)
{
	struct reading *r = VF_NEW(j->a, 1, struct reading);
	enum vf_rc rc;

	if (!r)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a container");
	r->j = j;
	j->r->form = VF_FORM_CONTAINER;
	rc = vf_graph_init(&r->g, j, reterr);
	if (rc == VF_OK)
		rc = add_entries(r, reterr);
	if (rc == VF_OK)
		rc = read_lists(r, reterr);
	if (rc != VF_OK)
		return rc;
	check_kind(r);
	rc = match_detached(r, detached, n, reterr);
	if (rc == VF_OK)
		rc = read_all(r, reterr);
	if (rc == VF_OK && r->g.n_claims + r->g.n_signers == 0 && j->r->n_reasons == 0) {
		struct vf_err err;

		vf_fail(&err, VF_NO_EVIDENCE, "the container holds no evidence");
		vf_report_fault(j->r, VF_CHECK_GROUP, &err, NULL);
	}
	if (rc == VF_OK)
		rc = vf_graph_judge(&r->g, reterr);
	if (rc == VF_OK && j->r->n_others)
		vf_report_unchecked(j->r, "OTHER_OBJECTS", "what else the evidence records cover (%zu other digest%s)",
			j->r->n_others, j->r->n_others == 1 ? "" : "s");
	return rc;
}
