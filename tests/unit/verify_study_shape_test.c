/* Every way in which a study bundle can depart from docs/formats/study.md, and what refuses it. */
#include "tests/study_parts.h"
#include "tests/zip_make.h"
#include "verify/limits.h"

static struct fixture f;
static struct vf_bytes plain, partial; /* without and with what is absent: two leaves files, one hidden record */

/* The parts, put together again and judged, are refused with this code and text. Frees the parts. */
static void refused(struct sp_parts *p, enum vf_rc want, const char *text)
{
	struct nt_buf file = sp_make(p, VF_STUDY_MEDIA);
	enum vf_rc rc;

	study_said = (struct vf_err){0};
	rc = study_judge(&f, nt_buf_bytes(&file), NULL, NULL);
	if (rc != want || !strstr(study_said.text, text))
		fprintf(stderr, "not '%s', but %s: %s\n", text, vf_rc_name(rc), study_said.text);
	CHECK_RC(rc, want);
	CHECK(strstr(study_said.text, text) != NULL);
	nt_buf_done(&file);
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
	{"[[1,0,2],", "[1,0,2],", VF_STUDY_SHAPE, "exact form"},
	{"[[1,0,2],", "[[1,0,2]", VF_STUDY_SHAPE, "exact form"},
	{"[[1,0,2],", "[[1,00,2],", VF_STUDY_SHAPE, "exact form"},
	{"[3,4,6]]", "[3,4,4294967300]]", VF_STUDY_SHAPE, "exact form"}, /* more than a position of four octets counts */
	{"\"seals\":[", "", VF_STUDY_SHAPE, "exact form"},
	{VF_STUDY_SCHEMA, "", VF_STUDY_SHAPE, "exact form"},
	{"[3,4,6]]", "[3,4,6],[4,6,7]]", VF_STUDY_SHAPE, "seal 4 is listed for no record"},
};

static void study_json(void)
{
	struct sp_parts p;

	for (size_t i = 0; i < sizeof(json_edits) / sizeof(*json_edits); i++) {
		sp_take(partial, &p);
		sp_edit(sp_entry(&p, VF_STUDY_JSON), json_edits[i].old, json_edits[i].with);
		refused(&p, json_edits[i].want, json_edits[i].text);
	}
	sp_take(partial, &p);
	sp_edit(sp_entry(&p, VF_STUDY_JSON), "[1,0,2],", "");
	sp_drop(&p, "leaves/000001");
	refused(&p, VF_STUDY_SHAPE, "the seal of record 0 is not listed");
	sp_take(partial, &p);
	sp_edit(sp_entry(&p, VF_STUDY_JSON), ",[3,4,6]", "");
	sp_drop(&p, "leaves/000003");
	refused(&p, VF_STUDY_SHAPE, "the seal of record 5 is not listed");
	sp_take(partial, &p);
	nt_buf_reset(&p.e[0].data);
	nt_buf_put_str(&p.e[0].data, VF_STUDY_SCHEMA "3,\"seals\":[");
	for (size_t i = 0; i < VF_MAX_STUDY_SEALS + 1; i++)
		nt_buf_putf(&p.e[0].data, "%s[%zu,%zu,%zu]", i ? "," : "", i + 1, i, i + 1);
	nt_buf_put_str(&p.e[0].data, "]}");
	refused(&p, VF_LIMIT, "10001 seals");
}

/* ---- entries ---- */

static void swap(struct sp_parts *p, size_t a, size_t b)
{
	struct sp_entry kept = p->e[a];

	p->e[a] = p->e[b];
	p->e[b] = kept;
}

