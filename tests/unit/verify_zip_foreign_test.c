/* The tolerant ZIP scan: what containers of other software may do, and what nobody may. */
#include "tests/check.h"
#include "tests/zip_make.h"
#include "verify/limits.h"
#include "verify/zip_record.h"

static uint8_t block[1024 * 1024];
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

/* A source that is not in memory. */
struct file {
	struct vf_bytes b;
};

static enum vf_rc file_read(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct file *f = ctx;
	struct vf_bytes b;

	if (!vf_bytes_slice(f->b, at, n, &b))
		return vf_fail(reterr, VF_IO, "outside");
	memcpy(out, b.p, n);
	return VF_OK;
}

static struct vf_source file_source(struct file *f)
{
	return (struct vf_source){.ctx = f, .size = f->b.n, .read = file_read};
}

/* Exactly what was written, in its order; folders apart from files and never found. */
static void check_ranges(struct vf_bytes all, const struct vf_zip *z, const struct zm_entry *e, size_t n)
{
	size_t files = 0, folders = 0;
	uint64_t at = 0;

	CHECK_INT(z->n + z->n_folders, n);
	for (size_t i = 0; i < n && z->n + z->n_folders == n; i++) {
		struct vf_bytes name = e[i].central.name, data;
		bool is_folder = name.p[name.n - 1] == '/';
		const struct vf_zip_entry *x = is_folder ? &z->folders[z->n_folders - ++folders] : &z->entries[files++];

		CHECK_BYTES(x->name, name);
		CHECK_INT(x->size, e[i].central.size);
		CHECK(vf_bytes_slice(all, x->data_at, x->packed, &data));
		CHECK_BYTES(data, e[i].data);
		CHECK_INT(x->header_at, at);
		at = x->end_at;
		CHECK_INT(at, x->data_at + e[i].data.n + e[i].after.n);
		CHECK(vf_zip_find(z, name) == (is_folder ? NULL : x));
		CHECK(!is_folder || vf_zip_find(z, vf_bytes(name.p, name.n - 1)) == NULL);
	}
	CHECK_INT(files, z->n);
	CHECK_INT(folders, z->n_folders);
}

/* The same for the tolerant scan of what the strict one refuses; wants a departure when it is accepted. */
static void expect_foreign(int line, enum vf_rc want, enum vf_zip_media media, const struct zm_entry *e, size_t n,
	const struct zm_end *end)
{
	struct nt_buf b = nt_buf(ZM_MAX);
	struct vf_zip z = {0};
	struct vf_err why = {0};
	enum vf_rc strict, rc;

	zm_build(&b, e, n, end);
	struct file f = {.b = nt_buf_bytes(&b)};
	struct vf_source sources[] = {vf_source_of(nt_buf_bytes(&b)), file_source(&f)};
	for (size_t k = 0; k < 2; k++) {
		strict = scan_source(&sources[k], &z);
		if (strict == VF_OK)
			CHECK_FAIL("line %d: the strict scan accepts", line);
		rc = scan_tolerant(&sources[k], strict, &err, &z, &why);
		if (rc != want)
			CHECK_FAIL("line %d: %s (%s), not %s", line, vf_rc_name(rc), why.text, vf_rc_name(want));
		if (rc != VF_OK || want != VF_OK)
			continue;
		if (z.media_type != media)
			CHECK_FAIL("line %d: media %d", line, (int)z.media_type);
		check_ranges(nt_buf_bytes(&b), &z, e, n);
	}
	nt_buf_done(&b);
}

#define FOREIGN(want, media, e, n, end) expect_foreign(__LINE__, want, VF_ZIP_MEDIA_##media, e, n, end)
#define BAD(want, e, n, end) expect_foreign(__LINE__, want, VF_ZIP_MEDIA_NONE, e, n, end)

/* One good container with three entries, on which the cases are variations. */
static void start(struct zm_entry e[3])
{
	e[0] = zm_entry("mimetype", VF_ZIP_ASICE);
	e[1] = zm_entry("statement.json", "{}");
	e[2] = zm_entry("consent.txt", "consent given");
}

