/* bundle, expand: a study's records as one file, and back. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/heads.h"
#include "notary/new_folder.h"
#include "notary/study_in.h"
#include "notary/study_out.h"
#include "notary/verbs.h"
#include "verify/study.h"
#include "verify/text.h"

const struct nt_option nt_bundle_options[] = {
	{"study", 0, "ID", "the study", true, false},
	{"output", 'o', "FILE", "the study bundle to make (.tnstudy)", true, false},
	{"withhold", 0, "KIND", "records of this kind show their place in stream and log alone", false, true},
	{"withhold-record", 0, "ID", "the same of one record", false, true},
	{"embargo", 0, "KIND", "records of this kind are shown without their documents", false, true},
	{"embargo-record", 0, "ID", "the same of one record", false, true},
	{"anonymous", 0, NULL, "nothing that names participants or signers: see above", false, false},
	{"no-documents", 0, NULL, "documents travel beside the file", false, false},
	{"only-documents-kept", 0, NULL, "of documents, those that the notary keeps itself", false, false},
	{"from", 0, "PATH", "where documents are now that are no longer where they were", false, true},
	{"force", 0, NULL, "replace a study bundle that is there", false, false},
	{0},
};

const char nt_bundle_details[] =
	"One file for reviewers: all sealed records of the study with their evidence, and their documents. It expands to each\n"
	"record's ordinary bundle; trialverify judges all of them and says whether a stream has a gap. What is withheld now can be\n"
	"added later. Documents of persons are in it unless they are left out. A document that is withheld is so wherever it stands.\n"
	"\n"
	"--anonymous withholds personal records, delegations and signed records, and of all others the hidden documents and\n"
	"details.json. Read the rest before you hand it out: titles, names of documents and what the other documents say stay.";

const struct nt_option nt_expand_options[] = {
	{"output", 'o', "FOLDER", "a new folder for ID.asice and documents/SHA256", true, false},
	{0},
};

const char nt_expand_details[] =
	"Writes what is in it and judges nothing: trialverify --trust DIR FILE does. The bundles are detached; each document\n"
	"has its SHA-256 as its name.";

/* Room for all that the command line says: no more can be withheld than options are given. */
struct bundling {
	struct nt_cli *cli;
	struct nt_notary *n;
	struct nt_withhold *withhold;
	size_t n_withhold;
	bool *matched; /* of each, whether the study has such a record */
	const char **from;
	struct nt_study_made made;
	bool told;
};

static void bundling_done(struct bundling *b)
{
	b->n = nt_notary_free(b->n);
	free(b->withhold);
	free(b->matched);
	free(b->from);
}

/* Kinds that one option names, as it is given. */
static VF_RC add_kinds(struct bundling *b, const char *option, bool documents, struct vf_err *reterr)
{
	const char *word;
	char shown[160];

	for (size_t i = 0; (word = nt_cli_get_at(b->cli, option, i)) != NULL; i++) {
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(word));
		if (!vf_word_is(vf_bytes_str(word)))
			return vf_fail(reterr, VF_USAGE, "--%s '%s' is no kind: see 'trialnotary help submit'", option, shown);
		b->withhold[b->n_withhold++] = (struct nt_withhold){.kind = word, .documents = documents};
	}
	return VF_OK;
}

static VF_RC add_records(struct bundling *b, const char *option, bool documents, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	const char *word;

	for (size_t i = 0; rc == VF_OK && (word = nt_cli_get_at(b->cli, option, i)) != NULL; i++) {
		struct nt_withhold *w = &b->withhold[b->n_withhold++];

		*w = (struct nt_withhold){.documents = documents};
		rc = nt_verb_find(b->n, word, &w->id, reterr);
	}
	return rc;
}

