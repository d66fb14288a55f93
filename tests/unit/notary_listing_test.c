/* Listings: the example, their order and their one spelling, folders and archives with the same files, what is refused. */
#include "tests/folder.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "notary/listing.h"

static VF_RC collect(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	nt_buf_put(ctx, piece);
	return nt_buf_check(ctx, reterr);
}

static struct nt_buf written(const struct nt_listing *l)
{
	struct nt_buf b = nt_buf(1 << 24);

	CHECK_RC(nt_listing_write(l, collect, &b, NULL), VF_OK);
	return b;
}

static void add(struct nt_listing *l, const char *name, const char *content)
{
	struct vf_pair digests = vf_pair_of(vf_bytes_str(content));

	CHECK_RC(nt_listing_add(l, vf_bytes_str(name), strlen(content), &digests, NULL), VF_OK);
}

static void test_example(void)
{
	struct vf_bytes want = check_example("docs/formats/examples/listing.json");
	struct nt_listing l = {0}, again = {0};
	struct vf_pair digests, of_text = vf_pair_of(want);
	struct nt_buf text;

	CHECK_RC(nt_listing_add_link(&l, vf_bytes_str("readme.txt"), vf_bytes_str("docs/readme.txt"), NULL), VF_OK);
	add(&l, "caf\xc3\xa9/\"x\"\n", "hello\n");
	add(&l, "\xff", "");
	add(&l, "B", "b");
	add(&l, "a", "2");
	add(&l, "a", "1"); /* one name twice */
	nt_listing_sort(&l);
	text = written(&l);
	CHECK_BYTES(nt_buf_bytes(&text), want);
	CHECK_RC(nt_listing_digest(&l, &digests, NULL), VF_OK);
	CHECK(vf_pair_eq(&digests, &of_text));
	CHECK_RC(nt_listing_read(want, &again, NULL), VF_OK);
	CHECK_INT(again.n, 6);
	CHECK_INT(again.size, 9);
	CHECK_INT(nt_listing_compare(&l, &again, NULL, NULL), 0);
	nt_buf_done(&text);
	nt_listing_done(&again);
	nt_listing_done(&l);
}

/* Each octet that is cut off or changed to another one is a fault, or another listing: never the same one. */
static void test_changed(void)
{
	struct vf_bytes good = check_example("docs/formats/examples/listing.json");
	uint8_t *copy = malloc(good.n);
	struct nt_listing l = {0};

	if (!copy)
		exit(1);
	for (size_t n = 0; n < good.n; n++)
		CHECK_RC(nt_listing_read(vf_bytes(good.p, n), &l, NULL), VF_FILE_SHAPE);
	for (size_t i = 0; i < good.n; i++) {
		memcpy(copy, good.p, good.n);
		copy[i] ^= 1;
		if (nt_listing_read(vf_bytes(copy, good.n), &l, NULL) != VF_OK)
			continue;
		struct nt_buf text = written(&l);

		CHECK_BYTES(nt_buf_bytes(&text), vf_bytes(copy, good.n));
		nt_buf_done(&text);
		nt_listing_done(&l);
	}
	free(copy);
}

#define HASHES "\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"sha512\":\"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e\"}\n"
#define FIRST "{\"schema\":\"trialnotary/listing/1\"}\n"

