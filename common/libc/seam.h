/* seam - where the program's libc calls meet the ring core.
 *
 * The hooks (hooks.c, one copy in each adapter) hold no logic: they look the descriptor up, ask a function of this
 * page, and call libc when it says so. errno is set here and nowhere below; -errno is what travels inside.
 *
 * Pattern of the calls that move bytes: if rb_seam_receive() (or _send) answers true, *result and errno are what the
 * program gets. Otherwise the hook makes the real call and tells its result to rb_seam_received() (or _sent).
 */
#ifndef RB_SEAM_H
#define RB_SEAM_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/single_threaded.h>

#include "../fdtable.h"
#include "../self.h"
#include "real.h"

/* ---- start and end ---- */

/* rb_seam_attach - an adapter's constructor: its name, and dlsym(RTLD_NEXT, name) called from within it. */
void rb_seam_attach(const char *adapter, void *(*find)(const char *name));
/* rb_seam_look_up - the same look-up before any constructor has run. */
void rb_seam_look_up(void *(*find)(const char *name));
/* rb_seam_leaving - before exec; before exit with for_good. */
void rb_seam_leaving(bool for_good);

/* rb_seam_cancellation_point - where libc's function is one and we may answer without it. No lock held. */
static inline void rb_seam_cancellation_point(void) {
    if (!__libc_single_threaded)
        pthread_testcancel();
}

/* ---- bytes ---- */

bool rb_seam_receive(struct rb_file *file, const struct iovec *iov, int count, int flags, ssize_t *result);
ssize_t rb_seam_received(struct rb_file *file, int flags, size_t room, ssize_t result);
bool rb_seam_recvmsg(struct rb_file *file, struct msghdr *message, int flags, ssize_t *result);
bool rb_seam_send(struct rb_file *file, const struct iovec *iov, int count, int flags, ssize_t *result);
bool rb_seam_sendmsg(struct rb_file *file, const struct msghdr *message, int flags, ssize_t *result);
ssize_t rb_seam_sent(struct rb_file *file, ssize_t result);
int rb_seam_sent_many(struct rb_file *file, const struct mmsghdr *list, int result);
/* Bytes enter or leave past the ring (sendfile, splice): true when a write in flight forbids it just now. */
bool rb_seam_bypass_send(struct rb_file *file, ssize_t *result);
bool rb_seam_bypass_receive(struct rb_file *file);

/* ---- sockets ---- */

int rb_seam_socket(int domain, int type, int protocol);
/* What a message carries along is another process's, too, from now on. */
void rb_seam_passing(const struct msghdr *message);
bool rb_seam_accept(struct rb_file *file, struct sockaddr *address, socklen_t *length, int flags, int *result);
int rb_seam_accepted(struct rb_file *file, int flags, int result);
void rb_seam_shutdown(struct rb_file *file, int how);
bool rb_seam_getsockopt(struct rb_file *file, int level, int name, void *value, socklen_t *length);
void rb_seam_setsockopt(struct rb_file *file, int level, int name);
int rb_seam_ioctl(int fd, unsigned long request, void *argument);
int rb_seam_fcntl(int (*real)(int, int, ...), int fd, int command, void *argument);

/* ---- descriptors ---- */

int rb_seam_close(int fd);
int rb_seam_dup(int fd);
/* dup2, dup3: flags -1 is dup2. */
int rb_seam_dup_onto(int fd, int to, int flags);
/* fd and copy, a fresh duplicate or -1, stand for the same file. Returns copy. */
int rb_seam_shared(int fd, int copy);
int rb_seam_close_range(unsigned first, unsigned last, int flags);
/* stdio is about to use the descriptor past the hooks. */
void rb_seam_to_stdio(int fd);
/* stdio is about to close it past the hooks; -1 is none. errno is kept. */
void rb_seam_from_stdio(int fd);

/* rb_seam_flush - the thread is about to block outside its loops: let its writes go first, as they would have on epoll.
 * For when rb_unsent says so. errno is kept. */
void rb_seam_flush(void);

/* ---- loops ---- */

int rb_seam_epoll_created(int epfd);
int rb_seam_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int rb_seam_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms, const sigset_t *mask);
int rb_seam_epoll_pwait2(int epfd, struct epoll_event *events, int max, const struct timespec *timeout,
                         const sigset_t *mask);
int rb_seam_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);
int rb_seam_pselect(int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
                    const sigset_t *mask);
/* Any descriptor among them whose readiness only the ring knows? No lock. */
bool rb_seam_poll_concerned(struct pollfd *fds, nfds_t count);
bool rb_seam_select_concerned(int count, const fd_set *in, const fd_set *out);

/* ---- system calls made by number ---- */

bool rb_seam_syscall(long number, const long argument[6], long *result);

#endif
