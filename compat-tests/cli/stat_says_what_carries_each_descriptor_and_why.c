/* Guards: a descriptor shown as carried when it is not, or with another reason than the true one; one that is closed,
 * taken out, or a gone loop's and still shown. This process runs with Ringback and has `ringback stat` look at it. */
#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "epoll_loop.h"
#include "net.h"
#include "stat_json.h"

enum { LARGE = 64 * 1024, TEXT_MAX = 1 << 20 };

static struct capture got;
static bool on_ring, streams_auto, streams_off, resting;

static const cJSON *find(const cJSON *root, int fd) {
    const cJSON *entry;

    cJSON_ArrayForEach(entry,
                       cJSON_GetObjectItem(root, "descriptors")) if (cJSON_GetObjectItem(entry, "fd")->valueint ==
                                                                     fd) return entry;
    return NULL;
}

static const char *text(const cJSON *object, const char *name) {
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return value == NULL ? "(nothing)" : value;
}

/* By popen(), which forks nothing that would inherit a listener: after a fork it has company. */
static cJSON *ask(void) {
    char command[256], *text = calloc(1, TEXT_MAX);
    FILE *answer;
    cJSON *root;

    CHECK(text);
    snprintf(command, sizeof(command), "exec %s stat --json --fds %d", RINGBACK_CLI, getpid());
    answer = popen(command, "re");
    CHECK(answer != NULL);
    CHECK(fread(text, 1, TEXT_MAX - 1, answer) > 0);
    CHECK_INT(pclose(answer), 0);
    root = cJSON_Parse(text);
    CHECK(root != NULL);
    free(text);
    return root;
}

/* What is said of a descriptor now; way "" if nothing is. */
static void expect(int line, int fd, const char *way, const char *why) {
    cJSON *root = ask();
    const cJSON *entry = find(root, fd);

    CHECK_SAY(entry != NULL || way[0] == '\0', "line %d: %d is not shown", line, fd);
    CHECK_SAY(entry == NULL || strcmp(text(entry, "way"), way) == 0, "line %d: %d is carried by %s, %s", line, fd,
              text(entry, "way"), text(entry, "why"));
    CHECK_SAY(entry == NULL || strcmp(text(entry, "why"), why) == 0, "line %d: %d is carried by %s because of %s", line,
              fd, text(entry, "way"), text(entry, "why"));
    cJSON_Delete(root);
}

#define EXPECT(fd, way, why) expect(__LINE__, (fd), (way), (why))

/* A turn in which nothing happens. */
static void turn(int ep) {
    struct epoll_event event;

    CHECK_INT(epoll_wait(ep, &event, 1, 0), 0);
}

static void receive(int ep, int fd, int peer, size_t size) {
    static char bytes[LARGE];
    struct epoll_event event;
    size_t n = 0;

    memset(bytes, 'x', size);
    net_send_all(peer, bytes, size);
    while (n < size) {
        CHECK_INT(epoll_wait(ep, &event, 1, check_scaled(5000)), 1);
        ssize_t more = read(fd, bytes, sizeof(bytes));
        CHECK(more > 0 || errno == EAGAIN);
        n += more > 0 ? (size_t)more : 0;
    }
}

/* The reason while it could go no further than readiness for another cause. */
static const char *plain(void) {
    return streams_off ? "streams_off" : streams_auto ? "next_use" : "unhinted";
}

static void kinds_of_files(int ep) {
    int ours, peer, ends[2], event = CHECK_FD(eventfd(0, EFD_NONBLOCK));
    int terminal = CHECK_FD(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)), copy;

    net_tcp_pair(&ours, &peer);
    net_pipe(ends);
    epl_add(ep, ours, EPOLLIN);
    epl_add(ep, ends[0], EPOLLIN);
    epl_add(ep, terminal, EPOLLIN);
    epl_add(ep, event, EPOLLIN | EPOLLEXCLUSIVE);
    turn(ep);
    EXPECT(ours, "readiness", plain());
    EXPECT(peer, "", "");
    EXPECT(ends[0], "readiness", streams_off ? "streams_off" : "no_stream");
    EXPECT(terminal, "epoll", "unusual_file");
    EXPECT(event, "epoll", "unusual_flags");
    epl_delete(ep, event);
    EXPECT(event, "", "");
    copy = CHECK_FD(dup(ours));
    EXPECT(ours, "epoll", "duplicated");
    net_close(copy);
    net_close(ours);
    EXPECT(ours, "", "");
    net_close(terminal);
    EXPECT(terminal, "", "");
    net_close(ends[0]);
    net_close(ends[1]);
    net_close(event);
    net_close(peer);
}

