#include "verify/foreign.h"

VF_RC vf_record_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *record, const struct vf_record_options *options, const struct vf_given *objects,
	size_t n, struct vf_report *ret, struct vf_err *reterr)
{
	(void)s, (void)memory, (void)record, (void)options, (void)objects, (void)n, (void)ret;
	return vf_fail(reterr, VF_UNSUPPORTED, "'%s' can not be judged yet", input);
}

VF_RC vf_token_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *token, const struct vf_given *object, struct vf_report *ret, struct vf_err *reterr)
{
	(void)s, (void)memory, (void)token, (void)object, (void)ret;
	return vf_fail(reterr, VF_UNSUPPORTED, "'%s' can not be judged yet", input);
}
