#include "verify/ber.h"

#include <openssl/cms.h>

#include "tests/unit/pki_maker.h"
#include "verify/limits.h"

#define ROUNDS 6000

/* The same element twice: in DER, and somehow in BER. */
struct twin {
	struct vf_bytes der, ber;
};

static uint32_t state = 20260301;

static uint32_t some(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static struct vf_bytes octets(size_t n)
{
	uint8_t *p = make_room(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)some(256);
	return vf_bytes(p, n);
}

/* An element with an indefinite length. */
static struct vf_bytes open_element(uint8_t tag, struct vf_bytes body)
{
	uint8_t *head = make_room(2), *end = make_room(2);

	head[0] = tag;
	head[1] = 0x80;
	end[0] = end[1] = 0;
	return JOIN(vf_bytes(head, 2), body, vf_bytes(end, 2));
}

/* A definite length with zeros before it. */
static struct vf_bytes padded(uint8_t tag, struct vf_bytes body, size_t zeros)
{
	uint8_t *p = make_room(6 + zeros);

	memset(p, 0, 6 + zeros);
	p[0] = tag;
	p[1] = (uint8_t)(0x84 + zeros);
	for (size_t i = 0; i < 4; i++)
		p[2 + zeros + i] = (uint8_t)(body.n >> (8 * (3 - i)));
	return JOIN(vf_bytes(p, 6 + zeros), body);
}

static struct vf_bytes any_length(uint8_t tag, struct vf_bytes body)
{
	uint32_t r = some(4);

	if (r == 0 && (tag & 0x20))
		return open_element(tag, body);
	if (r == 1)
		return padded(tag, body, some(3) == 0 ? some(100) : 0);
	return make_der(tag, body);
}

/* An OCTET STRING in pieces, of which some are in pieces. */
static struct vf_bytes pieces(struct vf_bytes value, unsigned depth)
{
	struct vf_bytes all = NOTHING;

	if (depth == 0 || some(3) == 0)
		return any_length(VF_DER_OCTET_STRING, value);
	while (value.n) {
		struct vf_bytes part;

		MUST(vf_take(&value, 1 + some((uint32_t)value.n), &part));
		all = JOIN(all, pieces(part, depth - 1));
	}
	return any_length(0x24, all);
}

static struct twin primitive(void)
{
	static const uint8_t tags[] = {VF_DER_OCTET_STRING, VF_DER_UTF8_STRING, VF_DER_BIT_STRING, 0x80, 0x82, 0x41};
	uint8_t tag = tags[some(sizeof(tags))];
	struct vf_bytes body = octets(some(20) == 0 ? some(70000) : some(200));

	switch (some(5)) {
	case 0:
		return (struct twin){make_int(5), any_length(VF_DER_INTEGER, vf_bytes("\5", 1))};
	case 1:
		return (struct twin){make_der(VF_DER_NULL, NOTHING), any_length(VF_DER_NULL, NOTHING)};
	case 2:
		return (struct twin){make_der(VF_DER_OCTET_STRING, body), pieces(body, 4)};
	default:
		if (tag == VF_DER_BIT_STRING) /* all bits in use */
			body = JOIN(vf_bytes("", 1), body);
		return (struct twin){make_der(tag, body), any_length(tag, body)};
	}
}

static struct twin tree(unsigned depth)
{
	static const uint8_t tags[] = {VF_DER_SEQUENCE, VF_DER_SET, 0xa0, 0xa3, 0x28, 0x2b, 0x61};
	uint8_t tag = tags[some(sizeof(tags))];
	struct twin all = {NOTHING, NOTHING};

	if (depth == 0 || some(4) == 0)
		return primitive();
	for (uint32_t n = some(5); n > 0; n--) {
		struct twin t = tree(depth - 1);

		all.der = JOIN(all.der, t.der);
		all.ber = JOIN(all.ber, t.ber);
	}
	return (struct twin){make_der(tag, all.der), any_length(tag, all.ber)};
}

/* Converts in an arena that is just as large as the header promises. */
static enum vf_rc convert(struct vf_bytes ber, struct vf_bytes *ret)
{
	size_t room = 3 * ber.n + 64;
	struct vf_arena a;
	struct vf_err err;

	vf_arena_init(&a, make_room(room), room);
	return vf_ber_to_der(ber, &a, ret, &err);
}

/* The textbook version is the twin. */
static void test_trees(void)
{
	size_t kept = maker_used;
	struct vf_bytes got, again;
	struct vf_arena none;
	struct vf_err err;

	for (size_t i = 0; i < ROUNDS; i++) {
		struct twin t = tree(5);
		bool same = vf_bytes_eq(t.der, t.ber);

		CHECK_RC(convert(t.ber, &got), VF_OK);
		CHECK_BYTES(got, t.der);
		CHECK((got.p == t.ber.p) == same);
		CHECK_RC(convert(got, &again), VF_OK);
		CHECK(again.p == got.p && again.n == got.n);
		vf_arena_init(&none, make_room(1), 0);
		CHECK_RC(vf_ber_to_der(t.ber, &none, &got, &err), same ? VF_OK : VF_NO_MEMORY);
		maker_used = kept;
	}
}

static void test_damage(void)
{
	size_t kept = maker_used, larger = 0;
	struct vf_bytes got, part;

	for (size_t i = 0; i < 200; i++) {
		struct twin t = tree(3);

		CHECK_RC(convert(JOIN(t.ber, vf_bytes("\0", 1)), &got), VF_CMS_SHAPE);
		CHECK_RC(convert(JOIN(t.ber, t.ber), &got), VF_CMS_SHAPE);
		for (size_t n = 0; n < t.ber.n && n < 400; n++) {
			MUST(vf_bytes_slice(t.ber, 0, n, &part));
			CHECK_RC(convert(part, &got), VF_CMS_SHAPE);
		}
		larger += t.ber.n > 100;
		maker_used = kept;
	}
	CHECK(larger > 20);
}

/* What OpenSSL makes of the same octets. */
static void test_openssl(void)
{
	size_t kept = maker_used;

	for (size_t i = 0; i < ROUNDS / 4; i++) {
		struct vf_bytes all = NOTHING, got, list;
		const unsigned char *p;
		unsigned char *out = NULL;
		ASN1_SEQUENCE_ANY *seq;
		int n;

		for (uint32_t k = some(4); k > 0; k--)
			all = JOIN(all, pieces(octets(some(300)), 3));
		list = any_length(VF_DER_SEQUENCE, all);
		p = list.p;
		seq = d2i_ASN1_SEQUENCE_ANY(NULL, &p, (long)list.n);
		MUST(seq);
		n = i2d_ASN1_SEQUENCE_ANY(seq, &out);
		MUST(n > 0);
		CHECK_RC(convert(list, &got), VF_OK);
		CHECK_BYTES(got, vf_bytes(out, (size_t)n));
		OPENSSL_free(out);
		sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
		maker_used = kept;
	}
}

static struct vf_bytes through_openssl(struct vf_bytes ber)
{
	const unsigned char *p = ber.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)ber.n);
	unsigned char *out = NULL;
	struct vf_bytes r;
	int n;

	MUST(cms);
	n = i2d_CMS_ContentInfo(cms, &out);
	MUST(n > 0);
	r = make_copy(vf_bytes(out, (size_t)n));
	OPENSSL_free(out);
	CMS_ContentInfo_free(cms);
	return r;
}

