/*
 * Rewrites a bundle with one part changed, in the strict form of our own writer.
 *   forge IN OUT drop NAME
 *   forge IN OUT put NAME FILE          replaces the part, or adds it
 *   forge IN OUT take NAME OTHER.asice  the part of another bundle
 *   forge IN OUT flip NAME AT           changes a bit of the part's byte AT (negative: from its end)
 */
#include "notary/zip_out.h"
#include "tests/check.h"
#include "verify/container.h"

#define MAX_PARTS 64

struct bundle {
	struct vf_source source;
	struct vf_container box;
	struct nt_zip_item items[MAX_PARTS];
	size_t n;
};

static uint8_t memory[16 << 20];
static struct vf_arena a;

static void need(enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_OK)
		return;
	fprintf(stderr, "forge: %s: %s\n", vf_rc_name(rc), err->text);
	exit(1);
}

static void load(const char *path, struct bundle *ret)
{
	struct vf_err err = {0};

	ret->source = vf_source_of(check_read(path));
	need(vf_container_open(&ret->source, &a, &ret->box, &err), &err);
	for (size_t i = 1; i < ret->box.zip.n && ret->n < MAX_PARTS; i++) {
		struct nt_zip_item *item = &ret->items[ret->n++];

		item->name = ret->box.zip.entries[i].name;
		need(vf_container_read(&ret->box, &ret->box.zip.entries[i], &a, &item->data, &err), &err);
	}
}

/* The part of this name; a new one at the end when there is none. */
static struct nt_zip_item *part(struct bundle *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (vf_bytes_is(b->items[i].name, name))
			return &b->items[i];
	b->items[b->n].name = vf_bytes_str(name);
	return &b->items[b->n++];
}

static void flip(struct vf_bytes *data, long at)
{
	struct vf_bytes copy;
	size_t i = at < 0 ? data->n - (size_t)-at : (size_t)at;

	if (i >= data->n || !vf_arena_copy(&a, *data, &copy))
		exit(1);
	((uint8_t *)(uintptr_t)copy.p)[i] ^= 1;
	*data = copy;
}

int main(int argc, char **argv)
{
	static struct bundle in, other;
	struct nt_buf out = nt_buf(16 << 20);
	struct vf_err err = {0};
	FILE *file;

	if (argc < 5 || (strcmp(argv[3], "drop") != 0 && argc < 6))
		return 64;
	vf_arena_init(&a, memory, sizeof(memory));
	load(argv[1], &in);
	if (strcmp(argv[3], "drop") == 0) {
		*part(&in, argv[4]) = in.items[in.n - 1];
		in.n--;
	} else if (strcmp(argv[3], "put") == 0) {
		part(&in, argv[4])->data = check_read(argv[5]);
	} else if (strcmp(argv[3], "take") == 0) {
		load(argv[5], &other);
		part(&in, argv[4])->data = part(&other, argv[4])->data;
	} else if (strcmp(argv[3], "flip") == 0) {
		flip(&part(&in, argv[4])->data, atol(argv[5]));
	} else {
		return 64;
	}
	need(nt_zip_put(&out, in.items, in.n, &err), &err);
	file = fopen(argv[2], "wb");
	if (!file || fwrite(out.p, 1, out.n, file) != out.n || fclose(file) != 0)
		return 1;
	nt_buf_done(&out);
	return 0;
}
