/* Group Z of the attack catalogue: files that different ZIP readers take for different containers. */
#include "tests/attack/attack.h"

#define UTF8 VF_ZIP_FLAG_UTF8

static struct zm_entry *find(struct attack_zip *z, const char *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (vf_bytes_is(z->e[i].local.name, name))
			return &z->e[i];
	fprintf(stderr, "there is no entry '%s'\n", name);
	exit(1);
}

static struct zm_entry *add_bytes(struct attack_zip *z, struct vf_bytes name, const char *data)
{
	struct zm_entry *e = &z->e[z->n++];

	*e = zm_entry_raw(name, vf_bytes_str(data));
	e->made_by = VF_ZIP_NEED_STORED;
	return e;
}

static struct zm_entry *add(struct attack_zip *z, const char *name, const char *data)
{
	return add_bytes(z, vf_bytes_str(name), data);
}

static void both_flags(struct zm_entry *e, uint16_t flags)
{
	e->local.flags = e->central.flags = flags;
}

static void both_extra(struct zm_entry *e, const char *extra, size_t n)
{
	e->local.extra = e->central.extra = vf_bytes(extra, n);
}

static void both_sizes(struct zm_entry *e, uint32_t packed, uint32_t size)
{
	e->local.packed = e->central.packed = packed;
	e->local.size = e->central.size = size;
}

/* Deflates an entry in its place. */
static void pack(struct zm_entry *e)
{
	struct nt_buf room;
	const char *name = (const char *)JOIN(e->local.name, vf_bytes("", 1)).p;

	*e = zm_deflated(name, e->data, &room);
	e->data = make_copy(nt_buf_bytes(&room));
	nt_buf_done(&room);
}

#define ZIP(name) static void name(struct attack_zip *z)
#define BYTES(name) static void name(struct nt_buf *bytes)

ZIP(z01_absent)
{
	memmove(z->e, z->e + 1, --z->n * sizeof(z->e[0]));
}

ZIP(z01_later)
{
	struct zm_entry first = z->e[0];

	z->e[0] = z->e[1];
	z->e[1] = first;
}

ZIP(z01_packed)
{
	pack(&z->e[0]);
}

ZIP(z01_extra)
{
	both_extra(&z->e[0], "\x55\x54\0\0", 4);
}

ZIP(z01_other)
{
	z->e[0] = zm_entry("mimetype", attack_now->with);
}

ZIP(z02)
{
	find(z, "a.txt")->local.name = vf_bytes_str("b.tyt");
}

/* Two documents change places in one of the two headers. */
ZIP(z02_swap)
{
	struct zm_entry *a = find(z, "a.txt"), *c = find(z, "b.txt");

	a->central.name = vf_bytes_str("b.txt");
	c->central.name = vf_bytes_str("a.txt");
}

ZIP(z03)
{
	find(z, "a.txt")->is_hidden = true;
}

ZIP(z03_more)
{
	add(z, "c.txt", "in no directory\n")->is_hidden = true;
}

ZIP(z04)
{
	struct zm_entry *last = &z->e[z->n];

	*last = z->e[z->n - 1];
	last->central.name = vf_bytes_str("c.txt");
	last->is_repeat = true;
	z->n++;
}

ZIP(z04_inside)
{
	find(z, "b.txt")->shift = -4;
}

/* Another good bundle before this one. */
static struct vf_bytes another(void)
{
	struct nt_buf out = nt_buf(1 << 20);
	struct vf_bytes r;

	zm_build(&out, (struct zm_entry[]){zm_entry("mimetype", VF_ZIP_ASICE), zm_entry("x.txt", "another\n")}, 2,
		NULL);
	r = make_copy(nt_buf_bytes(&out));
	nt_buf_done(&out);
	return r;
}

ZIP(z05)
{
	z->end.before = another();
}

ZIP(z05_behind)
{
	z->end.after = another();
}

static void count_prefix(struct attack_zip *z)
{
	int32_t n = (int32_t)z->end.before.n;

	z->end.at = n;
	for (size_t i = 0; i < z->n; i++)
		z->e[i].shift = n;
}

ZIP(z05_counted)
{
	z05(z);
	count_prefix(z);
}

ZIP(z06)
{
	z->end.before = vf_bytes_str(attack_now->with);
}

ZIP(z06_counted)
{
	z06(z);
	count_prefix(z);
}

ZIP(z07)
{
	z->end.after = vf_bytes_str("x");
}

