/* uv_signal: libuv writes to a pipe from the signal handler, also while the loop waits; one-shot handles fire once. */
#include "check.h"
#include "uv_loop.h"

#include <signal.h>
#include <unistd.h>

static unsigned usr1, usr2;
static bool got_usr1, got_usr2;

static void on_usr1(uv_signal_t *handle, int number) {
    (void)handle;
    CHECK_INT(number, SIGUSR1);
    usr1++;
    got_usr1 = true;
}

static void on_usr2(uv_signal_t *handle, int number) {
    (void)handle;
    CHECK_INT(number, SIGUSR2);
    usr2++;
    got_usr2 = true;
}

static void kill_later(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        check_sleep_ms(15);
        CHECK_FD(kill(getpid(), SIGUSR1));
    }
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_signal_t first, once;
    CHECK_UV(uv_signal_init(loop, &first));
    CHECK_UV(uv_signal_start(&first, on_usr1, SIGUSR1));
    CHECK_UV(uv_signal_init(loop, &once));
    CHECK_UV(uv_signal_start_oneshot(&once, on_usr2, SIGUSR2));
    CHECK_FD(kill(getpid(), SIGUSR1));
    uvl_run_until(loop, &got_usr1);
    uv_thread_t thread;
    CHECK_UV(uv_thread_create(&thread, kill_later, NULL));
    while (usr1 < 4)
        uv_run(loop, UV_RUN_ONCE);
    CHECK_UV(uv_thread_join(&thread));
    CHECK_FD(kill(getpid(), SIGUSR2));
    uvl_run_until(loop, &got_usr2);
    signal(SIGUSR2, SIG_IGN);
    CHECK_FD(kill(getpid(), SIGUSR2));
    uvl_run_for(loop, 5);
    CHECK_INT(usr2, 1);
    CHECK_INT(usr1, 4);
    uvl_end(loop);
    return check_passed();
}
