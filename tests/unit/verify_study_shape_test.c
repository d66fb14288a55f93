/* Every way in which a study bundle can depart from docs/formats/study.md, and what refuses it. */
#include "tests/study_judging.h"
#include "verify/limits.h"

#define ENTRIES 24

static struct fixture f;
static struct vf_bytes plain, partial; /* without and with what is absent: two leaves files, one hidden record */

struct entry {
	char name[100];
	struct nt_buf data;
	bool deflated;
};

struct parts {
	struct entry e[ENTRIES];
	size_t n;
};

static void take_apart(struct vf_bytes file, struct parts *p)
{
	struct vf_source source = vf_source_of(file);
	struct vf_container box;
	struct vf_arena a;
	struct vf_bytes b;
	struct vf_err err = {0};

	memset(p, 0, sizeof(*p));
	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_container_open(&source, true, &a, &box, &err), &err, "container");
	for (size_t i = 1; i < box.zip.n && p->n < ENTRIES - 2; i++) {
		struct entry *e = &p->e[p->n++];

		snprintf(e->name, sizeof(e->name), "%.*s", VF_STR(box.zip.entries[i].name));
		e->data = nt_buf(1u << 28);
		e->deflated = box.zip.entries[i].method == VF_ZIP_DEFLATED;
		fixture_need(vf_container_read(&box, &box.zip.entries[i], &a, &b, &err), &err, "read");
		nt_buf_put(&e->data, b);
	}
}

static struct entry *entry(struct parts *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->e[i].name, name) == 0)
			return &p->e[i];
	fprintf(stderr, "no entry '%s'\n", name);
	exit(1);
}

static void drop(struct parts *p, const char *name)
{
	struct entry *e = entry(p, name);

	nt_buf_done(&e->data);
	memmove(e, e + 1, (size_t)(p->e + p->n - (e + 1)) * sizeof(*e));
	p->n--;
}

static struct nt_buf put_together(struct parts *p, const char *media)
{
	struct nt_buf out = nt_buf(1u << 28);
	struct vf_err err = {0};
	struct nt_zip z;

	fixture_need(nt_zip_begin_as(&z, media, nt_zip_to_buf(&out), &err), &err, "zip");
	for (size_t i = 0; i < p->n; i++) {
		struct vf_bytes name = vf_bytes_str(p->e[i].name), b = nt_buf_bytes(&p->e[i].data);

		if (p->e[i].deflated) {
			fixture_need(nt_zip_deflated(&z, name, b, &err), &err, "deflate");
		} else {
			fixture_need(nt_zip_entry(&z, name, b.n, nt_zip_crc(0, b), &err), &err, "entry");
			fixture_need(nt_zip_data(&z, b, &err), &err, "data");
		}
		nt_buf_done(&p->e[i].data);
	}
	fixture_need(nt_zip_end(&z, &err), &err, "end");
	nt_zip_done(&z);
	return out;
}

/* The parts, put together again and judged, are refused with this code and text. Frees the parts. */
static void refused(struct parts *p, enum vf_rc want, const char *text)
{
	struct nt_buf file = put_together(p, VF_STUDY_MEDIA);
	enum vf_rc rc;

	study_said = (struct vf_err){0};
	rc = study_judge(&f, nt_buf_bytes(&file), NULL, NULL);
	if (rc != want || !strstr(study_said.text, text))
		fprintf(stderr, "not '%s', but %s: %s\n", text, vf_rc_name(rc), study_said.text);
	CHECK_RC(rc, want);
	CHECK(strstr(study_said.text, text) != NULL);
	nt_buf_done(&file);
}

static void put_over(struct nt_buf *b, size_t at, size_t n, struct vf_bytes with)
{
	struct nt_buf out = nt_buf(1u << 28);

	nt_buf_put(&out, vf_bytes(b->p, at));
	nt_buf_put(&out, with);
	nt_buf_put(&out, vf_bytes(b->p + at + n, b->n - at - n));
	nt_buf_done(b);
	*b = out;
}

