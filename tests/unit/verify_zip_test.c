/* The strict ZIP scan: cases Z01 to Z30, A11, D01 and D02 of the attack catalogue as far as headers show them. */
#include "verify/zip.h"

#include "tests/check.h"
#include "tests/zip_make.h"
#include "verify/limits.h"

static uint8_t block[32 * 1024 * 1024];
static struct vf_err err;

/* What the strict scan refuses passes the tolerant one only with exactly that noted; else they agree. */
static enum vf_rc scan_tolerant(const struct vf_source *s, enum vf_rc strict_rc, const struct vf_err *strict,
	struct vf_zip *ret, struct vf_err *reterr)
{
	struct vf_arena a;
	enum vf_rc rc;

	vf_arena_init(&a, block, sizeof(block));
	rc = vf_zip_scan(s, true, &a, ret, reterr);
	if (strict_rc == VF_OK)
		CHECK_RC(rc, VF_OK);
	if (rc != VF_OK)
		return rc;
	CHECK_RC(ret->departure.rc, strict_rc == VF_OK ? VF_NOT_CHECKED : strict_rc);
	if (strict_rc != VF_OK)
		CHECK_STR(ret->departure.text, strict->text);
	else
		CHECK_INT(ret->media_type, VF_ZIP_MEDIA_ASICE);
	return rc;
}

static enum vf_rc scan_source(const struct vf_source *s, struct vf_zip *ret)
{
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	err.text[0] = '\0';
	return vf_zip_scan(s, false, &a, ret, &err);
}

static enum vf_rc scan(struct vf_bytes b, struct vf_zip *ret)
{
	struct vf_source s = vf_source_of(b);

	return scan_source(&s, ret);
}

/* A source that is not in memory; fails from read number fail_at on. */
struct file {
	struct vf_bytes b;
	unsigned reads, fail_at;
};

static enum vf_rc file_read(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct file *f = ctx;
	struct vf_bytes b;

	if (f->fail_at && ++f->reads >= f->fail_at)
		return vf_fail(reterr, VF_IO, "no reading");
	if (!vf_bytes_slice(f->b, at, n, &b))
		return vf_fail(reterr, VF_IO, "outside");
	memcpy(out, b.p, n);
	return VF_OK;
}

static struct vf_source file_source(struct file *f)
{
	return (struct vf_source){.ctx = f, .size = f->b.n, .read = file_read};
}

/* Builds, scans from memory and as a file, and expects the same of both. */
static void expect(int line, enum vf_rc want, const struct zm_entry *e, size_t n, const struct zm_end *end)
{
	struct nt_buf b = nt_buf(ZM_MAX);
	struct vf_zip z;
	enum vf_rc rc;

	zm_build(&b, e, n, end);
	rc = scan(nt_buf_bytes(&b), &z);
	if (rc != want)
		CHECK_FAIL("line %d: %s (%s), not %s", line, vf_rc_name(rc), err.text, vf_rc_name(want));
	struct file f = {.b = nt_buf_bytes(&b)};
	struct vf_source s = file_source(&f);
	struct vf_err strict = err, why;
	CHECK_RC(scan_source(&s, &z), want);
	CHECK_STR(err.text, strict.text);
	scan_tolerant(&s, want, &strict, &z, &why);
	nt_buf_done(&b);
}

#define EXPECT(want, e, n, end) expect(__LINE__, want, e, n, end)

static struct zm_entry mime(void)
{
	return zm_entry("mimetype", VF_ZIP_ASICE);
}

/* One good container with three entries, on which the cases are variations. */
static void start(struct zm_entry e[3])
{
	e[0] = mime();
	e[1] = zm_entry("statement.json", "{}");
	e[2] = zm_entry("consent.txt", "consent given");
}

