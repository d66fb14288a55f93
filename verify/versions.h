/*
 * Names and versions of the libraries that the program runs with.
 *
 * Knows nothing else of them: each has its own adapter.
 */
#ifndef VERIFY_VERSIONS_H
#define VERIFY_VERSIONS_H

#include "verify/sink.h"

/* One line a library. */
void vf_versions_put(struct vf_sink *s);

#endif
