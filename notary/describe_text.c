#include "notary/describe_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/text.h"

/* Octets of a value that are shown unless all is asked for. */
#define SHOWN_VALUE 100u
/* Of one portion: with the text that is written of it, some 20 MiB. */
#define PORTION_FACTS 32768u
#define PORTION_OCTETS ((size_t)4 * 1024 * 1024)

/* ---- items ---- */

static bool has_item(const struct nt_items *s, uint64_t item)
{
	return item / 8 < s->n && (s->bits[item / 8] >> (item % 8) & 1);
}

static VF_RC add_item(struct nt_items *s, uint64_t item, struct vf_err *reterr)
{
	size_t at = (size_t)(item / 8);

	if (at >= s->n) {
		size_t n = at < 512 ? 1024 : 2 * (at + 1);
		uint8_t *bits = realloc(s->bits, n);

		if (!bits)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to show the facts of a file");
		memset(bits + s->n, 0, n - s->n);
		s->bits = bits;
		s->n = n;
	}
	s->bits[at] = (uint8_t)(s->bits[at] | 1u << (item % 8));
	return VF_OK;
}

/* ---- kinds ---- */

static size_t kind_length(enum tr_fact_name name)
{
	return strcspn(tr_fact_name(name), ".");
}

static bool is_same_kind(enum tr_fact_name a, enum tr_fact_name b)
{
	size_t n = kind_length(a);

	return n == kind_length(b) && strncmp(tr_fact_name(a), tr_fact_name(b), n) == 0;
}

static enum tr_fact_name kind_of(struct nt_describe_text *t, enum tr_fact_name name)
{
	if (t->first[TR_FACT_COUNT - 1] == 0) /* the kind of the last fact is not that of the first one */
		for (int i = 0; i < TR_FACT_COUNT; i++) {
			int j = 0;

			while (!is_same_kind((enum tr_fact_name)j, (enum tr_fact_name)i))
				j++;
			t->first[i] = (enum tr_fact_name)j;
		}
	return t->first[name];
}

/* ---- one fact ---- */

static bool is_user(enum tr_fact_name name)
{
	return name == TR_F_AUDIT_USER || name == TR_F_SIGNATURE_USER || name == TR_F_USER_ID;
}

bool nt_describe_is_hidden(unsigned wants, const struct tr_fact *f)
{
	if (wants & TR_WANT_SUBJECTS)
		return false;
	if (f->name == TR_F_AUDIT_REASON || (f->date && f->date->is_bad))
		return true;
	return is_user(f->name) && (memchr(f->value.p, '@', f->value.n) || memchr(f->value.p, ' ', f->value.n));
}

static void put_value(struct nt_buf *out, struct vf_bytes text, bool all)
{
	bool cut = !all && text.n > SHOWN_VALUE;

	if (cut) {
		text.n = SHOWN_VALUE;
		while (text.n && (text.p[text.n] & 0xc0) == 0x80)
			text.n--;
	}
	nt_cli_put_text(out, text);
	if (cut)
		nt_buf_put_str(out, " ...");
}

static void put_fact(const struct nt_describe_text *t, const struct tr_kept_fact *f)
{
	struct nt_buf *out = &t->cli->text;

	nt_buf_putf(out, f->item ? "    %-32s " : "  %-34s ", tr_fact_name(f->name));
	if (f->subject.n) {
		nt_cli_put_text(out, f->subject);
		nt_buf_put_str(out, ": ");
	}
	put_value(out, f->value, t->all);
	if (f->is_bad)
		nt_buf_put_str(out, "  (not a date of its form)");
	else if (tr_fact_type(f->name) == TR_DATE && f->precision == TR_PRECISION_NONE)
		nt_buf_put_str(out, "  (no date that can be used)");
	else if (tr_fact_type(f->name) == TR_DATE && !vf_bytes_eq(f->normal, f->value))
		nt_buf_putf(out, "  = %.*s", VF_STR(f->normal));
	if (f->grade != TR_DECLARED)
		nt_buf_putf(out, "  [%s]", tr_grade_name(f->grade));
	if (t->places && f->place[0]) {
		nt_buf_put_str(out, "  at ");
		nt_cli_put_text(out, vf_bytes_str(f->place));
	}
	nt_buf_put_u8(out, '\n');
}

/* ---- portions ---- */

/* The order in which facts are shown: the file's, then one thing after the other. */
static int by_item(const void *a, const void *b)
{
	const struct tr_kept_fact *x = *(const struct tr_kept_fact *const *)a, *y = *(const struct tr_kept_fact *const *)b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return (x > y) - (x < y);
}

