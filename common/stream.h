/* stream - a socket whose bytes move through the ring: its inbox, its one write, and when it may be one.
 *
 * All functions with a reactor argument: lock held. "Owner thread" is the thread that runs the loop.
 */
#ifndef RB_STREAM_H
#define RB_STREAM_H

#include "reactor.h"
#include "send.h"

/* Interest that only readiness can serve. */
enum { RB_STREAM_UNUSUAL = EPOLLET | EPOLLONESHOT | EPOLLRDHUP | EPOLLPRI };

/* rb_stream_candidate - its bytes may move to the ring after the program's first read; they have not yet. */
bool rb_stream_candidate(const struct rb_file *file);

/* rb_stream_receives - received bytes, or their end, come by the ring. */
bool rb_stream_receives(const struct rb_file *file);

/* rb_stream_owes_an_error - the receive has taken it from the socket, which would tell it no more. An end is no error:
 * the socket tells that again. */
bool rb_stream_owes_an_error(const struct rb_file *file);

/* rb_stream_sends - writes of the library leave by the ring, or one that did is not told of yet.
 * rb_stream_goes_on_sending - the next one leaves by the ring. */
bool rb_stream_sends(const struct rb_file *file);
bool rb_stream_goes_on_sending(const struct rb_file *file);

/* rb_stream_events - what the stream itself has to report now, as EPOLL* bits, unfiltered by interest. */
uint32_t rb_stream_events(const struct rb_file *file);

/* rb_stream_weigh_read - the program has read n bytes from the kernel: do they still speak for doing so? */
void rb_stream_weigh_read(struct rb_file *file, size_t n);

/* rb_stream_adopt - the program has read or written: from now on the ring does. Owner thread. */
void rb_stream_adopt_receive(struct rb_reactor *r, struct rb_file *file);
void rb_stream_adopt_send(struct rb_reactor *r, struct rb_file *file);

/* rb_stream_release - hand the bytes back to the program: stop receiving and sending, keep the inbox for its reads.
 *   why  then it is never adopted again; RB_WHY_NONE: it may be, nothing speaks against it.
 * From another thread the stop is handed to the owner. */
void rb_stream_release(struct rb_reactor *r, struct rb_file *file, enum rb_why why);

/* rb_stream_read - recv(2)'s contract for a stream.
 *   flags  MSG_PEEK and MSG_WAITALL mean what they mean there, others nothing.
 * Returns bytes, 0 at EOF, -errno; -EXDEV: the ring has nothing to do with it, ask the kernel. */
ssize_t rb_stream_read(struct rb_reactor *r, struct rb_file *file, const struct iovec *iov, int count, int flags);

/* rb_stream_rest_in_kernel - no receive is under way: what follows the inbox, the kernel has. */
bool rb_stream_rest_in_kernel(const struct rb_file *file);

/* rb_stream_fail - the socket's error was taken from it: tell of it with the next call, after what waits. */
void rb_stream_fail(struct rb_reactor *r, struct rb_file *file, int error);

/* rb_stream_total - the bytes that these buffers have room for. No lock. */
size_t rb_stream_total(const struct iovec *iov, int count);

/* rb_stream_front - the first received bytes without taking them: where they are and how many lie together.
 * Returns as rb_stream_read. *chunk stays valid until rb_stream_consume, or longer with a hold of its own. */
ssize_t rb_stream_front(struct rb_reactor *r, struct rb_file *file, struct rb_chunk **chunk);

/* rb_stream_consume - n bytes of the front chunk have been taken. */
void rb_stream_consume(struct rb_reactor *r, struct rb_file *file, size_t n);

/* rb_stream_write - write(2)'s contract for a stream whose library repeats a write answered EAGAIN.
 * Returns bytes taken by an earlier operation, -EAGAIN, -errno, or -EXDEV: write directly. */
ssize_t rb_stream_write(struct rb_reactor *r, struct rb_file *file, const struct iovec *iov, int count);

/* rb_stream_result - take the result of earlier writes, at most limit bytes.
 * Returns bytes, -EAGAIN while there is none yet, -errno, or 0: idle, a new write can be queued. */
ssize_t rb_stream_result(struct rb_file *file, size_t limit);

/* rb_stream_forget_result - nobody will ask for it any more. */
void rb_stream_forget_result(struct rb_reactor *r, struct rb_file *file);

/* rb_stream_taken - bytes that the kernel has taken and the library has not been told of. */
size_t rb_stream_taken(const struct rb_file *file);

/* rb_stream_output_rests - no write is queued or in flight, and the result of the last was told. */
bool rb_stream_output_rests(const struct rb_file *file);

/* rb_stream_output_events - the part of rb_stream_events that is about writing. */
uint32_t rb_stream_output_events(const struct rb_file *file);

/* rb_stream_may_send - a write of its library would leave by the ring now. */
bool rb_stream_may_send(const struct rb_reactor *r, const struct rb_file *file);

/* rb_stream_more - the library has queued more behind a write whose buffers the kernel still holds: it would not ask
 * before it is told of that one, but the bytes may go. Owner thread. */
void rb_stream_more(struct rb_reactor *r, struct rb_file *file);

/* rb_outflow_weigh - a turn begins: see how writes went in the last. Owner thread. */
void rb_outflow_weigh(struct rb_reactor *r);

/* rb_outflow_crowded - many other streams have sent since this one did, in a loop that receives what it sends or more:
 * small pieces stay in the processor's caches from one end to the other. */
bool rb_outflow_crowded(const struct rb_reactor *r, const struct rb_file *file);

/* rb_outflow_told - the program is about to be told of events. Owner thread. */
void rb_outflow_told(struct rb_reactor *r);

/* rb_outflow_interrupted - the program does other things now than to handle events: what they take says nothing. */
void rb_outflow_interrupted(struct rb_reactor *r);

/* rb_stream_queue - queue a send whose buffers are captured; the stream must be idle. Owner thread. */
void rb_stream_queue(struct rb_reactor *r, struct rb_file *file, struct rb_send *send);

/* rb_stream_withdraw - what was queued and not submitted is not sent: the library writes it again. */
void rb_stream_withdraw(struct rb_reactor *r, struct rb_file *file);

/* rb_stream_submit - what was written must be with the kernel before the program's next call on this socket.
 * Owner thread. */
void rb_stream_submit(struct rb_reactor *r, struct rb_file *file);

/* rb_stream_settle_send - the same, and the write is over afterwards: all of it went, or what fitted. Owner thread. */
void rb_stream_settle_send(struct rb_reactor *r, struct rb_file *file);

/* rb_stream_drop - the socket is closed: let go of the inbox and of what was never sent. */
void rb_stream_drop(struct rb_reactor *r, struct rb_file *file);

#endif
