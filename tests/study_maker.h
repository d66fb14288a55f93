/*
 * Study bundles of any records, whoever's they are: what no notary would pack together.
 *
 * Knows the format's outside alone: records come from notaries, the hashes of what is absent are zeros, as no program of these
 * bundles asks for them. So nothing that is withheld is proven in such a file.
 */
#ifndef TESTS_STUDY_MAKER_H
#define TESTS_STUDY_MAKER_H

#include <stdio.h>

#include "notary/study_pack.h"
#include "tests/study_judging.h"

#define SM_MAX 32

struct sm_piece {
	struct fixture *f;
	struct vf_hash id;
	bool hidden;
	const struct vf_hash *program_of; /* another record's bundle comes out, octet for octet */
	struct fixture *program_f;	  /* whose record that is, when it is not f's */
	uint64_t moved;			  /* added to its index, as the packing says it */
	bool place_withheld;		  /* with program_of: that bundle does not show its place in its stream */
	bool placeless;			  /* packed without its stream member, which its bundle shows all the same */
};

struct sm_document {
	const char *name, *text;
};

struct sm_seal {
	uint64_t number, first, size;
	size_t begin, end;
};

struct sm_file {
	struct sm_piece pieces[SM_MAX];
	size_t n;
	struct sm_seal moved; /* added to what each seal says of itself */
	struct sm_document documents[SM_MAX]; /* ascending by name */
	size_t n_documents;
};

/* The seals in the order of their records, which ascend by index. */
static inline size_t sm_seals(struct nt_record *const *r, const struct sm_file *m, struct sm_seal *seals)
{
	struct vf_err err = {0};
	size_t n = 0;

	for (size_t i = 0, begin = 0; i < m->n; i++) {
		struct nt_seal *seal = NULL;

		if (m->pieces[i].hidden || (n && seals[n - 1].number == r[i]->seal + m->moved.number)) {
			seals[n ? n - 1 : 0].end = n ? i + 1 : 0;
			continue;
		}
		fixture_need(nt_notary_seal_get(m->pieces[i].f->n, r[i]->seal, &seal, &err), &err, "seal");
		seals[n++] = (struct sm_seal){seal->number + m->moved.number, seal->first + m->moved.first, seal->size + m->moved.size, begin, i + 1};
		nt_seal_free(seal);
		begin = i + 1;
	}
	return n;
}

/* As many zeros as the format wants hashes there. */
static inline struct nt_buf sm_leaves(struct nt_record *const *r, const struct sm_seal *s)
{
	static const uint8_t zeros[64 * 64];
	struct nt_buf out = nt_buf(1u << 20);
	struct vf_bytes paths[SM_MAX];
	struct vf_err err = {0};
	uint64_t at[SM_MAX];
	size_t n = 0, n_batch = 0;

	for (size_t i = s->begin; i < s->end; i++) {
		paths[n] = vf_bytes(zeros, sizeof(zeros));
		at[n++] = r[i]->index;
		n_batch += r[i]->index >= s->first;
	}
	fixture_need(nt_study_absent(s->size, at, paths, n, 32, &out, &err), &err, "log tree");
	for (uint32_t i = 0; i < n_batch; i++) {
		at[i] = i;
		for (unsigned shift = 32; n_batch < s->size - s->first && shift > 0; shift -= 8)
			nt_buf_put_u8(&out, (uint8_t)(i >> (shift - 8)));
	}
	fixture_need(nt_study_absent(s->size - s->first, at, paths, n_batch, 32, &out, &err), &err, "batch tree");
	return out;
}

static inline bool sm_has_slot(struct nt_record *const *r, const struct sm_file *m, size_t at)
{
	bool known = r[at]->in_stream && r[at]->seq == 0;

	for (size_t i = 0; i < at && i < m->n; i++)
		known |= r[at]->in_stream && vf_hash_eq(&r[i]->id, &r[at]->stream);
	return known;
}

