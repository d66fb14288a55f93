/*
 * Arrays that grow while something is gathered: room is doubled, so n additions cost n copies at most.
 */
#ifndef TRIAL_GROW_H
#define TRIAL_GROW_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Room for need objects of size octets. list is the address of a pointer that came from here or is NULL, cap how many there
 * is room for; both change. False: no memory, and all is as it was. The array is freed with free().
 */
bool tr_grow(void *list, size_t *cap, size_t need, size_t size);
/* The same of two variables. */
#define TR_GROW(list, cap, need) tr_grow(&(list), &(cap), (need), sizeof(*(list)))

#endif