static void test_accepts(void)
{
	struct zm_entry e[6];
	struct nt_buf b = nt_buf(ZM_MAX), packed;
	struct vf_zip z;

	start(e);
	e[3] = zm_entry("Einwilligung-\xc3\xbc.txt", "");
	e[3].local.flags = e[3].central.flags = VF_ZIP_FLAG_UTF8;
	e[4] = zm_deflated("META-INF/evidencerecord001.ers", vf_bytes_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &packed);
	e[5] = zm_entry("nested.zip", "PK\5\6PK\3\4PK\1\2");
	e[5].made_by = 0x031e;
	e[5].external = 0100644u << 16 | 0x20;
	e[5].internal = 1;
	e[5].local.need = e[5].central.need = 20;
	EXPECT(VF_OK, e, 6, NULL);
	zm_build(&b, e, 6, NULL);
	CHECK_RC(scan(nt_buf_bytes(&b), &z), VF_OK);
	CHECK_INT(z.n, 6);
	CHECK_BYTES(z.media, vf_bytes_str(VF_ZIP_ASICE));
	for (size_t i = 0; i < z.n; i++) {
		CHECK_BYTES(z.entries[i].name, e[i].central.name);
		CHECK(vf_zip_find(&z, e[i].central.name) == &z.entries[i]);
		CHECK_INT(z.entries[i].size, e[i].central.size);
		CHECK_BYTES(vf_bytes(b.p + z.entries[i].data_at, z.entries[i].packed), e[i].data);
	}
	CHECK(vf_zip_find(&z, vf_bytes_str("Consent.txt")) == NULL);
	CHECK(vf_zip_find(&z, vf_bytes_str("absent")) == NULL);
	CHECK(vf_zip_find(&z, vf_bytes_str("")) == NULL);
	CHECK(vf_zip_find(&z, vf_bytes("\xff", 1)) == NULL);
	CHECK(vf_zip_find(&z, vf_bytes(block, 5000)) == NULL);
	nt_buf_done(&packed);
	nt_buf_done(&b);
}

static void test_mimetype(void)
{
	struct zm_entry e[3], x;
	struct nt_buf packed;

	start(e);
	EXPECT(VF_OK, e, 3, NULL);
	EXPECT(VF_ZIP_MIMETYPE, e + 1, 2, NULL); /* Z01: absent */
	EXPECT(VF_ZIP_MIMETYPE, e, 0, NULL);
	x = e[0], e[0] = e[1], e[1] = x;
	EXPECT(VF_ZIP_MIMETYPE, e, 3, NULL); /* not first */
	start(e);
	e[0] = zm_deflated("mimetype", vf_bytes_str(VF_ZIP_ASICE), &packed);
	EXPECT(VF_ZIP_MIMETYPE, e, 3, NULL);
	nt_buf_done(&packed);
	start(e);
	e[0].local.extra = e[0].central.extra = vf_bytes("\x55\x54\0\0", 4);
	EXPECT(VF_ZIP_MIMETYPE, e, 3, NULL);
	e[0].central.extra = vf_bytes(NULL, 0); /* in the local header alone */
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	e[0] = zm_entry("mimetype", VF_ZIP_ASICE "\n");
	EXPECT(VF_ZIP_MIMETYPE, e, 3, NULL);
	e[0] = zm_entry("mimetype", "application/vnd.etsi.asic-s+zip");
	EXPECT(VF_ZIP_MIMETYPE, e, 3, NULL);
	e[0] = mime();
	e[0].data = vf_bytes_str("application/vnd.etsi.asic-s+zip"); /* the right CRC over other data */
	EXPECT(VF_ZIP_MIMETYPE, e, 3, NULL);
	e[0] = zm_entry("Mimetype", VF_ZIP_ASICE);
	EXPECT(VF_ZIP_MIMETYPE, e, 3, NULL);
	start(e);
	EXPECT(VF_ZIP_TRAILING_DATA, e, 3, /* A11: a second claim in the comment */
		(&(struct zm_end){.comment = vf_bytes_str("mimetype=application/vnd.etsi.asic-s+zip")}));
}

