/* bundle, expand: a study's records as one file, and back. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/heads.h"
#include "notary/study_out.h"
#include "notary/verbs.h"
#include "verify/study.h"
#include "verify/text.h"

#define MAX_WORDS 256

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

static size_t list_words(const struct nt_cli *cli, const char *option, const char **words)
{
	size_t n = 0;
	const char *word;

	while (n < MAX_WORDS && (word = nt_cli_get_at(cli, option, n)) != NULL)
		words[n++] = word;
	return n;
}

/* What is beyond the list would be shown. */
static VF_RC list_withheld(const struct nt_cli *cli, const char *option, const char **words, size_t *ret, struct vf_err *reterr)
{
	*ret = list_words(cli, option, words);
	if (nt_cli_get_at(cli, option, MAX_WORDS))
		return vf_fail(reterr, VF_USAGE, "--%s is given more than %d times", option, MAX_WORDS);
	return VF_OK;
}

/* Kinds that one option names, as it is given. */
static VF_RC add_kinds(const struct nt_cli *cli, const char *option, bool documents, struct nt_withhold *at, size_t *n, struct vf_err *reterr)
{
	const char *words[MAX_WORDS];
	size_t n_words = 0;
	enum vf_rc rc = list_withheld(cli, option, words, &n_words, reterr);

	for (size_t i = 0; rc == VF_OK && i < n_words; i++) {
		if (!vf_word_is(vf_bytes_str(words[i])))
			return vf_fail(reterr, VF_USAGE, "a kind to withhold is no kind: see 'trialnotary help submit'");
		at[(*n)++] = (struct nt_withhold){.kind = words[i], .documents = documents};
	}
	return rc;
}

static VF_RC add_records(const struct nt_cli *cli, struct nt_notary *notary, const char *option, bool documents, struct nt_withhold *at,
	size_t *n, struct vf_err *reterr)
{
	const char *words[MAX_WORDS];
	size_t n_words = 0;
	enum vf_rc rc = list_withheld(cli, option, words, &n_words, reterr);

	for (size_t i = 0; rc == VF_OK && i < n_words; i++) {
		at[*n] = (struct nt_withhold){.documents = documents};
		rc = nt_verb_find(notary, words[i], &at[*n].id, reterr);
		(*n)++;
	}
	return rc;
}

static VF_RC put_study(struct nt_cli *cli, struct nt_withhold *withhold, struct nt_study_made *ret, bool *ret_told, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	const char *from[MAX_WORDS];
	struct nt_study_options o = {.choice = {.withhold = withhold, .anonymous = nt_cli_has(cli, "anonymous")},
		.from = from,
		.n_from = list_words(cli, "from", from),
		.no_documents = nt_cli_has(cli, "no-documents"),
		.kept_only = nt_cli_has(cli, "only-documents-kept"),
		.force = nt_cli_has(cli, "force")};
	size_t *n_withhold = &o.choice.n_withhold;
	enum vf_rc rc = add_kinds(cli, "withhold", false, withhold, n_withhold, reterr);

	if (rc == VF_OK)
		rc = add_kinds(cli, "embargo", true, withhold, n_withhold, reterr);
	if (rc == VF_OK)
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(cli, &n, reterr);
	if (rc == VF_OK)
		rc = add_records(cli, n, "withhold-record", false, withhold, n_withhold, reterr);
	if (rc == VF_OK)
		rc = add_records(cli, n, "embargo-record", true, withhold, n_withhold, reterr);
	if (rc == VF_OK)
		rc = nt_study_put(n, vf_bytes_str(nt_cli_get(cli, "study")), &o, nt_cli_get(cli, "output"), ret, reterr);
	return rc == VF_OK ? nt_heads_told(n, vf_bytes_str(nt_cli_get(cli, "study")), ret_told, reterr) : rc;
}

