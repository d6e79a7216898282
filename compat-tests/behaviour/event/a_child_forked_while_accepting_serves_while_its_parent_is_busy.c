/* A process forks while its loop waits for clients: in the callback that has just accepted one, or in another thread.
 * The child, which the kernel may tell of a client instead of its parent, serves whoever comes while the parent is
 * busy. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/listener.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 4, CLIENTS = 4, PATIENCE_MS = 2000 };

enum forker { BY_CALLBACK, BY_THREAD };

static int listening, told, teller;
static enum forker forker;
static atomic_int child;
static struct event_base *base;

static void serve(int fd, const char *name) {
    net_send_text(fd, name);
    net_close(fd);
}

static _Noreturn void be_child(void) {
    check_child(20);
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    int epoll = CHECK_FD(epoll_create1(EPOLL_CLOEXEC));
    CHECK_FD(epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event));
    for (;;) {
        CHECK_INT(epoll_wait(epoll, &event, 1, -1), 1);
        int fd = accept(listening, NULL, NULL);
        if (fd >= 0)
            serve(fd, "c");
    }
}

static void fork_child(void) {
    pid_t pid = CHECK_FD(fork());
    if (pid == 0)
        be_child();
    child = pid;
}

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length,
                      void *arg) {
    (void)listener, (void)peer, (void)length, (void)arg;
    if (forker == BY_CALLBACK && child == 0)
        fork_child();
    serve(fd, "p");
}

static void on_word(evutil_socket_t fd, short what, void *arg) {
    char word;

    (void)what, (void)arg;
    net_receive_all(fd, &word, 1);
    net_send_all(fd, &word, 1);
    net_receive_all(fd, &word, 1); /* busy until the next word */
    event_base_loopbreak(base);
}

static void *work(void *arg) {
    (void)arg;
    base = evl_base();
    struct evconnlistener *listener = evconnlistener_new(base, on_client, NULL, LEV_OPT_CLOSE_ON_EXEC, -1, listening);
    struct event *word = event_new(base, told, EV_READ | EV_PERSIST, on_word, NULL);
    CHECK(listener && word);
    CHECK_INT(event_add(word, NULL), 0);
    event_base_dispatch(base);
    event_free(word);
    evconnlistener_free(listener);
    event_base_free(base);
    return NULL;
}

static void be_client(uint16_t port, const char *served_by) {
    char who;
    int fd = net_connect(port);
    CHECK_SAY(net_readable(fd, check_scaled(PATIENCE_MS)), "a client waits for a parent that is busy (%d)", forker);
    net_receive_all(fd, &who, 1);
    if (served_by)
        CHECK_INT(who, *served_by);
    net_close(fd);
}

static void forked(enum forker by) {
    uint16_t port;
    pthread_t thread;

    forker = by;
    child = 0;
    listening = net_listen(&port);
    net_unix_pair(&told, &teller);
    CHECK_INT(pthread_create(&thread, NULL, work, NULL), 0);
    for (int i = 0; i < (by == BY_THREAD ? FIRST : 1); i++)
        be_client(port, "p");
    if (by == BY_THREAD)
        fork_child();
    net_send_text(teller, "b");
    net_expect_text(teller, "b");
    for (int i = 0; i < CLIENTS; i++)
        be_client(port, "c");
    CHECK_FD(kill(child, SIGKILL));
    CHECK_INT(waitpid(child, NULL, 0), child);
    net_send_text(teller, "-");
    CHECK_INT(pthread_join(thread, NULL), 0);
    net_close(told);
    net_close(teller);
    net_close(listening);
}

int main(void) {
    check_begin(20);
    forked(BY_CALLBACK);
    forked(BY_THREAD);
    libevent_global_shutdown();
    return check_passed();
}
