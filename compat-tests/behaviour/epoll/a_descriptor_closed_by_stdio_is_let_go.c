/* libc closes the descriptor of a FILE by a call that nobody else sees. A watched one must end with its fclose all the
 * same: its peer sees the end at once, a program at the other end of a pipe is not left writing, and the number is as
 * good as new. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The next descriptor of that number has only its own events. */
static void use_again(int ep, int number) {
    int next, peer;
    net_unix_pair(&next, &peer);
    if (next != number) {
        CHECK_INT(fcntl(next, F_DUPFD_CLOEXEC, number), number);
        net_close(next);
        next = number;
    }
    EPL_NOTHING(ep, 1);
    epl_add(ep, next, EPOLLIN);
    EPL_NOTHING(ep, 1);
    net_send_text(peer, "new");
    EPL_EXPECT(ep, next, EPOLLIN);
    net_expect_text(next, "new");
    net_close(next);
    net_close(peer);
}

enum order { FILE_FIRST, WATCHED_FIRST, READ_BEFORE, ORDERS };

static void closed_socket(int ep, enum order order) {
    int ours, peer;
    FILE *file = NULL;
    net_tcp_pair(&ours, &peer);
    if (order == FILE_FIRST)
        CHECK((file = fdopen(ours, "r")));
    epl_add(ep, ours, EPOLLIN);
    if (order == READ_BEFORE) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
    }
    EPL_NOTHING(ep, 1);
    if (!file)
        CHECK((file = fdopen(ours, "r")));
    EPL_NOTHING(ep, 1);
    net_send_text(peer, "line\n");
    EPL_EXPECT(ep, ours, EPOLLIN);
    char line[16];
    CHECK(fgets(line, sizeof line, file));
    CHECK_INT(fclose(file), 0);
    CHECK_SAY(net_readable(peer, check_scaled(1000)), "no FIN after fclose");
    net_expect_end(peer);
    net_close(peer);
    use_again(ep, ours);
}

/* The child writes for ever, until nobody can read it any more; pclose waits for its end. */
static void closed_pipe(int ep) {
    FILE *pipe = popen("exec cat /dev/zero", "r");
    CHECK(pipe);
    int number = fileno(pipe);
    epl_add(ep, number, EPOLLIN);
    EPL_EXPECT(ep, number, EPOLLIN);
    CHECK(pclose(pipe) != -1);
    use_again(ep, number);
}

static void reopened(int ep) {
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    FILE *file = fdopen(ours, "r");
    CHECK(file);
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 1);
    CHECK((file = freopen("/dev/null", "r", file)));
    CHECK_SAY(net_readable(peer, check_scaled(1000)), "no FIN after freopen");
    net_expect_end(peer);
    CHECK_INT(fclose(file), 0);
    net_close(peer);
    use_again(ep, ours);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    for (enum order order = 0; order < ORDERS; order++)
        closed_socket(ep, order);
    closed_pipe(ep);
    reopened(ep);
    net_close(ep);
    return check_passed();
}