static VF_RC put_study(struct bundling *b, struct vf_err *reterr)
{
	struct nt_cli *cli = b->cli;
	struct vf_bytes study = vf_bytes_str(nt_cli_get(cli, "study"));
	struct nt_study_options o = {.choice.anonymous = nt_cli_has(cli, "anonymous"),
		.matched = b->matched,
		.no_documents = nt_cli_has(cli, "no-documents"),
		.kept_only = nt_cli_has(cli, "only-documents-kept"),
		.force = nt_cli_has(cli, "force")};
	enum vf_rc rc = nt_cli_list(cli, "from", &b->from, &o.n_from, reterr);

	if (rc == VF_OK)
		rc = add_kinds(b, "withhold", false, reterr);
	if (rc == VF_OK)
		rc = add_kinds(b, "embargo", true, reterr);
	if (rc == VF_OK)
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(cli, &b->n, reterr);
	if (rc == VF_OK)
		rc = add_records(b, "withhold-record", false, reterr);
	if (rc == VF_OK)
		rc = add_records(b, "embargo-record", true, reterr);
	o.from = b->from;
	o.choice.withhold = b->withhold;
	o.choice.n_withhold = b->n_withhold;
	if (rc == VF_OK)
		rc = nt_study_put(b->n, study, &o, nt_cli_get(cli, "output"), &b->made, reterr);
	return rc == VF_OK ? nt_heads_told(b->n, study, &b->told, reterr) : rc;
}

static void put_bundled_json(const struct bundling *b, struct nt_buf *out)
{
	const struct nt_study_made *m = &b->made;
	const char *comma = "";

	nt_buf_putf(out, ",\"shown\":%zu,\"hidden\":%zu,\"waiting\":%zu,\"left_out\":%zu,\"seals\":%zu,\"documents\":%zu,"
		"\"withheld_documents\":%zu,\"octets\":%" PRIu64 ",\"told\":%s,\"unmatched\":[",
		m->shown, m->hidden, m->waiting, m->left_out, m->seals, m->documents, m->withheld_documents, m->octets,
		b->told ? "true" : "false");
	for (size_t i = 0; i < b->n_withhold; i++) {
		if (b->matched[i])
			continue;
		nt_buf_put_str(out, comma);
		nt_cli_put_json(out, vf_bytes_str(b->withhold[i].kind));
		comma = ",";
	}
	nt_buf_put_str(out, "]}\n");
}

static void put_bundled(const struct bundling *b)
{
	const struct nt_study_made *m = &b->made;
	struct nt_buf *out = &b->cli->text;

	nt_buf_putf(out, "%zu records shown, %zu withheld or erased, %zu documents, ", m->shown, m->hidden, m->documents);
	if (m->withheld_documents)
		nt_buf_putf(out, "%zu of shown records withheld, ", m->withheld_documents);
	nt_buf_putf(out, "%" PRIu64 " octets\n", m->octets);
	if (m->waiting)
		nt_cli_note(b->cli, "%zu records wait for their seal and are not in it", m->waiting);
	if (m->left_out)
		nt_cli_note(b->cli, "%zu records cannot be packed, as too little of them is left or they are in no stream", m->left_out);
	if (!b->told)
		nt_cli_note(b->cli, "no study head tells all streams as they are now, so nobody can see from the file that none was left out: "
			"'trialnotary heads', then 'trialnotary seal'");
}

VF_RC nt_verb_bundle(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(bundling_done) struct bundling b = {.cli = cli,
		.withhold = calloc(cli->n_values + 1, sizeof(*b.withhold)),
		.matched = calloc(cli->n_values + 1, sizeof(*b.matched))};
	enum vf_rc rc = b.withhold && b.matched ? put_study(&b, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for the command line");

	if (rc != VF_OK)
		return rc;
	/* who mistook one kind for another must hear of it, also with --json */
	for (size_t i = 0; i < b.n_withhold; i++)
		if (!b.matched[i])
			nt_cli_note(cli, "warning: the study has no record of the kind '%s', so --%s %s leaves nothing out", b.withhold[i].kind,
				b.withhold[i].documents ? "embargo" : "withhold", b.withhold[i].kind);
	if (cli->json) {
		nt_cli_begin(cli);
		put_bundled_json(&b, &cli->text);
	} else {
		put_bundled(&b);
	}
	return VF_OK;
}

/* ---- expand ---- */

struct expand {
	const char *folder;
	struct nt_study_in in;
	size_t bundles, documents;
};

/* Messages name what is in the folder: it has another name yet. */
static VF_RC open_new(const struct expand *x, const char *path, int *ret, struct vf_err *reterr)
{
	*ret = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *ret >= 0 ? VF_OK : vf_fail(reterr, VF_IO, "cannot write '%s': %s", path + strlen(x->folder) + 1, strerror(errno));
}

static VF_RC write_bundles(struct expand *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < x->in.s.n_records; i++) {
		VF_CLEANUP(nt_fd_closep) int fd = -1;
		struct vf_study_unpacked u;
		struct vf_bytes b;
		char hex[65], path[4096 + 80];

		if (!x->in.s.records[i].is_shown)
			continue;
		rc = vf_study_unpack(&x->in.s, i, &u, reterr);
		if (rc == VF_OK)
			rc = vf_study_expand(&x->in.s, i, &u, &b, reterr);
		if (rc != VF_OK)
			return rc;
		vf_hex_put(hex, vf_bytes(x->in.s.records[i].id.b, 32));
		snprintf(path, sizeof(path), "%s/%s.asice", x->folder, hex);
		rc = open_new(x, path, &fd, reterr);
		if (rc == VF_OK)
			rc = nt_fd_write(fd, b, path + strlen(x->folder) + 1, reterr);
		x->bundles++;
	}
	return rc;
}

