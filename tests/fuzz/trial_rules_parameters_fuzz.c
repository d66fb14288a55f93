/* Exercises trial/rules/parameters.c: any octets as parameters of rules; what is taken keeps its own rules. */
#include "tests/fuzz/must.h"
#include "trial/rules/parameters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(const struct tr_row_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		MUST(list->p[i].domain.n + list->p[i].term.n > 0);
		MUST(tr_row_list_has(list, list->p[i].domain, list->p[i].term));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[1 << 20];
	struct tr_parameters p = tr_parameters_default;
	struct vf_arena a;
	struct vf_err err = {0};
	enum vf_rc rc;

	vf_arena_init(&a, room, sizeof(room));
	rc = tr_parameters_read(vf_bytes(data, size), &a, &p, &err);
	MUST(rc == VF_OK || (err.rc == rc && err.text[0]));
	if (rc != VF_OK)
		return 0;
	MUST(p.translation_share <= 100 && p.n_enforce <= TR_MAX_ENFORCED && p.grace_days >= 0 && p.reconsent_days >= TR_DAYS_UNSET);
	check_rows(&p.screening_permitted);
	check_rows(&p.permitted_visits);
	for (size_t i = 0; i < p.languages.n; i++)
		MUST(p.languages.p[i].n > 0);
	return 0;
}