/* Streamed signatures of OpenSSL, with contents in one piece and in several. */
static void test_cms(void)
{
	static const size_t sizes[] = {1, 12, 4096, 16384, 16385, 100000};
	struct vf_bytes der = make_file("tsa-p256.der"), ber = make_file("ber.tst"), got;
	EVP_PKEY *key = make_key("p256.key");
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	const unsigned flags = CMS_STREAM | CMS_BINARY | CMS_NOSMIMECAP;
	struct vf_signed s;
	struct vf_err err;

	MUST(x);
	CHECK_RC(convert(ber, &got), VF_OK);
	CHECK_BYTES(got, through_openssl(ber));
	CHECK_RC(vf_cms_parse(ber, VF_CMS_TOKEN, &s, &err), VF_TS_SHAPE);
	CHECK_RC(vf_cms_parse(got, VF_CMS_TOKEN, &s, &err), VF_OK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct vf_bytes data = octets(sizes[i]);
		BIO *in = BIO_new_mem_buf(data.p, (int)data.n), *out = BIO_new(BIO_s_mem());
		CMS_ContentInfo *cms = CMS_sign(x, key, NULL, in, flags);
		char *text;
		long n;

		MUST(cms && i2d_CMS_bio_stream(out, cms, in, CMS_STREAM | CMS_BINARY) == 1);
		n = BIO_get_mem_data(out, &text);
		ber = make_copy(vf_bytes(text, (size_t)n));
		CHECK(ber.p[1] == 0x80);
		CHECK_RC(convert(ber, &got), VF_OK);
		CHECK_BYTES(got, through_openssl(ber));
		CHECK_RC(vf_cms_parse(got, VF_CMS_SUBMITTER, &s, &err), VF_OK);
		CHECK_BYTES(s.content, data);
		CMS_ContentInfo_free(cms);
		BIO_free(in);
		BIO_free(out);
	}
	X509_free(x);
	EVP_PKEY_free(key);
}