ZIP(z07_much)
{
	z->end.after = vf_bytes(memset(make_room(70000), 0, 70000), 70000);
}

ZIP(z08)
{
	z->end.comment = vf_bytes("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
}

/* An empty archive in the comment that fits to its place. */
BYTES(z08_fits)
{
	uint8_t end[22] = {'P', 'K', 5, 6};
	size_t at = bytes->n;

	bytes->p[at - 2] = 22; /* the length of the comment */
	for (size_t i = 0; i < 4; i++)
		end[16 + i] = (uint8_t)(at >> 8 * i);
	nt_buf_put(bytes, vf_bytes(end, sizeof(end)));
}

BYTES(z08_empty)
{
	nt_buf_reset(bytes);
	zm_build(bytes, NULL, 0, NULL);
}

ZIP(z09_less)
{
	z->end.here = z->end.count = -1;
}

ZIP(z09_more)
{
	z->end.here = z->end.count = 1;
}

ZIP(z09_differ)
{
	z->end.count = 1;
}

ZIP(z10)
{
	add(z, "a.txt", attack_now->with);
}

ZIP(z11)
{
	add(z, attack_now->with, "first document\n");
}

ZIP(z11_forms)
{
	both_flags(add(z, "\xc3\xa9.txt", "x"), UTF8);
	both_flags(add(z, "e\xcc\x81.txt", "x"), UTF8);
}

/* One more entry of this name; bit 11 is set as its octets demand. */
ZIP(named)
{
	struct zm_entry *e = add(z, attack_now->with, "x");

	for (const char *p = attack_now->with; *p; p++)
		if ((uint8_t)*p >= 0x80)
			both_flags(e, UTF8);
}

ZIP(z13)
{
	add_bytes(z, vf_bytes("a\0txt", 5), "x");
}

/* The name is cut to that of a member, which is not there by itself. */
ZIP(z13_member)
{
	struct zm_entry *e = find(z, "a.txt");

	e->local.name = e->central.name = vf_bytes("a.txt\0.bin", 10);
}

ZIP(z14)
{
	both_extra(find(z, "a.txt"), "\x75\x70\x06\x00\x01\0\0\0\0X", 10);
}

ZIP(z15_flag)
{
	add(z, "\xc3\xbc.txt", "x");
}

ZIP(z15_plain)
{
	both_flags(find(z, "a.txt"), UTF8);
}

static void attributes(struct attack_zip *z, uint32_t mode)
{
	find(z, "a.txt")->external = mode << 16;
}

ZIP(z17)
{
	attributes(z, 0120777);
}

ZIP(z18_device)
{
	attributes(z, 0020644);
}

ZIP(z18_fifo)
{
	attributes(z, 0010644);
}

ZIP(z18_folder)
{
	add(z, "folder/", "")->external = 0x10;
}

ZIP(z18_attribute)
{
	find(z, "a.txt")->external = 0x10;
}

ZIP(z19)
{
	both_flags(find(z, "a.txt"), 1);
}

ZIP(z19_strong)
{
	both_flags(find(z, "a.txt"), 1 | 1 << 6);
}

ZIP(z19_headers)
{
	both_flags(find(z, "a.txt"), 1 << 13);
}

static void method(struct attack_zip *z, uint16_t m)
{
	struct zm_entry *e = find(z, "a.txt");

	e->local.method = e->central.method = m;
}

ZIP(z20_aes)
{
	method(z, 99);
}

ZIP(z20_bzip2)
{
	method(z, 12);
}

ZIP(z20_lzma)
{
	method(z, 14);
}

ZIP(z20_zstd)
{
	method(z, 93);
}

ZIP(z20_deflate64)
{
	method(z, 9);
}

ZIP(z21)
{
	find(z, "a.txt")->data = vf_bytes_str("first d0cument\n");
}

/* The data agree with the statement; what both headers call their CRC does not. */
ZIP(z21_headers)
{
	struct zm_entry *e = find(z, "a.txt");

	e->local.crc = ++e->central.crc;
}

ZIP(z22)
{
	find(z, "a.txt")->central.size--;
}

ZIP(z22_both)
{
	find(z, "a.txt")->central.size--;
	find(z, "a.txt")->central.packed--;
}

ZIP(z23_small)
{
	struct zm_entry *e = find(z, "a.txt");

	both_sizes(e, (uint32_t)e->data.n - 1, (uint32_t)e->data.n - 1);
}

ZIP(z23_big)
{
	struct zm_entry *e = find(z, "a.txt");

	both_sizes(e, (uint32_t)e->data.n + 1, (uint32_t)e->data.n + 1);
}

static void packed_lie(struct attack_zip *z, int by)
{
	struct zm_entry *e = find(z, "a.txt");
	uint32_t size = e->local.size;

	pack(e);
	e->made_by = VF_ZIP_NEED_STORED;
	both_sizes(e, (uint32_t)e->data.n, (uint32_t)((int)size + by));
}

ZIP(z23_inflates_to_more)
{
	packed_lie(z, -1);
}

ZIP(z23_inflates_to_less)
{
	packed_lie(z, 1);
}

ZIP(z24)
{
	struct zm_entry *e = find(z, "a.txt");

	both_flags(e, 1 << 3);
	e->data = JOIN(e->data, vf_bytes("PK\7\x8\1\2\3\4\1\0\0\0\1\0\0\0", 16));
	e->local.crc = e->local.size = e->local.packed = 0;
}

ZIP(z25)
{
	struct zm_entry *e = find(z, "a.txt");

	both_sizes(e, 0xffffffff, 0xffffffff);
	both_extra(e, "\1\0\20\0\17\0\0\0\0\0\0\0\17\0\0\0\0\0\0\0", 20);
}

/* A locator of a ZIP64 end record before the end record. */
BYTES(z25_locator)
{
	struct vf_bytes end = make_copy(vf_bytes(bytes->p + bytes->n - 22, 22));

	bytes->n -= 22;
	nt_buf_put(bytes, vf_bytes("PK\6\7\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 20));
	nt_buf_put(bytes, end);
}

ZIP(z26)
{
	z->end.disk = 1;
}

ZIP(z26_directory)
{
	z->end.central_disk = 1;
}

ZIP(z26_entry)
{
	find(z, "a.txt")->disk = 1;
}

/* Cut at every byte, each time REJECTED; the last one is what is reported. */
static void z27(void)
{
	struct nt_buf bytes = nt_buf(1 << 20);
	struct vf_session *s;

	make_bundle(&b, &log_key, &alpha, good, &bytes);
	s = session();
	for (size_t n = 0; n < bytes.n; n++)
		if (judge(s, vf_bytes(bytes.p, n)) != VF_REJECTED)
			CHECK_FAIL("Z27 cut to %zu of %zu bytes: %s", n, bytes.n, verdict_word(report.verdict));
	vf_session_free(s);
	nt_buf_done(&bytes);
}

/* 200 MiB of zeros, deflated to about 200 kB. */
ZIP(z28)
{
	static uint8_t zeros[1 << 20];
	z_stream s = {0};
	uLong size = 200ul << 20, crc = 0;
	struct zm_entry *e;
	uint8_t *out = make_room(1 << 19);

	MUST(deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	s.next_out = out;
	s.avail_out = 1 << 19;
	for (uLong at = 0; at < size; at += sizeof(zeros)) {
		s.next_in = zeros;
		s.avail_in = sizeof(zeros);
		crc = crc32_z(crc, zeros, sizeof(zeros));
		MUST(deflate(&s, at + sizeof(zeros) < size ? Z_NO_FLUSH : Z_FINISH) >= 0);
	}
	e = add_bytes(z, vf_bytes_str("c.bin"), "");
	e->data = vf_bytes(out, s.total_out);
	e->local.method = e->central.method = VF_ZIP_DEFLATED;
	e->local.need = e->central.need = VF_ZIP_NEED_DEFLATED;
	e->local.crc = e->central.crc = (uint32_t)crc;
	both_sizes(e, (uint32_t)e->data.n, (uint32_t)size);
	MUST(s.total_out < size / 500);
	deflateEnd(&s);
}

/* A document that is itself an archive, with a name that leaves its folder. */
HOOK(z29)
{
	struct nt_buf out = nt_buf(1 << 16);

	if (stage == BEGIN) {
		zm_build(&out, (struct zm_entry[]){zm_entry("../x", "evil\n"), zm_entry("../x", "twice\n")}, 2, NULL);
		x->files[0].name = "a.zip";
		x->files[0].data = make_copy(nt_buf_bytes(&out));
	}
	nt_buf_done(&out);
}

/* The bundle's parts in a tape archive. */
BYTES(z30_tar)
{
	nt_buf_reset(bytes);
	for (size_t i = 0; i < b.n_items; i++) {
		char head[512] = {0};
		unsigned sum = 0;

		snprintf(head, 100, "%.*s", (int)b.items[i].name.n, (const char *)b.items[i].name.p);
		memcpy(head + 100, "0000644\0000000000\0000000000", 24);
		snprintf(head + 124, 25, "%011zo%c%011o", b.items[i].data.n, 0, 0);
		memcpy(head + 148, "        0", 9);
		memcpy(head + 257, "ustar\00000", 8);
		for (size_t k = 0; k < sizeof(head); k++)
			sum += (uint8_t)head[k];
		snprintf(head + 148, 8, "%06o", sum);
		nt_buf_put(bytes, vf_bytes(head, sizeof(head)));
		nt_buf_put(bytes, b.items[i].data);
		memset(head, 0, sizeof(head));
		nt_buf_put(bytes, vf_bytes(head, (512 - b.items[i].data.n % 512) % 512));
	}
	nt_buf_put(bytes, vf_bytes(memset(make_room(1024), 0, 1024), 1024));
}

/* Another format by its first bytes. */
BYTES(z30)
{
	uint8_t zeros[2048] = {0};

	nt_buf_reset(bytes);
	nt_buf_put_str(bytes, attack_now->with);
	nt_buf_put(bytes, vf_bytes(zeros, sizeof(zeros)));
}

BYTES(z30_iso)
{
	static uint8_t image[40960];

	memcpy(image + 32768, "\1CD001\1", 7);
	nt_buf_reset(bytes);
	nt_buf_put(bytes, vf_bytes(image, sizeof(image)));
}

static const struct attack cases[] = {
	ATTACK("Z01a", "no mimetype entry", VF_REJECTED, VF_ZIP_MIMETYPE, .rebuild = z01_absent),
	ATTACK("Z01b", "mimetype is not the first entry", VF_REJECTED, VF_ZIP_MIMETYPE, .rebuild = z01_later),
	ATTACK("Z01c", "mimetype is deflated", VF_REJECTED, VF_ZIP_MIMETYPE, .rebuild = z01_packed),
	ATTACK("Z01d", "mimetype has an extra field", VF_REJECTED, VF_ZIP_MIMETYPE, .rebuild = z01_extra),
	ATTACK("Z01e", "another media type", VF_REJECTED, VF_ZIP_MIMETYPE,
		.rebuild = z01_other, .with = "application/vnd.etsi.asic-s+zip"),
	ATTACK("Z01f", "a line end in mimetype", VF_REJECTED, VF_ZIP_MIMETYPE,
		.rebuild = z01_other, .with = VF_ZIP_ASICE "\n"),
	ATTACK("Z02a", "name differs between both headers", VF_REJECTED, VF_ZIP_HEADER_MISMATCH, .rebuild = z02),
	ATTACK("Z02b", "the names of two documents are exchanged in the directory", VF_REJECTED, VF_ZIP_HEADER_MISMATCH,
		.rebuild = z02_swap),
	ATTACK("Z03a", "the directory leaves a member out", VF_REJECTED, VF_ZIP_OVERLAP, .rebuild = z03),
	ATTACK("Z03b", "one more entry that the directory does not list", VF_REJECTED, VF_ZIP_OVERLAP,
		.rebuild = z03_more),
	ATTACK("Z04a", "two directory records of one entry", VF_REJECTED, VF_ZIP_OVERLAP, .rebuild = z04),
	ATTACK("Z04b", "an entry that begins inside another", VF_REJECTED, VF_ZIP_OVERLAP, .rebuild = z04_inside),
	ATTACK("Z05a", "another archive before this one", VF_REJECTED, VF_ZIP_LEADING_DATA, .rebuild = z05),
	ATTACK("Z05b", "the same, and all offsets count it", VF_REJECTED, VF_ZIP_LEADING_DATA, .rebuild = z05_counted),
	ATTACK("Z05c", "another archive behind this one", VF_REJECTED, VF_ZIP_LEADING_DATA, .rebuild = z05_behind),
	ATTACK("Z06a", "a script before the first entry", VF_REJECTED, VF_ZIP_LEADING_DATA,
		.rebuild = z06, .with = "#!/bin/sh\nexit 0\n"),
	ATTACK("Z06b", "a PDF before the first entry, counted by the offsets", VF_REJECTED, VF_ZIP_LEADING_DATA,
		.rebuild = z06_counted,
		.with = "%PDF-1.7\n"),
	ATTACK("Z07a", "one byte behind the end", VF_REJECTED, VF_ZIP_TRAILING_DATA, .rebuild = z07),
	ATTACK("Z07b", "more behind the end than a comment can hold", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z07_much),
	ATTACK("Z08a", "the mark of an end record in the comment", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z08),
	ATTACK("Z08b", "an empty archive in the comment, right for its place", VF_REJECTED, VF_ZIP_MIMETYPE,
		.patch = z08_fits),
	ATTACK("Z08c", "an empty archive", VF_REJECTED, VF_ZIP_MIMETYPE, .patch = z08_empty),
	ATTACK("Z09a", "the end record counts one entry less", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z09_less),
	ATTACK("Z09b", "the end record counts one entry more", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z09_more),
	ATTACK("Z09c", "the two counts of the end record differ", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z09_differ),
	ATTACK("Z10a", "one name twice, other data", VF_REJECTED, VF_ZIP_DUPLICATE,
		.rebuild = z10, .with = "another document\n"),
	ATTACK("Z10b", "one name twice, the same data", VF_REJECTED, VF_ZIP_DUPLICATE,
		.rebuild = z10, .with = "first document\n"),
	ATTACK("Z11a", "names that differ only in case", VF_REJECTED, VF_ZIP_NAME_COLLISION,
		.rebuild = z11, .with = "A.TXT"),
	ATTACK("Z11b", "a file that is also a folder", VF_REJECTED, VF_ZIP_NAME_COLLISION,
		.rebuild = z11, .with = "a.txt/x"),
	ATTACK("Z11c", "names that differ only in Unicode form", VF_REJECTED, VF_ZIP_PATH, .rebuild = z11_forms),
	ATTACK("Z12a", "a name that goes up: ../x", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "../x"),
	ATTACK("Z12b", "an absolute name: /abs", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "/abs"),
	ATTACK("Z12c", "a drive: C:\\x", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "C:\\x"),
	ATTACK("Z12d", "a backslash: a\\b", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "a\\b"),
	ATTACK("Z12e", "a dot: ./a", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "./a"),
	ATTACK("Z12f", "an empty part: a//b", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "a//b"),
	ATTACK("Z12g", "a slash at the end: a/", VF_REJECTED, VF_ZIP_TYPE, .rebuild = named, .with = "a/"),
	ATTACK("Z13a", "a NUL in a name", VF_REJECTED, VF_ZIP_PATH, .rebuild = z13),
	ATTACK("Z13b", "a name that a NUL cuts to that of a member", VF_REJECTED, VF_ZIP_PATH, .rebuild = z13_member),
	ATTACK("Z14", "a Unicode Path field that names another file", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z14),
	ATTACK("Z15a", "a name that is not UTF-8", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "\xff.txt"),
	ATTACK("Z15b", "more than ASCII without bit 11", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z15_flag),
	ATTACK("Z15c", "bit 11 of a plain name", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z15_plain),
	ATTACK("Z16a", "an escape sequence in a name", VF_REJECTED, VF_ZIP_PATH,
		.rebuild = named, .with = "a\x1b[2J.txt"),
	ATTACK("Z16b", "a line end in a name", VF_REJECTED, VF_ZIP_PATH, .rebuild = named, .with = "a\n.txt"),
	ATTACK("Z16c", "a right-to-left override in a name", VF_REJECTED, VF_ZIP_PATH,
		.rebuild = named, .with = "a\xe2\x80\xaetxt.exe"),
	ATTACK("Z16d", "a direction isolate in a name", VF_REJECTED, VF_ZIP_PATH,
		.rebuild = named, .with = "a\xe2\x81\xa6.txt"),
	ATTACK("Z16e", "a zero-width space in a name", VF_REJECTED, VF_ZIP_PATH,
		.rebuild = named, .with = "a\xe2\x80\x8b.txt"),
	ATTACK("Z17", "a link", VF_REJECTED, VF_ZIP_TYPE, .rebuild = z17),
	ATTACK("Z18a", "an empty folder", VF_REJECTED, VF_ZIP_TYPE, .rebuild = z18_folder),
	ATTACK("Z18b", "a device", VF_REJECTED, VF_ZIP_TYPE, .rebuild = z18_device),
	ATTACK("Z18c", "a FIFO", VF_REJECTED, VF_ZIP_TYPE, .rebuild = z18_fifo),
	ATTACK("Z18d", "a member with the attribute of a folder", VF_REJECTED, VF_ZIP_TYPE, .rebuild = z18_attribute),
	ATTACK("Z19a", "an encrypted entry", VF_REJECTED, VF_ZIP_ENCRYPTED, .rebuild = z19),
	ATTACK("Z19b", "an entry with strong encryption", VF_REJECTED, VF_ZIP_ENCRYPTED, .rebuild = z19_strong),
	ATTACK("Z19c", "masked headers", VF_REJECTED, VF_ZIP_ENCRYPTED, .rebuild = z19_headers),
	ATTACK("Z20a", "method 99 (AES)", VF_REJECTED, VF_ZIP_METHOD, .rebuild = z20_aes),
	ATTACK("Z20b", "method 12 (bzip2)", VF_REJECTED, VF_ZIP_METHOD, .rebuild = z20_bzip2),
	ATTACK("Z20c", "method 14 (LZMA)", VF_REJECTED, VF_ZIP_METHOD, .rebuild = z20_lzma),
	ATTACK("Z20d", "method 93 (Zstandard)", VF_REJECTED, VF_ZIP_METHOD, .rebuild = z20_zstd),
	ATTACK("Z20e", "method 9 (Deflate64)", VF_REJECTED, VF_ZIP_METHOD, .rebuild = z20_deflate64),
	ATTACK("Z21a", "data whose CRC is another", VF_REJECTED, VF_DIGEST_MISMATCH, .rebuild = z21),
	ATTACK("Z21b", "the right data under a wrong CRC", VF_REJECTED, VF_ZIP_DATA, .rebuild = z21_headers),
	ATTACK("Z22a", "another size in the directory", VF_REJECTED, VF_ZIP_DATA, .rebuild = z22),
	ATTACK("Z22b", "both sizes are others in the directory", VF_REJECTED, VF_ZIP_HEADER_MISMATCH,
		.rebuild = z22_both),
	ATTACK("Z23a", "both headers claim a byte less", VF_REJECTED, VF_ZIP_OVERLAP, .rebuild = z23_small),
	ATTACK("Z23b", "both headers claim a byte more", VF_REJECTED, VF_ZIP_OVERLAP, .rebuild = z23_big),
	ATTACK("Z23c", "an entry inflates to more than it claims", VF_REJECTED, VF_DIGEST_MISMATCH,
		.rebuild = z23_inflates_to_more),
	ATTACK("Z23d", "an entry inflates to less than it claims", VF_REJECTED, VF_DIGEST_MISMATCH,
		.rebuild = z23_inflates_to_less),
	ATTACK("Z24", "a data descriptor with other sizes", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z24),
	ATTACK("Z25a", "ZIP64 sizes where none are needed", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z25),
	ATTACK("Z25b", "a ZIP64 locator beside a classic end record", VF_REJECTED, VF_ZIP_SHAPE, .patch = z25_locator),
	ATTACK("Z26a", "the end record is on another disk", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z26),
	ATTACK("Z26b", "the directory begins on another disk", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z26_directory),
	ATTACK("Z26c", "an entry is on another disk", VF_REJECTED, VF_ZIP_SHAPE, .rebuild = z26_entry),
	ATTACK("Z27", "cut at every byte", VF_REJECTED, VF_ZIP_TRAILING_DATA, .judge = z27),
	ATTACK("Z28", "200 MiB from 200 kB", VF_REJECTED, VF_LIMIT, .rebuild = z28),
	ATTACK("Z29", "a document that is a hostile archive", VF_VERIFIED, VF_OK, .forge = z29),
	ATTACK("Z30a", "the parts in a tape archive", VF_REJECTED, VF_ZIP_SHAPE, .patch = z30_tar),
	ATTACK("Z30b", "a 7z archive", VF_REJECTED, VF_ZIP_SHAPE, .patch = z30, .with = "7z\xbc\xaf\x27\x1c"),
	ATTACK("Z30c", "a RAR archive", VF_REJECTED, VF_ZIP_SHAPE, .patch = z30, .with = "Rar!\x1a\x07\x01"),
	ATTACK("Z30d", "an ISO image", VF_REJECTED, VF_ZIP_SHAPE, .patch = z30_iso),
	ATTACK("Z30e", "a cabinet", VF_REJECTED, VF_ZIP_SHAPE, .patch = z30, .with = "MSCF"),
	ATTACK("Z30f", "a cpio archive", VF_REJECTED, VF_ZIP_SHAPE, .patch = z30, .with = "070701"),
};

ATTACK_MAIN(cases)
