#include "notary/api_batch.h"

#include <stdlib.h>
#include <string.h>

/* Lines of a bulk request that are offered together. */
#define PORTION 1000
/* Lines of one request; each has an answer that waits for the last. Good ones come to 64 MiB long before. */
#define MAX_LINES 100000
#define NDJSON "application/x-ndjson"

struct nt_api_bulk {
	struct nt_job *job;
	struct nt_api_batch *first, **end;
	atomic_uint left; /* portions not yet ended, and 1 while more are read */
	struct vf_hash study;
	bool one_study;
	size_t granted, denied;
	atomic_int fault; /* of the notary: an enum vf_rc */
	struct vf_err err;
};

static void bulk_free(void *p)
{
	struct nt_api_bulk *k = p;

	while (k->first) {
		struct nt_api_batch *b = k->first;

		k->first = b->next;
		nt_batch_free(b);
	}
	free(k);
}

/* On the trail's thread: all answers in the order of the lines. */
static void finish_bulk(struct nt_job *j)
{
	struct nt_api_bulk *k = j->more;
	struct vf_err err;

	for (const struct nt_api_batch *b = k->first; b; b = b->next)
		for (size_t i = 0; i < b->n; i++) {
			enum vf_rc rc = nt_line_put(b, &b->lines[i], &j->body, &err);

			if (rc != VF_OK) {
				nt_job_refuse(j, rc, &err, NULL);
				return;
			}
			nt_buf_put_u8(&j->body, '\n');
		}
}

/* Links of its lines to what the party may not see: one event, that names the record when all lead to one. */
static void note_denied(struct nt_job *j, const struct nt_api_bulk *k)
{
	const struct vf_hash *denied = NULL;
	bool one_record = true;
	uint64_t n = 0;

	for (const struct nt_api_batch *b = k->first; b; b = b->next)
		for (size_t i = 0; i < b->n; i++) {
			if (!b->lines[i].is_denied)
				continue;
			one_record = one_record && (!denied || vf_hash_eq(denied, &b->lines[i].denied));
			denied = &b->lines[i].denied;
			n++;
		}
	if (n)
		nt_job_event(j, NT_RIGHT_READ, one_record ? NT_ABOUT_RECORD : NT_ABOUT_NONE, denied, VF_FORBIDDEN, n);
}

static void end_bulk(struct nt_job *j)
{
	struct nt_api_bulk *k = j->more;
	uint64_t accepted = 0;

	for (const struct nt_api_batch *b = k->first; b; b = b->next)
		for (size_t i = 0; i < b->n; i++)
			accepted += b->lines[i].rc == VF_OK;
	if (atomic_load(&k->fault) != VF_OK) {
		/* some portions may be stored: sent again, they get the same answers */
		nt_job_refuse(j, (enum vf_rc)atomic_load(&k->fault), &k->err, NULL);
	} else {
		j->type = NDJSON;
		j->finish = finish_bulk;
	}
	if (k->denied)
		nt_job_event(j, NT_RIGHT_SUBMIT, NT_ABOUT_NONE, NULL, VF_FORBIDDEN, k->denied);
	note_denied(j, k);
	if (accepted)
		nt_job_event(j, NT_RIGHT_SUBMIT, k->one_study ? NT_ABOUT_STUDY : NT_ABOUT_NONE, &k->study, VF_OK, accepted);
	nt_key_end(j);
	nt_job_end(j);
}

static void leave_bulk(struct nt_api_bulk *k)
{
	if (atomic_fetch_sub(&k->left, 1) == 1)
		end_bulk(k->job);
}

static void done_portion(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_api_batch *b = o->ctx;
	int none = VF_OK;

	if (rc == VF_OK)
		nt_batch_note(b);
	else if (rc == VF_NOT_CHECKED)
		b->offer.n = 0; /* no line was good: each has its refusal */
	else if (atomic_compare_exchange_strong(&b->bulk->fault, &none, (int)rc))
		b->bulk->err = *err;
	nt_batch_drop_texts(b);
	leave_bulk(b->bulk);
}

