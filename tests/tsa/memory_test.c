/*
 * Asking an authority while allocations are refused, to all libraries: the outcome is a time-stamp or a fault that says
 * nothing about the authority's honesty, whichever allocation it is, once or from then on.
 */
#include "notary/stamper.h"

#include <limits.h>

#include "tests/fault/disk.h"
#include "tests/tsa/authority.h"
#include "verify/limits.h"
#include "verify/tst.h"

#include "tests/folder.h"

static size_t outcomes[VF_RC_COUNT];

static void ignore_end(struct nt_stamp *s, enum vf_rc rc, const struct vf_err *err)
{
	(void)s;
	(void)rc;
	(void)err;
}

static enum vf_rc ask(const struct nt_authority *a, long at, long calls)
{
	struct nt_stamp s = {.done = ignore_end, .request = nt_buf(8192), .response = nt_buf(VF_MAX_TOKEN)};
	struct vf_hash h = vf_sha256(vf_bytes_str("x"));
	struct vf_err err = {0};
	int64_t patience;
	struct vf_tst t;
	enum vf_rc rc;

	s.imprint = vf_digest_from_hash(&h);
	disk_refuse_memory(at, calls);
	rc = nt_stamp_once(a, authority.folder, &s, &patience, &err);
	disk_refuse_memory(0, 0);
	outcomes[rc]++;
	if (rc == VF_OK && (vf_tst_parse(s.token, &t, NULL) != VF_OK || !vf_digest_eq(&t.imprint, &s.imprint)))
		CHECK_FAIL("allocation %ld: no time-stamp", at);
	if (vf_rc_class(rc) == VF_CLASS_REJECTED || (rc != VF_OK && err.text[0] == '\0'))
		CHECK_FAIL("allocation %ld, %ld refused: %s %s", at, calls, vf_rc_name(rc), err.text);
	nt_buf_done(&s.request);
	nt_buf_done(&s.response);
	return rc;
}

int main(void)
{
	struct nt_authority a;
	const char *is_long = getenv("TRIALNOTARY_LONG");
	const bool each = is_long && strcmp(is_long, "1") == 0;
	unsigned ends = 0;
	char folder[256];

	folder_make(folder);
	start_authority(folder);
	a = configured("/p256/good");
	CHECK_RC(ask(&a, LONG_MAX, 1), VF_OK); /* what is made once in a program is there */
	/* until nothing is left that could be refused; TRIALNOTARY_LONG=1 tries every allocation */
	for (long at = 1; at < 100000 && ends < 3; at += each ? 1 : 1 + at / 40) {
		ask(&a, at, 1);
		ends += ask(&a, at, LONG_MAX) == VF_OK;
	}
	CHECK_INT(ends, 3);
	CHECK(outcomes[VF_NO_MEMORY] > 10);
	for (size_t i = 0; i < VF_RC_COUNT; i++)
		if (outcomes[i])
			fprintf(stderr, "%zu %s\n", outcomes[i], vf_rc_name((enum vf_rc)i));
	end_authority();
	folder_remove(folder);
	return check_done();
}
