#include "verify/rc.h"

#include "tests/check.h"

int main(void)
{
	struct vf_err e = {0};

	CHECK_INT(VF_NOT_CHECKED, 0);
	CHECK(vf_rc_class(VF_NOT_CHECKED) == VF_CLASS_UNDECIDED);
	CHECK(vf_rc_class(VF_OK) == VF_CLASS_ACCEPTED);
	for (size_t i = 0; i < VF_RC_COUNT; i++) {
		enum vf_rc rc = (enum vf_rc)i;

		CHECK(vf_rc_find(vf_rc_name(rc)) == rc);
		CHECK(vf_rc_text(rc)[0] && vf_rc_next(rc)[0]);
		CHECK((vf_rc_exit(rc) == 0) == (rc == VF_OK));
		for (const char *p = vf_rc_name(rc); *p; p++)
			CHECK((*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_');
	}
	CHECK(vf_rc_find("NO_SUCH_CODE") == VF_RC_COUNT);
	CHECK(vf_rc_find("ok") == VF_RC_COUNT);
	CHECK_RC((enum vf_rc)vf_fail(&e, VF_IO, "reading '%s'", "a"), VF_IO);
	CHECK_STR(e.text, "reading 'a'");
	vf_err_prefix(&e, "bundle %d", 7);
	CHECK_STR(e.text, "bundle 7: reading 'a'");
	CHECK_INT(e.rc, VF_IO);
	CHECK_RC((enum vf_rc)vf_fail(NULL, VF_IO, "x"), VF_IO);
	for (size_t i = 0; i < 50; i++)
		vf_err_prefix(&e, "0123456789");
	CHECK(strlen(e.text) == sizeof(e.text) - 1);
	CHECK_INT(vf_rc_exit(VF_USAGE), 64);
	CHECK_INT(vf_rc_exit(VF_NO_INPUT), 66);
	CHECK_INT(vf_rc_exit(VF_INTERNAL), 70);
	CHECK_INT(vf_rc_exit(VF_IO), 74);
	CHECK_INT(vf_rc_exit(VF_PERMISSION), 77);
	CHECK_INT(vf_rc_exit(VF_INTERRUPTED), 130);
	return check_done();
}
