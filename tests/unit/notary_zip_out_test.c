/* The strict writer: exact bytes, round trips through the strict reader, and refusals. */
#include "notary/zip_out.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"
#include "verify/container.h"
#include "verify/limits.h"

static uint8_t block[32 * 1024 * 1024];
static struct vf_err err;

static const struct nt_zip_item items[] = {
	{{(const uint8_t *)"statement.json", 14}, {(const uint8_t *)"{}", 2}},
	{{(const uint8_t *)"Pr\xc3\xbc" "fplan.txt", 13}, {(const uint8_t *)"plan", 4}},
	{{(const uint8_t *)"empty.txt", 9}, {NULL, 0}},
	{{(const uint8_t *)"META-INF/evidencerecord001.ers", 30}, {(const uint8_t *)"0\0\1\2", 4}},
};
#define N (sizeof(items) / sizeof(items[0]))

/* Every byte of a container with one entry: docs/formats/bundle.md. */
static void test_exact(void)
{
	static const uint8_t want[] =
		"PK\3\4\12\0\0\0\0\0\0\0\x21\0\x8a\x21\xf9\x45\x1f\0\0\0\x1f\0\0\0\x08\0\0\0mimetype"
		"application/vnd.etsi.asic-e+zip"
		"PK\3\4\12\0\0\0\0\0\0\0\x21\0\x43\xbf\xa6\xa3\2\0\0\0\2\0\0\0\1\0\0\0a{}"
		"PK\1\2\12\0\12\0\0\0\0\0\0\0\x21\0\x8a\x21\xf9\x45\x1f\0\0\0\x1f\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"\0\0\0\0mimetype"
		"PK\1\2\12\0\12\0\0\0\0\0\0\0\x21\0\x43\xbf\xa6\xa3\2\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"\x45\0\0\0a"
		"PK\5\6\0\0\0\0\2\0\2\0\x65\0\0\0\x66\0\0\0\0\0";
	struct nt_zip_item one = {vf_bytes_str("a"), vf_bytes_str("{}")};
	struct nt_buf b = nt_buf(1 << 20);

	CHECK_RC(nt_zip_put(&b, &one, 1, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&b), vf_bytes(want, sizeof(want) - 1));
	nt_buf_done(&b);
}

static void check_readable(struct vf_bytes b)
{
	struct vf_arena a;
	struct vf_container c;
	struct vf_source s = vf_source_of(b);
	struct vf_bytes data;

	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_container_open(&s, false, &a, &c, &err), VF_OK);
	CHECK_INT(c.zip.n, N + 1);
	for (size_t i = 0; i < N && c.zip.n == N + 1; i++) {
		CHECK_BYTES(c.zip.entries[i + 1].name, items[i].name);
		CHECK_RC(vf_container_read(&c, &c.zip.entries[i + 1], &a, &data, &err), VF_OK);
		CHECK_BYTES(data, items[i].data);
	}
}

/* The stream in pieces of every size gives the bytes of the one shot. */
static void test_round_trip(void)
{
	struct nt_buf whole = nt_buf(1 << 20), b = nt_buf(1 << 20);
	struct vf_bytes piece, rest;
	struct nt_zip z;

	nt_buf_put_str(&whole, "before");
	CHECK_RC(nt_zip_put(&whole, items, N, &err), VF_OK);
	whole.n -= 6;
	memmove(whole.p, whole.p + 6, whole.n);
	check_readable(nt_buf_bytes(&whole));
	for (size_t size = 1; size < 6; size++) {
		nt_buf_reset(&b);
		CHECK_RC(nt_zip_begin(&z, nt_zip_to_buf(&b), &err), VF_OK);
		for (size_t i = 0; i < N; i++) {
			rest = items[i].data;
			CHECK_RC(nt_zip_entry(&z, items[i].name, rest.n, nt_zip_crc(0, rest), &err), VF_OK);
			while (rest.n && vf_take(&rest, rest.n < size ? rest.n : size, &piece))
				CHECK_RC(nt_zip_data(&z, piece, &err), VF_OK);
		}
		CHECK_RC(nt_zip_end(&z, &err), VF_OK);
		nt_zip_done(&z);
		CHECK_BYTES(nt_buf_bytes(&b), nt_buf_bytes(&whole));
	}
	nt_buf_done(&whole);
	nt_buf_done(&b);
}

/* Other programs read it: unzip -t, where it is installed. */
static void test_unzip(void)
{
	char path[] = "/tmp/notary_zip_out_XXXXXX", command[128];
	struct nt_buf b = nt_buf(1 << 20);
	int fd;

	if (system("command -v unzip >/dev/null 2>&1") != 0)
		return;
	fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK_RC(nt_zip_put(&b, items, N, &err), VF_OK);
	CHECK_INT(write(fd, b.p, b.n), b.n);
	snprintf(command, sizeof(command), "unzip -tqq %s >/dev/null 2>&1", path);
	CHECK_INT(system(command), 0);
	close(fd);
	unlink(path);
	nt_buf_done(&b);
}

