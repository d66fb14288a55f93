#include "notary/verbs.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/submit.h"
#include "notary/verbs_client.h"
#include "notary/verbs_compare.h"
#include "notary/verbs_excerpt.h"
#include "notary/verbs_page.h"
#include "notary/verbs_consent.h"
#include "verify/text.h"

VF_RC nt_verb_open(struct nt_cli *cli, struct nt_notary **ret, struct vf_err *reterr)
{
	return nt_notary_open(cli->args[0], NULL, NULL, ret, reterr);
}

/* The real path of path, or of the folder that will hold it when it is not there yet. */
static bool resolve(const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX];
	size_t n = strlen(path);

	if (realpath(path, out))
		return true;
	while (n > 0 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n >= sizeof(folder) - 1)
		return false;
	memcpy(folder, path, n);
	strcpy(folder + n, ".");
	return realpath(folder, out) != NULL;
}

VF_RC nt_verb_check_place(const struct nt_cli *cli, const char *path, struct vf_err *reterr)
{
	char own[PATH_MAX], real[PATH_MAX], shown[160];
	size_t n;

	if (!realpath(cli->args[0], own) || !resolve(path, real))
		return VF_OK; /* who writes there says why not */
	n = strlen(own);
	if (strncmp(real, own, n) != 0 || (real[n] != '/' && real[n] != '\0'))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_USAGE, "'%s' lies in the notary's own folder: choose another place", shown);
}

VF_RC nt_verb_check_output(const struct nt_cli *cli, struct vf_err *reterr)
{
	return nt_verb_check_place(cli, nt_cli_get(cli, "output"), reterr);
}

VF_RC nt_verb_find(struct nt_notary *n, const char *text, struct vf_hash *ret, struct vf_err *reterr)
{
	size_t len = strlen(text);
	char shown[120];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	if (strspn(text, "0123456789abcdef") != len || len > 64)
		return vf_fail(
			reterr, VF_USAGE, "'%s' is not an ID: IDs are 64 lower-case hex digits", shown);
	if (len < 8)
		return vf_fail(
			reterr, VF_USAGE, "'%s' is too short: give at least 8 hex digits of the ID", shown);
	return nt_notary_find(n, text, ret, reterr);
}

VF_RC nt_verb_get(struct nt_notary *n, const char *text, struct nt_record **ret, struct vf_err *reterr)
{
	struct vf_hash id;
	enum vf_rc rc = nt_verb_find(n, text, &id, reterr);

	return rc == VF_OK ? nt_notary_get(n, &id, ret, reterr) : rc;
}

const char *nt_verb_state(enum nt_state state)
{
	switch (state) {
	case NT_PENDING:
		return "PENDING";
	case NT_SEQUENCED:
		return "SEQUENCED";
	case NT_SEALED:
		return "SEALED";
	case NT_ERASED:
		return "ERASED";
	}
	return "";
}

void nt_verb_put_id(struct nt_buf *out, const struct vf_hash *id)
{
	nt_buf_put_hex(out, vf_bytes(id->b, sizeof(id->b)));
}

void nt_verb_put_time(struct nt_buf *out, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	vf_time_put(text, ms);
	nt_buf_put_str(out, text);
}

static VF_RC run_help(struct nt_cli *cli, struct vf_err *reterr)
{
	char name[80], shown[320];

	if (cli->n_args == 0) {
		nt_cli_help(NULL, &cli->text);
		return VF_OK;
	}
	snprintf(name, sizeof(name), "%s%s%s", cli->args[0], cli->n_args > 1 ? " " : "",
		cli->n_args > 1 ? cli->args[1] : "");
	for (const struct nt_verb *v = nt_verbs; v->name; v++) {
		if (strcmp(v->name, name) == 0) {
			nt_cli_help(v, &cli->text);
			return VF_OK;
		}
	}
	for (const struct nt_verb *v = nt_verbs; v->name; v++) {
		if (strncmp(v->name, name, strlen(name)) == 0 && v->name[strlen(name)] == ' ')
			nt_buf_putf(&cli->text, "  %-16s %s\n", v->name, v->summary);
	}
	if (cli->text.n > 0)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	return vf_fail(reterr, VF_USAGE, "no verb '%s'; 'trialnotary help' lists them", shown);
}

