/* Preloaded into a server: does one thing wrong, once. MISCHIEF says what and with the how manyeth message, as "flip
 * 20": flip   a bit of a message that is sent is turned lose   its last byte is not sent hang   the sending side is
 * shut down instead turn   a bit of a message that was received is turned cut    its last byte was never received stay
 * that call of close() leaves the descriptor open Messages are what libc's functions move with one call, of 16 bytes
 * and more. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { MESSAGE_MIN = 16, PIECES_MAX = 64 };

static char what[8];
static long left[3]; /* until the mistake: sent, received, closed */

__attribute__((constructor)) static void mischief_read(void) {
    const char *text = getenv("MISCHIEF");
    const char *gap = text == NULL ? NULL : strchr(text, ' ');

    if (gap == NULL || (size_t)(gap - text) >= sizeof(what))
        return;
    memcpy(what, text, (size_t)(gap - text));
    for (int i = 0; i < 3; i++)
        left[i] = strtol(gap, NULL, 10);
}

/* Whether it is now the turn of a mistake of that kind. */
static int is_turn(int direction, const char *kind, const char *other) {
    return (strcmp(what, kind) == 0 || (other != NULL && strcmp(what, other) == 0)) && --left[direction] == 0;
}

static ssize_t send_wrongly(int fd, const struct msghdr *message, int flags, size_t length) {
    char *copy = malloc(length);
    struct iovec piece = {copy, length};
    struct msghdr wrong = *message;
    size_t used = 0;

    if (strcmp(what, "hang") == 0) {
        shutdown(fd, SHUT_WR);
        return (ssize_t)length;
    }
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        memcpy(copy + used, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        used += message->msg_iov[i].iov_len;
    }
    if (strcmp(what, "flip") == 0)
        copy[length / 2] ^= 4;
    else
        piece.iov_len--;
    wrong.msg_iov = &piece;
    wrong.msg_iovlen = 1;
    (void)syscall(SYS_sendmsg, fd, &wrong, flags);
    free(copy);
    return (ssize_t)length;
}

static size_t length_of(const struct iovec *iov, size_t count) {
    size_t length = 0;

    for (size_t i = 0; i < count; i++)
        length += iov[i].iov_len;
    return length;
}

static int is_turn_to_send(size_t length) {
    return length >= MESSAGE_MIN && (is_turn(0, "flip", "lose") || is_turn(0, "hang", NULL));
}

static ssize_t send_any(int fd, const struct msghdr *message, int flags) {
    size_t length = length_of(message->msg_iov, message->msg_iovlen);

    return is_turn_to_send(length) ? send_wrongly(fd, message, flags, length)
                                   : syscall(SYS_sendmsg, fd, message, flags);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    return send_any(fd, message, flags);
}

EXPORT ssize_t sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t length) {
    struct iovec piece = {(void *)bytes, count};
    struct msghdr message = {.msg_name = (void *)to, .msg_namelen = length, .msg_iov = &piece, .msg_iovlen = 1};

    return send_any(fd, &message, flags);
}

EXPORT ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    return sendto(fd, bytes, count, flags, NULL, 0);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int count) {
    struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};
    size_t length = length_of(iov, (size_t)count);

    return is_turn_to_send(length) ? send_wrongly(fd, &message, 0, length) : syscall(SYS_writev, fd, iov, count);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t count) {
    struct iovec piece = {(void *)bytes, count};

    return writev(fd, &piece, 1);
}

static ssize_t received(ssize_t length, char *middle) {
    if (length < MESSAGE_MIN || !is_turn(1, "turn", "cut"))
        return length;
    if (strcmp(what, "turn") == 0)
        *middle ^= 4;
    return strcmp(what, "cut") == 0 ? length - 1 : length;
}

EXPORT ssize_t read(int fd, void *bytes, size_t count) {
    ssize_t length = syscall(SYS_read, fd, bytes, count);

    return received(length, (char *)bytes + length / 2);
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int count) {
    ssize_t length = syscall(SYS_readv, fd, iov, count);
    ssize_t first = count > 0 && length > (ssize_t)iov[0].iov_len ? (ssize_t)iov[0].iov_len : length;

    return received(length, count > 0 && length > 0 ? (char *)iov[0].iov_base + first / 2 : NULL);
}

EXPORT ssize_t recvfrom(int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size) {
    ssize_t length = syscall(SYS_recvfrom, fd, bytes, count, flags, from, size);

    return received(length, (char *)bytes + length / 2);
}

EXPORT ssize_t recv(int fd, void *bytes, size_t count, int flags) {
    return recvfrom(fd, bytes, count, flags, NULL, NULL);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    ssize_t length = syscall(SYS_recvmsg, fd, message, flags);

    return received(length,
                    message->msg_iovlen > 0 && length > 0 ? (char *)message->msg_iov[0].iov_base + length / 2 : NULL);
}

EXPORT int close(int fd) {
    return is_turn(2, "stay", NULL) ? 0 : (int)syscall(SYS_close, fd);
}