static void test_refuses(void)
{
	struct nt_buf b = nt_buf(1 << 20);
	struct nt_zip_item bad = {vf_bytes_str("../x"), vf_bytes_str("y")};
	struct vf_bytes name = vf_bytes_str("a.txt"), data = vf_bytes_str("data"), other = vf_bytes_str("dat4");
	uint32_t crc = nt_zip_crc(0, data);
	struct nt_zip z;

	CHECK_RC(nt_zip_put(&b, &bad, 1, &err), VF_NAME_SHAPE);
	CHECK_INT(b.n, 0);
	CHECK_RC(nt_zip_begin(&z, nt_zip_to_buf(&b), &err), VF_OK);
	size_t before = b.n;
	CHECK_RC(nt_zip_entry(&z, bad.name, 1, 0, &err), VF_NAME_SHAPE);
	CHECK_RC(nt_zip_entry(&z, name, 0, 1, &err), VF_DOCUMENT_CHANGED);
	CHECK_RC(nt_zip_entry(&z, name, 0xffffffff, 1, &err), VF_BUNDLE_TOO_LARGE);
	CHECK_RC(nt_zip_entry(&z, name, UINT64_MAX, 1, &err), VF_BUNDLE_TOO_LARGE);
	CHECK_INT(b.n, before);
	CHECK_RC(nt_zip_entry(&z, name, 4, crc, &err), VF_OK); /* a refusal before changed nothing */
	CHECK_RC(nt_zip_entry(&z, name, 4, crc, &err), VF_DOCUMENT_CHANGED);
	CHECK_RC(nt_zip_end(&z, &err), VF_DOCUMENT_CHANGED);
	nt_zip_done(&z);
	for (int i = 0; i < 2; i++) { /* too long, other bytes */
		nt_buf_reset(&b);
		CHECK_RC(nt_zip_begin(&z, nt_zip_to_buf(&b), &err), VF_OK);
		CHECK_RC(nt_zip_entry(&z, name, i ? 4 : 3, crc, &err), VF_OK);
		CHECK_RC(nt_zip_data(&z, i ? other : data, &err), VF_DOCUMENT_CHANGED);
		CHECK_RC(nt_zip_data(&z, data, &err), VF_IO);
		CHECK_RC(nt_zip_end(&z, &err), VF_IO);
		nt_zip_done(&z);
	}
	nt_buf_done(&b);
}

/* A sink that counts only; it shows the limits without 4 GiB of memory. */
static VF_RC count(void *ctx, struct vf_bytes b, struct vf_err *reterr)
{
	(void)reterr;
	*(uint64_t *)ctx += b.n;
	return VF_OK;
}

static VF_RC fail_late(void *ctx, struct vf_bytes b, struct vf_err *reterr)
{
	unsigned *left = ctx;

	(void)b;
	if (*left == 0)
		return vf_fail(reterr, VF_IO, "the disk is full");
	--*left;
	return VF_OK;
}

static void test_limits(void)
{
	uint64_t written = 0;
	struct nt_zip z;
	char name[16];
	unsigned n = 1;
	enum vf_rc rc;

	CHECK_RC(nt_zip_begin(&z, (struct nt_zip_sink){&written, count}, &err), VF_OK);
	do {
		snprintf(name, sizeof(name), "%u", n);
		rc = nt_zip_entry(&z, vf_bytes_str(name), 0, 0, &err);
	} while (rc == VF_OK && n++ < 70000);
	CHECK_RC(rc, VF_BUNDLE_TOO_LARGE);
	CHECK_INT(n, VF_MAX_ZIP_ENTRIES);
	CHECK_RC(nt_zip_end(&z, &err), VF_OK);
	nt_zip_done(&z);

	/* behind mimetype (38 + 31 octets, 54 in the directory) and the end record: 30 + 46 and twice "b" */
	uint64_t last = 0xfffffffe - 69 - 54 - 22 - 76 - 2;
	CHECK_RC(nt_zip_begin(&z, (struct nt_zip_sink){&written, count}, &err), VF_OK);
	CHECK_RC(nt_zip_entry(&z, vf_bytes_str("b"), last + 1, 1, &err), VF_BUNDLE_TOO_LARGE);
	CHECK_RC(nt_zip_entry(&z, vf_bytes_str("b"), last, 1, &err), VF_OK);
	nt_zip_done(&z);
}

/* Each write fails in turn: the failure is returned, and nothing follows it. */
static void test_faults(void)
{
	enum vf_rc rc = VF_IO;
	struct nt_zip z;

	for (unsigned at = 0; rc == VF_IO && at < 100; at++) {
		unsigned left = at;

		rc = nt_zip_begin(&z, (struct nt_zip_sink){&left, fail_late}, &err);
		if (rc == VF_OK)
			rc = nt_zip_entry(&z, vf_bytes_str("a"), 2, nt_zip_crc(0, vf_bytes_str("{}")), &err);
		if (rc == VF_OK)
			rc = nt_zip_data(&z, vf_bytes_str("{}"), &err);
		if (rc == VF_OK)
			rc = nt_zip_end(&z, &err);
		left = 100;
		CHECK_RC(nt_zip_entry(&z, vf_bytes_str("b"), 0, 0, &err), VF_IO);
		CHECK_RC(nt_zip_end(&z, &err), VF_IO);
		nt_zip_done(&z);
		CHECK(rc != VF_OK || at == 8);
	}
	CHECK_RC(rc, VF_OK);
}

int main(void)
{
	test_exact();
	test_round_trip();
	test_unzip();
	test_refuses();
	test_limits();
	test_faults();
	return check_done();
}
