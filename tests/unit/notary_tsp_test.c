#include "notary/tsp.h"

#include "verify/limits.h"
#include "verify/tst.h"

#include "tests/check.h"

/* What 'openssl ts -query' (3.0) wrote over "abc". */
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define IMPRINT256 "3031300d060960864801650304020105000420" SHA256_ABC
#define QUERY_CERT "3044020101" IMPRINT256 "020900b49e72a621ff4c500101ff"
#define QUERY_BARE "3036020101" IMPRINT256
#define QUERY_POLICY                                                                                                   \
	"30680201013051300d060960864801650304020305000440ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55" \
	"d39a"                                                                                                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f06032a030402086a91c5522dc723980101ff"
#define QUERY_SHA384                                                                                                   \
	"30510201013041300d060960864801650304020205000430cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff" \
	"5bed"                                                                                                         \
	"8086072ba1e7cc2358baeca134c825a7020900c4cc4856c74ac0b3"
#define QUERY_SHA1                                                                                                     \
	"30310201013021300906052b0e03021a05000414a9993e364706816aba3e25717850c26c9cd0d89d02090086e21bf117f007af"
/* What 'openssl ts -reply' said to a wrong digest and to a wrong policy. */
#define REPLY_BAD_ALG                                                                                                  \
	"30373035020102302c0c2a4d6573736167652064696765737420616c676f726974686d206973206e6f7420737570706f727465642e03" \
	"020780"
#define REPLY_BAD_POLICY                                                                                               \
	"3030302e02010230240c2252657175657374656420706f6c696379206973206e6f7420737570706f727465642e0303000001"

static uint8_t room[65536];
static size_t used;

/* The octets of hex digits; they live until the end. */
static struct vf_bytes hex(const char *text)
{
	size_t n = strlen(text) / 2;
	struct vf_bytes b = vf_bytes(room + used, n);

	if (n > sizeof(room) - used || !vf_hex_read(vf_bytes_str(text), room + used, n))
		exit(1);
	used += n;
	return b;
}

