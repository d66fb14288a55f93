/* Data of entries: stored and deflated, in memory and from a file; Z21, Z23, Z28, D02 and every bit flip. */
#include "verify/container.h"

#include "tests/check.h"
#include "tests/zip_make.h"
#include "verify/limits.h"

static uint8_t block[48 * 1024 * 1024];
static struct vf_err err;

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

/* Text that deflate makes shorter, but not by much: lines of numbers. */
static struct nt_buf text_of(size_t n)
{
	struct nt_buf b = nt_buf(ZM_MAX);
	uint32_t x = 1;

	while (b.n < n) {
		x = x * 1664525 + 1013904223;
		nt_buf_putf(&b, "subject %u\n", x);
	}
	b.n = n;
	return b;
}

static void check_entry(const struct vf_container *c, struct vf_arena *a, const char *name, struct vf_bytes want)
{
	const struct vf_zip_entry *e = vf_zip_find(&c->zip, vf_bytes_str(name));
	struct vf_pair pair, want_pair = vf_pair_of(want);
	struct vf_digest d, want_d;
	struct vf_bytes got = {NULL, 0};

	CHECK(e != NULL);
	if (!e)
		return;
	CHECK_RC(vf_container_read(c, e, a, &got, &err), VF_OK);
	CHECK_BYTES(got, want);
	CHECK_RC(vf_container_hash(c, e, &pair, &err), VF_OK);
	CHECK(vf_pair_eq(&pair, &want_pair));
	CHECK_RC(vf_container_digest(c, e, VF_SHA384, &d, &err), VF_OK);
	CHECK_RC(vf_digest(VF_SHA384, want, &want_d, &err), VF_OK);
	CHECK(vf_digest_eq(&d, &want_d));
	CHECK_RC(vf_container_digest(c, e, VF_SHA3_256, &d, &err), VF_OK);
	CHECK_RC(vf_container_digest(c, e, VF_ALG_NONE, &d, &err), VF_UNKNOWN_ALGORITHM);
}

static void test_reads(void)
{
	struct nt_buf b = nt_buf(ZM_MAX), big = text_of(300000), packed[3];
	struct vf_bytes odd = vf_bytes_str("Pr\xc3\xbc" "fplan.txt");
	struct zm_entry e[7];
	struct vf_container c;
	struct vf_bytes got;
	struct vf_arena a;

	e[0] = zm_entry("mimetype", VF_ZIP_ASICE);
	e[1] = zm_deflated("statement.json", vf_bytes_str("{}"), &packed[0]);
	e[2] = zm_entry_raw(vf_bytes_str("stored.txt"), nt_buf_bytes(&big));
	e[3] = zm_deflated("deflated.txt", nt_buf_bytes(&big), &packed[1]);
	e[4] = zm_entry("empty.txt", "");
	e[5] = zm_deflated("Pr\xc3\xbc" "fplan.txt", vf_bytes_str("deflated, with another alphabet"), &packed[2]);
	e[5].local.flags = e[5].central.flags = VF_ZIP_FLAG_UTF8;
	e[5].made_by = 0x0314;
	e[5].external = 0100644u << 16;
	e[6] = zm_entry("nested.asice", "PK\3\4PK\5\6");
	zm_build(&b, e, 7, NULL);
	struct file f = {.b = nt_buf_bytes(&b)};
	struct vf_source sources[] = {vf_source_of(nt_buf_bytes(&b)), file_source(&f)};
	for (size_t i = 0; i < 2; i++) {
		vf_arena_init(&a, block, sizeof(block));
		CHECK_RC(vf_container_open(&sources[i], false, &a, &c, &err), VF_OK);
		check_entry(&c, &a, "mimetype", vf_bytes_str(VF_ZIP_ASICE));
		check_entry(&c, &a, "statement.json", vf_bytes_str("{}"));
		check_entry(&c, &a, "stored.txt", nt_buf_bytes(&big));
		check_entry(&c, &a, "deflated.txt", nt_buf_bytes(&big));
		check_entry(&c, &a, "empty.txt", vf_bytes(NULL, 0));
		check_entry(&c, &a, (const char *)odd.p, vf_bytes_str("deflated, with another alphabet"));
		check_entry(&c, &a, "nested.asice", vf_bytes_str("PK\3\4PK\5\6"));
	}
	CHECK_RC(vf_container_open(&sources[0], false, &a, &c, &err), VF_OK);
	CHECK_RC(vf_container_read(&c, &c.zip.entries[2], &a, &got, &err), VF_OK);
	CHECK(got.p == b.p + c.zip.entries[2].data_at); /* in place */
	for (size_t i = 0; i < 3; i++)
		nt_buf_done(&packed[i]);
	nt_buf_done(&big);
	nt_buf_done(&b);
}

