/* fuzz - what the fuzz targets share. A target is one parser that is given any bytes: it defines
 * LLVMFuzzerTestOneInput(), which is called by libFuzzer (clang) or, for each file of a corpus, by standalone.c. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FUZZ_CHECK - something that holds for every input. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

enum { FUZZ_WORDS_MAX = 64 };

/* Words that lie each in memory of its own size, so that a sanitizer sees the first byte that is read too much. */
struct fuzz_words {
    char *word[FUZZ_WORDS_MAX + 1]; /* NULL-terminated */
    int count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_understood - a target says that an input was not just refused. A corpus with none like that tests nothing. */
extern bool fuzz_understood;

/* fuzz_split - one word a line (or up to a NUL). */
void fuzz_split(struct fuzz_words *words, const uint8_t *data, size_t size);
void fuzz_free(struct fuzz_words *words);

_Noreturn void fuzz_fail(const char *file, int line, const char *what);

#endif
