/* Guards: zero-copy figures of messages that never came, or came wrong, and a "copied" that nobody asked the kernel
 * for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "wire.h"

enum { SIZE = 5000, SLOTS = 3, MESSAGES = 20 };

static struct capture got;

static pid_t start_drain(char *port) {
    int out[2];
    pid_t pid;

    CHECK_INT(pipe(out), 0);
    pid = CHECK_FD(fork());
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        execl(BIN "/rb-drain", "rb-drain", "127.0.0.1", "0", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *said = fdopen(out[0], "r");
    CHECK(said != NULL);
    CHECK_INT(fscanf(said, "ready %15s", port), 1);
    fclose(said);
    return pid;
}

/* What the drain says of messages of which one has a bit turned: at `spoiled`, or nowhere when that is negative. */
static uint64_t wrong_when(const char *port, bool check_all, long spoiled, unsigned messages) {
    struct wire_order order = {.size = SIZE, .slots = SLOTS, .messages = MESSAGES, .check_all = check_all};
    struct wire_answer answer;
    unsigned char *content = malloc((size_t)messages * SIZE);
    int fd = CHECK_FD(wire_connect("127.0.0.1", port));

    CHECK(content != NULL);
    for (unsigned i = 0; i < messages; i++) {
        wire_fill(content + (size_t)i * SIZE, SIZE, i % SLOTS);
        wire_stamp(content + (size_t)i * SIZE, i);
    }
    if (spoiled >= 0)
        content[spoiled] ^= 4;
    CHECK_INT(wire_write_order(fd, &order), 0);
    CHECK_INT(wire_read_answer(fd, &answer), 0); /* it is ready */
    CHECK_INT(wire_write(fd, content, (size_t)messages * SIZE), 0);
    CHECK_INT(shutdown(fd, SHUT_WR), 0);
    CHECK_INT(wire_read_answer(fd, &answer), 0);
    CHECK_INT(answer.messages, messages);
    close(fd);
    free(content);
    return answer.wrong;
}

static void drain_finds_what_is_wrong(void) {
    char port[16];
    int status;
    pid_t drain = start_drain(port);

    CHECK_INT(wrong_when(port, true, -1, MESSAGES), 0);
    CHECK_INT(wrong_when(port, false, -1, MESSAGES), 0);
    CHECK_INT(wrong_when(port, true, 7 * SIZE + SIZE - 1, MESSAGES), 1);  /* the last byte of one */
    CHECK_INT(wrong_when(port, false, 7 * SIZE + SIZE - 1, MESSAGES), 0); /* not looked at */
    CHECK_INT(wrong_when(port, false, 7 * SIZE + 1, MESSAGES), 1);        /* its number */
    CHECK_INT(wrong_when(port, false, -1, MESSAGES - 1), 1);              /* one never came */
    CHECK_INT(wrong_when(port, false, -1, MESSAGES + 1), 1);              /* one too many */
    CHECK_INT(kill(drain, SIGTERM), 0);
    CHECK_INT(waitpid(drain, &status, 0), drain);
    CHECK_INT(status, 0);
}

/* How often a text is in another. */
static int count(const char *text, const char *part) {
    int times = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        times++;
    return times;
}

#define MEASURE(...) CAPTURE(&got, BIN "/ringback-zerocopy", "--runs", "1", "--run-ms", "20", __VA_ARGS__)

int main(void) {
    check_begin(100);
    drain_finds_what_is_wrong();
    MEASURE("--routes", "lo", "--sizes", "16384,5001", "--json", "ct-bench-zerocopy.json");
    if (strstr(got.out, "n/a") != NULL || strstr(got.out, "not supported") != NULL ||
        strstr(got.out, "permitted") != NULL)
        check_skip("no zero-copy sends here");
    CHECK_SAY(got.status == 0, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.out, "2 rows, 0 failed");
    CHECK_INT(count(got.out, "100.0 %"), 6); /* on loopback the kernel copies, and says so */
    CAPTURE(&got, "cat", "ct-bench-zerocopy.json");
    CHECK_INT(count(got.out, "\"copied_share\":\t1,"), 6);
    CHECK_INT(count(got.out, "\"mib_per_second\""), 10);
    CAPTURE(&got, "rm", "ct-bench-zerocopy.json");
    /* A network of its own, where it may have one: there the kernel says that it did not copy. */
    MEASURE("--routes", "veth,swallow", "--sizes", "65536");
    if (strstr(got.out, "making a") == NULL && strstr(got.out, "nft") == NULL) {
        CHECK_SAY(got.status == 0, "status %d: %s%s", got.status, got.out, got.err);
        CHECK_SAY(count(got.out, "100.0 %") == 3, "%s", got.out); /* veth's, and none of the others */
    }
    return check_passed();
}
