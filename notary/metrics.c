#include "notary/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 256
#define NANOS 1000000000.0

enum type { COUNTER, GAUGE, HISTOGRAM };

static const struct metric {
	enum type type;
	const char *name, *help, *labels[2];
} metrics[] = {
#define NT_METRIC(id, type, name, help, label1, label2) {type, name, help, {label1, label2}},
#include "notary/metrics.def"
#undef NT_METRIC
};

/* Text and value of each bound stand together, so that no rounding makes "0.0025000000000000001". */
static const struct {
	const char *text;
	double seconds;
} bounds[] = {
	{"0.001", 0.001}, {"0.0025", 0.0025}, {"0.005", 0.005}, {"0.01", 0.01}, {"0.025", 0.025}, {"0.05", 0.05},
	{"0.1", 0.1}, {"0.25", 0.25}, {"0.5", 0.5}, {"1", 1}, {"2.5", 2.5}, {"5", 5}, {"10", 10}, {"+Inf", HUGE_VAL},
};
#define BUCKETS (sizeof(bounds) / sizeof(bounds[0]))

/*
 * The cells of a metric, one per pair of label values. A counter is one number; a gauge the bits of a double,
 * NaN when it was never set; a histogram its buckets (each alone, not cumulative) and the sum in nanoseconds.
 */
struct table {
	const char *const *values[2]; /* NULL: "other" alone, or no label */
	size_t n[2];                  /* with "other", which is last; 1 without a label */
	size_t width;
	struct cell {
		_Atomic uint64_t v;
	} *cells;
};

struct nt_metrics {
	struct table tables[NT_METRIC_COUNT];
};

/* ---- tables ---- */

static uint64_t bits_of(double v)
{
	uint64_t b;

	memcpy(&b, &v, sizeof(b));
	return b;
}

static double double_of(uint64_t b)
{
	double v;

	memcpy(&v, &b, sizeof(v));
	return v;
}

static enum vf_rc check_values(const struct nt_metric_values *v, struct vf_err *reterr)
{
	bool known = false;

	for (size_t i = 0; i < NT_METRIC_COUNT; i++)
		for (size_t k = 0; k < 2; k++)
			known = known || (metrics[i].labels[k] != NULL && strcmp(metrics[i].labels[k], v->label) == 0);
	if (!known)
		return vf_fail(reterr, VF_INTERNAL, "no metric has a label '%s'", v->label);
	for (size_t i = 0; v->values[i] != NULL; i++) {
		if (i == MAX_VALUES)
			return vf_fail(reterr, VF_INTERNAL, "label '%s' has too many values", v->label);
		for (size_t k = 0; k < i; k++)
			if (strcmp(v->values[i], v->values[k]) == 0)
				return vf_fail(reterr, VF_INTERNAL, "label '%s' has a value twice", v->label);
	}
	return VF_OK;
}

static void take_label(
	struct table *t, size_t which, const char *label, const struct nt_metric_values *values, size_t n)
{
	t->n[which] = 1;
	if (label == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(values[i].label, label) != 0)
			continue;
		t->values[which] = values[i].values;
		while (values[i].values[t->n[which] - 1] != NULL)
			t->n[which]++;
		return;
	}
}

VF_RC nt_metrics_new(const struct nt_metric_values *values, size_t n, struct nt_metrics **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_metrics_freep) struct nt_metrics *m = calloc(1, sizeof(*m));

	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc = check_values(&values[i], reterr);

		if (rc != VF_OK)
			return rc;
	}
	for (size_t i = 0; m != NULL && i < NT_METRIC_COUNT; i++) {
		struct table *t = &m->tables[i];
		size_t cells;

		take_label(t, 0, metrics[i].labels[0], values, n);
		take_label(t, 1, metrics[i].labels[1], values, n);
		t->width = metrics[i].type == HISTOGRAM ? BUCKETS + 1 : 1;
		cells = t->n[0] * t->n[1] * t->width;
		t->cells = calloc(cells, sizeof(*t->cells));
		if (t->cells == NULL)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for metrics");
		for (size_t k = 0; metrics[i].type == GAUGE && k < cells; k++)
			atomic_init(&t->cells[k].v, bits_of(NAN));
	}
	if (m == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for metrics");
	*ret = m;
	m = NULL;
	return VF_OK;
}

