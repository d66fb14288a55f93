#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/enforce.h"
#include "notary/files.h"
#include "notary/hashing.h"
#include "notary/named_file.h"
#include "notary/submit.h"
#include "notary/submit_facts.h"
#include "notary/verbs.h"
#include "notary/verbs_client.h"
#include "notary/verbs_submit.h"
#include "verify/limits.h"
#include "verify/text.h"

/* While more than this is hashed, others may use the notary. */
#define LONG_HASHING ((uint64_t)256 * 1024 * 1024)
#define MAX_PREPARED ((size_t)512 * 1024 * 1024)

const struct nt_option nt_submit_options[] = {
	{"study", 0, "ID", "the study, as all its records name it", true, false},
	{"kind", 0, "KIND", "what it is, see above", true, false},
	{"version", 0, "V", "version of the document, as declared", false, false},
	{"date", 0, "D", "date of the document, as declared", false, false},
	{"title", 0, "T", "title of the document", false, false},
	{"no-facts", 0, NULL, "take version, date and title from options alone, and sidecar files as documents", false, false},
	{"each", 0, NULL, "one record for each file (default: one record for all)", false, false},
	{"confidential", 0, NULL, "hide names, sizes and digests of the documents behind commitments", false,
		false},
	{"keep", 0, NULL, "copy the documents into the notary", false, false},
	{"rows", 0, "FILE", "make rows of this document provable one by one: see 'trialnotary help excerpt'", false, true},
	{"unit", 0, "UNIT", "what a row is, see above (default: by the name of FILE)", false, false},
	{"details", 0, "FILE", "what the record says of its kind, as JSON: see 'trialnotary explain KIND'", false, false},
	{"set", 0, "NAME=VALUE", "one simple field of the details", false, true},
	{"participant", 0, "NUMBER", "whom a personal record is about: the number at the site, or the value in records", false, false},
	{"rules", 0, "FILE", "the schema of a kind of the study's own", false, false},
	{"link", 0, "TYPE=ID", "how the record stands to an earlier one", false, true},
	{"canonical", 0, "FILE", "declare the documents' canonical digests: write them into FILE, a further document", false, false},
	NT_SIGN_OPTIONS(false),
	{"prepare", 0, "FILE", "with --server: write the finished submission there and do not send it", false, false},
	{"from", 0, "PATH", "with --server: where documents of earlier records are, rules.json of the study first", false, true},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_submit_details[] =
	"Documents are hashed where they are and never leave this machine; submitting the same ones again\n"
	"makes nothing twice and prints the same IDs. A folder stands for all files in it, named relative "
	"to\n"
	"it; symbolic links are refused.\n"
	"\n"
	"Version, date and title that are not given are taken from FILE" NT_SIDECAR " beside a document, or from what the document\n"
	"says of itself (trialnotary describe), and told; never for personal kinds and confidential documents. In a folder\n"
	"such a file is no document.\n"
	"\n"
	"Kinds: registration, protocol, amendment, ethics-approval, consent-form, consent, re-consent,\n"
	"withdrawal, access-grant, access-event, delegation, analysis-plan, database-lock, unblinding, dataset,\n"
	"results, publication, product-custody, archive-custody, erasure, audit, study-head, schema, other; and\n"
	"kinds of the study's own, with --rules and a link 'uses' to the record of kind schema that registers it.\n"
	"All documents of a consent, re-consent, withdrawal, access-grant or access-event are confidential, and\n"
	"version, date and title go into a confidential document, too.\n"
	"\n"
	"Details say what only a record of this kind has: who approved, which permissions, until when\n"
	"(docs/formats/statements). --set gives a simple field, more than once a list; --details a file with all.\n"
	"Their form, consent and grant become links by themselves. --participant puts the value that stands for a participant\n"
	"there, from participants.db in DIR or, with --server, in --state; a new number gets a key (docs/consent.md).\n"
	"\n"
	"Links: accesses, amends, approves, countersigns, derives-from, erases, grants, locks, reports,\n"
	"supersedes, transfers, uses, withdraws. A withdrawal needs no document when it has a link 'withdraws',\n"
	"an ethics-approval none with 'approves', and no record needs one that has details.\n"
	"\n"
	"Rules that the study enforces are asked before anything is stored or sent (docs/rules.md): RULE_BROKEN, or the\n"
	"findings are notarised beside the record. With --server over what the server shows and what is here: --from names\n"
	"rules.json once, if others have laid it down, and their documents. The server itself asks no rule.\n"
	"\n"
	"Rows: csv and line end in a line feed (csv: outside of quotes), 'element NAME' begins with that XML tag,\n"
	"'record HEAD LENGTH' has so many octets, after so many before the first. By name: *.csv; *.ndjson, *.jsonl,\n"
	"*.tsv and *.txt by line; *.xml by element ItemGroupData; *.xpt of version 5 by observation.\n"
	"\n"
	"A signature is one person's: --meaning says what it stands for (approval, author, origin, receipt,\n"
	"responsibility, review, witness), --printed-name who signs, if not as the certificate says. A key has one\n"
	"name in a notary. The passphrase of an encrypted key is asked for at the terminal, or comes from\n"
	"--passphrase-fd.\n"
	"\n"
	"With --server there is no DIR. A submission is on the disk (--state) before it is sent, and what could not be\n"
	"sent goes first the next time: nothing is lost, and nothing is made twice.";

static VF_RC unknown_word(const char *what, const char *typed, const char *(*name)(unsigned), unsigned count,
	enum vf_rc rc, struct vf_err *reterr)
{
	const char *names[32];
	char shown[120];
	const char *nearest;
	size_t n = 0;

	for (unsigned i = 1; i < count && n < 32; i++)
		names[n++] = name(i);
	nearest = nt_cli_suggest(typed, names, n);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(typed));
	if (nearest)
		return vf_fail(reterr, rc, "no %s '%s'; did you mean '%s'?", what, shown, nearest);
	return vf_fail(reterr, rc, "no %s '%s'", what, shown);
}

