/* ports - see ports.h. */
#include "ports.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TCP_LISTEN_STATE = 0x0a, UDP_UNCONNECTED_STATE = 0x07, UNIX_ACCEPTS = 0x10000 };

/* The sockets that some processes have open, sorted. */
struct inodes {
    uint64_t *number;
    size_t count;
    size_t room;
};

static void inodes_add(struct inodes *inodes, uint64_t number) {
    if (inodes->count == inodes->room) {
        const size_t room = inodes->room == 0 ? 256 : 2 * inodes->room;
        uint64_t *more = realloc(inodes->number, room * sizeof(*more));
        if (more == NULL) {
            return;
        }
        inodes->number = more;
        inodes->room = room;
    }
    inodes->number[inodes->count++] = number;
}

static void inodes_of(struct inodes *inodes, pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    const struct dirent *entry = NULL;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char target[64] = "";
        uint64_t number = 0;
        if (readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1) > 0 &&
            sscanf(target, "socket:[%" SCNu64 "]", &number) == 1) {
            inodes_add(inodes, number);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

static int compare_inodes(const void *left, const void *right) {
    const uint64_t l = *(const uint64_t *)left;
    const uint64_t r = *(const uint64_t *)right;
    return (l > r) - (l < r);
}

static bool inodes_have(const struct inodes *inodes, uint64_t number) {
    return inodes->count > 0 && bsearch(&number, inodes->number, inodes->count, sizeof(number), compare_inodes) != NULL;
}

/* One line of /proc/net/tcp, tcp6, udp or udp6. Returns whether somebody listens there. */
static bool read_inet(const char *line, enum port_kind kind, struct port *port, uint64_t *inode) {
    unsigned local = 0;
    unsigned remote = 0;
    unsigned state = 0;
    if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s %*u %*d %" SCNu64, &local, &remote, &state,
               inode) != 4) {
        return false;
    }
    *port = (struct port){.kind = kind, .number = local};
    return kind == PORT_TCP ? state == TCP_LISTEN_STATE : state == UDP_UNCONNECTED_STATE && local != 0 && remote == 0;
}

/* One line of /proc/net/unix. */
static bool read_unix(const char *line, struct port *port, uint64_t *inode) {
    unsigned flags = 0;
    char path[PORT_PATH_MAX] = "";
    if (sscanf(line, "%*[0-9A-Fa-f]: %*x %*x %x %*x %*x %" SCNu64 " %108[^\n]", &flags, inode, path) != 3) {
        return false;
    }
    *port = (struct port){.kind = PORT_UNIX};
    memcpy(port->path, path, sizeof(path));
    return (flags & UNIX_ACCEPTS) != 0;
}

/* The tables of one network name space, as a process sees it. */
static const struct {
    const char *name;
    enum port_kind kind;
} tables[] = {
    {"tcp", PORT_TCP}, {"tcp6", PORT_TCP}, {"udp", PORT_UDP}, {"udp6", PORT_UDP}, {"unix", PORT_UNIX},
};

/* What to do with each place where somebody listens; false ends the walk. */
typedef bool visit_fn(void *state, const struct port *port, uint64_t inode);

static void visit_tables(const char *process, visit_fn *visit, void *state) {
    bool more = true;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && more; i++) {
        char path[64];
        char line[512];
        (void)snprintf(path, sizeof(path), "/proc/%s/net/%s", process, tables[i].name);
        FILE *file = fopen(path, "re");
        while (file != NULL && more && fgets(line, sizeof(line), file) != NULL) {
            struct port port;
            uint64_t inode = 0;
            const bool listens = tables[i].kind == PORT_UNIX ? read_unix(line, &port, &inode)
                                                             : read_inet(line, tables[i].kind, &port, &inode);
            more = !listens || visit(state, &port, inode);
        }
        if (file != NULL) {
            (void)fclose(file);
        }
    }
}

bool ports_same(const struct port *left, const struct port *right) {
    return left->kind == right->kind && left->number == right->number && strcmp(left->path, right->path) == 0;
}

struct gathered {
    const struct inodes *inodes;
    struct port *ports;
    size_t count;
    size_t max;
};

static bool gather(void *state, const struct port *port, uint64_t inode) {
    struct gathered *gathered = state;
    if (!inodes_have(gathered->inodes, inode)) {
        return true;
    }
    for (size_t i = 0; i < gathered->count; i++) {
        if (ports_same(&gathered->ports[i], port)) {
            return true;
        }
    }
    if (gathered->count < gathered->max) {
        gathered->ports[gathered->count++] = *port;
    }
    return true;
}

size_t ports_of(const pid_t *pids, size_t count, struct port *ports, size_t max) {
    struct inodes inodes = {0};
    for (size_t i = 0; i < count; i++) {
        inodes_of(&inodes, pids[i]);
    }
    if (inodes.count == 0) {
        return 0;
    }
    qsort(inodes.number, inodes.count, sizeof(inodes.number[0]), compare_inodes);
    struct gathered gathered = {.inodes = &inodes, .ports = ports, .max = max};
    /* All of them are taken to be in the first one's network. */
    char process[16];
    (void)snprintf(process, sizeof(process), "%d", (int)pids[0]);
    visit_tables(process, gather, &gathered);
    free(inodes.number);
    return gathered.count;
}

struct wanted {
    const struct port *port;
    uint64_t inode;
    bool found;
};

static bool look_for(void *state, const struct port *port, uint64_t inode) {
    struct wanted *wanted = state;
    wanted->found = ports_same(port, wanted->port);
    wanted->inode = inode;
    return !wanted->found;
}

/* Who has the socket open; 0 if that cannot be seen. */
static pid_t owner_of(uint64_t inode) {
    DIR *directory = opendir("/proc");
    const struct dirent *entry = NULL;
    pid_t owner = 0;
    while (directory != NULL && owner == 0 && (entry = readdir(directory)) != NULL) {
        struct inodes inodes = {0};
        const long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0) {
            inodes_of(&inodes, (pid_t)pid);
        }
        for (size_t i = 0; i < inodes.count; i++) {
            owner = inodes.number[i] == inode ? (pid_t)pid : owner;
        }
        free(inodes.number);
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    return owner;
}

bool ports_taken(const struct port *port, pid_t *owner) {
    struct wanted wanted = {.port = port};
    visit_tables("self", look_for, &wanted);
    if (owner != NULL) {
        *owner = wanted.found ? owner_of(wanted.inode) : 0;
    }
    return wanted.found;
}

const char *ports_text(char *text, const struct port *port) {
    switch (port->kind) {
    case PORT_TCP:
        (void)snprintf(text, PORT_TEXT_MAX, "port %u", port->number);
        break;
    case PORT_UDP:
        (void)snprintf(text, PORT_TEXT_MAX, "UDP port %u", port->number);
        break;
    case PORT_UNIX:
        (void)snprintf(text, PORT_TEXT_MAX, "socket %s", port->path);
        break;
    }
    return text;
}
