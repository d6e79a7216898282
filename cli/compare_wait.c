#include "compare_wait.h"

#include <time.h>

#include "child.h"
#include "clock.h"
#include "compare_names.h"

enum { LOOK_MS = 20, SETTLED_MS = 500 };

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* Where the server listened when we last looked, and since when. */
struct look {
    size_t count;
    struct port ports[PORTS_MAX];
    uint64_t since_ns;
};

static void wait__look(struct kept *server, struct look *look) {
    static pid_t pids[TREE_MAX];
    struct look now;

    now.count = ports_of(pids, kept_pids(server, pids, TREE_MAX), now.ports, PORTS_MAX);
    now.since_ns = rb_now_ns();
    if (now.count == look->count) {
        size_t same = 0;

        while (same < now.count && ports_same(&now.ports[same], &look->ports[same]))
            same++;
        if (same == now.count)
            return;
    }
    *look = now;
}

/* The port that was asked for among those where the server listens. A number may be UDP's. */
static bool wait__has(const struct look *look, const struct port *wanted, struct port *port) {
    for (size_t i = 0; i < look->count; i++) {
        *port = look->ports[i];
        if (ports_same(port, wanted) ||
            (wanted->kind == PORT_TCP && port->kind == PORT_UDP && port->number == wanted->number))
            return true;
    }
    return false;
}

static bool wait__found(const struct look *look, const struct compare_request *request, struct port *port) {
    if (request->has_port)
        return wait__has(look, &request->port, port);
    for (size_t i = 0; i < look->count; i++) {
        *port = look->ports[i];
        if (compare_names(request->load, port))
            return true;
    }
    *port = look->ports[0];
    return look->count > 0 && rb_now_ns() - look->since_ns >= SETTLED_MS * NS_PER_MS;
}

static bool wait__is_own(const struct kept *server, pid_t pid) {
    static pid_t pids[TREE_MAX];
    const size_t count = kept_pids(server, pids, TREE_MAX);
    size_t i = 0;

    while (i < count && pids[i] != pid)
        i++;
    return i < count;
}

enum compare_wait compare_wait_for(struct kept *server, const struct compare_request *request, struct port *port,
                                   pid_t *owner) {
    const uint64_t deadline_ns = rb_now_ns() + request->wait_s * NS_PER_S;
    const struct timespec pause = {.tv_nsec = (long)(LOOK_MS * NS_PER_MS)};
    static struct look look;

    look = (struct look){.since_ns = rb_now_ns()};
    for (;;) {
        const enum kept_state state = kept_state(server, NULL);

        if (child_interrupted() != 0)
            return WAIT_INTERRUPTED;
        if (state == KEPT_ENDED)
            return WAIT_ENDED;
        wait__look(server, &look);
        if (wait__found(&look, request, port))
            return WAIT_LISTENS;
        if (request->has_port && ports_taken(&request->port, owner) && !wait__is_own(server, *owner)) {
            *port = request->port;
            /* Nobody had it before, so it is the server's if its owner cannot be seen. */
            return *owner == 0 ? WAIT_LISTENS : WAIT_ELSEWHERE;
        }
        if (rb_now_ns() >= deadline_ns)
            return WAIT_TOO_LONG;
        nanosleep(&pause, NULL);
    }
}
