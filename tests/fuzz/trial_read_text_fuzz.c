/* Exercises trial/read/text.c and paragraph.c: paragraphs of plain text. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_text, "file.txt", data, size);
	return 0;
}