/* Header and members of the record that begins at an octet, and a program that gives another bundle. */
static inline void sm_graft(struct nt_buf *all, size_t at, struct vf_bytes bundle)
{
	struct vf_bytes mine = vf_bytes(all->p + at, all->n - at), line;
	struct nt_buf out = nt_buf(1u << 24), program = nt_buf(1u << 24);
	size_t members, size, output, index;
	char text[120];

	vf_take_line(&mine, &line);
	snprintf(text, sizeof(text), "%.*s", VF_STR(line));
	if (sscanf(text, "record %zu shown %zu %zu %zu", &index, &members, &size, &output) != 4)
		exit(1);
	nt_buf_put_u8(&program, VF_STUDY_LITERAL);
	for (output = bundle.n; output >= 128; output >>= 7)
		nt_buf_put_u8(&program, (uint8_t)(output | 128));
	nt_buf_put_u8(&program, (uint8_t)output);
	nt_buf_put(&program, bundle);
	nt_buf_putf(&out, "record %zu shown %zu %zu %zu\n", index, members, program.n, bundle.n);
	nt_buf_put(&out, vf_bytes(mine.p, mine.n - size));
	nt_buf_put(&out, nt_buf_bytes(&program));
	all->n = at;
	nt_buf_put(all, nt_buf_bytes(&out));
	nt_buf_done(&out);
	nt_buf_done(&program);
}

/* The members of a packed record but one, and its slot behind them: the header says one member less. */
static inline void sm_drop_place(struct nt_buf *all, size_t at, const struct vf_hash *slot, bool had_slot)
{
	struct vf_bytes mine = vf_bytes(all->p + at, all->n - at), line, member;
	size_t members, size, output, index, n;
	struct nt_buf out = nt_buf(1u << 24);
	char text[120], name[80];

	vf_take_line(&mine, &line);
	snprintf(text, sizeof(text), "%.*s", VF_STR(line));
	if (sscanf(text, "record %zu shown %zu %zu %zu", &index, &members, &size, &output) != 4)
		exit(1);
	nt_buf_putf(&out, "record %zu shown %zu %zu %zu\n", index, members - 1, size, output);
	for (size_t i = 0; i < members; i++) {
		vf_take_line(&mine, &line);
		snprintf(text, sizeof(text), "%.*s", VF_STR(line));
		if (sscanf(text, "%zu %79s", &n, name) != 2 || !vf_take(&mine, n, &member))
			exit(1);
		if (strcmp(name, VF_NAME_STREAM) == 0)
			continue;
		nt_buf_putf(&out, "%zu %s\n", n, name);
		nt_buf_put(&out, member);
	}
	if (!had_slot)
		nt_buf_put(&out, vf_bytes(slot->b, sizeof(slot->b)));
	nt_buf_put(&out, mine);
	all->n = at;
	nt_buf_put(all, nt_buf_bytes(&out));
	nt_buf_done(&out);
}

static inline void sm_pack(struct nt_study_pack *pack, const struct sm_piece *p, bool has_slot, struct nt_buf *out)
{
	static const struct nt_export_options detached = {.detached = true};
	struct nt_buf bundle = nt_buf(1u << 24);
	struct nt_record *r = NULL;
	struct nt_study_input in = {.has_slot = has_slot, .learn = true};
	struct vf_err err = {0};

	fixture_need(nt_notary_get(p->f->n, &p->id, &r, &err), &err, "record");
	r->index += p->moved;
	if (p->hidden) {
		fixture_need(nt_study_pack_hidden(r, has_slot, out, &err), &err, "hidden");
	} else {
		fixture_export(p->f, &p->id, &detached, &bundle);
		in.record = r;
		in.bundle = nt_buf_bytes(&bundle);
		fixture_need(nt_study_pack_shown(pack, &in, out, &err), &err, "shown");
	}
	nt_record_free(r);
	nt_buf_done(&bundle);
}

static inline void sm_put_zip(struct nt_buf *out, const struct sm_file *m, const struct sm_seal *seals, size_t n_seals,
	struct nt_record *const *r, struct vf_bytes shared, struct vf_bytes records)
{
	struct nt_buf json = nt_buf(1u << 16);
	struct vf_err err = {0};
	char name[100];
	struct nt_zip z;