static const char *kind_name(unsigned at)
{
	return tr_kind_name((enum tr_kind)at);
}

static const char *link_name(unsigned at)
{
	return tr_link_name((enum tr_link_type)at);
}

static struct vf_bytes text_option(const struct nt_cli *cli, const char *option)
{
	const char *text = nt_cli_get(cli, option);

	return text ? vf_bytes_str(text) : vf_bytes(NULL, 0);
}

VF_RC nt_submitting_options(struct nt_submitting *u, struct vf_err *reterr)
{
	struct nt_cli *cli = u->cli;
	const char *kind = nt_cli_has(cli, "kind") ? nt_cli_get(cli, "kind") : u->default_kind;
	struct tr_statement texts;
	bool personal;

	u->s.kind = tr_kind_of(vf_bytes_str(kind));
	u->s.own_kind = vf_bytes_str(kind);
	if (u->s.kind == TR_KIND_NONE || (u->s.kind == TR_OWN && !nt_cli_has(cli, "rules")))
		return unknown_word("kind", kind, kind_name, TR_KIND_COUNT, VF_UNKNOWN_KIND, reterr);
	personal = tr_kind_is_personal(u->s.kind);
	u->s.submitter = vf_bytes_str(u->remote ? "" : NT_SUBMITTER_LOCAL);
	u->s.study = text_option(cli, "study");
	u->s.version = text_option(cli, "version");
	u->s.date = text_option(cli, "date");
	u->s.title = text_option(cli, "title");
	u->s.confidential = personal || nt_cli_has(cli, "confidential");
	u->s.keep = nt_cli_has(cli, "keep");
	u->each = nt_cli_has(cli, "each");
	if (u->remote && u->s.keep)
		return vf_fail(reterr, VF_USAGE, "documents are not sent to a server: leave --keep out");
	if (u->each && cli->n_args <= u->first)
		return vf_fail(reterr, VF_USAGE, "--each needs files or folders");
	if (nt_cli_has(cli, "canonical") && (u->each || cli->n_args <= u->first))
		return vf_fail(reterr, VF_USAGE, "--canonical is for one record with documents");
	texts = (struct tr_statement){.kind = TR_OTHER,
		.study = u->s.study,
		.version = u->s.version,
		.date = u->s.date,
		.title = u->s.title};
	return tr_statement_check_texts(&texts, reterr);
}

