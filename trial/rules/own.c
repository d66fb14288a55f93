#include "trial/rules/own.h"

/* Those that no two studies share; a sponsor's own number may be any. */
static const enum tr_fact_name ids[] = {TR_F_ID_NCT, TR_F_ID_NCT_ALIAS, TR_F_ID_ISRCTN, TR_F_ID_EUDRACT, TR_F_ID_EUCT, TR_F_ID_WHO,
	TR_F_ID_REGISTRY};
#define N_IDS (sizeof(ids) / sizeof(ids[0]))

static bool is_record(const struct tr_case_file *file, uint64_t item)
{
	if (tr_case_item(file, item, TR_F_REG_FIRST) || tr_case_item(file, item, TR_F_STUDY_TITLE))
		return true;
	for (size_t i = 0; i < N_IDS; i++)
		if (tr_case_item(file, item, ids[i]))
			return true;
	return false;
}

uint64_t tr_own_record(const struct tr_case_file *file, uint64_t item)
{
	const struct tr_kept_fact *f = item ? tr_case_item(file, item, TR_F_RECORD_ITEM) : NULL;
	struct vf_bytes text = f ? tr_kept_text(f) : vf_bytes("", 0);
	uint64_t record = 0;

	for (size_t i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		record = record * 10 + (uint64_t)(text.p[i] - '0');
	if (f)
		return record;
	return item && is_record(file, item) ? item : 0;
}

/* More than one record with an identifier. Records come one after the other, so two facts mostly decide. */
bool tr_own_has_several(const struct tr_case_file *file)
{
	const struct tr_kept_fact *f;
	uint64_t first = 0;

	for (size_t i = 0; i < N_IDS; i++)
		for (size_t at = 0; (f = tr_case_in_file(file, ids[i], &at)) != NULL;) {
			if (first && f->item != first)
				return true;
			first = f->item;
		}
	return false;
}

/* The study's, where a file of one record says it. */
static bool is_of_study(const struct tr_case *c, enum tr_fact_name name, struct vf_bytes id)
{
	size_t n;
	const struct tr_case_said *said = tr_case_saying(c, name, id, &n);

	return vf_bytes_eq(id, c->study) || (n && said[0].is_alone);
}

bool tr_own_is(const struct tr_case_file *file, uint64_t item)
{
	uint64_t record = tr_own_record(file, item);

	if (record == 0 || !file->has_several)
		return true;
	for (size_t i = 0; i < N_IDS; i++) {
		const struct tr_kept_fact *id = tr_case_item(file, record, ids[i]);

		if (id && is_of_study(file->whole, ids[i], tr_kept_text(id)))
			return true;
	}
	return false;
}

const struct tr_kept_fact *tr_own_fact(const struct tr_case_file *file, uint64_t item, enum tr_fact_name name)
{
	return tr_case_item(file, tr_own_record(file, item), name);
}
