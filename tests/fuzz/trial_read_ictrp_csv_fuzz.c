/* Exercises trial/read/ictrp_csv.c, ictrp_record.c and rows_csv.c: records of WHO ICTRP in tables. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_ictrp_csv, "records.csv", data, size);
	return 0;
}