static void test_good_requests(void)
{
	static const struct {
		const char *hex, *policy, *nonce;
		enum vf_alg alg;
		bool cert_req;
	} cases[] = {
		{QUERY_CERT, "", "00b49e72a621ff4c50", VF_SHA256, true},
		{QUERY_BARE, "", "", VF_SHA256, false},
		{QUERY_POLICY, "2a0304", "6a91c5522dc72398", VF_SHA512, true},
		{QUERY_SHA384, "", "00c4cc4856c74ac0b3", VF_SHA384, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_buf out = nt_buf(NT_TSP_MAX_REQUEST);
		struct nt_tsp_request q;
		struct vf_digest want;
		enum nt_tsp_fail fail;

		CHECK_RC(nt_tsp_request_read(hex(cases[i].hex), &q, &fail, NULL), VF_OK);
		CHECK_RC(vf_digest(cases[i].alg, vf_bytes_str("abc"), &want, NULL), VF_OK);
		CHECK(vf_digest_eq(&q.imprint, &want));
		CHECK_BYTES(q.policy, hex(cases[i].policy));
		CHECK_BYTES(q.nonce, hex(cases[i].nonce));
		CHECK(q.cert_req == cases[i].cert_req);
		/* ours is octet by octet what openssl writes */
		CHECK_RC(nt_tsp_request_put(&out, &q, NULL), VF_OK);
		CHECK_BYTES(nt_buf_bytes(&out), hex(cases[i].hex));
		nt_buf_done(&out);
	}
}

static void test_bad_requests(void)
{
	static const struct {
		const char *hex;
		enum nt_tsp_fail fail;
		enum vf_rc rc;
	} cases[] = {
		{"", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"3000", NT_TSP_BAD_REQUEST, VF_TS_SHAPE},
		{QUERY_SHA1, NT_TSP_BAD_ALG, VF_UNSUPPORTED},
		/* one octet more, one less, indefinite length, a length with a zero in front */
		{QUERY_BARE "00", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"3037020101" IMPRINT256, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"3080020101" IMPRINT256 "0000", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"308136020101" IMPRINT256, NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		/* versions 0, 2 and none */
		{"3036020100" IMPRINT256, NT_TSP_BAD_REQUEST, VF_TS_SHAPE},
		{"3036020102" IMPRINT256, NT_TSP_BAD_REQUEST, VF_TS_SHAPE},
		{"3033" IMPRINT256, NT_TSP_BAD_REQUEST, VF_TS_SHAPE},
		{"3003020101", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		/* SHA-256 of 20 octets; SHA-256 with parameters; an unknown algorithm; none */
		{"302a0201013025300d060960864801650304020105000414a9993e364706816aba3e25717850c26c9cd0d89d",
			NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"30370201013032300e06096086480165030402010201010420" SHA256_ABC, NT_TSP_BAD_DATA_FORMAT,
			VF_TS_SHAPE},
		{"302c0201013027300306012a0420" SHA256_ABC, NT_TSP_BAD_ALG, VF_UNSUPPORTED},
		{"302d020101302830000424" SHA256_ABC "00000000", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		/* SHA3-256, which the verifier knows and this does not offer */
		{"30360201013031300d060960864801650304020805000420" SHA256_ABC, NT_TSP_BAD_ALG, VF_UNSUPPORTED},
		/* certReq FALSE is not written in DER; TRUE is ff */
		{"3039020101" IMPRINT256 "010100", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"3039020101" IMPRINT256 "010101", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		/* a nonce with a zero too many, without octets, of 33 octets, before the policy */
		{"303a020101" IMPRINT256 "02020001", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"3038020101" IMPRINT256 "0200", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		{"3059020101" IMPRINT256 "0221" SHA256_ABC "00", NT_TSP_BAD_REQUEST, VF_TS_SHAPE},
		{"303c020101" IMPRINT256 "02010106012a", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		/* a policy that is no OID */
		{"3039020101" IMPRINT256 "060180", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
		/* extensions, empty ones too; another tag */
		{"3038020101" IMPRINT256 "a000", NT_TSP_UNACCEPTED_EXTENSION, VF_UNSUPPORTED},
		{"3041020101" IMPRINT256 "a009300706022a0304010a", NT_TSP_UNACCEPTED_EXTENSION, VF_UNSUPPORTED},
		{"3038020101" IMPRINT256 "a100", NT_TSP_BAD_DATA_FORMAT, VF_TS_SHAPE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_tsp_request q = {.cert_req = true};
		enum nt_tsp_fail fail = NT_TSP_SYSTEM_FAILURE;
		struct vf_err err = {0};

		if (nt_tsp_request_read(hex(cases[i].hex), &q, &fail, &err) != cases[i].rc || fail != cases[i].fail)
			CHECK_FAIL("request %zu: %s, bit %d", i, err.text, (int)fail);
		CHECK_INT(err.rc, cases[i].rc);
		CHECK(q.imprint.alg == VF_ALG_NONE); /* nothing is written on refusal */
	}
}

static void test_long_request(void)
{
	static uint8_t octets[NT_TSP_MAX_REQUEST + 1];
	struct nt_tsp_request q;
	enum nt_tsp_fail fail = NT_TSP_BAD_ALG;

	CHECK_RC(nt_tsp_request_read(vf_bytes(octets, sizeof(octets)), &q, &fail, NULL), VF_TS_SHAPE);
	CHECK_INT(fail, NT_TSP_BAD_REQUEST);
	CHECK_RC(nt_tsp_request_read(vf_bytes(octets, sizeof(octets) - 1), &q, &fail, NULL), VF_TS_SHAPE);
	CHECK_INT(fail, NT_TSP_BAD_DATA_FORMAT);
}

/* Every cut and every flipped bit of a request is read as something else or refused, never over its end. */
static void test_every_bit(void)
{
	struct vf_bytes whole = hex(QUERY_POLICY);
	uint8_t *copy = malloc(whole.n);
	struct nt_tsp_request q;
	enum nt_tsp_fail fail;

	if (!copy)
		exit(1);
	for (size_t bit = 0; bit < 8 * whole.n; bit++) {
		struct nt_buf out = nt_buf(NT_TSP_MAX_REQUEST);

		memcpy(copy, whole.p, whole.n);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (nt_tsp_request_read(vf_bytes(copy, whole.n), &q, &fail, NULL) == VF_OK) {
			CHECK_RC(nt_tsp_request_put(&out, &q, NULL), VF_OK);
			CHECK_BYTES(nt_buf_bytes(&out), vf_bytes(copy, whole.n));
		}
		nt_buf_done(&out);
	}
	for (size_t n = 0; n < whole.n; n++)
		CHECK(nt_tsp_request_read(vf_bytes(whole.p, n), &q, &fail, NULL) != VF_OK);
	free(copy);
}

static void test_granted(void)
{
	struct vf_bytes token = check_read("tests/vectors/tst/p256-certs.tst"), got;
	struct vf_bytes theirs = check_read("tests/vectors/tst/p256-certs.tsr");
	struct nt_buf out = nt_buf(VF_MAX_TOKEN), more = nt_buf(VF_MAX_TOKEN);
	struct vf_tst t;
	char text[100];

	CHECK_RC(nt_tsp_granted_put(&out, token, NULL), VF_OK);
	CHECK_RC(nt_tsp_response_token(nt_buf_bytes(&out), &got, NULL), VF_OK);
	CHECK_BYTES(got, token);
	CHECK_RC(vf_tsr_parse(nt_buf_bytes(&out), false, &t, NULL), VF_OK);
	nt_tsp_status_text(nt_buf_bytes(&out), text, sizeof(text));
	CHECK_STR(text, "granted");
	/* as openssl writes it */
	CHECK_RC(nt_tsp_response_token(theirs, &got, NULL), VF_OK);
	CHECK_RC(vf_tst_parse(got, &t, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), theirs);
	/* surplus octets behind, two tokens, a cut one */
	nt_buf_put(&more, theirs);
	nt_buf_put_u8(&more, 0);
	CHECK_RC(nt_tsp_response_token(nt_buf_bytes(&more), &got, NULL), VF_TS_SHAPE);
	nt_buf_reset(&more);
	nt_buf_put(&more, token);
	nt_buf_put(&more, token);
	nt_buf_reset(&out);
	CHECK_RC(nt_tsp_granted_put(&out, nt_buf_bytes(&more), NULL), VF_OK);
	CHECK_RC(nt_tsp_response_token(nt_buf_bytes(&out), &got, NULL), VF_TS_SHAPE);
	for (size_t n = 0; n < theirs.n; n += 7)
		CHECK_RC(nt_tsp_response_token(vf_bytes(theirs.p, n), &got, NULL), VF_TS_SHAPE);
	nt_buf_done(&out);
	nt_buf_done(&more);
	free((void *)(uintptr_t)token.p);
	free((void *)(uintptr_t)theirs.p);
}

static void test_refused(void)
{
	static const struct {
		const char *hex, *text;
	} theirs[] = {
		{REPLY_BAD_ALG, "rejection, badAlg: Message digest algorithm is not supported."},
		{REPLY_BAD_POLICY, "rejection, unacceptedPolicy: Requested policy is not supported."},
		{"30053003020103", "waiting"},
		{"30053003020101", "grantedWithMods"},
		{"30053003020106", "status 6"},
		{"3006300402020400", "status 1024"},
		/* two texts, one with a control character; every bit that we know and some that we do not */
		{"300f300d02010230080c02611b0c0262", "no TimeStampResp in DER"},
		{"300f300d02010230080c02611b0c02620a", "rejection: a\\x1b; b\\x0a"},
		{"300c300a0201020305" "00ffffffff",
			"rejection, badAlg, badRequest, badDataFormat, timeNotAvailable, unacceptedPolicy, "
			"unacceptedExtension, addInfoNotAvailable, systemFailure"},
	};
	struct vf_err err;
	struct vf_bytes got;
	char text[300];

	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		nt_tsp_status_text(hex(theirs[i].hex), text, sizeof(text));
		CHECK_STR(text, theirs[i].text);
		CHECK_RC(nt_tsp_response_token(hex(theirs[i].hex), &got, &err),
			i == 6 ? VF_TS_SHAPE : VF_TS_STATUS);
	}
	CHECK_RC(nt_tsp_response_token(hex(REPLY_BAD_ALG), &got, &err), VF_TS_STATUS);
	CHECK_STR(err.text, "the authority answered: rejection, badAlg: Message digest algorithm is not supported.");
	/* a line of any length ends in 0 and says the beginning */
	for (size_t n = 1; n < sizeof(text); n++) {
		nt_tsp_status_text(hex(REPLY_BAD_ALG), text, n);
		CHECK(strlen(text) < n && strncmp(text, theirs[0].text, strlen(text)) == 0);
	}
}

/* Ours are octet by octet those of openssl. */
static void test_refused_put(void)
{
	static const struct {
		enum nt_tsp_fail fail;
		const char *text, *hex;
	} cases[] = {
		{NT_TSP_BAD_ALG, "Message digest algorithm is not supported.", REPLY_BAD_ALG},
		{NT_TSP_UNACCEPTED_POLICY, "Requested policy is not supported.", REPLY_BAD_POLICY},
		{NT_TSP_BAD_REQUEST, "a", "300e300c02010230030c016103020520"},
		{NT_TSP_BAD_DATA_FORMAT, "a", "300e300c02010230030c016103020204"},
		{NT_TSP_TIME_NOT_AVAILABLE, "a", "300f300d02010230030c01610303010002"},
		{NT_TSP_UNACCEPTED_EXTENSION, "a", "3010300e02010230030c0161030407000080"},
		{NT_TSP_ADD_INFO_NOT_AVAILABLE, "a", "3010300e02010230030c0161030406000040"},
		{NT_TSP_SYSTEM_FAILURE, "a", "3011300f02010230030c016103050600000040"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_buf out = nt_buf(1000);

		CHECK_RC(nt_tsp_refused_put(&out, cases[i].fail, cases[i].text, NULL), VF_OK);
		CHECK_BYTES(nt_buf_bytes(&out), hex(cases[i].hex));
		nt_buf_done(&out);
	}
}

static void test_bad_responses(void)
{
	static const char *const cases[] = {
		"", "3000", "30023000", "30050c03020100",
		"30053003020100",                       /* granted without a token */
		"30073003020100" "0400",                /* something else in its place */
		"30093007020100" "03020780" "3000",     /* two elements */
		"300b3007020100" "03020780" "3000",     /* granted, and badAlg */
		"3006300402020001",                     /* a longer 1 */
		"3005300302" "01ff",                    /* negative */
		"30073005020102" "3100",                /* texts that are a SET */
		"300830060201023001" "0c",              /* cut text */
		"300a3008020102" "30030c01ff",          /* not UTF-8 */
		"300830060201020301" "01",              /* unused bits of nothing */
		"3009300702010203020880",               /* eight unused bits */
		"300730050201020300",                   /* no octet of unused bits */
		"30073005020102" "0500",                /* surplus */
		"3080300302010030000000",               /* BER */
	};
	struct vf_bytes got;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vf_err err = {0};

		if (nt_tsp_response_token(hex(cases[i]), &got, &err) != VF_TS_SHAPE)
			CHECK_FAIL("response %zu: %s %s", i, vf_rc_name(err.rc), err.text);
	}
	/* an empty failInfo beside a token is odd and harmless */
	CHECK_RC(nt_tsp_response_token(hex("300a3006020100" "030100" "3000"), &got, NULL), VF_OK);
	CHECK_BYTES(got, hex("3000"));
}

int main(void)
{
	test_good_requests();
	test_bad_requests();
	test_long_request();
	test_every_bit();
	test_granted();
	test_refused();
	test_refused_put();
	test_bad_responses();
	return check_done();
}