static void entries(void)
{
	static const char document[] = "documents/0000000000000000000000000000000000000000000000000000000000000000";
	struct vf_bytes some = vf_bytes_str("some");
	struct nt_buf file, large = nt_buf(1u << 28);
	struct sp_parts p;
	char line[64];

	sp_take(plain, &p);
	swap(&p, 0, 1);
	refused(&p, VF_STUDY_SHAPE, "are not where they belong");
	sp_take(plain, &p);
	sp_entry(&p, VF_STUDY_JSON)->name[0] = 'S';
	refused(&p, VF_STUDY_SHAPE, "are not where they belong");
	sp_take(plain, &p);
	sp_entry(&p, VF_STUDY_SHARED)->name[0] = 'S';
	refused(&p, VF_STUDY_SHAPE, "are not where they belong");
	sp_take(plain, &p);
	while (p.n > 2)
		sp_drop(&p, p.e[p.n - 1].name);
	refused(&p, VF_STUDY_SHAPE, "there are no records");
	sp_take(plain, &p);
	snprintf(sp_entry(&p, "records/0001")->name, 20, "records/0002");
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one");
	sp_take(plain, &p);
	sp_add(&p, document, false, some);
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one"); /* not ascending */
	sp_take(plain, &p);
	sp_add(&p, document + strlen(VF_STUDY_DOCUMENTS), true, some);
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one");
	sp_take(plain, &p);
	sp_add(&p, "documents/some.txt", false, some);
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one");
	sp_take(plain, &p);
	sp_add(&p, "documents/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", true, some);
	refused(&p, VF_ZIP_SHAPE, "has a header that no study bundle has");
	sp_take(plain, &p);
	sp_entry(&p, VF_STUDY_JSON)->deflated = false;
	refused(&p, VF_ZIP_SHAPE, "has a header that no study bundle has");
	sp_take(plain, &p);
	sp_add(&p, "leaves/000001", true, some);
	refused(&p, VF_STUDY_SHAPE, "where a study bundle has one");
	sp_take(plain, &p);
	sp_add(&p, "notes0", false, vf_bytes(NULL, 0));
	file = sp_make(&p, VF_STUDY_MEDIA);
	for (uint8_t *at = file.p; (at = memmem(at, (size_t)(file.p + file.n - at), "notes0", 6));)
		at[5] = '/';
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), NULL, NULL), VF_ZIP_SHAPE);
	CHECK(strstr(study_said.text, "has a folder"));
	nt_buf_done(&file);
	sp_take(plain, &p);
	file = sp_make(&p, VF_ZIP_ASICE);
	CHECK(study_judge(&f, nt_buf_bytes(&file), NULL, NULL) != VF_OK);
	nt_buf_done(&file);

	/* a part without records; parts and shared octets beyond their limits */
	sp_take(plain, &p);
	while (p.n > 3)
		sp_drop(&p, p.e[p.n - 1].name);
	sp_add(&p, "records/0002", true, vf_bytes(NULL, 0));
	refused(&p, VF_STUDY_SHAPE, "a part without records");
	for (size_t i = 0; i < VF_MAX_STUDY_SHARED + 2; i += 32) {
		snprintf(line, sizeof(line), "%031zu\n", i); /* no compression bomb */
		nt_buf_put_str(&large, line);
	}
	sp_take(plain, &p);
	p.e[1].data.cap = large.cap;
	nt_buf_put(&p.e[1].data, nt_buf_bytes(&large));
	refused(&p, VF_LIMIT, "'shared' has");
	sp_take(plain, &p);
	nt_buf_put(&p.e[2].data, vf_bytes(large.p, VF_MAX_PART));
	refused(&p, VF_LIMIT, "'records/0001' has");
	nt_buf_done(&large);
}

/* ---- headers ---- */

/* Departures from the profile that other containers may have. */
enum departure { NONE, EXTRA, LOCAL_EXTRA, DESCRIPTOR, TIME, MADE_BY, ATTRIBUTE, COMMENT, DEPARTURES };

static struct nt_buf depart(enum departure how)
{
	static const uint8_t extra[] = {0x99, 0x99, 0, 0};
	struct zm_entry e[SP_MAX];
	struct nt_buf rooms[SP_MAX] = {{0}}, out = nt_buf(1u << 28);
	struct zm_end end = {0};
	struct sp_parts p;
	uint8_t descriptor[16];
	size_t n = 0;

