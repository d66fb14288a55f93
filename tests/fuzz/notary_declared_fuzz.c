/* Exercises notary/forms_declared.c: what is read of canonical.json is written and read again as the same. */
#include "notary/forms.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vf_bytes names[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"canonical.xml", 13}, {(const uint8_t *)"x.csv", 5}};

	for (size_t i = 0; i < 3; i++) {
		struct nt_buf out = nt_buf(1 << 16);
		struct nt_declared d, again;
		bool found = false;
		size_t n = 0;

		if (nt_declared_find(vf_bytes(data, size), names[i], &d, &found, NULL) == VF_OK && found) {
			MUST(nt_declared_write(&d, 1, &out, &n, NULL) == VF_OK);
			MUST(n == (d.has[0] || d.has[1]));
			if (n == 1)
				MUST(nt_declared_find(nt_buf_bytes(&out), names[i], &again, &found, NULL) == VF_OK && found && again.has[0] == d.has[0] &&
					again.has[1] == d.has[1]);
		}
		nt_buf_done(&out);
	}
	return 0;
}