/* The first place of a text becomes another. */
static void edit(struct entry *e, const char *old, const char *with)
{
	const uint8_t *at = memmem(e->data.p, e->data.n, old, strlen(old));

	if (!at) {
		fprintf(stderr, "'%s' has no '%s'\n", e->name, old);
		exit(1);
	}
	put_over(&e->data, (size_t)(at - e->data.p), strlen(old), vf_bytes_str(with));
}

/* ---- study.json ---- */

static const struct {
	const char *old, *with;
	enum vf_rc want;
	const char *text;
} json_edits[] = {
	{"\"records\":3", "\"records\":4", VF_STUDY_SHAPE, "fewer records"},
	{"\"records\":3", "\"records\":2", VF_STUDY_SHAPE, "more records"},
	{"\"records\":3", "\"records\":0", VF_STUDY_SHAPE, "0 records"},
	{"\"records\":3", "\"records\":03", VF_STUDY_SHAPE, "exact form"},
	{"\"records\":3", "\"records\":100001", VF_LIMIT, "100001 records"},
	{"\"records\":3,", "\"records\":3, ", VF_STUDY_SHAPE, "exact form"},
	{"study/1", "study/2", VF_STUDY_SHAPE, "exact form"},
	{"]}", "]}\n", VF_STUDY_SHAPE, "exact form"},
	{"]]}", "]}", VF_STUDY_SHAPE, "exact form"},
	{"[[1,0,2],", "[[1,0,2],[1,0,2],", VF_STUDY_SHAPE, "exact form"},
	{"[[1,0,2],", "[[0,0,2],", VF_STUDY_SHAPE, "exact form"},
	{"[[1,0,2],", "[[1,2,2],", VF_STUDY_SHAPE, "exact form"},
	{"[[1,0,2],", "[[1,0,5],", VF_STUDY_SHAPE, "exact form"},
	{"[[1,0,2],", "[[1,0,3],", VF_STUDY_SHAPE, "seal 1: positions of a batch"},
	{"[[1,0,2],", "[[1,0,2,2],", VF_STUDY_SHAPE, "exact form"},
	{"[3,4,6]]", "[3,4,6],[4,6,7]]", VF_STUDY_SHAPE, "seal 4 is listed for no record"},
};

static void study_json(void)
{
	struct parts p;

	for (size_t i = 0; i < sizeof(json_edits) / sizeof(*json_edits); i++) {
		take_apart(partial, &p);
		edit(entry(&p, VF_STUDY_JSON), json_edits[i].old, json_edits[i].with);
		refused(&p, json_edits[i].want, json_edits[i].text);
	}
	take_apart(partial, &p);
	edit(entry(&p, VF_STUDY_JSON), "[1,0,2],", "");
	drop(&p, "leaves/000001");
	refused(&p, VF_STUDY_SHAPE, "the seal of record 0 is not listed");
	take_apart(partial, &p);
	edit(entry(&p, VF_STUDY_JSON), ",[3,4,6]", "");
	drop(&p, "leaves/000003");
	refused(&p, VF_STUDY_SHAPE, "the seal of record 5 is not listed");
	take_apart(partial, &p);
	nt_buf_reset(&p.e[0].data);
	nt_buf_put_str(&p.e[0].data, VF_STUDY_SCHEMA "3,\"seals\":[");
	for (size_t i = 0; i < VF_MAX_STUDY_SEALS + 1; i++)
		nt_buf_putf(&p.e[0].data, "%s[%zu,%zu,%zu]", i ? "," : "", i + 1, i, i + 1);
	nt_buf_put_str(&p.e[0].data, "]}");
	refused(&p, VF_LIMIT, "10001 seals");
}

/* ---- entries ---- */

static void swap(struct parts *p, size_t a, size_t b)
{
	struct entry kept = p->e[a];

	p->e[a] = p->e[b];
	p->e[b] = kept;
}

static void add(struct parts *p, const char *name, bool deflated, struct vf_bytes data)
{
	struct entry *e = &p->e[p->n++];

	snprintf(e->name, sizeof(e->name), "%s", name);
	e->deflated = deflated;
	e->data = nt_buf(1u << 28);
	nt_buf_put(&e->data, data);
}