static void interest(int ep) {
    int ours, peer;

    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN | EPOLLET);
    EXPECT(ours, "readiness", streams_off ? "streams_off" : "interest");
    epl_delete(ep, ours);
    EXPECT(ours, "", "");
    epl_add(ep, ours, EPOLLIN);
    EXPECT(ours, "readiness", plain());
    epl_modify(ep, ours, EPOLLIN | EPOLLRDHUP);
    EXPECT(ours, "readiness", streams_off ? "streams_off" : "interest");
    net_close(ours);
    net_close(peer);
}

/* A stream that the ring receives, and what ends that. */
static int received(int ep, int *peer) {
    int ours;

    net_tcp_pair(&ours, peer);
    epl_add(ep, ours, EPOLLIN);
    receive(ep, ours, *peer, 1);
    turn(ep);
    EXPECT(ours, "receive", "");
    return ours;
}

static void streams(int ep) {
    int ours, peer, other;

    ours = received(ep, &peer);
    for (unsigned i = 0; i < 8; i++)
        receive(ep, ours, peer, LARGE);
    EXPECT(ours, "direct", "large_reads");
    net_close(ours);
    net_close(peer);

    ours = received(ep, &peer);
    net_close(peer);
    EPL_EXPECT(ep, ours, EPOLLIN);
    CHECK_INT(read(ours, &other, 1), 0);
    EPL_EXPECT(ep, ours, EPOLLIN); /* an end stays one, and from here on the kernel tells it */
    EXPECT(ours, "readiness", "ended");
    net_close(ours);

    ours = received(ep, &peer);
    net_blocking(ours);
    EXPECT(ours, "readiness", "blocking");
    net_close(ours);
    net_close(peer);

    ours = received(ep, &peer);
    CHECK_INT(shutdown(ours, SHUT_RD), 0);
    EXPECT(ours, "readiness", "shut_down");
    net_close(ours);
    net_close(peer);

    ours = received(ep, &peer);
    other = epl_create();
    epl_add(other, ours, EPOLLIN);
    EXPECT(ours, "readiness", "two_loops");
    net_close(other);
    net_close(ours);
    net_close(peer);
}

static void control_messages(int ep) {
    char control[64], byte;
    struct iovec one = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int peer, ours = received(ep, &peer);

    CHECK_ERRNO(recvmsg(ours, &message, 0), EAGAIN);
    EXPECT(ours, "readiness", "control");
    net_close(ours);
    net_close(peer);
}

static void listeners(int ep) {
    uint16_t port;
    int listener = net_listen(&port), client, server;

    epl_add(ep, listener, EPOLLIN);
    client = net_connect(port);
    EPL_EXPECT(ep, listener, EPOLLIN);
    server = CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
    turn(ep);
    EXPECT(listener, streams_auto ? "accept" : "readiness", streams_auto ? "" : plain());
    pid_t heir = CHECK_FD(fork());
    if (heir == 0)
        _exit(0);
    check_child_passed(heir);
    turn(ep);
    EXPECT(listener, "readiness", streams_auto ? "company" : plain());
    net_close(server);
    net_close(client);
    net_close(listener);
}

/* A loop whose descriptor is watched from outside goes to epoll, and says so. */
static void embedded_loops(void) {
    int inner = epl_create(), outer = epl_create(), ours, peer;
    const cJSON *entry, *loop;
    bool found = false;
    cJSON *root;

    net_tcp_pair(&ours, &peer);
    epl_add(inner, ours, EPOLLIN);
    turn(inner);
    epl_add(outer, inner, EPOLLIN);
    EXPECT(ours, "epoll", "loop_on_epoll");
    EXPECT(inner, "epoll", "unusual_file");
    root = stat_json(&got, getpid());
    entry = find(root, ours);
    CHECK(entry != NULL);
    cJSON_ArrayForEach(loop, cJSON_GetObjectItem(root, "loops")) {
        if (cJSON_GetObjectItem(loop, "epfd")->valueint != inner || strcmp(text(loop, "state"), "gone") == 0)
            continue;
        found = true;
        CHECK_INT(cJSON_GetObjectItem(loop, "slot")->valueint, cJSON_GetObjectItem(entry, "slot")->valueint);
        CHECK(strcmp(text(loop, "state"), "epoll") == 0);
        CAPTURE_SAYS(text(loop, "why"), "polled from outside");
    }
    CHECK(found);
    cJSON_Delete(root);
    net_close(outer);
    net_close(inner);
    EXPECT(ours, "", ""); /* its loop is gone */
    net_close(ours);
    net_close(peer);
}

