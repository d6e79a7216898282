/* A loop that can no longer serve a stream, because its interest became unusual or it was shut down, leaves bytes that
 * it received ahead. They and what the kernel received since are one answer to a look and to MSG_WAITALL; an edge tells
 * all that holds; and an error that comes behind them is told behind them, to whoever asks. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ep, ours, peer;

/* A connection that has been read from once, as a stream is, and then received so many bytes ahead. */
static void begin(const char *ahead) {
    ep = epl_stream(&ours, &peer);
    net_send_text(peer, ahead);
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
}

static void done(void) {
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

static void let_go_for_an_edge(void) {
    char bytes[16] = "";
    begin("abc");
    epl_modify(ep, ours, EPOLLIN | EPOLLOUT | EPOLLET);
    net_send_text(peer, "def");
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLOUT);
    CHECK_INT(recv(ours, bytes, sizeof bytes, MSG_PEEK), 6);
    CHECK(strcmp(bytes, "abcdef") == 0);
    CHECK_INT(recv(ours, bytes, sizeof bytes, MSG_WAITALL | MSG_DONTWAIT), 6);
    CHECK(strcmp(bytes, "abcdef") == 0);
    CHECK_ERRNO(read(ours, bytes, sizeof bytes), EAGAIN);
    done();
}

/* Who sends to a socket that is shut down gets a reset, and with it the socket an error. */
static void an_error_behind(int flags) {
    char bytes[16] = "";
    begin("abc");
    CHECK(shutdown(ours, SHUT_RDWR) == 0);
    net_send_text(peer, "late");
    for (double end = check_now_ms() + check_scaled(2000); !(epl_wait(ep, ours, 10) & EPOLLERR);)
        CHECK_SAY(check_now_ms() < end, "the error is not told");
    CHECK_INT(recv(ours, bytes, sizeof bytes, flags), 3);
    CHECK(strcmp(bytes, "abc") == 0);
    CHECK(epl_wait(ep, ours, 100) & EPOLLERR);
    CHECK(send(ours, "x", 1, MSG_NOSIGNAL) == -1 && (errno == ECONNRESET || errno == EPIPE));
    CHECK(!(epl_wait(ep, ours, 100) & EPOLLERR));
    done();
}

int main(void) {
    check_begin(10);
    let_go_for_an_edge();
    an_error_behind(MSG_PEEK | MSG_DONTWAIT);
    an_error_behind(MSG_WAITALL | MSG_DONTWAIT);
    return check_passed();
}