struct seen {
	uint64_t n, limit;
};

static enum vf_rc see(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct seen *s = ctx;

	s->n += piece.n;
	if (s->n > s->limit)
		return vf_fail(reterr, VF_INTERRUPTED, "enough");
	return VF_OK;
}

/* Opens a container of mimetype and this entry, and streams it. */
static enum vf_rc stream_one(struct zm_entry entry, struct seen *seen)
{
	struct zm_entry e[2] = {zm_entry("mimetype", VF_ZIP_ASICE), entry};
	struct nt_buf b = nt_buf(ZM_MAX);
	struct vf_container c;
	struct vf_arena a;
	enum vf_rc rc;

	zm_build(&b, e, 2, NULL);
	struct file f = {.b = nt_buf_bytes(&b)};
	struct vf_source sources[] = {vf_source_of(nt_buf_bytes(&b)), file_source(&f)};
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_container_open(&sources[0], false, &a, &c, &err), VF_OK);
	rc = vf_container_stream(&c, &c.zip.entries[1], see, seen, &err);
	seen->n = 0;
	c.source = sources[1];
	CHECK_RC(vf_container_stream(&c, &c.zip.entries[1], see, seen, &err), rc);
	nt_buf_done(&b);
	return rc;
}

static void set_size(struct zm_entry *e, uint32_t size)
{
	e->local.size = e->central.size = size;
}

static void test_wrong_data(void)
{
	struct nt_buf packed, big = text_of(200000), longer = nt_buf(ZM_MAX);
	struct seen seen = {.limit = UINT64_MAX};
	struct zm_entry e;

	e = zm_entry("a", "data");
	CHECK_RC(stream_one(e, &seen), VF_OK);
	CHECK_INT(seen.n, 4);
	e.local.crc = ++e.central.crc; /* Z21 */
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	e = zm_entry("a", "");
	e.local.crc = ++e.central.crc;
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	e = zm_deflated("a", nt_buf_bytes(&big), &packed);
	CHECK_RC(stream_one(e, &seen), VF_OK);
	CHECK_INT(seen.n, 200000);
	e.local.crc = ++e.central.crc;
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	e.local.crc = --e.central.crc;
	set_size(&e, 200001); /* Z23 */
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	set_size(&e, 100);
	seen.limit = 100; /* nothing beyond the declared size is handed on */
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	CHECK(seen.n <= 100);
	seen.limit = 70000;
	set_size(&e, 200000);
	CHECK_RC(stream_one(e, &seen), VF_INTERRUPTED);
	seen.limit = UINT64_MAX;
	nt_buf_put(&longer, e.data); /* bytes behind the end of the deflate stream, counted in the header */
	nt_buf_put_str(&longer, "x");
	e.data = nt_buf_bytes(&longer);
	e.local.packed = ++e.central.packed;
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	e.data.n -= 2; /* a cut stream */
	e.local.packed = e.central.packed -= 2;
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	e = zm_entry("a", "this is no deflate stream");
	e.local.method = e.central.method = 8;
	e.local.need = e.central.need = 20;
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	e.local.packed = e.central.packed = 0;
	e.data.n = 0;
	CHECK_RC(stream_one(e, &seen), VF_ZIP_DATA);
	nt_buf_done(&packed);
	nt_buf_done(&longer);
	nt_buf_done(&big);
}

/* Z28, D02: zeros that say how many they are stop at the scan; those that lie stop at the declared size. */
static void test_bomb(void)
{
	struct nt_buf packed, zeros = nt_buf(ZM_MAX);
	struct seen seen = {.limit = 1000};
	struct zm_entry e[2] = {zm_entry("mimetype", VF_ZIP_ASICE)};
	struct nt_buf b = nt_buf(ZM_MAX);
	struct vf_container c;
	struct vf_source s;
	struct vf_arena a;
	struct vf_bytes got;

	if (!nt_buf_reserve(&zeros, 40 * 1024 * 1024))
		abort();
	zeros.n = 40 * 1024 * 1024;
	memset(zeros.p, 0, zeros.n);
	e[1] = zm_deflated("zeros", nt_buf_bytes(&zeros), &packed);
	zm_build(&b, e, 2, NULL);
	s = vf_source_of(nt_buf_bytes(&b));
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_container_open(&s, false, &a, &c, &err), VF_LIMIT);
	set_size(&e[1], 1000);
	CHECK_RC(stream_one(e[1], &seen), VF_ZIP_DATA);
	CHECK(seen.n <= 1000);
	nt_buf_reset(&b);
	e[1] = zm_entry_raw(vf_bytes_str("large"), vf_bytes(zeros.p, VF_MAX_PART + 1));
	zm_build(&b, e, 2, NULL);
	s = vf_source_of(nt_buf_bytes(&b));
	CHECK_RC(vf_container_open(&s, false, &a, &c, &err), VF_OK);
	CHECK_RC(vf_container_read(&c, &c.zip.entries[1], &a, &got, &err), VF_LIMIT);
	seen.limit = UINT64_MAX;
	CHECK_RC(vf_container_stream(&c, &c.zip.entries[1], see, &seen, &err), VF_OK);
	nt_buf_done(&b);
	nt_buf_done(&packed);
	nt_buf_done(&zeros);
}