static void test_mimetype(void)
{
	static const char *const near[] = {VF_ZIP_ASICE "\n", VF_ZIP_ASICS "\r\n", "\xef\xbb\xbf" VF_ZIP_ASICE,
		VF_ZIP_ASICE " ", " " VF_ZIP_ASICS, "Application/vnd.ETSI.asic-e+zip", "application/vnd.etsi.asic-x+zip",
		VF_ZIP_ASICE VF_ZIP_ASICE, "application/pdf\n", "text/\x7f", "\xc3\xbc", ""};
	static char longest[258];
	struct zm_entry e[3], x;
	struct nt_buf packed;
	uint8_t room[16];

	start(e);
	FOREIGN(VF_OK, NONE, e + 1, 2, NULL);
	e[0] = zm_entry("mimetype", VF_ZIP_ASICS);
	FOREIGN(VF_OK, ASICS, e, 3, NULL);
	e[0] = zm_entry("mimetype", "application/pdf");
	FOREIGN(VF_OK, OTHER, e, 3, NULL);
	e[0] = zm_entry("Mimetype", VF_ZIP_ASICE); /* another file */
	FOREIGN(VF_OK, NONE, e, 3, NULL);
	memset(longest, 'm', sizeof(longest) - 1);
	e[0] = zm_entry("mimetype", longest);
	BAD(VF_ZIP_MIMETYPE, e, 3, NULL);
	longest[256] = '\0';
	e[0] = zm_entry("mimetype", longest);
	FOREIGN(VF_OK, OTHER, e, 3, NULL);
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		e[0] = zm_entry("mimetype", near[i]);
		BAD(VF_ZIP_MIMETYPE, e, 3, NULL);
	}
	start(e);
	e[0].data = vf_bytes_str(VF_ZIP_ASICS); /* one CRC over the other content, both ways */
	BAD(VF_ZIP_DATA, e, 3, NULL);
	e[0] = zm_entry("mimetype", VF_ZIP_ASICS);
	e[0].data = vf_bytes_str(VF_ZIP_ASICE);
	BAD(VF_ZIP_DATA, e, 3, NULL);
	start(e);
	x = e[0], e[0] = e[1], e[1] = x;
	BAD(VF_ZIP_MIMETYPE, e, 3, NULL); /* not first */
	start(e);
	e[0] = zm_deflated("mimetype", vf_bytes_str(VF_ZIP_ASICE), &packed);
	BAD(VF_ZIP_MIMETYPE, e, 3, NULL);
	nt_buf_done(&packed);
	start(e);
	e[0].local.extra = e[0].central.extra = vf_bytes("\x55\x54\0\0", 4);
	BAD(VF_ZIP_MIMETYPE, e, 3, NULL);
	e[0].central.extra = vf_bytes(NULL, 0);
	BAD(VF_ZIP_MIMETYPE, e, 3, NULL);
	start(e);
	zm_describe(&e[0], true, room);
	BAD(VF_ZIP_MIMETYPE, e, 3, NULL);
	start(e);
	e[0].local.flags = e[0].central.flags = VF_ZIP_FLAG_UTF8; /* as Java writes it */
	FOREIGN(VF_OK, ASICE, e, 3, NULL);
}

