#include "notary/record_signature.h"

#include <stdlib.h>

#include "verify/bundle.h"
#include "verify/meaning.h"
#include "verify/record.h"

struct nt_signatures {
	struct vf_pki *pki;
	struct vf_manifest_parser *xml;
	void *block; /* NULL before the first signed record */
	struct vf_arena arena;
	struct vf_cert_facts facts;
	char oid[120];
};

VF_RC nt_signed_manifest_check(struct vf_manifest_parser *p, struct vf_bytes xml, const struct vf_hash *statement, struct vf_arena *a,
	struct vf_err *reterr)
{
	struct vf_digest own = vf_digest_from_hash(statement);
	struct vf_manifest m;
	enum vf_rc rc = vf_manifest_parse_with(p, xml, a, &m, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_is(m.sig_uri, VF_NAME_SIGNATURE) || m.n_refs != 1 || !vf_bytes_is(m.refs[0].uri, VF_NAME_STATEMENT))
		return vf_fail(reterr, VF_MANIFEST_SHAPE, "the signed manifest does not list the statement alone");
	if (!vf_digest_eq(&m.refs[0].digest, &own))
		return vf_fail(reterr, VF_MANIFEST_DIGEST, "the signature is over another statement");
	return VF_OK;
}

struct nt_signatures *nt_signatures_new(void)
{
	return calloc(1, sizeof(struct nt_signatures));
}

struct nt_signatures *nt_signatures_free(struct nt_signatures *s)
{
	if (!s)
		return NULL;
	vf_pki_free(s->pki);
	vf_manifest_parser_free(s->xml);
	free(s->block);
	free(s);
	return NULL;
}

/* What one record can need is what a bundle of it can need; only what is used costs memory. */
static VF_RC begin(struct nt_signatures *s, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (!s->pki)
		s->pki = vf_pki_new();
	if (!s->xml)
		rc = vf_manifest_parser_new(&s->xml, reterr);
	if (!s->block)
		s->block = malloc(VF_BUNDLE_MEMORY);
	if (rc == VF_OK && (!s->pki || !s->block))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the signatures of records");
	if (rc == VF_OK) {
		vf_arena_init(&s->arena, s->block, VF_BUNDLE_MEMORY);
		vf_pki_tidy(s->pki);
	}
	return rc;
}

static VF_RC check(struct nt_signatures *s, const struct nt_record_signature *r, int64_t at, struct vf_said *ret, struct vf_err *reterr)
{
	struct vf_hash own = vf_sha256(r->statement);
	struct vf_statement st;
	struct vf_signed sig;
	enum vf_rc rc = vf_statement_parse(r->statement, &s->arena, &st, reterr);

	if (rc == VF_OK && !st.has_signer)
		rc = vf_fail(reterr, VF_SIGNATURE, "a signature of a record that names no signer");
	if (rc == VF_OK)
		rc = nt_signed_manifest_check(s->xml, r->manifest, &own, &s->arena, reterr);
	if (rc == VF_OK)
		rc = vf_cms_check_detached(s->pki, r->signature, r->manifest, &st.signer, at, NULL, &s->facts, &sig, NULL, reterr);
	if (rc == VF_OK && (at < s->facts.not_before || at > s->facts.not_after))
		rc = vf_fail(reterr, VF_SIGNER_CERT_TIME, "the certificate of '%s' was not valid then", s->facts.name);
	return rc == VF_OK ? vf_meaning_read(&sig, ret, reterr) : rc;
}

VF_RC nt_signatures_read(struct nt_signatures *s, const struct nt_record_signature *r, int64_t at, struct nt_record_signer *ret,
	struct vf_err *reterr)
{
	struct vf_said said;
	const char *word;
	enum vf_rc rc;

	*ret = (struct nt_record_signer){vf_bytes("", 0), vf_bytes("", 0)};
	if (r->statement.n == 0 || r->manifest.n == 0 || r->signature.n == 0)
		return VF_OK;
	rc = begin(s, reterr);
	if (rc == VF_OK)
		rc = check(s, r, at, &said, reterr);
	if (rc == VF_NO_MEMORY || rc == VF_INTERNAL)
		return rc;
	if (rc != VF_OK)
		return VF_OK;
	word = vf_meaning_name(said.meaning);
	s->oid[0] = '\0';
	if (said.meaning_oid.n && !word)
		vf_meaning_oid_text(&said, s->oid, sizeof(s->oid));
	ret->name = said.name.n ? said.name : vf_bytes_str(s->facts.name);
	ret->meaning = vf_bytes_str(word ? word : s->oid);
	return VF_OK;
}