static VF_RC prepare_portion(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	enum vf_rc rc = nt_batch_prepare(o, n, reterr);

	return rc == VF_OK && o->n == 0 ? vf_fail(reterr, VF_NOT_CHECKED, "no line of this portion is good") : rc;
}

static void note_study(struct nt_api_bulk *k, const struct nt_api_line *l)
{
	struct vf_hash study;

	if (l->rc != VF_OK)
		return;
	study = nt_api_study_hash(l->s.study);
	k->one_study = k->granted++ == 0 || (k->one_study && vf_hash_eq(&study, &k->study));
	k->study = study;
}

static size_t count_lines(struct vf_bytes text, size_t max, size_t *ret_octets)
{
	size_t n = 0, at = 0;

	while (n < max && at < text.n) {
		const uint8_t *lf = memchr(text.p + at, '\n', text.n - at);

		at = lf ? (size_t)(lf - text.p) + 1 : text.n;
		n++;
	}
	*ret_octets = at;
	return n;
}

/* Reads the next portion and offers it; false without memory. */
static bool offer_portion(struct nt_api_bulk *k, struct nt_intake *x, struct vf_bytes *text)
{
	size_t octets, n = count_lines(*text, PORTION, &octets), good = 0;
	struct nt_api_batch *b = nt_batch_new(k->job, n, octets);
	struct vf_bytes line;

	if (!b)
		return false;
	b->bulk = k;
	*k->end = b;
	k->end = &b->next;
	for (b->n = 0; b->n < n; b->n++) {
		if (!vf_take_line(text, &line)) {
			line = *text;
			*text = vf_bytes(NULL, 0);
		}
		nt_line_read(b, x, &b->lines[b->n], line);
		note_study(k, &b->lines[b->n]);
		if (b->lines[b->n].rc == VF_OK)
			good++;
		else
			b->lines[b->n].read = false;
	}
	k->denied += b->denied;
	if (!good) {
		nt_batch_drop_texts(b);
		return true;
	}
	b->offer.prepare = prepare_portion;
	b->offer.done = done_portion;
	atomic_fetch_add(&k->left, 1);
	nt_batch_offer(b);
	return true;
}

void nt_api_bulk(struct nt_job *j)
{
	struct nt_api_bulk *k;
	struct nt_reader *r;
	struct vf_bytes text;
	uint8_t *block;
	size_t octets;
	struct vf_err err;

	if (!nt_http_is_type(j->q, NDJSON)) {
		nt_job_fail(j, VF_HTTP_UNSUPPORTED, "Content-Type", "a bulk submission is " NDJSON);
		return;
	}
	if (!nt_job_read_body(j, &text, &block))
		return;
	if (count_lines(text, MAX_LINES + 1, &octets) > MAX_LINES) {
		free(block);
		nt_job_fail(j, VF_LIMIT, NULL, "a bulk submission has at most 100000 lines");
		return;
	}
	if (!nt_key_take(j, text)) {
		free(block);
		return;
	}
	k = calloc(1, sizeof(*k));
	r = k ? nt_reader_take(j->api, &err) : NULL;
	if (!r) {
		free(k);
		free(block);
		nt_key_end(j);
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a bulk submission");
		return;
	}
	k->job = j;
	k->end = &k->first;
	atomic_init(&k->left, 1);
	atomic_init(&k->fault, VF_OK);
	j->more = k;
	j->free_more = bulk_free;
	while (text.n && atomic_load(&k->fault) == VF_OK)
		if (!offer_portion(k, r->intake, &text)) {
			int none = VF_OK;

			if (atomic_compare_exchange_strong(&k->fault, &none, VF_NO_MEMORY))
				vf_ignore(vf_fail(&k->err, VF_NO_MEMORY, "no memory for a portion")); /* only for its text */
		}
	nt_reader_give(j->api, r);
	free(block); /* nothing borrows from it, and the last portion may wait for long */
	leave_bulk(k);
}

