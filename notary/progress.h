/*
 * A progress line for people: bytes, rate, time left.
 *
 * Only on a terminal, only after one second, erased at the end. What is
 * written goes through the function given, so that nothing here prints.
 */
#ifndef NOTARY_PROGRESS_H
#define NOTARY_PROGRESS_H

#include "verify/bytes.h"

typedef void nt_progress_write(void *ctx, struct vf_bytes text);

struct nt_progress {
	nt_progress_write *write; /* NULL: no terminal, nothing is shown */
	void *ctx;
	const char *what;
	uint64_t total_files, total_bytes;
	int64_t began_ms, shown_ms; /* monotonic */
	bool shown;
};

/* Begins to count; total_bytes 0 when unknown. now_ms is monotonic milliseconds. */
void nt_progress_init(struct nt_progress *p, const char *what, uint64_t total_files, uint64_t total_bytes,
	int64_t now_ms, nt_progress_write *write, void *ctx);
void nt_progress_at(struct nt_progress *p, uint64_t files, uint64_t bytes, int64_t now_ms);
/* Erases the line. */
void nt_progress_done(struct nt_progress *p);
/* "12.3 MB": for people, never for JSON. */
void nt_progress_size(char *out, size_t cap, uint64_t bytes);

#endif