/* A child shows what it watches itself, under its own number. */
static void children(int ep) {
    int ours, peer;
    pid_t child;
    cJSON *root;

    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    turn(ep);
    child = CHECK_FD(fork());
    if (child == 0) {
        check_child(30);
        turn(ep);
        EXPECT(ours, "readiness", plain());
        net_close(ours);
        EXPECT(ours, "", "");
        exit(0);
    }
    check_child_passed(child);
    EXPECT(ours, "readiness", plain());
    root = stat_json(&got, getpid());
    CHECK_INT(cJSON_GetObjectItem(root, "pid")->valueint, getpid());
    cJSON_Delete(root);
    net_close(ours);
    net_close(peer);
}

/* A loop that has only readiness to ask for. */
static void while_it_rests(int ep) {
    int ours, peer, ends[2];
    const cJSON *loop;
    cJSON *root;

    net_tcp_pair(&ours, &peer);
    net_pipe(ends);
    epl_add(ep, ours, EPOLLIN);
    turn(ep);
    epl_add(ep, ends[0], EPOLLIN);
    EXPECT(ours, "epoll", "readiness_only");
    EXPECT(ends[0], "epoll", "readiness_only");
    root = stat_json(&got, getpid());
    loop = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "loops"), 0);
    CHECK(strcmp(text(loop, "state"), "resting") == 0);
    CAPTURE_SAYS(text(loop, "why"), "nothing in it has bytes");
    CHECK(text(root, "why")[0] == '\0');
    cJSON_Delete(root);
    epl_delete(ep, ends[0]);
    EXPECT(ends[0], "", "");
    net_close(ours);
    EXPECT(ours, "", "");
    net_close(peer);
    net_close(ends[0]);
    net_close(ends[1]);
}

/* Where no ring can be made everything is epoll's, and the process says why. */
static void without_a_ring(int ep) {
    const cJSON *loop;
    int ours, peer;
    cJSON *root;

    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    turn(ep);
    EXPECT(ours, "epoll", "loop_on_epoll");
    root = stat_json(&got, getpid());
    CHECK_SAY(text(root, "why")[0] != '\0', "%s", got.out);
    loop = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "loops"), 0);
    CHECK(strcmp(text(loop, "state"), "epoll") == 0);
    CAPTURE_SAYS(text(loop, "why"), "no ring could be made");
    cJSON_Delete(root);
    net_close(ours);
    EXPECT(ours, "", "");
    net_close(peer);
}

int main(void) {
    const char *streams_setting = getenv("RINGBACK_STREAMS"), *disabled = getenv("RINGBACK_DISABLE");
    const char *wanted = getenv("RB_EXPECT"), *readiness = getenv("RINGBACK_READINESS");
    int ep;

    check_begin(120);
    on_ring = wanted != NULL && strcmp(wanted, "ring") == 0;
    streams_auto = streams_setting != NULL && strcmp(streams_setting, "auto") == 0;
    streams_off = streams_setting != NULL && strcmp(streams_setting, "off") == 0;
    resting = readiness != NULL && strcmp(readiness, "auto") == 0;
    ep = epl_create();
    if (resting) {
        while_it_rests(ep);
        check_expect_any();
    } else if (!on_ring) {
        without_a_ring(ep);
    } else if (disabled != NULL) {
        int peer, ours;

        net_tcp_pair(&ours, &peer);
        epl_add(ep, ours, EPOLLIN);
        turn(ep);
        EXPECT(ours, "readiness", "no_capability");
        net_close(ours);
        net_close(peer);
    } else {
        turn(ep);
        kinds_of_files(ep);
        interest(ep);
        listeners(ep);
        if (streams_auto) {
            streams(ep);
            control_messages(ep);
        }
        embedded_loops();
        children(ep);
    }
    net_close(ep);
    return check_passed();
}
