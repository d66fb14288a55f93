/*
 * A notary in memory for tests of what calls it: the functions of notary.h that
 * submit.c needs, and what was accepted. It keeps digests and texts of the last
 * chunk only when fake.copy is set. Not a model of durability.
 */
#ifndef TESTS_FAKE_NOTARY_H
#define TESTS_FAKE_NOTARY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/consent_index.h"
#include "notary/enforce.h"
#include "notary/notary.h"
#include "notary/participants.h"
#include "notary/rules_index.h"
#include "notary/signers.h"

#define FAKE_MAX_JOURNAL 65536

struct nt_notary {
	int unused;
};

struct fake_kept {
	struct vf_hash sha256;
	size_t size;
};

static struct {
	struct nt_stream stream;
	struct {
		struct vf_hash key, id;
	} journal[FAKE_MAX_JOURNAL];
	size_t n_journal;
	bool forget_journal; /* for benchmarks: nothing is found, nothing kept */
	uint64_t accepted;
	size_t chunks;
	size_t fail_at_chunk; /* this call of accept fails; 0: none */
	struct fake_kept kept[16];
	size_t n_kept;
	struct vf_hash secrets[4]; /* of rows members: whose they are */
	size_t n_secrets;
	/* sees every submission before accept returns */
	void (*see)(const struct nt_submission *s);
	/* targets of links */
	struct {
		struct vf_hash id;
		const char *kind;
		enum nt_state state;
	} records[8];
	size_t n_records;
} fake;

VF_RC nt_notary_stream(struct nt_notary *n, struct vf_bytes submitter, struct vf_bytes study,
	struct nt_stream *ret, struct vf_err *reterr)
{
	(void)n, (void)submitter, (void)study, (void)reterr;
	*ret = fake.stream;
	return VF_OK;
}

VF_RC nt_notary_journal(struct nt_notary *n, const struct vf_hash *key, bool *ret_found,
	struct vf_hash *ret_id, struct vf_err *reterr)
{
	(void)n, (void)reterr;
	*ret_found = false;
	for (size_t i = 0; i < fake.n_journal; i++) {
		if (!vf_hash_eq(&fake.journal[i].key, key))
			continue;
		*ret_found = true;
		*ret_id = fake.journal[i].id;
	}
	return VF_OK;
}

struct vf_hash nt_notary_blind(const struct nt_notary *n, struct vf_bytes b)
{
	(void)n;
	return vf_hmac_sha256(vf_bytes_str("secret"), b);
}

/* Its signers are the question of a notary with a folder. */
VF_RC nt_signers_claim(struct nt_notary *n, const struct nt_signed_by *by, struct vf_err *reterr)
{
	(void)n;
	return by->name.n > 0 ? VF_OK : vf_fail(reterr, VF_INTERNAL, "a signer without a name");
}

VF_RC nt_notary_accept(struct nt_notary *n, const struct nt_submission *s, size_t count,
	enum nt_accepted *ret, struct vf_err *reterr)
{
	(void)n;
	if (++fake.chunks == fake.fail_at_chunk)
		return vf_fail(reterr, VF_IO, "the disk is full");
	for (size_t i = 0; i < count; i++) {
		if (fake.see)
			fake.see(&s[i]);
		if (!fake.forget_journal && fake.n_journal < FAKE_MAX_JOURNAL) {
			fake.journal[fake.n_journal].key = s[i].journal;
			fake.journal[fake.n_journal++].id = s[i].id;
		}
		ret[i] = NT_ACCEPTED_NEW;
	}
	fake.accepted += count;
	fake.stream = (struct nt_stream){.exists = true,
		.id = s[count - 1].stream,
		.key = s[count - 1].stream_key,
		.head = s[count - 1].id,
		.next = s[count - 1].seq + 1};
	return VF_OK;
}

VF_RC nt_notary_keep(struct nt_notary *n, int fd, const struct vf_pair *digests, struct vf_err *reterr)
{
	uint8_t b[4096];
	ssize_t got = read(fd, b, sizeof(b));
	struct vf_pair found = vf_pair_of(vf_bytes(b, got > 0 ? (size_t)got : 0));

	(void)n;
	if (!vf_pair_eq(&found, digests))
		return vf_fail(reterr, VF_DOCUMENT_CHANGED, "other content than its digests");
	fake.kept[fake.n_kept++] = (struct fake_kept){digests->sha256, (size_t)got};
	return VF_OK;
}

VF_RC nt_notary_keep_secret(
	struct nt_notary *n, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr)
{
	(void)n, (void)secret;
	if (fake.n_secrets == sizeof(fake.secrets) / sizeof(fake.secrets[0]))
		return vf_fail(reterr, VF_INTERNAL, "more secrets than there are places");
	fake.secrets[fake.n_secrets++] = *sha256;
	return VF_OK;
}

