#include "plan.h"

#include <string.h>

/* The errors are those of the manual pages (io_uring_setup, _register, _enter, and the operations' own calls), less
 * those that speak of arguments which cannot be had wrong here. Told to the program are only those that its own accept,
 * read or write would have told it. */
static const struct plan_row rows[] = {
    {POINT_ALLOC, "fail", PLAN_NONE},
    {POINT_ALLOC, "fail+", PLAN_NONE},
    {POINT_CALL, "fail", PLAN_NONE},
    {POINT_CALL, "fail+", PLAN_NONE},

    {POINT_SETUP, "fail:EPERM", PLAN_NONE},
    {POINT_SETUP, "fail:EACCES", PLAN_NONE},
    {POINT_SETUP, "fail:ENOSYS", PLAN_NONE},
    {POINT_SETUP, "fail:ENOMEM", PLAN_NONE},
    {POINT_SETUP, "fail:EMFILE", PLAN_NONE},
    {POINT_SETUP, "fail:ENFILE", PLAN_NONE},
    {POINT_SETUP, "fail:EINVAL", PLAN_NONE},
    {POINT_SETUP, "fail:EFAULT", PLAN_NONE},
    {POINT_SETUP, "fail:EMFILE+", PLAN_NONE},

    {POINT_REGISTER, "fail:EPERM", PLAN_NONE},
    {POINT_REGISTER, "fail:EACCES", PLAN_NONE},
    {POINT_REGISTER, "fail:ENOSYS", PLAN_NONE},
    {POINT_REGISTER, "fail:ENOMEM", PLAN_NONE},
    {POINT_REGISTER, "fail:EINVAL", PLAN_NONE},
    {POINT_REGISTER, "fail:EBUSY", PLAN_NONE},
    {POINT_REGISTER, "fail:EEXIST", PLAN_NONE},
    {POINT_REGISTER, "fail:EFAULT", PLAN_NONE},
    {POINT_REGISTER, "fail:ENXIO", PLAN_NONE},

    {POINT_TRIAL, "fail", PLAN_NONE},

    {POINT_ENTER, "fail:EAGAIN", PLAN_NONE},
    {POINT_ENTER, "fail:EBUSY", PLAN_NONE},
    {POINT_ENTER, "fail:EINTR", PLAN_NONE},
    {POINT_ENTER, "fail:ENOMEM", PLAN_NONE},
    {POINT_ENTER, "fail:EBADF", PLAN_NONE},
    {POINT_ENTER, "fail:EBADFD", PLAN_NONE},
    {POINT_ENTER, "fail:EBADR", PLAN_NONE},
    {POINT_ENTER, "fail:EEXIST", PLAN_NONE},
    {POINT_ENTER, "fail:EFAULT", PLAN_NONE},
    {POINT_ENTER, "fail:EINVAL", PLAN_NONE},
    {POINT_ENTER, "fail:ENXIO", PLAN_NONE},
    {POINT_ENTER, "fail:EOPNOTSUPP", PLAN_NONE},
    {POINT_ENTER, "fail:EPERM", PLAN_NONE},
    {POINT_ENTER, "fail:EPERM+", PLAN_BLOCKED},
    {POINT_ENTER, "fail:ENOSYS+", PLAN_BLOCKED},
    {POINT_ENTER, "partial", PLAN_NONE},
    {POINT_ENTER, "short:1", PLAN_NONE},
    {POINT_ENTER, "short:100", PLAN_NONE},

    {POINT_POLL, "fail:ECANCELED", PLAN_NONE},
    {POINT_POLL, "fail:ENOMEM", PLAN_NONE},
    {POINT_POLL, "fail:EAGAIN", PLAN_NONE},
    {POINT_POLL, "fail:EINVAL", PLAN_NONE},
    {POINT_POLL, "end:ECANCELED", PLAN_NONE},
    {POINT_POLL, "end:ENOMEM", PLAN_NONE},
    {POINT_POLL, "once", PLAN_NONE},

    {POINT_RECV, "fail:ENOBUFS", PLAN_NONE},
    {POINT_RECV, "fail:ECANCELED", PLAN_NONE},
    {POINT_RECV, "fail:EAGAIN", PLAN_NONE},
    {POINT_RECV, "fail:EINTR", PLAN_NONE},
    {POINT_RECV, "fail:ENOMEM", PLAN_NONE},
    {POINT_RECV, "fail:EINVAL", PLAN_NONE},
    {POINT_RECV, "fail:EOPNOTSUPP", PLAN_NONE},
    {POINT_RECV, "fail:EFAULT", PLAN_NONE},
    {POINT_RECV, "fail:ECONNRESET", PLAN_ANY},
    {POINT_RECV, "fail:ETIMEDOUT", PLAN_ANY},
    {POINT_RECV, "end:ENOBUFS", PLAN_NONE},
    {POINT_RECV, "end:ECANCELED", PLAN_NONE},
    {POINT_RECV, "end:ENOMEM", PLAN_NONE},
    {POINT_RECV, "end:EINTR", PLAN_NONE},
    {POINT_RECV, "end:ECONNRESET", PLAN_ANY},
    {POINT_RECV, "once", PLAN_NONE},

    {POINT_SEND, "fail:ECANCELED", PLAN_NONE},
    {POINT_SEND, "fail:EAGAIN", PLAN_NONE},
    {POINT_SEND, "fail:EINTR", PLAN_NONE},
    {POINT_SEND, "fail:ENOMEM", PLAN_NONE},
    {POINT_SEND, "fail:ENOBUFS", PLAN_NONE},
    {POINT_SEND, "fail:EINVAL", PLAN_NONE},
    {POINT_SEND, "fail:EOPNOTSUPP", PLAN_NONE},
    {POINT_SEND, "fail:EFAULT", PLAN_NONE},
    {POINT_SEND, "fail:EPIPE", PLAN_ANY},
    {POINT_SEND, "fail:ECONNRESET", PLAN_ANY},
    {POINT_SEND, "fail:ETIMEDOUT", PLAN_ANY},
    {POINT_SEND, "short:1", PLAN_NONE},
    {POINT_SEND, "short:-1", PLAN_NONE},
    {POINT_SEND, "short:1000", PLAN_NONE},

    {POINT_ZEROCOPY, "refuse:ENOMEM", PLAN_NONE},
    {POINT_ZEROCOPY, "refuse:EAGAIN", PLAN_NONE},
    {POINT_ZEROCOPY, "refuse:EPIPE", PLAN_ANY},

    {POINT_ACCEPT, "fail:ECANCELED", PLAN_NONE},
    {POINT_ACCEPT, "fail:EAGAIN", PLAN_NONE},
    {POINT_ACCEPT, "fail:EINTR", PLAN_NONE},
    {POINT_ACCEPT, "fail:EINVAL", PLAN_NONE},
    {POINT_ACCEPT, "fail:EOPNOTSUPP", PLAN_NONE},
    {POINT_ACCEPT, "fail:EMFILE", PLAN_PAUSE},
    {POINT_ACCEPT, "fail:ENFILE", PLAN_ANY},
    {POINT_ACCEPT, "fail:ENOBUFS", PLAN_ANY},
    {POINT_ACCEPT, "fail:ENOMEM", PLAN_ANY},
    {POINT_ACCEPT, "fail:ECONNABORTED", PLAN_ANY},
    {POINT_ACCEPT, "fail:EPROTO", PLAN_ANY},
    {POINT_ACCEPT, "fail:EPERM", PLAN_ANY},
    {POINT_ACCEPT, "end:ECANCELED", PLAN_NONE},
    {POINT_ACCEPT, "end:EMFILE", PLAN_PAUSE},
    {POINT_ACCEPT, "once", PLAN_NONE},

    {POINT_CANCEL, "late", PLAN_NONE},

    {POINT_NOTIFY, "late", PLAN_NONE},
    {POINT_NOTIFY, "late+", PLAN_NONE},
};

static const char *const names[POINT_COUNT] = {
#define POINT_NAME(id, name, meaning) name,
    POINT_LIST(POINT_NAME)
#undef POINT_NAME
};

const struct plan_row *plan_rows(unsigned *count) {
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const char *plan_point_name(enum point point) {
    return names[point];
}

enum point plan_point_named(const char *name) {
    unsigned i = 0;
    while (i < POINT_COUNT && strcmp(names[i], name) != 0)
        i++;
    return (enum point)i;
}

enum plan_loss plan_loss_of(enum point point, const char *effect) {
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].point == point && strcmp(rows[i].effect, effect) == 0)
            return rows[i].loss;
    return PLAN_NONE;
}