static struct vf_bytes nested(uint8_t tag, size_t levels, bool open, struct vf_bytes inner)
{
	while (levels-- > 0)
		inner = open ? open_element(tag, inner) : make_der(tag, inner);
	return inner;
}

static void test_limits(void)
{
	struct vf_bytes null = make_der(VF_DER_NULL, NOTHING), got;
	size_t large = VF_MAX_PART + 1;
	uint8_t *p;

	CHECK_RC(convert(nested(VF_DER_SEQUENCE, VF_MAX_DER_DEPTH, true, null), &got), VF_OK);
	CHECK_BYTES(got, nested(VF_DER_SEQUENCE, VF_MAX_DER_DEPTH, false, null));
	CHECK(vf_der_is_strict(got));
	CHECK_RC(convert(nested(VF_DER_SEQUENCE, VF_MAX_DER_DEPTH + 1, true, null), &got), VF_LIMIT);
	CHECK_RC(convert(nested(VF_DER_SEQUENCE, VF_MAX_DER_DEPTH + 1, false, null), &got), VF_LIMIT);
	CHECK_RC(convert(nested(0x24, VF_MAX_DER_DEPTH + 1, true, NOTHING), &got), VF_LIMIT);
	/* malformed is malformed, however deep */
	CHECK_RC(convert(nested(VF_DER_SEQUENCE, VF_MAX_DER_DEPTH, false, vf_bytes("\x30\x05", 2)), &got), VF_CMS_SHAPE);
	/* nothing is read when it is too large, and nesting costs no stack */
	p = malloc(large);
	MUST(p);
	memset(p, 0x30, large);
	for (size_t i = 1; i < large; i += 2)
		p[i] = 0x80;
	CHECK_RC(vf_ber_to_der(vf_bytes(p, large), NULL, &got, NULL), VF_LIMIT);
	CHECK_RC(vf_ber_to_der(vf_bytes(p, large - 1), NULL, &got, NULL), VF_CMS_SHAPE);
	/* closed by as many zeros: 4 Mi levels */
	memset(p + large / 2, 0, large / 2);
	CHECK_RC(vf_ber_to_der(vf_bytes(p, large - 1), NULL, &got, NULL), VF_LIMIT);
	free(p);
}

