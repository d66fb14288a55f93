/*
 * Facts about consents: from details.json (the first octet is the kind) and from the octets of the index. What is read is
 * written, read again and judged, and nothing is lost on the way.
 */
#include "tests/fuzz/must.h"
#include "trial/consent_fact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t blocks[3][2 * TR_DETAILS_ROOM];
static struct tr_rulebook book;

static bool same_when(const struct tr_when *a, const struct tr_when *b)
{
	return tr_when_is(a) == tr_when_is(b) && (!tr_when_is(a) || (a->lo == b->lo && a->hi == b->hi && a->local == b->local));
}

static void same(const struct tr_consent_fact *a, const struct tr_consent_fact *b)
{
	MUST(a->kind == b->kind && a->voice == b->voice && a->opinion == b->opinion && a->reconsent.all == b->reconsent.all);
	MUST(a->reconsent.days == b->reconsent.days && same_when(&a->reconsent.by, &b->reconsent.by));
	MUST(same_when(&a->when, &b->when) && same_when(&a->until, &b->until));
	MUST(vf_hash_eq(&a->participant, &b->participant) && vf_hash_eq(&a->about, &b->about));
	MUST(vf_bytes_eq(a->party, b->party) && vf_bytes_eq(a->purpose, b->purpose) && vf_bytes_eq(a->delegate, b->delegate));
	MUST(a->n_permissions == b->n_permissions);
	for (size_t i = 0; i < a->n_permissions; i++) {
		const struct tr_consent_permission *p = &a->permissions[i], *q = &b->permissions[i];

		MUST(vf_bytes_eq(p->name, q->name) && vf_bytes_eq(p->purpose, q->purpose) && vf_bytes_eq(p->delegate, q->delegate));
		MUST(p->granted == q->granted && same_when(&p->from, &q->from) && same_when(&p->until, &q->until));
	}
}

static void judge(const struct tr_consent_fact *f)
{
	struct tr_consent_view view = {{f, 1}, {f, 1}, f->participant, f->when};
	struct vf_bytes name = f->n_permissions ? f->permissions[0].name : vf_bytes_str("participation");
	struct tr_consent_answer answer;
	struct tr_gap gaps[TR_MAX_GAPS];
	struct vf_arena a;
	size_t n;

	if (!tr_when_is(&view.at))
		view.at = tr_when_at(0);
	vf_arena_init(&a, blocks[2], sizeof(blocks[2]));
	MUST(tr_consent_state(&view, name, f->party, &a, &answer, NULL) == VF_OK);
	MUST(answer.n_said <= 1 && vf_utf8_is(vf_bytes_str(answer.reason)));
	MUST(tr_consent_gaps(&view, &a, gaps, &n, NULL) == VF_OK);
}

static void round_trip(const struct tr_consent_fact *f)
{
	struct tr_consent_fact again = {.index = 0};
	struct vf_arena a;
	struct vf_bytes text, twice;

	vf_arena_init(&a, blocks[1], sizeof(blocks[1]));
	MUST(tr_consent_fact_put(f, &a, &text));
	MUST(tr_consent_fact_take(text, &a, &again));
	same(f, &again);
	MUST(tr_consent_fact_put(&again, &a, &twice) && vf_bytes_eq(text, twice));
	judge(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_consent_fact f = {.index = 0};
	struct vf_bytes in = vf_bytes(data, size), text;
	struct vf_arena a;
	uint8_t kind;

	vf_arena_init(&a, blocks[0], sizeof(blocks[0]));
	if (tr_consent_fact_take(in, &a, &f)) {
		vf_arena_init(&a, blocks[1], sizeof(blocks[1]));
		/* one encoding for each fact */
		MUST(tr_consent_fact_put(&f, &a, &text) && vf_bytes_eq(text, in));
		judge(&f);
	}
	if (!vf_take_u8(&in, &kind))
		return 0;
	vf_arena_init(&a, blocks[0], sizeof(blocks[0]));
	if (tr_consent_fact_read(&book, (enum tr_kind)(kind % TR_KIND_COUNT), in, &a, &f, NULL) == VF_OK && f.kind != TR_FACT_NONE)
		round_trip(&f);
	return 0;
}
