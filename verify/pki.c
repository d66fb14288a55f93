#include "verify/pki.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

/* Parsed certificates: a table with open addressing; its size is twice what it may hold. */
#define TABLE 2048
#define TABLE_MAX 1024
/* Above this many the next judgement starts with an empty table. */
#define TABLE_TIDY 512
#define CHAINS 256
#define SIGNATURES 4096
#define ANCHOR_SETS (VF_MAX_AUTHORITIES + 1)

struct entry {
	struct vf_cert cert;
	uint8_t *octets;
};

struct anchors {
	struct entry *entries[VF_MAX_CERTS];
	size_t n;
};

struct vf_pki {
	struct anchors anchors[ANCHOR_SETS];
	struct entry *table[TABLE];
	size_t n;
	struct {
		struct vf_hash key;
		struct vf_pki_chain chain; /* n is 0 in an empty place */
	} chains[CHAINS];
	/* keys of good signatures; a newer one takes the place of an older */
	struct {
		bool used;
		struct vf_hash key;
	} signatures[SIGNATURES];
};

struct vf_pki *vf_pki_new(void)
{
	return calloc(1, sizeof(struct vf_pki));
}

static void entry_free(struct entry *e)
{
	if (!e)
		return;
	vf_cert_done(&e->cert);
	free(e->octets);
	free(e);
}

static void drop_parsed(struct vf_pki *p)
{
	for (size_t i = 0; i < TABLE; i++) {
		entry_free(p->table[i]);
		p->table[i] = NULL;
	}
	p->n = 0;
	memset(p->chains, 0, sizeof(p->chains));
}

void vf_pki_free(struct vf_pki *p)
{
	if (!p)
		return;
	drop_parsed(p);
	for (size_t i = 0; i < ANCHOR_SETS; i++)
		for (size_t j = 0; j < p->anchors[i].n; j++)
			entry_free(p->anchors[i].entries[j]);
	free(p);
}

void vf_pki_tidy(struct vf_pki *p)
{
	if (p->n > TABLE_TIDY)
		drop_parsed(p);
}

static enum vf_rc entry_new(struct vf_bytes der, struct entry **ret, struct vf_err *reterr)
{
	struct entry *e;
	enum vf_rc rc;

	if (der.n > VF_MAX_CERT)
		return vf_fail(reterr, VF_LIMIT, "a certificate of %zu octets", der.n);
	e = calloc(1, sizeof(*e));
	if (!e || !(e->octets = malloc(der.n ? der.n : 1))) {
		free(e);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a certificate");
	}
	if (der.n)
		memcpy(e->octets, der.p, der.n);
	rc = vf_cert_open(vf_bytes(e->octets, der.n), &e->cert, reterr);
	if (rc != VF_OK) {
		entry_free(e);
		return rc;
	}
	*ret = e;
	return VF_OK;
}

static size_t place(const struct vf_hash *key, size_t places)
{
	return ((size_t)key->b[0] << 16 | (size_t)key->b[1] << 8 | key->b[2]) % places;
}

VF_RC vf_pki_cert(struct vf_pki *p, struct vf_bytes der, const struct vf_cert **ret, struct vf_err *reterr)
{
	struct vf_hash key = vf_sha256(der);
	size_t at = place(&key, TABLE);
	enum vf_rc rc;

	/* ends: fewer than half of the places are taken */
	for (; p->table[at]; at = (at + 1) % TABLE) {
		if (vf_hash_eq(&p->table[at]->cert.facts.sha256, &key)) {
			*ret = &p->table[at]->cert;
			return VF_OK;
		}
	}
	if (p->n >= TABLE_MAX)
		return vf_fail(reterr, VF_LIMIT, "more than %d certificates", TABLE_MAX);
	rc = entry_new(der, &p->table[at], reterr);
	if (rc != VF_OK)
		return rc;
	p->n++;
	*ret = &p->table[at]->cert;
	return VF_OK;
}

const struct vf_cert *vf_pki_anchor(const struct vf_pki *p, size_t authority, size_t i)
{
	if (authority >= ANCHOR_SETS || i >= p->anchors[authority].n)
		return NULL;
	return &p->anchors[authority].entries[i]->cert;
}

size_t vf_pki_anchor_count(const struct vf_pki *p, size_t authority)
{
	return authority < ANCHOR_SETS ? p->anchors[authority].n : 0;
}

