/* Exercises trial/read/fhir_json.c, fhir_*.c, element.c and element_json.c: FHIR resources in JSON. */
#include "tests/fuzz/trial_read_any_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(&tr_read_fhir_json, "resource.json", data, size);
	return 0;
}