static void test_refused(void)
{
	static const char *const bad[] = {
		"", "{}\n", FIRST, FIRST "\n{\"members\":0,\"size\":0}\n", FIRST "{\"members\":1,\"size\":0}\n", FIRST "{\"members\":0,\"size\":1}\n",
		FIRST "{\"members\":0,\"size\":0}\nx", FIRST "{\"members\":0,\"size\":0}\n\n",
		FIRST "{\"name\":\"a\",\"size\":00," HASHES "{\"members\":1,\"size\":0}\n",
		FIRST "{\"name\":\"\\u0041\",\"size\":0," HASHES "{\"members\":1,\"size\":0}\n",
		FIRST "{\"name\":\"\\/\",\"size\":0," HASHES "{\"members\":1,\"size\":0}\n",
		FIRST "{\"name\":\"\\u000a\",\"size\":0," HASHES "{\"members\":1,\"size\":0}\n",
		FIRST "{\"name\":\"\\udcc3\\udca9\",\"size\":0," HASHES "{\"members\":1,\"size\":0}\n",
		FIRST "{\"name\":\"\xff\",\"size\":0," HASHES "{\"members\":1,\"size\":0}\n",
		FIRST "{\"name\":\"b\",\"size\":0," HASHES "{\"name\":\"a\",\"size\":0," HASHES "{\"members\":2,\"size\":0}\n",
		FIRST "{\"name\":\"a\",\"link\":\"b}\n{\"members\":1,\"size\":0}\n",
		FIRST "{\"name\":\"a\",\"link\":\"b\",\"x\":1}\n{\"members\":1,\"size\":0}\n",
	};
	struct nt_listing l = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_RC(nt_listing_read(vf_bytes_str(bad[i]), &l, NULL), VF_FILE_SHAPE);
	CHECK_RC(nt_listing_read(vf_bytes_str(FIRST "{\"members\":0,\"size\":0}\n"), &l, NULL), VF_OK);
	nt_listing_done(&l);
	CHECK_RC(nt_listing_read(vf_bytes_str(FIRST "{\"name\":\"a\",\"size\":0," HASHES "{\"name\":\"a\",\"size\":0," HASHES "{\"members\":2,\"size\":0}\n"),
			 &l, NULL),
		VF_OK);
	nt_listing_done(&l);
	CHECK(nt_listing_is(vf_bytes_str(FIRST "x")) && !nt_listing_is(vf_bytes_str("{\"schema\":\"x\"}\n")));
}

static void test_limits(void)
{
	char name[NT_LISTING_MAX_NAME + 2];
	struct nt_listing l = {0};
	struct vf_pair digests = vf_pair_of(vf_bytes(NULL, 0));

	memset(name, 'a', sizeof(name));
	CHECK_RC(nt_listing_add(&l, vf_bytes(name, NT_LISTING_MAX_NAME), 0, &digests, NULL), VF_OK);
	CHECK_RC(nt_listing_add(&l, vf_bytes(name, NT_LISTING_MAX_NAME + 1), 0, &digests, NULL), VF_LIMIT);
	CHECK_RC(nt_listing_add_link(&l, vf_bytes(name, 1), vf_bytes(name, NT_LISTING_MAX_NAME + 1), NULL), VF_LIMIT);
	nt_listing_done(&l);
}

struct differences {
	char text[512];
};

static void note(void *ctx, enum nt_listing_change change, struct vf_bytes name)
{
	struct differences *d = ctx;
	size_t n = strlen(d->text);

	snprintf(d->text + n, sizeof(d->text) - n, "%c%.*s", "-+~"[change], VF_STR(name));
}

static void test_compare(void)
{
	struct nt_listing a = {0}, b = {0};
	struct differences d = {""};

	add(&a, "same", "x");
	add(&a, "gone", "x");
	add(&a, "changed", "x");
	add(&a, "zz", "x");
	add(&b, "same", "x");
	add(&b, "changed", "y");
	add(&b, "new", "x");
	nt_listing_sort(&a);
	nt_listing_sort(&b);
	CHECK_INT(nt_listing_compare(&a, &b, note, &d), 4);
	CHECK_STR(d.text, "~\"changed\"-\"gone\"+\"new\"-\"zz\"");
	nt_listing_done(&a);
	nt_listing_done(&b);
}

/* ---- folders and archives ---- */

static void check_archive(const char *folder, const char *name, const struct nt_listing *want)
{
	struct nt_listing l = {0};
	struct vf_err err = {0};

	if (nt_listing_of_archive(folder_path(folder, name), &l, &err) != VF_OK || nt_listing_compare(&l, want, NULL, NULL) != 0) {
		struct nt_buf text = written(&l);

		CHECK_FAIL("%s: %s: %s\n%.*s", name, vf_rc_name(err.rc), err.text, VF_STR(nt_buf_bytes(&text)));
		nt_buf_done(&text);
	}
	check_count++;
	nt_listing_done(&l);
}

static void check_refused(const char *folder, const char *name, enum vf_rc want, const char *said)
{
	struct nt_listing l = {0};
	struct vf_err err = {0};

	CHECK_RC(nt_listing_of_archive(folder_path(folder, name), &l, &err), want);
	if (!strstr(err.text, said))
		CHECK_FAIL("%s: '%s' is not said: %s", name, said, err.text);
	nt_listing_done(&l);
}