/* Each read of the source fails in turn, and each arena is too small: never accepted, never ZIP_DATA. */
static void test_faults(void)
{
	struct nt_buf packed, b = nt_buf(ZM_MAX), big = text_of(400000);
	struct zm_entry e[3] = {zm_entry("mimetype", VF_ZIP_ASICE)};
	struct vf_container c, c2;
	struct vf_arena a;
	struct vf_pair pair;
	struct vf_bytes got;

	e[1] = zm_deflated("d", nt_buf_bytes(&big), &packed);
	e[2] = zm_entry_raw(vf_bytes_str("s"), nt_buf_bytes(&big));
	zm_build(&b, e, 3, NULL);
	struct file f = {.b = nt_buf_bytes(&b)};
	struct vf_source s = file_source(&f);
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_container_open(&s, false, &a, &c, &err), VF_OK);
	for (size_t i = 1; i < 3; i++) {
		enum vf_rc rc = VF_IO;

		for (f.fail_at = 1; rc == VF_IO && f.fail_at < 100; f.fail_at++) {
			f.reads = 0;
			rc = vf_container_hash(&c, &c.zip.entries[i], &pair, &err);
		}
		CHECK_RC(rc, VF_OK);
		CHECK(f.fail_at > 3 && f.fail_at < 100);
		f.fail_at = 0;
		vf_arena_init(&a, block + 1024 * 1024, 1000);
		CHECK_RC(vf_container_read(&c, &c.zip.entries[i], &a, &got, &err), VF_NO_MEMORY);
		CHECK_RC(vf_container_open(&s, false, &a, &c2, &err), VF_OK);
	}
	nt_buf_done(&packed);
	nt_buf_done(&big);
	nt_buf_done(&b);
}

/* One bit anywhere: refused, or the names and data of all entries are unchanged. Tells how many were accepted. */
static size_t flip_bits(bool tolerant, const struct zm_entry *e, const char *const *want, size_t n,
	const struct zm_end *end)
{
	struct nt_buf b = nt_buf(ZM_MAX);
	uint8_t *copy = block + 1024 * 1024;
	struct vf_container c;
	struct vf_arena a;
	struct vf_bytes got;
	size_t accepted = 0;

	zm_build(&b, e, n, end);
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		struct vf_source s = vf_source_of(vf_bytes(copy, b.n));
		enum vf_rc rc;

		memcpy(copy, b.p, b.n);
		copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
		vf_arena_init(&a, block, 1024 * 1024);
		rc = vf_container_open(&s, tolerant, &a, &c, &err);
		if (rc == VF_OK)
			CHECK_INT(c.zip.n, n);
		for (size_t i = 0; rc == VF_OK && i < c.zip.n; i++) {
			rc = vf_container_read(&c, &c.zip.entries[i], &a, &got, &err);
			if (rc != VF_OK)
				break;
			CHECK_BYTES(c.zip.entries[i].name, e[i].central.name);
			CHECK_BYTES(got, vf_bytes_str(want[i]));
		}
		accepted += rc == VF_OK;
		CHECK(rc == VF_OK || vf_rc_class(rc) == VF_CLASS_REJECTED);
	}
	nt_buf_done(&b);
	return accepted;
}

static void test_bit_flips(void)
{
	static const char *const want[] = {VF_ZIP_ASICE, "{}", "deflated deflated deflated deflated", "last"};
	struct nt_buf packed;
	struct zm_entry e[4] = {zm_entry("mimetype", VF_ZIP_ASICE), zm_entry("statement.json", "{}")};
	size_t n;

	e[2] = zm_deflated("d.txt", vf_bytes_str(want[2]), &packed);
	e[3] = zm_entry("z.txt", want[3]);
	n = flip_bits(false, e, want, 4, NULL);
	CHECK(n > 0 && n < 4 * 64); /* attributes without meaning */
	n = flip_bits(true, e, want, 4, NULL);
	CHECK(n > 0 && n < 4 * 72);
	nt_buf_done(&packed);
}

