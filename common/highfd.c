#include "highfd.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "libc/real.h"

/* Programs seldom hold more descriptors than this, and select() ends at 1024 anyway. */
enum { HIGH_MAX = 65536, ROOM = 512 };

int rb_highfd_move(int fd) {
    struct rlimit limit;
    int lowest, high;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return fd;
    lowest = limit.rlim_cur > HIGH_MAX ? HIGH_MAX : (int)limit.rlim_cur;
    if (lowest < 2 * ROOM)
        return fd;
    lowest -= ROOM;
    high = rb_real.fcntl(fd, F_DUPFD_CLOEXEC, (void *)(long)lowest);
    if (high < 0)
        return fd;
    rb_real.close(fd);
    return high;
}