/* One member with a name beyond ASCII, by libarchive's own writers: 7z, cpio, and compressions that python does not have. */
static void make_archive(const char *path, int (*format)(struct archive *), int (*filter)(struct archive *))
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = uselocale(utf8);
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	CHECK(utf8 != (locale_t)0 && a && e);
	CHECK_INT(format(a), ARCHIVE_OK);
	CHECK_INT(filter(a), ARCHIVE_OK);
	CHECK_INT(archive_write_open_filename(a, path), ARCHIVE_OK);
	archive_entry_set_pathname(e, "sub/\xe6\x97\xa5.txt");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, 5);
	CHECK_INT(archive_write_header(a, e), ARCHIVE_OK);
	CHECK_INT(archive_write_data(a, "hello", 5), 5);
	archive_entry_free(e);
	CHECK_INT(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	uselocale(before);
	freelocale(utf8);
}

static void test_more_archives(void)
{
	char room[256];
	const char *f = folder_make(room);
	struct nt_listing want = {0};

	add(&want, "sub/\xe6\x97\xa5.txt", "hello");
	make_archive(folder_path(f, "x.7z"), archive_write_set_format_7zip, archive_write_add_filter_none);
	check_archive(f, "x.7z", &want);
	make_archive(folder_path(f, "x.cpio"), archive_write_set_format_cpio_newc, archive_write_add_filter_none);
	check_archive(f, "x.cpio", &want);
	make_archive(folder_path(f, "x.tar.zst"), archive_write_set_format_pax, archive_write_add_filter_zstd);
	check_archive(f, "x.tar.zst", &want);
	make_archive(folder_path(f, "x.tar.lz4"), archive_write_set_format_ustar, archive_write_add_filter_lz4);
	check_archive(f, "x.tar.lz4", &want);
	make_archive(folder_path(f, "x.zip"), archive_write_set_format_zip, archive_write_add_filter_none);
	check_archive(f, "x.zip", &want);
	make_archive(folder_path(f, "x.iso"), archive_write_set_format_iso9660, archive_write_add_filter_none);
	check_refused(f, "x.iso", VF_UNSUPPORTED, "no archive");
	nt_listing_done(&want);
	folder_remove(f);
}

