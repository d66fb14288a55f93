/* The strict reader of requests: what it takes, what it refuses and with which status. */
#include "notary/http_parse.h"

#include "tests/check.h"

static struct nt_http_head head;

static enum vf_rc parse(const char *text)
{
	return nt_http_head_parse(vf_bytes_str(text), &head, NULL);
}

static void test_good(void)
{
	struct vf_bytes v;

	CHECK_RC(parse("POST /v1/a%20b/?x=&y=a%26b%3D+c&%C3%A9=%2525 HTTP/1.1\r\nhost: [::1]:80\r\nContent-Length: 17\r\n"
		"X-Empty:\r\nX-Tab:\t a\tb \t\r\nAccept: a\r\nAccept: b\r\nExpect: 100-Continue\r\n\r\n"), VF_OK);
	CHECK_INT(head.method, NT_HTTP_POST);
	CHECK_BYTES(head.path, vf_bytes_str("/v1/a b/"));
	CHECK_INT(head.n_params, 3);
	CHECK_BYTES(head.params[0].value, vf_bytes_str(""));
	CHECK_BYTES(head.params[1].value, vf_bytes_str("a&b= c"));
	CHECK_BYTES(head.params[2].name, vf_bytes_str("\xc3\xa9"));
	CHECK_BYTES(head.params[2].value, vf_bytes_str("%25"));
	CHECK(head.has_length && !head.chunked && head.length == 17 && head.expect && !head.close && !head.http10);
	CHECK(nt_http_head_field(&head, "x-empty", &v) && v.n == 0);
	CHECK(nt_http_head_field(&head, "x-tab", &v));
	CHECK_BYTES(v, vf_bytes_str("a\tb"));
	CHECK(!nt_http_head_field(&head, "x-none", &v));
	CHECK(nt_http_head_lists(&head, "accept", "B") && !nt_http_head_lists(&head, "accept", "c"));
	CHECK_RC(parse("PUT / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: CHUNKED\r\n\r\n"), VF_OK);
	CHECK(head.chunked && !head.has_length);
	CHECK_RC(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), VF_OK);
	CHECK(head.http10 && head.close && !head.expect);
	CHECK_RC(parse("GET https://h:1/p?q=1 HTTP/1.1\r\nHost: other\r\n\r\n"), VF_OK);
	CHECK_BYTES(head.path, vf_bytes_str("/p"));
	CHECK_RC(parse("GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"A\" , *\r\n\r\n"), VF_OK);
	CHECK(nt_http_head_none_match(&head, "\"z\""));
	CHECK_RC(parse("GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"A\"\r\nIf-None-Match: W/\"B\"\r\n\r\n"), VF_OK);
	CHECK(nt_http_head_none_match(&head, "\"B\"") && !nt_http_head_none_match(&head, "\"a\""));
}

/* The target alone, in an otherwise good request. */
static const struct {
	const char *target;
	unsigned status;
} targets[] = {
	{"", 400}, {"x", 400}, {"*", 400}, {"x:80", 400}, {"//", 400}, {"/a//b", 400}, {"/.", 400}, {"/..", 400}, {"/a/../b", 400},
	{"/a/./b", 400}, {"/a/%2e%2E/b", 400}, {"/%2e", 400}, {"/a%2fb", 400}, {"/a%5cb", 400}, {"/a\\b", 400}, {"/a%00b", 400},
	{"/a%0ab", 400}, {"/a%7f", 400}, {"/a%", 400}, {"/a%1", 400}, {"/a%g0", 400}, {"/%ff", 400}, {"/%c0%af", 400},
	{"/%ed%a0%80", 400}, {"/%e2%80%ae", 400}, {"/%252e%252e", 400}, {"/a#b", 400}, {"/a\"b", 400}, {"/a<b", 400}, {"/{a}", 400},
	{"/\xc3\xa9", 400}, {"/a?b", 400}, {"/a?=b", 400}, {"/a?b=1&", 400}, {"/a?&b=1", 400}, {"/a?b=1&&c=1", 400},
	{"/a?b=1&b=2", 400}, {"/a?b=1&%62=2", 400}, {"/a?b=%00", 400}, {"/a?b=%ff", 400}, {"/a?b=%", 400},
	{"http:///a", 400}, {"http://x", 400}, {"http://u@x/a", 400}, {"ftp://x/a", 400}, {"http://x?/a", 400},
	{"/a?b=c?d=e", 0}, {"/a?", 0}, {"/a.b/..c/...", 0}, {"/tile/0/x001/067.p/5", 0}, {"/a+b", 0},
};

