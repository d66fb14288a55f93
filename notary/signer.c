#include "notary/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "notary/cert.h"
#include "notary/cms_out.h"
#include "verify/limits.h"

struct nt_signer {
	EVP_PKEY *key;
	enum nt_key_kind kind;
};

/* A key file of the largest RSA key has 6.5 kB. */
#define MAX_KEY_FILE 65536

/* ecdsa-with-SHA256 (RFC 5758 3.2); sha256WithRSAEncryption, NULL (RFC 5754 3.2); Ed25519 (RFC 8410) */
static const uint8_t ALGORITHM_ECDSA[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t ALGORITHM_RSA[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
static const uint8_t ALGORITHM_ED25519[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t OID_DATA[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void free_bio(BIO **b)
{
	BIO_free(*b);
}

static void free_context(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static void free_key(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

/* Buffers that may hold a key. */
static void wipe_buf(struct nt_buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->room);
	nt_buf_done(b);
}

/* SIGNER_FAILED with what OpenSSL says; empties its error queue. */
static VF_RC fail_openssl(struct vf_err *reterr, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return vf_fail(reterr, VF_SIGNER_FAILED, "%s: %s", what, reason ? reason : "no reason given");
}

static VF_RC fail_errno(struct vf_err *reterr, const char *what, const char *path)
{
	int e = errno;
	enum vf_rc rc = VF_IO;

	if (e == ENOENT || e == ENOTDIR || e == ELOOP)
		rc = VF_NO_INPUT;
	if (e == EACCES || e == EPERM)
		rc = VF_PERMISSION;
	if (e == EEXIST)
		rc = VF_EXISTS;
	return vf_fail(reterr, rc, "%s '%s': %s", what, path, strerror(e));
}

/* ---- files ---- */

static VF_RC sync_folder(const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(close_fd) int fd = -1;
	char folder[PATH_MAX];
	char *slash;

	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return vf_fail(reterr, VF_LIMIT, "the path '%.80s…' is too long", path);
	slash = strrchr(folder, '/');
	if (!slash)
		snprintf(folder, sizeof(folder), ".");
	else
		slash[slash == folder ? 1 : 0] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return fail_errno(reterr, "cannot sync", folder);
	return VF_OK;
}

static VF_RC write_all(int fd, const char *path, struct vf_bytes content, struct vf_err *reterr)
{
	size_t at = 0;

	while (at < content.n) {
		ssize_t n = write(fd, content.p + at, content.n - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(reterr, "cannot write", path);
		at += (size_t)n;
	}
	return VF_OK;
}

/* Makes the file, which must not be there, and syncs its content; not its folder. */
static VF_RC write_new(const char *path, struct vf_bytes content, mode_t mode, struct vf_err *reterr)
{
	VF_CLEANUP(close_fd) int fd = -1;
	enum vf_rc rc;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(reterr, "cannot create", path);
	rc = write_all(fd, path, content, reterr);
	if (rc == VF_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		rc = fail_errno(reterr, "cannot write", path);
	if (rc != VF_OK)
		unlink(path);
	return rc;
}

VF_RC nt_signer_write_file(const char *path, struct vf_bytes content, unsigned mode, struct vf_err *reterr)
{
	char temporary[PATH_MAX];
	enum vf_rc rc;

	if (snprintf(temporary, sizeof(temporary), "%s.tmp", path) >= (int)sizeof(temporary))
		return vf_fail(reterr, VF_LIMIT, "the path '%.80s…' is too long", path);
	/* left by a crash: its content was never used */
	if (unlink(temporary) != 0 && errno != ENOENT)
		return fail_errno(reterr, "cannot remove", temporary);
	rc = write_new(temporary, content, mode, reterr);
	if (rc != VF_OK)
		return rc;
	if (rename(temporary, path) != 0) {
		rc = fail_errno(reterr, "cannot rename to", path);
		unlink(temporary);
		return rc;
	}
	return sync_folder(path, reterr);
}

/* Opens and reads; private: what group or others may touch is refused. */
static VF_RC read_file(const char *path, size_t max, bool private, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(close_fd) int fd = -1;
	struct stat st;
	size_t left;

	/* a FIFO must not hold the program up */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return fail_errno(reterr, "cannot open", path);
	if (!S_ISREG(st.st_mode))
		return vf_fail(reterr, VF_NO_INPUT, "'%s' is not a regular file", path);
	if (private && (st.st_mode & 077) != 0)
		return vf_fail(reterr, VF_PERMISSION,
			"the key file '%s' is open to others (mode %04o, want 0600)", path, (unsigned)st.st_mode & 07777);
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return vf_fail(reterr, VF_LIMIT, "'%s' is larger than %zu bytes", path, max);
	left = (size_t)st.st_size;
	if (!nt_buf_reserve(ret, left))
		return nt_buf_check(ret, reterr);
	while (left) {
		ssize_t n = read(fd, ret->p + ret->n, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(reterr, "cannot read", path);
		if (n == 0)
			return vf_fail(reterr, VF_IO, "'%s' became shorter while it was read", path);
		ret->n += (size_t)n;
		left -= (size_t)n;
	}
	return VF_OK;
}

VF_RC nt_signer_read_file(const char *path, size_t max, struct nt_buf *ret, struct vf_err *reterr)
{
	return read_file(path, max, false, ret, reterr);
}

/* ---- kinds ---- */

enum nt_key_kind nt_key_find(const char *name)
{
	if (strcmp(name, "ed25519") == 0)
		return NT_KEY_ED25519;
	if (strcmp(name, "p256") == 0)
		return NT_KEY_P256;
	return strcmp(name, "rsa3072") == 0 ? NT_KEY_RSA3072 : NT_KEY_NONE;
}

static enum nt_key_kind kind_of_curve(const EVP_PKEY *key)
{
	char group[40] = "";

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return NT_KEY_NONE;
	if (strcmp(group, "prime256v1") == 0)
		return NT_KEY_P256;
	return strcmp(group, "secp384r1") == 0 || strcmp(group, "secp521r1") == 0 ? NT_KEY_EC : NT_KEY_NONE;
}

static enum nt_key_kind kind_of(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_ED25519:
		return NT_KEY_ED25519;
	case EVP_PKEY_EC:
		return kind_of_curve(key);
	case EVP_PKEY_RSA:
		if (bits == 3072)
			return NT_KEY_RSA3072;
		return bits >= 2048 && bits <= VF_MAX_RSA_BITS ? NT_KEY_RSA : NT_KEY_NONE;
	default:
		return NT_KEY_NONE;
	}
}

enum nt_key_kind nt_signer_kind(const struct nt_signer *s)
{
	return s->kind;
}

struct vf_bytes nt_signer_algorithm(const struct nt_signer *s)
{
	switch (s->kind) {
	case NT_KEY_P256:
	case NT_KEY_EC:
		return vf_bytes(ALGORITHM_ECDSA, sizeof(ALGORITHM_ECDSA));
	case NT_KEY_RSA3072:
	case NT_KEY_RSA:
		return vf_bytes(ALGORITHM_RSA, sizeof(ALGORITHM_RSA));
	case NT_KEY_ED25519:
	case NT_KEY_NONE:
		break;
	}
	return vf_bytes(ALGORITHM_ED25519, sizeof(ALGORITHM_ED25519));
}

/* ---- create, load, free ---- */

struct nt_signer *nt_signer_free(struct nt_signer *s)
{
	if (s)
		EVP_PKEY_free(s->key);
	free(s);
	return NULL;
}

void nt_signer_freep(struct nt_signer **s)
{
	*s = nt_signer_free(*s);
}

/* Takes the key over when it succeeds. */
static VF_RC new_signer(EVP_PKEY **key, enum nt_key_kind kind, struct nt_signer **ret, struct vf_err *reterr)
{
	struct nt_signer *s = calloc(1, sizeof(*s));

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a key");
	s->key = *key;
	s->kind = kind;
	*key = NULL;
	*ret = s;
	return VF_OK;
}

static EVP_PKEY *generate(enum nt_key_kind kind)
{
	switch (kind) {
	case NT_KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case NT_KEY_P256:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	case NT_KEY_RSA3072:
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
	case NT_KEY_EC:
	case NT_KEY_RSA:
	case NT_KEY_NONE:
		break;
	}
	return NULL;
}

VF_RC nt_signer_create(const char *path, enum nt_key_kind kind, struct nt_signer **ret, struct vf_err *reterr)
{
	VF_CLEANUP(free_key) EVP_PKEY *key = generate(kind);
	/* a memory BIO wipes what it frees */
	VF_CLEANUP(free_bio) BIO *out = BIO_new(BIO_s_secmem());
	enum vf_rc rc;
	char *pem;
	long n;

	if (!key || !out)
		return fail_openssl(reterr, "cannot make a key");
	if (PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
		return fail_openssl(reterr, "cannot encode a key");
	n = BIO_get_mem_data(out, &pem);
	if (n <= 0)
		return fail_openssl(reterr, "cannot encode a key");
	rc = write_new(path, vf_bytes(pem, (size_t)n), 0600, reterr);
	if (rc == VF_OK)
		rc = sync_folder(path, reterr);
	if (rc != VF_OK || !ret)
		return rc;
	return new_signer(&key, kind, ret, reterr);
}

/* Where the passphrase comes from, and what became of it. */
struct asking {
	nt_passphrase *passphrase; /* NULL: an encrypted key is refused */
	void *ctx;
	bool asked;
	enum vf_rc rc;
	struct vf_err *reterr;
};

/* Without this, OpenSSL would ask at the terminal. */
static int ask_passphrase(char *out, int size, int writing, void *ctx)
{
	VF_CLEANUP(wipe_buf) struct nt_buf text = nt_buf(NT_MAX_PASSPHRASE);
	struct asking *a = ctx;

	(void)writing;
	if (!a->passphrase || a->rc != VF_OK)
		return -1;
	a->asked = true;
	a->rc = a->passphrase(a->ctx, &text, a->reterr);
	if (a->rc == VF_OK && (size < 0 || text.n > (size_t)size))
		a->rc = vf_fail(a->reterr, VF_LIMIT, "the passphrase is longer than %d octets", size);
	if (a->rc != VF_OK)
		return -1;
	if (text.n)
		memcpy(out, text.p, text.n);
	return (int)text.n;
}

/* Whether the public part is that of the private part; not for RSA, where it costs 0.1 s. */
static bool is_pair(EVP_PKEY *key, enum nt_key_kind kind)
{
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (kind == NT_KEY_RSA || kind == NT_KEY_RSA3072)
		return true;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	ok = ctx && EVP_PKEY_pairwise_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

VF_RC nt_signer_load(const char *path, struct nt_signer **ret, struct vf_err *reterr)
{
	return nt_signer_load_with(path, NULL, NULL, ret, reterr);
}

static VF_RC no_key(const char *path, const struct asking *a, struct vf_err *reterr)
{
	if (a->rc != VF_OK)
		return a->rc;
	if (a->asked)
		return vf_fail(reterr, VF_SIGNER_FAILED, "the key in '%s' does not open with this passphrase", path);
	return vf_fail(reterr, VF_SIGNER_FAILED, "'%s' holds no %sprivate key in PEM", path,
		a->passphrase ? "" : "unencrypted ");
}

VF_RC nt_signer_load_with(const char *path, nt_passphrase *passphrase, void *ctx, struct nt_signer **ret,
	struct vf_err *reterr)
{
	struct asking asking = {.passphrase = passphrase, .ctx = ctx, .rc = VF_OK, .reterr = reterr};
	VF_CLEANUP(wipe_buf) struct nt_buf text = nt_buf(MAX_KEY_FILE);
	VF_CLEANUP(free_key) EVP_PKEY *key = NULL;
	VF_CLEANUP(free_bio) BIO *in = NULL;
	enum nt_key_kind kind;
	enum vf_rc rc;

	rc = read_file(path, MAX_KEY_FILE, true, &text, reterr);
	if (rc != VF_OK)
		return rc;
	if (text.n > 0)
		in = BIO_new_mem_buf(text.p, (int)text.n);
	if (in)
		key = PEM_read_bio_PrivateKey(in, NULL, ask_passphrase, &asking);
	ERR_clear_error();
	if (!key)
		return no_key(path, &asking, reterr);
	kind = kind_of(key);
	if (kind == NT_KEY_NONE)
		return vf_fail(reterr, VF_SIGNER_FAILED,
			"the key in '%s' is of a kind that is not supported", path);
	if (!is_pair(key, kind)) {
		ERR_clear_error();
		return vf_fail(reterr, VF_SIGNER_FAILED, "the key in '%s' is damaged", path);
	}
	return new_signer(&key, kind, ret, reterr);
}

/* ---- signatures ---- */

static const EVP_MD *digest_of(const struct nt_signer *s)
{
	return s->kind == NT_KEY_ED25519 ? NULL : EVP_sha256();
}

VF_RC nt_signer_check(const struct nt_signer *s, struct vf_bytes message, struct vf_bytes signature,
	struct vf_err *reterr)
{
	VF_CLEANUP(free_context) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, digest_of(s), NULL, s->key) != 1)
		return fail_openssl(reterr, "cannot check a signature");
	if (EVP_DigestVerify(ctx, signature.p, signature.n, message.p, message.n) != 1)
		return fail_openssl(reterr, "a signature does not verify with its own key");
	return VF_OK;
}

static VF_RC sign(const struct nt_signer *s, struct vf_bytes message, bool check, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(free_context) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[VF_MAX_RSA_BITS / 8];
	size_t n = sizeof(signature);
	enum vf_rc rc = VF_OK;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, digest_of(s), NULL, s->key) != 1)
		return fail_openssl(reterr, "cannot sign");
	if (EVP_DigestSign(ctx, signature, &n, message.p, message.n) != 1)
		return fail_openssl(reterr, "cannot sign");
	/* a faulty RSA or ECDSA signature can give the key away: it never leaves */
	if (check)
		rc = nt_signer_check(s, message, vf_bytes(signature, n), reterr);
	if (rc == VF_OK) {
		nt_buf_put(ret, vf_bytes(signature, n));
		rc = nt_buf_check(ret, reterr);
	}
	OPENSSL_cleanse(signature, sizeof(signature));
	return rc;
}

VF_RC nt_signer_sign(const struct nt_signer *s, struct vf_bytes message, struct nt_buf *ret, struct vf_err *reterr)
{
	return sign(s, message, true, ret, reterr);
}

VF_RC nt_signer_sign_unchecked(const struct nt_signer *s, struct vf_bytes message, struct nt_buf *ret, struct vf_err *reterr)
{
	return sign(s, message, false, ret, reterr);
}

/* ---- public keys ---- */

VF_RC nt_signer_ed25519_public(const struct nt_signer *s, uint8_t ret[NT_ED25519_PUBLIC],
	struct vf_err *reterr)
{
	uint8_t key[NT_ED25519_PUBLIC];
	size_t n = sizeof(key);

	if (s->kind != NT_KEY_ED25519)
		return vf_fail(reterr, VF_SIGNER_FAILED, "the key is not an Ed25519 key");
	if (EVP_PKEY_get_raw_public_key(s->key, key, &n) != 1 || n != sizeof(key))
		return fail_openssl(reterr, "cannot read a public key");
	memcpy(ret, key, sizeof(key));
	return VF_OK;
}

VF_RC nt_signer_spki(const struct nt_signer *s, struct nt_buf *ret, struct vf_err *reterr)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(s->key, &der);

	if (n <= 0)
		return fail_openssl(reterr, "cannot encode a public key");
	nt_buf_put(ret, vf_bytes(der, (size_t)n));
	OPENSSL_free(der);
	return nt_buf_check(ret, reterr);
}

bool nt_signer_owns(const struct nt_signer *s, struct vf_bytes spki)
{
	VF_CLEANUP(free_key) EVP_PKEY *key = NULL;
	const unsigned char *p = spki.p;
	bool same;

	key = spki.n <= VF_MAX_CERT ? d2i_PUBKEY(NULL, &p, (long)spki.n) : NULL;
	same = key && EVP_PKEY_eq(key, s->key) == 1;
	ERR_clear_error();
	return same;
}

/* ---- signatures of submitters ---- */

static VF_RC check_pair(const struct nt_signer *s, const struct nt_cert *cert, const char *name,
	struct vf_err *reterr)
{
	/* RFC 8419 asks for another digest than the profile of our signatures */
	if (s->kind == NT_KEY_ED25519)
		return vf_fail(reterr, VF_SIGNER_FAILED,
			"an Ed25519 key cannot sign submissions: use EC or RSA");
	if (!nt_signer_owns(s, cert->spki))
		return vf_fail(reterr, VF_SIGNER_FAILED, "the certificate '%s' is not that of the key", name);
	if (!cert->may_sign)
		return vf_fail(reterr, VF_SIGNER_FAILED,
			"the keyUsage of the certificate '%s' allows no signatures", name);
	return VF_OK;
}

VF_RC nt_signer_load_pair(const char *key_path, const char *certificate_path, struct nt_signer **ret,
	struct nt_buf *ret_certificate, struct vf_err *reterr)
{
	return nt_signer_load_pair_with(key_path, certificate_path, NULL, NULL, ret, ret_certificate, reterr);
}

VF_RC nt_signer_load_pair_with(const char *key_path, const char *certificate_path, nt_passphrase *passphrase, void *ctx,
	struct nt_signer **ret, struct nt_buf *ret_certificate, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(VF_MAX_TRUST_FILE);
	VF_CLEANUP(nt_buf_done) struct nt_buf der = nt_buf(VF_MAX_CERT);
	VF_CLEANUP(nt_signer_freep) struct nt_signer *s = NULL;
	struct nt_cert cert;
	enum vf_rc rc;

	rc = nt_signer_load_with(key_path, passphrase, ctx, &s, reterr);
	if (rc == VF_OK)
		rc = read_file(certificate_path, VF_MAX_TRUST_FILE, false, &text, reterr);
	if (rc != VF_OK)
		return rc;
	/* DER begins with the tag of SEQUENCE, which no PEM file does */
	if (text.n && text.p[0] == 0x30)
		nt_buf_put(&der, nt_buf_bytes(&text));
	else
		rc = nt_pem_certificate(nt_buf_bytes(&text), certificate_path, &der, reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&der, reterr);
	if (rc == VF_OK)
		rc = nt_cert_read(nt_buf_bytes(&der), certificate_path, &cert, reterr);
	if (rc == VF_OK)
		rc = check_pair(s, &cert, certificate_path, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(ret_certificate, nt_buf_bytes(&der));
	rc = nt_buf_check(ret_certificate, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	s = NULL;
	return VF_OK;
}

VF_RC nt_signer_cades(const struct nt_signer *s, struct vf_bytes certificate, struct vf_bytes content,
	int64_t time_ms, const struct nt_says *says, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf attributes = nt_buf(8192);
	VF_CLEANUP(nt_buf_done) struct nt_buf signature = nt_buf(VF_MAX_RSA_BITS / 8);
	struct nt_cert cert;
	struct nt_cms cms = {.type = vf_bytes(OID_DATA, sizeof(OID_DATA)), .content = content,
		.detached = true, .cert = &cert, .time_ms = time_ms};
	enum vf_rc rc;

	if (says) {
		cms.meaning = vf_meaning_oid(says->meaning);
		cms.printed_name = says->printed_name;
	}
	rc = nt_cert_read(certificate, "signer", &cert, reterr);
	if (rc == VF_OK && cms.printed_name.n && !vf_printed_name_is(cms.printed_name))
		rc = vf_fail(reterr, VF_INTERNAL, "a printed name that was not checked");
	if (rc == VF_OK)
		rc = check_pair(s, &cert, "signer", reterr);
	if (rc != VF_OK)
		return rc;
	/* notAfter names the last second that counts (RFC 5280 4.1.2.5) */
	if (time_ms < cert.from || time_ms / 1000 > cert.end / 1000)
		return vf_fail(reterr, VF_SIGNER_CERT_TIME,
			"the signer's certificate is not valid at the time of signing");
	rc = nt_cms_attributes(&cms, &attributes, reterr);
	if (rc == VF_OK)
		rc = nt_signer_sign(s, nt_buf_bytes(&attributes), &signature, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_cms_put(&cms, nt_buf_bytes(&attributes), nt_signer_algorithm(s),
		nt_buf_bytes(&signature), ret, reterr);
}