VF_RC nt_notary_open_kept(struct nt_notary *n, const struct vf_hash *sha256, int *ret_fd, struct vf_err *reterr)
{
	(void)n, (void)sha256, (void)reterr;
	*ret_fd = -1;
	return VF_OK;
}

VF_RC nt_notary_get(
	struct nt_notary *n, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr)
{
	(void)n;
	for (size_t i = 0; i < fake.n_records; i++) {
		struct nt_record *r;

		if (!vf_hash_eq(&fake.records[i].id, id))
			continue;
		r = calloc(1, sizeof(*r));
		if (!r)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory");
		r->id = *id;
		r->state = fake.records[i].state;
		r->kind = vf_bytes_str(fake.records[i].kind);
		*ret = r;
		return VF_OK;
	}
	return nt_record_unknown(id, reterr);
}

/* Nothing has links, and nobody is known: their rules are asked with a notary in a folder. */
VF_RC nt_notary_page_linked(struct nt_notary *n, const struct nt_link *link, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr)
{
	(void)n, (void)link, (void)first, (void)max, (void)ret, (void)reterr;
	*ret_n = 0;
	return VF_OK;
}

VF_RC nt_notary_unkeep(struct nt_notary *n, const struct nt_submission *s, struct vf_err *reterr)
{
	(void)n, (void)s, (void)reterr;
	return VF_OK;
}

VF_RC nt_rules_count(struct nt_notary *n, uint64_t *ret, struct vf_err *reterr)
{
	(void)n, (void)reterr;
	*ret = 0;
	return VF_OK;
}

VF_RC nt_rules_pass(struct nt_notary *n, uint64_t first, struct vf_err *reterr)
{
	(void)n, (void)first, (void)reterr;
	return VF_OK;
}

/* No study enforces rules here: tests/cli/enforce_test.sh does. */
VF_RC nt_enforce_check(struct nt_notary *n, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	bool *ret, size_t *ret_rules, struct vf_err *reterr)
{
	(void)n, (void)s, (void)records, (void)count, (void)ret_rules, (void)reterr;
	*ret = false;
	return VF_OK;
}

struct nt_enforce_at nt_enforce_at_notary(struct nt_notary *n)
{
	return (struct nt_enforce_at){.ctx = n};
}

bool nt_enforce_is_asked(const struct nt_submit *s)
{
	return s->kind != TR_ERASURE;
}

VF_RC nt_enforce_begin(const struct nt_enforce_at *at, const struct nt_submit *s, struct nt_enforced **ret, struct vf_err *reterr)
{
	(void)at, (void)s, (void)reterr;
	*ret = NULL;
	return VF_OK;
}

VF_RC nt_enforce_judge(
	struct nt_enforced *e, const struct nt_submission *submissions, size_t count, struct vf_err *reterr)
{
	(void)e, (void)submissions, (void)count, (void)reterr;
	return VF_OK;
}

void nt_enforce_drop(struct nt_enforced *e)
{
	(void)e;
}

VF_RC nt_enforce_end(struct nt_enforced *e, struct vf_err *reterr)
{
	(void)e, (void)reterr;
	return VF_OK;
}

struct nt_enforced *nt_enforced_free(struct nt_enforced *e)
{
	(void)e;
	return NULL;
}

const char *nt_notary_dir(const struct nt_notary *n)
{
	(void)n;
	return ".";
}

VF_RC nt_consent_follow(struct nt_notary *n, struct nt_consent_index **ret, struct vf_err *reterr)
{
	(void)n, (void)reterr;
	*ret = NULL;
	return VF_OK;
}

VF_RC nt_consent_elsewhere(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant, bool *ret,
	struct vf_err *reterr)
{
	(void)x, (void)study, (void)participant, (void)reterr;
	*ret = false;
	return VF_OK;
}

void nt_consent_index_freep(struct nt_consent_index **x)
{
	*x = NULL;
}

VF_RC nt_participants_open(const char *dir, bool create, struct nt_participants **ret, struct vf_err *reterr)
{
	(void)dir, (void)create, (void)reterr;
	*ret = NULL;
	return VF_OK;
}

void nt_participants_freep(struct nt_participants **p)
{
	*p = NULL;
}

VF_RC nt_participants_elsewhere(struct nt_participants *p, struct vf_bytes study, const struct vf_hash *value, bool *ret,
	struct vf_err *reterr)
{
	(void)p, (void)study, (void)value, (void)reterr;
	*ret = false;
	return VF_OK;
}

VF_RC nt_record_unknown(const struct vf_hash *id, struct vf_err *reterr)
{
	(void)id;
	return vf_fail(reterr, VF_UNKNOWN_RECORD, "no such record");
}

struct nt_record *nt_record_free(struct nt_record *r)
{
	free(r);
	return NULL;
}

void nt_record_freep(struct nt_record **r)
{
	*r = nt_record_free(*r);
}

#endif