/* An entry as Java, minizip and Info-ZIP write it: everything that the tolerant scan takes. */
static void foreign(struct zm_entry e[4], const char *const *want, struct nt_buf packed[2], uint8_t room[32])
{
	e[0] = zm_entry("mimetype", want[0]);
	e[0].local.flags = e[0].central.flags = VF_ZIP_FLAG_UTF8;
	e[1] = zm_deflated("a.txt", vf_bytes_str(want[1]), &packed[0]);
	e[1].local.extra = vf_bytes("UT\5\0\1\1\2\3\4", 9);
	zm_describe(&e[1], true, room);
	e[2] = zm_deflated("d/b.txt", vf_bytes_str(want[2]), &packed[1]);
	e[2].local.flags = e[2].central.flags = 2;
	e[2].central.extra = vf_bytes("\x0a\0\4\0\0\0\0\0", 8);
	zm_describe(&e[2], false, room + 16);
	e[3] = zm_entry("z.txt", want[3]);
	e[3].local.extra = e[3].central.extra = vf_bytes("\xfe\xca\0\0", 4);
	e[3].made_by = 0xff3f;
	e[3].external = 0100644u << 16 | 0x20;
}

static void test_foreign(void)
{
	static const char *const want[] = {VF_ZIP_ASICS, "deflated deflated deflated", "b b b b b b b b", "last"};
	struct zm_end comment = {.comment = vf_bytes_str("mimetype=" VF_ZIP_ASICS)};
	struct nt_buf packed[2], b = nt_buf(ZM_MAX);
	struct zm_entry e[4];
	struct vf_container c;
	struct vf_arena a;
	uint8_t room[32];
	size_t n;

	foreign(e, want, packed, room);
	zm_build(&b, e, 4, &comment);
	struct file f = {.b = nt_buf_bytes(&b)};
	struct vf_source sources[] = {vf_source_of(nt_buf_bytes(&b)), file_source(&f)};
	for (size_t i = 0; i < 2; i++) {
		vf_arena_init(&a, block, sizeof(block));
		CHECK_RC(vf_container_open(&sources[i], false, &a, &c, &err), VF_ZIP_TRAILING_DATA);
		CHECK_RC(vf_container_open(&sources[i], true, &a, &c, &err), VF_OK);
		CHECK_RC(c.zip.departure.rc, VF_ZIP_TRAILING_DATA);
		CHECK_INT(c.zip.media_type, VF_ZIP_MEDIA_ASICS);
		check_entry(&c, &a, "mimetype", vf_bytes_str(want[0]));
		check_entry(&c, &a, "a.txt", vf_bytes_str(want[1]));
		check_entry(&c, &a, "d/b.txt", vf_bytes_str(want[2]));
		check_entry(&c, &a, "z.txt", vf_bytes_str(want[3]));
	}
	n = flip_bits(true, e, want, 4, &comment);
	CHECK(n > 0 && n < 4 * 72 + 12 * 8 + 256); /* also what extra fields hold */
	n = flip_bits(true, e + 1, want + 1, 3, &comment);
	CHECK(n > 0 && n < 3 * 72 + 12 * 8 + 8 * 64); /* also the comment, which is then the only claim */
	nt_buf_done(&packed[0]);
	packed[0] = text_of(50);
	e[1].data = nt_buf_bytes(&packed[0]); /* a descriptor that agrees with the headers, but not with the data */
	e[1].central.packed = 50;
	zm_describe(&e[1], true, room);
	nt_buf_reset(&b);
	zm_build(&b, e, 4, NULL);
	sources[0] = vf_source_of(nt_buf_bytes(&b));
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_container_open(&sources[0], true, &a, &c, &err), VF_OK);
	CHECK_RC(vf_container_digest(&c, &c.zip.entries[1], VF_SHA256, &(struct vf_digest){0}, &err), VF_ZIP_DATA);
	for (size_t i = 0; i < 2; i++)
		nt_buf_done(&packed[i]);
	nt_buf_done(&b);
}

int main(void)
{
	test_reads();
	test_wrong_data();
	test_bomb();
	test_faults();
	test_bit_flips();
	test_foreign();
	return check_done();
}
