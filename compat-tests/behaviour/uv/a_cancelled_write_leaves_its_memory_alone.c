/* uv_cancel of a write. libuv 1.53 can: the callback then says how much was written, the memory is the program's again,
 * and the writes behind it go on. Older ones say EINVAL, and the write is done. Either way the peer gets of each write
 * what its callback told of, in order. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { WRITES = 6, SIZE = 49000, PARTS = 7 };

typedef size_t written_fn(const uv_write_t *request);

struct piece {
    uv_write_t request;
    char *bytes;
    size_t written;
    bool cancelled, done;
};

static struct piece pieces[WRITES];
static unsigned done;
static size_t heard;
static char *peer_got;

static size_t bytes_written(const uv_write_t *request) {
    void *symbol = dlsym(RTLD_DEFAULT, "uv_write_nwritten");
    written_fn *function = NULL;
    memcpy(&function, &symbol, sizeof function);
    CHECK_SAY(function, "a write was cancelled, and nobody can tell how far it came");
    return function(request);
}

static void wrote(uv_write_t *request, int status) {
    struct piece *piece = (struct piece *)request;
    CHECK(!piece->done);
    piece->done = true;
    if (status == 0) {
        piece->written = SIZE;
    } else {
        CHECK_SAY(piece->cancelled && status == UV_ECANCELED, "a write ended with %s", uv_strerror(status));
        piece->written = bytes_written(request);
        CHECK(piece->written < SIZE);
    }
    memset(piece->bytes, 'X', SIZE); /* it is ours again */
    done++;
}

static void write_piece(uv_stream_t *stream, int number) {
    struct piece *piece = &pieces[number];
    uv_buf_t part[PARTS];
    memset(piece, 0, sizeof *piece);
    piece->bytes = malloc(SIZE);
    CHECK(piece->bytes);
    pattern_fill((uint64_t)number, 0, piece->bytes, SIZE);
    for (int i = 0; i < PARTS; i++)
        part[i] = uv_buf_init(piece->bytes + i * (SIZE / PARTS), SIZE / PARTS);
    CHECK_UV(uv_write(&piece->request, stream, part, PARTS, wrote));
}

static void cancel(int number) {
    int result = uv_cancel((uv_req_t *)&pieces[number].request);
    if (result == UV_EINVAL)
        return; /* an older libuv */
    CHECK_UV(result);
    pieces[number].cancelled = true;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream;
    (void)buf;
    CHECK(got >= 0);
    heard += (size_t)got;
}

static void reader(void *arg) {
    int peer = *(int *)arg;
    size_t all = 0;
    ssize_t got;
    while ((got = recv(peer, peer_got + all, (size_t)WRITES * SIZE - all, 0)) > 0)
        all += (size_t)got;
    CHECK_FD((int)got);
    heard = all;
}

static void compare(void) {
    size_t offset = 0;
    for (int i = 0; i < WRITES; i++) {
        CHECK_SAY(offset + pieces[i].written <= heard, "write %d told of more bytes than the peer got", i);
        pattern_check((uint64_t)i, 0, peer_got + offset, pieces[i].written);
        offset += pieces[i].written;
        free(pieces[i].bytes);
    }
    CHECK_INT(heard, offset);
}

/* mask  which of the writes to cancel; turns  of the loop before that */
static void round_of(unsigned mask, int turns) {
    uv_loop_t loop;
    uv_tcp_t tcp;
    uv_stream_t *stream = (uv_stream_t *)&tcp;
    uv_thread_t thread;
    uv_os_fd_t ours;

    CHECK_UV(uv_loop_init(&loop));
    int peer = uvl_tcp(&loop, &tcp);
    CHECK_UV(uv_fileno((uv_handle_t *)&tcp, &ours));
    net_small_buffers(ours);
    heard = done = 0;
    CHECK_UV(uv_read_start(stream, uvl_alloc, on_read));
    net_send_text(peer, "hello");
    while (heard < 5)
        uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < WRITES; i++)
        write_piece(stream, i);
    for (int i = 0; i < turns; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    for (int i = 0; i < WRITES; i++)
        if (mask >> i & 1)
            cancel(i);
    CHECK_UV(uv_thread_create(&thread, reader, &peer));
    while (done < WRITES)
        CHECK(uv_run(&loop, UV_RUN_ONCE) || done == WRITES);
    CHECK_INT(uv_stream_get_write_queue_size(stream), 0);
    uvl_close_loop(&loop);
    CHECK_UV(uv_thread_join(&thread));
    net_close(peer);
    compare();
}

int main(void) {
    check_begin(20);
    peer_got = malloc((size_t)WRITES * SIZE);
    CHECK(peer_got);
    for (int turns = 0; turns < 3; turns++) {
        round_of(1, turns);
        round_of(2, turns);
        round_of(1 << (WRITES - 1), turns);
        round_of(0x2b & ((1 << WRITES) - 1), turns);
        round_of((1 << WRITES) - 1, turns);
    }
    free(peer_got);
    uv_library_shutdown();
    return check_passed();
}
