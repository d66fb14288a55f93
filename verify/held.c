#include "verify/held.h"

#include <stdlib.h>

#include "verify/der.h"
#include "verify/files.h"
#include "verify/text.h"

/* One kind of file: what it is called, how it is marked in PEM, and how an element is known. */
struct kind {
	const char *what;
	const char *begin, *end; /* NULL: DER alone */
	bool (*is)(struct vf_bytes der);
};

static bool is_cert(struct vf_bytes der)
{
	struct vf_cert c;
	struct vf_err ignored;

	if (der.n > VF_MAX_CERT || vf_cert_open(der, &c, &ignored) != VF_OK)
		return false;
	vf_cert_done(&c);
	return true;
}

/*
 * CertificateList (RFC 5280 5.1): in contrast to a certificate, a time follows
 * the issuer. The rest is read when it is used.
 */
static bool is_crl(struct vf_bytes der)
{
	struct vf_der all, tbs, alg, signature, version, inner, issuer;
	uint8_t time;
	bool found;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) || !vf_der_is_strict(der) ||
		!vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &tbs) || !vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &alg) ||
		!vf_der_only(all.body, VF_DER_BIT_STRING, &signature) ||
		!vf_der_take_optional(&tbs.body, VF_DER_INTEGER, &version, &found) ||
		!vf_der_take_tag(&tbs.body, VF_DER_SEQUENCE, &inner) ||
		!vf_der_take_tag(&tbs.body, VF_DER_SEQUENCE, &issuer))
		return false;
	time = vf_der_peek(tbs.body);
	return time == VF_DER_UTC_TIME || time == VF_DER_GENERALIZED_TIME;
}

/* OCSPResponse (RFC 6960 4.2.1) that carries an answer. */
static bool is_ocsp(struct vf_bytes der)
{
	struct vf_der all, status, bytes;
	uint64_t v;

	return vf_der_only(der, VF_DER_SEQUENCE, &all) && vf_der_is_strict(der) &&
	       vf_der_take_tag(&all.body, VF_DER_ENUMERATED, &status) && vf_der_uint(status.body, &v) && v == 0 &&
	       vf_der_only(all.body, VF_DER_CONTEXT(0), &bytes);
}

