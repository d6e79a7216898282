#include "caps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/poll.h> /* not <poll.h>: this directory has a poll.h of its own */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "rawcall.h"
#include "uring_abi.h"

enum {
    PROBE_ENTRIES = 8,
    PROBE_OPS = 64,          /* opcodes asked for; FUTEX_WAIT, the newest, is 51 */
    TRIAL_PAGE_BYTES = 4096, /* the trial buffer ring, and behind it its one buffer */
    TRIAL_BUFFER_AT = 2048,
    TRIAL_BUFFER_BYTES = 64,
    TRIAL_WAIT_MS = 5, /* all trials answer at once; this bounds a kernel that does otherwise */
};

struct probe {
    struct rb_caps *caps;
    struct io_uring ring;
    unsigned features;
    int pair[2]; /* two connected datagram sockets, [0] has one datagram to read */
    unsigned char *page;
    uint64_t asked; /* 1 << cap: its trial is submitted and not answered yet */
};

static const struct rb_cap_info infos[RB_CAP_COUNT] = {
#define RB_CAP_INFO(id, name, needed, since, purpose) {name, needed, since, purpose},
    RB_CAP_LIST(RB_CAP_INFO)
#undef RB_CAP_INFO
};

/* A capability is of no use without another one. Rows are in the order in which a lack spreads. */
static const struct {
    enum rb_cap cap, needs;
} dependencies[] = {
    {RB_CAP_POLL_MULTISHOT, RB_CAP_POLL_ADD},
    {RB_CAP_RECV_MULTISHOT, RB_CAP_BUFFER_RING},
    {RB_CAP_DEFER_TASKRUN, RB_CAP_SINGLE_ISSUER},
    {RB_CAP_ZC_REPORT_USAGE, RB_CAP_SEND_ZC},
};

/* Capabilities that are an opcode. */
static const struct {
    enum rb_cap cap;
    unsigned char opcode;
} opcodes[] = {
    {RB_CAP_POLL_ADD, IORING_OP_POLL_ADD},
    {RB_CAP_ASYNC_CANCEL, IORING_OP_ASYNC_CANCEL},
    {RB_CAP_SEND, IORING_OP_SEND},
    {RB_CAP_SEND_ZC, IORING_OP_SEND_ZC},
    {RB_CAP_SENDMSG_ZC, IORING_OP_SENDMSG_ZC},
    {RB_CAP_FUTEX_WAIT, RB_OPCODE_FUTEX_WAIT},
};

/* Capabilities that are a feature bit of the ring. */
static const struct {
    enum rb_cap cap;
    unsigned bit;
} features[] = {
    {RB_CAP_EXT_ARG, IORING_FEAT_EXT_ARG},
    {RB_CAP_NODROP, IORING_FEAT_NODROP},
    {RB_CAP_NO_IOWAIT, IORING_FEAT_NO_IOWAIT},
};

