#include "nearest.h"

#include <string.h>

enum { WORD_MAX = 63 };

static char nearest__fold(char c) {
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

static unsigned nearest__min(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other; WORD_MAX + 1 for a
 * word that is too long to be compared. */
static unsigned nearest__distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    unsigned row[3][WORD_MAX + 1];

    if (a_length > WORD_MAX || b_length > WORD_MAX)
        return WORD_MAX + 1;
    for (unsigned j = 0; j <= b_length; j++)
        row[0][j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            char ca = nearest__fold(a[i - 1]), cb = nearest__fold(b[j - 1]);
            now[j] = nearest__min(last[j] + 1, now[j - 1] + 1);
            now[j] = nearest__min(now[j], last[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == nearest__fold(b[j - 2]) && cb == nearest__fold(a[i - 2]))
                now[j] = nearest__min(now[j], before[j - 2] + 1);
        }
    }
    return row[a_length % 3][b_length];
}

const char *rb_nearest(const char *word, size_t length, const char *const *names) {
    const char *best = NULL;
    unsigned best_distance = WORD_MAX;

    for (; *names != NULL; names++) {
        size_t name_length = strlen(*names);
        unsigned distance = nearest__distance(word, length, *names, name_length);
        /* A third of the name may be wrong: more would propose names that share nothing with the word. */
        if (distance < best_distance && distance <= 1 + name_length / 4) {
            best = *names;
            best_distance = distance;
        }
    }
    return best;
}
