#include "compare.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { SIZE_MOST = 70000 };

char difference[512];
static unsigned char buffers[SIDES][SIZE_MOST];

bool compare_differs(const char *format, ...) {
    va_list list;

    va_start(list, format);
    vsnprintf(difference, sizeof difference, format, list);
    va_end(list);
    return false;
}

/* ---- reading ---- */

static long read_once(const struct twin *twin, enum side side, unsigned slot, long number, unsigned from, unsigned size,
                      int flags) {
    unsigned char *to = buffers[side] + from;
    struct iovec parts[2] = {{to, size / 3}, {to + size / 3, size - size / 3}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    int fd = twin->slots[slot].fd[side];

    switch (number) {
    case SYS_readv:
        return side_call(side, number, fd, (long)parts, 2, 0);
    case SYS_recvmsg:
        return side_call(side, number, fd, (long)&message, flags, 0);
    default:
        return side_call(side, number, fd, (long)to, size, flags);
    }
}

/* What arrives at one side a moment later than at the other, or was cut elsewhere, is fetched. */
static void catch_up(const struct twin *twin, unsigned slot, long number, int flags, long got[SIDES]) {
    enum side behind = (got[KERNEL] < 0 ? 0 : got[KERNEL]) < (got[LIBC] < 0 ? 0 : got[LIBC]) ? KERNEL : LIBC;
    double end = twin_patience_ends(twin);
    long aim = got[behind == LIBC ? KERNEL : LIBC];

    if (got[behind] == 0 || (got[behind] < 0 && got[behind] != -EAGAIN))
        return; /* it has answered with an end or an error */
    do {
        unsigned have = got[behind] < 0 ? 0 : (unsigned)got[behind];
        unsigned size = aim < 0 || aim == 0 ? 1 : (unsigned)aim - have;
        long more = read_once(twin, behind, slot, number, have, size, flags);

        if (more != -EAGAIN && have == 0)
            got[behind] = more;
        else if (more > 0)
            got[behind] += more;
        if (got[behind] == aim)
            return;
        nap();
    } while (now_ms() < end);
}

static bool is_stream(const struct object *object) {
    return object->kind == KIND_TCP || object->kind == KIND_UNIX;
}

static void consumed(struct object *object, long got) {
    if (got > 0)
        object->unread -= (unsigned)got < object->unread ? (unsigned)got : object->unread;
}

bool compare_read(struct twin *twin, unsigned slot, long number, unsigned size, int flags) {
    struct object *object = twin_object(twin, slot);
    double end = twin_patience_ends(twin);
    long got[SIDES];

    for (;;) {
        for (enum side side = KERNEL; side < SIDES; side++)
            got[side] = read_once(twin, side, slot, number, 0, size, flags);
        if (got[KERNEL] == got[LIBC] || !(flags & MSG_PEEK) || now_ms() > end)
            break;
        nap(); /* looking changes nothing: look again */
    }
    if (got[KERNEL] != got[LIBC] && !(flags & MSG_PEEK) && is_stream(object))
        catch_up(twin, slot, number, flags, got);
    if (got[KERNEL] != got[LIBC])
        return compare_differs("slot %u: reading gives %ld in the kernel, %ld by libc", slot, got[KERNEL], got[LIBC]);
    if (got[KERNEL] > 0 && memcmp(buffers[KERNEL], buffers[LIBC], (size_t)got[KERNEL]) != 0)
        return compare_differs("slot %u: reading %ld bytes gives others by libc", slot, got[KERNEL]);
    if (got[KERNEL] > 0 && !(flags & MSG_PEEK))
        twin_touch(twin, twin->slots[slot].object);
    if (!(flags & (MSG_PEEK | MSG_OOB)))
        consumed(object, got[KERNEL]);
    return true;
}

/* ---- writing ---- */

bool compare_write(struct twin *twin, unsigned slot, long number, unsigned size, int flags) {
    struct object *object = twin_object(twin, slot);
    struct iovec parts[2];
    long got[SIDES];

    if (object->kind == KIND_EVENTFD) {
        uint64_t value = twin->written++ % 3;

        memcpy(buffers[KERNEL], &value, sizeof value);
    } else {
        for (unsigned i = 0; i < size; i++)
            buffers[KERNEL][i] = (unsigned char)((twin->written + i) * 2654435761u >> 24);
        twin->written += size;
    }
    parts[0] = (struct iovec){buffers[KERNEL], size / 2};
    parts[1] = (struct iovec){buffers[KERNEL] + size / 2, size - size / 2};
    for (enum side side = KERNEL; side < SIDES; side++) {
        int fd = twin->slots[slot].fd[side];

        got[side] = number == SYS_writev ? side_call(side, number, fd, (long)parts, 2, 0)
                                         : side_call(side, number, fd, (long)buffers[KERNEL], size, flags);
    }
    twin_touch(twin, twin->slots[slot].object);
    if (object->kind == KIND_TCP) {
        twin_settle(twin);
        if (object->peer >= 0 && got[KERNEL] > 0)
            twin->objects[object->peer].unread += (unsigned)got[KERNEL];
    }
    if (got[KERNEL] != got[LIBC])
        return compare_differs("slot %u: writing %u bytes gives %ld in the kernel, %ld by libc", slot, size,
                               got[KERNEL], got[LIBC]);
    return true;
}

/* ---- looking ---- */

bool compare_fionread(struct twin *twin, unsigned slot) {
    double end = twin_patience_ends(twin);
    int bytes[SIDES];
    long got[SIDES];

    for (;;) {
        for (enum side side = KERNEL; side < SIDES; side++) {
            bytes[side] = -1;
            got[side] = side_call(side, SYS_ioctl, twin->slots[slot].fd[side], FIONREAD, (long)&bytes[side], 0);
        }
        if (got[KERNEL] == got[LIBC] && bytes[KERNEL] == bytes[LIBC])
            return true;
        if (now_ms() > end)
            return compare_differs("slot %u: FIONREAD gives %ld, %d bytes in the kernel, %ld, %d by libc", slot,
                                   got[KERNEL], bytes[KERNEL], got[LIBC], bytes[LIBC]);
        nap();
    }
}

/* Poll both sides' descriptors until they agree. `what`, `number`: for the reader. */
static bool poll_both(const struct twin *twin, const int fds[SIDES], short events, const char *what, unsigned number) {
    double end = twin_patience_ends(twin);
    struct pollfd polls[SIDES];
    long got[SIDES];

    for (;;) {
        for (enum side side = KERNEL; side < SIDES; side++) {
            polls[side] = (struct pollfd){fds[side], events, 0};
            got[side] = side_call(side, SYS_ppoll, (long)&polls[side], 1, 0, 0);
        }
        if (got[KERNEL] == got[LIBC] && polls[KERNEL].revents == polls[LIBC].revents)
            return true;
        if (now_ms() > end)
            return compare_differs("%s %u: poll() for %#x gives %ld, %#x in the kernel, %ld, %#x by libc", what, number,
                                   (unsigned)events, got[KERNEL], (unsigned)polls[KERNEL].revents, got[LIBC],
                                   (unsigned)polls[LIBC].revents);
        nap();
    }
}

bool compare_poll(struct twin *twin, unsigned slot, short events) {
    return poll_both(twin, twin->slots[slot].fd, events, "slot", slot);
}

bool compare_poll_loop(struct twin *twin, unsigned loop) {
    twin->watched[loop] = true;
    return poll_both(twin, twin->loops[loop], POLLIN, "loop", loop);
}

bool compare_so_error(struct twin *twin, unsigned slot) {
    double end = twin_patience_ends(twin);
    int told[SIDES] = {0, 0};
    long got[SIDES];

    /* Asking uses an error up: only the side that has told of none is asked again. */
    for (;;) {
        for (enum side side = KERNEL; side < SIDES; side++)
            if (told[side] == 0)
                got[side] = side_call(side, SYS_getsockopt, twin->slots[slot].fd[side], SOL_SOCKET, SO_ERROR,
                                      (long)&told[side]);
        if (got[KERNEL] == got[LIBC] && told[KERNEL] == told[LIBC])
            return true;
        if (now_ms() > end)
            return compare_differs("slot %u: SO_ERROR gives %ld, %d in the kernel, %ld, %d by libc", slot, got[KERNEL],
                                   told[KERNEL], got[LIBC], told[LIBC]);
        nap();
    }
}