/* Capabilities that are a set-up flag, with the flag without which the kernel refuses it. */
static const struct {
    enum rb_cap cap;
    unsigned flag, with;
} setup_flags[] = {
    {RB_CAP_COOP_TASKRUN, IORING_SETUP_COOP_TASKRUN, 0},
    {RB_CAP_TASKRUN_FLAG, IORING_SETUP_TASKRUN_FLAG, IORING_SETUP_COOP_TASKRUN},
    {RB_CAP_SINGLE_ISSUER, IORING_SETUP_SINGLE_ISSUER, 0},
    {RB_CAP_DEFER_TASKRUN, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct rb_cap_info *rb_caps_info(enum rb_cap cap) {
    return &infos[cap];
}

enum rb_cap rb_caps_named(const char *name, unsigned length) {
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        if (strlen(infos[i].name) == length && memcmp(infos[i].name, name, length) == 0)
            return (enum rb_cap)i;
    return RB_CAP_COUNT;
}

enum rb_cap rb_caps_missing(const struct rb_caps *caps) {
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        if (infos[i].needed && !caps->have[i])
            return (enum rb_cap)i;
    return RB_CAP_COUNT;
}

static void caps__have(struct rb_caps *caps, enum rb_cap cap) {
    caps->have[cap] = true;
    caps->why[cap][0] = '\0';
}

__attribute__((format(printf, 3, 4))) static void caps__deny(struct rb_caps *caps, enum rb_cap cap, const char *format,
                                                             ...) {
    va_list args;

    caps->have[cap] = false;
    va_start(args, format);
    vsnprintf(caps->why[cap], RB_CAP_WHY_MAX, format, args);
    va_end(args);
}

static void caps__not_in_kernel(struct rb_caps *caps, enum rb_cap cap) {
    caps__deny(caps, cap, "not in this kernel; Linux %s brought it", infos[cap].since);
}

/* A small file of /proc as a string; "" if it cannot be read. */
static const char *caps__read_file(const char *path, char *out, size_t size) {
    long fd = rb_rawcall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
    long length = 0;

    if (fd >= 0) {
        length = rb_rawcall(SYS_read, fd, (long)out, (long)size - 1, 0, 0, 0);
        rb_rawcall_close((int)fd);
    }
    out[length > 0 ? length : 0] = '\0';
    return out;
}

static bool caps__is_filtered(void) {
    char status[4096];
    const char *mode = strstr(caps__read_file("/proc/self/status", status, sizeof(status)), "\nSeccomp:\t");

    return mode != NULL && mode[10] == '2';
}

static void caps__limit_text(const struct rlimit *limit, unsigned unit_bytes, char *out, size_t size) {
    if (limit->rlim_cur == RLIM_INFINITY)
        snprintf(out, size, "unlimited");
    else
        snprintf(out, size, "%llu", (unsigned long long)limit->rlim_cur / unit_bytes);
}

/* EPERM has one number for the sysctl, a seccomp filter and a security module, but three remedies. */
static void caps__deny_eperm(struct rb_caps *caps, enum rb_cap cap, const char *call) {
    char sysctl[16];

    caps__read_file("/proc/sys/kernel/io_uring_disabled", sysctl, sizeof(sysctl));
    if (sysctl[0] == '2')
        caps__deny(caps, cap, "switched off for everybody: kernel.io_uring_disabled is 2; set it to 0 by sysctl -w");
    else if (sysctl[0] == '1')
        caps__deny(caps, cap,
                   "switched off for this user: kernel.io_uring_disabled is 1; set it to 0, or join the group of "
                   "kernel.io_uring_group");
    else if (caps__is_filtered())
        caps__deny(caps, cap,
                   "a seccomp filter refuses %s (EPERM), as containers do by default; allow io_uring_setup, _enter and "
                   "_register",
                   call);
    else
        caps__deny(caps, cap, "a security module refuses %s (EPERM); allow io_uring in its policy", call);
}

/* Why a call of io_uring's failed, with what to do about it. */
static void caps__deny_call(struct rb_caps *caps, enum rb_cap cap, const char *call, int error) {
    const char *name = strerrorname_np(error);
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    char limit_text[24];

    switch (error) {
    case EPERM:
    case EACCES:
        caps__deny_eperm(caps, cap, call);
        break;
    case ENOSYS:
        if (caps__is_filtered())
            caps__deny(caps, cap,
                       "a seccomp filter hides %s (ENOSYS), as some containers do; allow io_uring_setup, _enter and "
                       "_register",
                       call);
        else
            caps__deny(caps, cap, "not in this kernel (%s: ENOSYS); it takes Linux 5.11 with CONFIG_IO_URING", call);
        break;
    case ENOMEM:
        getrlimit(RLIMIT_MEMLOCK, &limit);
        caps__limit_text(&limit, 1024, limit_text, sizeof(limit_text));
        caps__deny(caps, cap, "no memory for %s (ENOMEM); the locked memory limit is %s KiB, raise it by ulimit -l",
                   call, limit_text);
        break;
    case EMFILE:
        getrlimit(RLIMIT_NOFILE, &limit);
        caps__limit_text(&limit, 1, limit_text, sizeof(limit_text));
        caps__deny(caps, cap, "no free descriptor for %s (EMFILE); the limit is %s, raise it by ulimit -n", call,
                   limit_text);
        break;
    case ENFILE:
        caps__deny(caps, cap, "no free file for %s in the whole system (ENFILE); raise fs.file-max", call);
        break;
    default:
        caps__deny(caps, cap, "%s failed with %s", call, name != NULL ? name : "an unknown error");
        break;
    }
}

static int caps__open(struct probe *probe, unsigned flags) {
    struct io_uring_params params = {.flags = flags};
    int rc = io_uring_queue_init_params(PROBE_ENTRIES, &probe->ring, &params);

    if (rc == 0)
        probe->features = params.features;
    return rc;
}

/* Open the ring with every set-up flag that the kernel takes. Returns 0 or -errno. */
static int caps__open_best(struct probe *probe) {
    unsigned flags = 0;
    int rc;

    for (unsigned i = 0; i < COUNT(setup_flags); i++)
        flags |= setup_flags[i].flag;
    rc = caps__open(probe, flags);
    if (rc == -EINVAL) {
        /* An older kernel, and EINVAL does not say which flag it does not know: ask one by one. */
        flags = 0;
        for (unsigned i = 0; i < COUNT(setup_flags); i++) {
            rc = caps__open(probe, setup_flags[i].flag | setup_flags[i].with);
            if (rc == 0) {
                flags |= setup_flags[i].flag | setup_flags[i].with;
                io_uring_queue_exit(&probe->ring);
            }
        }
        rc = caps__open(probe, flags);
    }
    for (unsigned i = 0; i < COUNT(setup_flags) && rc == 0; i++) {
        if ((flags & setup_flags[i].flag) != 0)
            caps__have(probe->caps, setup_flags[i].cap);
        else
            caps__not_in_kernel(probe->caps, setup_flags[i].cap);
    }
    return rc;
}

static void caps__ask_features(struct probe *probe) {
    for (unsigned i = 0; i < COUNT(features); i++) {
        if ((probe->features & features[i].bit) != 0)
            caps__have(probe->caps, features[i].cap);
        else
            caps__not_in_kernel(probe->caps, features[i].cap);
    }
}

/* Returns 0, or -errno if registering is not possible at all; EINVAL is an old kernel without the question. */
static int caps__ask_opcodes(struct probe *probe) {
    union {
        struct io_uring_probe answer;
        char room[sizeof(struct io_uring_probe) + PROBE_OPS * sizeof(struct io_uring_probe_op)];
    } table;
    int rc;

    memset(&table, 0, sizeof(table));
    rc = io_uring_register_probe(&probe->ring, &table.answer, PROBE_OPS);
    if (rc < 0 && rc != -EINVAL)
        return rc;
    for (unsigned i = 0; i < COUNT(opcodes); i++) {
        if (rc == 0 && io_uring_opcode_supported(&table.answer, opcodes[i].opcode))
            caps__have(probe->caps, opcodes[i].cap);
        else
            caps__not_in_kernel(probe->caps, opcodes[i].cap);
    }
    return 0;
}

static void caps__try_buffer_ring(struct probe *probe) {
    struct io_uring_buf_reg reg = {.ring_addr = (uintptr_t)probe->page, .ring_entries = PROBE_ENTRIES};
    struct io_uring_buf_ring *buffers = (struct io_uring_buf_ring *)(void *)probe->page;
    int rc = io_uring_register_buf_ring(&probe->ring, &reg, 0);

    if (rc == 0) {
        caps__have(probe->caps, RB_CAP_BUFFER_RING);
        io_uring_buf_ring_init(buffers);
        io_uring_buf_ring_add(buffers, probe->page + TRIAL_BUFFER_AT, TRIAL_BUFFER_BYTES, 0,
                              io_uring_buf_ring_mask(PROBE_ENTRIES), 0);
        io_uring_buf_ring_advance(buffers, 1);
    } else if (rc == -EINVAL) {
        caps__not_in_kernel(probe->caps, RB_CAP_BUFFER_RING);
    } else {
        caps__deny_call(probe->caps, RB_CAP_BUFFER_RING, "a buffer ring", -rc);
    }
}

static struct io_uring_sqe *caps__trial(struct probe *probe, enum rb_cap cap) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&probe->ring);

    probe->asked |= UINT64_C(1) << cap;
    return sqe;
}

