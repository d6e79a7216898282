/* route - see route.h. */
#include "route.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETUP_MS_MAX = 10000, READY_MS_MAX = 5000, PORT_MAX = 65535, OPTIONS_MAX = 24 };

/* RFC 5737's addresses for examples, in namespaces of our own. */
#define NEAR_ADDRESS    "192.0.2.1"
#define FAR_ADDRESS     "192.0.2.2"
#define SWALLOW_ADDRESS "192.0.2.3"
#define FAR_LLADDR      "02:00:00:00:00:02"
#define LOG_GROUP       "7"

static const char *const names[ROUTES] = {
    [ROUTE_LOOPBACK] = "lo", [ROUTE_VETH] = "veth", [ROUTE_SWALLOW] = "swallow", [ROUTE_REMOTE] = "remote"};

static const char *const meanings[ROUTES] = {
    [ROUTE_LOOPBACK] = "TCP over loopback",
    [ROUTE_VETH] = "TCP over a veth pair between two network namespaces",
    [ROUTE_SWALLOW] = "TCP over a veth pair to a simulated host that acknowledges at once and throws everything away",
    [ROUTE_REMOTE] = "TCP to another host",
};

const char *route_name(enum route_kind kind) {
    return names[kind];
}

const char *route_meaning(enum route_kind kind) {
    return meanings[kind];
}

enum route_kind route_find(const char *name) {
    int kind = 0;
    while (kind < ROUTE_REMOTE && strcmp(names[kind], name) != 0) {
        kind++;
    }
    return kind < ROUTE_REMOTE ? (enum route_kind)kind : ROUTES;
}

static int fail(char *why, const char *what, int error, const char *said) {
    (void)snprintf(why, ROUTE_WHY_MAX, "%.100s: %.60s%s%.500s", what, strerror(-error), said[0] == '\0' ? "" : ": ",
                   said);
    return error;
}

int route_start(const struct route_link *link, int ns, struct child *child, const char *const *argv, int cpu) {
    if (ns != ROUTE_HERE && setns(ns, CLONE_NEWNET) != 0) {
        return -errno;
    }
    const int error = child_start(child, argv, NULL, cpu);
    if (ns != ROUTE_HERE && setns(link->far_ns, CLONE_NEWNET) != 0) {
        return -errno;
    }
    return error;
}

/* Run a command to its end in a namespace. Words are separated by single spaces. */
static int command(const struct route_link *link, int ns, const char *text, char *why) {
    char copy[256];
    const char *argv[OPTIONS_MAX] = {NULL};
    char said[CHILD_SAID_MAX] = "";
    char *rest = NULL;
    int count = 0;
    struct child child;
    (void)snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL && count < OPTIONS_MAX - 1;
         word = strtok_r(NULL, " ", &rest)) {
        argv[count++] = word;
    }
    const int error = route_start(link, ns, &child, argv, CHILD_CPU_ANY);
    if (error != 0) {
        return fail(why, text, error, "");
    }
    const int status = child_wait(&child, said, SETUP_MS_MAX);
    if (child_interrupted()) {
        return -EINTR;
    }
    return status == 0 ? 0 : fail(why, text, -EPROTO, said);
}

static int write_file(const char *path, const char *text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    const int error = ok ? 0 : -errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return error;
}

/* An ordinary user may make network namespaces in a user namespace of its own. */
static int become_able(void) {
    char map[64];
    const uid_t user = geteuid();
    const gid_t group = getegid();
    if (user == 0) {
        return 0;
    }
    if (unshare(CLONE_NEWUSER) != 0) {
        return -errno;
    }
    (void)snprintf(map, sizeof(map), "0 %u 1", user);
    int error = write_file("/proc/self/uid_map", map);
    if (error == 0) {
        error = write_file("/proc/self/setgroups", "deny");
    }
    (void)snprintf(map, sizeof(map), "0 %u 1", group);
    return error == 0 ? write_file("/proc/self/gid_map", map) : error;
}

