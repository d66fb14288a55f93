/*
 * Changes one byte in the middle of the first document of a bundle.
 *   flip [--repair] BUNDLE OUT
 * With --repair the CRC-32 in both headers fits the changed data again.
 */
#include "notary/zip_out.h"
#include "tests/check.h"
#include "verify/zip.h"

static void put_u32(uint8_t *p, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

int main(int argc, char **argv)
{
	static uint8_t memory[4 << 20];
	bool repair = argc == 4 && strcmp(argv[1], "--repair") == 0;
	struct vf_arena a;
	struct vf_source s;
	struct vf_bytes in;
	struct vf_zip z;
	FILE *out;

	if (argc != 3 + repair)
		return 64;
	in = check_read(argv[1 + repair]);
	s = vf_source_of(in);
	vf_arena_init(&a, memory, sizeof(memory));
	if (vf_zip_scan(&s, false, &a, &z, NULL) != VF_OK)
		return 1;
	for (size_t i = 0; i < z.n; i++) {
		const struct vf_zip_entry *e = &z.entries[i];
		uint8_t *p = (uint8_t *)(uintptr_t)in.p;

		if (vf_bytes_is(e->name, "mimetype") || vf_bytes_is(e->name, "statement.json") || vf_bytes_is(e->name, "stream.json") ||
			vf_bytes_starts(e->name, "META-INF/") || e->size == 0)
			continue;
		p[e->data_at + e->size / 2] ^= 1;
		if (repair) {
			uint32_t crc = nt_zip_crc(0, vf_bytes(p + e->data_at, e->size));

			put_u32(p + e->header_at + 14, crc);
			put_u32(p + (e->central.p - in.p) + 16, crc);
		}
		out = fopen(argv[2 + repair], "wb");
		if (!out || fwrite(p, 1, in.n, out) != in.n || fclose(out) != 0)
			return 1;
		return 0;
	}
	return 77;
}
