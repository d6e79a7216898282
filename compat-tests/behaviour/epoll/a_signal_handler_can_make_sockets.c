/* A signal comes while the program is in malloc(), and its handler calls socket(), as POSIX lets it. */
#include "check.h"
#include "net.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS = 400, BLOCKS = 64, SMALLEST = 1000, STEP = 977, SPREAD = 9000, PAUSE_US = 100 };

static int made[SOCKETS];
static atomic_int count;

static void make(int number) {
    (void)number;
    if (count < SOCKETS) {
        made[count] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        count++;
    }
}

static void *send_signals(void *thread) {
    while (count < SOCKETS) {
        CHECK_INT(pthread_kill(*(pthread_t *)thread, SIGUSR1), 0);
        usleep(PAUSE_US);
    }
    return NULL;
}

int main(void) {
    check_begin(20);
    check_expect_any(); /* no loop */
    struct sigaction action = {.sa_handler = make, .sa_flags = SA_RESTART};
    pthread_t self = pthread_self(), sender;
    void *block[BLOCKS] = {NULL};
    CHECK_FD(sigaction(SIGUSR1, &action, NULL));
    CHECK_INT(pthread_create(&sender, NULL, send_signals, &self), 0);
    for (unsigned i = 0; count < SOCKETS; i++) {
        free(block[i % BLOCKS]);
        CHECK(block[i % BLOCKS] = malloc(SMALLEST + i * STEP % SPREAD));
    }
    CHECK_INT(pthread_join(sender, NULL), 0);
    for (int i = 0; i < BLOCKS; i++)
        free(block[i]);
    for (int i = 0; i < SOCKETS; i++)
        net_close(CHECK_FD(made[i]));
    return check_passed();
}
