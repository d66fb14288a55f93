#include "notary/progress.h"

#include <inttypes.h>
#include <stdio.h>

/* Nothing is shown for what is done in a second; then five times a second. */
#define FIRST_MS 1000
#define EVERY_MS 200

void nt_progress_init(struct nt_progress *p, const char *what, uint64_t total_files, uint64_t total_bytes,
	int64_t now_ms, nt_progress_write *write, void *ctx)
{
	*p = (struct nt_progress){.write = write,
		.ctx = ctx,
		.what = what,
		.total_files = total_files,
		.total_bytes = total_bytes,
		.began_ms = now_ms,
		.shown_ms = now_ms};
}

void nt_progress_size(char *out, size_t cap, uint64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double v = (double)bytes / 1000;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(out, cap, "%" PRIu64 " B", bytes);
		return;
	}
	while (v >= 999.95 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1000;
		u++;
	}
	snprintf(out, cap, "%.1f %s", v, units[u]);
}

/* ", 12 s left"; empty while nothing can be said. */
static void put_left(char *out, size_t cap, const struct nt_progress *p, uint64_t bytes, int64_t elapsed_ms)
{
	uint64_t left;

	out[0] = '\0';
	if (bytes == 0 || bytes > p->total_bytes)
		return;
	left = (uint64_t)((double)(p->total_bytes - bytes) / (double)bytes * (double)elapsed_ms / 1000);
	if (left < 60)
		snprintf(out, cap, ", %" PRIu64 " s left", left);
	else if (left < 3600)
		snprintf(out, cap, ", %" PRIu64 " min left", left / 60);
	else
		snprintf(out, cap, ", %" PRIu64 " h %" PRIu64 " min left", left / 3600, left / 60 % 60);
}

void nt_progress_at(struct nt_progress *p, uint64_t files, uint64_t bytes, int64_t now_ms)
{
	char line[200], done[32], total[40] = "", rate[32], left[40];
	int64_t elapsed = now_ms - p->began_ms;
	int n;

	if (!p->write || elapsed < FIRST_MS || now_ms - p->shown_ms < EVERY_MS)
		return;
	nt_progress_size(done, sizeof(done), bytes);
	nt_progress_size(rate, sizeof(rate), (uint64_t)((double)bytes * 1000 / (double)elapsed));
	if (p->total_bytes > 0) {
		char size[32];

		nt_progress_size(size, sizeof(size), p->total_bytes);
		snprintf(total, sizeof(total), " of %s", size);
	}
	put_left(left, sizeof(left), p, bytes, elapsed);
	n = snprintf(line, sizeof(line), "\r\033[K%s %s%s (%" PRIu64 " of %" PRIu64 " files), %s/s%s",
		p->what, done, total, files, p->total_files, rate, left);
	if (n <= 0)
		return;
	p->write(p->ctx, vf_bytes(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1));
	p->shown_ms = now_ms;
	p->shown = true;
}

void nt_progress_done(struct nt_progress *p)
{
	if (p->shown)
		p->write(p->ctx, vf_bytes_str("\r\033[K"));
	p->shown = false;
}
