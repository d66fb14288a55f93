/* Exercises trial/read/ectd.c: indexes, study tagging files and the checksum of an index. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_ectd, "index.xml", data, size);
	fuzz_reader(&tr_read_ectd_stf, "stf.xml", data, size);
	fuzz_reader(&tr_read_ectd_md5, "index-md5.txt", data, size);
	return 0;
}