/* Queue one operation for each capability that only a submission can show; caps__judge() knows the answers. */
static void caps__queue_trials(struct probe *probe) {
    static const uint32_t zero = 0;
    const struct rb_caps *caps = probe->caps;
    struct io_uring_sqe *sqe;

    /* First, for it would take the others back. */
    sqe = caps__trial(probe, RB_CAP_CANCEL_ANY);
    io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    sqe->user_data = RB_CAP_CANCEL_ANY;
    if (caps->have[RB_CAP_POLL_ADD]) {
        sqe = caps__trial(probe, RB_CAP_POLL_MULTISHOT);
        io_uring_prep_poll_multishot(sqe, probe->pair[0], POLLOUT);
        sqe->user_data = RB_CAP_POLL_MULTISHOT;
    }
    if (caps->have[RB_CAP_BUFFER_RING]) {
        sqe = caps__trial(probe, RB_CAP_RECV_MULTISHOT);
        io_uring_prep_recv_multishot(sqe, probe->pair[0], NULL, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = 0;
        sqe->user_data = RB_CAP_RECV_MULTISHOT;
    }
    sqe = caps__trial(probe, RB_CAP_ACCEPT_MULTISHOT);
    io_uring_prep_multishot_accept(sqe, probe->pair[0], NULL, NULL, 0);
    sqe->user_data = RB_CAP_ACCEPT_MULTISHOT;
    if (caps->have[RB_CAP_SEND_ZC]) {
        sqe = caps__trial(probe, RB_CAP_ZC_REPORT_USAGE);
        io_uring_prep_send_zc(sqe, probe->pair[0], probe->page + TRIAL_BUFFER_AT, 1, MSG_DONTWAIT, 0);
        sqe->ioprio = IORING_SEND_ZC_REPORT_USAGE;
        sqe->user_data = RB_CAP_ZC_REPORT_USAGE;
    }
    if (caps->have[RB_CAP_FUTEX_WAIT]) {
        sqe = caps__trial(probe, RB_CAP_FUTEX_WAIT);
        rb_uring_prep_futex_wait(sqe, &zero, 1);
        sqe->user_data = RB_CAP_FUTEX_WAIT;
    }
}

/* What a trial's first completion says. A kernel that does not know a multishot flag answers EINVAL, or does the
 * operation once and says so by leaving MORE out. Accepting and zero-copy sending are tried on a socket that can do
 * neither: the flags are looked at before the socket, so any other error than EINVAL means that they were understood,
 * and no listener has to be made for it. */
static bool caps__judge(enum rb_cap cap, int result, unsigned flags) {
    if (cap == RB_CAP_POLL_MULTISHOT || cap == RB_CAP_RECV_MULTISHOT)
        return result > 0 && (flags & IORING_CQE_F_MORE) != 0;
    return result != -EINVAL;
}

static void caps__take_answers(struct probe *probe) {
    struct io_uring_cqe *cqe;

    while (io_uring_peek_cqe(&probe->ring, &cqe) == 0) {
        enum rb_cap cap = (enum rb_cap)cqe->user_data;
        uint64_t bit = UINT64_C(1) << cap;

        if ((probe->asked & bit) != 0 && caps__judge(cap, cqe->res, cqe->flags))
            caps__have(probe->caps, cap);
        else if ((probe->asked & bit) != 0)
            caps__not_in_kernel(probe->caps, cap);
        probe->asked &= ~bit;
        io_uring_cqe_seen(&probe->ring, cqe);
    }
}

/* Returns 0, or -errno if the ring cannot be entered. */
static int caps__run_trials(struct probe *probe) {
    struct __kernel_timespec patience = {.tv_nsec = TRIAL_WAIT_MS * 1000000LL};
    struct io_uring_cqe *cqe;

    caps__queue_trials(probe);
    /* A submission that the kernel refuses ends the batch: go on with the rest. */
    while (io_uring_sq_ready(&probe->ring) > 0) {
        int rc = io_uring_submit_and_get_events(&probe->ring);
        if (rc < 0 && rc != -EINTR)
            return rc;
    }
    caps__take_answers(probe);
    while (probe->asked != 0 && io_uring_wait_cqe_timeout(&probe->ring, &cqe, &patience) == 0)
        caps__take_answers(probe);
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        if ((probe->asked >> i & 1) != 0)
            caps__deny(probe->caps, (enum rb_cap)i, "the kernel did not answer a trial of it");
    return 0;
}

/* Run the trials on a page and a pair of sockets. Returns 0, or -errno if the ring cannot be entered. */
static int caps__ask_trials(struct probe *probe) {
    static const enum rb_cap tried[] = {RB_CAP_BUFFER_RING,    RB_CAP_CANCEL_ANY,       RB_CAP_POLL_MULTISHOT,
                                        RB_CAP_RECV_MULTISHOT, RB_CAP_ACCEPT_MULTISHOT, RB_CAP_ZC_REPORT_USAGE,
                                        RB_CAP_FUTEX_WAIT};
    void *page = mmap(NULL, TRIAL_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long rc = page == MAP_FAILED
                  ? -ENOMEM
                  : rb_rawcall(SYS_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, (long)probe->pair, 0, 0);

    if (rc < 0) {
        for (unsigned i = 0; i < COUNT(tried); i++)
            caps__deny_call(probe->caps, tried[i], "its trial", (int)-rc);
        rc = 0;
    } else {
        probe->page = page;
        rb_rawcall(SYS_sendto, probe->pair[1], (long)"", 1, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
        caps__try_buffer_ring(probe);
        rc = caps__run_trials(probe);
        rb_rawcall_close(probe->pair[0]);
        rb_rawcall_close(probe->pair[1]);
    }
    if (page != MAP_FAILED)
        munmap(page, TRIAL_PAGE_BYTES);
    return (int)rc;
}

static void caps__ask_kernel(struct probe *probe) {
    const char *call = "io_uring_setup";
    int rc = caps__open_best(probe);

    if (rc == 0) {
        caps__have(probe->caps, RB_CAP_IO_URING);
        caps__ask_features(probe);
        call = "io_uring_register";
        rc = caps__ask_opcodes(probe);
        if (rc == 0) {
            call = "io_uring_enter";
            /* Waiting for the trials takes EXT_ARG, and a kernel without it has nothing of what they ask for. */
            if (probe->caps->have[RB_CAP_EXT_ARG])
                rc = caps__ask_trials(probe);
        }
        io_uring_queue_exit(&probe->ring);
    }
    if (rc < 0)
        caps__deny_call(probe->caps, RB_CAP_IO_URING, call, -rc);
}

static void caps__spread(struct rb_caps *caps, enum rb_cap cap, enum rb_cap needs, uint64_t disabled) {
    /* Also where the kernel was never asked for cap, for want of what it needs. */
    if (caps->have[needs] || (disabled >> cap & 1) != 0)
        return;
    if ((disabled >> needs & 1) != 0)
        caps__deny(caps, cap, "needs %s, which RINGBACK_DISABLE masks", infos[needs].name);
    else
        caps__deny(caps, cap, "needs %s, which is missing", infos[needs].name);
}

void rb_caps_probe(struct rb_caps *caps, uint64_t disabled) {
    struct probe probe = {.caps = caps};

    memset(caps, 0, sizeof(*caps));
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        caps__not_in_kernel(caps, (enum rb_cap)i);
    if ((disabled >> RB_CAP_IO_URING & 1) == 0)
        caps__ask_kernel(&probe);
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        if ((disabled >> i & 1) != 0)
            caps__deny(caps, (enum rb_cap)i, "masked by RINGBACK_DISABLE; take %s out of it", infos[i].name);
    if (!caps->have[RB_CAP_IO_URING]) {
        for (unsigned i = 0; i < RB_CAP_COUNT; i++)
            if (i != RB_CAP_IO_URING && (disabled >> i & 1) == 0)
                caps__deny(caps, (enum rb_cap)i, "needs io_uring, which %s",
                           (disabled >> RB_CAP_IO_URING & 1) != 0 ? "RINGBACK_DISABLE masks" : "cannot be used");
        return;
    }
    for (unsigned i = 0; i < COUNT(dependencies); i++)
        caps__spread(caps, dependencies[i].cap, dependencies[i].needs, disabled);
    if (!caps->have[RB_CAP_COOP_TASKRUN])
        caps__spread(caps, RB_CAP_TASKRUN_FLAG, RB_CAP_DEFER_TASKRUN, disabled);
}
