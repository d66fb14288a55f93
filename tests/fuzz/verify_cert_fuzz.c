/* One certificate or PEM text, and AlgorithmIdentifiers: vf_cert_open(), vf_pki_add_anchors(), vf_sigalg_read(). */
#include "tests/fuzz/must.h"
#include "verify/der.h"
#include "verify/path.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct vf_bytes part, struct vf_bytes in)
{
	return part.n == 0 || (part.p >= in.p && part.n <= in.n && part.p + part.n <= in.p + in.n);
}

static void check_cert(struct vf_bytes in)
{
	struct vf_cert c;
	struct vf_err err = {0};

	if (vf_cert_open(in, &c, &err) != VF_OK) {
		MUST(err.rc != VF_OK && err.text[0] != '\0');
		return;
	}
	MUST(is_inside(c.tbs, in) && is_inside(c.issuer, in) && is_inside(c.subject, in) && is_inside(c.spki, in));
	MUST(is_inside(c.serial, in) && is_inside(c.signature, in));
	vf_sha256_2(c.key_id, c.crl_points); /* every octet can be read */
	MUST(vf_text_is_plain(vf_bytes_str(c.facts.name)));
	MUST(vf_cert_is_valid_at(&c, c.facts.not_before) == (c.facts.not_before <= c.facts.not_after));
	vf_cert_has_name(&c, in);
	vf_cert_has_name(&c, c.subject);
	vf_ignore(vf_path_check_tsa(&c, &err)); /* any outcome will do, crashes will not */
	vf_ignore(vf_cert_check_key(&c, &err));
	if (c.sigalg_rc == VF_OK)
		vf_ignore(vf_cert_verify(&c, &c.sigalg, VF_SHA256, vf_bytes(NULL, 0), c.tbs, c.signature, VF_CERT_PATH, &err));
	vf_cert_done(&c);
}

static void check_anchors(struct vf_bytes in)
{
	struct vf_pki *p = vf_pki_new();
	enum vf_rc rc;

	MUST(p != NULL);
	rc = vf_pki_add_anchors(p, 0, in, NULL);
	MUST(rc != VF_OK || vf_pki_anchor_count(p, 0) > 0);
	vf_pki_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size);
	struct vf_sigalg a;
	enum vf_alg h;

	check_cert(in);
	check_anchors(in);
	if (vf_sigalg_read(in, VF_CERT_SHAPE, &a, NULL) == VF_OK)
		MUST(a.scheme != VF_SCHEME_NONE && vf_sigalg_eq(&a, &a));
	if (vf_hashalg_read(in, VF_CERT_SHAPE, &h, NULL) == VF_OK)
		MUST(h != VF_ALG_NONE);
	return 0;
}
