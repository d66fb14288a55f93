/*
 * What the verbs that submit share: the words that describe a record, and its files.
 *
 * Internal to verbs_submit.c, verbs_hash.c, verbs_sign.c, verbs_details.c, verbs_fhir.c and watch.c.
 */
#ifndef NOTARY_VERBS_SUBMIT_H
#define NOTARY_VERBS_SUBMIT_H

#include "notary/files.h"
#include "notary/hashing.h"
#include "notary/rows_tree.h"
#include "notary/signer.h"
#include "notary/submit.h"
#include "notary/verbs.h"
#include "notary/verbs_client.h"
#include "verify/cert.h"
#include "verify/limits.h"

/* Files as the user named them, while they become documents. */
struct nt_gathered {
	struct nt_files files;
	struct nt_hash_job *jobs;
	struct nt_submit_file *documents; /* of files, and one more that --canonical makes */
	bool has_canonical;
	char *canonical_path;
	uint64_t bytes;
	size_t n_sidecars; /* left out of files */
};

/* Lists all files, folders entered, without sidecar files of folders when those are read. NO_INPUT: a folder without any. */
VF_RC nt_gather(struct nt_gathered *g, const char *const *paths, size_t n, bool sidecars, struct vf_err *reterr);
/* Fills digests and sizes, showing progress at a terminal. */
VF_RC nt_gathered_hash(struct nt_cli *cli, struct nt_gathered *g, unsigned threads, struct vf_err *reterr);
void nt_gathered_done(struct nt_gathered *g);

struct nt_signing {
	struct nt_signer *signer;
	struct nt_buf certificate;
	struct vf_hash digest;
	struct nt_says says;
	struct nt_signed_by by;
	char name[sizeof(((struct vf_cert_facts *)0)->name)]; /* of the certificate */
};

#define NT_SIGN_OPTIONS(required)                                                                                 \
	{"sign", 0, "KEY", "sign with this private key (PEM)", required, false},                                 \
		{"cert", 0, "CERT", "the signer's certificate (PEM or DER)", required, false},                  \
		{"meaning", 0, "WORD", "what the signature means, see above", required, false},                 \
		{"printed-name", 0, "NAME", "the signer's name (default: that of the certificate)", false, false}, \
	{                                                                                                        \
		"passphrase-fd", 0, "N", "read the passphrase of KEY from this file descriptor", false, false    \
	}

/* A rows member that is made for one of the files. */
struct nt_made_rows {
	size_t file; /* in g */
	char name[16];
	char unit[VF_MAX_UNIT + 1];
	struct nt_buf text;
	struct nt_submit_made made;
	struct nt_submit_file document;
};

struct nt_submitting {
	struct nt_cli *cli;
	struct nt_notary *n;      /* a notary in a folder, or */
	struct nt_remote *remote; /* a server */
	size_t first;             /* argument that is a file */
	struct nt_gathered g;
	struct nt_submit s;
	struct tr_link links[VF_MAX_LINKS];
	struct nt_signing signing;
	struct nt_submit_record *records;
	struct nt_made_rows *rows;       /* of --rows */
	size_t n_rows;
	struct nt_submit_file *all;      /* the files of all records, when there are rows */
	size_t n_records;
	struct nt_filled *filled;        /* what documents say, of each record */
	size_t made, before;
	size_t unkept; /* --keep came too late for them */
	unsigned threads;
	bool each;
	const char *default_kind; /* where --kind may be left out */
	/* Instead of nt_submitting_details(); then one of the documents is what was described. NULL: as submit does. */
	VF_RC (*describe)(struct nt_submitting *u, struct vf_err *reterr);
	struct vf_hash described;
	struct nt_own_details { /* of --details, --set and --rules (verbs_details.c) */
		void *block;
		struct vf_arena arena;
		struct tr_rulebook book;
		struct tr_schema *rules;
	} details;
};

/* A notary's folder comes first, or a server is named: sets first and remote, and connects. USAGE. */
VF_RC nt_submitting_target(struct nt_submitting *u, struct nt_remote *remote, struct vf_err *reterr);
/* Study, kind and texts; then key and certificate; then links, for which n or remote must be there. */
VF_RC nt_submitting_options(struct nt_submitting *u, struct vf_err *reterr);
VF_RC nt_submitting_signing(struct nt_submitting *u, struct vf_err *reterr);
VF_RC nt_submitting_links(struct nt_submitting *u, struct vf_err *reterr);
/* The details that were asked for, for which the kind, the links and n or remote must be there. */
VF_RC nt_submitting_details(struct nt_submitting *u, struct vf_err *reterr);
void nt_submitting_details_done(struct nt_submitting *u);
/* --canonical: computes the canonical forms of the documents that were hashed, writes them into the file that is named,
 * and makes it one more document (verbs_canonical.c). */
VF_RC nt_submitting_canonical(struct nt_submitting *u, struct vf_err *reterr);
/* Reads --rows and --unit early, for a refusal before long hashing; then makes the rows members of hashed files. */
VF_RC nt_submitting_find_rows(struct nt_submitting *u, struct vf_err *reterr);
VF_RC nt_submitting_make_rows(struct nt_submitting *u, struct vf_err *reterr);
/* Puts them into the records, which hold the files alone. */
VF_RC nt_submitting_join_rows(struct nt_submitting *u, struct vf_err *reterr);
void nt_submitting_rows_done(struct nt_submitting *u);
/* Whether statements are filled from documents and sidecar files, so that those are no documents. */
bool nt_submitting_wants_facts(const struct nt_submitting *u);
/* Fills version, date and title of the records from their hashed documents, where options do not say them. */
VF_RC nt_submitting_fill(struct nt_submitting *u, struct vf_err *reterr);
void nt_submitting_filled_done(struct nt_submitting *u);
/* All of submit once first and remote or the notary in the first argument are chosen: options, files, records. */
VF_RC nt_submitting_run(struct nt_submitting *u, struct vf_err *reterr);
/* Frees what it holds; n and remote are the caller's. */
void nt_submitting_done(struct nt_submitting *u);

#endif
