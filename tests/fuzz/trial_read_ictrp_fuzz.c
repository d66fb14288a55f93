/* Exercises trial/read/ictrp.c and record*.c: records of WHO ICTRP, whole and cut off. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_ictrp, "records.xml", data, size);
	return 0;
}
