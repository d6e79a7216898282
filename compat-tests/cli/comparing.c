#include "comparing.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { PORT_MIN = 12000, PORT_COUNT = 16000 };
enum { TEXT_COUNT = 64, TEXT_SIZE = 1024, END_MS = 20000 };

void comparing_begin(unsigned limit_s) {
    static struct capture doctor;

    check_begin(limit_s);
    CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CAPTURE(&doctor, RINGBACK_CLI, "doctor");
    if (doctor.status != 0)
        check_skip("io_uring cannot be used here");
}

void comparing_nothing_is_left(void) {
    pid_t pid = waitpid(-1, NULL, WNOHANG);

    CHECK_SAY(pid < 0 && errno == ECHILD, "a process was left behind (%d)", (int)pid);
}

void comparing_await_end(void) {
    for (int waited_ms = 0; waitpid(-1, NULL, WNOHANG) >= 0; waited_ms += 10) {
        CHECK_SAY(waited_ms < END_MS, "a process was left behind");
        check_sleep_ms(10);
    }
}

const char *comparing_text(const char *format, ...) {
    static char texts[TEXT_COUNT][TEXT_SIZE];
    static unsigned next;
    char *text = texts[next++ % TEXT_COUNT];
    va_list args;

    va_start(args, format);
    CHECK(vsnprintf(text, TEXT_SIZE, format, args) < TEXT_SIZE);
    va_end(args);
    return text;
}

const char *comparing_port(void) {
    static unsigned next;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd, rc;

    /* Not one that the kernel may give to somebody's connection meanwhile. */
    if (next == 0)
        next = PORT_MIN + (unsigned)getpid() * 16 % PORT_COUNT;
    do {
        fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
        address.sin_port = htons((uint16_t)next++);
        rc = bind(fd, (struct sockaddr *)&address, sizeof(address));
        CHECK_INT(close(fd), 0);
    } while (rc != 0);
    return comparing_text("%u", ntohs(address.sin_port));
}
