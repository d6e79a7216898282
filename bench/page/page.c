/* page - see page.h. */
#include "page.h"
#include "child.h"
#include "part.h"
#include "plot.h"
#include "style.h"
#include "svg.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_STEP = 256 * 1024, FILE_MAX = 512 * 1024 * 1024 };

/* Two texts that grow while the parts write them. */
struct draft {
    char *html;
    size_t html_size;
    char *script;
    size_t script_size;
};

__attribute__((format(printf, 1, 2))) static bool refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("ringback-bench: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    return false;
}

bool page_possible(const char *directory) {
    if (!child_findable("gnuplot")) {
        return refuse("gnuplot is not installed, and --report needs it: tools/install-packages installs it");
    }
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
        return refuse("cannot make %s: %s", directory, strerror(errno));
    }
    struct stat found = {0};
    if (stat(directory, &found) == 0 && !S_ISDIR(found.st_mode)) {
        return refuse("%s is no directory", directory);
    }
    if (access(directory, W_OK | X_OK) != 0) {
        return refuse("cannot write into %s: %s", directory, strerror(errno));
    }
    return true;
}

static void write_parts(struct page *page) {
    part_head(page);
    (void)fputs("<main>\n", page->html);
    part_reading(page);
    part_worst(page);
    part_glance(page);
    part_workloads(page);
    part_rows(page);
    part_machine(page);
    (void)fputs("</main>\n", page->html);
}

/* Returns false without memory. */
static bool write_draft(struct draft *draft, const struct saved *saved) {
    struct page page = {.saved = saved,
                        .html = open_memstream(&draft->html, &draft->html_size),
                        .script = open_memstream(&draft->script, &draft->script_size)};
    if (page.html != NULL && page.script != NULL) {
        write_parts(&page);
    }
    const bool html_ok = page.html != NULL && ferror(page.html) == 0;
    const bool script_ok = page.script != NULL && ferror(page.script) == 0;
    const bool html_closed = page.html == NULL || fclose(page.html) == 0;
    const bool script_closed = page.script == NULL || fclose(page.script) == 0;
    return html_ok && script_ok && html_closed && script_closed;
}

static bool write_page(FILE *out, const struct draft *draft, const char *drawn) {
    (void)fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
                "<meta charset=\"utf-8\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                "<title>Ringback: epoll and the ring compared</title>\n<style>\n",
                out);
    (void)fputs(page_style, out);
    (void)fputs("</style>\n</head>\n<body>\n", out);
    svg_write_shapes(out, drawn);
    const bool complete = plot_place(out, draft->html, drawn);
    (void)fputs("</body>\n</html>\n", out);
    return complete;
}

/* The file is there whole or not at all. */
static bool save_page(const struct draft *draft, const char *drawn, const char *directory) {
    char path[PATH_MAX];
    char part[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/index.html", directory) >= (int)sizeof(path) ||
        snprintf(part, sizeof(part), "%s/.index.html.part", directory) >= (int)sizeof(part)) {
        return refuse("%s is too long a path", directory);
    }
    FILE *out = fopen(part, "we");
    if (out == NULL) {
        return refuse("cannot write %s: %s", path, strerror(errno));
    }
    const bool complete = write_page(out, draft, drawn);
    bool written = ferror(out) == 0;
    written = fclose(out) == 0 && written;
    if (!complete || !written || rename(part, path) != 0) {
        const int error = errno;
        (void)unlink(part);
        return complete ? refuse("cannot write %s: %s", path, strerror(error))
                        : refuse("gnuplot drew fewer pictures than it was asked for");
    }
    (void)fprintf(stderr, "the report is in %s\n", path);
    return true;
}

bool page_make(const cJSON *object, const char *name, const char *directory) {
    struct saved saved;
    struct draft draft = {0};
    char wrong[SAVED_ERROR_MAX];
    char error[PLOT_ERROR_MAX] = "";
    bool made = false;
    if (!saved_take(&saved, object, wrong)) {
        (void)refuse("%s: %s", name, wrong);
    } else if (!write_draft(&draft, &saved)) {
        (void)refuse("there is no memory for the report");
    } else {
        char *drawn = plot_run(draft.script, draft.script_size, error);
        made = drawn == NULL ? refuse("%s", error) : save_page(&draft, drawn, directory);
        free(drawn);
    }
    free(draft.html);
    free(draft.script);
    saved_free(&saved);
    return made;
}

/* NULL and errno when it cannot be read. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t used = 0;
    while (file != NULL && feof(file) == 0 && ferror(file) == 0 && used < FILE_MAX) {
        char *grown = realloc(text, used + FILE_STEP);
        if (grown == NULL) {
            break;
        }
        text = grown;
        used += fread(text + used, 1, FILE_STEP - 1, file);
        text[used] = '\0';
    }
    const bool complete = file != NULL && feof(file) != 0 && ferror(file) == 0;
    const int error = errno;
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!complete) {
        free(text);
        errno = error;
        return NULL;
    }
    return text;
}

bool page_make_from(const char *file, const char *directory) {
    char wrong[SAVED_ERROR_MAX];
    char *text = read_file(file);
    if (text == NULL) {
        return refuse("cannot read %s: %s", file, strerror(errno));
    }
    cJSON *object = saved_parse(text, wrong);
    free(text);
    if (object == NULL) {
        return refuse("%s: %s", file, wrong);
    }
    const bool made = page_make(object, file, directory);
    cJSON_Delete(object);
    return made;
}
