#include "notary/page_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/page_code.h"
#include "trial/details.h"
#include "trial/page.h"
#include "trial/statement.h"
#include "verify/json.h"
#include "verify/limits.h"
#include "verify/receipt.h"
#include "verify/receipt_page.h"
#include "verify/text.h"

/* A record with its details; all texts of the page borrow from here. */
struct source {
	struct nt_record *record;
	bool has_details;
	struct tr_facts facts;
	struct vf_json_doc *doc; /* for what the facts leave out */
};

struct making {
	const struct nt_source *from;
	const struct nt_page_options *options;
	struct source consent, form;
	struct tr_rulebook rules;
	struct vf_arena memory; /* of the facts */
	struct tr_page page;
	struct tr_page_permission *permissions;
	struct nt_buf receipt;
	uint8_t modules[NT_MAX_PAGE_SIDE * NT_MAX_PAGE_SIDE];
};

static void making_done(struct making *m)
{
	struct source *sources[] = {&m->consent, &m->form};

	for (size_t i = 0; i < 2; i++) {
		nt_record_free(sources[i]->record);
		vf_json_free(sources[i]->doc);
	}
	tr_rulebook_done(&m->rules);
	if (m->memory.base)
		explicit_bzero(m->memory.base, m->memory.used); /* it is about a person */
	free(m->memory.base);
	free(m->permissions);
	nt_buf_done(&m->receipt);
}

/* ---- details ---- */

static VF_RC judge_details(struct making *m, struct source *s, struct vf_bytes text, struct vf_err *reterr)
{
	enum tr_kind kind = tr_kind_find(s->record->kind);
	const struct tr_schema *rules;
	char pointer[TR_POINTER_MAX];
	enum vf_rc rc = tr_rulebook_get(&m->rules, kind, &rules, reterr);

	if (rc == VF_OK)
		rc = tr_details_read(kind, rules, text, &m->memory, &s->facts, pointer, reterr);
	if (rc == VF_OK)
		rc = vf_json_parse(text, &s->doc, reterr);
	s->has_details = rc == VF_OK && !s->facts.is_old;
	return rc;
}

static VF_RC read_details(struct making *m, struct source *s, struct vf_err *reterr)
{
	uint8_t *block = malloc(TR_MAX_DETAILS + 64);
	struct vf_bytes text = vf_bytes(NULL, 0);
	struct vf_arena a;
	enum vf_rc rc;

	if (!block)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	vf_arena_init(&a, block, TR_MAX_DETAILS + 64);
	rc = m->from->details(m->from->ctx, s->record, &a, &text, reterr);
	if (rc == VF_OK && text.n > 0)
		rc = judge_details(m, s, text, reterr);
	explicit_bzero(block, a.used);
	free(block);
	return rc;
}

static enum tr_page_role role_of(enum tr_role role)
{
	switch (role) {
	case TR_ROLE_NONE:
	case TR_ROLE_PARTICIPANT:
		return TR_PAGE_PARTICIPANT;
	case TR_ROLE_PARENT:
		return TR_PAGE_PARENT;
	case TR_ROLE_ASSENT:
		return TR_PAGE_ASSENT;
	case TR_ROLE_REPRESENTATIVE:
		return TR_PAGE_REPRESENTATIVE;
	}
	return TR_PAGE_PARTICIPANT;
}

/* What the form says of a permission stands in for what the consent leaves out. */
static VF_RC take_permissions(struct making *m, struct vf_err *reterr)
{
	const struct tr_facts *f = &m->consent.facts;

	m->permissions = calloc(f->n_permissions + 1, sizeof(*m->permissions));
	if (!m->permissions)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a page");
	for (size_t i = 0; i < f->n_permissions; i++) {
		const struct tr_permission *p = &f->permissions[i];
		const struct tr_permission *offer = tr_permission_find(&m->form.facts, p->name);

		m->permissions[i] = (struct tr_page_permission){.name = p->name, .granted = p->is_granted,
			.purpose = p->purpose, .from = p->from, .until = p->until, .whom = p->delegate};
		if (offer)
			m->permissions[i].text = offer->text;
		if (offer && !p->purpose.n)
			m->permissions[i].purpose = offer->purpose;
	}
	m->page.permissions = m->permissions;
	m->page.n_permissions = f->n_permissions;
	return VF_OK;
}

