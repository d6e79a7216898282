/* ringback.h - what a program can ask of Ringback.
 *
 * Ringback runs existing libuv and libevent programs over io_uring. A program needs none of these functions to
 * run on the ring; they are for programs that want to know. Link with -lringback-uv or -lringback-event, or look
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

/* ringback_carrier - what carries the loop behind an epoll descriptor.
 *   epfd  the loop's epoll descriptor (uv_backend_fd() of a libuv loop), 0 .. RLIMIT_NOFILE-1.
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
