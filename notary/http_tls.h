/*
 * TLS of the HTTP server: certificate and key, one connection's reads and writes.
 *
 * Knows OpenSSL. TLS 1.2 and 1.3, no resumption, no renegotiation. A client's certificate is
 * asked for when wanted, and any is taken: the handshake proves that the client holds the key,
 * and whose key it is decides the caller, by its digest. The server's TLS key signs nothing
 * that is evidence and is the one key that does not live in signer.c, as OpenSSL uses it itself.
 */
#ifndef NOTARY_HTTP_TLS_H
#define NOTARY_HTTP_TLS_H

#include "notary/buf.h"

struct nt_tls;      /* certificate and key, shared by connections; may be used by several threads */
struct nt_tls_conn; /* one connection */

struct nt_tls_config {
	const char *certificate, *key; /* PEM files */
	bool ask_certificate;
};

/*
 * Loads the files; when neither is there it makes them: a P-256 key (mode 0600) and a certificate
 * of its own signature for localhost, the loopback addresses and address, valid for ten years from
 * the clock's time. TLS_FAILED; PERMISSION when others may read the key; NO_INPUT when only one is there.
 */
VF_RC nt_tls_new(const struct nt_tls_config *config, const char *address, struct nt_tls **ret, struct vf_err *reterr);
struct nt_tls *nt_tls_free(struct nt_tls *t);
/* Loads the files again; on failure nothing changes. Open connections keep what they have. */
VF_RC nt_tls_reload(struct nt_tls *t, struct vf_err *reterr);
/* SHA-256 over the certificate in DER. */
void nt_tls_fingerprint(struct nt_tls *t, uint8_t ret[32]);

enum nt_io {
	NT_IO_DONE,       /* at least one octet, or the handshake is over */
	NT_IO_WANT_READ,  /* again when the socket can be read */
	NT_IO_WANT_WRITE, /* again when the socket can be written */
	NT_IO_END,        /* the client has ended the stream */
	NT_IO_FAILED,
};

/* For a connected socket that does not block, which stays the caller's; NULL without memory. */
struct nt_tls_conn *nt_tls_conn_new(struct nt_tls *t, int fd);
struct nt_tls_conn *nt_tls_conn_free(struct nt_tls_conn *c);
enum nt_io nt_tls_handshake(struct nt_tls_conn *c);
enum nt_io nt_tls_read(struct nt_tls_conn *c, void *out, size_t n, size_t *ret);
enum nt_io nt_tls_write(struct nt_tls_conn *c, struct vf_bytes b, size_t *ret);
/* Tells the client that nothing more comes; best effort. */
void nt_tls_end(struct nt_tls_conn *c);
/* SHA-256 over the SubjectPublicKeyInfo of the client's certificate; false when it showed none. */
bool nt_tls_client_key(struct nt_tls_conn *c, uint8_t ret[32]);

#endif
