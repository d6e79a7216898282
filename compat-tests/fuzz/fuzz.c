#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fuzz_understood;

void fuzz_fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
    abort();
}

static char *copy_of(const uint8_t *from, size_t length) {
    char *copy = malloc(length + 1);

    if (copy == NULL)
        abort();
    memcpy(copy, from, length);
    copy[length] = '\0';
    return copy;
}

void fuzz_split(struct fuzz_words *words, const uint8_t *data, size_t size) {
    words->count = 0;
    while (size > 0 && words->count < FUZZ_WORDS_MAX) {
        size_t length = 0;

        while (length < size && data[length] != '\n' && data[length] != '\0')
            length++;
        words->word[words->count++] = copy_of(data, length);
        length += length < size; /* the separator */
        data += length;
        size -= length;
    }
    words->word[words->count] = NULL;
}

void fuzz_free(struct fuzz_words *words) {
    for (int i = 0; i < words->count; i++)
        free(words->word[i]);
}