VF_RC nt_submitting_links(struct nt_submitting *u, struct vf_err *reterr)
{
	const char *text;

	while ((text = nt_cli_get_at(u->cli, "link", u->s.n_links)) != NULL) {
		struct tr_link *link = &u->links[u->s.n_links];
		size_t n = strcspn(text, "=");
		char type[33];
		enum vf_rc rc;

		if (u->s.n_links == VF_MAX_LINKS)
			return vf_fail(reterr, VF_LIMIT, "more than %d links", VF_MAX_LINKS);
		if (text[n] == '\0' || n >= sizeof(type))
			return vf_fail(reterr, VF_USAGE, "--link wants TYPE=ID, like supersedes=1f0c9a3b");
		memcpy(type, text, n);
		type[n] = '\0';
		link->type = tr_link_find(vf_bytes_str(type));
		if (link->type == TR_LINK_NONE)
			return unknown_word("link", type, link_name, TR_LINK_COUNT, VF_LINK_SHAPE, reterr);
		rc = u->remote ? nt_remote_find(u->remote, text + n + 1, &link->record, reterr)
			       : nt_verb_find(u->n, text + n + 1, &link->record, reterr);
		if (rc != VF_OK)
			return rc;
		u->s.n_links++;
	}
	u->s.links = u->links;
	return VF_OK;
}

static void put_bad_name(void *ctx, struct vf_bytes name, const char *why)
{
	char shown[200];

	vf_text_escape(shown, sizeof(shown), name);
	nt_cli_detail(ctx, "'%s': %s", shown, why);
}

/* The notary's own files change with the next record, and its keys are nobody's document. */
static VF_RC check_not_own(struct nt_submitting *u, struct vf_err *reterr)
{
	char own[PATH_MAX], shown[160];
	size_t n;

	if (u->remote)
		return VF_OK;
	if (!realpath(u->cli->args[0], own))
		return vf_fail(reterr, VF_IO, "the notary's folder cannot be resolved");
	n = strlen(own);
	for (size_t i = 0; i < u->g.files.n; i++) {
		const char *path = u->g.files.files[i].path;

		if (strncmp(path, own, n) != 0 || path[n] != '/')
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
		return vf_fail(reterr, VF_USAGE, "'%s' belongs to the notary itself: leave its folder out", shown);
	}
	return VF_OK;
}

/* All names of all records, before anything is hashed or stored. */
static VF_RC check_names(struct nt_submitting *u, struct vf_err *reterr)
{
	const struct nt_submit_file *d = u->g.documents;
	size_t bad = 0;

	if (!u->each)
		return nt_submit_check_names(d, u->g.files.n, put_bad_name, u->cli, reterr);
	for (size_t i = 0; i < u->g.files.n; i++) {
		enum vf_rc rc = nt_submit_check_names(&d[i], 1, put_bad_name, u->cli, reterr);

		if (rc != VF_OK && rc != VF_NAME_SHAPE)
			return rc;
		bad += rc == VF_NAME_SHAPE;
	}
	if (bad > 0)
		return vf_fail(reterr, VF_NAME_SHAPE, "%zu of %zu names cannot stand in a record", bad,
			u->g.files.n);
	return VF_OK;
}

static VF_RC make_records(struct nt_submitting *u, struct vf_err *reterr)
{
	u->n_records = u->each ? u->g.files.n : 1;
	u->records = calloc(u->n_records, sizeof(*u->records));
	if (!u->records)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", u->n_records);
	if (!u->each)
		u->records[0] = (struct nt_submit_record){.files = u->g.documents, .n_files = u->g.files.n + u->g.has_canonical};
	for (size_t i = 0; u->each && i < u->n_records; i++)
		u->records[i] = (struct nt_submit_record){.files = &u->g.documents[i], .n_files = 1};
	return u->n_rows ? nt_submitting_join_rows(u, reterr) : VF_OK;
}

/* What a line of output calls the record: its file, or what was typed. */
static void put_name(struct nt_submitting *u, size_t at, struct nt_buf *out, bool json)
{
	struct vf_bytes name = nt_submit_kind(&u->s);
	size_t files = u->each ? 1 : u->g.files.n;

	if (files == 1)
		name = u->records[at].files[0].name;
	else if (files > 1)
		name = vf_bytes_str(u->cli->args[u->first]);
	if (json)
		nt_cli_put_json(out, name);
	else
		nt_cli_put_text(out, name);
	if (!json && files > 1)
		nt_buf_putf(out, " (%zu files)", files);
}

static bool is_unkept(struct nt_notary *n, const struct vf_hash *id)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;

	if (nt_notary_get(n, id, &r, NULL) != VF_OK)
		return false;
	for (size_t i = 0; i < r->n_documents; i++)
		if (!r->documents[i].keep)
			return true;
	return false;
}