static void entries(void)
{
	static const char document[] = "documents/0000000000000000000000000000000000000000000000000000000000000000";
	struct vf_bytes some = vf_bytes_str("some");
	struct nt_buf file, large = nt_buf(1u << 28);
	struct parts p;
	char line[64];

	take_apart(plain, &p);
	swap(&p, 0, 1);
	refused(&p, VF_STUDY_SHAPE, "are not where they belong");
	take_apart(plain, &p);
	while (p.n > 2)
		drop(&p, p.e[p.n - 1].name);
	refused(&p, VF_STUDY_SHAPE, "there are no records");
	take_apart(plain, &p);
	snprintf(entry(&p, "records/0001")->name, 20, "records/0002");
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one");
	take_apart(plain, &p);
	add(&p, document, false, some);
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one"); /* not ascending */
	take_apart(plain, &p);
	add(&p, "documents/some.txt", false, some);
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one");
	take_apart(plain, &p);
	add(&p, "documents/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", true, some);
	refused(&p, VF_ZIP_SHAPE, "has a header that no study bundle has");
	take_apart(plain, &p);
	entry(&p, VF_STUDY_JSON)->deflated = false;
	refused(&p, VF_ZIP_SHAPE, "has a header that no study bundle has");
	take_apart(plain, &p);
	add(&p, "leaves/000001", true, some);
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one");
	take_apart(plain, &p);
	add(&p, "notes0", false, vf_bytes(NULL, 0));
	file = put_together(&p, VF_STUDY_MEDIA);
	for (uint8_t *at = file.p; (at = memmem(at, (size_t)(file.p + file.n - at), "notes0", 6));)
		at[5] = '/';
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), NULL, NULL), VF_ZIP_SHAPE);
	CHECK(strstr(study_said.text, "has a folder"));
	nt_buf_done(&file);
	take_apart(plain, &p);
	file = put_together(&p, VF_ZIP_ASICE);
	CHECK(study_judge(&f, nt_buf_bytes(&file), NULL, NULL) != VF_OK);
	nt_buf_done(&file);

	/* a part without records; parts and shared octets beyond their limits */
	take_apart(plain, &p);
	while (p.n > 3)
		drop(&p, p.e[p.n - 1].name);
	add(&p, "records/0002", true, vf_bytes(NULL, 0));
	refused(&p, VF_STUDY_SHAPE, "a part without records");
	for (size_t i = 0; i < VF_MAX_STUDY_SHARED + 2; i += 32) {
		snprintf(line, sizeof(line), "%031zu\n", i); /* no compression bomb */
		nt_buf_put_str(&large, line);
	}
	take_apart(plain, &p);
	p.e[1].data.cap = large.cap;
	nt_buf_put(&p.e[1].data, nt_buf_bytes(&large));
	refused(&p, VF_LIMIT, "'shared' has");
	take_apart(plain, &p);
	nt_buf_put(&p.e[2].data, vf_bytes(large.p, VF_MAX_PART));
	refused(&p, VF_LIMIT, "'records/0001' has");
	nt_buf_done(&large);
}

/* ---- records ---- */

