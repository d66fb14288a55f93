/*
 * Outcomes: what every function of this project returns.
 *
 * Knows the list of codes and how to carry a message. What a code means for a
 * verdict is verdict.h's question.
 */
#ifndef VERIFY_RC_H
#define VERIFY_RC_H

#include <stddef.h>

/* Outcomes are listed once, in rc.def. Always compare with VF_OK. */
enum vf_rc {
#define VF(name, class_, text, next) VF_##name,
#include "verify/rc.def"
#undef VF
	VF_RC_COUNT
};

/*
 * Three classes decide about evidence. The others end a program without a
 * verdict: memory, I/O or a wrong command line never accept and never reject.
 */
enum vf_class {
	VF_CLASS_UNDECIDED,
	VF_CLASS_ACCEPTED,
	VF_CLASS_REJECTED,
	VF_CLASS_USAGE,
	VF_CLASS_NO_INPUT,
	VF_CLASS_INTERNAL,
	VF_CLASS_IO,
	VF_CLASS_PERMISSION,
	VF_CLASS_INTERRUPTED,
};

#define VF_RC __attribute__((warn_unused_result)) enum vf_rc
#define VF_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* The place that finds a fault describes it here; callers pass it up. */
struct vf_err {
	enum vf_rc rc;
	char text[320];
};

/* Writes rc and the message into reterr (which may be NULL) and returns rc. */
enum vf_rc vf_fail(struct vf_err *reterr, enum vf_rc rc, const char *fmt, ...) VF_PRINTF(3, 4);

/* Puts "prefix: " before the message that is there already; keeps the code. */
void vf_err_prefix(struct vf_err *err, const char *fmt, ...) VF_PRINTF(2, 3);

/* The stable upper-case name, the plain sentence, the next step. Never NULL. */
const char *vf_rc_name(enum vf_rc rc);
const char *vf_rc_text(enum vf_rc rc);
const char *vf_rc_next(enum vf_rc rc);
enum vf_class vf_rc_class(enum vf_rc rc);

/* Finds a code by its name; returns VF_RC_COUNT when there is none. */
enum vf_rc vf_rc_find(const char *name);

/* Exit status of a program that ends with this outcome (DESIGN: verdicts). */
int vf_rc_exit(enum vf_rc rc);

/* Ignores an outcome on purpose; the caller says why beside the call. */
static inline void vf_ignore(enum vf_rc rc)
{
	(void)rc;
}

#define VF_CLEANUP(f) __attribute__((cleanup(f)))

#endif
