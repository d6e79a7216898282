/* sides - the two ways of making a system call that are compared: past libc, where no hook sees it, and through libc,
 * where a preloaded library may stand. */
#ifndef SIDES_H
#define SIDES_H

enum side { KERNEL, LIBC, SIDES };

/* kernel_call - one system call by the processor's own instruction. Returns its result, or -errno. */
long kernel_call(long number, long a, long b, long c, long d, long e);

/* side_call - the system call `number`, or the libc function that stands for it. SYS_ppoll takes no timeout and no
 * mask, SYS_epoll_pwait no mask, SYS_recvfrom and SYS_sendto no address, SYS_dup3 no flags. Calls that libc does not
 * know here end the program. Returns the result, or -errno. */
long side_call(enum side side, long number, long a, long b, long c, long d);

#endif
