#include "stat_sample.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double sample__now_s(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The target of /proc/PID/fd/N, "" if there is none. */
static void sample__link(int pid, int fd, char *out, size_t size) {
    char path[64];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    length = readlink(path, out, size - 1);
    out[length > 0 ? length : 0] = '\0';
}

/* The process knows what it has asked of a descriptor, not what that is: where it never asked, the kernel is. */
static void sample__look(const struct stat_sample *sample, int pid, struct stat_fd *fd) {
    static const char socket_link[] = "socket:[";
    const struct stat_socket *socket;
    char link[64];

    sample__link(pid, fd->fd, link, sizeof(link));
    if (link[0] == '\0')
        return; /* it may not be looked at, or is closed by now */
    if (strncmp(link, socket_link, sizeof(socket_link) - 1) == 0)
        fd->inode = (uint32_t)strtoul(link + sizeof(socket_link) - 1, NULL, 10);
    socket = stat_sockets_find(&sample->sockets, fd->inode);
    if ((fd->state.why == RB_WHY_UNHINTED || fd->state.why == RB_WHY_NEXT_USE) &&
        (fd->inode == 0 || (socket != NULL && socket->datagrams)))
        fd->state.why = RB_WHY_NO_STREAM;
}

int stat_sample_take(struct stat_sample *sample, const struct stat_source *source, int netlink, char *why) {
    int rc;

    sample->at_s = sample__now_s();
    rc = stat_source_take(source, &sample->page, why);
    if (rc != 0)
        return rc;
    if (stat_source_take_fds(source, &sample->page, &sample->fds) == -ENOMEM)
        return stat_page_fail(why, -ENOMEM, "there is no memory for the descriptors of process %d", source->pid);
    stat_sockets_take(&sample->sockets, netlink); /* what it does not tell is not shown */
    for (unsigned i = 0; i < sample->fds.count; i++)
        sample__look(sample, source->pid, &sample->fds.list[i]);
    return 0;
}

void stat_sample_free(struct stat_sample *sample) {
    stat_fds_free(&sample->fds);
    stat_sockets_free(&sample->sockets);
}

static void sample__rate(const struct stat_sample *now, const struct stat_sample *before, struct stat_row *row) {
    const double seconds = before == NULL ? 0 : now->at_s - before->at_s;
    const struct stat_socket *earlier;

    if (row->socket == NULL || row->socket->listens || row->socket->datagrams || seconds <= 0)
        return;
    earlier = stat_sockets_find(&before->sockets, row->socket->inode);
    if (earlier == NULL || earlier->bytes_in > row->socket->bytes_in || earlier->bytes_out > row->socket->bytes_out)
        return; /* it is new */
    row->rated = true;
    row->in_s = (double)(row->socket->bytes_in - earlier->bytes_in) / seconds;
    row->out_s = (double)(row->socket->bytes_out - earlier->bytes_out) / seconds;
}

/* The power of two below it, from 1 on; 0 for less than one byte a second. */
static int sample__magnitude(double rate) {
    int magnitude = 0;

    for (; rate >= 1; rate /= 2)
        magnitude++;
    return magnitude;
}

static int sample__busiest_first(const void *left, const void *right) {
    const struct stat_row *a = left, *b = right;
    const int magnitudes = sample__magnitude(b->in_s + b->out_s) - sample__magnitude(a->in_s + a->out_s);

    if (magnitudes != 0)
        return magnitudes;
    if (a->fd->state.way != b->fd->state.way)
        return a->fd->state.way < b->fd->state.way ? 1 : -1; /* the ways are in that order */
    return (a->fd->fd > b->fd->fd) - (a->fd->fd < b->fd->fd);
}

struct stat_row *stat_sample_rows(const struct stat_sample *now, const struct stat_sample *before) {
    struct stat_row *rows = now->fds.count == 0 ? NULL : calloc(now->fds.count, sizeof(*rows));

    for (unsigned i = 0; rows != NULL && i < now->fds.count; i++) {
        rows[i].fd = &now->fds.list[i];
        rows[i].socket = stat_sockets_find(&now->sockets, now->fds.list[i].inode);
        sample__rate(now, before, &rows[i]);
    }
    if (rows != NULL)
        qsort(rows, now->fds.count, sizeof(*rows), sample__busiest_first);
    return rows;
}

void stat_sample_what(int pid, const struct stat_row *row, bool brief, char *out, unsigned size) {
    static const char anonymous[] = "anon_inode:";
    char link[128];
    const char *text = link;

    if (row->socket != NULL) {
        stat_sockets_text(row->socket, brief, out, size);
        return;
    }
    sample__link(pid, row->fd->fd, link, sizeof(link));
    if (strncmp(link, anonymous, sizeof(anonymous) - 1) == 0)
        text += sizeof(anonymous) - 1;
    snprintf(out, size, "%.*s", (int)strcspn(text + (text[0] == '['), "]"), text + (text[0] == '['));
    for (; *out != '\0'; out++)
        if (!isprint((unsigned char)*out))
            *out = '?';
}