static void test_two_headers(void)
{
	struct zm_entry e[3];

	start(e);
	e[2].local.name = vf_bytes_str("consens.txt"); /* Z02 */
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	start(e);
	e[1].is_hidden = true; /* Z03 */
	EXPECT(VF_ZIP_OVERLAP, e, 3, NULL);
	start(e);
	e[2].is_hidden = true;
	EXPECT(VF_ZIP_OVERLAP, e, 3, NULL);
	start(e);
	e[2].is_repeat = true; /* Z04 */
	EXPECT(VF_ZIP_OVERLAP, e, 3, NULL);
	start(e);
	e[2].shift = -3;
	EXPECT(VF_ZIP_OVERLAP, e, 3, NULL);
	start(e);
	e[2].central.size++, e[2].central.packed++; /* Z22 */
	EXPECT(VF_ZIP_OVERLAP, e, 3, NULL);
	e[2].central.size -= 2, e[2].central.packed -= 2;
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	start(e);
	e[1].local.size++, e[1].central.size++; /* Z23 */
	EXPECT(VF_ZIP_DATA, e, 3, NULL);
	e[1].local.packed++, e[1].central.packed++;
	EXPECT(VF_ZIP_OVERLAP, e, 3, NULL);
	start(e);
	e[1].local.size--, e[1].central.size--, e[1].local.packed--, e[1].central.packed--;
	EXPECT(VF_ZIP_OVERLAP, e, 3, NULL);
	start(e);
	e[1].local.crc++;
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	start(e);
	e[1].central.stamp++;
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	start(e);
	e[1].local.flags = VF_ZIP_FLAG_UTF8;
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	start(e);
	e[1].local.method = 8;
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	start(e);
	e[1].local.need = 20;
	EXPECT(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
}

static void test_around(void)
{
	struct zm_entry e[3];
	struct nt_buf b = nt_buf(ZM_MAX), fake = nt_buf(ZM_MAX);
	struct vf_zip z;

	start(e);
	zm_build(&b, e, 3, NULL);
	EXPECT(VF_ZIP_LEADING_DATA, e, 3, (&(struct zm_end){.before = nt_buf_bytes(&b)})); /* Z05 */
	EXPECT(VF_ZIP_LEADING_DATA, e, 3, (&(struct zm_end){.before = vf_bytes_str("#!/bin/sh\n")})); /* Z06 */
	e[0].shift = e[1].shift = e[2].shift = 10; /* Z06 with offsets that count the prefix */
	EXPECT(VF_ZIP_LEADING_DATA, e, 3, (&(struct zm_end){.before = vf_bytes_str("#!/bin/sh\n"), .at = 10}));
	start(e);
	EXPECT(VF_ZIP_TRAILING_DATA, e, 3, (&(struct zm_end){.after = vf_bytes_str("x")})); /* Z07 */
	EXPECT(VF_ZIP_TRAILING_DATA, e, 3, (&(struct zm_end){.after = vf_bytes(block, 60000)}));
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.after = vf_bytes(block, 70000)}));
	EXPECT(VF_ZIP_TRAILING_DATA, e, 3, (&(struct zm_end){.comment = vf_bytes_str("c")}));
	EXPECT(VF_ZIP_TRAILING_DATA, e, 3, (&(struct zm_end){.comment = vf_bytes_str("PK\5\6")})); /* Z08 */
	zm_build(&fake, e, 0, NULL);
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.comment = nt_buf_bytes(&fake)}));
	nt_buf_reset(&fake);
	zm_build(&fake, e, 0, &(struct zm_end){.at = (int32_t)b.n}); /* an empty archive that fits there */
	EXPECT(VF_ZIP_MIMETYPE, e, 3, (&(struct zm_end){.comment = nt_buf_bytes(&fake)}));
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.here = -1, .count = -1})); /* Z09 */
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.here = 1, .count = 1}));
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.count = 1}));
	EXPECT(VF_ZIP_OVERLAP, e, 3, (&(struct zm_end){.gap = vf_bytes_str("gap")}));
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.size = -1}));
	EXPECT(VF_ZIP_LEADING_DATA, e, 3, (&(struct zm_end){.at = -1})); /* as if one byte came before */
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.at = 1}));
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.size = 5, .at = -5}));
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.disk = 1})); /* Z26 */
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.central_disk = 1}));
	for (size_t n = 0; n < b.n; n++) { /* Z27 */
		enum vf_rc rc = scan(vf_bytes(b.p, n), &z);

		CHECK(vf_rc_class(rc) == VF_CLASS_REJECTED);
	}
	nt_buf_done(&b);
	nt_buf_done(&fake);
}

static void expect_name(int line, enum vf_rc want, struct vf_bytes name, uint16_t flags)
{
	struct zm_entry e[3];

	start(e);
	e[2].local.name = e[2].central.name = name;
	e[2].local.flags = e[2].central.flags = flags;
	expect(line, want, e, 3, NULL);
}

#define NAME(want, s, flags) expect_name(__LINE__, want, vf_bytes(s, sizeof(s) - 1), flags)