/* ---- records ---- */

static VF_RC get(struct making *m, const struct vf_hash *id, struct source *s, struct vf_err *reterr)
{
	enum vf_rc rc = m->from->record(m->from->ctx, id, &s->record, reterr);

	return rc == VF_OK && s->record->state == NT_ERASED ? vf_fail(reterr, VF_ERASED, "this record was erased") : rc;
}

static VF_RC get_consent(struct making *m, const struct vf_hash *id, struct vf_err *reterr)
{
	enum vf_rc rc = get(m, id, &m->consent, reterr);
	char shown[80];
	enum tr_kind kind;

	if (rc != VF_OK)
		return rc;
	kind = tr_kind_find(m->consent.record->kind);
	if (kind != TR_CONSENT && kind != TR_RE_CONSENT) {
		vf_text_escape(shown, sizeof(shown), m->consent.record->kind);
		return vf_fail(reterr, VF_USAGE, "this record is of kind '%s': a page is made of a consent", shown);
	}
	rc = read_details(m, &m->consent, reterr);
	if (rc == VF_OK && !m->consent.has_details)
		return vf_fail(reterr, VF_DOCUMENT_MISSING,
			"this consent has no " TR_DETAILS_NAME " that says what was decided");
	return rc;
}

static VF_RC get_form(struct making *m, struct vf_err *reterr)
{
	enum vf_rc rc = get(m, &m->consent.facts.form, &m->form, reterr);

	if (rc == VF_OK && tr_kind_find(m->form.record->kind) != TR_CONSENT_FORM)
		return vf_fail(reterr, VF_LINK_SHAPE, "the record that this consent names is no form");
	if (rc == VF_OK)
		rc = read_details(m, &m->form, reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "the form of this consent");
	return rc;
}

static struct vf_bytes text_of(const struct vf_json_value *object, const char *name)
{
	struct vf_bytes text = {0};

	return vf_json_str(vf_json_get(object, name), &text) ? text : (struct vf_bytes){0};
}

static struct vf_bytes given(const char *text)
{
	return text ? vf_bytes_str(text) : (struct vf_bytes){0};
}

static void take_contact(struct making *m)
{
	const struct nt_page_options *o = m->options;
	const struct vf_json_value *details = m->form.doc ? vf_json_root(m->form.doc) : NULL;
	const struct vf_json_value *contact = details ? vf_json_get(details, "contact") : NULL;
	struct tr_page *p = &m->page;

	if (o->contact_name || o->contact_phone || o->contact_email || o->contact_address) {
		p->contact_name = given(o->contact_name);
		p->contact_phone = given(o->contact_phone);
		p->contact_email = given(o->contact_email);
		p->contact_address = given(o->contact_address);
	} else if (contact) {
		p->contact_name = text_of(contact, "name");
		p->contact_phone = text_of(contact, "phone");
		p->contact_email = text_of(contact, "email");
		p->contact_address = text_of(contact, "address");
	}
	if (details)
		p->withdrawal = text_of(details, "withdrawal");
}

static VF_RC take_language(struct making *m, struct vf_err *reterr)
{
	struct vf_bytes of_form = m->form.facts.language;
	struct vf_bytes wanted = m->options->language ? vf_bytes_str(m->options->language) : of_form;
	enum tr_page_language other;
	char shown[80];

	if (!wanted.n)
		return vf_fail(reterr, VF_USAGE,
			"the form does not say its language: give --language en, es, de or fr");
	if (!tr_page_language_find(wanted, &m->page.language)) {
		vf_text_escape(shown, sizeof(shown), wanted);
		return vf_fail(reterr, VF_USAGE, "there are no texts in '%s': give --language en, es, de or fr", shown);
	}
	if (of_form.n && (!tr_page_language_find(of_form, &other) || other != m->page.language))
		m->page.form_language = of_form;
	return VF_OK;
}

static VF_RC take_facts(struct making *m, struct vf_err *reterr)
{
	struct tr_page *p = &m->page;
	enum vf_rc rc = take_language(m, reterr);

	p->id = m->consent.record->id;
	p->study = m->consent.record->study;
	p->title = m->form.record->title;
	p->version = m->form.record->version;
	p->given = m->consent.facts.when;
	p->role = role_of(m->consent.facts.role);
	if (rc == VF_OK)
		rc = take_permissions(m, reterr);
	take_contact(m);
	return rc;
}