struct nt_metrics *nt_metrics_free(struct nt_metrics *m)
{
	for (size_t i = 0; m != NULL && i < NT_METRIC_COUNT; i++)
		free(m->tables[i].cells);
	free(m);
	return NULL;
}

void nt_metrics_freep(struct nt_metrics **m)
{
	*m = nt_metrics_free(*m);
}

/* ---- observations ---- */

static size_t value_index(const struct table *t, size_t which, const char *value)
{
	size_t last = t->n[which] - 1;

	for (size_t i = 0; value != NULL && i < last; i++)
		if (strcmp(t->values[which][i], value) == 0)
			return i;
	return last;
}

static struct cell *cell(struct nt_metrics *m, enum nt_metric id, enum type type, const char *a, const char *b)
{
	struct table *t;

	if (m == NULL || (unsigned)id >= NT_METRIC_COUNT || metrics[id].type != type)
		return NULL;
	t = &m->tables[id];
	return t->cells + (value_index(t, 0, a) * t->n[1] + value_index(t, 1, b)) * t->width;
}

/* No other memory is published through a metric, so nothing needs an order. */
static void add(struct cell *c, uint64_t n)
{
	atomic_fetch_add_explicit(&c->v, n, memory_order_relaxed);
}

void nt_metric_add(struct nt_metrics *m, enum nt_metric id, const char *a, const char *b, uint64_t n)
{
	struct cell *c = cell(m, id, COUNTER, a, b);

	if (c != NULL)
		add(c, n);
}

void nt_metric_raise(struct nt_metrics *m, enum nt_metric id, const char *a, const char *b, uint64_t n)
{
	struct cell *c = cell(m, id, COUNTER, a, b);
	uint64_t now = c != NULL ? atomic_load_explicit(&c->v, memory_order_relaxed) : 0;

	while (c != NULL && now < n &&
		!atomic_compare_exchange_weak_explicit(&c->v, &now, n, memory_order_relaxed, memory_order_relaxed))
		;
}

void nt_metric_set(struct nt_metrics *m, enum nt_metric id, const char *a, double value)
{
	struct cell *c = cell(m, id, GAUGE, a, NULL);

	if (c != NULL)
		atomic_store_explicit(&c->v, bits_of(value), memory_order_relaxed);
}

void nt_metric_move(struct nt_metrics *m, enum nt_metric id, const char *a, double delta)
{
	struct cell *c = cell(m, id, GAUGE, a, NULL);
	uint64_t now = c != NULL ? atomic_load_explicit(&c->v, memory_order_relaxed) : 0, then;

	if (c == NULL)
		return;
	do {
		double v = double_of(now);

		then = bits_of((isnan(v) ? 0 : v) + delta);
	} while (!atomic_compare_exchange_weak_explicit(&c->v, &now, then, memory_order_relaxed, memory_order_relaxed));
}

void nt_metric_observe(struct nt_metrics *m, enum nt_metric id, const char *a, double seconds)
{
	struct cell *c = cell(m, id, HISTOGRAM, a, NULL);
	size_t i = 0;

	if (c == NULL)
		return;
	if (!(seconds > 0)) /* a clock that went back, NaN */
		seconds = 0;
	if (seconds > 1e9) /* 30 years: no duration; keeps the sum from wrapping */
		seconds = 1e9;
	while (seconds > bounds[i].seconds)
		i++;
	add(&c[BUCKETS], (uint64_t)(seconds * NANOS + 0.5));
	add(&c[i], 1);
}

/* ---- text ---- */

