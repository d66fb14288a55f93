/* Exercises trial/read/dataset_xml.c and words.c: data sets in XML. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_dataset_xml, "dm.xml", data, size);
	return 0;
}
