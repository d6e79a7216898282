#include "highfd.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "libc/real.h"
#include "rawcall.h"

/* High enough for programs that count on low numbers, low enough that the kernel's table of descriptors, which fork
 * copies, stays small: one descriptor at 20000 made fork twice as slow as one at 1000. */
enum { CEILING = 1024, ROOM = 64 };

int rb_highfd_move(int fd) {
    struct rlimit limit;
    int lowest, high;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return fd;
    lowest = limit.rlim_cur > CEILING ? CEILING : (int)limit.rlim_cur;
    if (lowest < 2 * ROOM)
        return fd;
    lowest -= ROOM;
    high = rb_real.fcntl(fd, F_DUPFD_CLOEXEC, (void *)(long)lowest);
    if (high < 0)
        return fd;
    rb_rawcall_close(fd);
    return high;
}
