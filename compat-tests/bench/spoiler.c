/* Preloaded: turns a bit of every message that readv() brings. Single bytes, the answers, stay as they are. */
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

__attribute__((visibility("default"))) ssize_t readv(int fd, const struct iovec *iov, int count) {
    ssize_t length = syscall(SYS_readv, fd, iov, count);
    ssize_t place = length / 2;

    for (int i = 0; i < count && length > 1; place -= (ssize_t)iov[i].iov_len, i++)
        if (place < (ssize_t)iov[i].iov_len) {
            ((char *)iov[i].iov_base)[place] ^= 1;
            break;
        }
    return length;
}