/* ---- the receipt, the code, the page ---- */

static VF_RC take_receipt(struct making *m, struct vf_err *reterr)
{
	struct vf_receipt r;
	enum vf_rc rc = m->from->receipt(m->from->ctx, m->consent.record, &m->receipt, reterr);

	if (rc == VF_OK)
		rc = vf_receipt_parse(nt_buf_bytes(&m->receipt), &r, reterr);
	if (rc != VF_OK)
		return rc;
	m->page.receipt = nt_buf_bytes(&m->receipt);
	m->page.origin = r.origin;
	m->page.accepted_ms = r.accepted_ms;
	return VF_OK;
}

static VF_RC take_code(struct making *m, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_MAX_PAGE_CODE);
	const char *url = m->options->url;
	enum vf_rc rc;

	if (url && (!vf_bytes_starts(vf_bytes_str(url), "https://") || strchr(url, ' ') ||
			   !vf_text_is_plain(vf_bytes_str(url))))
		return vf_fail(reterr, VF_USAGE, "--url wants an address that begins with https://");
	if (url) {
		nt_buf_putf(&text, "%s%s", url, url[strlen(url) - 1] == '/' ? "" : "/");
		nt_buf_put_hex(&text, vf_bytes(m->page.id.b, sizeof(m->page.id.b)));
	} else {
		nt_buf_put_str(&text, "trialnotary:");
		nt_buf_put(&text, m->page.origin);
		nt_buf_put_u8(&text, '/');
		nt_buf_put_hex(&text, vf_bytes(m->page.id.b, 8));
	}
	rc = nt_buf_check(&text, reterr);
	if (rc == VF_OK)
		rc = nt_page_code(nt_buf_bytes(&text), m->modules, &m->page.code.n, reterr);
	m->page.code.modules = m->modules;
	return rc;
}

static bool put_piece(void *ctx, struct vf_bytes piece)
{
	struct nt_buf *out = ctx;

	nt_buf_put(out, piece);
	return !out->failed;
}

/* As whoever gets the page will. */
static VF_RC check_page(const struct making *m, struct vf_bytes page, struct vf_err *reterr)
{
	uint8_t block[VF_MAX_RECEIPT * 8];
	struct vf_receipt_page got;
	struct vf_arena a;
	enum vf_rc rc;

	vf_arena_init(&a, block, sizeof(block));
	rc = vf_receipt_page_read(page, &a, &got, reterr);
	if (rc == VF_OK && (!vf_hash_eq(&got.shown, &m->page.id) || !vf_bytes_eq(got.receipt, m->page.receipt)))
		rc = vf_fail(reterr, VF_INTERNAL, "a page does not hold its receipt");
	return rc;
}

static VF_RC put_page(const struct making *m, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf page = nt_buf(VF_MAX_PAGE);
	struct vf_sink sink = {.put = put_piece, .ctx = &page};
	enum vf_rc rc;

	tr_page_put(&sink, &m->page);
	rc = nt_buf_check(&page, reterr);
	if (rc == VF_OK)
		rc = check_page(m, nt_buf_bytes(&page), reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(out, nt_buf_bytes(&page));
	return nt_buf_check(out, reterr);
}

VF_RC nt_page_put(const struct nt_source *from, const struct vf_hash *id, const struct nt_page_options *options,
	struct nt_buf *out, struct vf_err *reterr)
{
	struct making m = {.from = from, .options = options, .receipt = nt_buf(VF_MAX_RECEIPT)};
	void *room = malloc(2 * TR_DETAILS_ROOM);
	enum vf_rc rc;

	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a page");
	vf_arena_init(&m.memory, room, 2 * TR_DETAILS_ROOM);
	rc = get_consent(&m, id, reterr);
	if (rc == VF_OK)
		rc = get_form(&m, reterr);
	if (rc == VF_OK)
		rc = take_facts(&m, reterr);
	if (rc == VF_OK)
		rc = take_receipt(&m, reterr);
	if (rc == VF_OK)
		rc = take_code(&m, reterr);
	if (rc == VF_OK)
		rc = put_page(&m, out, reterr);
	making_done(&m);
	return rc;
}
