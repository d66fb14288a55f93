/* The verb consent import: a FHIR Consent becomes the details of a record, and is submitted as submit does it. */
#include <stdlib.h>
#include <string.h>

#include "notary/client_details.h"
#include "notary/details_check.h"
#include "notary/verbs_consent.h"
#include "notary/verbs_submit.h"
#include "trial/fhir_consent.h"
#include "trial/format.h"
#include "verify/text.h"

#define MAX_NAMES 256
#define MAX_SETTINGS 32

const struct nt_option nt_consent_import_options[] = {
	{"study", 0, "ID", "the study", true, false},
	{"participant", 0, "NUMBER", "the participant's number at the site, or the value in records", true, false},
	{"form", 0, "ID", "the record of the form that was signed", true, false},
	{"kind", 0, "KIND", "consent (default) or re-consent", false, false},
	{"role", 0, "ROLE", "who agreed, where the file does not say it: participant, parent, assent, representative", false, false},
	{"map", 0, "CODE=NAME", "which permission of the form a code stands for; or SYSTEM|CODE=NAME", false, true},
	{"set", 0, "NAME=VALUE", "a field that a Consent does not have: method, copy_given, title, version, date", false, true},
	{"link", 0, "TYPE=ID", "how the record stands to an earlier one: of a re-consent supersedes=ID", false, true},
	{"keep", 0, NULL, "copy the files into the notary", false, false},
	{"sign", 0, "KEY", "sign with this private key (PEM)", false, false},
	{"cert", 0, "CERT", "the signer's certificate (PEM or DER)", false, false},
	{"dry-run", 0, NULL, "show what was understood and submit nothing", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_consent_import_details[] =
	"The first file is the Consent, in JSON or XML; others (a scan, a Provenance) are documents of the same record.\n"
	"All of them are confidential documents. Participant and form are never taken from the file, and nothing of the\n"
	"patient is. What a record cannot say without changing its meaning is refused with its place\n"
	"(docs/formats/fhir-consent.md). What is not taken is told. With --server there is no DIR, and participants are\n"
	"those of --state.";

struct importing {
	struct nt_submitting submitting; /* first: describe() is called with it */
	struct vf_arena memory;          /* of the Consent */
	struct tr_fhir_consent consent;
	struct vf_hash participant, form;
	struct tr_fhir_name names[MAX_NAMES];
	struct tr_setting settings[MAX_SETTINGS];
	struct tr_fhir_ask ask;
};

/* ---- what was typed ---- */

/* Splits at the last '=': a system may hold one. */
static bool split(const char *text, struct vf_bytes *ret_left, struct vf_bytes *ret_right)
{
	const char *at = strrchr(text, '=');

	if (!at || at == text || !at[1])
		return false;
	*ret_left = vf_bytes(text, (size_t)(at - text));
	*ret_right = vf_bytes_str(at + 1);
	return true;
}

static VF_RC read_names(struct importing *m, struct vf_err *reterr)
{
	const char *text;

	while ((text = nt_cli_get_at(m->submitting.cli, "map", m->ask.n_names)) != NULL) {
		struct tr_fhir_name *name = &m->names[m->ask.n_names];
		struct vf_bytes left;

		if (m->ask.n_names++ == MAX_NAMES)
			return vf_fail(reterr, VF_LIMIT, "more than %d codes", MAX_NAMES);
		if (!split(text, &left, &name->name) || !tr_format_has(TR_FORMAT_WORD, name->name))
			return vf_fail(reterr, VF_USAGE, "--map wants CODE=NAME, like 2.16.840=future-research");
		name->code = left;
		while (vf_take_until(&left, '|', &name->system)) {
			name->system = vf_bytes(text, (size_t)(left.p - (const uint8_t *)text) - 1);
			name->code = left;
		}
	}
	m->ask.names = m->names;
	return VF_OK;
}

static VF_RC read_settings(struct importing *m, struct tr_details_draft *d, struct vf_arena *a, struct vf_err *reterr)
{
	const char *text;

	d->settings = m->settings;
	while ((text = nt_cli_get_at(m->submitting.cli, "set", d->n_settings)) != NULL) {
		size_t n = strcspn(text, "=");
		struct vf_bytes name;

		if (n == 0 || text[n] == '\0')
			return vf_fail(reterr, VF_USAGE, "--set wants NAME=VALUE, like method=paper");
		if (d->n_settings == MAX_SETTINGS)
			return vf_fail(reterr, VF_LIMIT, "more than %d fields", MAX_SETTINGS);
		if (!vf_arena_copy(a, vf_bytes(text, n + 1), &name))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
		((char *)(uintptr_t)name.p)[n] = '\0';
		m->settings[d->n_settings++] = (struct tr_setting){(const char *)name.p, vf_bytes_str(text + n + 1)};
	}
	return VF_OK;
}

static VF_RC read_role(struct importing *m, struct vf_err *reterr)
{
	const char *role = nt_cli_get(m->submitting.cli, "role");

	m->ask.role = role ? tr_role_find(vf_bytes_str(role)) : TR_ROLE_NONE;
	if (role && m->ask.role == TR_ROLE_NONE)
		return vf_fail(reterr, VF_USAGE, "--role is participant, parent, assent or representative");
	return VF_OK;
}

/* ---- what it says ---- */

static VF_RC read_file(struct importing *m, struct vf_err *reterr)
{
	struct nt_buf text = nt_buf(TR_FHIR_MAX);
	void *block = malloc(TR_FHIR_ROOM);
	enum vf_rc rc = block ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a Consent");

	vf_arena_init(&m->memory, block, block ? TR_FHIR_ROOM : 0);
	if (rc == VF_OK)
		rc = nt_signer_read_file(m->submitting.cli->args[m->submitting.first], TR_FHIR_MAX, &text, reterr);
	if (rc == VF_OK) {
		m->submitting.described = vf_sha256(nt_buf_bytes(&text));
		rc = tr_fhir_read(nt_buf_bytes(&text), &m->ask, &m->memory, &m->consent, reterr);
	}
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	nt_buf_done(&text);
	return rc;
}

/* The rules between records, which submitting would ask too: a dry run is to say what would happen. */
static VF_RC check_records(struct importing *m, const struct tr_schema *rules, struct vf_arena *a, struct vf_err *reterr)
{
	struct nt_submitting *u = &m->submitting;
	struct tr_link links[VF_MAX_LINKS + NT_DETAILS_LINKS];
	char pointer[TR_POINTER_MAX];
	struct tr_facts facts;
	size_t n = u->s.n_links;
	enum vf_rc rc = tr_details_read(u->s.kind, rules, u->s.details, a, &facts, pointer, reterr);

	if (rc != VF_OK)
		return rc;
	memcpy(links, u->links, n * sizeof(links[0]));
	n += nt_details_links(&facts, links + n);
	return u->remote ? nt_client_details_check(&u->remote->send, &u->s, &facts, links, n, reterr)
			 : nt_details_check_local(u->n, &u->s, &facts, links, n, reterr);
}

static VF_RC make_details(struct importing *m, struct vf_err *reterr)
{
	struct nt_submitting *u = &m->submitting;
	struct tr_details_draft d = {.kind = u->s.kind};
	struct vf_arena *a = &u->details.arena;
	char pointer[TR_POINTER_MAX] = "";
	struct vf_err err = {0};
	enum vf_rc rc = tr_fhir_details(&m->consent, &m->participant, &m->form, &m->memory, &d.json, reterr);

	if (rc == VF_OK)
		rc = tr_rulebook_get(&u->details.book, u->s.kind, &d.rules, reterr);
	if (rc == VF_OK)
		rc = read_settings(m, &d, a, reterr);
	if (rc != VF_OK)
		return rc;
	rc = tr_details_make(&d, a, &u->s.details, pointer, &err);
	if (rc != VF_OK)
		return nt_details_fail(rc, pointer, &err, reterr);
	return nt_cli_has(u->cli, "dry-run") ? check_records(m, d.rules, a, reterr) : VF_OK;
}

static VF_RC describe(struct nt_submitting *u, struct vf_err *reterr)
{
	struct importing *m = (struct importing *)u;
	enum vf_rc rc;

	if (u->s.kind != TR_CONSENT && u->s.kind != TR_RE_CONSENT)
		return vf_fail(reterr, VF_USAGE, "a Consent becomes a record of kind consent or re-consent");
	u->details.block = malloc(4 * TR_DETAILS_ROOM);
	if (!u->details.block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(&u->details.arena, u->details.block, 4 * TR_DETAILS_ROOM);
	rc = u->remote ? nt_remote_find(u->remote, nt_cli_get(u->cli, "form"), &m->form, reterr)
		       : nt_verb_find(u->n, nt_cli_get(u->cli, "form"), &m->form, reterr);
	if (rc == VF_OK)
		rc = nt_consent_verb_participant(u->cli, u->remote ? nt_state_home(u->remote->state) : u->cli->args[0],
			&m->participant, reterr);
	if (rc == VF_OK)
		rc = read_file(m, reterr);
	if (rc == VF_OK)
		rc = make_details(m, reterr);
	for (size_t i = 0; rc == VF_OK && i < m->consent.n_notes && !u->cli->json; i++)
		nt_cli_note(u->cli, "note: %s", m->consent.notes[i]);
	return rc;
}

/* ---- what a dry run shows ---- */

static void put_line(struct nt_buf *out, const char *name, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	nt_buf_putf(out, "%-12s  ", name);
	nt_cli_put_text(out, text);
	nt_buf_put_u8(out, '\n');
}

static void put_part(struct nt_buf *out, const char *word, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	nt_buf_putf(out, ", %s ", word);
	nt_cli_put_text(out, text);
}

static void put_permission(struct nt_buf *out, const struct tr_permission *p, const struct tr_fhir_code *code)
{
	nt_buf_putf(out, "%-12s  ", p->is_granted ? "permits" : "refuses");
	nt_cli_put_text(out, p->name);
	put_part(out, "from", p->from);
	put_part(out, "until", p->until);
	put_part(out, "for", p->purpose);
	put_part(out, "decided by", p->delegate);
	put_part(out, "code", code->code);
	put_part(out, "of", code->system);
	nt_buf_put_u8(out, '\n');
}

static void put_understood(struct importing *m)
{
	struct nt_buf *out = &m->submitting.cli->text;
	const struct tr_fhir_consent *c = &m->consent;

	put_line(out, "syntax", vf_bytes_str(c->is_xml ? "XML" : "JSON"));
	put_line(out, "given", c->facts.when);
	put_line(out, "role", vf_bytes_str(tr_role_name(c->facts.role)));
	put_line(out, "site", c->facts.site);
	for (size_t i = 0; i < c->policies.n; i++)
		put_line(out, "policy", c->policies.of[i]);
	for (size_t i = 0; i < c->facts.n_permissions; i++)
		put_permission(out, &c->facts.permissions[i], &c->codes[i]);
	nt_buf_put_str(out, "details       ");
	nt_buf_put(out, m->submitting.s.details);
}

static void put_understood_json(struct importing *m)
{
	struct nt_buf *out = &m->submitting.cli->text;
	const struct tr_fhir_consent *c = &m->consent;

	nt_cli_begin(m->submitting.cli);
	nt_cli_field(out, "syntax", vf_bytes_str(c->is_xml ? "xml" : "json"));
	nt_buf_put_str(out, ",\"policies\":[");
	for (size_t i = 0; i < c->policies.n; i++) {
		nt_buf_put_str(out, i > 0 ? "," : "");
		nt_cli_put_json(out, c->policies.of[i]);
	}
	nt_buf_put_str(out, "],\"codes\":[");
	for (size_t i = 0; i < c->facts.n_permissions; i++) {
		nt_buf_put_str(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		nt_cli_put_json(out, c->facts.permissions[i].name);
		nt_cli_field(out, "system", c->codes[i].system);
		nt_cli_field(out, "code", c->codes[i].code);
		nt_buf_put_u8(out, '}');
	}
	nt_buf_put_str(out, "],\"notes\":[");
	for (size_t i = 0; i < c->n_notes; i++) {
		nt_buf_put_str(out, i > 0 ? "," : "");
		nt_cli_put_json(out, vf_bytes_str(c->notes[i]));
	}
	nt_buf_put_str(out, "],\"details\":");
	nt_buf_put(out, vf_bytes(m->submitting.s.details.p, m->submitting.s.details.n - 1)); /* without its LF */
	nt_buf_put_str(out, "}\n");
}

/* As far as submit goes before it looks at the files. */
static VF_RC dry_run(struct importing *m, struct vf_err *reterr)
{
	struct nt_submitting *u = &m->submitting;
	enum vf_rc rc = nt_submitting_options(u, reterr);

	if (rc == VF_OK && !u->remote)
		rc = nt_verb_open(u->cli, &u->n, reterr);
	if (rc == VF_OK)
		rc = nt_submitting_links(u, reterr);
	if (rc == VF_OK)
		rc = describe(u, reterr);
	if (rc != VF_OK)
		return rc;
	if (u->cli->json)
		put_understood_json(m);
	else
		put_understood(m);
	return VF_OK;
}

VF_RC nt_verb_consent_import(struct nt_cli *cli, struct vf_err *reterr)
{
	struct importing *m = calloc(1, sizeof(*m));
	struct nt_remote remote = {0};
	enum vf_rc rc;

	if (!m)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	m->submitting.cli = cli;
	m->submitting.default_kind = tr_kind_name(TR_CONSENT);
	m->submitting.describe = describe;
	rc = nt_submitting_target(&m->submitting, &remote, reterr);
	if (rc == VF_OK)
		rc = read_names(m, reterr);
	if (rc == VF_OK)
		rc = read_role(m, reterr);
	if (rc == VF_OK)
		rc = nt_cli_has(cli, "dry-run") ? dry_run(m, reterr) : nt_submitting_run(&m->submitting, reterr);
	nt_notary_free(m->submitting.n);
	nt_remote_done(&remote);
	nt_submitting_done(&m->submitting);
	if (m->memory.base)
		explicit_bzero(m->memory.base, m->memory.used); /* it is about a person */
	free(m->memory.base);
	free(m);
	return rc;
}
