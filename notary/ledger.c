#include "notary/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/intake.h"
#include "verify/text.h"

/* An entry, or a stream with its owner; round tells of which group it is, so that beginning anew costs nothing. */
struct entry {
	uint64_t round;
	struct vf_hash id, slot;
	struct vf_hash512 id512;
};

struct place {
	uint64_t round;
	struct vf_bytes submitter, study; /* borrowed from a submission of the group */
	struct nt_stream stream;
};

struct nt_ledger {
	uint64_t round;
	size_t size; /* of each table, a power of two, at least twice the room */
	struct entry *entries;
	struct place *places;
};

VF_RC nt_ledger_new(size_t room, struct nt_ledger **ret, struct vf_err *reterr)
{
	struct nt_ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a commit group");
	l->size = 64;
	while (l->size < 2 * room)
		l->size *= 2;
	l->entries = calloc(l->size, sizeof(*l->entries));
	l->places = calloc(l->size, sizeof(*l->places));
	if (!l->entries || !l->places) {
		nt_ledger_free(l);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a commit group");
	}
	l->round = 1;
	*ret = l;
	return VF_OK;
}

struct nt_ledger *nt_ledger_free(struct nt_ledger *l)
{
	if (!l)
		return NULL;
	free(l->entries);
	free(l->places);
	free(l);
	return NULL;
}

void nt_ledger_begin(struct nt_ledger *l)
{
	l->round++;
}

/* The entry with this ID, or the free place for it; NULL when the table is full. */
static struct entry *find_entry(struct nt_ledger *l, const struct vf_hash *id)
{
	size_t at, mask = l->size - 1;

	memcpy(&at, id->b, sizeof(at));
	for (size_t i = 0; i < l->size; i++) {
		struct entry *e = &l->entries[(at + i) & mask];

		if (e->round != l->round || vf_hash_eq(&e->id, id))
			return e;
	}
	return NULL;
}

static size_t mix(size_t h, struct vf_bytes b)
{
	/* FNV-1a: names are short, and who makes them collide slows only his own group */
	for (size_t i = 0; i < b.n; i++)
		h = (h ^ b.p[i]) * (size_t)UINT64_C(0x100000001b3);
	return h;
}

static VF_RC find_stream(struct nt_ledger *l, struct nt_notary *n, const struct nt_submission *s, struct place **ret,
	struct vf_err *reterr)
{
	size_t at = mix(mix((size_t)UINT64_C(0xcbf29ce484222325), s->submitter), s->study), mask = l->size - 1;
	enum vf_rc rc;

	for (size_t i = 0; i < l->size; i++) {
		struct place *p = &l->places[(at + i) & mask];

		if (p->round != l->round) {
			rc = nt_notary_stream(n, s->submitter, s->study, &p->stream, reterr);
			if (rc != VF_OK)
				return rc;
			p->round = l->round;
			p->submitter = s->submitter;
			p->study = s->study;
			*ret = p;
			return VF_OK;
		}
		if (vf_bytes_eq(p->submitter, s->submitter) && vf_bytes_eq(p->study, s->study)) {
			*ret = p;
			return VF_OK;
		}
	}
	return vf_fail(reterr, VF_INTERNAL, "a commit group is larger than its ledger");
}

/* The same entry twice in one group: the second gets the answer of the first. */
static VF_RC check_twin(const struct entry *e, const struct nt_submission *s, char *field, struct vf_err *reterr)
{
	bool same512 = vf_hash512_eq(&e->id512, &s->id512);

	if (same512 && vf_hash_eq(&e->slot, &s->slot))
		return VF_OK;
	snprintf(field, NT_FIELD_MAX, "%s", same512 ? "/entry/slot" : "/entry/sha512");
	return vf_fail(reterr, VF_ENTRY_CONFLICT, "this record is there with another %s", same512 ? "slot" : "SHA-512");
}

VF_RC nt_ledger_settle(struct nt_ledger *l, struct nt_notary *n, struct nt_submission *s, bool *ret_before, char *field,
	struct vf_err *reterr)
{
	struct entry *e = find_entry(l, &s->id);
	struct place *p;
	enum vf_rc rc;

	if (!e)
		return vf_fail(reterr, VF_INTERNAL, "a commit group is larger than its ledger");
	rc = find_stream(l, n, s, &p, reterr);
	if (rc == VF_OK && e->round == l->round) {
		*ret_before = true;
		rc = check_twin(e, s, field, reterr);
		return rc == VF_OK ? nt_intake_again(s, &p->stream, field, reterr) : rc;
	}
	if (rc == VF_OK)
		rc = nt_intake_settle(n, &p->stream, s, ret_before, field, reterr);
	if (rc != VF_OK || *ret_before)
		return rc;
	*e = (struct entry){.round = l->round, .id = s->id, .slot = s->slot, .id512 = s->id512};
	return VF_OK;
}