/* Python's zipfile and tarfile make the others. */
static void test_archives(void)
{
	char room[256];
	const char *f = folder_make(room);
	struct nt_listing want = {0}, bare = {0};
	static const char make[] =
		"cd %s && mkdir -p in/sub in/empty && printf hello > in/a.txt && printf '' > in/sub/none && head -c 300000 /dev/zero > in/sub/zeros && "
		"printf x > in/sub/caf\xc3\xa9 && python3 - <<'END'\n"
		"import tarfile,zipfile,os,gzip,lzma,bz2\n"
		"names=[os.path.join(d,n) for d,_,ns in os.walk('in') for n in ns]\n"
		"for mode in ('','gz','xz','bz2'):\n"
		"  for fmt in (tarfile.USTAR_FORMAT,tarfile.GNU_FORMAT,tarfile.PAX_FORMAT):\n"
		"    with tarfile.open('t%%d.%%s'%%(fmt,mode),'w:'+mode,format=fmt) as t:\n"
		"      t.add('in',arcname='.')\n"
		"with zipfile.ZipFile('z.zip','w',zipfile.ZIP_DEFLATED) as z:\n"
		"  for n in sorted(names,reverse=True): z.write(n,n[3:])\n"
		"with zipfile.ZipFile('stored.zip','w') as z:\n"
		"  z.write('in/sub','sub/')\n"
		"  for n in names: z.write(n,n[3:])\n"
		"z=open('z.zip','rb').read()\n"
		"open('cut.zip','wb').write(z[:len(z)//2])\n"
		"b=bytearray(open('stored.zip','rb').read()); at=b.index(b'hello'); b[at]^=1; open('crc.zip','wb').write(b)\n"
		"t=open('t1.gz','rb').read(); open('cut.tgz','wb').write(t[:len(t)//2])\n"
		"t=open('t1.','rb').read(); open('cut.tar','wb').write(t[:-len(t)//2])\n"
		"e=bytearray(z)\n"
		"for s in (b'PK\\3\\4',b'PK\\1\\2'):\n"
		"  at=0\n"
		"  while (at:=e.find(s,at))>=0: e[at+(6 if s[2]==3 else 8)]|=1; at+=4\n"
		"open('secret.zip','wb').write(e)\n"
		"open('plain.txt','w').write('nothing packed'); open('none','w')\n"
		"with gzip.open('data.gz','wb') as g: g.write(b'hello')\n"
		"with lzma.open('bomb.xz','wb') as g:\n"
		"  for i in range(120): g.write(b'x'*(1<<20))\n"
		"with tarfile.open('links.tar','w') as t:\n"
		"  i=tarfile.TarInfo('../../etc/x'); i.size=0; t.addfile(i)\n"
		"  i=tarfile.TarInfo('s'); i.type=tarfile.SYMTYPE; i.linkname='../y'; t.addfile(i)\n"
		"  i=tarfile.TarInfo('h'); i.type=tarfile.LNKTYPE; i.linkname='../../etc/x'; t.addfile(i)\n"
		"  i=tarfile.TarInfo('a\\nb'); i.size=0; t.addfile(i); t.addfile(i)\n"
		"with tarfile.open('dev.tar','w') as t:\n"
		"  i=tarfile.TarInfo('d'); i.type=tarfile.CHRTYPE; t.addfile(i)\n"
		"END\n";

	folder_run(make, f);
	CHECK_RC(nt_listing_of_folder(folder_path(f, "in"), &want, NULL), VF_OK);
	CHECK_INT(want.n, 4);
	CHECK_INT(want.size, 300006);
	for (const char *mode = "\0gz\0xz\0bz2\0", *m = mode; m < mode + 11; m += strlen(m) + 1) {
		for (int format = 0; format < 3; format++) {
			char name[16];

			snprintf(name, sizeof(name), "t%d.%s", format, m);
			check_archive(f, name, &want);
		}
	}
	check_archive(f, "z.zip", &want);
	check_archive(f, "stored.zip", &want);
	add(&bare, "data", "hello");
	check_archive(f, "data.gz", &bare);
	nt_listing_done(&bare);
	CHECK_RC(nt_listing_add_link(&bare, vf_bytes_str("h"), vf_bytes_str("../../etc/x"), NULL), VF_OK);
	CHECK_RC(nt_listing_add_link(&bare, vf_bytes_str("s"), vf_bytes_str("../y"), NULL), VF_OK);
	add(&bare, "../../etc/x", "");
	add(&bare, "a\nb", "");
	add(&bare, "a\nb", "");
	nt_listing_sort(&bare);
	check_archive(f, "links.tar", &bare);
	nt_listing_done(&bare);
	check_refused(f, "secret.zip", VF_UNSUPPORTED, "encrypted");
	check_refused(f, "plain.txt", VF_UNSUPPORTED, "no archive");
	check_refused(f, "none", VF_UNSUPPORTED, "no archive");
	check_refused(f, "dev.tar", VF_UNSUPPORTED, "member 1 is a device");
	check_refused(f, "cut.tgz", VF_FILE_SHAPE, "");
	check_refused(f, "cut.tar", VF_FILE_SHAPE, "");
	check_refused(f, "cut.zip", VF_UNSUPPORTED, "");
	check_refused(f, "crc.zip", VF_FILE_SHAPE, "CRC");
	check_refused(f, "bomb.xz", VF_LIMIT, "member 1");
	check_refused(f, "absent", VF_NO_INPUT, "");
	check_refused(f, "in", VF_NO_INPUT, "");
	nt_listing_done(&want);
	folder_remove(f);
}

static void test_folders(void)
{
	char room[256];
	const char *f = folder_make(room);
	struct nt_listing l = {0};

	folder_run("cd %s && mkdir -p d e && printf x > d/x && ln -s x d/link", f);
	CHECK_RC(nt_listing_of_folder(folder_path(f, "d"), &l, NULL), VF_NO_INPUT);
	CHECK_RC(nt_listing_of_folder(folder_path(f, "none"), &l, NULL), VF_NO_INPUT);
	CHECK_RC(nt_listing_of_folder(folder_path(f, "e"), &l, NULL), VF_OK);
	CHECK_INT(l.n, 0);
	nt_listing_done(&l);
	folder_remove(f);
}

int main(void)
{
	test_example();
	test_changed();
	test_refused();
	test_limits();
	test_compare();
	test_folders();
	test_archives();
	test_more_archives();
	return check_done();
}
