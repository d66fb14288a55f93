/* Exercises trial/read/fhir_xml.c, fhir_*.c and element.c: FHIR resources in XML. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_fhir_xml, "resource.xml", data, size);
	return 0;
}
