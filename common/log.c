#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/poll.h> /* not <poll.h>: this directory has a poll.h of its own */
#include <sys/stat.h>
#include <time.h>

#include "rawcall.h"

enum { LINE_MAX_BYTES = 512, STDERR_FD = 2 };

static atomic_int log_level = RB_LOG_NOTICE;

/* Descriptor 2 at start; a socket there at start (a service manager's journal) is the standard error. */
static _Atomic uint64_t start_device;
static _Atomic uint64_t start_inode;

void rb_log_set_level(enum rb_log level) {
    int kept = errno;
    struct stat st;

    if (fstat(STDERR_FD, &st) == 0) {
        atomic_store_explicit(&start_device, (uint64_t)st.st_dev, memory_order_relaxed);
        atomic_store_explicit(&start_inode, (uint64_t)st.st_ino, memory_order_relaxed);
    }
    atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
    errno = kept;
}

/* A daemon that closed its descriptors may have a client on number 2: one line of text would break the client's
 * protocol. Files and terminals are taken at their word. */
static bool log__is_stderr(void) {
    struct stat st;

    if (fstat(STDERR_FD, &st) != 0)
        return false;
    if (!S_ISSOCK(st.st_mode))
        return true;
    return (uint64_t)st.st_dev == atomic_load_explicit(&start_device, memory_order_relaxed) &&
           (uint64_t)st.st_ino == atomic_load_explicit(&start_inode, memory_order_relaxed);
}

/* A pipe that nobody reads would kill the program by SIGPIPE, a full one would stop it: neither is worth a line. */
static bool log__is_writable(void) {
    struct pollfd wanted = {.fd = STDERR_FD, .events = POLLOUT};
    struct timespec now = {0};

    return rb_rawcall(SYS_ppoll, (long)&wanted, 1, (long)&now, 0, 0, 0) == 1 && wanted.revents == POLLOUT;
}

__attribute__((format(printf, 1, 0))) static void log__line(const char *format, va_list args) {
    static const char prefix[] = "ringback: ";
    char line[LINE_MAX_BYTES];
    size_t length = sizeof(prefix) - 1;
    int kept = errno;

    memcpy(line, prefix, length);
    int wanted = vsnprintf(line + length, sizeof(line) - length - 1, format, args);
    if (wanted > 0 && log__is_stderr() && log__is_writable()) {
        length += strlen(line + length);
        line[length++] = '\n';
        rb_rawcall(SYS_write, STDERR_FD, (long)line, (long)length, 0, 0, 0);
    }
    errno = kept;
}

void rb_log(enum rb_log level, const char *format, ...) {
    va_list args;

    if ((int)level > atomic_load_explicit(&log_level, memory_order_relaxed))
        return;
    va_start(args, format);
    log__line(format, args);
    va_end(args);
}

void rb_log_once(atomic_uint *flag, const char *format, ...) {
    va_list args;

    if (atomic_load_explicit(&log_level, memory_order_relaxed) < RB_LOG_NOTICE)
        return;
    if (atomic_exchange_explicit(flag, 1, memory_order_relaxed) != 0)
        return;
    va_start(args, format);
    log__line(format, args);
    va_end(args);
}
