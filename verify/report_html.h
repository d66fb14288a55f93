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

#endif
