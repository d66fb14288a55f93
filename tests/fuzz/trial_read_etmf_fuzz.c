/* Exercises trial/read/etmf.c and checksum.c: exchange files of eTMFs. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_etmf, "exchange.xml", data, size);
	return 0;
}
