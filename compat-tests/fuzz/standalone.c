/* Every file of a corpus through a fuzz target, without libFuzzer: what was found once stays found.
 *
 *   ct-fuzz-TARGET FILE|DIRECTORY...
 *
 * Exits with 1 if there is no input, or none that the target understands: such a corpus tests nothing. A target that
 * finds something aborts; the file's name stands before. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20, PATH_SIZE = 4096 };

static unsigned inputs, understood;

static void run_file(const char *path) {
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    uint8_t *input;
    size_t size;

    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    input = malloc(size); /* of its own size, for the sanitizers */
    if (input == NULL && size > 0)
        abort();
    memcpy(input, bytes, size);
    fprintf(stderr, "%s\n", path);
    fuzz_understood = false;
    LLVMFuzzerTestOneInput(input, size);
    free(input);
    inputs++;
    understood += fuzz_understood;
}

static void run_path(const char *path) {
    DIR *directory = opendir(path);
    struct dirent *entry;
    char name[PATH_SIZE];

    if (directory == NULL) {
        run_file(path);
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        run_file(name);
    }
    closedir(directory);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        run_path(argv[i]);
    fprintf(stderr, "%u inputs, %u understood\n", inputs, understood);
    return understood == 0;
}
