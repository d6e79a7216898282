/* A message whose control data say that they are longer than they are: the kernel refuses it, and nobody reads on. */
#include "check.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int main(void) {
    check_begin(10);
    check_expect_any(); /* no loop */
    int ours, peer;
    char byte = 'x';
    struct iovec bytes = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = (size_t)1 << 40;
    net_unix_pair(&ours, &peer);
    CHECK_ERRNO(sendmsg(ours, &message, 0), EINVAL);
    CHECK(!net_readable(peer, 0));
    net_close(ours);
    net_close(peer);
    return check_passed();
}