static void test_refusals(void)
{
#define ROW(text) {text, sizeof(text) - 1}
	static const struct {
		const char *octets;
		size_t n;
	} rows[] = {
		ROW(""), ROW("\x30"), ROW("\x00\x00"), ROW("\x05\x80\x00\x00"), /* primitive and indefinite */
		ROW("\x04\x80" "a\x00\x00"), ROW("\x30\x80\x30\x02\x04\x80\x00\x00"), ROW("\x30\xff\x00"), /* a reserved length */
		ROW("\x30\x85\x01\x00\x00\x00\x00"), ROW("\x30\x84\xff\xff\xff\xff"), ROW("\x30\x81"),
		ROW("\x1f\x81\x01\x00"), ROW("\x30\x80\x1f\x22\x00\x00\x00"), /* high tag numbers */
		ROW("\x30\x02\x00\x00"), ROW("\x30\x80\x00\x01\x00\x00"), /* an end where none may be */
		ROW("\x30\x80\x00"), ROW("\x30\x80\x00\x00\x00\x00"), ROW("\x30\x80\x30\x80\x00\x00"),
		ROW("\x30\x04\x30\x80\x05\x00\x00\x00"), /* an open element that ends outside of its parent */
		ROW("\x24\x03\x0c\x01" "a"), ROW("\x24\x02\x30\x00"), ROW("\x24\x80\x02\x01\x05\x00\x00"),
		ROW("\x23\x04\x03\x02\x00\x01"), ROW("\x2c\x03\x0c\x01" "a"), ROW("\x22\x03\x02\x01\x05"),
		ROW("\x02\x02\x00\x05"), ROW("\x30\x80\x02\x02\x00\x05\x00\x00"), /* values that are not DER */
		ROW("\x01\x01\x01"), ROW("\x05\x01\x00"), ROW("\x06\x02\x80\x01"), ROW("\x06\x00"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vf_bytes got = NOTHING;
		enum vf_rc rc = convert(make_copy(vf_bytes(rows[i].octets, rows[i].n)), &got);

		CHECK(got.p == NULL);
		if (rc != VF_CMS_SHAPE)
			CHECK_FAIL("row %zu gives %s", i, vf_rc_name(rc));
	}
	CHECK_RC(convert(vf_bytes("\x24\x00", 2), &(struct vf_bytes){0}), VF_OK);
}

static void test_take(void)
{
	struct vf_bytes inner = JOIN(open_element(VF_DER_SET, make_int(1)), padded(VF_DER_SEQUENCE, make_int(2), 0));
	struct vf_bytes zeros = make_der(VF_DER_OCTET_STRING, vf_bytes("\0\0\0\0", 4)), in, before;
	struct vf_bytes all = open_element(VF_DER_SEQUENCE, JOIN(inner, zeros));
	struct vf_ber b, c;

	in = JOIN(all, make_int(7));
	CHECK(vf_ber_take(&in, &b));
	CHECK(b.indefinite && b.tag == VF_DER_SEQUENCE);
	CHECK_BYTES(b.whole, all);
	CHECK_BYTES(b.body, JOIN(inner, zeros));
	CHECK(vf_ber_take(&b.body, &c) && c.indefinite);
	CHECK_BYTES(c.body, make_int(1));
	CHECK(vf_ber_take(&b.body, &c) && !c.indefinite);
	CHECK_BYTES(c.body, make_int(2));
	CHECK(vf_ber_take(&b.body, &c) && c.tag == VF_DER_OCTET_STRING && b.body.n == 0);
	CHECK(vf_ber_take(&in, &b) && !b.indefinite && in.n == 0);
	/* a refusal changes nothing */
	CHECK(!vf_ber_take(&in, &b));
	for (size_t n = 0; n < all.n; n++) {
		MUST(vf_bytes_slice(all, 0, n, &in));
		before = in;
		CHECK(!vf_ber_take(&in, &b) && in.p == before.p && in.n == before.n);
	}
}

int main(void)
{
	test_trees();
	test_damage();
	test_openssl();
	test_cms();
	test_limits();
	test_refusals();
	test_take();
	return check_done();
}
