/* Exercises trial/fhir_json.c, fhir_consent.c, fhir_provision.c and fhir_write.c: a Consent in JSON; what is taken is written and taken again. */
#include <stdlib.h>

#include "trial/fhir_consent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t block[TR_FHIR_ROOM], room[2 * TR_DETAILS_ROOM], block_again[TR_FHIR_ROOM];
static uint8_t text[1024 * 1024];
static size_t n_text;

static bool collect(void *ctx, struct vf_bytes piece)
{
	(void)ctx;
	if (piece.n > sizeof(text) - n_text)
		return false;
	memcpy(text + n_text, piece.p, piece.n);
	n_text += piece.n;
	return true;
}

static bool make(const struct tr_fhir_consent *c, struct vf_arena *a, struct vf_arena *to, struct vf_bytes *ret)
{
	static struct tr_rulebook book;
	static struct vf_hash form, participant;
	struct tr_details_draft d = {.kind = TR_CONSENT};
	char pointer[TR_POINTER_MAX];

	if (c->facts.has_participant)
		participant = c->facts.participant;
	if (c->facts.has_form)
		form = c->facts.form;
	return tr_fhir_details(c, &participant, &form, a, &d.json, NULL) == VF_OK &&
		tr_rulebook_get(&book, TR_CONSENT, &d.rules, NULL) == VF_OK && tr_details_make(&d, to, ret, pointer, NULL) == VF_OK;
}

/* What was understood survives both syntaxes. */
static void check_again(const struct tr_fhir_consent *c, struct vf_bytes details, struct vf_arena *to)
{
	static const struct tr_fhir_ask ask;
	struct tr_facts facts = c->facts;

	for (int i = 0; i < 2; i++) {
		struct tr_fhir_out o = {.facts = &facts};
		struct vf_sink s = {.put = collect};
		struct tr_fhir_consent again;
		struct vf_bytes made;
		struct vf_arena a;

		n_text = 0;
		vf_arena_init(&a, block_again, sizeof(block_again));
		if (i == 0)
			tr_fhir_put_json(&s, &o);
		else
			tr_fhir_put_xml(&s, &o);
		if (s.failed)
			return;
		if (tr_fhir_read(vf_bytes(text, n_text), &ask, &a, &again, NULL) != VF_OK)
			abort();
		again.facts.has_form = again.facts.has_participant = false;
		if (!make(&again, &a, to, &made) || !vf_bytes_eq(made, details))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tr_fhir_ask ask;
	struct tr_fhir_consent c;
	struct vf_bytes details;
	struct vf_arena a, to;

	vf_arena_init(&a, block, sizeof(block));
	vf_arena_init(&to, room, sizeof(room));
	if (tr_fhir_read(vf_bytes(data, size), &ask, &a, &c, NULL) == VF_OK && make(&c, &a, &to, &details))
		check_again(&c, details, &to);
	return 0;
}
