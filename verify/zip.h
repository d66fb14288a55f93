/*
 * The scan of a ZIP container: one file, one meaning.
 *
 * Knows headers and names only (PKWARE APPNOTE 6.3.x, the profile of ISO/IEC
 * 21320-1 without ZIP64, narrowed by docs/formats/bundle.md; what containers of
 * other software may do beyond it is docs/formats/foreign-zip.md). It decides before
 * any other reader sees the file, so that all readers see the same entries. The
 * data of entries is container.h's question, what they prove is bundle.h's.
 *
 * It works on a source, not on memory: a container of 4 GiB needs memory for
 * its central directory alone.
 */
#ifndef VERIFY_ZIP_H
#define VERIFY_ZIP_H

#include "verify/hash.h"

/* Signatures and sizes of the four structures; the writer uses them too. */
#define VF_ZIP_LOCAL_SIG 0x04034b50u
#define VF_ZIP_CENTRAL_SIG 0x02014b50u
#define VF_ZIP_END_SIG 0x06054b50u
#define VF_ZIP_LOCAL_SIZE 30
#define VF_ZIP_CENTRAL_SIZE 46
#define VF_ZIP_END_SIZE 22

#define VF_ZIP_STORED 0
#define VF_ZIP_DEFLATED 8
#define VF_ZIP_FLAG_UTF8 0x0800
#define VF_ZIP_NEED_STORED 10
#define VF_ZIP_NEED_DEFLATED 20

/* The first entry (EN 319 162-1 A.1) and the CRC-32 of its content. */
#define VF_ZIP_MIMETYPE_NAME "mimetype"
#define VF_ZIP_ASICE "application/vnd.etsi.asic-e+zip"
#define VF_ZIP_ASICE_CRC 0x45f9218au
/* Its content in a container of one document (EN 319 162-1 A.1), which we never write. */
#define VF_ZIP_ASICS "application/vnd.etsi.asic-s+zip"

/*
 * Bytes that can be read at any place. Either memory is set (then read is not
 * called and may be NULL), or read gives exactly n bytes or fails with IO.
 */
struct vf_source {
	void *ctx;
	uint64_t size;
	VF_RC (*read)(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr);
	struct vf_bytes memory;
	const struct vf_pair *digests; /* of all its octets, when whoever made it knows them; else NULL */
};

/* A source over bytes, which must stay where they are as long as it is used. */
struct vf_source vf_source_of(struct vf_bytes b);
/* Reads exactly n bytes; IO when they are not wholly inside the source. */
VF_RC vf_source_read(const struct vf_source *s, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr);
/* The same without a copy for a source in memory; otherwise the bytes are put into room (n bytes). */
VF_RC vf_source_view(const struct vf_source *s, uint64_t at, size_t n, uint8_t *room, struct vf_bytes *ret,
	struct vf_err *reterr);

/* Both digests of all of it: read, unless they are known. */
VF_RC vf_source_digest(const struct vf_source *s, struct vf_pair *ret, struct vf_err *reterr);

/* An entry. name and central borrow from the source's memory or the arena. */
struct vf_zip_entry {
	struct vf_bytes name;
	struct vf_bytes central; /* its central directory record: 46 octets and the name, nothing after it */
	uint64_t header_at;      /* of its local header */
	uint64_t data_at;
	uint64_t packed, size; /* octets in the container, octets of the file */
	uint64_t end_at;         /* of its data, or of the descriptor after them: the next entry is there */
	uint32_t crc;
	uint16_t method; /* VF_ZIP_STORED or VF_ZIP_DEFLATED */
};

/* A folded name and the entry that has it, for look-ups. */
struct vf_zip_name {
	struct vf_bytes folded;
	size_t entry;
};

/* What a container says it is; only ASICE without a departure is one of ours. */
enum vf_zip_media {
	VF_ZIP_MEDIA_NONE, /* neither a mimetype entry nor a comment that stands for it */
	VF_ZIP_MEDIA_ASICE,
	VF_ZIP_MEDIA_ASICS,
	VF_ZIP_MEDIA_OTHER /* another type, often that of the only document of an ASiC-S */
};

struct vf_zip {
	struct vf_zip_entry *entries; /* the files, in the order of the file; mimetype, where it is there, is the first */
	size_t n;
	/*
	 * What stands between them in containers of other software, in reverse order: names that end in '/',
	 * no data. They take part in the rules for names and in nothing else.
	 */
	const struct vf_zip_entry *folders;
	size_t n_folders;
	struct vf_zip_name *names; /* n of them, ascending */
	/* Content of mimetype, or what the comment says in its place: printable ASCII, empty for NONE. */
	struct vf_bytes media;
	enum vf_zip_media media_type;
	/* How the strict scan would have refused it, same code and text; rc is NOT_CHECKED when it would not. */
	struct vf_err departure;
};

/*
 * Accepts a container in which every byte is accounted for: entries contiguous
 * from offset 0, each local header equal to its central record, the directory
 * directly after them, the end record last, no comment, no extra field, no
 * ZIP64, no encryption, no descriptor, names in normal form and unique after
 * folding, mimetype first. Refuses with the ZIP_... codes and LIMIT; NO_MEMORY
 * when the arena is full, IO when the source fails.
 *
 * When tolerant, the departures in docs/formats/foreign-zip.md pass as well and
 * the first of them is in ret->departure. Still every byte is accounted for and
 * every entry has one name and one range, whoever reads. A caller that judges
 * our own bundles must refuse when departure.rc is set. ret->n is never 0.
 */
VF_RC vf_zip_scan(const struct vf_source *s, bool tolerant, struct vf_arena *a, struct vf_zip *ret,
	struct vf_err *reterr);

/*
 * Whether an entry says nothing about the system that wrote it: no host, no
 * attributes, the fixed time. That is how our writer writes (docs/formats/bundle.md).
 */
bool vf_zip_is_plain(const struct vf_zip_entry *e);

/* The entry with exactly this name, or NULL. */
const struct vf_zip_entry *vf_zip_find(const struct vf_zip *z, struct vf_bytes name);

#endif