static VF_RC put_heading(struct nt_describe_text *t, const struct tr_kept_fact *f, struct vf_err *reterr)
{
	enum tr_fact_name kind = kind_of(t, f->name);

	if (t->all && has_item(&t->named, f->item)) {
		nt_buf_putf(&t->cli->text, "  more of item %" PRIu64 "\n", f->item);
		return VF_OK;
	}
	nt_buf_putf(&t->cli->text, "  %.*s %" PRIu64 "\n", (int)kind_length(kind), tr_fact_name(kind), ++t->shown[kind]);
	return t->all ? add_item(&t->named, f->item, reterr) : VF_OK;
}

static VF_RC put_portion(struct nt_describe_text *t, struct vf_err *reterr)
{
	struct tr_fact_list *l = &t->portion;
	const struct tr_kept_fact **order = malloc((l->n + 1) * sizeof(struct tr_kept_fact *));
	uint64_t item = 0;
	enum vf_rc rc = VF_OK;

	if (!order)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to show the facts of a file");
	for (size_t i = 0; i < l->n; i++)
		order[i] = &l->facts[i];
	qsort(order, l->n, sizeof(struct tr_kept_fact *), by_item);
	for (size_t i = 0; rc == VF_OK && i < l->n; i++) {
		if (order[i]->item != item)
			rc = put_heading(t, order[i], reterr);
		item = order[i]->item;
		put_fact(t, order[i]);
	}
	free(order);
	tr_fact_list_done(l);
	t->octets = 0;
	return rc;
}

/* ---- the file ---- */

/* Whether it is of a thing that is shown; counts things. */
static VF_RC is_shown(struct nt_describe_text *t, const struct tr_fact *f, bool *ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	*ret = true;
	if (t->all)
		return VF_OK;
	if (f->item && !has_item(&t->seen, f->item)) {
		rc = add_item(&t->seen, f->item, reterr);
		if (rc == VF_OK && ++t->count[kind_of(t, f->name)] <= NT_SHOWN_ITEMS)
			rc = add_item(&t->named, f->item, reterr);
	}
	*ret = f->item == 0 || has_item(&t->named, f->item);
	if (*ret && t->portion.n >= NT_SHOWN_FACTS) {
		t->left_out++;
		*ret = false;
	}
	return rc;
}

/* Before the next fact is put: things are not parted for a few facts more. */
static bool is_full(const struct nt_describe_text *t, uint64_t next)
{
	const struct tr_fact_list *l = &t->portion;
	bool same = l->n > 0 && l->facts[l->n - 1].item == next;

	return t->all && (l->n >= (same ? 2 : 1) * PORTION_FACTS || t->octets >= (same ? 2 : 1) * PORTION_OCTETS);
}

VF_RC nt_describe_text_fact(void *ctx, const struct tr_fact *fact, struct vf_err *reterr)
{
	struct nt_describe_text *t = ctx;
	struct tr_fact f = *fact;
	char text[64];
	bool shown;
	enum vf_rc rc = is_shown(t, fact, &shown, reterr);

	if (rc != VF_OK || !shown)
		return rc;
	if (nt_describe_is_hidden(t->wants, fact)) {
		snprintf(text, sizeof(text), "[%zu octets: shown with --subjects]", fact->value.n);
		f.value = vf_bytes_str(text);
	}
	if (!t->all && f.value.n > SHOWN_VALUE + 1) /* no more than tells that it was cut, and where a character ends */
		f.value.n = SHOWN_VALUE + 1;
	if (!f.date)
		f.normal = vf_bytes(NULL, 0); /* not shown */
	if (is_full(t, f.item)) {
		rc = put_portion(t, reterr);
		nt_cli_flush(t->cli);
	}
	t->octets += f.value.n + f.subject.n;
	return rc == VF_OK ? tr_fact_list_put(&t->portion, &f, t->places, reterr) : rc;
}

static void put_left_out(struct nt_describe_text *t)
{
	for (int i = 0; i < TR_FACT_COUNT; i++)
		if (t->count[i] > NT_SHOWN_ITEMS)
			nt_buf_putf(&t->cli->text, "  and %" PRIu64 " more of '%.*s' (--all shows them)\n", t->count[i] - NT_SHOWN_ITEMS,
				(int)kind_length((enum tr_fact_name)i), tr_fact_name((enum tr_fact_name)i));
	if (t->left_out)
		nt_buf_putf(&t->cli->text, "  and %" PRIu64 " more facts of these (--all shows them)\n", t->left_out);
}

VF_RC nt_describe_text_end(struct nt_describe_text *t, struct vf_err *reterr)
{
	enum vf_rc rc = put_portion(t, reterr);

	put_left_out(t);
	return rc;
}

void nt_describe_text_done(struct nt_describe_text *t)
{
	tr_fact_list_done(&t->portion);
	free(t->seen.bits);
	free(t->named.bits);
}
