/* The strict reader of multipart/form-data: what it takes and refuses, in memory and in a file alike. */
#include "notary/multipart.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/check.h"

#define WINDOW 262144 /* pieces in which a file is read */
#define B "--b\r\n"
#define NAME "Content-Disposition: form-data; name=\"a\"\r\n"
#define FORM "Content-Disposition: form-data; "
#define END "\r\n--b--\r\n"

static struct nt_multipart_part parts[4];

static int file_of(struct vf_bytes body)
{
	int fd = memfd_create("body", MFD_CLOEXEC);

	if (fd < 0 || (body.n && pwrite(fd, body.p, body.n, 0) != (ssize_t)body.n))
		exit(1);
	return fd;
}

static enum vf_rc read_all(const char *boundary, struct vf_bytes body, int fd, size_t *ret_n, struct vf_err *err)
{
	struct nt_multipart_boundary b = {.n = strlen(boundary)};
	VF_CLEANUP(nt_multipart_freep) struct nt_multipart *m = NULL;
	struct nt_multipart_part p;
	enum vf_rc rc;
	bool more = true;

	snprintf(b.text, sizeof(b.text), "%s", boundary);
	*ret_n = 0;
	CHECK_RC(nt_multipart_new(&b, fd < 0 ? body : vf_bytes(NULL, 0), fd, body.n, &m, NULL), VF_OK);
	for (;;) {
		rc = nt_multipart_next(m, &more, &p, err);
		if (rc != VF_OK) {
			CHECK_RC(nt_multipart_next(m, &more, &p, NULL), VF_HTTP_SHAPE); /* and stays refused */
			return rc;
		}
		if (!more)
			break;
		if (*ret_n < 4)
			parts[*ret_n] = p;
		++*ret_n;
	}
	CHECK_RC(nt_multipart_next(m, &more, &p, NULL), VF_OK);
	CHECK(!more);
	return VF_OK;
}

/* Both ways; they must agree in everything. */
static enum vf_rc parse(struct vf_bytes body, size_t *ret_n)
{
	struct nt_multipart_part kept[4];
	struct vf_err one = {0}, two = {0};
	size_t n;
	enum vf_rc rc = read_all("b", body, -1, ret_n, &one);
	int fd = file_of(body);

	memcpy(kept, parts, sizeof(kept));
	CHECK_RC(read_all("b", body, fd, &n, &two), rc);
	close(fd);
	CHECK_INT(n, *ret_n);
	CHECK_STR(one.text, two.text);
	for (size_t i = 0; i < n && i < 4; i++) {
		CHECK_STR(parts[i].name, kept[i].name);
		CHECK_STR(parts[i].filename, kept[i].filename);
		CHECK_STR(parts[i].type, kept[i].type);
		CHECK(parts[i].at == kept[i].at && parts[i].size == kept[i].size);
		CHECK_INT(parts[i].is_file, kept[i].is_file);
	}
	return rc;
}

static enum vf_rc parse_str(const char *body)
{
	size_t n;

	return parse(vf_bytes_str(body), &n);
}

static struct vf_bytes octets(struct vf_bytes body, const struct nt_multipart_part *p)
{
	struct vf_bytes ret = {0};

	CHECK(vf_bytes_slice(body, p->at, p->size, &ret));
	return ret;
}

static void test_good(void)
{
	/* as curl and browsers write it */
	struct vf_bytes body = vf_bytes_str(B FORM

		"name=\"submission\"\r\nContent-Type: application/JSON; charset=utf-8\r\n\r\n{\"a\":1}"
		"\r\n--b\r\ncontent-disposition:form-data ;name=document;FILENAME=\"Pr\xc3\xbc"
		"fplan %22v2%22 100%.pdf\" \t\r\nContent-Transfer-Encoding: BINARY\r\nX-Any: thing\r\n\r\n"
		"\r\n-\n--\r\n--c\r\n--b\r\n"
		NAME "\r\n\r\n--b--\r\n");
	size_t n;

	CHECK_RC(parse(body, &n), VF_OK);
	CHECK_INT(n, 3);
	CHECK_STR(parts[0].name, "submission");
	CHECK_STR(parts[0].type, "application/json");
	CHECK(!parts[0].is_file && parts[0].filename[0] == '\0');
	CHECK_BYTES(octets(body, &parts[0]), vf_bytes_str("{\"a\":1}"));
	CHECK_STR(parts[1].name, "document");
	CHECK_STR(parts[1].filename, "Pr\xc3\xbc"
				     "fplan \"v2\" 100%.pdf");
	CHECK_STR(parts[1].type, "");
	CHECK(parts[1].is_file);
	CHECK_BYTES(octets(body, &parts[1]), vf_bytes_str("\r\n-\n--\r\n--c"));
	CHECK_INT(parts[2].size, 0);
	CHECK_RC(parse_str(B NAME "\r\nx\r\n--b--"), VF_OK); /* the last CRLF may be absent */
	CHECK_RC(parse_str(B "Content-Disposition: form-data; name=\"%0D%0a%41%2\"\r\n\r\nx" END), VF_OK);
	CHECK_STR(parts[0].name, "\r\n%41%2");
}