static void test_comment(void)
{
	static char text[65536];
	struct zm_entry e[3];
	struct nt_buf fake = nt_buf(ZM_MAX);

	start(e);
	FOREIGN(VF_OK, ASICE, e, 3, (&(struct zm_end){.comment = vf_bytes_str("c")}));
	FOREIGN(VF_OK, ASICE, e, 3, (&(struct zm_end){.comment = vf_bytes_str("mimetype=" VF_ZIP_ASICE)}));
	BAD(VF_ZIP_MIMETYPE, e, 3, (&(struct zm_end){.comment = vf_bytes_str("mimetype=" VF_ZIP_ASICS)})); /* A11 */
	BAD(VF_ZIP_MIMETYPE, e, 3, (&(struct zm_end){.comment = vf_bytes_str("mimetype=" VF_ZIP_ASICE "\n")}));
	BAD(VF_ZIP_MIMETYPE, e, 3, (&(struct zm_end){.comment = vf_bytes_str("mimetype=")}));
	FOREIGN(VF_OK, ASICE, e + 1, 2, (&(struct zm_end){.comment = vf_bytes_str("mimetype=" VF_ZIP_ASICE)}));
	FOREIGN(VF_OK, ASICS, e + 1, 2, (&(struct zm_end){.comment = vf_bytes_str("mimetype=" VF_ZIP_ASICS)}));
	FOREIGN(VF_OK, OTHER, e + 1, 2, (&(struct zm_end){.comment = vf_bytes_str("mimetype=text/csv")}));
	FOREIGN(VF_OK, NONE, e + 1, 2, (&(struct zm_end){.comment = vf_bytes_str("Mimetype=text/csv")}));
	BAD(VF_ZIP_MIMETYPE, e + 1, 2, (&(struct zm_end){.comment = vf_bytes_str("mimetype=" VF_ZIP_ASICE "\n")}));
	BAD(VF_ZIP_MIMETYPE, e + 1, 2, (&(struct zm_end){.comment = vf_bytes_str("mimetype=")}));
	memset(text, 'x', sizeof(text));
	FOREIGN(VF_OK, ASICE, e, 3, (&(struct zm_end){.comment = vf_bytes(text, 65535)}));
	memcpy(text, "mimetype=", 9);
	FOREIGN(VF_OK, OTHER, e + 1, 2, (&(struct zm_end){.comment = vf_bytes(text, 9 + 256)}));
	BAD(VF_ZIP_MIMETYPE, e + 1, 2, (&(struct zm_end){.comment = vf_bytes(text, 9 + 257)}));
	BAD(VF_ZIP_MIMETYPE, e + 1, 2, (&(struct zm_end){.comment = vf_bytes(text, 65535)}));
	BAD(VF_ZIP_TRAILING_DATA, e, 3, (&(struct zm_end){.after = vf_bytes_str("x")}));
	BAD(VF_ZIP_TRAILING_DATA, e, 3,
		(&(struct zm_end){.comment = vf_bytes_str("c"), .after = vf_bytes_str("x")}));
	BAD(VF_ZIP_TRAILING_DATA, e, 3, (&(struct zm_end){.comment = vf_bytes_str("PK\5\6")})); /* Z08 */
	BAD(VF_ZIP_TRAILING_DATA, e, 3, (&(struct zm_end){.comment = vf_bytes_str("a comment of some length PK\5\6")}));
	zm_build(&fake, e, 0, &(struct zm_end){.comment = vf_bytes_str("c")}); /* an empty archive inside */
	BAD(VF_ZIP_SHAPE, e, 3, (&(struct zm_end){.comment = nt_buf_bytes(&fake)}));
	BAD(VF_ZIP_LEADING_DATA, e, 3,
		(&(struct zm_end){.before = vf_bytes_str("#!"), .comment = vf_bytes_str("c")}));
	BAD(VF_ZIP_OVERLAP, e, 3, (&(struct zm_end){.gap = vf_bytes_str("gap"), .comment = vf_bytes_str("c")}));
	nt_buf_done(&fake);
}

/* Three entries, of which the second is deflated and tells its sizes behind the data. */
static void start_described(struct zm_entry e[3], bool has_signature, uint8_t *room, struct nt_buf *packed)
{
	start(e);
	e[1] = zm_deflated("statement.json", vf_bytes_str("{} {} {} {} {} {} {} {}"), packed);
	zm_describe(&e[1], has_signature, room);
}

