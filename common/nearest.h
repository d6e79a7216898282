/* nearest - which known name a mistyped one probably meant. */
#ifndef RB_NEAREST_H
#define RB_NEAREST_H

#include <stddef.h>

/* rb_nearest - the name that a word is a likely misspelling of.
 *   word, length  the word; need not be terminated. Longer than 63 bytes is near to nothing.
 *   names         NULL-terminated.
 * Returns an element of names, or NULL if none is near. Upper and lower case are the same, '-' and '_' too.
 * Allocates nothing. */
const char *rb_nearest(const char *word, size_t length, const char *const *names);

#endif
