/* Exercises trial/read/csv.c, csv_sniff.c, table.c and sdtm.c: tables as text. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_csv, "x.csv", data, size);
	return 0;
}
