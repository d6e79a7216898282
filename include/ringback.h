/* ringback.h - what a program can ask of Ringback.
 *
 * Ringback runs existing libuv and libevent programs over io_uring. A program needs none of these functions to
 * run on the ring; they are for programs that want to know, or to decide. Link with -lringback-uv or -lringback-event,
 * or look the functions up with dlsym(RTLD_DEFAULT, ...) in a program that may be started with the library preloaded.
 *
 * All of them may be called by any thread, from callbacks of the program too; not from a signal handler, and not from a
 * child of vfork(). None calls back, waits for anything but a lock that is held shortly, or touches errno. Strings that
 * are passed are read before the function returns and stay the caller's; strings that are returned are the library's:
 * they are not to be changed or freed, and are there as long as it is.
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

/* ringback_version - the version of the library that is loaded, "major.minor.patch", which may be another one than
 * RINGBACK_VERSION, with which the program was built. Cannot fail. Any thread. Never calls back. */
const char *ringback_version(void);

/* ringback_configure - set a setting from within the program, which may know what suits it.
 *   name   as in ringback(7), for example "RINGBACK_STREAMS"; not NULL.
 *   value  one that the setting may have, in the setting's own unit, as text: "off", "16384"; at most 255 bytes.
 *          NULL or "" takes back what the program has set.
 *
 * What the environment says counts more, so that who starts the program can always turn Ringback off. Any thread,
 * before the first event loop of the process is made. Both strings are copied. Never calls back.
 *
 * Returns 0, or a negative error, and then nothing has changed:
 *   -EINVAL   no such setting, or no such value
 *   -EBUSY    there is, or was, an event loop already; RINGBACK_DISABLE: the kernel has been asked already
 *   -ENOTSUP  RINGBACK=require, RINGBACK_ZEROCOPY=force: it cannot be had here
 */
int ringback_configure(const char *name, const char *value);

/* ringback_loops - the event loops of this process that Ringback knows.
 *   epfds  the caller's; room for the epoll descriptors of max of them; what is not needed is left as it was. May be
 *          NULL if max is 0. The descriptors are for the functions below, and remain their loops': they are not to be
 *          closed, waited for or watched. Nor is uv_backend_fd() for these functions: who asks libuv for it is going
 *          to watch it, and that takes a loop off the ring.
 *   max    0 or more.
 *
 * Returns how many there are, 0 or more, which may be more than max; in no particular order. Another thread may make
 * or end one meanwhile. Cannot fail. Any thread. Never calls back. */
int ringback_loops(int *epfds, int max);

/* ringback_carrier - what carries the loop behind an epoll descriptor, at this moment.
 *   epfd  the loop's epoll descriptor, from ringback_loops(), 0 .. RLIMIT_NOFILE-1.
 *
 * Returns one of enum ringback_carrier; RINGBACK_CARRIER_NONE for any other number, and while RINGBACK is off. Cannot
 * fail. Any thread. Never calls back. */
int ringback_carrier(int epfd);

/* ringback_why - why a loop, or the whole process, is not on the ring.
 *   epfd  the loop's epoll descriptor, or -1 for the process.
 *
 * Returns a clause in English, shorter than 200 bytes; "" when nothing stands in the way, and for a descriptor that is
 * no loop's. The process's is settled with the first wait of its first loop. Cannot fail. Any thread. Never calls
 * back. */
const char *ringback_why(int epfd);

/* ringback_counter - one counter of this process, summed over its loops and those that have ended.
 *   name  as printed by `ringback stat --json`, for example "enters" or "bytes_in"; or that of a fallback, "no_ring".
 *         ringback(7) lists them. Not NULL.
 *
 * Returns the count, 0 for a name it does not know. The unit is in the name (bytes, ns); all others are numbers of what
 * they are called after. Counters only grow, but zc_pinned_bytes and passthrough_fds, which tell how much there is now.
 * What other threads count meanwhile may be in it or not. Cannot fail. Any thread. Never calls back. */
uint64_t ringback_counter(const char *name);

#ifdef __cplusplus
}
#endif
#endif
