/* Exercises trial/read/ctgov_xml.c and record*.c: records of ClinicalTrials.gov in XML. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_ctgov_xml, "study.xml", data, size);
	return 0;
}
