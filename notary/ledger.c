#include "notary/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/details_served.h"
#include "notary/intake.h"

/* An entry, or a stream with its owner; round tells of which group it is, so that beginning anew costs nothing. */
struct entry {
	uint64_t round;
	struct vf_hash id, slot;
	struct vf_hash512 id512;
};

struct place {
	uint64_t round;
	struct vf_hash name; /* of the stream: a submission that was refused is gone while its group goes on */
	struct nt_stream stream;
};

struct nt_ledger {
	uint64_t round;
	bool spoiled;
	size_t size; /* of each table, a power of two, at least twice the room */
	struct entry *entries;
	struct place *places;
	struct nt_details_served *details;
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
	if (!l->entries || !l->places || nt_details_served_new(&l->details, NULL) != VF_OK) {
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
	nt_details_served_free(l->details);
	free(l);
	return NULL;
}

void nt_ledger_begin(struct nt_ledger *l)
{
	l->round++;
	l->spoiled = false;
	nt_details_served_begin(l->details);
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

/* Over submitter and study, with no doubt where one ends. */
static struct vf_hash name_of(const struct nt_submission *s)
{
	struct vf_hash owner = vf_sha256(s->submitter);

	return vf_sha256_2(vf_bytes(owner.b, sizeof(owner.b)), s->study);
}

static VF_RC find_stream(struct nt_ledger *l, struct nt_notary *n, const struct nt_submission *s, struct place **ret,
	struct vf_err *reterr)
{
	struct vf_hash name = name_of(s);
	size_t at, mask = l->size - 1;
	enum vf_rc rc;

	memcpy(&at, name.b, sizeof(at));
	for (size_t i = 0; i < l->size; i++) {
		struct place *p = &l->places[(at + i) & mask];

		if (p->round != l->round) {
			rc = nt_notary_stream(n, s->submitter, s->study, &p->stream, reterr);
			if (rc != VF_OK)
				return rc;
			p->round = l->round;
			p->name = name;
			*ret = p;
			return VF_OK;
		}
		if (vf_hash_eq(&p->name, &name)) {
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

void nt_ledger_spoil(struct nt_ledger *l)
{
	l->spoiled = true;
}

VF_RC nt_ledger_settle(struct nt_ledger *l, struct nt_notary *n, const struct nt_sight *sight, struct nt_submission *s,
	bool *ret_before, char *field, struct vf_err *reterr)
{
	struct entry *e = find_entry(l, &s->id);
	struct place *p = NULL;
	enum vf_rc rc;

	if (l->spoiled)
		return vf_fail(reterr, VF_STORE_BUSY, "another submission failed amid this group");
	if (!e)
		return vf_fail(reterr, VF_INTERNAL, "a commit group is larger than its ledger");
	rc = find_stream(l, n, s, &p, reterr);
	if (rc == VF_OK && e->round == l->round) {
		*ret_before = true;
		rc = check_twin(e, s, field, reterr);
		return rc == VF_OK ? nt_intake_again(s, &p->stream, field, reterr) : rc;
	}
	if (rc == VF_OK)
		rc = nt_intake_settle(n, l->details, sight, &p->stream, s, ret_before, field, reterr);
	if (rc == VF_OK && !*ret_before)
		rc = nt_details_served_add(l->details, s, reterr);
	if (rc != VF_OK || *ret_before)
		return rc;
	*e = (struct entry){.round = l->round, .id = s->id, .slot = s->slot, .id512 = s->id512};
	return VF_OK;
}