static void test_descriptor(void)
{
	struct zm_entry e[3];
	struct nt_buf packed;
	uint8_t room[16];

	for (int has = 0; has < 2; has++) {
		start_described(e, has, room, &packed);
		FOREIGN(VF_OK, ASICE, e, 3, NULL);
		FOREIGN(VF_OK, ASICE, e, 2, NULL); /* before the directory */
		e[1].local.flags = e[1].central.flags = 8 | 2 | 4 | VF_ZIP_FLAG_UTF8;
		FOREIGN(VF_OK, ASICE, e, 3, NULL);
		e[1].local.size = e[1].central.size; /* as Info-ZIP writes it to a pipe */
		FOREIGN(VF_OK, ASICE, e, 3, NULL);
		e[1].local.size++;
		BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
		e[1].local.size = 0, e[1].local.packed = 1;
		BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
		e[1].local.size = e[1].central.size;
		e[1].local.crc = e[1].central.crc, e[1].local.packed = e[1].central.packed;
		FOREIGN(VF_OK, ASICE, e, 3, NULL); /* all of them */
		e[1].local.crc++;
		BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
		for (size_t i = has ? 0 : 4; i < 16; i++) { /* Z24 */
			nt_buf_done(&packed);
			start_described(e, has, room, &packed);
			room[i]++;
			BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
			BAD(VF_ZIP_HEADER_MISMATCH, e, 2, NULL);
		}
		nt_buf_done(&packed);
		start_described(e, has, room, &packed);
		e[1].after.n--;
		BAD(VF_ZIP_OVERLAP, e, 3, NULL);
		e[1].after.n = 0;
		BAD(VF_ZIP_OVERLAP, e, 3, NULL);
		BAD(VF_ZIP_OVERLAP, e, 2, NULL);
		e[1].after.n = has ? 16 : 12;
		BAD(VF_ZIP_OVERLAP, e, 2, (&(struct zm_end){.gap = vf_bytes_str("gap")}));
		e[2].shift = 1;
		BAD(VF_ZIP_OVERLAP, e, 3, NULL);
		e[2].shift = 1 << 30;
		BAD(VF_ZIP_OVERLAP, e, 3, NULL);
		e[2].shift = -200;
		BAD(VF_ZIP_OVERLAP, e, 3, NULL);
		e[2].shift = 0;
		e[2].is_hidden = true; /* a hidden entry in the place of the descriptor */
		BAD(VF_ZIP_OVERLAP, e, 3, NULL);
		e[2].is_hidden = false;
		e[1].local.flags = e[1].central.flags = 0; /* a descriptor that no flag announces */
		BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
		e[1].local = e[1].central;
		BAD(VF_ZIP_OVERLAP, e, 3, NULL);
		nt_buf_done(&packed);
	}
	start(e);
	zm_describe(&e[1], true, room); /* stored: where it ends would be a guess */
	BAD(VF_ZIP_SHAPE, e, 3, NULL);
	e[1].local = e[1].central;
	BAD(VF_ZIP_SHAPE, e, 3, NULL);
}

static void expect_extra(int line, enum vf_rc want, struct vf_bytes extra, enum vf_rc want_local)
{
	struct zm_entry e[3];

	start(e);
	e[2].central.extra = extra;
	expect_foreign(line, want, VF_ZIP_MEDIA_ASICE, e, 3, NULL);
	e[2].local.extra = extra;
	expect_foreign(line, want, VF_ZIP_MEDIA_ASICE, e, 3, NULL);
	e[2].central.extra = vf_bytes(NULL, 0);
	expect_foreign(line, want_local, VF_ZIP_MEDIA_ASICE, e, 3, NULL);
	e[1].central.extra = vf_bytes("\xfe\xca\0\0", 4); /* the two differ, and so do two entries */
	expect_foreign(line, want_local, VF_ZIP_MEDIA_ASICE, e, 3, NULL);
}

#define EXTRA(want, s) expect_extra(__LINE__, want, vf_bytes(s, sizeof(s) - 1), want)