VF_RC nt_verb_bundle(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_withhold *withhold = calloc(4 * MAX_WORDS, sizeof(*withhold));
	struct nt_study_made m = {0};
	bool told = false;
	enum vf_rc rc = withhold ? put_study(cli, withhold, &m, &told, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for the command line");

	free(withhold);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(&cli->text, ",\"shown\":%zu,\"hidden\":%zu,\"waiting\":%zu,\"left_out\":%zu,\"seals\":%zu,\"documents\":%zu,\"withheld_documents\":%zu,\"octets\":%" PRIu64 ",\"told\":%s}\n",
			m.shown, m.hidden, m.waiting, m.left_out, m.seals, m.documents, m.withheld_documents, m.octets,
			told ? "true" : "false");
		return VF_OK;
	}
	nt_buf_putf(&cli->text, "%zu records shown, %zu withheld or erased, %zu documents, ", m.shown, m.hidden, m.documents);
	if (m.withheld_documents)
		nt_buf_putf(&cli->text, "%zu of shown records withheld, ", m.withheld_documents);
	nt_buf_putf(&cli->text, "%" PRIu64 " octets\n", m.octets);
	if (m.waiting)
		nt_cli_note(cli, "%zu records wait for their seal and are not in it", m.waiting);
	if (m.left_out)
		nt_cli_note(cli, "%zu records cannot be packed, as too little of them is left or they are in no stream", m.left_out);
	if (!told)
		nt_cli_note(cli, "no study head tells all streams as they are now, so nobody can see from the file that none was left out: "
			"'trialnotary heads', then 'trialnotary seal'");
	return VF_OK;
}

/* ---- expand ---- */

struct expand {
	const char *folder;
	struct vf_study s;
	struct vf_arena arena;
	size_t bundles, documents;
};

static VF_RC open_new(const char *path, int *ret, struct vf_err *reterr)
{
	*ret = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *ret >= 0 ? VF_OK : vf_fail(reterr, VF_IO, "cannot write '%.200s'", path);
}

static VF_RC write_bundles(struct expand *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < x->s.n_records; i++) {
		VF_CLEANUP(nt_fd_closep) int fd = -1;
		struct vf_study_unpacked u;
		struct vf_bytes b;
		char hex[65], path[4096 + 80];

		if (!x->s.records[i].is_shown)
			continue;
		rc = vf_study_unpack(&x->s, i, &u, reterr);
		if (rc == VF_OK)
			rc = vf_study_expand(&x->s, i, &u, &b, reterr);
		if (rc != VF_OK)
			return rc;
		vf_hex_put(hex, vf_bytes(x->s.records[i].id.b, 32));
		snprintf(path, sizeof(path), "%s/%s.asice", x->folder, hex);
		rc = open_new(path, &fd, reterr);
		if (rc == VF_OK)
			rc = nt_fd_write(fd, b, path, reterr);
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
	rc = open_new(path, &fd, reterr);
	if (rc != VF_OK)
		return rc;
	s.fd = fd;
	vf_pair_init(&s.h);
	rc = vf_container_stream(&x->s.box, e, write_piece, &s, reterr);
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

	if (rc != VF_OK || x->s.first_document == x->s.box.zip.n)
		return rc;
	snprintf(path, sizeof(path), "%s/documents", x->folder);
	if (mkdir(path, 0700) != 0)
		return vf_fail(reterr, VF_IO, "cannot make '%.200s'", path);
	for (size_t i = x->s.first_document; rc == VF_OK && i < x->s.box.zip.n; i++)
		rc = write_document(x, &x->s.box.zip.entries[i], reterr);
	return rc;
}

static VF_RC expand(struct expand *x, struct vf_bytes file, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf temporary = nt_buf(1u << 16);
	struct vf_source source = vf_source_of(file);
	enum vf_rc rc;

	if (!vf_study_is(&source))
		return vf_fail(reterr, VF_STUDY_SHAPE, "the file is no study bundle");
	rc = vf_study_open(&source, &x->arena, &x->s, reterr);
	if (rc == VF_OK)
		rc = nt_dir_begin(path, &temporary, reterr);
	if (rc != VF_OK)
		return rc;
	x->folder = (const char *)temporary.p;
	rc = write_all(x, reterr);
	if (rc == VF_OK)
		rc = nt_dir_commit(x->folder, path, reterr);
	if (rc != VF_OK)
		nt_dir_discard(x->folder);
	return rc;
}

VF_RC nt_verb_expand(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = open(cli->args[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct expand x = {0};
	struct stat st;
	char shown[160];
	void *file, *block;
	enum vf_rc rc;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(cli->args[0]));
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return vf_fail(reterr, VF_NO_INPUT, "'%s' cannot be read", shown);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	block = mmap(NULL, VF_STUDY_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (file == MAP_FAILED || block == MAP_FAILED)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", shown);
	vf_arena_init(&x.arena, block, VF_STUDY_MEMORY);
	rc = expand(&x, vf_bytes(file, (size_t)st.st_size), nt_cli_get(cli, "output"), reterr);
	munmap(file, (size_t)st.st_size);
	munmap(block, VF_STUDY_MEMORY);
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
