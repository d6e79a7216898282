#include "compare_log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

enum { LOG_READ_MAX = 4 * 1024 * 1024, TELL_LINES = 12, TELL_COLUMNS = 200 };

static int log__failed(const char *path) {
    cli_error("compare: %s cannot be written: %s", path, strerror(errno));
    return CLI_FAILED;
}

/* A file that has no name any more. On a disk: a server may print more than memory should hold. */
static int log__open_nameless(void) {
    const char *directory = getenv("TMPDIR");
    char path[PATH_MAX];
    int fd;

    if (directory == NULL || directory[0] == '\0')
        directory = "/tmp";
    if (snprintf(path, sizeof(path), "%s/ringback-compare-XXXXXX", directory) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        log__failed(directory);
        return -1;
    }
    fd = mkostemp(path, O_APPEND | O_CLOEXEC);
    if (fd < 0)
        log__failed(path);
    else
        unlink(path);
    return fd;
}

int compare_log_open(struct compare_log *log, const char *directory, unsigned number, const char *side,
                     const char *what) {
    char path[PATH_MAX];

    *log = (struct compare_log){.fd = -1};
    if (directory == NULL) {
        log->fd = log__open_nameless();
        return log->fd < 0 ? CLI_FAILED : CLI_OK;
    }
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        return log__failed(directory);
    if (snprintf(path, sizeof(path), "%s/%02u-%s-%s.txt", directory, number, side, what) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return log__failed(directory);
    }
    log->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    return log->fd < 0 ? log__failed(path) : CLI_OK;
}

void compare_log_clear(struct compare_log *log) {
    /* Appending goes on at the new end. */
    if (ftruncate(log->fd, 0) != 0)
        lseek(log->fd, 0, SEEK_END);
}

char *compare_log_read(const struct compare_log *log) {
    const off_t size = lseek(log->fd, 0, SEEK_END);
    const off_t begin = size > LOG_READ_MAX ? size - LOG_READ_MAX : 0;
    char *text = malloc((size_t)(size - begin) + 1);
    size_t length = 0;
    ssize_t got = 1;

    while (text != NULL && got > 0 && length < (size_t)(size - begin)) {
        got = pread(log->fd, text + length, (size_t)(size - begin) - length, begin + (off_t)length);
        length += got > 0 ? (size_t)got : 0;
    }
    for (size_t i = 0; text != NULL && i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    if (text != NULL)
        text[length] = '\0';
    return text;
}

bool compare_log_has(const struct compare_log *log, const char *text) {
    char *all = compare_log_read(log);
    const bool has = all != NULL && strstr(all, text) != NULL;

    free(all);
    return has;
}

/* Other programs' bytes must not reach a terminal as control codes. */
static void log__print_line(const char *line, size_t length) {
    fputs("  | ", stderr);
    for (size_t i = 0; i < length && i < TELL_COLUMNS; i++)
        fputc(line[i] == '\t' || isprint((unsigned char)line[i]) ? line[i] : '?', stderr);
    fputs(length > TELL_COLUMNS ? "...\n" : "\n", stderr);
}

void compare_log_tell(const struct compare_log *log, const char *who) {
    char *text = log->fd < 0 ? NULL : compare_log_read(log);
    size_t length = text == NULL ? 0 : strlen(text);
    const char *line = text;
    unsigned lines = 0;

    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    if (length == 0) {
        fprintf(stderr, "  %s printed nothing\n", who);
        free(text);
        return;
    }
    for (const char *at = text + length; at > text && lines < TELL_LINES; at--) {
        lines += at[-1] == '\n';
        line = lines == TELL_LINES ? at : text;
    }
    fprintf(stderr, "  %s printed%s:\n", who, line > text ? ", at the end" : "");
    while (*line != '\0') {
        const size_t size = strcspn(line, "\n");

        log__print_line(line, size);
        line += size + (line[size] == '\n');
    }
    free(text);
}

void compare_log_close(struct compare_log *log) {
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}
