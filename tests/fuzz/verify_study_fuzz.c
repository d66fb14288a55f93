/*
 * Study bundles: what is opened is unpacked, expanded and judged for integrity alone.
 *
 * What is INTACT then has no record but those of the seeds that nobody changed: nobody here can make a time-stamp. The
 * mutator changes what is in an entry and packs the container again, so that sizes and CRC-32 fit.
 * TRIALNOTARY_FUZZ_HISTOGRAM=1 prints at the end how far the inputs came.
 */
#include <sys/mman.h>

#include "verify/study_judge.h"

#include "tests/check.h"
#include "tests/fuzz/must.h"
#include "tests/zip_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#define TABLES (96u << 20)
#define KNOWN 64
#define ENTRIES 24
#define PART 65536

static const char *const originals[] = {"tests/fuzz/corpus/verify_study/three", "tests/fuzz/corpus/verify_study/hidden"};
static uint8_t *tables, *memory, *block;
static struct vf_hash known[KNOWN];
static struct vf_bytes whole[2]; /* the originals */
static struct vf_source beside[2]; /* of each original a record's bundle, given beside every second input */
static size_t n_known, n_opened, n_inputs, n_first[1024], n_verdicts[4];

static uint8_t *map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	MUST(p != MAP_FAILED);
	return p;
}

/* Twice the same octets, and of the length that was announced. */
static void check_record(struct vf_study *s, size_t i)
{
	struct vf_study_unpacked u;
	struct vf_bytes b;
	struct vf_hash first, second;
	struct vf_err err;

	if (vf_study_unpack(s, i, &u, &err) != VF_OK || !s->records[i].is_shown || vf_study_expand(s, i, &u, &b, &err) != VF_OK)
		return;
	MUST(b.n <= u.output);
	first = vf_sha256(b);
	MUST(vf_study_unpack(s, i, &u, &err) == VF_OK && vf_study_expand(s, i, &u, &b, &err) == VF_OK);
	second = vf_sha256(b);
	MUST(vf_hash_eq(&first, &second));
}

static void learn(struct vf_bytes file, struct vf_source *ret)
{
	struct vf_bytes bundle;
	struct vf_source source = vf_source_of(file);
	struct vf_study_unpacked u;
	struct vf_arena a;
	struct vf_study s;
	uint8_t *copy;

	vf_arena_init(&a, tables, TABLES);
	MUST(vf_study_open(&source, &a, &s, NULL) == VF_OK);
	for (size_t i = 0; i < s.n_records && n_known < KNOWN; i++)
		known[n_known++] = s.records[i].id;
	MUST(vf_study_unpack(&s, 0, &u, NULL) == VF_OK && vf_study_expand(&s, 0, &u, &bundle, NULL) == VF_OK);
	copy = malloc(bundle.n);
	MUST(copy != NULL);
	memcpy(copy, bundle.p, bundle.n);
	*ret = vf_source_of(vf_bytes(copy, bundle.n));
}

static void print_histogram(void)
{
	fprintf(stderr, "%zu inputs, %zu opened\n", n_inputs, n_opened);
	for (int i = 0; i < 4; i++)
		fprintf(stderr, "%-14s %zu\n", vf_verdict_name((enum vf_verdict)i), n_verdicts[i]);
	for (int i = 0; i < 1024; i++)
		if (n_first[i])
			fprintf(stderr, "%-20s %zu\n", vf_rc_name((enum vf_rc)i), n_first[i]);
}

static void begin(void)
{
	tables = map(TABLES);
	memory = map(VF_BUNDLE_MEMORY);
	block = map(VF_SESSION_MEMORY);
	for (size_t i = 0; i < 2; i++) {
		whole[i] = check_read(originals[i]);
		learn(whole[i], &beside[i]);
	}
	if (getenv("TRIALNOTARY_FUZZ_HISTOGRAM"))
		atexit(print_histogram);
}