static const struct {
	const char *old, *with;
	enum vf_rc want;
	const char *text;
} record_edits[] = {
	{"record 0 shown ", "record 00 shown ", VF_STUDY_SHAPE, "record 0 of the file is not in its exact form"},
	{"record 0 shown ", "recorD 0 shown ", VF_STUDY_SHAPE, "record 0 of the file is not in its exact form"},
	{"record 0 shown ", "record 0 Shown ", VF_STUDY_SHAPE, "its first line is not in its exact form"},
	{"record 0 shown ", "record 0 shown 0", VF_STUDY_SHAPE, "its first line is not in its exact form"},
	{"record 0 shown ", "record 0 shown 1 ", VF_STUDY_SHAPE, "its first line is not in its exact form"},
	{"record 0 shown ", "record 0 shown 10000", VF_LIMIT, "members"},
	{"record 0 shown ", "record 4 shown ", VF_STUDY_SHAPE, "the records do not ascend"},
	{" statement.json\n", " statement.jsom\n", VF_STUDY_SHAPE, "the statement is not its first member"},
	{" stream.json\n", " statement.json\n", VF_STUDY_SHAPE, "a member is not in its exact form"},
	{" stream.json\n", " ../a\n", VF_STUDY_SHAPE, "a member is not in its exact form"},
	{" stream.json\n", " stream.jsom\n", VF_STUDY_SHAPE, ""}, /* then a slot is expected */
	{" statement.json\n", "0 statement.json\n", VF_STUDY_SHAPE, "a member is not in its exact form"},
	{" hidden ", " hidden 0", VF_STUDY_SHAPE, "its first line is not in its exact form"},
	{" hidden 2\n", " hidden 20000\n", VF_STUDY_SHAPE, "the digests are cut"},
	{" hidden 2\n", " hidden 900719925474\n", VF_STUDY_SHAPE, "record 4: the digests are cut"}, /* before memory is asked for */
	{" statement.json\n", "statement.json\n", VF_STUDY_SHAPE, "a member is not in its exact form"},
	{" hidden 2\n", " hidden 900\n", VF_STUDY_SHAPE, "the digests are cut or do not ascend"},
	{" hidden 2\n", " hidden 1\n", VF_STUDY_SHAPE, "is not in its exact form"},
};

/* Where the program of record 0 is in its part, and what it says. */
static size_t program_at(struct vf_bytes file, struct vf_study_unpacked *u)
{
	struct vf_source source = vf_source_of(file);
	struct vf_arena a;
	struct vf_study s;
	struct vf_err err = {0};

	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_study_open(&source, &a, &s, &err), &err, "open");
	fixture_need(vf_study_unpack(&s, 0, u, &err), &err, "unpack");
	return (size_t)(u->program.p - s.part_room);
}

/* Record 0 with another program, or another OUTPUT. */
static void change_program(struct parts *p, const void *program, size_t n, size_t output)
{
	struct entry *e = entry(p, "records/0001");
	struct vf_study_unpacked u;
	size_t at = program_at(plain, &u);
	char old[80], with[80];

	put_over(&e->data, at, u.program.n, vf_bytes(program, n));
	snprintf(old, sizeof(old), "record 0 shown %zu %zu %zu\n", u.n_members, u.program.n, u.output);
	snprintf(with, sizeof(with), "record 0 shown %zu %zu %zu\n", u.n_members, n, output);
	edit(e, old, with);
}

