/* The verb consent export: a consent as a FHIR Consent, or as an ISO/IEC TS 27560 record. */
#include <stdlib.h>
#include <string.h>

#include "notary/named_file.h"
#include "notary/source.h"
#include "notary/verbs_client.h"
#include "notary/verbs_consent.h"
#include "trial/fhir_consent.h"
#include "trial/ts27560.h"
#include "verify/json.h"
#include "verify/limits.h"
#include "verify/receipt.h"

/* Facts of the consent, its form, the one before, and what came after. */
#define ROOM (16 * TR_DETAILS_ROOM)
#define MAX_LATER 256
#define MAX_TEXT ((size_t)4 * 1024 * 1024)

const struct nt_option nt_consent_export_options[] = {
	{"format", 0, "FORMAT", "fhir-json, fhir-xml or ts27560", true, false},
	{"output", 'o', "FILE", "a new file (default: standard output)", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_consent_export_details[] =
	"fhir-json and fhir-xml write a FHIR R4 Consent (docs/formats/fhir-consent.md says what it cannot hold),\n"
	"ts27560 a consent record in the shape of ISO/IEC TS 27560 (docs/formats/ts27560.md), with what happened since:\n"
	"withdrawals, what expired, later consents. What is written is about a person: it holds the participant's value.\n"
	"With --server there is no DIR: what was decided is in --state of whoever submitted it.";

struct exporting {
	struct nt_notary *n; /* NULL with a server */
	struct nt_source_local local;
	struct nt_remote remote;
	struct nt_source from;
	struct nt_record *record, *form_record;
	struct vf_arena memory;
	struct tr_rulebook book;
	struct tr_facts consent, form, before, later[MAX_LATER];
	struct tr_ts27560_withdrawal withdrawals[MAX_LATER];
	struct vf_hash superseded_by[MAX_LATER];
	struct vf_json_doc *form_doc;
	struct nt_buf receipt;
	struct tr_ts27560 t;
};

/* ---- records ---- */

/* Details that nobody here has, or that break today's rules, are none. */
static VF_RC read_facts(struct exporting *x, const struct nt_record *r, bool *ret_has, struct tr_facts *facts,
	struct vf_err *reterr)
{
	enum tr_kind kind = tr_kind_find(r->kind);
	struct vf_bytes text = vf_bytes(NULL, 0);
	const struct tr_schema *rules;
	char pointer[TR_POINTER_MAX];
	struct vf_err err = {0};
	enum vf_rc rc = kind == TR_KIND_NONE ? VF_OK : x->from.details(x->from.ctx, r, &x->memory, &text, &err);

	if (rc == VF_DOCUMENT_MISSING || rc == VF_DOCUMENT_CHANGED || (rc == VF_OK && text.n == 0))
		return VF_OK;
	if (rc != VF_OK)
		return vf_fail(reterr, rc, "%s", err.text);
	rc = tr_rulebook_get(&x->book, kind, &rules, reterr);
	if (rc != VF_OK)
		return rc;
	rc = tr_details_read(kind, rules, text, &x->memory, facts, pointer, &err);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	*ret_has = rc == VF_OK;
	return VF_OK;
}

static VF_RC get_facts(struct exporting *x, const struct vf_hash *id, struct nt_record **ret, bool *ret_has,
	struct tr_facts *facts, struct vf_err *reterr)
{
	enum vf_rc rc = x->from.record(x->from.ctx, id, ret, reterr);

	*ret_has = false;
	if (rc == VF_OK && (*ret)->state == NT_ERASED)
		return VF_OK;
	return rc == VF_OK ? read_facts(x, *ret, ret_has, facts, reterr) : rc;
}

static VF_RC get_consent(struct exporting *x, const struct vf_hash *id, struct vf_err *reterr)
{
	bool has;
	enum vf_rc rc = get_facts(x, id, &x->record, &has, &x->consent, reterr);
	enum tr_kind kind;

	if (rc != VF_OK)
		return rc;
	if (x->record->state == NT_ERASED)
		return vf_fail(reterr, VF_ERASED, "this record was erased");
	kind = tr_kind_find(x->record->kind);
	if (kind != TR_CONSENT && kind != TR_RE_CONSENT)
		return vf_fail(reterr, VF_USAGE, "this record is no consent or re-consent");
	if (!has || !x->consent.has_form || !x->consent.has_participant)
		return vf_fail(reterr, VF_DOCUMENT_MISSING, "nobody here has the details of this consent");
	x->t.consent = &x->consent;
	return VF_OK;
}

static struct vf_bytes text_of(const struct vf_json_value *object, const char *name)
{
	struct vf_bytes text = {NULL, 0};

	return vf_json_str(vf_json_get(object, name), &text) ? text : (struct vf_bytes){NULL, 0};
}

/* What the facts of a form leave out. */
static VF_RC take_form_texts(struct exporting *x, struct vf_err *reterr)
{
	const struct vf_json_value *root, *contact;
	struct vf_bytes text;
	enum vf_rc rc = x->from.details(x->from.ctx, x->form_record, &x->memory, &text, reterr);

	if (rc == VF_OK)
		rc = vf_json_parse(text, &x->form_doc, reterr);
	if (rc != VF_OK)
		return rc;
	root = vf_json_root(x->form_doc);
	contact = vf_json_get(root, "contact");
	x->t.withdrawal_method = text_of(root, "withdrawal");
	x->t.contact_name = text_of(contact, "name");
	x->t.contact_phone = text_of(contact, "phone");
	x->t.contact_email = text_of(contact, "email");
	x->t.contact_address = text_of(contact, "address");
	return VF_OK;
}

static VF_RC get_form(struct exporting *x, struct vf_err *reterr)
{
	bool has;
	enum vf_rc rc = get_facts(x, &x->consent.form, &x->form_record, &has, &x->form, reterr);

	if (rc == VF_OK && has)
		x->t.form = &x->form;
	return rc == VF_OK && has ? take_form_texts(x, reterr) : rc;
}

static VF_RC get_before(struct exporting *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < x->record->n_links && !x->t.before; i++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
		bool has;

		if (tr_link_find(x->record->links[i].type) != TR_SUPERSEDES)
			continue;
		rc = get_facts(x, &x->record->links[i].record, &r, &has, &x->before, reterr);
		if (rc == VF_OK && has)
			x->t.before = &x->before;
	}
	return rc;
}

/* ---- what came after ---- */

static bool supersedes(const struct tr_consent_fact *f, const struct vf_hash *id)
{
	for (size_t i = 0; i < f->n_links; i++)
		if (f->links[i].type == TR_SUPERSEDES && vf_hash_eq(&f->links[i].record, id))
			return true;
	return false;
}

static VF_RC add_withdrawal(struct exporting *x, const struct vf_hash *id, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	size_t at = x->t.n_withdrawals;
	bool has;
	enum vf_rc rc = get_facts(x, id, &r, &has, &x->later[at], reterr);

	if (rc != VF_OK)
		return rc;
	if (!has) /* an export that leaves a withdrawal out would say that what it took back holds */
		return vf_fail(reterr, VF_DOCUMENT_MISSING, "nobody here has the details of a withdrawal of this consent");
	x->withdrawals[at] = (struct tr_ts27560_withdrawal){*id, &x->later[at]};
	x->t.n_withdrawals++;
	return VF_OK;
}

static VF_RC take_fact(void *ctx, const struct tr_consent_fact *f, struct vf_err *reterr)
{
	struct exporting *x = ctx;

	if (vf_hash_eq(&f->id, &x->record->id)) {
		x->t.sealed_ms = f->sealed;
		x->t.is_sequenced = f->index != UINT64_MAX;
		x->t.index = f->index;
	}
	if (x->t.n_withdrawals == MAX_LATER || x->t.n_superseded_by == MAX_LATER)
		return vf_fail(reterr, VF_LIMIT, "more than %d records about one consent", MAX_LATER);
	if (f->kind == TR_FACT_WITHDRAWAL && vf_hash_eq(&f->about, &x->record->id))
		return add_withdrawal(x, &f->id, reterr);
	if (f->kind == TR_FACT_CONSENT && supersedes(f, &x->record->id))
		x->superseded_by[x->t.n_superseded_by++] = f->id;
	return VF_OK;
}

static VF_RC get_later(struct exporting *x, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *index = NULL;
	enum vf_rc rc = x->from.consents(x->from.ctx, x->record->study, &index, reterr);

	x->t.sealed_ms = VF_TIME_NONE;
	x->t.withdrawals = x->withdrawals;
	x->t.superseded_by = x->superseded_by;
	return rc == VF_OK ? nt_consent_each(index, x->record->study, &x->consent.participant, take_fact, x, reterr) : rc;
}

/* ---- writing ---- */

/* It names the notary, too. */
static VF_RC take_receipt(struct exporting *x, struct vf_err *reterr)
{
	struct vf_receipt r;
	enum vf_rc rc = x->from.receipt(x->from.ctx, x->record, &x->receipt, reterr);

	if (rc == VF_OK)
		rc = vf_receipt_parse(nt_buf_bytes(&x->receipt), &r, reterr);
	if (rc != VF_OK)
		return rc;
	x->t.receipt = nt_buf_bytes(&x->receipt);
	x->t.origin = r.origin;
	return VF_OK;
}

/* What was withdrawn is no longer permitted; true when that is all of it. */
static bool apply_withdrawals(struct exporting *x)
{
	bool whole = false;

	for (size_t k = 0; k < x->t.n_withdrawals; k++) {
		const struct tr_facts *w = x->withdrawals[k].facts;

		whole = whole || !w->has_permissions;
		for (size_t i = 0; i < x->consent.n_permissions; i++) {
			struct tr_permission *p = &x->consent.permissions[i];

			if (!p->is_granted || (w->has_permissions && !tr_permission_find(w, p->name)))
				continue;
			p->is_granted = false;
			p->from = w->when;
			p->until = vf_bytes(NULL, 0);
		}
	}
	return whole;
}

static bool put_piece(void *ctx, struct vf_bytes piece)
{
	nt_buf_put(ctx, piece);
	return true;
}

static VF_RC put_fhir(struct exporting *x, bool as_xml, struct nt_buf *out, struct vf_err *reterr)
{
	struct tr_fhir_out o = {.facts = &x->consent, .id = x->record->id, .is_withdrawn = apply_withdrawals(x)};
	struct vf_sink s = {.put = put_piece, .ctx = out};

	if (as_xml)
		tr_fhir_put_xml(&s, &o);
	else
		tr_fhir_put_json(&s, &o);
	return nt_buf_check(out, reterr);
}

static VF_RC put_record(struct exporting *x, struct nt_buf *out, struct vf_err *reterr)
{
	struct vf_sink s = {.put = put_piece, .ctx = out};
	enum vf_rc rc = get_form(x, reterr);

	if (rc == VF_OK)
		rc = get_before(x, reterr);
	if (rc == VF_OK)
		rc = take_receipt(x, reterr);
	if (rc != VF_OK)
		return rc;
	x->t.id = x->record->id;
	x->t.kind = x->record->kind;
	x->t.study = x->record->study;
	x->t.at_ms = nt_cli_now();
	tr_ts27560_put(&s, &x->t);
	return nt_buf_check(out, reterr);
}

static VF_RC put_text(struct nt_cli *cli, struct exporting *x, struct nt_buf *out, struct vf_err *reterr)
{
	struct vf_bytes format = vf_bytes_str(nt_cli_get(cli, "format"));
	struct vf_hash id;
	enum vf_rc rc = x->n ? nt_verb_find(x->n, cli->args[1], &id, reterr)
			     : nt_remote_find(&x->remote, cli->args[0], &id, reterr);

	if (rc == VF_OK)
		rc = get_consent(x, &id, reterr);
	if (rc == VF_OK)
		rc = get_later(x, reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_bytes_is(format, "ts27560"))
		return put_record(x, out, reterr);
	return put_fhir(x, vf_bytes_is(format, "fhir-xml"), out, reterr);
}

static VF_RC write_text(struct nt_cli *cli, const struct exporting *x, struct nt_buf *text, struct vf_err *reterr)
{
	const char *path = nt_cli_get(cli, "output");
	enum vf_rc rc;

	if (!path) {
		nt_buf_put(&cli->text, nt_buf_bytes(text));
		return nt_buf_check(&cli->text, reterr);
	}
	rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_named_write(path, NULL, false, 0600, nt_buf_bytes(text), reterr);
	if (rc != VF_OK || !cli->json)
		return rc;
	nt_cli_begin(cli);
	nt_cli_hex_field(&cli->text, "record", vf_bytes(x->record->id.b, sizeof(x->record->id.b)));
	nt_cli_field(&cli->text, "format", vf_bytes_str(nt_cli_get(cli, "format")));
	nt_cli_field(&cli->text, "path", vf_bytes_str(path));
	nt_buf_put_str(&cli->text, "}\n");
	return VF_OK;
}

static void exporting_done(struct exporting *x)
{
	nt_record_free(x->record);
	nt_record_free(x->form_record);
	vf_json_free(x->form_doc);
	tr_rulebook_done(&x->book);
	nt_buf_done(&x->receipt);
	nt_notary_free(x->n);
	nt_remote_done(&x->remote);
	if (x->memory.base)
		explicit_bzero(x->memory.base, x->memory.used);
	free(x->memory.base);
	free(x);
}

static VF_RC check_options(const struct nt_cli *cli, struct vf_err *reterr)
{
	const char *format = nt_cli_get(cli, "format");

	if (strcmp(format, "fhir-json") != 0 && strcmp(format, "fhir-xml") != 0 && strcmp(format, "ts27560") != 0)
		return vf_fail(reterr, VF_USAGE, "--format is fhir-json, fhir-xml or ts27560");
	if (cli->json && !nt_cli_has(cli, "output"))
		return vf_fail(reterr, VF_USAGE, "--json needs --output: otherwise the consent itself is the output");
	return VF_OK;
}

static VF_RC open_source(struct nt_cli *cli, struct exporting *x, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (nt_remote_is_wanted(cli)) {
		rc = nt_remote_check_args(cli, 1, reterr);
		if (rc == VF_OK)
			rc = nt_remote_connect(cli, &x->remote, reterr);
		x->from = nt_source_remote(&x->remote.send);
		return rc;
	}
	rc = nt_remote_check_unused(cli, 2, reterr);
	if (rc == VF_OK)
		rc = nt_verb_open(cli, &x->n, reterr);
	x->local.n = x->n;
	x->from = nt_source_local(&x->local);
	return rc;
}

VF_RC nt_verb_consent_export(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_TEXT);
	struct exporting *x = calloc(1, sizeof(*x));
	void *block = malloc(ROOM);
	enum vf_rc rc = check_options(cli, reterr);

	if (!x || !block) {
		free(x);
		free(block);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an export");
	}
	vf_arena_init(&x->memory, block, ROOM);
	x->receipt = nt_buf(VF_MAX_RECEIPT);
	if (rc == VF_OK && nt_cli_has(cli, "output"))
		rc = nt_named_check(nt_cli_get(cli, "output"), NULL, false, reterr);
	if (rc == VF_OK)
		rc = open_source(cli, x, reterr);
	if (rc == VF_OK)
		rc = put_text(cli, x, &text, reterr);
	if (x->remote.state && rc == VF_OK)
		rc = nt_source_remote_forget(&x->remote.send, reterr);
	if (rc == VF_OK)
		rc = write_text(cli, x, &text, reterr);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	exporting_done(x);
	return rc;
}