static bool is_known(const struct vf_hash *id)
{
	bool found = false;

	for (size_t i = 0; i < n_known; i++)
		found |= vf_hash_eq(&known[i], id);
	return found;
}

/* Sums, and where an unknown record may stand. */
static void check_result(const struct vf_study *s, const struct vf_study_result *r)
{
	size_t judged = 0, in_streams = 0;

	for (size_t i = 0; i < 4; i++)
		judged += r->counts[i];
	MUST(judged == r->shown && r->shown + r->hidden == r->records && r->records >= s->n_records);
	MUST(r->given <= r->shown && r->records - s->n_records <= r->given);
	for (size_t i = 0; i < r->n_streams; i++)
		in_streams += r->streams[i].records;
	MUST(in_streams <= r->records && r->verdict != VF_VERIFIED);
	MUST(r->verdict == VF_INTACT || r->n_faults > 0);
	for (size_t i = 0; r->verdict == VF_INTACT && i < s->n_records; i++)
		MUST(is_known(&s->records[i].id));
	n_verdicts[r->verdict]++;
	n_first[r->n_faults ? r->faults[0].err.rc : VF_OK]++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vf_report report;
	static struct vf_study_result result;
	struct vf_session_options options = {.at = INT64_C(1800000000000), .integrity_only = true};
	struct vf_source source = vf_source_of(vf_bytes(data, size));
	struct vf_arena a, b;
	const struct vf_detached given[] = {{"three", &beside[0]}, {"hidden", &beside[1]}};
	struct vf_study_judging j = {.memory = &b, .report = &report, .bundles = given, .n_bundles = size & 1 ? 2 : 0};
	struct vf_study s;
	struct vf_err err = {0};

	if (!tables)
		begin();
	n_inputs++;
	vf_arena_init(&a, tables, TABLES);
	vf_arena_init(&b, memory, VF_BUNDLE_MEMORY);
	if (vf_study_open(&source, &a, &s, &err) != VF_OK) {
		MUST(err.rc != VF_INTERNAL);
		n_first[err.rc]++;
		return 0;
	}
	n_opened++;
	MUST(s.n_records > 0 && s.n_shown <= s.n_records);
	for (size_t i = 0; i < s.n_records; i++)
		check_record(&s, i);
	/* the judge begins anew */
	vf_arena_init(&a, tables, TABLES);
	MUST(vf_study_open(&source, &a, &s, &err) == VF_OK);
	MUST(vf_session_new(&options, block, VF_SESSION_MEMORY, &j.session, &err) == VF_OK);
	if (vf_study_check(&s, &j, &result, &err) == VF_OK)
		check_result(&s, &result);
	else
		n_first[err.rc]++;
	vf_session_free(j.session);
	return 0;
}

/* ---- the mutator ---- */

static struct entry {
	char name[100];
	uint8_t data[PART];
	size_t n;
	bool is_deflated;
} entries[ENTRIES];
static size_t n_entries;

static bool take_apart(struct vf_bytes file)
{
	struct vf_source source = vf_source_of(file);
	struct vf_container box;
	struct vf_arena a;
	struct vf_bytes b;

	vf_arena_init(&a, tables, TABLES);
	if (vf_container_open(&source, true, &a, &box, NULL) != VF_OK || box.zip.n > ENTRIES || box.zip.n < 2)
		return false;
	for (n_entries = 0; n_entries < box.zip.n; n_entries++) {
		const struct vf_zip_entry *from = &box.zip.entries[n_entries];
		struct entry *to = &entries[n_entries];

		if (from->name.n >= sizeof(to->name) || from->size > PART || vf_container_read(&box, from, &a, &b, NULL) != VF_OK)
			return false;
		snprintf(to->name, sizeof(to->name), "%.*s", VF_STR(from->name));
		to->n = b.n;
		if (b.n)
			memcpy(to->data, b.p, b.n);
		to->is_deflated = from->method == VF_ZIP_DEFLATED;
	}
	return true;
}

