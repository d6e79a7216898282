/* uring_abi - the part of the kernel's io_uring interface that liburing 2.3's header (Debian 12) does not know yet.
 *
 * The one place for such constants. Each says which kernel release brought it, for the reader: whether the running
 * kernel has it is asked by caps.c. The numbers are the kernel's ABI and never change.
 */
#ifndef RB_URING_ABI_H
#define RB_URING_ABI_H

#include <liburing.h>

/* io_uring_setup() flags. */
#ifndef IORING_SETUP_NO_MMAP
#define IORING_SETUP_NO_MMAP (1U << 14) /* 6.5: the caller brings the rings' memory */
#endif
#ifndef IORING_SETUP_REGISTERED_FD_ONLY
#define IORING_SETUP_REGISTERED_FD_ONLY (1U << 15) /* 6.5: no descriptor, only a registered index */
#endif
#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1U << 16) /* 6.6: no indirection from the submission queue to its entries */
#endif

/* io_uring_params.features. */
#ifndef IORING_FEAT_REG_REG_RING
#define IORING_FEAT_REG_REG_RING (1U << 13) /* 6.3: register calls take a registered ring index */
#endif
#ifndef IORING_FEAT_RECVSEND_BUNDLE
#define IORING_FEAT_RECVSEND_BUNDLE (1U << 14) /* 6.10 */
#endif
#ifndef IORING_FEAT_MIN_TIMEOUT
#define IORING_FEAT_MIN_TIMEOUT (1U << 15) /* 6.12: a minimum wait in io_uring_getevents_arg */
#endif
#ifndef IORING_FEAT_NO_IOWAIT
#define IORING_FEAT_NO_IOWAIT (1U << 17) /* 6.15 */
#endif

/* io_uring_enter() flags. */
#ifndef IORING_ENTER_ABS_TIMER
#define IORING_ENTER_ABS_TIMER (1U << 5) /* 6.12: the timeout is a point in time */
#endif
#ifndef IORING_ENTER_NO_IOWAIT
#define IORING_ENTER_NO_IOWAIT (1U << 7) /* 6.15: this wait is not I/O wait */
#endif

/* io_uring_register(): or-ed to the opcode when the ring is named by its registered index. */
#ifndef IORING_REGISTER_USE_REGISTERED_RING
#define IORING_REGISTER_USE_REGISTERED_RING (1U << 31) /* 6.3 */
#endif

/* Opcodes. */
enum { RB_OPCODE_FUTEX_WAIT = 51 }; /* 6.7; sqe: addr, addr2 the value, addr3 the mask, fd these flags */
enum { RB_FUTEX2_SIZE_U32 = 2, RB_FUTEX2_PRIVATE = 128 };

/* sqe->ioprio of sends and receives. */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3) /* 6.2: the notification's res says whether the data were copied */
#endif
#ifndef IORING_RECVSEND_BUNDLE
#define IORING_RECVSEND_BUNDLE (1U << 4) /* 6.10: one completion spans several provided buffers */
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31) /* 6.2: res of such a notification: it was copied after all */
#endif

/* sqe->ioprio of accepts. */
#ifndef IORING_ACCEPT_DONTWAIT
#define IORING_ACCEPT_DONTWAIT (1U << 1) /* 6.10 */
#endif
#ifndef IORING_ACCEPT_POLL_FIRST
#define IORING_ACCEPT_POLL_FIRST (1U << 2) /* 6.10 */
#endif

/* sqe->cancel_flags of ASYNC_CANCEL. */
#ifndef IORING_ASYNC_CANCEL_USERDATA
#define IORING_ASYNC_CANCEL_USERDATA (1U << 4) /* 6.6: match by user_data, also beside other keys */
#endif
#ifndef IORING_ASYNC_CANCEL_OP
#define IORING_ASYNC_CANCEL_OP (1U << 5) /* 6.6: match by opcode */
#endif

/* cqe->flags. */
#ifndef IORING_CQE_F_BUF_MORE
#define IORING_CQE_F_BUF_MORE (1U << 4) /* 6.12: an incremental buffer is still in use */
#endif

/* io_uring_buf_reg.flags, which liburing 2.3 names `pad`. */
#ifndef IOU_PBUF_RING_MMAP
#define IOU_PBUF_RING_MMAP 1 /* 6.4: the kernel brings the buffer ring's memory */
#endif
#ifndef IOU_PBUF_RING_INC
#define IOU_PBUF_RING_INC 2 /* 6.12: buffers are used up piece by piece */
#endif

/* IORING_OP_FUTEX_WAIT: ends at once with -EAGAIN when *futex is not the value. */
static inline void rb_uring_prep_futex_wait(struct io_uring_sqe *sqe, const uint32_t *futex, uint32_t value) {
    io_uring_prep_rw(RB_OPCODE_FUTEX_WAIT, sqe, RB_FUTEX2_SIZE_U32 | RB_FUTEX2_PRIVATE, futex, 0, value);
    sqe->addr3 = UINT32_MAX; /* any waker */
}

#endif