static void put_submitted(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	struct nt_submitting *u = ctx;
	struct nt_buf *out = &u->cli->text;
	bool first = u->made + u->before == 0;

	*(how == NT_ACCEPTED_NEW ? &u->made : &u->before) += 1;
	u->unkept += how != NT_ACCEPTED_NEW && u->s.keep && u->n && is_unkept(u->n, id);
	if (!u->cli->json) {
		nt_verb_put_id(out, id);
		nt_buf_put_str(out, "  ");
		put_name(u, at, out, false);
		nt_buf_put_u8(out, '\n');
		return;
	}
	nt_buf_put_str(out, first ? "{\"id\":\"" : ",{\"id\":\"");
	nt_verb_put_id(out, id);
	nt_buf_put_str(out, "\",\"name\":");
	put_name(u, at, out, true);
	nt_buf_putf(out, ",\"files\":%zu,\"new\":%s}", u->records[at].n_files,
		how == NT_ACCEPTED_NEW ? "true" : "false");
}

static VF_RC reopen(struct nt_submitting *u, struct vf_err *reterr)
{
	return u->n || u->remote ? VF_OK : nt_verb_open(u->cli, &u->n, reterr);
}

/* Everything that can be refused early is, before long hashing. */
static VF_RC prepare(struct nt_submitting *u, struct vf_err *reterr)
{
	enum vf_rc rc = nt_submitting_options(u, reterr);

	if (rc == VF_OK)
		rc = nt_submitting_signing(u, reterr);
	if (rc == VF_OK)
		rc = reopen(u, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_links(u, reterr);
	if (rc == VF_OK)
		rc = u->describe ? u->describe(u, reterr) : nt_submitting_details(u, reterr);
	if (rc == VF_OK)
		rc = nt_gather(&u->g, u->cli->args + u->first, u->cli->n_args - u->first, nt_submitting_wants_facts(u), reterr);
	if (rc == VF_OK && u->g.n_sidecars > 0)
		nt_cli_note(u->cli, "%zu sidecar files (*" NT_SIDECAR ") %s and are no documents", u->g.n_sidecars,
			u->s.confidential ? "are not read, as the documents are confidential," : "describe their documents");
	if (rc == VF_OK)
		rc = check_not_own(u, reterr);
	if (rc == VF_OK)
		rc = check_names(u, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_find_rows(u, reterr);
	if (rc != VF_OK || u->remote)
		return rc;
	u->threads = nt_notary_config(u->n)->hash_threads;
	if (u->g.bytes > LONG_HASHING)
		u->n = nt_notary_free(u->n);
	return VF_OK;
}

/* Finished submissions into a file of their own, instead of to the server. */
static VF_RC prepare_file(struct nt_submitting *u, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_PREPARED);
	enum vf_rc rc = nt_named_check(path, NULL, false, reterr);

	if (rc == VF_OK)
		rc = nt_send_prepare(&u->remote->send, &u->s, u->records, u->n_records, &text, put_submitted, u, reterr);
	if (rc == VF_OK)
		rc = nt_named_write(path, NULL, false, 0600, nt_buf_bytes(&text), reterr);
	if (text.n > 0)
		explicit_bzero(text.p, text.n); /* salts, and the stream's key in its first record */
	return rc;
}

static void put_enforced(void *ctx, const struct vf_hash *findings, const char *text)
{
	char line[NT_ENFORCE_LINE];

	nt_enforce_say(findings, text, line);
	nt_cli_note(ctx, "%s", line);
}

static VF_RC submit_somewhere(struct nt_submitting *u, struct vf_err *reterr)
{
	const char *file = nt_cli_get(u->cli, "prepare");

	u->s.enforced = put_enforced;
	u->s.enforced_ctx = u->cli;
	if (u->remote && file)
		return prepare_file(u, file, reterr);
	if (u->remote)
		return nt_send_records(&u->remote->send, &u->s, u->records, u->n_records, put_submitted, u, reterr);
	return nt_submit_records(u->n, &u->s, u->records, u->n_records, put_submitted, u, reterr);
}

static VF_RC submit_all(struct nt_submitting *u, struct vf_err *reterr)
{
	struct nt_cli *cli = u->cli;
	enum vf_rc rc = make_records(u, reterr);

	if (rc == VF_OK)
		rc = nt_submitting_fill(u, reterr);
	if (rc == VF_OK)
		rc = reopen(u, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "study", u->s.study);
		nt_cli_field(&cli->text, "kind", nt_submit_kind(&u->s));
		nt_buf_put_str(&cli->text, ",\"records\":[");
	}
	rc = submit_somewhere(u, reterr);
	if (rc != VF_OK) {
		cli->keep_text = !cli->json; /* these are stored, whatever came after */
		return rc;
	}
	if (cli->json)
		nt_buf_putf(&cli->text, "],\"new\":%zu,\"before\":%zu}\n", u->made, u->before);
	if (u->before > 0)
		nt_cli_note(cli, "%zu of %zu records were submitted before", u->before, u->made + u->before);
	if (u->unkept > 0)
		nt_cli_note(cli,
			"warning: %zu of them were submitted without --keep: their documents are not kept, so keep the "
			"originals",
			u->unkept);
	return VF_OK;
}