/* A new namespace, and we are in it. */
static int make_namespace(void) {
    if (unshare(CLONE_NEWNET) != 0) {
        return -errno;
    }
    const int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int make_namespaces(struct route_link *link, char *why) {
    link->tried = true;
    link->near_ns = become_able();
    if (link->near_ns != 0) {
        return fail(why, "making a user namespace", link->near_ns, "");
    }
    link->near_ns = make_namespace();
    link->far_ns = link->near_ns < 0 ? link->near_ns : make_namespace();
    return link->far_ns < 0 ? fail(why, "making a network namespace", link->far_ns, "") : 0;
}

static int make_link(struct route_link *link, char *why) {
    char text[200];
    int error = make_namespaces(link, why);
    if (error != 0) {
        return error;
    }
    (void)snprintf(text, sizeof(text),
                   "ip link add near0 type veth peer name far0 address " FAR_LLADDR " netns /proc/%d/fd/%d",
                   (int)getpid(), link->far_ns);
    const struct {
        int ns;
        const char *text;
    } step[] = {
        {link->near_ns, text},
        {link->near_ns, "ip link set lo up"},
        {link->near_ns, "ip addr add " NEAR_ADDRESS "/24 dev near0"},
        {link->near_ns, "ip link set near0 up"},
        {link->far_ns, "ip link set lo up"},
        {link->far_ns, "ip addr add " FAR_ADDRESS "/24 dev far0"},
        {link->far_ns, "ip link set far0 up"},
        /* Nobody has this address, and nobody answers for it. */
        {link->near_ns, "ip neigh add " SWALLOW_ADDRESS " lladdr " FAR_LLADDR " dev near0"},
    };
    for (size_t i = 0; i < sizeof(step) / sizeof(step[0]) && error == 0; i++) {
        error = command(link, step[i].ns, step[i].text, why);
    }
    return error;
}

static int swallow_rules(const struct route_link *link, char *why) {
    static const char *const rule[] = {
        "nft add table netdev swallow",
        "nft add chain netdev swallow arriving { type filter hook ingress device far0 priority 0 ; }",
        "nft add rule netdev swallow arriving ip daddr " SWALLOW_ADDRESS " log group " LOG_GROUP " snaplen 120",
        "nft add rule netdev swallow arriving ip daddr " SWALLOW_ADDRESS " drop",
    };
    int error = 0;
    for (size_t i = 0; i < sizeof(rule) / sizeof(rule[0]) && error == 0; i++) {
        error = command(link, link->far_ns, rule[i], why);
    }
    return error;
}

/* Start the far end and hear that it is ready. */
static int start_far_end(struct route *route, const struct route_link *link, int ns, const char *const *argv, int cpu,
                         char *why) {
    char line[64] = "";
    int port = 0;
    int error = route_start(link, ns, &route->far_end, argv, cpu);
    if (error != 0) {
        return fail(why, argv[0], error, "");
    }
    error = child_read(&route->far_end, true, line, sizeof(line), READY_MS_MAX);
    if (error == 0 && route->kind != ROUTE_SWALLOW &&
        (sscanf(line, "ready %d", &port) != 1 || port <= 0 || port > PORT_MAX)) {
        error = -EBADMSG;
    }
    if (error != 0) {
        char said[CHILD_SAID_MAX] = "";
        (void)child_stop(&route->far_end, said);
        return fail(why, argv[0], error, said);
    }
    (void)snprintf(route->port, sizeof(route->port), "%d", route->kind == ROUTE_SWALLOW ? 9 : port);
    return 0;
}

int route_open(struct route *route, struct route_link *link, enum route_kind kind, const char *bin_dir, int cpu,
               char *why) {
    char program[PATH_MAX + 32];
    const char *address = kind == ROUTE_VETH ? FAR_ADDRESS : kind == ROUTE_SWALLOW ? SWALLOW_ADDRESS : "127.0.0.1";
    *route = (struct route){.kind = kind, .ns = ROUTE_HERE, .far_end = {.out = -1, .said = -1}};
    (void)snprintf(route->host, sizeof(route->host), "%s", address);
    (void)snprintf(program, sizeof(program), "%s/%s", bin_dir, kind == ROUTE_SWALLOW ? "rb-swallow" : "rb-drain");
    const char *const drain[] = {program, address, "0", NULL};
    const char *const swallow[] = {program, LOG_GROUP, NULL};
    int error = 0;
    if (kind == ROUTE_LOOPBACK) {
        return start_far_end(route, link, ROUTE_HERE, drain, cpu, why);
    }
    if (!link->tried) {
        error = make_link(link, why);
    } else if (link->near_ns < 0 || link->far_ns < 0) {
        return fail(why, "the network namespaces", -EPERM, "could not be made before");
    }
    route->ns = link->near_ns;
    if (error == 0 && kind == ROUTE_SWALLOW) {
        error = swallow_rules(link, why);
    }
    return error != 0 ? error
                      : start_far_end(route, link, link->far_ns, kind == ROUTE_SWALLOW ? swallow : drain, cpu, why);
}

void route_close(struct route *route) {
    (void)child_stop(&route->far_end, NULL);
}

void route_link_close(struct route_link *link) {
    if (link->tried && link->near_ns > 0) {
        (void)close(link->near_ns);
    }
    if (link->tried && link->far_ns > 0) {
        (void)close(link->far_ns);
    }
    *link = (struct route_link){0};
}
