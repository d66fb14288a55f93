/* The newest parameters of a study's rules, among the records that its server shows. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "notary/case_client.h"
#include "notary/case_client_inside.h"
#include "notary/client_details.h"
#include "notary/client_read.h"
#include "notary/file_input.h"
#include "notary/rules_index.h"
#include "verify/text.h"

/* Records of a list at once: what came since the last look is asked for each time. */
#define LOOK 100
/* A longer one is refused when it is read. */
#define MAX_KEPT ((size_t)1024 * 1024)
/* Parameters that are remembered: a study lays down a few. */
#define MAX_FOUND 256
#define MAX_STATE (NT_SHOWN_PATH + MAX_FOUND * 80)

/* What is remembered of earlier looks, and what this one adds. */
struct looking {
	const struct nt_send *x;
	struct vf_bytes study;
	struct nt_buf after; /* where the last page began that was not full */
	struct vf_hash found[MAX_FOUND]; /* records that may lay parameters down, in their order */
	size_t n;
	bool is_changed, is_answer;
};

/* A place, and a line for each record. What is not of this form is no place, so all is searched again. */
static void read_state(struct looking *l, struct vf_bytes text)
{
	struct vf_bytes line;

	if (!vf_take_line(&text, &line) || line.n > 20)
		return;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] < '0' || line.p[i] > '9')
			return;
	nt_buf_put(&l->after, line);
	while (vf_take_line(&text, &line) && l->n < MAX_FOUND && vf_hex_read(line, l->found[l->n].b, sizeof(l->found[l->n].b)))
		l->n++;
}

static VF_RC write_state(const struct looking *l, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_STATE);

	nt_buf_put(&text, nt_buf_bytes(&l->after));
	nt_buf_put_u8(&text, '\n');
	for (size_t i = 0; i < l->n; i++) {
		nt_buf_put_hex(&text, vf_bytes(l->found[i].b, sizeof(l->found[i].b)));
		nt_buf_put_u8(&text, '\n');
	}
	return nt_state_put_rules(l->x->state, l->study, nt_buf_bytes(&text), reterr);
}

static bool is_found(const struct looking *l, const struct vf_hash *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (vf_hash_eq(&l->found[i], id))
			return true;
	return false;
}

/* The oldest is forgotten first; what a page of the next look shows again is not noted twice. */
static void note_found(struct looking *l, const struct vf_hash *id)
{
	if (is_found(l, id))
		return;
	if (l->n == MAX_FOUND)
		memmove(l->found, l->found + 1, --l->n * sizeof(l->found[0]));
	l->found[l->n++] = *id;
	l->is_changed = true;
}

static VF_RC look_at_page(void *ctx, struct nt_client_got *page, struct vf_err *reterr)
{
	struct looking *l = ctx;

	(void)reterr;
	l->is_answer = true;
	for (size_t i = 0; i < page->list.n; i++) {
		const struct nt_remote_record *r = &page->list.records[i];

		if (r->state != NT_ERASED && tr_kind_of(r->kind) == TR_OTHER && nt_shown_document(r, TR_PARAMETERS_NAME) &&
			nt_shown_document(r, TR_DETAILS_NAME))
			note_found(l, &r->id);
	}
	if (page->list.next.n) {
		nt_buf_reset(&l->after);
		nt_buf_put(&l->after, page->list.next);
		l->is_changed = true;
	}
	return VF_OK;
}

static VF_RC look(struct looking *l, struct vf_err *ret_why, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_STATE), path = nt_buf(NT_SHOWN_PATH), from = nt_buf(NT_SHOWN_PATH);
	struct vf_err err = {0};
	enum vf_rc rc = nt_state_rules(l->x->state, l->study, &text, reterr);

	if (rc != VF_OK)
		return rc;
	read_state(l, nt_buf_bytes(&text));
	nt_buf_put(&from, nt_buf_bytes(&l->after)); /* pages move it on */
	rc = nt_shown_list(&path, LOOK, l->study, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_client_get_pages(l->x->client, (const char *)path.p, nt_buf_bytes(&from), NT_MAX_LISTED_PASSED, look_at_page, l, &err);
	if (rc == VF_OK)
		return l->is_changed ? write_state(l, reterr) : VF_OK;
	if (l->is_answer || !nt_shown_is_hidden(rc))
		return vf_fail(reterr, rc, "%s", err.text);
	vf_ignore(vf_fail(ret_why, rc, "this credential may not read the study's records")); /* that is told */
	l->n = 0;
	return VF_OK;
}

/* Given once, it is at hand from then on. */
static VF_RC keep(const struct nt_send *x, const struct nt_document *d, const struct nt_content *c, struct vf_err *reterr)
{
	uint8_t *text = c->size <= MAX_KEPT ? malloc((size_t)c->size + 1) : NULL;
	struct nt_file_input in;
	enum vf_rc rc = VF_OK;
	int fd;

	if (!text || nt_state_is_kept(x->state, &d->digests.sha256)) {
		free(text);
		return VF_OK;
	}
	fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0) {
		nt_file_input_of(&in, fd, c->size, d->name);
		rc = tr_input_take(&in.input, 0, text, (size_t)c->size, reterr);
		nt_file_input_done(&in);
		if (rc == VF_OK)
			rc = nt_state_keep(x->state, &d->digests.sha256, vf_bytes(text, (size_t)c->size), reterr);
	}
	free(text);
	return rc;
}

/* Whether it lays parameters down; then opens them. */
static VF_RC open_found(struct looking *l, const struct vf_hash *id, bool *ret_is, bool *ret_found, struct nt_content *ret,
	struct vf_err *ret_why, struct vf_err *reterr)
{
	struct nt_client_got g = {0};
	const struct nt_document *d;
	struct vf_err err = {0};
	struct vf_bytes details = vf_bytes(NULL, 0);
	enum vf_rc rc = nt_client_get_record(l->x->client, id, &g, &err);

	d = rc == VF_OK && g.record.state != NT_ERASED ? nt_shown_document(&g.record, TR_PARAMETERS_NAME) : NULL;
	if (d)
		rc = nt_client_details_text(l->x, id, g.record.details, &g.a, &details, &err);
	*ret_is = d && rc == VF_OK && nt_rules_is_parameters(details);
	if (*ret_is) {
		struct vf_err why = {0};
		char hex[17];

		*ret_found = nt_shown_open(l->x, id, d, ret, &why) == VF_OK;
		if (*ret_found)
			rc = keep(l->x, d, ret, &err);
		vf_hex_put(hex, vf_bytes(id->b, 8));
		if (!*ret_found)
			vf_ignore(vf_fail(ret_why, why.rc, "%s (record %s): name where it is with --from", why.text, hex)); /* told */
	}
	nt_client_got_done(&g);
	return rc == VF_OK || nt_shown_is_hidden(rc) ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
}

VF_RC nt_client_parameters(const struct nt_send *x, struct vf_bytes study, bool *ret_found, struct nt_content *ret,
	struct vf_err *ret_why, struct vf_err *reterr)
{
	struct looking *l = calloc(1, sizeof(*l));
	bool is = false;
	enum vf_rc rc;

	if (!l)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the parameters of a study");
	l->x = x;
	l->study = study;
	l->after = nt_buf(NT_SHOWN_PATH);
	rc = look(l, ret_why, reterr);
	for (size_t i = l->n; rc == VF_OK && i-- > 0 && !is;)
		rc = open_found(l, &l->found[i], &is, ret_found, ret, ret_why, reterr);
	nt_buf_done(&l->after);
	free(l);
	return rc;
}
