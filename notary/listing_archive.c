/* The members of an archive, as libarchive reads it. */
#include "notary/listing.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/hashing.h"
#include "verify/text.h"

#define PIECE ((size_t)64 * 1024)

struct reading {
	struct archive *a;
	struct nt_listing *l;
	uint64_t file_size, total;
	uint64_t number; /* of the member, from 1 */
	uint8_t piece[PIECE];
};

/* ---- faults ---- */

/* The code for what libarchive says; its texts name no contents. */
static VF_RC fail_archive(const struct reading *r, struct vf_err *reterr)
{
	const char *text = archive_error_string(r->a);
	int code = archive_errno(r->a);
	enum vf_rc rc = VF_FILE_SHAPE;
	char shown[160];

	if (!text)
		text = "no reason is given";
	if (code == ENOMEM)
		rc = VF_NO_MEMORY;
	else if (code == EIO)
		rc = VF_IO;
	else if (strstr(text, "ncrypt") || strstr(text, "assphrase") || strstr(text, "nrecognized archive") || strstr(text, "nsupported") ||
		archive_read_has_encrypted_entries(r->a) > 0)
		rc = VF_UNSUPPORTED;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	if (r->number == 0)
		return vf_fail(reterr, rc, "no archive that can be read: %s", shown);
	return vf_fail(reterr, rc, "member %" PRIu64 ": %s", r->number, shown);
}

static VF_RC fail_member(const struct reading *r, enum vf_rc rc, const char *what, struct vf_err *reterr)
{
	return vf_fail(reterr, rc, "member %" PRIu64 " %s", r->number, what);
}

/* ---- members ---- */

/* As the archive has it; what it has in another encoding, as UTF-8. */
static struct vf_bytes text_of(const char *octets, const char *utf8)
{
	struct vf_bytes b = octets ? vf_bytes_str(octets) : utf8 ? vf_bytes_str(utf8) : vf_bytes(NULL, 0);

	while (vf_take_str(&b, "./"))
		;
	return b;
}

static VF_RC check_size(struct reading *r, uint64_t n, struct vf_err *reterr)
{
	uint64_t most = r->file_size < NT_LISTING_MAX_SIZE / NT_LISTING_MAX_RATIO ? r->file_size * NT_LISTING_MAX_RATIO : NT_LISTING_MAX_SIZE;

	r->total += n;
	if (most < NT_LISTING_FREE_SIZE)
		most = NT_LISTING_FREE_SIZE;
	if (r->total > most || r->total > NT_LISTING_MAX_SIZE)
		return fail_member(r, VF_LIMIT, "makes the archive larger than it may be for its own size", reterr);
	return VF_OK;
}

static VF_RC add_file(struct reading *r, struct vf_bytes name, struct vf_err *reterr)
{
	struct vf_pair_hasher h;
	struct vf_pair digests;
	uint64_t size = 0;

	vf_pair_init(&h);
	for (;;) {
		la_ssize_t n = archive_read_data(r->a, r->piece, sizeof(r->piece));
		enum vf_rc rc;

		if (n < 0)
			return fail_archive(r, reterr);
		if (n == 0)
			break;
		vf_pair_put(&h, vf_bytes(r->piece, (size_t)n));
		size += (uint64_t)n;
		rc = check_size(r, (uint64_t)n, reterr);
		if (rc != VF_OK)
			return rc;
	}
	digests = vf_pair_done(&h);
	return nt_listing_add(r->l, name, size, &digests, reterr);
}

static VF_RC add_member(struct reading *r, struct archive_entry *e, struct vf_err *reterr)
{
	struct vf_bytes name = text_of(archive_entry_pathname(e), archive_entry_pathname_utf8(e));
	const char *hard = archive_entry_hardlink(e), *hard8 = archive_entry_hardlink_utf8(e);

	if (archive_entry_filetype(e) == AE_IFDIR)
		return VF_OK;
	if (archive_entry_is_encrypted(e))
		return fail_member(r, VF_UNSUPPORTED, "is encrypted: its content cannot be read", reterr);
	if (name.n == 0)
		return fail_member(r, VF_FILE_SHAPE, "has no name", reterr);
	if (hard || hard8)
		return nt_listing_add_link(r->l, name, text_of(hard, hard8), reterr);
	if (archive_entry_filetype(e) == AE_IFLNK) {
		const char *to = archive_entry_symlink(e), *to8 = archive_entry_symlink_utf8(e);

		return nt_listing_add_link(r->l, name, vf_bytes_str(to ? to : to8 ? to8 : ""), reterr);
	}
	if (archive_entry_filetype(e) != AE_IFREG)
		return fail_member(r, VF_UNSUPPORTED, "is a device, a pipe or a socket", reterr);
	return add_file(r, name, reterr);
}