static void test_names(void)
{
	const uint16_t utf8 = VF_ZIP_FLAG_UTF8;
	char longest[VF_MAX_NAME + 2];
	static char huge[65000];

	NAME(VF_OK, "folder/a-b_c.d (1).txt", 0);
	NAME(VF_ZIP_DUPLICATE, "statement.json", 0);           /* Z10 */
	NAME(VF_ZIP_NAME_COLLISION, "Statement.JSON", 0);      /* Z11 */
	NAME(VF_ZIP_NAME_COLLISION, "statement.json/x", 0);
	NAME(VF_ZIP_PATH, "e\xcc\x81.txt", utf8);              /* the decomposed form has no place */
	NAME(VF_ZIP_PATH, "../x", 0);                          /* Z12 */
	NAME(VF_ZIP_PATH, "/abs", 0);
	NAME(VF_ZIP_PATH, "C:\\x", 0);
	NAME(VF_ZIP_PATH, "a\\b", 0);
	NAME(VF_ZIP_PATH, "./a", 0);
	NAME(VF_ZIP_PATH, "a//b", 0);
	NAME(VF_ZIP_TYPE, "a/", 0);                            /* Z18 */
	NAME(VF_ZIP_PATH, "/", 0);
	NAME(VF_ZIP_PATH, "a//", 0);
	NAME(VF_ZIP_PATH, "../", 0);
	NAME(VF_ZIP_PATH, "", 0);
	NAME(VF_ZIP_PATH, "a\0txt", 0);                        /* Z13 */
	NAME(VF_ZIP_PATH, "\xff.txt", utf8);                   /* Z15 */
	NAME(VF_ZIP_SHAPE, "\xc3\xbc.txt", 0);
	NAME(VF_ZIP_SHAPE, "plain.txt", utf8);
	NAME(VF_OK, "\xc3\xbc.txt", utf8);
	NAME(VF_ZIP_PATH, "a\x1b[2J.txt", 0);                  /* Z16 */
	NAME(VF_ZIP_PATH, "a\n.txt", 0);
	NAME(VF_ZIP_PATH, "a\xe2\x80\xae" "txt.exe", utf8);
	NAME(VF_ZIP_PATH, "a\xe2\x81\xa6.txt", utf8);
	NAME(VF_ZIP_PATH, "a\xe2\x80\x8b.txt", utf8);
	memset(longest, 'n', sizeof(longest));
	expect_name(__LINE__, VF_OK, vf_bytes(longest, VF_MAX_NAME), 0);
	expect_name(__LINE__, VF_LIMIT, vf_bytes(longest, VF_MAX_NAME + 1), 0);
	memset(huge, 'n', sizeof(huge));
	expect_name(__LINE__, VF_LIMIT, vf_bytes(huge, sizeof(huge)), 0); /* D01 */
}

static void test_records(void)
{
	struct zm_entry e[3];
	static const uint16_t methods[] = {1, 9, 12, 14, 93, 95, 98, 99};

	for (size_t i = 0; i < 5; i++) { /* Z17, Z18: link, folder, devices, FIFO, socket */
		static const uint32_t types[] = {0120000, 0040000, 0020000, 0010000, 0140000};

		start(e);
		e[2].external = (types[i] | 0644) << 16;
		EXPECT(VF_ZIP_TYPE, e, 3, NULL);
		e[2].made_by = 0x0314;
		EXPECT(VF_ZIP_TYPE, e, 3, NULL);
	}
	start(e);
	e[2].external = 0x10;
	EXPECT(VF_ZIP_TYPE, e, 3, NULL);
	e[2] = zm_entry("folder/", "");
	EXPECT(VF_ZIP_TYPE, e, 3, NULL);
	e[2].external = 040755u << 16 | 0x10;
	EXPECT(VF_ZIP_TYPE, e, 3, NULL);
	e[2] = zm_entry("consent.txt", "consent given");
	e[2].external = 0x08;
	EXPECT(VF_ZIP_TYPE, e, 3, NULL);
	e[2].external = 0104755u << 16;
	EXPECT(VF_ZIP_TYPE, e, 3, NULL);
	for (unsigned bit = 0; bit < 16; bit++) { /* Z19, Z24 */
		bool is_crypt = bit == 0 || bit == 6 || bit == 13;

		start(e);
		e[2].local.flags = e[2].central.flags = (uint16_t)(1u << bit);
		EXPECT(is_crypt ? VF_ZIP_ENCRYPTED : VF_ZIP_SHAPE, e, 3, NULL);
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) { /* Z20 */
		start(e);
		e[2].local.method = e[2].central.method = methods[i];
		EXPECT(VF_ZIP_METHOD, e, 3, NULL);
	}
	start(e);
	e[2].local.extra = e[2].central.extra = vf_bytes("\x75\x70\x06\x00\x01\0\0\0\0X", 10); /* Z14 */
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
	start(e);
	e[2].comment = vf_bytes_str("comment");
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
	start(e);
	e[2].disk = 1;
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
	start(e);
	e[2].internal = 2;
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
	start(e);
	e[2].local.need = e[2].central.need = 45;
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
	start(e);
	e[2].local.method = e[2].central.method = 8; /* deflated, but needs version 10 */
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
}