static uint64_t read_cell(const struct cell *c)
{
	return atomic_load_explicit(&c->v, memory_order_relaxed);
}

static void put_escaped(struct nt_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			nt_buf_put_str(out, "\\n");
			continue;
		}
		if (*text == '\\' || *text == '"')
			nt_buf_put_u8(out, '\\');
		nt_buf_put_u8(out, (uint8_t)*text);
	}
}

static const char *value_text(const struct table *t, size_t which, size_t i)
{
	return i + 1 < t->n[which] ? t->values[which][i] : "other";
}

/* name suffix {labels,le="..."} and a space. */
static void put_series(struct nt_buf *out, const struct metric *m, const struct table *t, size_t row,
	const char *suffix, const char *le)
{
	size_t at[2] = {row / t->n[1], row % t->n[1]};
	char before = '{';

	nt_buf_putf(out, "%s%s", m->name, suffix);
	for (size_t k = 0; k < 2; k++) {
		if (m->labels[k] == NULL)
			continue;
		nt_buf_putf(out, "%c%s=\"", before, m->labels[k]);
		put_escaped(out, value_text(t, k, at[k]));
		nt_buf_put_u8(out, '"');
		before = ',';
	}
	if (le != NULL) {
		nt_buf_putf(out, "%cle=\"%s\"", before, le);
		before = ',';
	}
	nt_buf_put_str(out, before == ',' ? "} " : " ");
}

/* The shortest text that is this number; infinite numbers as the format writes them. */
static void put_double(struct nt_buf *out, double v)
{
	char text[40];

	if (isinf(v)) {
		nt_buf_put_str(out, v > 0 ? "+Inf\n" : "-Inf\n");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	nt_buf_putf(out, "%s\n", text);
}

/* The count is the sum of what was read, so it always equals the last bucket, whatever runs meanwhile. */
static void put_histogram(struct nt_buf *out, const struct metric *m, const struct table *t, size_t row)
{
	const struct cell *c = t->cells + row * t->width;
	uint64_t each[BUCKETS], count = 0, sum = read_cell(&c[BUCKETS]);

	for (size_t i = 0; i < BUCKETS; i++) {
		each[i] = read_cell(&c[i]);
		count += each[i];
	}
	if (count == 0 && m->labels[0] != NULL)
		return;
	count = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		count += each[i];
		put_series(out, m, t, row, "_bucket", bounds[i].text);
		nt_buf_putf(out, "%" PRIu64 "\n", count);
	}
	put_series(out, m, t, row, "_sum", NULL);
	nt_buf_putf(out, "%" PRIu64 ".%09" PRIu64 "\n", sum / 1000000000, sum % 1000000000);
	put_series(out, m, t, row, "_count", NULL);
	nt_buf_putf(out, "%" PRIu64 "\n", count);
}

static void put_row(struct nt_buf *out, const struct metric *m, const struct table *t, size_t row)
{
	uint64_t v;

	switch (m->type) {
	case COUNTER:
		v = read_cell(&t->cells[row]);
		if (v == 0 && m->labels[1] != NULL)
			return;
		put_series(out, m, t, row, "", NULL);
		nt_buf_putf(out, "%" PRIu64 "\n", v);
		return;
	case GAUGE:
		v = read_cell(&t->cells[row]);
		if (isnan(double_of(v)))
			return;
		put_series(out, m, t, row, "", NULL);
		put_double(out, double_of(v));
		return;
	case HISTOGRAM:
		put_histogram(out, m, t, row);
		return;
	}
}

void nt_metrics_put(const struct nt_metrics *m, struct nt_buf *out)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};

	for (size_t i = 0; i < NT_METRIC_COUNT; i++) {
		const struct table *t = &m->tables[i];

		nt_buf_putf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help, metrics[i].name,
			types[metrics[i].type]);
		for (size_t row = 0; row < t->n[0] * t->n[1]; row++)
			put_row(out, &metrics[i], t, row);
	}
}
