/* Exercises trial/read/pdf*.c: metadata of PDF files. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_pdf, "file.pdf", data, size);
	return 0;
}
