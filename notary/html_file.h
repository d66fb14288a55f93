/*
 * Pages for people as files: written whole or not at all.
 */
#ifndef NOTARY_HTML_FILE_H
#define NOTARY_HTML_FILE_H

#include "verify/bytes.h"

/*
 * Writes it durably, for the owner's eyes alone (mode 0600). EXISTS when something is there, unless force is given and it is such
 * a page or empty: a mistyped name must not cost a document. what: "page", "report".
 */
VF_RC nt_html_write(const char *path, const char *what, bool force, struct vf_bytes page, struct vf_err *reterr);

#endif
