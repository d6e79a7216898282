/* ringback.h - what a program can ask of Ringback.
 *
 * Ringback runs existing libuv and libevent programs over io_uring. A program needs none of these functions to
 * run on the ring; they are for programs that want to know, or to decide. Link with -lringback-uv or -lringback-event, or look
 * the functions up with dlsym(RTLD_DEFAULT, ...) in a program that may be started with the library preloaded.
 */
#ifndef RINGBACK_H
#define RINGBACK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RINGBACK_VERSION "0.1.0"

/* What carries an event loop at present. */
enum ringback_carrier {
    RINGBACK_CARRIER_NONE = 0,    /* not an epoll descriptor that Ringback knows */
    RINGBACK_CARRIER_PENDING = 1, /* known; has not waited yet, so nothing is decided */
    RINGBACK_CARRIER_RING = 2,    /* io_uring */
    RINGBACK_CARRIER_EPOLL = 3    /* the kernel's epoll; ringback_why() says why */
};

/* ringback_version - the version of the library that is loaded, "major.minor.patch".
 * Returns a static string. Any thread. Never calls back. */
const char *ringback_version(void);

/* ringback_configure - set a setting from within the program, which may know what suits it.
 *   name   as in ringback(7), for example "RINGBACK_STREAMS".
 *   value  one that the setting may have; NULL or "" takes back what the program has set.
 * What the environment says counts more, so that who starts the program can always turn Ringback off. Any thread, before
 * the first event loop of the process is made. Returns 0, or a negative error, and then nothing has changed:
 *   -EINVAL   no such setting, or no such value
 *   -EBUSY    there is, or was, an event loop already; RINGBACK_DISABLE: the kernel has been asked already
 *   -ENOTSUP  RINGBACK=require, RINGBACK_ZEROCOPY=force: it cannot be had here
 * Never calls back. Leaves errno alone. */
int ringback_configure(const char *name, const char *value);

/* ringback_loops - the event loops of this process that Ringback knows.
 *   epfds  room for the epoll descriptors of max of them; may be NULL if max is 0. They are for the functions below.
 *          Not uv_backend_fd(): who asks libuv for it is going to watch it, and that takes a loop off the ring.
 * Returns how many there are, which may be more than max. Any thread. Never calls back. Leaves errno alone. */
int ringback_loops(int *epfds, int max);

/* ringback_carrier - what carries the loop behind an epoll descriptor.
 *   epfd  the loop's epoll descriptor, from ringback_loops(), 0 .. RLIMIT_NOFILE-1.
 * Returns one of enum ringback_carrier; RINGBACK_CARRIER_NONE for any other number. Any thread. Never calls back.
 * Leaves errno alone. */
int ringback_carrier(int epfd);

/* ringback_why - why a loop, or the whole process, is not on the ring.
 *   epfd  the loop's epoll descriptor, or -1 for the process.
 * Returns a static string, "" when nothing stands in the way. Any thread. Never calls back. Leaves errno alone. */
const char *ringback_why(int epfd);

/* ringback_counter - one counter of this process, summed over its loops.
 *   name  as printed by `ringback stat --json`, for example "enters" or "bytes_in"; or that of a fallback, "no_ring".
 * Returns the count, 0 for a name it does not know. Any thread. Never calls back. Leaves errno alone. */
uint64_t ringback_counter(const char *name);

#ifdef __cplusplus
}
#endif
#endif
