/* epoll_loop - epoll with expectations, for the behaviours of raw epoll. data.fd is always the descriptor. */
#ifndef EPOLL_LOOP_H
#define EPOLL_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

int epl_create(void);
void epl_add(int ep, int fd, uint32_t events);
void epl_modify(int ep, int fd, uint32_t events);
void epl_delete(int ep, int fd);

/* epl_has_pwait2 - false on kernels before 5.11, where epoll_pwait2 is ENOSYS also without a ring. */
bool epl_has_pwait2(void);

/* epl_stream - a new epoll watching one end of a new TCP connection for EPOLLIN, which has been read from once: what a
 * ring may receive ahead, it receives from here on. As net_tcp_pair otherwise. */
int epl_stream(int *ours, int *peer);

/* epl_wait - the events of the only descriptor that may be reported, 0 if none is within ms milliseconds. Another
 * descriptor, or a second event, fails the test. */
uint32_t epl_wait(int ep, int fd, int ms);

/* epl_handler - the handler of SIGUSR1, set with these SA_ flags. */
void epl_handler(int flags);

/* epl_interrupted - a wait of so many milliseconds (-1: without end) is ended with EINTR by a SIGUSR1 from another
 * thread, which sends one after the other until it is. Returns how many it sent; epl_handled is one more for each. */
int epl_interrupted(int ep, int ms);

extern volatile sig_atomic_t epl_handled;

/* EPL_EXPECT - within two seconds exactly this descriptor is reported, with exactly these events. */
#define EPL_EXPECT(ep, fd, events) epl_expect((ep), (fd), (events), #events, __FILE__, __LINE__)

/* EPL_NOTHING - no event within ms milliseconds. */
#define EPL_NOTHING(ep, ms) epl_nothing((ep), (ms), __FILE__, __LINE__)

void epl_expect(int ep, int fd, uint32_t events, const char *text, const char *file, int line);
void epl_nothing(int ep, int ms, const char *file, int line);

#endif