static const struct {
	uint8_t octets[14];
	size_t n;
} programs[] = {
	{{14}, 1},			      /* no code */
	{{14, 0}, 2},
	{{2}, 1},			      /* no item is named */
	{{0, 5, 1, 2}, 4},		      /* a literal that is cut */
	{{0}, 1},			      /* without its operand */
	{{0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, 12}, /* a number of eleven octets */
	{{1, 0xff, 0xff, 0xff, 0x7f, 1}, 6},  /* behind 'shared' */
	{{2, 99}, 2},			      /* no such item */
	{{3, 99}, 2},
	{{4, 99}, 2},
	{{7, 0}, 2},			      /* no mark was set */
	{{6, 0, 1, 'x', 5, 7, 0}, 7},	      /* a mark before the end */
	{{8, 16, 0}, 3},		      /* no such form */
	{{8, 3, 0}, 3},
	{{8, 0, 99}, 3},		      /* no such digest */
	{{11, 64}, 2},			      /* beyond the root */
	{{12, 64}, 2},
	{{13, 64}, 2},
	{{13, 0xff, 0x7f}, 3},
};

/* What no edit of one text makes: lines that are cut off, a slot that is not there, a hidden record of another member. */
static void cut_records(void)
{
	struct vf_study_unpacked u;
	struct parts p;
	struct entry *e;
	uint8_t *at;
	char old[80], with[80];

	take_apart(plain, &p);
	program_at(plain, &u);
	snprintf(old, sizeof(old), "record 0 shown %zu %zu %zu\n", u.n_members, u.program.n, u.output);
	snprintf(with, sizeof(with), "record 0 shown %zu %zu\n", u.n_members, u.program.n);
	edit(entry(&p, "records/0001"), old, with);
	refused(&p, VF_STUDY_SHAPE, "its first line is not in its exact form");
	/* with no stream member the slot stands before the program, whole */
	take_apart(plain, &p);
	e = entry(&p, "records/0001");
	edit(e, " stream.json\n", " stream.jsom\n");
	e->data.n = program_at(plain, &u) + 31;
	refused(&p, VF_STUDY_SHAPE, "record 0: the slot is missing");
	take_apart(partial, &p);
	e = entry(&p, "records/0001");
	at = memmem(e->data.p, e->data.n, " hidden ", 8);
	at = at ? memmem(at, (size_t)(e->data.p + e->data.n - at), "stream.json", 11) : NULL;
	CHECK(at != NULL);
	if (at)
		at[0] = 'S';
	refused(&p, VF_STUDY_SHAPE, "a hidden record has its stream member alone");
}

static void records(void)
{
	struct vf_study_unpacked u;
	struct parts p;

	for (size_t i = 0; i < sizeof(record_edits) / sizeof(*record_edits); i++) {
		take_apart(partial, &p);
		edit(entry(&p, "records/0001"), record_edits[i].old, record_edits[i].with);
		refused(&p, record_edits[i].want, record_edits[i].text);
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		take_apart(plain, &p);
		change_program(&p, programs[i].octets, programs[i].n, 4096);
		refused(&p, VF_STUDY_SHAPE, "its program is wrong at octet");
	}
	take_apart(plain, &p);
	change_program(&p, "", 0, 7);
	refused(&p, VF_STUDY_SHAPE, "its program gives 0 octets, not 7");
	take_apart(plain, &p);
	change_program(&p, "\0\1x", 3, 0);
	refused(&p, VF_STUDY_SHAPE, "its program is wrong at octet 0");
	take_apart(plain, &p);
	change_program(&p, "\0\1x", 3, VF_MAX_STUDY_OUTPUT + 1);
	refused(&p, VF_LIMIT, "has a bundle of");
	take_apart(plain, &p);
	change_program(&p, "\0\1x", 3, VF_MAX_STUDY_RATIO_FREE + 1);
	refused(&p, VF_LIMIT, "the bundles are more than 1000 times the file");
	take_apart(plain, &p);
	entry(&p, "records/0001")->data.n -= 1;
	refused(&p, VF_STUDY_SHAPE, "the program is cut");
	/* the last octet of the file's first program: another bundle, so the judge refuses it and the packing does not */
	take_apart(plain, &p);
	entry(&p, "records/0001")->data.p[program_at(plain, &u) + u.program.n - 1] ^= 0x40;
	{
		struct nt_buf file = put_together(&p, VF_STUDY_MEDIA);
		static struct vf_study_result r;
		enum vf_rc rc = study_judge(&f, nt_buf_bytes(&file), NULL, &r);

		CHECK(rc == VF_STUDY_SHAPE || (rc == VF_OK && r.verdict != VF_VERIFIED));
		nt_buf_done(&file);
	}
}

/* ---- leaves ---- */

static void leaves(void)
{
	static const uint8_t zeros[64];
	struct parts p;
	struct entry *e;

	take_apart(partial, &p);
	e = entry(&p, "leaves/000003");
	CHECK_INT(e->data.n, 32);
	e->data.n -= 1;
	refused(&p, VF_STUDY_SHAPE, "seal 3");
	take_apart(partial, &p);
	entry(&p, "leaves/000001")->data.n -= 32;
	refused(&p, VF_STUDY_SHAPE, "seal 1");
	take_apart(partial, &p);
	nt_buf_put(&entry(&p, "leaves/000001")->data, vf_bytes(zeros, 1));
	refused(&p, VF_STUDY_SHAPE, "seal 1");
	/* as many octets as a tree of SHA-512 digests would need here, and some more */
	take_apart(partial, &p);
	nt_buf_put(&entry(&p, "leaves/000003")->data, vf_bytes(zeros, 64));
	refused(&p, VF_STUDY_SHAPE, "seal 3");
	take_apart(partial, &p);
	entry(&p, "leaves/000001")->data.n = 0;
	refused(&p, VF_STUDY_SHAPE, "'leaves/000001' is empty");
	take_apart(partial, &p);
	drop(&p, "leaves/000001");
	refused(&p, VF_STUDY_SHAPE, "seal 1");
	/* the log's hash, then a position that no leaf of the batch has */
	take_apart(partial, &p);
	e = entry(&p, "leaves/000001");
	CHECK_INT(e->data.n, 32 + 4 + 32);
	e->data.p[35] = 99;
	refused(&p, VF_STUDY_SHAPE, "positions of a batch");
}

/* The trees of the right records under the number of a seal that their bundles do not name. */
static void other_seal(void)
{
	static struct vf_study_result r;
	struct nt_buf file;
	struct parts p;

	take_apart(partial, &p);
	edit(entry(&p, VF_STUDY_JSON), "[[1,0,2],", "[[2,0,2],");
	snprintf(entry(&p, "leaves/000001")->name, 20, "leaves/000002");
	file = put_together(&p, VF_STUDY_MEDIA);
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is under another seal"));
	nt_buf_done(&file);
}

/* A withheld record behind all seals of the file has the place that the file says: its bundle knows better. */
static void other_index(void)
{
	static const struct nt_withhold consent[] = {{.kind = "consent"}};
	struct nt_study_options o = {.choice = {.withhold = consent, .n_withhold = 1}};
	static struct vf_study_result r;
	struct vf_source source;
	struct vf_detached given = {"given.asice", &source};
	struct study_beside beside = {.bundles = &given, .n_bundles = 1};
	struct nt_buf bundle = nt_buf(1u << 24), file;
	struct nt_study_made made;
	struct vf_bytes packed;
	struct parts p;

	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 1);
	fixture_seal(&f);
	study_submit(&f, "A", TR_CONSENT, "consent.txt", "consent");
	fixture_seal(&f);
	packed = study_put(&f, "A", &o, &made);
	fixture_export(&f, &f.last, NULL, &bundle);
	source = vf_source_of(nt_buf_bytes(&bundle));
	CHECK_RC(study_judge(&f, packed, &beside, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 1);
	take_apart(packed, &p);
	edit(entry(&p, "records/0001"), "record 1 hidden ", "record 2 hidden ");
	file = put_together(&p, VF_STUDY_MEDIA);
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), &beside, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.given, 0);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "'given.asice' does not belong to the file: its record has another place in the log"));
	nt_buf_done(&file);
	nt_buf_done(&bundle);
	free((void *)(uintptr_t)packed.p);
	fixture_end(&f);
}

int main(void)
{
	static const struct nt_withhold consent[] = {{.kind = "consent"}};
	struct nt_study_options o = {.choice = {.withhold = consent, .n_withhold = 1}};
	static struct vf_study_result r;
	struct nt_study_made made;

	study_begin();
	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 2);
	fixture_seal(&f);
	plain = study_put(&f, "A", NULL, &made);
	fixture_end(&f);

	/* records 0 and 1, 2 and 3 of other studies, 4 withheld, 5 shown; B has one of each seal */
	fixture_begin(&f);
	study_submit_many(&f, "A", 0, 1);
	study_submit_many(&f, "B", 0, 1);
	fixture_seal(&f);
	study_submit_many(&f, "B", 1, 2);
	fixture_seal(&f);
	study_submit(&f, "A", TR_CONSENT, "consent.txt", "consent");
	study_submit_many(&f, "A", 1, 1);
	fixture_seal(&f);
	partial = study_put(&f, "A", &o, &made);
	CHECK_RC(study_judge(&f, partial, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	study_json();
	entries();
	records();
	cut_records();
	other_seal();
	leaves();
	free((void *)(uintptr_t)plain.p);
	free((void *)(uintptr_t)partial.p);
	fixture_end(&f);
	other_index();
	return check_done();
}