static void test_extra(void)
{
	static uint8_t big[VF_ZIP_MAX_EXTRA + 1];

	EXTRA(VF_OK, "UT\5\0\1\2\3\4\5");
	EXTRA(VF_OK, "UT\5\0\1\2\3\4\5ux\13\0\1\4\0\0\0\0\4\0\0\0\0");
	EXTRA(VF_OK, "\xfe\xca\0\0");
	EXTRA(VF_OK, "\x0a\0\4\0\0\0\0\0UX\0\0Ux\0\0");
	EXTRA(VF_ZIP_SHAPE, "UT\6\0\1\2\3\4\5"); /* longer than it is */
	EXTRA(VF_ZIP_SHAPE, "UT\4\0\1\2\3\4\5");
	EXTRA(VF_ZIP_SHAPE, "UT\5");
	EXTRA(VF_ZIP_SHAPE, "U");
	EXTRA(VF_ZIP_SHAPE, "\x75\x70\6\0\1\0\0\0\0X"); /* Z14 */
	EXTRA(VF_ZIP_SHAPE, "UT\0\0\x75\x70\6\0\1\0\0\0\0X");
	EXTRA(VF_ZIP_SHAPE, "\x75\x63\6\0\1\0\0\0\0X");
	EXTRA(VF_ZIP_SHAPE, "\1\0\20\0\15\0\0\0\0\0\0\0\15\0\0\0\0\0\0\0"); /* Z25 */
	EXTRA(VF_ZIP_SHAPE, "\x01\x99\7\0\2\0AE\3\10\0");
	EXTRA(VF_ZIP_SHAPE, "\0\0\0\0");
	memcpy(big, "UT", 2);
	big[2] = (uint8_t)((sizeof(big) - 5) & 0xff), big[3] = (sizeof(big) - 5) >> 8;
	expect_extra(__LINE__, VF_OK, vf_bytes(big, sizeof(big) - 1), VF_OK);
	big[2]++;
	expect_extra(__LINE__, VF_ZIP_SHAPE, vf_bytes(big, sizeof(big)), VF_ZIP_SHAPE);
}

static void test_records(void)
{
	struct zm_entry e[3];
	struct nt_buf packed;

	for (unsigned bit = 0; bit < 16; bit++) {
		bool is_crypt = bit == 0 || bit == 6 || bit == 13;

		start(e);
		e[1] = zm_deflated("statement.json", vf_bytes_str("{}{}"), &packed);
		e[1].local.flags = e[1].central.flags = (uint16_t)(1u << bit);
		FOREIGN(is_crypt ? VF_ZIP_ENCRYPTED : bit == 3 ? VF_ZIP_OVERLAP
			: bit == 1 || bit == 2 || bit == 11 ? VF_OK : VF_ZIP_SHAPE, ASICE, e, 3, NULL);
		e[1].local.flags = 0;
		BAD(is_crypt ? VF_ZIP_ENCRYPTED : bit == 1 || bit == 2 || bit == 3 || bit == 11 ? VF_ZIP_HEADER_MISMATCH
			: VF_ZIP_SHAPE, e, 3, NULL);
		nt_buf_done(&packed);
	}
	start(e);
	e[1].made_by = 0xff3f; /* any system */
	e[1].external = 0100640u << 16 | 0x20;
	FOREIGN(VF_OK, ASICE, e, 3, NULL);
	e[1].made_by = 0xff40;
	BAD(VF_ZIP_SHAPE, e, 3, NULL);
	/* where nothing else differs, no header may say two things */
	for (int field = 0; field < 8; field++) {
		start(e);
		e[0] = zm_entry("mimetype", VF_ZIP_ASICS);
		e[2].local.need = field == 0 ? 20 : 10;
		e[2].local.flags = field == 1 ? 2 : 0;
		e[2].local.method = field == 2 ? 8 : 0;
		e[2].local.stamp += field == 3;
		e[2].local.crc += field == 4;
		e[2].local.packed += field == 5;
		e[2].local.size += field == 6;
		e[2].local.name = field == 7 ? vf_bytes_str("Consent.txt") : e[2].local.name;
		BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	}
	start(e);
	e[0] = zm_entry("mimetype", VF_ZIP_ASICS);
	e[2].local.crc = e[2].local.packed = e[2].local.size = 0; /* zeros without a descriptor */
	BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
}