static const char *const bad[] = {
	"", "--b", "--b--", "--b--\r\n", "--b\r\n", "--c\r\n" NAME "\r\nx\r\n--c--\r\n", "\r\n" B NAME "\r\nx" END,
	"text\r\n" B NAME "\r\nx" END, B NAME "\r\nx" END "\r\n", B NAME "\r\nx" END "text",
	B NAME "\r\nx\r\n--b--text", B NAME "\r\nx\r\n--b-- \r\n", B NAME "\r\nx\r\n--b--\n",
	B NAME "\r\nx\r\n--b--\r", B NAME "\r\nx\r\n--b-\r\n", "--b \r\n" NAME "\r\nx" END, "--b\n" NAME "\r\nx" END,
	B NAME "\r\nx", B NAME "\r\nx\r\n--b", B NAME "\r\nx\r\n--b\r\n",
	/* a boundary within the octets */
	B NAME "\r\nx\r\n--b2\r\ny" END, B NAME "\r\nx\n--b\r\n" NAME "\r\ny" END, B NAME "\r\nx\n--b--\r\n",
	B NAME "\r\n--b--\r\n", B NAME "\r\n\n--b--\r\n", B NAME "\r\n--b\r\n" NAME "\r\ny" END,
	/* header lines */
	B "\r\nx" END, B "Content-Type: text/plain\r\n\r\nx" END, B NAME NAME "\r\nx" END, B NAME "\r\n", B NAME,
	B FORM "name=\"a\"\n\r\nx" END, B NAME "\nx" END, B NAME " folded\r\n\r\nx" END,
	B NAME "\tfolded: x\r\n\r\nx" END, B NAME "X-A : x\r\n\r\nx" END, B NAME "X-A\r\n\r\nx" END,
	B NAME ": x\r\n\r\nx" END, B NAME "X-A: \x01\r\n\r\nx" END, B NAME "X-A: a\rb\r\n\r\nx" END,
	B NAME "X-A: \x7f\r\n\r\nx" END, B "Content-Disposition: attachment; name=\"a\"\r\n\r\nx" END,
	B "Content-Disposition: form-data\r\n\r\nx" END, B FORM "filename=\"a\"\r\n\r\nx" END,
	B FORM "name=\"\"\r\n\r\nx" END, B FORM "name=\"a\"; filename=\"\"\r\n\r\nx" END,
	B FORM "name=\"a\"; name=\"b\"\r\n\r\nx" END,
	B FORM "name=\"a\"; filename=\"b\"; filename=\"c\"\r\n\r\nx" END,
	B FORM "name=\"a\"; filename*=UTF-8''b\r\n\r\nx" END,
	B FORM "name=\"a\"; filename=\"b\"; filename*=UTF-8''c\r\n\r\nx" END, B FORM "name=\"a\\\"b\"\r\n\r\nx" END,
	B FORM "name=\"a\r\n\r\nx" END, B FORM "name=\"a\"b\r\n\r\nx" END, B FORM "name=\"a\";\r\n\r\nx" END,
	B FORM "name =\"a\"\r\n\r\nx" END, B FORM "name=\"\xff\"\r\n\r\nx" END,
	B FORM "name=\"\xed\xa0\x80\"\r\n\r\nx" END, B FORM "name=\r\n\r\nx" END,
	B NAME "Content-Type: text\r\n\r\nx" END, B NAME "Content-Type:\r\n\r\nx" END,
	B NAME "Content-Type: a/b c\r\n\r\nx" END, B NAME "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\nx" END,
	B NAME "Content-Type: Multipart/Mixed; boundary=c\r\n\r\nx" END,
	B NAME "Content-Transfer-Encoding: base64\r\n\r\nx" END,
	B NAME "Content-Transfer-Encoding: 8bit\r\n\r\nx" END,
};