static const struct kind kinds[] = {
	{"certificate", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", is_cert},
	{"CRL", "-----BEGIN X509 CRL-----", "-----END X509 CRL-----", is_crl},
	{"OCSP response", NULL, NULL, is_ocsp},
};

/* One file: its escaped name, its text, and where decoded elements go. */
struct reading {
	const struct kind *kind;
	const char *name;
	struct vf_arena room;
	struct vf_bytes *list;
	size_t *n;
};

static VF_RC keep(struct reading *r, struct vf_bytes der, struct vf_err *reterr)
{
	if (!r->kind->is(der))
		return vf_fail(reterr, VF_USAGE, "'%s' holds no %s that can be read", r->name, r->kind->what);
	if (*r->n == VF_MAX_HELD)
		return vf_fail(reterr, VF_USAGE, "'%s' is one too many: at most %d %ss in all files together", r->name,
			VF_MAX_HELD, r->kind->what);
	r->list[(*r->n)++] = der;
	return VF_OK;
}

/* A line without its end and the white space before it; the last one may have no end. */
static bool take_line(struct vf_bytes *in, struct vf_bytes *ret)
{
	if (in->n == 0)
		return false;
	if (!vf_take_line(in, ret)) {
		*ret = *in;
		*in = vf_bytes(NULL, 0);
	}
	while (ret->n && strchr(" \t\r", ret->p[ret->n - 1]))
		ret->n--;
	return true;
}

/* The base64 lines up to the END line, decoded in the arena; joined has room for all of the text. */
static VF_RC take_body(struct reading *r, struct vf_bytes *text, uint8_t *joined, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	struct vf_bytes line;
	size_t n = 0;

	while (take_line(text, &line)) {
		if (vf_bytes_is(line, r->kind->end)) {
			if (!vf_base64_take(vf_bytes(joined, n), &r->room, ret))
				break;
			return VF_OK;
		}
		memcpy(joined + n, line.p, line.n);
		n += line.n;
	}
	return vf_fail(reterr, VF_USAGE, "'%s': malformed PEM after %zu %s%s", r->name, *r->n, r->kind->what,
		*r->n == 1 ? "" : "s");
}

static VF_RC read_pem(struct reading *r, struct vf_bytes text, struct vf_err *reterr)
{
	uint8_t *joined = vf_arena_take(&r->room, text.n, 1);
	size_t before = *r->n;
	struct vf_bytes line, der;
	enum vf_rc rc = VF_OK;
	char label[80];

	if (!joined)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", r->name);
	while (rc == VF_OK && take_line(&text, &line)) {
		if (!vf_bytes_starts(line, "-----BEGIN "))
			continue; /* what people write around PEM */
		if (!vf_bytes_is(line, r->kind->begin)) {
			vf_text_escape(label, sizeof(label), line);
			return vf_fail(reterr, VF_USAGE, "'%s' holds '%s', which is no %s", r->name, label, r->kind->what);
		}
		rc = take_body(r, &text, joined, &der, reterr);
		if (rc == VF_OK)
			rc = keep(r, der, reterr);
	}
	if (rc == VF_OK && *r->n == before)
		return vf_fail(reterr, VF_USAGE, "'%s' holds no %s in DER or PEM", r->name, r->kind->what);
	return rc;
}

static VF_RC read_one(struct vf_held *h, const struct kind *kind, const char *path, struct vf_bytes *list, size_t *n,
	struct vf_err *reterr)
{
	VF_CLEANUP(vf_input_freep) struct vf_input *in = NULL;
	struct reading r = {.kind = kind, .list = list, .n = n};
	struct vf_bytes text;
	char name[120];
	size_t size;
	enum vf_rc rc = vf_input_open(path, VF_MAX_TRUST_FILE, &in, reterr);

	if (rc != VF_OK)
		return rc;
	vf_text_escape(name, sizeof(name), vf_bytes_str(path));
	r.name = name;
	text = vf_input_source(in)->memory;
	if (!text.p)
		return vf_fail(reterr, VF_USAGE, "'%s' is larger than 1 MiB: too large for a %s", name, kind->what);
	/* base64 without its line ends, and the shorter elements in it; or a copy; each may be padded for alignment */
	size = 2 * text.n + (VF_MAX_HELD + 2) * _Alignof(max_align_t);
	h->blocks[h->n_blocks] = malloc(size);
	if (!h->blocks[h->n_blocks])
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", name);
	vf_arena_init(&r.room, h->blocks[h->n_blocks++], size);
	if (kind->begin && vf_der_peek(text) != VF_DER_SEQUENCE)
		return read_pem(&r, text, reterr);
	if (!vf_arena_copy(&r.room, text, &text))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", name);
	return keep(&r, text, reterr);
}

VF_RC vf_held_read(const struct vf_options *o, struct vf_held *ret, struct vf_err *reterr)
{
	const struct vf_words *const files[] = {&o->certs, &o->crls, &o->ocsp};
	struct vf_bytes *const lists[] = {ret->certs, ret->crls, ret->ocsp};
	size_t *const counts[] = {&ret->extra.n_certs, &ret->extra.n_crls, &ret->extra.n_ocsp};

	memset(ret, 0, sizeof(*ret));
	ret->extra = (struct vf_pki_extra){.certs = ret->certs, .crls = ret->crls, .ocsp = ret->ocsp};
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < files[k]->n; i++) {
			enum vf_rc rc = read_one(ret, &kinds[k], files[k]->at[i], lists[k], counts[k], reterr);

			if (rc != VF_OK)
				return rc;
		}
	return VF_OK;
}

void vf_held_done(struct vf_held *h)
{
	for (size_t i = 0; i < h->n_blocks; i++)
		free(h->blocks[i]);
	h->n_blocks = 0;
}
