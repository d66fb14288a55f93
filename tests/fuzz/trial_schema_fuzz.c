/* Exercises trial/schema.c and trial/details.c: a schema, an octet 0, and a document; or details of a kind by its own rules. */
#include <stdlib.h>

#include "trial/details.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[2 * TR_DETAILS_ROOM];

/* What is written is taken again, and written as it is. */
static void check_again(const struct tr_schema *s, struct vf_bytes json)
{
	char pointer[TR_POINTER_MAX] = "";
	struct vf_bytes once, twice;
	struct vf_arena a;

	vf_arena_init(&a, room, sizeof(room));
	if (tr_schema_write(s, json, &a, &once, pointer, NULL) != VF_OK)
		return;
	if (tr_schema_check(s, json, pointer, NULL) != VF_OK || tr_schema_write(s, once, &a, &twice, pointer, NULL) != VF_OK ||
		!vf_bytes_eq(once, twice))
		abort();
}

static void try_kinds(struct vf_bytes json)
{
	static struct tr_rulebook book;
	char pointer[TR_POINTER_MAX];
	struct vf_bytes made, again;
	struct tr_facts facts;
	struct vf_arena a;

	for (unsigned k = 1; k < TR_KIND_COUNT; k++) {
		struct tr_details_draft d = {.kind = (enum tr_kind)k, .json = json};

		vf_arena_init(&a, room, sizeof(room));
		if (tr_rulebook_get(&book, d.kind, &d.rules, NULL) != VF_OK)
			abort();
		vf_ignore(tr_details_read(d.kind, d.rules, json, &a, &facts, pointer, NULL)); /* any outcome */
		if (tr_details_make(&d, &a, &made, pointer, NULL) != VF_OK)
			continue;
		d.json = made;
		if (tr_details_read(d.kind, d.rules, made, &a, &facts, pointer, NULL) != VF_OK ||
			tr_details_make(&d, &a, &again, pointer, NULL) != VF_OK || !vf_bytes_eq(made, again))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes document = vf_bytes(data, size), schema;
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = NULL;

	if (!vf_take_until(&document, 0, &schema)) {
		try_kinds(vf_bytes(data, size));
		return 0;
	}
	if (tr_schema_parse(schema, &s, NULL) == VF_OK)
		check_again(s, document);
	return 0;
}