/* A warning is fatal when a name is not whole: all others speak of owners, times and the like. */
static bool is_harmless(struct archive *a)
{
	const char *text = archive_error_string(a);

	return text && !strstr(text, "athname") && !strstr(text, "inkname") && !strstr(text, "ymlink");
}

/* Anything is "raw": only what a known compression wraps counts. */
static bool is_plain(struct archive *a)
{
	return archive_format(a) == ARCHIVE_FORMAT_RAW && archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE;
}

static VF_RC read_members(struct reading *r, struct vf_err *reterr)
{
	for (;;) {
		struct archive_entry *e;
		int status = archive_read_next_header(r->a, &e);
		enum vf_rc rc;

		if (status == ARCHIVE_EOF && r->number == 0 && (archive_format(r->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR)
			return vf_fail(reterr, VF_UNSUPPORTED, "no archive of a known form: it begins with zeros, as a tar without members does");
		if (status == ARCHIVE_EOF)
			return VF_OK;
		if (status != ARCHIVE_OK && !(status == ARCHIVE_WARN && is_harmless(r->a)))
			return fail_archive(r, reterr);
		if (is_plain(r->a))
			return vf_fail(reterr, VF_UNSUPPORTED, "no archive of a known form");
		r->number++;
		rc = add_member(r, e, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

/* ---- the archive ---- */

static VF_RC open_archive(struct reading *r, int fd, struct vf_err *reterr)
{
	struct archive *a = r->a;

	if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK || archive_read_support_format_tar(a) != ARCHIVE_OK ||
		archive_read_support_format_cpio(a) != ARCHIVE_OK || archive_read_support_format_7zip(a) != ARCHIVE_OK ||
		archive_read_support_format_raw(a) != ARCHIVE_OK || archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
		archive_read_support_filter_xz(a) != ARCHIVE_OK || archive_read_support_filter_zstd(a) != ARCHIVE_OK ||
		archive_read_support_filter_bzip2(a) != ARCHIVE_OK || archive_read_support_filter_lz4(a) != ARCHIVE_OK)
		return vf_fail(reterr, VF_UNSUPPORTED, "libarchive was built without a form that is needed");
	if (archive_read_open_fd(a, fd, PIECE) != ARCHIVE_OK)
		return fail_archive(r, reterr);
	return VF_OK;
}

static VF_RC check_unchanged(const char *path, int fd, const struct stat *before, struct vf_err *reterr)
{
	struct stat now;
	char shown[160];

	if (fstat(fd, &now) == 0 && now.st_size == before->st_size && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == before->st_mtim.tv_nsec)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_DOCUMENT_CHANGED, "'%s' changed while it was read", shown);
}

static VF_RC read_archive(struct reading *r, int fd, struct vf_err *reterr)
{
	enum vf_rc rc;

	r->a = archive_read_new();
	if (!r->a)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an archive");
	rc = open_archive(r, fd, reterr);
	if (rc == VF_OK)
		rc = read_members(r, reterr);
	archive_read_free(r->a);
	return rc;
}

/* In the C locale libarchive would write '?' for letters of names: those of 7z are UTF-16, those of pax UTF-8. */
static VF_RC read_in_utf8(struct reading *r, int fd, struct vf_err *reterr)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;
	enum vf_rc rc;

	if (utf8 == (locale_t)0)
		return vf_fail(reterr, VF_UNSUPPORTED, "this system has no locale 'C.UTF-8', which names in archives need");
	before = uselocale(utf8);
	rc = read_archive(r, fd, reterr);
	uselocale(before);
	freelocale(utf8);
	return rc;
}

VF_RC nt_listing_of_archive(const char *path, struct nt_listing *ret, struct vf_err *reterr)
{
	struct nt_listing l = {0};
	struct reading *r = calloc(1, sizeof(*r));
	struct stat st;
	uint64_t size;
	int fd;
	enum vf_rc rc;

	if (!r)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an archive");
	rc = nt_open_document(path, &fd, &size, reterr);
	if (rc == VF_OK) {
		r->l = &l;
		r->file_size = size;
		rc = fstat(fd, &st) == 0 ? read_in_utf8(r, fd, reterr) : vf_fail(reterr, VF_IO, "the archive's size is not told");
		if (rc == VF_OK)
			rc = check_unchanged(path, fd, &st, reterr);
		close(fd);
	}
	free(r);
	if (rc != VF_OK) {
		nt_listing_done(&l);
		return rc;
	}
	nt_listing_sort(&l);
	*ret = l;
	return VF_OK;
}