static void test_bad(void)
{
	static const char good[] = B NAME "\r\nx\r\n--b\r\n" NAME "\r\ny" END;
	char text[256];
	size_t n, x = (size_t)(strchr(good, 'x') - good);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		enum vf_rc rc = parse_str(bad[i]);

		if (rc != VF_HTTP_SHAPE)
			CHECK_FAIL("body %zu gives %s: %s", i, vf_rc_name(rc), bad[i]);
	}
	/* every beginning but the one without the last CRLF */
	for (size_t i = 0; i < sizeof(good) - 1; i++)
		CHECK_RC(parse(vf_bytes(good, i), &n), i == sizeof(good) - 3 ? VF_OK : VF_HTTP_SHAPE);
	/* NUL is for the octets only, to which a broken boundary belongs, unless its LF still stands there bare */
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		bool inside = good[i] == 'x' || good[i] == 'y' || (i > x + 1 && i < x + 6);

		memcpy(text, good, sizeof(good));
		text[i] = '\0';
		CHECK_RC(parse(vf_bytes(text, sizeof(good) - 1), &n), inside ? VF_OK : VF_HTTP_SHAPE);
	}
}

/* What lies at the limit is taken, one more is refused. */
static void test_limits(void)
{
	struct nt_buf b = nt_buf(1 << 24);
	size_t n;

	for (size_t over = 0; over < 2; over++) {
		nt_buf_reset(&b);
		nt_buf_put_str(&b, B "Content-Disposition: form-data; name=\"");
		for (size_t i = 0; i < 252 + over; i++)
			nt_buf_put_u8(&b, 'n');
		nt_buf_put_str(&b, "%22%22%22\"\r\n\r\nx" END);
		CHECK_RC(parse(nt_buf_bytes(&b), &n), over ? VF_HTTP_LIMIT : VF_OK);

		nt_buf_reset(&b);
		nt_buf_put_str(&b, B NAME "Content-Type: a/");
		for (size_t i = 0; i < 253 + over; i++)
			nt_buf_put_u8(&b, 'T');
		nt_buf_put_str(&b, "\r\n\r\nx" END);
		CHECK_RC(parse(nt_buf_bytes(&b), &n), over ? VF_HTTP_LIMIT : VF_OK);

		nt_buf_reset(&b);
		nt_buf_put_str(&b, B NAME);
		for (size_t i = 0; i < 7 + over; i++)
			nt_buf_put_str(&b, "X-A:\r\n");
		nt_buf_put_str(&b, "\r\nx" END);
		CHECK_RC(parse(nt_buf_bytes(&b), &n), over ? VF_HTTP_LIMIT : VF_OK);

		nt_buf_reset(&b);
		nt_buf_put_str(&b, B NAME "X-A: ");
		while (b.n < 5 + NT_MULTIPART_MAX_HEAD - 4 + over)
			nt_buf_put_u8(&b, 'x');
		nt_buf_put_str(&b, "\r\n\r\nx" END);
		CHECK_RC(parse(nt_buf_bytes(&b), &n), over ? VF_HTTP_LIMIT : VF_OK);

		nt_buf_reset(&b);
		nt_buf_put_str(&b, "--b");
		for (size_t i = 0; i < NT_MULTIPART_MAX_PARTS + over; i++)
			nt_buf_put_str(&b, "\r\n" NAME "\r\nx\r\n--b");
		nt_buf_put_str(&b, "--");
		CHECK_RC(parse(nt_buf_bytes(&b), &n), over ? VF_HTTP_LIMIT : VF_OK);
		CHECK_INT(n, NT_MULTIPART_MAX_PARTS);
	}
	nt_buf_done(&b);
}

/* Every position of a boundary around the end of a piece of the file; octets that look like one. */
static void test_windows(void)
{
	struct nt_buf b = nt_buf(1 << 22);
	size_t n;

	for (size_t size = WINDOW - 160; size < WINDOW + 80; size++) {
		nt_buf_reset(&b);
		nt_buf_put_str(&b, B NAME "\r\n");
		for (size_t i = 0; i < size; i++)
			nt_buf_put_u8(&b, (uint8_t) "\r\n--"[i % 4]);
		nt_buf_put_str(&b, "\r\n" B NAME "X-A: b\r\n\r\nthe second");
		nt_buf_put_str(&b, END);
		CHECK_RC(parse(nt_buf_bytes(&b), &n), VF_OK);
		CHECK_INT(n, 2);
		CHECK_INT(parts[0].size, size);
		CHECK_BYTES(octets(nt_buf_bytes(&b), &parts[1]), vf_bytes_str("the second"));
	}
	nt_buf_done(&b);
}