/* Whole heads. */
static const struct {
	const char *text;
	unsigned status;
} heads[] = {
	{"GET / HTTP/1.1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\n\tfolded: x\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nA(: x\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nA: \x7f\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nA: \xff\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nauthorization: b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\nX-Any: a\r\nX-Any: a\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: x\r\n\r\nmore", 400},
	{"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	{"GET /  HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	{"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
	{" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	{"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	{"GET /\r\n\r\n", 400},
	{"GET / http/1.1\r\nHost: x\r\n\r\n", 400},
	{"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
	{"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
	{"PRI * HTTP/2.0\r\n\r\n", 505},
	{"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 01\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
	{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", 501},
	{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0b" "chunked\r\n\r\n", 400},
	{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n", 417},
	{"", 400}, {"\r\n", 400}, {"GET / HTTP/1.1\r\nHost: x\r\n", 400},
};

static enum vf_rc code_of(unsigned status)
{
	return status == 0 ? VF_OK : status == 400 ? VF_HTTP_SHAPE : status == 414 || status == 431 ? VF_HTTP_LIMIT : VF_HTTP_UNSUPPORTED;
}

static void test_refused(void)
{
	char text[8192];

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", targets[i].target);
		if (parse(text) != code_of(targets[i].status) || head.status != targets[i].status)
			CHECK_FAIL("target '%s' gives status %u", targets[i].target, head.status);
		check_count++;
	}
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (parse(heads[i].text) != code_of(heads[i].status) || head.status != heads[i].status)
			CHECK_FAIL("head %zu '%s' gives status %u", i, heads[i].text, head.status);
		check_count++;
	}
}

static void test_limits(void)
{
	char text[32768];
	size_t n;

	/* the longest target, and one octet more */
	for (size_t more = 0; more < 2; more++) {
		n = (size_t)snprintf(text, sizeof(text), "GET /");
		memset(text + n, 'a', NT_HTTP_MAX_TARGET - 1 + more);
		n += NT_HTTP_MAX_TARGET - 1 + more;
		snprintf(text + n, sizeof(text) - n, " HTTP/1.1\r\nHost: x\r\n\r\n");
		CHECK_RC(parse(text), more ? VF_HTTP_LIMIT : VF_OK);
		CHECK_INT(head.status, more ? 414 : 0);
	}
	for (size_t more = 0; more < 2; more++) {
		n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: x\r\n");
		for (size_t i = 1; i < NT_HTTP_MAX_FIELDS + more; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "x%zu: y\r\n", i);
		snprintf(text + n, sizeof(text) - n, "\r\n");
		CHECK_RC(parse(text), more ? VF_HTTP_LIMIT : VF_OK);
		CHECK_INT(head.status, more ? 431 : 0);
	}
	for (size_t more = 0; more < 2; more++) {
		n = (size_t)snprintf(text, sizeof(text), "GET /?a=1");
		for (size_t i = 1; i < NT_HTTP_MAX_PARAMS + more; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "&x%zu=y", i);
		snprintf(text + n, sizeof(text) - n, " HTTP/1.1\r\nHost: x\r\n\r\n");
		CHECK_RC(parse(text), more ? VF_HTTP_LIMIT : VF_OK);
		CHECK_INT(head.status, more ? 414 : 0);
	}
}

static enum nt_http_scan scan(struct vf_bytes in, size_t *at)
{
	*at = 0;
	return nt_http_head_scan(in, at);
}

static void test_scan(void)
{
	size_t at;

	CHECK_INT(scan(vf_bytes_str("GET / HTTP/1.1\r\nA: b\r\n\r\nrest"), &at), NT_HTTP_WHOLE);
	CHECK_INT(at, 24);
	CHECK_INT(scan(vf_bytes_str("GET / HTTP/1.1\r\n\r"), &at), NT_HTTP_MORE);
	CHECK_INT(scan(vf_bytes_str(""), &at), NT_HTTP_MORE);
	CHECK_INT(scan(vf_bytes_str("GET / HTTP/1.1\n"), &at), NT_HTTP_BAD);
	CHECK_INT(scan(vf_bytes_str("GET / HTTP/1.1\rA"), &at), NT_HTTP_BAD);
	CHECK_INT(scan(vf_bytes_str("GET / HTTP/1.1\r\r"), &at), NT_HTTP_BAD);
	CHECK_INT(scan(vf_bytes_str("\r\nGET"), &at), NT_HTTP_BAD);
	CHECK_INT(scan(vf_bytes_str("\n"), &at), NT_HTTP_BAD);
	CHECK_INT(scan(vf_bytes("G\0T", 3), &at), NT_HTTP_BAD);
	CHECK_INT(scan(vf_bytes("\x16\x03\x01", 3), &at), NT_HTTP_BAD);
}

static enum vf_rc chunks(struct vf_bytes in, size_t step, char *out, bool *done, size_t *rest)
{
	struct nt_http_chunks c = {0};
	struct vf_bytes part, data;
	enum vf_rc rc;
	size_t n = 0;

	out[0] = 0;
	while (in.n && !c.done) {
		size_t take = in.n < step ? in.n : step;

		part = vf_bytes(in.p, take);
		while (part.n && !c.done) {
			rc = nt_http_chunks_take(&c, &part, &data, NULL);
			if (rc != VF_OK)
				return rc;
			if (data.n && n + data.n < 64)
				memcpy(out + n, data.p, data.n);
			n += data.n;
		}
		in = vf_bytes(in.p + (take - part.n), in.n - (take - part.n));
	}
	out[n < 63 ? n : 63] = 0;
	*done = c.done;
	*rest = in.n;
	return VF_OK;
}

static void test_chunks(void)
{
	static const char *const bad[] = {"\r\n", "g\r\n", "3\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n",
		"0x3\r\nabc\r\n", "3\r\nabcd\r\n", "3\r\nabc0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "3;a=b\r\nabc\r\n", "0\r\nA: b\r\n\r\n",
		"0\r\n\n", "ffffffffffffffff\r\n", "10000000000000000\r\n", "-1\r\n", "3\r\rabc", "0\r\n0\r\n\r\n"};
	char out[64], *many = malloc(1 << 20);
	bool done;
	size_t rest, n = 0;

	for (size_t step = 1; step < 40; step++) {
		CHECK_RC(chunks(vf_bytes_str("3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\nNEXT"), step, out, &done, &rest), VF_OK);
		CHECK_STR(out, "abc0123456789");
		CHECK(done && rest == 4);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (chunks(vf_bytes_str(bad[i]), step, out, &done, &rest) != VF_HTTP_SHAPE)
				CHECK_FAIL("chunks '%s' are taken", bad[i]);
	}
	CHECK_RC(chunks(vf_bytes_str("5\r\nabc"), 99, out, &done, &rest), VF_OK);
	CHECK(!done);
	/* one octet a chunk costs five more: fine for a while only */
	while (n + 6 < 1 << 20)
		n += (size_t)snprintf(many + n, 8, "1\r\nx\r\n");
	CHECK_RC(chunks(vf_bytes(many, 60000), 4096, out, &done, &rest), VF_OK);
	CHECK_RC(chunks(vf_bytes(many, n), 4096, out, &done, &rest), VF_HTTP_LIMIT);
	free(many);
}

int main(void)
{
	test_good();
	test_refused();
	test_limits();
	test_scan();
	test_chunks();
	return check_done();
}
