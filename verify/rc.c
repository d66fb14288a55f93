#include "verify/rc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *text, *next;
	enum vf_class class_;
} table[] = {
#define VF(name, class_, text, next) {#name, text, next, VF_CLASS_##class_},
#include "verify/rc.def"
#undef VF
};

_Static_assert(sizeof(table) / sizeof(table[0]) == VF_RC_COUNT, "one row an outcome");

enum vf_rc vf_fail(struct vf_err *reterr, enum vf_rc rc, const char *fmt, ...)
{
	va_list ap;

	if (!reterr)
		return rc;
	reterr->rc = rc;
	va_start(ap, fmt);
	vsnprintf(reterr->text, sizeof(reterr->text), fmt, ap);
	va_end(ap);
	return rc;
}

void vf_err_prefix(struct vf_err *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	va_list ap;
	size_t n;
	int len;

	if (!err)
		return;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	len = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	n = (size_t)len < sizeof(err->text) ? (size_t)len : sizeof(err->text) - 1;
	snprintf(err->text + n, sizeof(err->text) - n, ": %s", old);
}

static size_t row(enum vf_rc rc)
{
	return (unsigned)rc < VF_RC_COUNT ? (size_t)rc : (size_t)VF_INTERNAL;
}

const char *vf_rc_name(enum vf_rc rc)
{
	return table[row(rc)].name;
}

const char *vf_rc_text(enum vf_rc rc)
{
	return table[row(rc)].text;
}

const char *vf_rc_next(enum vf_rc rc)
{
	return table[row(rc)].next;
}

enum vf_class vf_rc_class(enum vf_rc rc)
{
	return table[row(rc)].class_;
}

enum vf_rc vf_rc_find(const char *name)
{
	for (size_t i = 0; i < VF_RC_COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return (enum vf_rc)i;
	return VF_RC_COUNT;
}

int vf_rc_exit(enum vf_rc rc)
{
	switch (vf_rc_class(rc)) {
	case VF_CLASS_ACCEPTED:
		return 0;
	case VF_CLASS_REJECTED:
		return 1;
	case VF_CLASS_UNDECIDED:
		return 2;
	case VF_CLASS_USAGE:
		return 64;
	case VF_CLASS_NO_INPUT:
		return 66;
	case VF_CLASS_INTERNAL:
		return 70;
	case VF_CLASS_IO:
		return 74;
	case VF_CLASS_PERMISSION:
		return 77;
	case VF_CLASS_INTERRUPTED:
		return 130;
	}
	return 70;
}