static void test_put(void)
{
	struct vf_bytes body = vf_bytes_str(B NAME "\r\n12345" END);
	struct nt_multipart_boundary bound = {"b", 1};
	int fd = file_of(body);

	for (int way = 0; way < 2; way++) {
		VF_CLEANUP(nt_multipart_freep) struct nt_multipart *m = NULL;
		struct nt_multipart_part p;
		struct nt_buf out = nt_buf(8), small = nt_buf(4);
		bool more;

		CHECK_RC(nt_multipart_new(&bound, way ? vf_bytes(NULL, 0) : body, way ? fd : -1, body.n, &m, NULL),
			VF_OK);
		CHECK_RC(nt_multipart_next(m, &more, &p, NULL), VF_OK);
		CHECK_RC(nt_multipart_put(m, &p, 5, &out, NULL), VF_OK);
		CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str("12345"));
		CHECK_RC(nt_multipart_put(m, &p, 4, &out, NULL), VF_HTTP_LIMIT);
		CHECK_INT(out.n, 5);
		CHECK_RC(nt_multipart_put(m, &p, 5, &small, NULL), VF_LIMIT);
		p.at = body.n;
		CHECK_RC(nt_multipart_put(m, &p, 5, &out, NULL), VF_INTERNAL);
		nt_buf_done(&out);
		nt_buf_done(&small);
	}
	/* the file is not what was said */
	if (ftruncate(fd, (off_t)body.n - 3) != 0)
		exit(1);
	{
		struct vf_err err = {0};
		size_t n;

		CHECK_RC(read_all("b", body, fd, &n, &err), VF_IO);
	}
	close(fd);
}

static void test_boundary(void)
{
	static const struct {
		const char *type, *boundary;
	} types[] = {
		{"multipart/form-data; boundary=b", "b"}, {" Multipart/Form-Data;boundary=\"a b\" ", "a b"},
		{"multipart/form-data; BOUNDARY=\"gc0pJq0M:08jU534c0p=(')+_,-./?\"", "gc0pJq0M:08jU534c0p=(')+_,-./?"},
		{"multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundary1A", "----WebKitFormBoundary1A"},
		{"multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
			"1234567890123456789012345678901234567890123456789012345678901234567890"},
		{"multipart/form-data; boundary="
			"12345678901234567890123456789012345678901234567890123456789012345678901", NULL},
		{"multipart/form-data", NULL}, {"multipart/form-data;", NULL}, {"multipart/form-data; boundary", NULL},
		{"multipart/form-data; boundary=", NULL}, {"multipart/form-data; boundary=\"\"", NULL},
		{"multipart/form-data; boundary=\"b", NULL}, {"multipart/form-data; boundary=\"b \"", NULL},
		{"multipart/form-data; boundary=b c", NULL}, {"multipart/form-data; boundary=b; boundary=b", NULL},
		{"multipart/form-data; boundary=b;", NULL}, {"multipart/form-data; boundary=b/c", NULL},
		{"multipart/form-data; boundary=b*c", NULL}, {"multipart/form-data; boundary=\"b\\\"c\"", NULL},
		{"multipart/form-data; boundary=\"b\xc3\xa9\"", NULL}, {"multipart/form-data boundary=b", NULL},
		{"multipart/form-data, boundary=b", NULL}, {"multipart/mixed; boundary=b", NULL},
		{"application/json", NULL}, {"", NULL},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct nt_multipart_boundary b = {"unchanged", 9};

		CHECK_RC(nt_multipart_boundary(vf_bytes_str(types[i].type), &b, NULL),
			types[i].boundary ? VF_OK : VF_HTTP_SHAPE);
		CHECK_STR(b.text, types[i].boundary ? types[i].boundary : "unchanged");
		CHECK_INT(b.n, strlen(b.text));
	}
	{
		struct nt_multipart_boundary b;

		CHECK_RC(nt_multipart_boundary(vf_bytes("multipart/form-data; boundary=\"b\0c\"", 35), &b, NULL),
			VF_HTTP_SHAPE);
	}
}

int main(void)
{
	test_good();
	test_bad();
	test_limits();
	test_windows();
	test_put();
	test_boundary();
	return check_done();
}
