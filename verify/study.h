/*
 * Study bundles: many records in one file, each of which expands to its ordinary bundle.
 *
 * Knows the packing (docs/formats/study.md) and nothing of what it proves: bundle.h judges what comes out, study_judge.h
 * says what follows for the study. No DER, XML or ZIP is written here.
 */
#ifndef VERIFY_STUDY_H
#define VERIFY_STUDY_H

#include "verify/container.h"
#include "verify/record.h"
#include "verify/study_tree.h"

#define VF_STUDY_MEDIA "application/vnd.trialnotary.study+zip"
#define VF_STUDY_JSON "study.json"
#define VF_STUDY_SHARED "shared"
#define VF_STUDY_LEAVES "leaves/%06llu"
#define VF_STUDY_RECORDS "records/%04zu"
#define VF_STUDY_DOCUMENTS "documents/"
#define VF_STUDY_SCHEMA "{\"schema\":\"trialnotary/study/1\",\"records\":"

/* Codes of programs. */
enum vf_study_code {
	VF_STUDY_LITERAL,
	VF_STUDY_COPY,
	VF_STUDY_ITEM,
	VF_STUDY_CRC,
	VF_STUDY_SIZE,
	VF_STUDY_END,
	VF_STUDY_MARK,
	VF_STUDY_PLACE,
	VF_STUDY_DIGEST,
	VF_STUDY_ENTRY,
	VF_STUDY_INDEX,
	VF_STUDY_BATCH256,
	VF_STUDY_BATCH512,
	VF_STUDY_LOG,
	VF_STUDY_CODES
};

/* The form of VF_STUDY_DIGEST. */
#define VF_STUDY_HEX 1u
#define VF_STUDY_BASE64 2u
#define VF_STUDY_SHA512 4u
#define VF_STUDY_LISTED 8u

struct vf_study_record {
	uint64_t index;
	bool is_shown;
	struct vf_hash id;
	struct vf_hash512 id512;
	struct vf_hash slot;
	bool in_stream;
	uint64_t seq;
	struct vf_hash stream, prev; /* prev only when seq > 0 */
	size_t seal;		     /* in whose log tree it is; n_seals: in none */
	size_t part;		     /* where it lies packed */
	size_t at, n;
	size_t withheld; /* files that it lists and that were not given; once it is judged */
	bool is_given;	 /* its bundle is beside the file */
};

struct vf_study_seal {
	uint64_t number, first, size;
	size_t begin, end; /* the records in its log tree */
};

struct vf_study {
	struct vf_container box;
	struct vf_bytes shared;
	struct vf_study_seal *seals;
	size_t n_seals;
	struct vf_study_record *records; /* ascending by index */
	size_t n_records, n_shown;
	/* the keys of streams whose record 0 is here, by ID; a power of two of places, at most half full */
	struct vf_study_key {
		struct vf_hash stream, key;
		size_t record; /* and 1; 0: free */
	} *keys;
	size_t n_keys;
	size_t first_part, n_parts; /* of records, among the container's entries */
	size_t first_document;	    /* documents follow up to the last entry */

	/* what was used last: a part, in its own room; behind it in the arena the trees of a seal, then what one record needs */
	struct vf_arena *arena;
	size_t part, seal;
	uint8_t *part_room;
	size_t seal_used, record_used; /* octets of the arena before them */
	struct vf_study_tree log, batch256, batch512;
	bool has512;
};

/* Enough for the largest that the limits allow; most need a hundredth. Map it, so that only what is used costs memory. */
#define VF_STUDY_MEMORY ((size_t)1 << 30)

/* Whether the source says that it is a study bundle; only then it is worth opening. */
bool vf_study_is(const struct vf_source *s);

/*
 * Reads everything but documents and programs. The tables live in the arena, which must stay with the study and be
 * used for nothing else. ZIP_..., STUDY_SHAPE, LIMIT, the codes of statement and stream member; NO_MEMORY, IO.
 */
VF_RC vf_study_open(const struct vf_source *s, struct vf_arena *a, struct vf_study *ret, struct vf_err *reterr);

/* A record unpacked: valid until the next one is. */
struct vf_study_unpacked {
	struct vf_statement statement; /* when it is shown */
	struct vf_study_member {
		struct vf_bytes name, bytes;
	} *members;
	size_t n_members;
	struct vf_pair *group; /* statement, members as listed, signature files */
	size_t n_group;
	struct vf_bytes program;
	size_t output;
};
VF_RC vf_study_unpack(struct vf_study *s, size_t record, struct vf_study_unpacked *ret, struct vf_err *reterr);
/* The bundle of a shown record that was just unpacked; valid as long. STUDY_SHAPE. */
VF_RC vf_study_expand(struct vf_study *s, size_t record, const struct vf_study_unpacked *u, struct vf_bytes *ret,
	struct vf_err *reterr);
/* Makes the trees of a seal those of the study; vf_study_expand() does it itself. STUDY_SHAPE. */
VF_RC vf_study_load(struct vf_study *s, size_t seal, struct vf_err *reterr);

/* The document of this SHA-256 by its content's place in the file, or NULL. Nobody has compared it yet. */
const struct vf_zip_entry *vf_study_document(const struct vf_study *s, const struct vf_hash *sha256);

/* A document as a source of its own, read once for its digests, however many records have it. Zero before it is opened; not to be moved then. */
struct vf_study_document {
	struct vf_source source;
	struct vf_pair digests;
	const struct vf_source *file;
	uint64_t begin;
	size_t record; /* for whoever judges: that had it last, and 1; 0: none */
};
VF_RC vf_study_document_open(const struct vf_study *s, const struct vf_zip_entry *e, struct vf_study_document *d, struct vf_err *reterr);

/* ---- inside: shared by study.c and study_unpack.c ---- */

/* Takes a record from a part; fills what follows from it alone. */
VF_RC vf_study_take(struct vf_bytes *in, struct vf_arena *a, const struct vf_study *s, size_t at, struct vf_study_record *ret,
	struct vf_study_unpacked *ret_u, struct vf_err *reterr);
/* Where the key of a stream is, or belongs. */
struct vf_study_key *vf_study_key_of(const struct vf_study *s, const struct vf_hash *stream);
/* The whole data of an entry, put into room. */
VF_RC vf_study_fill(const struct vf_study *s, const struct vf_zip_entry *e, uint8_t *room, struct vf_err *reterr);
/* The same, at most max octets, in the arena. */
VF_RC vf_study_read(const struct vf_study *s, const struct vf_zip_entry *e, size_t max, struct vf_bytes *ret, struct vf_err *reterr);

#endif
