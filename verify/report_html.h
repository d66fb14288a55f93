/*
 * Results as one HTML page for people who file or print it.
 *
 * The page is complete in itself: no script, no request to anywhere, every
 * string escaped. The same results give the same bytes.
 */
#ifndef VERIFY_REPORT_HTML_H
#define VERIFY_REPORT_HTML_H

#include "verify/report.h"

/* Summary, files and evidence, checks, and raw facts of every outcome. */
void vf_report_html(struct vf_sink *s, const struct vf_run *run);

/* ---- parts of every such page ---- */

/* Up to the subtitle, which the caller begins: what was checked. title is HTML. */
void vf_html_begin(struct vf_sink *s, const char *title);
/* Ends the subtitle: when, and with which program. */
void vf_html_checked(struct vf_sink *s, const struct vf_run *run);
/* The last lines: what the words mean, and that the page proves nothing. */
void vf_html_end(struct vf_sink *s);
/* Text of any origin: escaped, and kept from changing the direction of what stands around it; the second one in quotes. */
void vf_html_text(struct vf_sink *s, struct vf_bytes text);
void vf_html_quoted(struct vf_sink *s, struct vf_bytes text);
void vf_html_hash(struct vf_sink *s, const struct vf_hash *h);
void vf_html_time(struct vf_sink *s, int64_t ms);
void vf_html_count(struct vf_sink *s, uint64_t v);
void vf_html_plural(struct vf_sink *s, uint64_t n, const char *one, const char *many);
/* One reason with its code, its detail, the object that it is about and what to do; texts may be empty. */
void vf_html_reason(struct vf_sink *s, enum vf_rc rc, const char *text, const char *object);
/* The rows of a table of facts that say the policy and the time of checking. */
void vf_html_checked_rows(struct vf_sink *s, const struct vf_run *run);

#endif
