/*
 * Makes a bad bundle from a good one, for samples/bundles and the tests over them.
 *   forge IN OUT CHANGE...
 *     set NAME FILE     an entry gets the bytes of FILE
 *     add NAME FILE     one more entry at the end
 *     drop NAME         an entry goes
 *     repeat NAME       an entry stands there twice
 *     flip NAME AT      one bit of an entry's byte AT is flipped; a negative AT counts from its end
 *     cut N             the file loses its last N bytes
 *     append TEXT       TEXT follows the file
 * Headers, sizes and CRC-32 always fit: only what was asked for is wrong.
 */
#include "tests/check.h"
#include "tests/zip_make.h"

#define MAX_ENTRIES 64

struct forge {
	struct zm_entry entries[MAX_ENTRIES];
	size_t n;
	size_t cut;
	struct zm_end end;
};

static _Noreturn void fail(const char *what, const char *name)
{
	fprintf(stderr, "forge: %s: '%s'\n", what, name);
	exit(1);
}

static void read_bundle(struct forge *f, const char *path)
{
	static uint8_t memory[1 << 20];
	struct vf_bytes in = check_read(path);
	struct vf_source s = vf_source_of(in);
	struct vf_err err = {0};
	struct vf_arena a;
	struct vf_zip z;

	vf_arena_init(&a, memory, sizeof(memory));
	if (vf_zip_scan(&s, false, &a, &z, &err) != VF_OK || z.n > MAX_ENTRIES)
		fail("no bundle", path);
	for (; f->n < z.n; f->n++) {
		const struct vf_zip_entry *e = &z.entries[f->n];
		struct vf_bytes data = {0};

		if (e->method != VF_ZIP_STORED || !vf_bytes_slice(in, e->data_at, e->size, &data))
			fail("an entry is not stored", path);
		f->entries[f->n] = zm_entry_raw(e->name, data);
		f->entries[f->n].made_by = VF_ZIP_NEED_STORED;
	}
}

static size_t find(const struct forge *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (vf_bytes_is(f->entries[i].local.name, name))
			return i;
	fail("no such entry", name);
}

/* An entry of this name with these bytes; the rest is as in every bundle. */
static void put(struct forge *f, size_t at, struct vf_bytes name, struct vf_bytes data)
{
	if (at == MAX_ENTRIES)
		fail("too many entries", "");
	f->entries[at] = zm_entry_raw(name, data);
	f->entries[at].made_by = VF_ZIP_NEED_STORED;
	f->n = at == f->n ? f->n + 1 : f->n;
}

static void drop(struct forge *f, size_t at)
{
	f->n--;
	for (size_t i = at; i < f->n; i++)
		f->entries[i] = f->entries[i + 1];
}

static void flip(struct forge *f, size_t at, const char *where)
{
	struct vf_bytes data = f->entries[at].data;
	long offset = strtol(where, NULL, 10);
	size_t i = offset < 0 ? data.n - (size_t)-offset : (size_t)offset;
	uint8_t *copy = malloc(data.n + 1);

	if (!copy || i >= data.n)
		fail("no such byte", where);
	memcpy(copy, data.p, data.n);
	copy[i] ^= 1;
	put(f, at, f->entries[at].local.name, vf_bytes(copy, data.n));
}

/* Makes one change; returns how many words it took, 0 for none that is known. */
static int change(struct forge *f, char **words, int n)
{
	const char *verb = words[0];

	if (n >= 2 && strcmp(verb, "cut") == 0)
		return f->cut = strtoul(words[1], NULL, 10), 2;
	if (n >= 2 && strcmp(verb, "append") == 0)
		return f->end.after = vf_bytes_str(words[1]), 2;
	if (n >= 2 && strcmp(verb, "drop") == 0)
		return drop(f, find(f, words[1])), 2;
	if (n >= 2 && strcmp(verb, "repeat") == 0)
		return put(f, f->n, vf_bytes_str(words[1]), f->entries[find(f, words[1])].data), 2;
	if (n >= 3 && strcmp(verb, "add") == 0)
		return put(f, f->n, vf_bytes_str(words[1]), check_read(words[2])), 3;
	if (n >= 3 && strcmp(verb, "set") == 0)
		return put(f, find(f, words[1]), vf_bytes_str(words[1]), check_read(words[2])), 3;
	if (n >= 3 && strcmp(verb, "flip") == 0)
		return flip(f, find(f, words[1]), words[2]), 3;
	return 0;
}

int main(int argc, char **argv)
{
	static struct forge f;
	struct nt_buf out = nt_buf(ZM_MAX);
	FILE *file;

	if (argc < 4)
		return 64;
	read_bundle(&f, argv[1]);
	for (int i = 3, took; i < argc; i += took) {
		took = change(&f, argv + i, argc - i);
		if (took == 0)
			fail("no such change", argv[i]);
	}
	zm_build(&out, f.entries, f.n, &f.end);
	if (out.failed || f.cut >= out.n)
		fail("nothing is left", argv[1]);
	file = fopen(argv[2], "wb");
	if (!file || fwrite(out.p, 1, out.n - f.cut, file) != out.n - f.cut || fclose(file) != 0)
		fail("cannot write", argv[2]);
	nt_buf_done(&out);
	return 0;
}