/* Group Z stays refused, however tolerant: with another departure before each fault. */
static void test_refusals(void)
{
	static const struct {
		const char *name;
		enum vf_rc want;
	} names[] = {{"statement.json", VF_ZIP_DUPLICATE}, {"Statement.JSON", VF_ZIP_NAME_COLLISION},
		{"statement.json/x", VF_ZIP_NAME_COLLISION}, {"../x", VF_ZIP_PATH}, {"/abs", VF_ZIP_PATH},
		{"a\\b", VF_ZIP_PATH}, {"META-INF/", VF_ZIP_TYPE}, {"a//b", VF_ZIP_PATH}, {"\xc3\xbc.txt", VF_ZIP_SHAPE},
		{"mimetype", VF_ZIP_DUPLICATE}, {"Mimetype", VF_ZIP_NAME_COLLISION}};
	struct zm_entry e[3];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		start(e);
		e[0] = zm_entry("mimetype", VF_ZIP_ASICS);
		e[2].local.name = e[2].central.name = vf_bytes_str(names[i].name);
		BAD(names[i].want, e, 3, NULL);
	}
	start(e);
	e[0] = zm_entry("mimetype", VF_ZIP_ASICS);
	e[2].local.name = e[2].central.name = vf_bytes("a\0txt", 5);
	BAD(VF_ZIP_PATH, e, 3, NULL);
	e[2].local.name = e[2].central.name = vf_bytes_str("link");
	e[2].external = 0120777u << 16;
	BAD(VF_ZIP_TYPE, e, 3, NULL);
	e[2].external = 0x10;
	BAD(VF_ZIP_TYPE, e, 3, NULL);
	e[2].external = 0;
	e[2].local.need = e[2].central.need = 45;
	BAD(VF_ZIP_SHAPE, e, 3, NULL);
	e[2].local.need = e[2].central.need = 10;
	e[2].local.method = e[2].central.method = 12;
	BAD(VF_ZIP_METHOD, e, 3, NULL);
	e[2].local.method = e[2].central.method = 8;
	BAD(VF_ZIP_SHAPE, e, 3, NULL);
	e[2].local.need = e[2].central.need = 20;
	e[2].local.size = e[2].central.size = VF_MAX_ZIP_RATIO_FREE + 1;
	BAD(VF_LIMIT, e, 3, NULL);
	BAD(VF_ZIP_SHAPE, e, 2, (&(struct zm_end){.disk = 1}));
	BAD(VF_ZIP_MIMETYPE, e, 0, (&(struct zm_end){.comment = vf_bytes_str("c")}));
}

/* A folder between the files, as zip -r, jar and java.util.zip write it. */
static void start_folder(struct zm_entry e[4], const char *name, enum vf_zip_media media)
{
	start(e);
	if (media == VF_ZIP_MEDIA_ASICS)
		e[0] = zm_entry("mimetype", VF_ZIP_ASICS);
	e[3] = e[2];
	e[2] = zm_entry(name, "");
}