void nt_submitting_done(struct nt_submitting *u)
{
	nt_signer_free(u->signing.signer);
	nt_buf_done(&u->signing.certificate);
	free(u->records);
	nt_submitting_filled_done(u);
	nt_submitting_details_done(u);
	nt_submitting_rows_done(u);
	nt_gathered_done(&u->g);
}

/* With a server: a notary's folder holds keys, and whoever names one here takes it for DIR. */
static VF_RC check_operands(const struct nt_submitting *u, struct vf_err *reterr)
{
	char path[PATH_MAX], shown[160];

	for (size_t i = 0; u->remote && i < u->cli->n_args; i++) {
		snprintf(path, sizeof(path), "%.*s/trialnotary.conf", PATH_MAX - 20, u->cli->args[i]);
		if (access(path, F_OK) != 0)
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(u->cli->args[i]));
		return vf_fail(reterr, VF_USAGE, "'%s' is a notary's folder: with --server there is no DIR", shown);
	}
	return VF_OK;
}

VF_RC nt_submitting_target(struct nt_submitting *u, struct nt_remote *remote, struct vf_err *reterr)
{
	enum vf_rc rc;

	u->first = nt_remote_is_wanted(u->cli) ? 0 : 1;
	if (u->first == 0)
		u->remote = remote;
	else if (nt_cli_has(u->cli, "prepare"))
		return vf_fail(reterr, VF_USAGE, "--prepare needs --server");
	else if (nt_cli_has(u->cli, "from"))
		return vf_fail(reterr, VF_USAGE, "--from needs --server: a notary in a folder has what was kept or lies where it was");
	/* where a file must be named, it comes after DIR */
	if (u->describe && u->cli->n_args <= u->first)
		return vf_fail(reterr, VF_USAGE, "'%s' needs a file", u->cli->verb->name);
	rc = check_operands(u, reterr);
	if (rc != VF_OK)
		return rc;
	return u->remote ? nt_remote_connect(u->cli, remote, reterr) : nt_remote_check_unused(u->cli, 1, reterr);
}

/* The details say what stood in a file a moment ago: it must be the one that was hashed. */
static VF_RC check_described(const struct nt_submitting *u, struct vf_err *reterr)
{
	for (size_t i = 0; i < u->g.files.n; i++)
		if (vf_hash_eq(&u->g.documents[i].digests.sha256, &u->described))
			return VF_OK;
	return vf_fail(reterr, VF_DOCUMENT_CHANGED, "the file that was described changed while it was read");
}

VF_RC nt_submitting_run(struct nt_submitting *u, struct vf_err *reterr)
{
	enum vf_rc rc = prepare(u, reterr);

	if (rc == VF_OK)
		rc = nt_gathered_hash(u->cli, &u->g, u->threads, reterr);
	if (rc == VF_OK && u->describe)
		rc = check_described(u, reterr);
	if (rc == VF_OK && nt_cli_has(u->cli, "canonical"))
		rc = nt_submitting_canonical(u, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_make_rows(u, reterr);
	return rc == VF_OK ? submit_all(u, reterr) : rc;
}

VF_RC nt_verb_submit(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_submitting *u = calloc(1, sizeof(*u));
	struct nt_remote remote = {0};
	enum vf_rc rc;

	if (!u)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	u->cli = cli;
	rc = nt_submitting_target(u, &remote, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_run(u, reterr);
	nt_notary_free(u->n);
	nt_remote_done(&remote);
	nt_submitting_done(u);
	free(u);
	return rc;
}
