/* Exercises trial/read/odm*.c and words.c: ODM of any version, with and without the mapping of a study. */
#include "tests/fuzz/trial_read_any_fuzz.h"
#include "trial/read/mapping.h"

static const char mapping[] =
	"{\"schema\":\"trialnotary/mapping/1\",\"consents\":[{\"form\":\"F\",\"group\":\"G\",\"item\":\"A\",\"version\":\"V\"},"
	"{\"item\":\"B\"}],\"withdrawals\":[{\"item\":\"W\",\"scope\":\"S\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes octets = vf_bytes(data, size);
	struct tr_input in = tr_input_of(&octets, "study.xml");
	static struct tr_mapping *m;
	struct fuzz_said said = {0};
	struct tr_reading r = {.in = &in, .wants = 0xff, .fact = fuzz_fact, .warning = fuzz_warning, .ctx = &said};
	struct vf_err err = {0};

	fuzz_reader(&tr_read_odm, "study.xml", data, size);
	if (!m)
		MUST(tr_mapping_parse(vf_bytes_str(mapping), &m, NULL) == VF_OK);
	r.mapping = m;
	said.r = &r;
	vf_ignore(tr_read_odm.read(&r, &err)); /* whatever it is: without a mapping it was looked at above */
	tr_reading_done(&r);
	return 0;
}
