/*
 * The two headers of one entry in a ZIP container, and what they may say.
 *
 * Knows single entries: the central record (APPNOTE 4.3.12), the local header
 * (4.3.7) and the data descriptor (4.3.9). How entries stand together, and what
 * the container says about itself, is zip.c's question, the only caller.
 */
#ifndef VERIFY_ZIP_RECORD_H
#define VERIFY_ZIP_RECORD_H

#include "verify/zip.h"

#define VF_ZIP_DESCRIPTOR_SIG 0x08074b50u
#define VF_ZIP_FLAG_DESCRIPTOR 0x0008
/* How hard was compressed: says nothing that a reader needs. */
#define VF_ZIP_FLAGS_DEFLATE 0x0006
/* Times and owners need far less; longer ones hold something else. */
#define VF_ZIP_MAX_EXTRA 512
/* Of an entry. Programs put their name there; nothing reads it. */
#define VF_ZIP_MAX_COMMENT 1024
/* Systems that made an entry (APPNOTE 4.4.2.2). */
#define VF_ZIP_HOST_UNIX 3

/* The profile that holds for a scan; the first departure is kept when it is tolerant. */
struct vf_zip_rules {
	bool tolerant;
	struct vf_err departure;
};

/* What the strict profile alone refuses: its refusal, or VF_OK and a note of it. */
VF_RC vf_zip_depart(struct vf_zip_rules *r, struct vf_err *reterr, enum vf_rc rc, const char *fmt, ...)
	VF_PRINTF(4, 5);

/* The fields that both headers hold in the same form, 26 octets. */
struct vf_zip_common {
	uint16_t need, flags, method;
	uint32_t stamp, crc, packed, size;
	uint16_t name_n, extra_n;
};

/* A central directory record. The ranges borrow from the directory. */
struct vf_zip_record {
	struct vf_bytes all;    /* 46 octets and the name */
	struct vf_bytes common; /* as f holds it */
	struct vf_bytes name, extra;
	struct vf_zip_common f;
	uint16_t made_by, comment_n, disk, internal;
	uint32_t external, at;
	bool is_folder; /* its name ends in '/', as that of no file does */
};

/* Takes one record with all that belongs to it; false when the directory does not hold one. */
bool vf_zip_record_take(struct vf_bytes *in, struct vf_zip_record *ret);

/* What a record may say by itself: ZIP_ENCRYPTED, _METHOD, _TYPE, _PATH, _DATA, _SHAPE or LIMIT. */
VF_RC vf_zip_record_check(struct vf_zip_rules *r, const struct vf_zip_record *c, struct vf_err *reterr);

/*
 * The local header must say what the record says: ZIP_HEADER_MISMATCH. Tells
 * where the data begin, which is behind limit in no accepted case (ZIP_OVERLAP).
 */
VF_RC vf_zip_record_local(struct vf_zip_rules *r, const struct vf_source *s, const struct vf_zip_record *c,
	uint64_t limit, uint64_t *ret_data_at, struct vf_err *reterr);

/* The data of a folder, which begin at at, must be those of an empty file: ZIP_TYPE. */
VF_RC vf_zip_record_empty(const struct vf_source *s, const struct vf_zip_record *c, uint64_t at,
	struct vf_err *reterr);

/*
 * The descriptor must fill what lies between the data, which end at at, and the
 * next header: 12 octets, or 16 with its signature. That place alone decides
 * which of the two it is. It repeats CRC-32 and sizes of the record.
 */
VF_RC vf_zip_record_descriptor(const struct vf_source *s, const struct vf_zip_record *c, uint64_t at,
	uint64_t next, struct vf_err *reterr);

#endif
