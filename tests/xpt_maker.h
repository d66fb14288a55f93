/* Small SAS transport files for tests, version 5 or 8, written as the format's description says. */
#ifndef TESTS_XPT_MAKER_H
#define TESTS_XPT_MAKER_H

#include "tests/check.h"

struct xpt_maker {
	uint8_t p[1 << 16];
	size_t n;
	bool v8;
};

static inline void xpt_put(struct xpt_maker *x, const void *p, size_t n)
{
	if (n > sizeof(x->p) - x->n)
		exit(1);
	memcpy(x->p + x->n, p, n);
	x->n += n;
}

static inline void xpt_fill(struct xpt_maker *x)
{
	while (x->n % 80)
		xpt_put(x, " ", 1);
}

/* A record with its text, filled with blanks. */
static inline void xpt_record(struct xpt_maker *x, const char *text)
{
	xpt_put(x, text, strlen(text));
	xpt_fill(x);
}

/* "HEADER RECORD*******NAME    HEADER RECORD!!!!!!!" and what stands behind. */
static inline void xpt_header(struct xpt_maker *x, const char *v5, const char *v8, const char *more)
{
	char text[81];

	snprintf(text, sizeof(text), "HEADER RECORD*******%-8sHEADER RECORD!!!!!!!%s", x->v8 ? v8 : v5, more);
	xpt_record(x, text);
}

static inline void xpt_library(struct xpt_maker *x, const char *created)
{
	char text[81];

	xpt_header(x, "LIBRARY", "LIBV8", "000000000000000000000000000000");
	snprintf(text, sizeof(text), "SAS     SAS     SASLIB  9.4     LINUX   %24s%s", "", created);
	xpt_record(x, text);
	xpt_record(x, created);
}

static inline void xpt_member(struct xpt_maker *x, const char *name, unsigned columns)
{
	char text[81];

	xpt_header(x, "MEMBER", "MEMBV8", "000000000000000001600000000140");
	xpt_header(x, "DSCRPTR", "DSCPTV8", "000000000000000000000000000000");
	snprintf(text, sizeof(text), x->v8 ? "SAS     %-32sSASDATA 9.4     LINUX" : "SAS     %-8sSASDATA 9.4     LINUX", name);
	xpt_record(x, text);
	xpt_record(x, "16AUG13:21:15:04");
	snprintf(text, sizeof(text), "000000%04u00000000000000000000", columns);
	xpt_header(x, "NAMESTR", "NAMSTV8", text);
}

/* A column's description: type 1 is a number, 2 text. */
static inline void xpt_column(struct xpt_maker *x, const char *name, unsigned type, unsigned len, unsigned at)
{
	uint8_t d[140] = {0};

	memset(d + 8, ' ', 48);
	d[1] = (uint8_t)type;
	d[5] = (uint8_t)len;
	memcpy(d + 8, name, strlen(name) < 8 ? strlen(name) : 8);
	d[86] = (uint8_t)(at >> 8);
	d[87] = (uint8_t)at;
	if (x->v8) {
		memset(d + 88, ' ', 32);
		memcpy(d + 88, name, strlen(name));
	}
	xpt_put(x, d, sizeof(d));
}

static inline void xpt_rows(struct xpt_maker *x, const char *count)
{
	char text[40];

	xpt_fill(x);
	snprintf(text, sizeof(text), "%15s", count);
	xpt_header(x, "OBS", "OBSV8", x->v8 ? text : "000000000000000000000000000000");
}

#endif
