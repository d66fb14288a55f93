#include "trial/grow.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool tr_grow(void *list, size_t *cap, size_t need, size_t size)
{
	size_t more = *cap ? *cap : 64;
	void *p;

	if (need <= *cap)
		return true;
	while (more < need)
		more *= 2;
	if (more > SIZE_MAX / 2 / size)
		return false;
	memcpy(&p, list, sizeof(p)); /* whatever it points to */
	p = realloc(p, more * size);
	if (!p)
		return false;
	memcpy(list, &p, sizeof(p));
	*cap = more;
	return true;
}
