/* uv_loop - what the libuv behaviours share: connected streams, an echo, running a loop until something is true. */
#ifndef UV_LOOP_H
#define UV_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* CHECK_UV - a libuv call that must not fail. */
#define CHECK_UV(call) uvl_call((call), #call, __FILE__, __LINE__)

int uvl_call(int result, const char *text, const char *file, int line);

/* uvl_tcp, uvl_pipe - init `stream` and open it on one end of a connection; returns the other end, blocking. */
int uvl_tcp(uv_loop_t *loop, uv_tcp_t *stream);
int uvl_pipe(uv_loop_t *loop, uv_pipe_t *stream);

/* uvl_alloc - an alloc callback: one shared buffer of 64 KiB, good until the next read callback of the thread. */
void uvl_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf);

/* uvl_echo - read from the stream and write everything back; at the end of the stream, shut down and close. The stream
 * is from malloc and is freed when it is closed. */
void uvl_echo(uv_stream_t *stream);

/* uvl_listen - init `listener` on 127.0.0.1; returns its port. */
uint16_t uvl_listen(uv_loop_t *loop, uv_tcp_t *listener, uv_connection_cb connected);

/* uvl_accept_echo - a connection callback: uvl_echo for each TCP connection. */
void uvl_accept_echo(uv_stream_t *listener, int status);

/* uvl_free - a close callback for a handle that came from malloc. */
void uvl_free(uv_handle_t *handle);

/* uvl_write - write `size` bytes from memory that lives until `done`, with a request from malloc; done() frees it by
 * uvl_write_done() or its own means. */
void uvl_write(uv_stream_t *stream, const void *bytes, size_t size, uv_write_cb done);

/* uvl_write_done - a write callback: the write succeeded. */
void uvl_write_done(uv_write_t *request, int status);

/* uvl_run_until - turns of the loop until *done. */
void uvl_run_until(uv_loop_t *loop, const volatile bool *done);

/* uvl_run_for - run the loop for so many milliseconds. */
void uvl_run_for(uv_loop_t *loop, int ms);

/* uvl_end - close every handle that is open, run the loop out, close it (it must not be busy), and let libuv give back
 * the process's descriptors. */
void uvl_end(uv_loop_t *loop);

/* uvl_close_loop - as uvl_end, but libuv goes on. */
void uvl_close_loop(uv_loop_t *loop);

#endif