static void test_folders(void)
{
	static const uint32_t good[] = {0, 0x10, 040755u << 16, 040755u << 16 | 0x10, 0755u << 16, 0x31},
			bad[] = {0100644u << 16, 0120777u << 16 | 0x10, 0020000u << 16, 0010000u << 16, 0060000u << 16,
				0140000u << 16, 042755u << 16 | 0x10, 041777u << 16, 044755u << 16, 0x18, 0x8, 0x40};
	static const uint8_t nothing[] = {3, 0}, other[] = {3, 1}, block_0[] = {1, 0, 0, 0xff, 0xff};
	struct zm_entry e[4], x;
	uint8_t room[16];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		start_folder(e, "folder/", VF_ZIP_MEDIA_ASICE);
		e[2].external = good[i];
		FOREIGN(VF_OK, ASICE, e, 4, NULL);
		FOREIGN(VF_OK, ASICE, e, 3, NULL);
		FOREIGN(VF_OK, NONE, e + 1, 3, NULL);
		FOREIGN(VF_OK, NONE, e + 2, 2, NULL); /* first */
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start_folder(e, "folder/", VF_ZIP_MEDIA_ASICS);
		e[2].external = bad[i];
		BAD(VF_ZIP_TYPE, e, 4, NULL);
		e[2].external = 0;
		FOREIGN(VF_OK, ASICS, e, 4, NULL);
		e[2].local.flags = e[2].central.flags = 1;
		BAD(VF_ZIP_ENCRYPTED, e, 4, NULL);
	}
	start_folder(e, "folder/", VF_ZIP_MEDIA_ASICS);
	BAD(VF_ZIP_MIMETYPE, e + 2, 1, NULL); /* nothing else */
	x = e[0], e[0] = e[2], e[2] = x;
	BAD(VF_ZIP_MIMETYPE, e, 4, NULL); /* mimetype behind a folder */
	BAD(VF_ZIP_MIMETYPE, e, 3, NULL);
	x = e[1], e[1] = e[2], e[2] = x;
	BAD(VF_ZIP_MIMETYPE, e, 2, NULL);
	e[0] = zm_entry("mimetype/", "");
	e[1] = zm_entry("x", "y");
	FOREIGN(VF_OK, NONE, e, 2, NULL);

	start_folder(e, "folder/", VF_ZIP_MEDIA_ASICE);
	e[2] = zm_entry("folder/", "x");
	BAD(VF_ZIP_TYPE, e, 4, NULL);
	e[2] = zm_entry("folder/", "");
	e[2].local.crc = e[2].central.crc = 1;
	BAD(VF_ZIP_TYPE, e, 4, NULL);
	e[2] = zm_entry_raw(vf_bytes_str("folder/"), vf_bytes(nothing, 2));
	BAD(VF_ZIP_TYPE, e, 4, NULL); /* stored */
	for (int form = 0; form < 3; form++) {
		e[2] = zm_entry("folder/", "");
		e[2].local.method = e[2].central.method = 8;
		e[2].local.need = e[2].central.need = 20;
		e[2].data = form == 0 ? vf_bytes(nothing, 2) : form == 1 ? vf_bytes(other, 2) : vf_bytes(block_0, 5);
		e[2].local.packed = e[2].central.packed = (uint32_t)e[2].data.n;
		FOREIGN(form == 0 ? VF_OK : VF_ZIP_TYPE, ASICE, e, 4, NULL);
		zm_describe(&e[2], true, room);
		FOREIGN(form == 0 ? VF_OK : VF_ZIP_TYPE, ASICE, e, 4, NULL);
		e[2].local.size = e[2].central.size = 1;
		BAD(VF_ZIP_TYPE, e, 4, NULL);
	}
	start_folder(e, "folder/", VF_ZIP_MEDIA_ASICE);
	e[2].data = vf_bytes_str("hidden"); /* behind it, in no range */
	BAD(VF_ZIP_OVERLAP, e, 4, NULL);
	zm_describe(&e[2], true, room);
	BAD(VF_ZIP_SHAPE, e, 4, NULL);
}

static void test_folder_names(void)
{
	static const struct {
		const char *folder, *file;
		enum vf_rc want;
	} cases[] = {{"a/", "a/b", VF_OK}, {"a/b/", "a/c", VF_OK}, {"a/", "b", VF_OK}, {"a/", "ab", VF_OK},
		{"A/", "A/b", VF_OK}, {"a/", "a", VF_ZIP_NAME_COLLISION}, {"A/", "a", VF_ZIP_NAME_COLLISION},
		{"A/", "a/b", VF_ZIP_NAME_COLLISION}, {"a/B/", "a/b/c", VF_ZIP_NAME_COLLISION},
		{"A/b/", "a/b/c", VF_ZIP_NAME_COLLISION}, {"a/b/", "a", VF_ZIP_NAME_COLLISION},
		{"a/", "a/", VF_ZIP_DUPLICATE}, {"a/", "A/", VF_ZIP_NAME_COLLISION}, {"a/", "A/b/", VF_ZIP_NAME_COLLISION},
		{"a/", "a/b/", VF_OK}, {"\xc3\x9c/", "\xc3\xbc/x", VF_ZIP_NAME_COLLISION},
		{"\xc3\xbc/", "\xc3\xbc/x", VF_OK}, {"mimetype/", "x", VF_ZIP_NAME_COLLISION}, {"/", "x", VF_ZIP_PATH},
		{"a//", "x", VF_ZIP_PATH}, {"../", "x", VF_ZIP_PATH}, {"a/../", "x", VF_ZIP_PATH}, {"/a/", "x", VF_ZIP_PATH},
		{"a\\/", "x", VF_ZIP_PATH}, {"C:/", "x", VF_ZIP_PATH}, {"a./", "x", VF_ZIP_PATH}};
	struct zm_entry e[40], x;
	char names[36][8];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(e);
		e[1] = zm_entry(cases[i].folder, "");
		e[2] = zm_entry(cases[i].file, "");
		e[1].external = 0x10;
		e[1].made_by = e[2].made_by = 0x031e;
		FOREIGN(cases[i].want, ASICE, e, 3, NULL);
		x = e[1], e[1] = e[2], e[2] = x;
		FOREIGN(cases[i].want, ASICE, e, 3, NULL);
	}
	start(e); /* so many that they are sorted in the other way */
	for (size_t i = 0; i < 36; i++) {
		snprintf(names[i], sizeof(names[i]), "f%02zu/", 36 - i);
		e[i + 3] = zm_entry(names[i], "");
	}
	FOREIGN(VF_OK, ASICE, e, 39, NULL);
	e[2] = zm_entry("F07/x", "");
	BAD(VF_ZIP_NAME_COLLISION, e, 39, NULL);
}

