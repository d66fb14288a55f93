/* Exercises trial/read/docx.c: properties of DOCX files. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_docx, "file.docx", data, size);
	return 0;
}
