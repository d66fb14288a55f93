/* Exercises trial/read/xpt.c, table.c and sdtm.c: SAS transport files. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_xpt, "x.xpt", data, size);
	return 0;
}
