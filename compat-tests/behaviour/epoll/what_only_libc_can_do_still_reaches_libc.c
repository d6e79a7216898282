/* A hook that took a bare system call for the original would crash where libc has no such call (fdopen), look for no
 * program along PATH (execvp), and be no cancellation point (read). */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void by_stdio(void) {
    int end[2];
    char line[16];

    CHECK_INT(pipe(end), 0);
    FILE *in = fdopen(end[0], "r"), *out = fdopen(end[1], "w");
    CHECK(in && out);
    CHECK(fputs("a line\n", out) >= 0);
    CHECK_INT(fclose(out), 0);
    CHECK(fgets(line, sizeof line, in));
    CHECK_INT(fclose(in), 0);
}

static void by_path(void) {
    char name[] = "true";
    char *argv[] = {name, NULL};
    pid_t child = fork();

    if (child == 0) {
        execvp(name, argv);
        _exit(127);
    }
    CHECK_FD(child);
    check_child_passed(child);
}

static void *read_for_ever(void *arg) {
    char byte;

    (void)!read(*(int *)arg, &byte, 1);
    return NULL;
}

static void by_cancellation(void) {
    pthread_t thread;
    void *result;
    int end[2];

    CHECK_INT(pipe(end), 0);
    CHECK_INT(pthread_create(&thread, NULL, read_for_ever, &end[0]), 0);
    check_sleep_ms(20); /* inside read by now, most likely; before it is as good */
    CHECK_INT(pthread_cancel(thread), 0);
    CHECK_INT(pthread_join(thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    net_close(end[0]);
    net_close(end[1]);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    by_stdio();
    by_path();
    if (!check_under_tsan())
        by_cancellation();
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "x");
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