	sp_take(plain, &p);
	e[n++] = zm_entry("mimetype", VF_STUDY_MEDIA);
	for (size_t i = 0; i < p.n; i++, n++)
		e[n] = p.e[i].deflated ? zm_deflated(p.e[i].name, nt_buf_bytes(&p.e[i].data), &rooms[n]) : zm_entry_raw(vf_bytes_str(p.e[i].name), nt_buf_bytes(&p.e[i].data));
	for (size_t i = 0; i < n; i++)
		e[i].made_by = VF_ZIP_NEED_STORED;
	if (how == EXTRA || how == LOCAL_EXTRA)
		e[3].local.extra = vf_bytes(extra, sizeof(extra));
	if (how == EXTRA)
		e[3].central.extra = e[3].local.extra;
	if (how == DESCRIPTOR)
		zm_describe(&e[3], true, descriptor);
	if (how == TIME)
		e[3].local.stamp = e[3].central.stamp = 0x5a210000;
	if (how == MADE_BY)
		e[3].made_by = 3 << 8 | 20;
	if (how == ATTRIBUTE)
		e[3].external = 0644u << 16;
	if (how == COMMENT)
		end.comment = vf_bytes(extra, sizeof(extra));
	zm_build(&out, e, n, &end);
	for (size_t i = 0; i < n; i++)
		nt_buf_done(&rooms[i]);
	for (size_t i = 0; i < p.n; i++)
		nt_buf_done(&p.e[i].data);
	return out;
}

static void headers(void)
{
	for (enum departure how = NONE; how < DEPARTURES; how++) {
		struct nt_buf file = depart(how);
		enum vf_rc rc = study_judge(&f, nt_buf_bytes(&file), NULL, NULL);

		if (rc != (how == NONE ? VF_OK : VF_ZIP_SHAPE))
			CHECK_FAIL("departure %d: %s: %s", (int)how, vf_rc_name(rc), study_said.text);
		nt_buf_done(&file);
	}
}