/* As libdigidocpp writes its name, and what else may stand there. */
static void test_entry_comment(void)
{
	static uint8_t long_text[VF_ZIP_MAX_COMMENT + 1];
	struct zm_entry e[3];

	start(e);
	e[0].comment = e[1].comment = e[2].comment = vf_bytes_str("LIB DigiDocPP/4.0.0.0 format: application/vnd.etsi.asic-e+zip");
	FOREIGN(VF_OK, ASICE, e, 3, NULL);
	e[2].comment = vf_bytes_str("PK\5\6\xff\xfe\x1b[2J PK\1\2");
	FOREIGN(VF_OK, ASICE, e, 3, NULL);
	memset(long_text, 'x', sizeof(long_text));
	e[1].comment = vf_bytes(long_text, VF_ZIP_MAX_COMMENT);
	FOREIGN(VF_OK, ASICE, e, 3, NULL);
	e[2].comment = vf_bytes(long_text, sizeof(long_text));
	BAD(VF_ZIP_SHAPE, e, 3, NULL);
	e[2].comment = vf_bytes_str("c");
	e[2].central.extra = e[2].local.extra = vf_bytes("UT\0\0", 4);
	FOREIGN(VF_OK, ASICE, e, 3, NULL);
	e[2].central.extra = e[2].local.extra = vf_bytes("\x75\x70\0\0", 4); /* one excuse does not cover the other */
	BAD(VF_ZIP_SHAPE, e, 3, NULL);
}

static void test_locale(void)
{
	struct zm_entry e[3];

	for (uint16_t host = 0; host < 256; host++) {
		start(e);
		e[2] = zm_entry("\xc3\xbc.txt", "data");
		e[2].made_by = (uint16_t)(host << 8 | 30);
		FOREIGN(host == 3 ? VF_OK : VF_ZIP_SHAPE, ASICE, e, 3, NULL);
	}
	e[2].made_by = 0x031e;
	e[2].local.flags = VF_ZIP_FLAG_UTF8;
	BAD(VF_ZIP_HEADER_MISMATCH, e, 3, NULL);
	e[2].local.flags = 0;
	e[2].local.name = e[2].central.name = vf_bytes_str("\xfc.txt"); /* Latin-1 */
	BAD(VF_ZIP_PATH, e, 3, NULL);
	e[2].local.name = e[2].central.name = vf_bytes_str("u\xcc\x88.txt"); /* another normal form */
	BAD(VF_ZIP_PATH, e, 3, NULL);
	e[1] = zm_entry("\xc3\x9c.txt", "data"); /* with the flag, in upper case */
	e[1].local.flags = e[1].central.flags = VF_ZIP_FLAG_UTF8;
	e[2].local.name = e[2].central.name = vf_bytes_str("\xc3\xbc.txt");
	BAD(VF_ZIP_NAME_COLLISION, e, 3, NULL);
	e[2].local.name = e[2].central.name = vf_bytes_str("\xc3\x9c.txt");
	BAD(VF_ZIP_DUPLICATE, e, 3, NULL);
}

int main(void)
{
	test_entry_comment();
	test_folders();
	test_folder_names();
	test_locale();
	test_mimetype();
	test_comment();
	test_descriptor();
	test_extra();
	test_records();
	test_refusals();
	return check_done();
}