static VF_RC run_completion(struct nt_cli *cli, struct vf_err *reterr)
{
	return nt_cli_completion(cli->args[0], &cli->text, reterr);
}

static const struct nt_option init_options[] = {
	{"origin", 0, "NAME", "name of the log, like example.org/trials (default: a random one)", false,
		false},
	{"tsa-key", 0, "KIND", "key of the embedded time-stamping authority: p256 (default) or rsa3072",
		false, false},
	{0},
};

static const struct nt_option export_options[] = {
	{"output", 'o', "PATH", "the bundle, or a folder for many bundles (named ID.asice)", true, false},
	{"withhold", 0, "NAME", "leave out this document, commitment or stream.json", false, true},
	{"detached", 0, NULL, "leave out all documents: they travel beside the bundle", false, false},
	{"from", 0, "PATH", "file or folder in which documents are now", false, true},
	{"force", 0, NULL, "replace a bundle that is there", false, false},
	{0},
};

static const struct nt_option output_option[] = {
	{"output", 'o', "FOLDER", "the folder to make", true, false},
	{0},
};

static const struct nt_option list_options[] = {
	{"study", 0, "ID", "only records of this study", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

static const struct nt_option consistency_options[] = {
	{"from", 0, "SIZE", "size of the older tree", false, false},
	{"to", 0, "SIZE", "size of the newer tree (default: the log's)", false, false},
	{"checkpoint", 0, "FILE", "an older signed head: the log must begin with it", false, false},
	{0},
};

static const struct nt_option erase_options[] = {
	{"yes", 0, NULL, "do it: it cannot be undone", false, false},
	{"ground", 0, "TEXT", "on what ground it is erased: stands in the record that says so", false, false},
	{0},
};

static const struct nt_option restore_options[] = {
	{"head", 0, "FILE", "a signed head from elsewhere: the backup must not be older", false, false},
	{0},
};

static const struct nt_option serve_options[] = {
	{"config", 0, "FILE", "settings that take the place of those in trialnotary.conf", false, false},
	{"listen", 0, "ADDRESS:PORT", "where to listen; port 0 takes any free one", false, false},
	{"tls", 0, "MODE", "auto, on or off", false, false},
	{0},
};

static const struct nt_option party_options[] = {
	{"role", 0, "ROLE", "sponsor, ethics-board, site, auditor, reader or operator", true, false},
	{0},
};

static const struct nt_option token_options[] = {
	{"study", 0, "ID", "only for this study (default: any)", false, true},
	{"kind", 0, "KIND", "only for this kind of record (default: any)", false, true},
	{"right", 0, "RIGHT", "only this of the role's rights: submit, read, erase, admin", false, true},
	{"days", 0, "N", "how long it is valid (default: 90, at most 730)", false, false},
	{"spki", 0, "SHA256", "pin the key of a client certificate instead of making a token", false, false},
	{0},
};

static const struct nt_option token_list_options[] = {
	{"party", 0, "NAME", "only those of this party", false, false},
	{0},
};

static const struct nt_option audit_list_options[] = {
	{"party", 0, "NAME", "only what this party did", false, false},
	{"day", 0, "DATE", "only events of this day (UTC)", false, false},
	{"denied", 0, NULL, "only what was denied", false, false},
	{0},
};

static const struct nt_option audit_seal_options[] = {
	{"today", 0, NULL, "the events of today as well", false, false},
	{0},
};

static const struct nt_option audit_export_options[] = {
	{"event", 0, "N", "number of the event", true, false},
	{"output", 'o', "FILE", "the file to make", true, false},
	{0},
};

const struct nt_verb nt_verbs[] = {
	{"init", "DIR", "make a notary in a new folder",
		"trialnotary init notary\ntrialnotary init notary --origin trials.example.org/2026",
		"Makes keys, an embedded time-stamping authority, an empty log and trialnotary.conf. The "
		"folder must\n"
		"be new or empty; it holds secret keys, so only its owner can read it.",
		init_options, 1, 1, nt_verb_init},
	{"submit", "DIR [PATH...]", "record documents",
		"trialnotary submit notary --study DEMO-1 --kind protocol --version 2.0 protocol.pdf\n"
		"trialnotary submit notary --study DEMO-1 --kind dataset locked-data/\n"
		"trialnotary submit notary --study DEMO-1 --kind consent --each --link uses=1f0c9a3b "
		"consents/\n"
		"trialnotary submit notary --study DEMO-1 --kind withdrawal --link withdraws=77b104de\n"
		"trialnotary submit --server https://notary.example.org --token-file token --study DEMO-1 \\\n"
		"  --kind protocol protocol.pdf",
		nt_submit_details, nt_submit_options, 0, SIZE_MAX, nt_verb_submit},
	{"countersign", "DIR ID", "sign a record that is there, by a record of its own",
		"trialnotary countersign notary 1f0c9a3b --sign key.pem --cert cert.pem --meaning approval\n"
		"trialnotary countersign notary 1f0c9a3b --sign key.pem --cert cert.pem --meaning review \\\n"
		"  --printed-name 'Dr. A. Example' --passphrase-fd 3 3<passphrase",
		nt_countersign_details, nt_countersign_options, 1, 2, nt_verb_countersign},
	{"seal", "DIR", "put what waits into the log and time-stamp it", "trialnotary seal notary", NULL,
		NULL, 1, 1, nt_verb_seal},
	{"status", "DIR ID|FILE...", "how far a record is",
		"trialnotary status notary 1f0c9a3b\ntrialnotary status notary protocol.pdf\n"
		"trialnotary status --server https://notary.example.org --token-file token 1f0c9a3b",
		"PENDING: stored, not yet in the log. SEQUENCED: in the log, waits for its time-stamp.\n"
		"SEALED: time-stamped, can be exported. ERASED: only the proof of the others is left.\n"
		"For a file: all records that hold this very content. With --server there is no DIR.",
		nt_status_options, 1, SIZE_MAX, nt_verb_status},
	{"fetch", "ID...", "bundles from a server, with the documents from this machine",
		"trialnotary fetch --server https://notary.example.org --token-file token 1f0c9a3b -o protocol.asice --wait 30\n"
		"trialnotary fetch --server https://notary.example.org --token-file token 1f0c9a3b 77b104de -o bundles/",
		nt_fetch_details, nt_fetch_options, 1, SIZE_MAX, nt_verb_fetch},
	{"watch", "FOLDER", "notarise what appears in a folder",
		"trialnotary watch inbox --server https://notary.example.org --token-file token --study DEMO-1 --kind dataset\n"
		"trialnotary watch inbox --server https://notary.example.org --token-file token --study DEMO-1 --kind dataset --once",
		nt_watch_details, nt_watch_options, 1, 1, nt_verb_watch},
	{"export", "DIR ID...", "write bundles that anybody can verify offline",
		"trialnotary export notary 1f0c9a3b -o protocol.asice\n"
		"trialnotary export notary 1f0c9a3b 77b104de -o bundles/\n"
		"trialnotary export notary 1f0c9a3b -o dataset.asice --detached",
		NULL, export_options, 2, SIZE_MAX, nt_verb_export},
	{"excerpt", "DIR ID", "show single rows of a document, provable without the rest",
		"trialnotary submit notary --study DEMO-1 --kind dataset --rows ae.csv ae.csv\n"
		"trialnotary excerpt notary 1f0c9a3b --rows 0,5,10-20 -o ae.excerpt --bundle dataset.asice\n"
		"trialnotary excerpt notary 1f0c9a3b --where USUBJID=DEMO-1-003 -o ae.excerpt\n"
		"trialnotary excerpt notary 1f0c9a3b --check",
		nt_excerpt_details, nt_excerpt_options, 1, 2, nt_verb_excerpt},
	{"page", "DIR ID", "write what a participant takes home: one HTML page with the receipt",
		"trialnotary page notary 1f0c9a3b -o consent.html\n"
		"trialnotary page notary 1f0c9a3b -o consent.html --language de --contact-phone '+49 30 1234'",
		"Says in the participant's language what was agreed to, how to withdraw, and what the record proves. Holds no\n"
		"name and no number of the participant. 'trialverify receipt' checks it (docs/formats/participant-page.md).",
		nt_page_options, 1, 2, nt_verb_page},
	{"trust export", "DIR", "write the trust directory for verifiers",
		"trialnotary trust export notary -o trust.d",
		"Whoever verifies needs it over a channel that they trust: it is never taken from a bundle.",
		output_option, 1, 1, nt_verb_trust_export},
	{"list", "DIR", "all records",
		"trialnotary list notary\ntrialnotary list notary --study DEMO-1\n"
		"trialnotary list --server https://notary.example.org --token-file token --study DEMO-1",
		"With --server there is no DIR, and a study must be named.", list_options, 0, 1, nt_verb_list},
	{"show", "DIR ID", "everything about one record", "trialnotary show notary 1f0c9a3b", NULL, NULL, 2,
		2, nt_verb_show},
	{"log head", "DIR", "the last signed head of the log", "trialnotary log head notary > head.txt", NULL,
		NULL, 1, 1, nt_verb_log_head},
	{"log consistency", "DIR", "prove that the log only grew",
		"trialnotary log consistency notary --checkpoint head.txt\n"
		"trialnotary log consistency notary --from 10 --to 20",
		"Prints the hashes of the RFC 9162 consistency proof, one a line.", consistency_options, 1, 1,
		nt_verb_log_consistency},
	{"log audit", "DIR", "check the whole history of log, seals and streams",
		"trialnotary log audit notary", NULL, NULL, 1, 1, nt_verb_log_audit},
	{"renew", "DIR", "renew the evidence of seals whose time-stamps end",
		"trialnotary renew notary --dry-run\ntrialnotary renew notary\n"
		"trialnotary renew notary --before 2035-01-01 --by alpha",
		nt_renew_details, nt_renew_options, 1, 1, nt_verb_renew},
	{"serve", "DIR", "serve the notary over HTTP until it is stopped",
		"trialnotary serve notary\ntrialnotary serve notary --listen '[::]:8620' --config /etc/trialnotary/serve.conf",
		"Listens where 'listen' in trialnotary.conf says (127.0.0.1:8620), with TLS unless that is a\n"
		"loopback address; a certificate of its own signature is made when none is set, and its\n"
		"SHA-256 is shown. Parties need a token: 'party add' and 'token new' before the first start.\n"
		"SIGTERM stops it when all answers are given and all is sealed; SIGHUP reads the certificate\n"
		"again. Log lines (JSON) go to the standard output. The interface: docs/api.md.",
		serve_options, 1, 1, nt_verb_serve},
	{"party add", "DIR NAME", "let an organisation use the service",
		"trialnotary party add notary site-berlin --role site",
		"The name is the submitter of its records, and is never given to another. A role has these rights:\n"
		"sponsor, site: submit, read, erase (their own records); ethics-board: submit, read; auditor,\n"
		"reader: read; operator: admin.",
		party_options, 2, 2, nt_verb_party_add},
	{"party list", "DIR", "who may use the service", "trialnotary party list notary", NULL, NULL, 1, 1,
		nt_verb_party_list},
	{"party revoke", "DIR NAME", "end all tokens of a party, for good",
		"trialnotary party revoke notary site-berlin", NULL, NULL, 2, 2, nt_verb_party_revoke},
	{"token new", "DIR PARTY", "make a token for a party",
		"trialnotary token new notary site-berlin --study DEMO-1 --kind consent --days 30\n"
		"trialnotary token new notary sponsor-x --spki $(openssl x509 -in x.pem -pubkey -noout |\n"
		"  openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1)",
		"The token is printed once and stored nowhere: only its hash is. Whoever has it acts as the party.",
		token_options, 2, 2, nt_verb_token_new},
	{"token list", "DIR", "all tokens and pinned certificates", "trialnotary token list notary", NULL,
		token_list_options, 1, 1, nt_verb_token_list},
	{"token revoke", "DIR NUMBER", "end one token, for good", "trialnotary token revoke notary 4", NULL, NULL,
		2, 2, nt_verb_token_revoke},
	{"audit list", "DIR", "who had access to what",
		"trialnotary audit list notary --day 2026-03-01\ntrialnotary audit list notary --denied", NULL,
		audit_list_options, 1, 1, nt_verb_audit_list},
	{"audit seal", "DIR", "notarise the audit trail",
		"trialnotary audit seal notary\ntrialnotary audit seal notary --today",
		"Commitments to all events of the days that are over become records of this notary. The server\n"
		"does this every night.",
		audit_seal_options, 1, 1, nt_verb_audit_seal},
	{"audit check", "DIR", "compare the audit trail with what was notarised",
		"trialnotary audit check notary",
		"Finds every event that was changed, removed or inserted after it was notarised.", NULL, 1, 1,
		nt_verb_audit_check},
	{"audit export", "DIR", "show one event to others, with its proof",
		"trialnotary audit export notary --event 17 -o event-17.txt",
		"The file says which record to export beside it. docs/formats/audit.md: how to check both.",
		audit_export_options, 1, 1, nt_verb_audit_export},
	{"tsa add", "DIR NAME URL", "have every seal time-stamped by an authority outside",
		"trialnotary tsa add notary alpha https://tsa.example.org/tsr --roots alpha-roots.pem\n"
		"trialnotary tsa add notary beta http://tsa.example.com --roots beta.pem --algorithm sha512 --qualified --first",
		nt_tsa_add_details, nt_tsa_add_options, 3, 3, nt_verb_tsa_add},
	{"tsa list", "DIR", "the time-stamping authorities, in order of preference", "trialnotary tsa list notary", NULL, NULL, 1, 1,
		nt_verb_tsa_list},
	{"tsa test", "DIR [NAME]", "ask each authority outside for a time-stamp", "trialnotary tsa test notary",
		"The time-stamps are over random data, verified, and not kept. Some authorities charge for each.", NULL, 1, 2,
		nt_verb_tsa_test},
	{"tsa remove", "DIR NAME", "do not ask an authority any more", "trialnotary tsa remove notary alpha",
		"Its time-stamps stay in the records, and its roots in the notary's folder.", NULL, 2, 2, nt_verb_tsa_remove},
	{"tsa wanted", "DIR N", "how many authorities outside shall stamp a seal", "trialnotary tsa wanted notary 2",
		"The first N that work; the others take the place of one that fails. All of them when it was never set.", NULL, 2, 2,
		nt_verb_tsa_wanted},
	{"tsa embedded", "DIR on|off", "whether the embedded authority stamps too", "trialnotary tsa embedded notary off",
		"Without it a record is sealed when the first authority outside has answered.", NULL, 2, 2, nt_verb_tsa_embedded},
	{"tsa journal", "DIR", "check the journal of the time-stamps that were issued", "trialnotary tsa journal notary",
		"Finds every line that was changed, removed or inserted, and every day that is not what was notarised.\n"
		"docs/formats/issue-journal.md says how to do it by hand.", NULL, 1, 1, nt_verb_tsa_journal},
	{"participant add", "DIR NUMBER", "make the value that stands for a participant in records",
		"trialnotary participant add notary --study DEMO-1 017",
		"A random key is made for the number and kept in DIR, the folder of a notary or of a client; the value\n"
		"says nothing to whoever has no key. The number stands in no record.",
		nt_participant_options, 2, 2, nt_verb_participant_add},
	{"participant list", "DIR", "participants with their values",
		"trialnotary participant list notary --study DEMO-1", NULL, nt_participant_list_options, 1, 1,
		nt_verb_participant_list},
	{"participant show", "DIR NUMBER", "the value of one participant",
		"trialnotary participant show notary --study DEMO-1 017", NULL, nt_participant_options, 2, 2,
		nt_verb_participant_show},
	{"participant forget", "DIR NUMBER", "destroy a participant's key",
		"trialnotary participant forget notary --study DEMO-1 017 --yes",
		"From then on nobody can show, or guess, whom the value stood for. Erasing the last record of a\n"
		"participant does it as well.",
		nt_participant_forget_options, 2, 2, nt_verb_participant_forget},
	{"consent status", "DIR", "what a participant permits",
		"trialnotary consent status notary --study DEMO-1 --participant 017 --purpose participation\n"
		"trialnotary consent status notary --study DEMO-1 --participant 017 --purpose future-research --at 2026-05-01",
		nt_consent_status_details, nt_consent_status_options, 0, 1, nt_verb_consent_status},
	{"consent list", "DIR", "records about consents",
		"trialnotary consent list notary --study DEMO-1 --participant 017", NULL, nt_consent_list_options, 0, 1,
		nt_verb_consent_list},
	{"consent gaps", "DIR", "who must sign a newer form",
		"trialnotary consent gaps notary --study DEMO-1 --at 2026-07-01", nt_consent_gaps_details,
		nt_consent_gaps_options, 0, 1, nt_verb_consent_gaps},
	{"consent check", "DIR", "whether somebody may have a participant's data",
		"trialnotary consent check notary --study DEMO-1 --participant 017 --purpose future-research \\\n"
		"  --who biobank.example.org --record",
		nt_consent_check_details, nt_consent_check_options, 0, 1, nt_verb_consent_check},
	{"consent import", "DIR FILE...", "a record from a FHIR R4 Consent",
		"trialnotary consent import notary consent.json scan.pdf --study DEMO-1 --participant 017 --form 1f0c9a3b\n"
		"trialnotary consent import notary consent.xml --study DEMO-1 --participant 017 --form 1f0c9a3b --dry-run",
		nt_consent_import_details, nt_consent_import_options, 1, SIZE_MAX, nt_verb_consent_import},
	{"consent export", "DIR ID", "a consent as a FHIR R4 Consent or an ISO/IEC TS 27560 record",
		"trialnotary consent export notary 1f0c9a3b --format fhir-json -o consent.json\n"
		"trialnotary consent export notary 1f0c9a3b --format ts27560",
		nt_consent_export_details, nt_consent_export_options, 1, 2, nt_verb_consent_export},
	{"erase", "DIR ID", "destroy what a record says and holds", "trialnotary erase notary 77b104de --yes",
		"Destroys the statement, commitments, signature, kept documents and every index of them. The "
		"entry in\n"
		"the log and the stream member stay: they say nothing, and all other proofs hold. That it "
		"was erased\n"
		"is recorded (kind erasure): the bundle of that record is the certificate. The notary keeps no copy of the bundles that it exports; those that were exported\n"
		"before are not reached, nor are backups, also those that were cut short ('.trialnotary-*.new').",
		erase_options, 2, 2, nt_verb_erase},
	{"fsck", "DIR", "read and check everything that is stored", "trialnotary fsck notary", NULL, NULL, 1,
		1, nt_verb_fsck},
	{"backup", "DIR", "copy the whole notary, keys included",
		"trialnotary backup notary -o backup-2026-03-01",
		"The folder appears when it is complete. A backup that is cut short leaves a folder\n"
		"'.trialnotary-*.new' beside it, which holds keys: the next backup into the same folder\n"
		"removes it; or remove it yourself.",
		output_option, 1, 1, nt_verb_backup},
	{"restore", "FROM DIR", "put a backup back",
		"trialnotary restore backup-2026-03-01 notary\n"
		"trialnotary restore backup-2026-03-01 notary --head head.txt",
		"A backup that is older than a head that was signed since would fork the log, and is "
		"refused.\nThe notary that was there is kept as DIR.before-restore, keys and all.",
		restore_options, 2, 2, nt_verb_restore},
	{"hash", "FILE...", "SHA-256 and SHA-512 of files, as records hold them",
		"trialnotary hash protocol.pdf data/", NULL, NULL, 1, SIZE_MAX, nt_verb_hash},
	{"heads", "DIR", "notarise how far each stream of a study has come, so that none can be left out later",
		"trialnotary heads notary --study EX-1\ntrialnotary heads notary && trialnotary seal notary",
		nt_heads_details, nt_heads_options, 1, 1, nt_verb_heads},
	{"bundle", "DIR", "all records of a study in one file that anybody can verify offline",
		"trialnotary bundle notary --study EX-1 -o ex-1.tnstudy\n"
		"trialnotary bundle notary --study EX-1 --withhold consent --no-documents -o ex-1.tnstudy\n"
		"trialverify --trust trust.d ex-1.tnstudy",
		nt_bundle_details, nt_bundle_options, 1, 1, nt_verb_bundle},
	{"expand", "FILE", "the bundles and documents in a study bundle, as files",
		"trialnotary expand ex-1.tnstudy -o ex-1",
		nt_expand_details, nt_expand_options, 1, 1, nt_verb_expand},
	{"inspect", "FILE", "what a file is: of a study bundle its study, records and study heads",
		"trialnotary inspect ex-1.tnstudy", nt_inspect_details, NULL, 1, 1, nt_verb_inspect},
	{"check", "(DIR --study ID | --bundle FILE --trust TRUST)", "hold a study's records against the rules: order, consent, outcomes, audit trail",
		"trialnotary check notary --study EX-1\n"
		"trialnotary check notary --study EX-1 --rule C3 --json\n"
		"trialnotary check --bundle ex-1.tnstudy --trust trust.d",
		nt_check_details, nt_check_options, 0, 1, nt_verb_check},
	{"report", "(DIR --study ID | --bundle FILE --trust TRUST)", "an inspection report of a study, for people: one HTML file",
		"trialnotary report notary --study EX-1 -o EX-1.html\n"
		"trialnotary report --bundle ex-1.tnstudy --trust trust.d -o EX-1.html",
		nt_report_details, nt_report_options, 0, 1, nt_verb_report},
	{"describe", "FILE...", "what trial files say about themselves: identifiers, versions, dates, outcomes",
		"trialnotary describe protocol.json define.xml dm.xpt\n"
		"trialnotary describe --json --subjects odm.xml",
		nt_describe_details, nt_describe_options, 1, SIZE_MAX, nt_verb_describe},
	{"compare", "FIRST SECOND | DIR ID FILE", "whether two files say the same, and by which form",
		"trialnotary compare define.xml downloaded-again.xml\ntrialnotary compare datasets/ datasets.tar.zst\n"
		"trialnotary compare notary 1f0c9a3b downloaded-again.xml", nt_compare_details, nt_compare_options, 2, 3, nt_verb_compare},
	{"manifest", "FOLDER|ARCHIVE", "what is in a folder or an archive, with the digests of each file",
		"trialnotary manifest datasets/ -o listing.json\ntrialnotary manifest datasets.tar.zst", nt_manifest_details,
		nt_manifest_options, 1, 1, nt_verb_manifest},
	{"explain", "CODE|KIND|RULE|links|rules", "what a code means and what to do; the details and links of a kind; a rule",
		"trialnotary explain STORE_BUSY", NULL, NULL, 1, 1, nt_verb_explain},
	{"completion", "SHELL", "a completion script for bash, zsh or fish",
		"trialnotary completion bash > /etc/bash_completion.d/trialnotary", NULL, NULL, 1, 1,
		run_completion},
	{"help", "[VERB]", "this help, or that of a verb", "trialnotary help submit", NULL, NULL, 0, 2,
		run_help},
	{0},
};

void nt_verb_put_finding(void *ctx, enum vf_rc rc, const char *text)
{
	struct nt_verb_findings *f = ctx;
	struct nt_buf *out = &f->cli->text;

	if (f->n++ == 0)
		f->first = rc;
	if (!f->cli->json) {
		nt_buf_putf(out, "%s: ", vf_rc_name(rc));
		nt_cli_put_text(out, vf_bytes_str(text));
		nt_buf_put_u8(out, '\n');
		return;
	}
	nt_buf_putf(out, "%s{\"code\":\"%s\",\"text\":", f->n > 1 ? "," : "", vf_rc_name(rc));
	nt_cli_put_json(out, vf_bytes_str(text));
	nt_buf_put_u8(out, '}');
}

VF_RC nt_verb_end_findings(struct nt_verb_findings *f, uint64_t faults, struct vf_err *reterr)
{
	if (faults == 0)
		return VF_OK;
	f->cli->keep_text = true;
	return vf_fail(reterr, f->first, "%" PRIu64 " fault%s found", faults, faults == 1 ? " was" : "s were");
}