/* How a program tells it from a bundle: by its type alone, where it must stand. */
static void kinds(void)
{
	struct vf_source s = vf_source_of(plain);
	uint8_t *copy = malloc(plain.n);

	CHECK(vf_study_is(&s));
	s = vf_source_of(vf_bytes(plain.p, VF_ZIP_LOCAL_SIZE + strlen("mimetype" VF_STUDY_MEDIA)));
	CHECK(!vf_study_is(&s));
	s = vf_source_of(vf_bytes(NULL, 0));
	CHECK(!vf_study_is(&s));
	memcpy(copy, plain.p, plain.n);
	copy[VF_ZIP_LOCAL_SIZE + strlen("mimetype" VF_STUDY_MEDIA) - 1] ^= 1;
	s = vf_source_of(vf_bytes(copy, plain.n));
	CHECK(!vf_study_is(&s));
	free(copy);
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
static void change_program(struct sp_parts *p, const void *program, size_t n, size_t output)
{
	struct sp_entry *e = sp_entry(p, "records/0001");
	struct vf_study_unpacked u;
	size_t at = program_at(plain, &u);
	char old[80], with[80];

	sp_put_over(&e->data, at, u.program.n, vf_bytes(program, n));
	snprintf(old, sizeof(old), "record 0 shown %zu %zu %zu\n", u.n_members, u.program.n, u.output);
	snprintf(with, sizeof(with), "record 0 shown %zu %zu %zu\n", u.n_members, n, output);
	sp_edit(e, old, with);
}

static const struct {
	uint8_t octets[14];
	size_t n;
} programs[] = {
	{{14}, 1},			      /* no code */
	{{14, 0}, 2},
	{{2}, 1},			      /* no item is named */
	{{1}, 1},
	{{1, 0}, 2},
	{{8}, 1},
	{{8, 0}, 2},
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

/* None of them may give an octet; the last one sets its mark first. */
static const struct {
	uint8_t octets[4];
	size_t n;
} overflows[] = {{{1, 0, 1}, 3}, {{2, 0}, 2}, {{3, 0}, 2}, {{4, 0}, 2}, {{8, 0, 0}, 3}, {{8, 1, 0}, 3}, {{8, 8, 0}, 3}, {{9}, 1}, {{10}, 1}, {{6, 7, 0}, 3}};

/* What no edit of one text makes: lines that are cut off, a slot that is not there, a hidden record of another member. */
static void cut_records(void)
{
	struct vf_study_unpacked u;
	struct sp_parts p;
	struct sp_entry *e;
	uint8_t *at;
	char old[80], with[80];

	sp_take(plain, &p);
	program_at(plain, &u);
	snprintf(old, sizeof(old), "record 0 shown %zu %zu %zu\n", u.n_members, u.program.n, u.output);
	snprintf(with, sizeof(with), "record 0 shown %zu %zu\n", u.n_members, u.program.n);
	sp_edit(sp_entry(&p, "records/0001"), old, with);
	refused(&p, VF_STUDY_SHAPE, "its first line is not in its exact form");
	/* with no stream member the slot stands before the program, whole */
	sp_take(plain, &p);
	e = sp_entry(&p, "records/0001");
	sp_edit(e, " stream.json\n", " stream.jsom\n");
	e->data.n = program_at(plain, &u) + 31;
	refused(&p, VF_STUDY_SHAPE, "record 0: the slot is missing");
	/* a member without octets, whose size is spelled in another way */
	sp_take(plain, &p);
	e = sp_entry(&p, "records/0001");
	sp_put_over(&e->data, program_at(plain, &u), 0, vf_bytes_str("00 z\n"));
	snprintf(with, sizeof(with), "record 0 shown %zu %zu %zu\n", u.n_members + 1, u.program.n, u.output);
	sp_edit(e, old, with);
	refused(&p, VF_STUDY_SHAPE, "record 0: a member is not in its exact form");
	sp_take(partial, &p);
	e = sp_entry(&p, "records/0001");
	at = memmem(e->data.p, e->data.n, " hidden ", 8);
	at = at ? memmem(at, (size_t)(e->data.p + e->data.n - at), "stream.json", 11) : NULL;
	CHECK(at != NULL);
	if (at)
		at[0] = 'S';
	refused(&p, VF_STUDY_SHAPE, "a hidden record has its stream member alone");
}

/* Cut between two records at a text: the whole is what it was. Elsewhere it is not. */
static void parts(void)
{
	static const struct {
		const char *at;
		size_t before; /* octets */
	} cuts[] = {{"record 4 hidden ", 0}, {"record 5 shown ", 0}, {"record 5 shown ", 1}};
	static struct vf_study_result r;
	struct nt_buf file;
	struct sp_parts p;

	for (size_t i = 0; i < 3; i++) {
		struct sp_entry *e;
		const uint8_t *at;
		size_t n;

		sp_take(partial, &p);
		e = sp_entry(&p, "records/0001");
		at = memmem(e->data.p, e->data.n, cuts[i].at, strlen(cuts[i].at));
		CHECK(at != NULL);
		n = at ? (size_t)(at - e->data.p) - cuts[i].before : 1;
		sp_add(&p, "records/0002", true, vf_bytes(e->data.p + n, e->data.n - n));
		e->data.n = n;
		for (size_t k = p.n - 1; strncmp(p.e[k - 1].name, VF_STUDY_DOCUMENTS, strlen(VF_STUDY_DOCUMENTS)) == 0; k--)
			swap(&p, k - 1, k); /* it stands before the documents */
		if (cuts[i].before) {
			refused(&p, VF_STUDY_SHAPE, "record 4: the digests are cut");
			continue;
		}
		file = sp_make(&p, VF_STUDY_MEDIA);
		CHECK_RC(study_judge(&f, nt_buf_bytes(&file), NULL, &r), VF_OK);
		CHECK_INT(r.verdict, VF_VERIFIED);
		CHECK_INT(r.records, 3);
		CHECK_INT(r.hidden, 1);
		study_check_expands(&f, nt_buf_bytes(&file), NULL, 2);
		nt_buf_done(&file);
	}
}

static void records(void)
{
	struct vf_study_unpacked u;
	struct sp_parts p;

	for (size_t i = 0; i < sizeof(record_edits) / sizeof(*record_edits); i++) {
		sp_take(partial, &p);
		sp_edit(sp_entry(&p, "records/0001"), record_edits[i].old, record_edits[i].with);
		refused(&p, record_edits[i].want, record_edits[i].text);
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		sp_take(plain, &p);
		change_program(&p, programs[i].octets, programs[i].n, 4096);
		refused(&p, VF_STUDY_SHAPE, "its program is wrong at octet");
	}
	for (size_t i = 0; i < sizeof(overflows) / sizeof(*overflows); i++) {
		sp_take(plain, &p);
		change_program(&p, overflows[i].octets, overflows[i].n, 0);
		refused(&p, VF_STUDY_SHAPE, overflows[i].octets[0] == 6 ? "its program is wrong at octet 1" : "its program is wrong at octet 0");
	}
	sp_take(plain, &p);
	change_program(&p, "", 0, 7);
	refused(&p, VF_STUDY_SHAPE, "its program gives 0 octets, not 7");
	sp_take(plain, &p);
	change_program(&p, "\0\1x", 3, 0);
	refused(&p, VF_STUDY_SHAPE, "its program is wrong at octet 0");
	sp_take(plain, &p);
	change_program(&p, "\0\1x", 3, VF_MAX_STUDY_OUTPUT + 1);
	refused(&p, VF_LIMIT, "has a bundle of");
	sp_take(plain, &p);
	change_program(&p, "\0\1x", 3, VF_MAX_STUDY_RATIO_FREE + 1);
	refused(&p, VF_LIMIT, "the bundles are more than 1000 times the file");
	sp_take(plain, &p);
	sp_entry(&p, "records/0001")->data.n -= 1;
	refused(&p, VF_STUDY_SHAPE, "the program is cut");
	/* the last octet of the file's first program: another bundle, so the judge refuses it and the packing does not */
	sp_take(plain, &p);
	sp_entry(&p, "records/0001")->data.p[program_at(plain, &u) + u.program.n - 1] ^= 0x40;
	{
		struct nt_buf file = sp_make(&p, VF_STUDY_MEDIA);
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
	struct sp_parts p;
	struct sp_entry *e;

	sp_take(partial, &p);
	e = sp_entry(&p, "leaves/000003");
	CHECK_INT(e->data.n, 32);
	e->data.n -= 1;
	refused(&p, VF_STUDY_SHAPE, "seal 3");
	sp_take(partial, &p);
	sp_entry(&p, "leaves/000001")->data.n -= 32;
	refused(&p, VF_STUDY_SHAPE, "seal 1");
	sp_take(partial, &p);
	nt_buf_put(&sp_entry(&p, "leaves/000001")->data, vf_bytes(zeros, 1));
	refused(&p, VF_STUDY_SHAPE, "seal 1");
	/* as many octets as a tree of SHA-512 digests would need here, and some more */
	sp_take(partial, &p);
	nt_buf_put(&sp_entry(&p, "leaves/000003")->data, vf_bytes(zeros, 64));
	refused(&p, VF_STUDY_SHAPE, "seal 3");
	sp_take(partial, &p);
	sp_entry(&p, "leaves/000001")->data.n = 0;
	refused(&p, VF_STUDY_SHAPE, "'leaves/000001' is empty");
	sp_take(partial, &p);
	sp_drop(&p, "leaves/000001");
	refused(&p, VF_STUDY_SHAPE, "seal 1");
	/* the log's hash, then a position that no leaf of the batch has */
	sp_take(partial, &p);
	e = sp_entry(&p, "leaves/000001");
	CHECK_INT(e->data.n, 32 + 4 + 32);
	e->data.p[35] = 99;
	refused(&p, VF_STUDY_SHAPE, "positions of a batch");
}

/* The trees of the right records under the number of a seal that their bundles do not name. */
static void other_seal(void)
{
	static struct vf_study_result r;
	struct nt_buf file;
	struct sp_parts p;

	sp_take(partial, &p);
	sp_edit(sp_entry(&p, VF_STUDY_JSON), "[[1,0,2],", "[[2,0,2],");
	snprintf(sp_entry(&p, "leaves/000001")->name, 20, "leaves/000002");
	file = sp_make(&p, VF_STUDY_MEDIA);
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
	struct sp_parts p;

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
	sp_take(packed, &p);
	sp_edit(sp_entry(&p, "records/0001"), "record 1 hidden ", "record 2 hidden ");
	file = sp_make(&p, VF_STUDY_MEDIA);
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
	kinds();
	headers();
	study_json();
	entries();
	records();
	cut_records();
	parts();
	other_seal();
	leaves();
	free((void *)(uintptr_t)plain.p);
	free((void *)(uintptr_t)partial.p);
	fixture_end(&f);
	other_index();
	return check_done();
}