	nt_buf_putf(&json, VF_STUDY_SCHEMA "%zu,\"seals\":[", m->n);
	for (size_t i = 0; i < n_seals; i++)
		nt_buf_putf(&json, "%s[%llu,%llu,%llu]", i ? "," : "", (unsigned long long)seals[i].number, (unsigned long long)seals[i].first,
			(unsigned long long)seals[i].size);
	nt_buf_put_str(&json, "]}");
	fixture_need(nt_zip_begin_as(&z, VF_STUDY_MEDIA, nt_zip_to_buf(out), &err), &err, "zip");
	fixture_need(nt_zip_deflated(&z, vf_bytes_str(VF_STUDY_JSON), nt_buf_bytes(&json), &err), &err, "zip");
	fixture_need(nt_zip_deflated(&z, vf_bytes_str(VF_STUDY_SHARED), shared, &err), &err, "zip");
	for (size_t i = 0; i < n_seals; i++) {
		struct nt_buf leaves = sm_leaves(r, &seals[i]);

		snprintf(name, sizeof(name), VF_STUDY_LEAVES, (unsigned long long)seals[i].number);
		if (leaves.n)
			fixture_need(nt_zip_deflated(&z, vf_bytes_str(name), nt_buf_bytes(&leaves), &err), &err, "zip");
		nt_buf_done(&leaves);
	}
	fixture_need(nt_zip_deflated(&z, vf_bytes_str("records/0001"), records, &err), &err, "zip");
	for (size_t i = 0; i < m->n_documents; i++) {
		struct vf_bytes b = vf_bytes_str(m->documents[i].text);

		fixture_need(nt_zip_entry(&z, vf_bytes_str(m->documents[i].name), b.n, nt_zip_crc(0, b), &err), &err, "zip");
		fixture_need(nt_zip_data(&z, b, &err), &err, "zip");
	}
	fixture_need(nt_zip_end(&z, &err), &err, "zip");
	nt_zip_done(&z);
	nt_buf_done(&json);
}

/* The file; the caller frees it. Shown records come first in it, and their seals ascend. */
static inline struct nt_buf sm_make(const struct sm_file *m)
{
	struct nt_buf out = nt_buf(1u << 26), records = nt_buf(1u << 24);
	struct nt_record *r[SM_MAX] = {NULL};
	struct sm_seal seals[SM_MAX + 1] = {{0}};
	struct nt_study_pack *pack = NULL;
	struct vf_err err = {0};

	fixture_need(nt_study_pack_new(&pack, &err), &err, "pack");
	for (size_t i = 0; i < m->n; i++) {
		const struct sm_piece *p = &m->pieces[i];
		size_t at = records.n;

		fixture_need(nt_notary_get(p->f->n, &p->id, &r[i], &err), &err, "record");
		r[i]->index += p->moved;
		sm_pack(pack, p, sm_has_slot(r, m, i), &records);
		if (p->placeless)
			sm_drop_place(&records, at, &r[i]->slot, !sm_has_slot(r, m, i));
		if (p->program_of) {
			static const char *const place[] = {VF_NAME_STREAM};
			const struct nt_export_options options = {.detached = true, .withhold = place, .n_withhold = p->place_withheld ? 1 : 0};
			struct nt_buf other = nt_buf(1u << 24);

			fixture_export(p->program_f ? p->program_f : p->f, p->program_of, &options, &other);
			sm_graft(&records, at, nt_buf_bytes(&other));
			nt_buf_done(&other);
		}
	}
	sm_put_zip(&out, m, seals, sm_seals(r, m, seals), r, nt_study_pack_shared(pack), nt_buf_bytes(&records));
	for (size_t i = 0; i < m->n; i++)
		nt_record_free(r[i]);
	nt_study_pack_free(pack);
	nt_buf_done(&records);
	return out;
}

static inline enum vf_rc sm_judge(struct fixture *f, const struct sm_file *m, const struct study_beside *beside, struct vf_study_result *ret)
{
	struct nt_buf file = sm_make(m);
	enum vf_rc rc = study_judge(f, nt_buf_bytes(&file), beside, ret);

	if (rc != VF_OK)
		fprintf(stderr, "%s: %s\n", vf_rc_name(rc), study_said.text);
	nt_buf_done(&file);
	return rc;
}

/* A bundle with its documents; the caller frees it. */
static inline struct nt_buf sm_bundle_of(struct fixture *f, const struct vf_hash *id)
{
	struct nt_buf out = nt_buf(1u << 24);

	fixture_export(f, id, NULL, &out);
	return out;
}

static inline enum vf_rc sm_judge_with(struct fixture *f, const struct sm_file *m, const struct nt_buf *bundle, struct vf_study_result *ret)
{
	struct vf_source source = vf_source_of(nt_buf_bytes(bundle));
	struct vf_detached given = {"given.asice", &source};

	return sm_judge(f, m, &(struct study_beside){.bundles = &given, .n_bundles = 1}, ret);
}

/* A record without documents of its own to find: consents show a commitment, whose document nobody has. */
static inline struct vf_hash sm_submit(struct fixture *f, const char *study, const char *name)
{
	study_submit(f, study, TR_CONSENT, name, name);
	fixture_seal(f);
	return f->last;
}

static inline struct sm_file sm_file_of(struct fixture *f, const struct vf_hash *ids, size_t n)
{
	struct sm_file m = {.n = n};

	for (size_t i = 0; i < n; i++)
		m.pieces[i] = (struct sm_piece){.f = f, .id = ids[i]};
	return m;
}

#endif
