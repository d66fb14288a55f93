/* Statement, stream member, commitment and log entry: the parsers of verify/record.h. */
#include <stdlib.h>

#include "verify/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[1 << 20];
	struct vf_bytes in = vf_bytes(data, size);
	struct vf_stream_member stream;
	struct vf_commitment commitment;
	struct vf_statement statement;
	struct vf_entry entry;
	struct vf_arena a;
	char text[VF_ENTRY_LEN + 1];

	vf_arena_init(&a, block, sizeof(block));
	if (vf_statement_parse(in, &a, &statement, NULL) == VF_OK)
		for (size_t i = 0; i < statement.n_members; i++)
			if (vf_statement_find(&statement, statement.members[i].name) != &statement.members[i])
				abort();
	vf_arena_init(&a, block, sizeof(block));
	vf_ignore(vf_commitment_parse(in, &a, &commitment, NULL)); /* any outcome is fine, a crash is not */
	vf_ignore(vf_stream_parse(in, &stream, NULL));
	if (vf_entry_parse(in, &entry, NULL) == VF_OK) {
		vf_entry_put(text, &entry);
		if (!vf_bytes_eq(vf_bytes_str(text), in))
			abort();
	}
	return 0;
}