/* Another number in the place of one that stands there in decimal. */
static void change_number(struct entry *e, unsigned seed)
{
	size_t at = seed % e->n, from, to, n;
	char text[24];

	while (at < e->n && (e->data[at] < '0' || e->data[at] > '9'))
		at++;
	for (from = to = at; to < e->n && e->data[to] >= '0' && e->data[to] <= '9';)
		to++;
	if (from == to)
		return;
	n = (size_t)snprintf(text, sizeof(text), "%u", seed >> 9 & 1 ? seed >> 16 : seed >> 28);
	if (e->n - (to - from) + n > PART)
		return;
	memmove(e->data + from + n, e->data + to, e->n - to);
	memcpy(e->data + from, text, n);
	e->n = e->n - (to - from) + n;
}

/* A piece of this or another entry goes over, or in between, another place. */
static void copy_piece(struct entry *to, const struct entry *from, unsigned seed)
{
	static uint8_t piece[PART];
	size_t at = (seed >> 4) % (to->n + 1), start = (seed >> 14) % (from->n + 1), n = (seed >> 24) * 4 + 1;

	if (n > from->n - start)
		n = from->n - start;
	if (n)
		memcpy(piece, from->data + start, n);
	if (seed & 1) {
		n = n < to->n - at ? n : to->n - at;
	} else {
		n = n < PART - to->n ? n : PART - to->n;
		memmove(to->data + at + n, to->data + at, to->n - at);
		to->n += n;
	}
	memcpy(to->data + at, piece, n);
}

static void swap_entries(struct entry *a, struct entry *b)
{
	static struct entry kept;

	kept = *a;
	*a = *b;
	*b = kept;
	if (kept.n & 1) /* only the contents */
		return;
	memcpy(b->name, a->name, sizeof(kept.name));
	memcpy(a->name, kept.name, sizeof(kept.name));
}

static void change(unsigned seed)
{
	struct entry *e = &entries[1 + (seed >> 8) % (n_entries - 1)], *other = &entries[1 + (seed >> 20) % (n_entries - 1)];

	switch (seed % 8) {
	case 0:
		swap_entries(e, other);
		break;
	case 1:
		if (seed >> 16 & 1 && n_entries > 3)
			*e = entries[--n_entries];
		else if (n_entries < ENTRIES)
			entries[n_entries++] = *e;
		break;
	case 2:
	case 3:
		if (e->n)
			change_number(e, seed >> 3);
		break;
	case 4:
		copy_piece(e, other, seed >> 3);
		break;
	default:
		e->n = LLVMFuzzerMutate(e->data, e->n, PART);
		break;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct zm_entry z[ENTRIES];
	struct nt_buf rooms[ENTRIES] = {{0}}, out = nt_buf(ZM_MAX);

	if (!LLVMFuzzerMutate)
		return size;
	if (!tables)
		begin();
	if (seed % 64 == 0)
		return LLVMFuzzerMutate(data, size, max);
	/* what is no container any more begins anew: nothing behind the ZIP scan would be reached from it */
	if (!take_apart(vf_bytes(data, size)))
		MUST(take_apart(whole[seed >> 3 & 1]));
	change(seed >> 4);
	for (size_t i = 0; i < n_entries; i++) {
		struct vf_bytes b = vf_bytes(entries[i].data, entries[i].n);

		z[i] = entries[i].is_deflated ? zm_deflated(entries[i].name, b, &rooms[i]) : zm_entry_raw(vf_bytes_str(entries[i].name), b);
		z[i].made_by = VF_ZIP_NEED_STORED;
	}
	zm_build(&out, z, n_entries, NULL);
	if (out.n <= max) {
		memcpy(data, out.p, out.n);
		size = out.n;
	}
	for (size_t i = 0; i < n_entries; i++)
		nt_buf_done(&rooms[i]);
	nt_buf_done(&out);
	return size;
}
