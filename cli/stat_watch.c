#include "stat_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "stat_names.h"
#include "stat_print.h"
#include "stat_screen.h"

enum { HEAD_EVERY = 20, LOST_MOST = 3, FIRST_MS = 250 };

/* Why the watching goes on, or does not. */
enum watch_event { WATCH_TICK, WATCH_REDRAW, WATCH_QUIT, WATCH_ENDED };

struct watch {
    const struct stat_request *request;
    struct stat_source source;
    struct stat_sample sample[2]; /* taken in turns */
    unsigned taken;
    int netlink, pidfd;
    bool screen;
    unsigned lost; /* looks in a row at which the process did not have this page any more */
    double began_s, due_s;
    char name[64];
    char why[STAT_PAGE_WHY_MAX];
};

static volatile sig_atomic_t interrupted;

static void watch__on_signal(int number) {
    interrupted = number;
}

static double watch__now_s(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Signals are let in while it sleeps, and nowhere else: none comes between a look at the flag and the sleep. */
static void watch__hold_signals(sigset_t *while_asleep) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = watch__on_signal};
    sigset_t held;

    sigemptyset(&held);
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        sigaction(ends[i], &action, NULL);
        sigaddset(&held, ends[i]);
    }
    sigaddset(&held, SIGWINCH);
    sigprocmask(SIG_BLOCK, &held, while_asleep);
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        sigdelset(while_asleep, ends[i]);
    sigdelset(while_asleep, SIGWINCH);
}

/* Sleep until the next look is due, or something happens. */
static enum watch_event watch__sleep(const struct watch *watch, const sigset_t *mask) {
    struct pollfd fds[] = {{.fd = watch->pidfd, .events = POLLIN}, {.fd = stat_screen_input(), .events = POLLIN}};

