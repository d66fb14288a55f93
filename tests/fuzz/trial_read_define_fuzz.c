/* Exercises trial/read/define.c and define_rows.c: Define-XML. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_define, "define.xml", data, size);
	return 0;
}
