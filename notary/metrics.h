/*
 * Counters, gauges and histograms, and their text in the format of Prometheus (version 0.0.4).
 *
 * metrics.def lists them. The tables are made once, from the label values that may occur; an observation
 * is a search in a short list and an atomic addition, in any thread, without memory and without a lock.
 * A label value that is not in its list counts as "other", so that no client can make series.
 */
#ifndef NOTARY_METRICS_H
#define NOTARY_METRICS_H

#include "notary/buf.h"

enum nt_metric {
#define NT_METRIC(id, type, name, help, label1, label2) NT_METRIC_##id,
#include "notary/metrics.def"
#undef NT_METRIC
	NT_METRIC_COUNT
};

struct nt_metrics;

/* The media type of nt_metrics_put(). */
#define NT_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The values that a label takes, in every metric that has it; the list ends with NULL. Borrowed until the end. */
struct nt_metric_values {
	const char *label;
	const char *const *values;
};

/*
 * A label of metrics.def for which no values are given takes "other" only. INTERNAL: values for a label that no
 * metric has, a value twice, or more than 256 values.
 */
VF_RC nt_metrics_new(const struct nt_metric_values *values, size_t n, struct nt_metrics **ret, struct vf_err *reterr);
struct nt_metrics *nt_metrics_free(struct nt_metrics *m);
void nt_metrics_freep(struct nt_metrics **m);

/*
 * Observations. a and b are the label values, NULL where the metric has no label. With m NULL or another type of
 * metric they do nothing.
 */

/* Counters: n more; or, for a count that somebody else keeps, up to n (never down). */
void nt_metric_add(struct nt_metrics *m, enum nt_metric id, const char *a, const char *b, uint64_t n);
void nt_metric_raise(struct nt_metrics *m, enum nt_metric id, const char *a, const char *b, uint64_t n);
/* Gauges: a new value; or one that moves by delta, from 0. A gauge that was never set is not shown. */
void nt_metric_set(struct nt_metrics *m, enum nt_metric id, const char *a, double value);
void nt_metric_move(struct nt_metrics *m, enum nt_metric id, const char *a, double delta);
/* Histograms, in seconds; buckets from 1 ms to 10 s. Less than nothing counts as nothing. */
void nt_metric_observe(struct nt_metrics *m, enum nt_metric id, const char *a, double seconds);

/*
 * Appends all series. Counters with at most one label are there from the start, because a rate needs a first
 * value; with two labels, and histograms with one, from their first observation.
 */
void nt_metrics_put(const struct nt_metrics *m, struct nt_buf *out);

#endif
