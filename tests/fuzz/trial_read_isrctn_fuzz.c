/* Exercises trial/read/isrctn.c and record*.c: records of ISRCTN. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_isrctn, "record.xml", data, size);
	return 0;
}
