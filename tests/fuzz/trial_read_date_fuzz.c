/* Exercises trial/read/date.c: each form; what is good has a normal form that reads back to the same time. */
#include <stdlib.h>

#include "trial/read/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octet is the form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tr_date d, again;

	if (size == 0)
		return 0;
	tr_date_read((enum tr_date_form)(data[0] % 7), vf_bytes(data + 1, size - 1), &d);
	if (d.is_bad && (tr_when_is(&d.when) || d.precision != TR_PRECISION_NONE || d.normal[0]))
		abort();
	if (!tr_when_is(&d.when))
		return 0;
	if (d.precision == TR_PRECISION_NONE || d.when.lo > d.when.hi || strlen(d.normal) > TR_DATE_LEN)
		abort();
	tr_date_read(TR_DATE_ISO, vf_bytes_str(d.normal), &again);
	if (again.is_bad || again.precision != d.precision || again.when.lo != d.when.lo || again.when.hi != d.when.hi ||
		again.when.local != d.when.local)
		abort();
	return 0;
}