struct sink {
	int fd;
	struct vf_pair_hasher h;
};

static VF_RC write_piece(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct sink *s = ctx;

	vf_pair_put_sha256(&s->h, piece);
	return nt_fd_write(s->fd, piece, "a document", reterr);
}

/* Its name must be its digest: nobody else compares that here. */
static VF_RC write_document(struct expand *x, const struct vf_zip_entry *e, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	struct sink s;
	char hex[65], path[4096 + 80];
	struct vf_pair pair;
	enum vf_rc rc;

	snprintf(path, sizeof(path), "%s/%.*s", x->folder, VF_STR(e->name));
	rc = open_new(x, path, &fd, reterr);
	if (rc != VF_OK)
		return rc;
	s.fd = fd;
	vf_pair_init(&s.h);
	rc = vf_container_stream(&x->in.s.box, e, write_piece, &s, reterr);
	pair = vf_pair_done(&s.h);
	vf_hex_put(hex, vf_bytes(pair.sha256.b, 32));
	x->documents++;
	if (rc == VF_OK && !vf_bytes_ends(e->name, hex))
		return vf_fail(reterr, VF_STUDY_SHAPE, "'%.*s' has another digest", VF_STR(e->name));
	return rc;
}

static VF_RC write_all(struct expand *x, struct vf_err *reterr)
{
	char path[4096 + 80];
	enum vf_rc rc = write_bundles(x, reterr);

	if (rc != VF_OK || x->in.s.first_document == x->in.s.box.zip.n)
		return rc;
	snprintf(path, sizeof(path), "%s/documents", x->folder);
	if (mkdir(path, 0700) != 0)
		return vf_fail(reterr, VF_IO, "cannot make '%.200s'", path);
	for (size_t i = x->in.s.first_document; rc == VF_OK && i < x->in.s.box.zip.n; i++)
		rc = write_document(x, &x->in.s.box.zip.entries[i], reterr);
	return rc;
}

static VF_RC expand(struct expand *x, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_folder_done) struct nt_new_folder folder = NT_NEW_FOLDER_NONE;
	enum vf_rc rc = nt_folder_begin(&folder, path, reterr);

	if (rc != VF_OK)
		return rc;
	x->folder = folder.path;
	rc = write_all(x, reterr);
	return rc == VF_OK ? nt_folder_commit(&folder, path, reterr) : rc;
}

VF_RC nt_verb_expand(struct nt_cli *cli, struct vf_err *reterr)
{
	struct expand x = {.in = NT_STUDY_IN_NONE};
	enum vf_rc rc = nt_study_in_open(&x.in, cli->args[0], reterr);

	if (rc == VF_OK)
		rc = expand(&x, nt_cli_get(cli, "output"), reterr);
	nt_study_in_done(&x.in);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(&cli->text, ",\"bundles\":%zu,\"documents\":%zu}\n", x.bundles, x.documents);
	} else {
		nt_buf_putf(&cli->text, "%zu bundles, %zu documents\n", x.bundles, x.documents);
	}
	return VF_OK;
}