    for (;;) {
        double left_s = watch->due_s - watch__now_s();
        struct timespec left = {0, 0};
        bool redraw = false;

        if (interrupted != 0)
            return WATCH_QUIT;
        if (watch->screen && stat_screen_keys(&redraw))
            return WATCH_QUIT;
        if (redraw)
            return WATCH_REDRAW;
        if (left_s <= 0)
            return watch->pidfd < 0 && kill(watch->source.pid, 0) != 0 && errno == ESRCH ? WATCH_ENDED : WATCH_TICK;
        left.tv_sec = (time_t)left_s;
        left.tv_nsec = (long)((left_s - (double)left.tv_sec) * 1e9);
        if (ppoll(fds, 2, &left, mask) > 0 && (fds[0].revents & POLLIN) != 0)
            return WATCH_ENDED;
        if ((fds[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            return WATCH_QUIT; /* the terminal is gone */
    }
}

static void watch__put_line(void *arg, enum stat_look look, const char *line) {
    (void)arg;
    (void)look;
    puts(line);
}

static int watch__show(const struct watch *watch) {
    char clock[16];
    const time_t now = time(NULL);
    struct tm local;
    const struct stat_view view = {
        .pid = watch->source.pid,
        .name = watch->name,
        .now = &watch->sample[watch->taken % 2],
        .before = watch->taken == 0 ? NULL : &watch->sample[(watch->taken + 1) % 2],
        .sockets = watch->netlink >= 0,
        .interval_ms = watch->request->interval_ms,
        .clock = clock,
    };
    int lines, columns;

    strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
    if (watch->request->json)
        return stat_print_json(watch->source.pid, view.now, watch->request->fds, true);
    if (!watch->screen) {
        if (watch->taken > 0)
            stat_view_log(&view, watch->taken % HEAD_EVERY == 1, watch__put_line, NULL);
        return 0;
    }
    stat_screen_size(&lines, &columns);
    stat_screen_begin();
    stat_view_screen(&view, lines, columns, stat_screen_put, NULL);
    stat_screen_end();
    return 0;
}

/* The process has executed a program: its page went, and with a loop of the new program's there will be another. */
static int watch__find_again(struct watch *watch) {
    struct stat_source source;
    int rc = stat_source_open(&source, watch->source.pid, watch->why);

    if (rc != 0)
        return ++watch->lost < LOST_MOST ? 0 : rc;
    stat_source_close(&watch->source);
    watch->source = source;
    watch->lost = 0;
    watch->taken = 0;
    return stat_sample_take(&watch->sample[0], &watch->source, watch->netlink, watch->why);
}

static int watch__look(struct watch *watch) {
    if (!stat_source_is_current(&watch->source))
        return watch__find_again(watch);
    watch->taken++;
    return stat_sample_take(&watch->sample[watch->taken % 2], &watch->source, watch->netlink, watch->why);
}

/* Its page is still in our hands. */
static void watch__tell_end(struct watch *watch) {
    struct stat_page *page = &watch->sample[0].page;
    const double seconds = watch__now_s() - watch->began_s;

    cli_error("stat: process %d (%s) has ended; it was watched for %.0f s", watch->source.pid, watch->name, seconds);
    if (stat_source_take(&watch->source, page, watch->why) == 0)
        cli_error("stat: its last counts: %llu turns, %llu events, %llu bytes in and %llu bytes out by the ring",
                  (unsigned long long)stat_page_total(page, RB_COUNTER_TURNS),
                  (unsigned long long)stat_page_total(page, RB_COUNTER_EVENTS),
                  (unsigned long long)stat_page_total(page, RB_COUNTER_BYTES_IN),
                  (unsigned long long)stat_page_total(page, RB_COUNTER_BYTES_OUT));
}

/* When to look next. The first rates come soon. */
static void watch__plan(struct watch *watch) {
    const int interval_ms = watch->request->interval_ms;
    const bool first = watch->taken == 0 && interval_ms > FIRST_MS;

    watch->due_s += (first ? FIRST_MS : interval_ms) / 1000.0;
    if (watch->due_s < watch__now_s()) /* this program was stopped, or the look takes longer than the interval */
        watch->due_s = watch__now_s() + interval_ms / 1000.0;
}

static int watch__run(struct watch *watch) {
    enum watch_event event = WATCH_TICK;
    sigset_t mask;
    int rc = stat_sample_take(&watch->sample[0], &watch->source, watch->netlink, watch->why);

    watch__hold_signals(&mask);
    watch->screen = !watch->request->json && stat_screen_open() == 0;
    watch->began_s = watch->due_s = watch__now_s();
    while (rc == 0 && (rc = watch__show(watch)) == 0 && fflush(stdout) == 0 && !ferror(stdout)) {
        if (event == WATCH_TICK)
            watch__plan(watch);
        event = watch__sleep(watch, &mask);
        if (event == WATCH_QUIT || event == WATCH_ENDED)
            break;
        if (event == WATCH_TICK)
            rc = watch__look(watch);
    }
    stat_screen_close();
    if (event == WATCH_ENDED)
        watch__tell_end(watch);
    else if (rc == -ENOMEM)
        cli_error("stat: out of memory");
    else if (rc != 0)
        cli_error("stat: %s", watch->why);
    return event == WATCH_QUIT && rc == 0 ? CLI_OK : CLI_FAILED;
}

int stat_watch(const struct stat_request *request) {
    static struct watch watch;
    int status;

    watch = (struct watch){.request = request, .netlink = -1, .pidfd = -1};
    if (stat_source_open(&watch.source, request->pid, watch.why) != 0) {
        cli_error("stat: %s", watch.why);
        return CLI_FAILED;
    }
    stat_names_of(request->pid, watch.name, sizeof(watch.name));
    watch.pidfd = (int)syscall(SYS_pidfd_open, request->pid, 0);
    watch.netlink = stat_sockets_open(request->pid);
    status = watch__run(&watch);
    if (watch.pidfd >= 0)
        close(watch.pidfd);
    if (watch.netlink >= 0)
        close(watch.netlink);
    for (unsigned i = 0; i < 2; i++)
        stat_sample_free(&watch.sample[i]);
    stat_source_close(&watch.source);
    return status;
}
