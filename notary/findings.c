#include "notary/findings.h"

#include <stdarg.h>
#include <stdio.h>

void nt_found(struct nt_findings *f, enum vf_rc rc, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	f->n++;
	if (f->tell != NULL)
		f->tell(f->ctx, rc, text);
}

VF_RC nt_found_rc(struct nt_findings *f, enum vf_rc rc, const struct vf_err *err, struct vf_err *reterr)
{
	if (rc == VF_OK)
		return VF_OK;
	if (rc == VF_NO_MEMORY || rc == VF_INTERRUPTED)
		return vf_fail(reterr, rc, "%s", err->text);
	nt_found(f, rc, "%s", err->text);
	return VF_OK;
}
