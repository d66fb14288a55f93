#include <zlib.h>

#include "tests/check.h"
#include "tests/read_pieces.h"

static uint8_t packed[1 << 20];

/* bits: 15 zlib, 31 gzip, -15 bare deflate. */
static struct vf_bytes pack(struct vf_bytes b, int bits, size_t at)
{
	z_stream z = {0};

	if (deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		exit(1);
	z.next_in = (Bytef *)(uintptr_t)b.p;
	z.avail_in = (uInt)b.n;
	z.next_out = packed + at;
	z.avail_out = (uInt)(sizeof(packed) - at);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		exit(1);
	deflateEnd(&z);
	return vf_bytes(packed + at, z.total_out);
}

/* Inflates what comes in pieces; the first 256 octets in text, their number in *ret_n. */
static enum vf_rc inflate_all(struct vf_bytes from, size_t piece, uint64_t max, char text[257], size_t *ret_n, struct vf_err *err)
{
	static struct pieces pieces;
	struct tr_source source = pieces_source(&pieces, from, piece);
	struct tr_inflate *s = NULL;
	struct vf_bytes b;
	enum vf_rc rc = tr_inflate_new(&source, max, &s, err);

	*ret_n = 0;
	for (; rc == VF_OK; *ret_n += b.n) {
		rc = tr_inflate_source(s)->next(tr_inflate_source(s)->ctx, &b, err);
		if (rc != VF_OK || b.n == 0)
			break;
		for (size_t i = 0; i < b.n && *ret_n + i < 256; i++)
			text[*ret_n + i] = (char)b.p[i];
	}
	text[*ret_n < 256 ? *ret_n : 256] = 0;
	if (rc != VF_OK && s) /* the same again */
		CHECK_RC(tr_inflate_source(s)->next(tr_inflate_source(s)->ctx, &b, NULL), rc);
	tr_inflate_free(s);
	return rc;
}

static void gives(struct vf_bytes from, enum vf_rc rc, const char *text)
{
	char got[257];
	struct vf_err err;
	size_t n;

	for (size_t piece = 1; piece < 200; piece = piece * 3 + 1) {
		CHECK_RC(inflate_all(from, piece, 1000000, got, &n, &err), rc);
		CHECK_STR(rc == VF_OK ? got : err.text, text);
	}
}

static void test_streams(void)
{
	struct vf_bytes b = pack(vf_bytes_str("hello hello hello"), 15, 0);

	gives(b, VF_OK, "hello hello hello");
	gives(vf_bytes(b.p, b.n - 1), VF_FILE_SHAPE, "compressed data: it ends before its end");
	packed[b.n] = 0;
	gives(vf_bytes(b.p, b.n + 1), VF_FILE_SHAPE, "compressed data: something stands behind the end");
	packed[b.n - 1] ^= 1;
	gives(b, VF_FILE_SHAPE, "compressed data: incorrect data check");
	b = pack(vf_bytes_str("hello"), 31, 0);
	gives(b, VF_OK, "hello");
	b.n += pack(vf_bytes_str(" world"), 31, b.n).n; /* members (RFC 1952 2.2) */
	gives(b, VF_OK, "hello world");
	packed[b.n] = 0x1f;
	gives(vf_bytes(b.p, b.n + 1), VF_FILE_SHAPE, "compressed data: it ends before its end");
	packed[b.n] = 0;
	gives(vf_bytes(b.p, b.n + 1), VF_FILE_SHAPE, "compressed data: something stands behind the end");
	b = pack(vf_bytes_str("hello"), -15, 0);
	gives(b, VF_FILE_SHAPE, "compressed data: incorrect header check");
	gives(vf_bytes_str(""), VF_FILE_SHAPE, "compressed data: nothing is there");
}

static void test_limits(void)
{
	const size_t n = 50000000;
	uint8_t *zeros = calloc(1, n);
	struct vf_bytes b;
	struct vf_err err;
	char text[257];
	size_t got;

	if (!zeros)
		exit(1);
	b = pack(vf_bytes(zeros, n), 31, 0);
	CHECK_RC(inflate_all(b, 1000, n, text, &got, &err), VF_OK);
	CHECK_INT(got, n);
	CHECK_RC(inflate_all(b, 1000, n - 1, text, &got, &err), VF_LIMIT);
	CHECK(got < n);
	free(zeros);
}

static void test_source_fault(void)
{
	static struct pieces pieces;
	struct vf_bytes b = pack(vf_bytes_str("hello"), 31, 0), out;
	struct tr_source source = pieces_source(&pieces, vf_bytes(b.p, 4), 100);
	struct tr_inflate *s = NULL;
	struct vf_err err;

	pieces.end = VF_IO;
	CHECK_RC(tr_inflate_new(&source, 100, &s, NULL), VF_OK);
	CHECK_RC(tr_inflate_source(s)->next(tr_inflate_source(s)->ctx, &out, &err), VF_IO);
	CHECK_STR(err.text, "a fault that was asked for");
	tr_inflate_free(s);
	tr_inflate_free(NULL);
}

int main(void)
{
	test_streams();
	test_limits();
	test_source_fault();
	return check_done();
}