static void test_zip64(void)
{
	struct zm_entry e[3];
	uint8_t locator[20] = {0x50, 0x4b, 6, 7};
	struct nt_buf b = nt_buf(ZM_MAX);
	struct vf_zip z;

	start(e); /* Z25 */
	e[2].local.size = e[2].central.size = e[2].local.packed = e[2].central.packed = 0xffffffff;
	e[2].local.extra = e[2].central.extra = vf_bytes("\1\0\20\0\15\0\0\0\0\0\0\0\15\0\0\0\0\0\0\0", 20);
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
	start(e);
	e[2].shift = -1 - (int32_t)(2 * 30 + 8 + 31 + 14 + 2);
	EXPECT(VF_ZIP_SHAPE, e, 3, NULL);
	start(e);
	EXPECT(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.count = -4, .here = -4}));
	zm_build(&b, e, 3, NULL);
	b.n -= 22; /* a locator where the end record was, and an end record behind it */
	nt_buf_put(&b, vf_bytes(locator, 20));
	nt_buf_put(&b, vf_bytes("PK\5\6\0\0\0\0\3\0\3\0\xba\0\0\0\x98\0\0\0\0\0", 22));
	CHECK_RC(scan(nt_buf_bytes(&b), &z), VF_ZIP_SHAPE);
	CHECK_STR(err.text, "ZIP64 structures");
	nt_buf_done(&b);
}

static void test_limits(void)
{
	struct zm_entry e[3], *many = calloc(VF_MAX_ZIP_ENTRIES + 1, sizeof(*many));
	char(*names)[16] = calloc(VF_MAX_ZIP_ENTRIES + 1, 16);
	struct nt_buf b = nt_buf(ZM_MAX);
	struct vf_zip z;

	if (!many || !names)
		abort();
	many[0] = mime();
	for (unsigned i = 1; i <= VF_MAX_ZIP_ENTRIES; i++) {
		snprintf(names[i], 16, "d/%08x", i * 2654435761u);
		many[i] = zm_entry(names[i], "");
	}
	zm_build(&b, many, VF_MAX_ZIP_ENTRIES, NULL);
	CHECK_RC(scan(nt_buf_bytes(&b), &z), VF_OK);
	for (unsigned i = 1; i < VF_MAX_ZIP_ENTRIES; i += 997)
		CHECK(vf_zip_find(&z, vf_bytes_str(names[i])) == &z.entries[i]);
	nt_buf_reset(&b);
	many[VF_MAX_ZIP_ENTRIES - 1].local.name = many[VF_MAX_ZIP_ENTRIES - 1].central.name = many[1].local.name;
	zm_build(&b, many, VF_MAX_ZIP_ENTRIES, NULL);
	CHECK_RC(scan(nt_buf_bytes(&b), &z), VF_ZIP_DUPLICATE);
	nt_buf_done(&b);
	EXPECT(VF_LIMIT, many, VF_MAX_ZIP_ENTRIES + 1, NULL); /* D01 */
	start(e);
	EXPECT(VF_LIMIT, e, 3, (&(struct zm_end){.here = 60000, .count = 60000}));
	EXPECT(VF_LIMIT, e, 3, (&(struct zm_end){.size = VF_MAX_ZIP_DIRECTORY}));
	e[2].local.method = e[2].central.method = 8; /* Z28, D02: what it claims decides, before anything is inflated */
	e[2].local.need = e[2].central.need = 20;
	e[2].local.size = e[2].central.size = VF_MAX_ZIP_RATIO_FREE + 1;
	EXPECT(VF_LIMIT, e, 3, NULL);
	e[2].local.size = e[2].central.size = VF_MAX_ZIP_RATIO_FREE - 1000;
	EXPECT(VF_OK, e, 3, NULL);
	free(many);
	free(names);
}