static enum vf_rc add_anchor(struct anchors *a, struct vf_bytes der, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (a->n >= VF_MAX_CERTS)
		return vf_fail(reterr, VF_POLICY_SHAPE, "more than %d pinned certificates", VF_MAX_CERTS);
	rc = entry_new(der, &a->entries[a->n], reterr);
	if (rc == VF_CERT_SHAPE || rc == VF_LIMIT)
		return vf_fail(reterr, VF_POLICY_SHAPE, "pinned certificate %zu cannot be read", a->n + 1);
	if (rc != VF_OK)
		return rc;
	a->n++;
	return VF_OK;
}

/* Reads the next block; text between blocks is passed over, as people put explanations there. */
static enum vf_rc add_next(struct anchors *a, BIO *bio, bool *ret_more, struct vf_err *reterr)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	enum vf_rc rc = VF_OK;
	bool end = false;
	long n = 0;

	if (PEM_read_bio(bio, &name, &header, &data, &n) != 1) {
		end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
		if (!end)
			rc = vf_fail(reterr, VF_POLICY_SHAPE, "malformed PEM after certificate %zu", a->n);
	} else if (strcmp(name, "CERTIFICATE") != 0 || header[0] != '\0' || n < 0) {
		rc = vf_fail(reterr, VF_POLICY_SHAPE, "something else than a certificate among pinned ones");
	} else {
		rc = add_anchor(a, vf_bytes(data, (size_t)n), reterr);
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	ERR_clear_error();
	*ret_more = !end;
	return rc;
}

VF_RC vf_pki_add_anchors(struct vf_pki *p, size_t authority, struct vf_bytes pem, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	struct anchors *a;
	bool more = true;
	size_t before;
	BIO *bio;

	if (authority >= ANCHOR_SETS)
		return vf_fail(reterr, VF_INTERNAL, "authority %zu is out of range", authority);
	if (pem.n == 0 || pem.n > VF_MAX_TRUST_FILE)
		return vf_fail(reterr, VF_POLICY_SHAPE, "no PEM certificates in %zu octets", pem.n);
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read certificates");
	a = &p->anchors[authority];
	before = a->n;
	while (rc == VF_OK && more)
		rc = add_next(a, bio, &more, reterr);
	BIO_free(bio);
	if (rc == VF_OK && a->n == before)
		return vf_fail(reterr, VF_POLICY_SHAPE, "no certificate among pinned ones");
	/* all of a text or nothing */
	while (rc != VF_OK && a->n > before)
		entry_free(a->entries[--a->n]);
	return rc;
}

/* Everything that the outcome of a verification depends on. */
static struct vf_hash signature_key(const struct vf_cert *c, const struct vf_sigalg *alg, enum vf_alg digest,
	struct vf_bytes head, struct vf_bytes data, struct vf_bytes signature)
{
	struct {
		struct vf_hash certificate, data, signature;
		uint8_t alg[5];
	} all = {
		.certificate = c->facts.sha256,
		.data = vf_sha256_2(head, data),
		.signature = vf_sha256(signature),
		.alg = {(uint8_t)alg->scheme, (uint8_t)alg->digest, (uint8_t)alg->mgf, alg->salt, (uint8_t)digest},
	};

	return vf_sha256(vf_bytes(&all, sizeof(all)));
}

VF_RC vf_pki_verify(struct vf_pki *p, const struct vf_cert *c, const struct vf_sigalg *alg, enum vf_alg digest,
	struct vf_bytes head, struct vf_bytes data, struct vf_bytes signature, enum vf_rc bad,
	struct vf_err *reterr)
{
	struct vf_hash key = signature_key(c, alg, digest, head, data, signature);
	size_t at = place(&key, SIGNATURES);
	enum vf_rc rc;

	if (p->signatures[at].used && vf_hash_eq(&p->signatures[at].key, &key))
		return VF_OK;
	rc = vf_cert_verify(c, alg, digest, head, data, signature, bad, reterr);
	if (rc != VF_OK)
		return rc;
	p->signatures[at].used = true;
	p->signatures[at].key = key;
	return VF_OK;
}

bool vf_pki_find_chain(const struct vf_pki *p, const struct vf_hash *key, struct vf_pki_chain *ret)
{
	size_t at = place(key, CHAINS);

	if (p->chains[at].chain.n == 0 || !vf_hash_eq(&p->chains[at].key, key))
		return false;
	*ret = p->chains[at].chain;
	return true;
}

void vf_pki_keep_chain(struct vf_pki *p, const struct vf_hash *key, const struct vf_pki_chain *chain)
{
	size_t at = place(key, CHAINS);

	p->chains[at].key = *key;
	p->chains[at].chain = *chain;
}