static void test_other_formats(void) /* Z30 */
{
	static const char *const begins[] = {"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07\x01", "MSCF", "070701", "\x1f\x8b\x08",
		"mimetype"};
	uint8_t b[2048];
	struct vf_zip z;

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		memset(b, 0, sizeof(b));
		memcpy(b, begins[i], strlen(begins[i]));
		CHECK_RC(scan(vf_bytes(b, sizeof(b)), &z), VF_ZIP_SHAPE);
	}
	CHECK_RC(scan(vf_bytes(NULL, 0), &z), VF_ZIP_SHAPE);
}

/* Each read of the source fails in turn; every small arena is too small. */
static void test_faults(void)
{
	struct zm_entry e[3];
	struct nt_buf b = nt_buf(ZM_MAX);
	struct file f;
	struct vf_source s, huge;
	struct vf_zip z;
	struct vf_arena a;
	unsigned at;
	enum vf_rc rc = VF_IO;

	start(e);
	zm_build(&b, e, 3, NULL);
	for (at = 1; rc == VF_IO && at < 100; at++) {
		f = (struct file){.b = nt_buf_bytes(&b), .fail_at = at};
		s = file_source(&f);
		rc = scan_source(&s, &z);
	}
	CHECK_RC(rc, VF_OK);
	CHECK_INT(at, 8); /* end record, directory, three local headers, content of mimetype; then none is left */
	f.fail_at = 0;
	rc = VF_NO_MEMORY;
	for (size_t n = 0; rc == VF_NO_MEMORY && n < 8192; n += 8) {
		vf_arena_init(&a, block, n);
		rc = vf_zip_scan(&s, false, &a, &z, &err);
	}
	CHECK_RC(rc, VF_OK);
	huge = s;
	huge.size = (uint64_t)1 << 32;
	CHECK_RC(scan_source(&huge, &z), VF_LIMIT);
	nt_buf_done(&b);
}

/* One bit anywhere: refused, or names, order, places and data are the same. */
static void test_bit_flips(void)
{
	struct zm_entry e[4];
	struct nt_buf b = nt_buf(ZM_MAX), packed;
	struct vf_zip good, z;
	uint8_t *copy = block + sizeof(block) / 2;
	struct vf_arena a;
	size_t accepted = 0;

	start(e);
	e[3] = zm_deflated("d.txt", vf_bytes_str("deflated deflated deflated"), &packed);
	zm_build(&b, e, 4, NULL);
	vf_arena_init(&a, block, sizeof(block) / 4);
	struct vf_source s = vf_source_of(nt_buf_bytes(&b));
	CHECK_RC(vf_zip_scan(&s, false, &a, &good, &err), VF_OK);
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		memcpy(copy, b.p, b.n);
		copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
		s = vf_source_of(vf_bytes(copy, b.n));
		struct vf_arena second = a;
		if (vf_zip_scan(&s, false, &second, &z, &err) != VF_OK)
			continue;
		accepted++;
		CHECK_INT(z.n, good.n);
		for (size_t i = 0; i < z.n && z.n == good.n; i++) {
			const struct vf_zip_entry *x = &z.entries[i], *y = &good.entries[i];

			CHECK_BYTES(x->name, y->name);
			CHECK(x->data_at == y->data_at && x->packed == y->packed && x->size == y->size &&
				x->crc == y->crc && x->method == y->method);
		}
	}
	/* attributes without meaning, and the data, which container.h checks */
	CHECK(accepted > 0 && accepted < 8 * (2 + 13 + packed.n + 4 * 8));
	nt_buf_done(&packed);
	nt_buf_done(&b);
}

int main(void)
{
	test_accepts();
	test_mimetype();
	test_two_headers();
	test_around();
	test_names();
	test_records();
	test_zip64();
	test_limits();
	test_other_formats();
	test_faults();
	test_bit_flips();
	return check_done();
}
