/* Guards: a watch that goes on when its process has ended or misses that it executed another program, a terminal that
 * is left as nobody can use it, and one that is drawn over its edges. */
#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"
#include "fdstate.h"
#include "page_child.h"
#include "stats.h"

enum { TEXT_MAX = 256 * 1024, LINES = 20, COLUMNS = 80 };

static char number[16];
static struct rb_stats_slot *slot;

static void prepare(void) {
    slot = rb_stats_slot_take(3);
    atomic_store(&slot->state, RB_SLOT_RING);
    for (int fd = 10; fd < 200; fd++)
        rb_stats_show_fd(fd, rb_fdstate_pack(&(struct rb_fdstate){.way = RB_WAY_RECEIVE, .generation = 1}));
}

static void count(void) {
    rb_count(slot, RB_COUNTER_TURNS, 1);
    usleep(1000);
}

/* ---- a watch and what it prints ---- */

struct watch {
    pid_t pid;
    int out; /* what it prints, standard error too; the terminal's other end if there is one */
    char text[TEXT_MAX];
    size_t length;
};

static struct watch watch;

static _Noreturn void run_stat(const char *const *extra) {
    const char *argv[8] = {RINGBACK_CLI, "stat", number};

    for (unsigned i = 0; extra[i] != NULL; i++)
        argv[3 + i] = extra[i];
    execv(RINGBACK_CLI, (char *const *)argv);
    _exit(99);
}

static void start_in_a_pipe(const char *const *extra) {
    int ends[2];

    CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
    memset(&watch, 0, sizeof(watch));
    watch.pid = CHECK_FD(fork());
    if (watch.pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        run_stat(extra);
    }
    close(ends[1]);
    watch.out = ends[0];
}

static void start_on_a_terminal(const char *name, const char *const *extra) {
    const struct winsize size = {.ws_row = LINES, .ws_col = COLUMNS};

    memset(&watch, 0, sizeof(watch));
    watch.pid = CHECK_FD(forkpty(&watch.out, NULL, NULL, &size));
    if (watch.pid == 0) {
        setenv("TERM", name, 1);
        run_stat(extra);
    }
}

/* Read on. Returns false at the end. */
static bool read_on(int ms) {
    struct pollfd out = {.fd = watch.out, .events = POLLIN};
    ssize_t n;

    if (poll(&out, 1, ms) == 0)
        return true;
    CHECK(watch.length < TEXT_MAX - 1);
    n = read(watch.out, watch.text + watch.length, TEXT_MAX - 1 - watch.length);
    watch.length += n > 0 ? (size_t)n : 0;
    watch.text[watch.length] = '\0';
    return n > 0;
}

/* Wait until it has printed this, after what it had printed at `from`. */
static void wait_for(const char *part, size_t from) {
    const double end = check_now_ms() + check_scaled(10000);

    while (strstr(watch.text + from, part) == NULL) {
        CHECK_SAY(check_now_ms() < end, "it does not print '%s': %s", part, watch.text + from);
        CHECK_SAY(read_on(100), "it ended before it printed '%s': %s", part, watch.text + from);
    }
}

static void expect_end(int status) {
    int got;

    while (read_on(check_scaled(10000)))
        ;
    CHECK_INT(waitpid(watch.pid, &got, 0), watch.pid);
    CHECK_SAY(WIFEXITED(got) && WEXITSTATUS(got) == status, "status %x: %s", (unsigned)got, watch.text);
    close(watch.out);
}

static unsigned count_lines(const char *text) {
    unsigned lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* ---- line by line ---- */

static void lines_go_on_until_a_signal(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        start_in_a_pipe((const char *const[]){"--watch=0.1", NULL});
        while (count_lines(watch.text) < 4)
            CHECK(read_on(check_scaled(10000)));
        CHECK(strncmp(watch.text, "TIME     LOOP CARRIER TURNS/s", 29) == 0);
        CHECK(strstr(watch.text, "   0 ring    ") != NULL);
        CHECK(strstr(watch.text, "    190 ") != NULL); /* descriptors */
        CHECK(strchr(watch.text, '\x1b') == NULL);
        CHECK_INT(kill(watch.pid, signals[i]), 0);
        expect_end(0);
    }
}

static void the_end_of_the_process_is_told(void) {
    pid_t child = page_child_start(prepare, count);

    snprintf(number, sizeof(number), "%d", child);
    start_in_a_pipe((const char *const[]){"--watch", "3600", NULL});
    while (watch.length == 0) /* the first figures: it has found the page */
        CHECK(read_on(check_scaled(10000)));
    page_child_kill(child);
    expect_end(1); /* long before the next look */
    CHECK(strstr(watch.text, " has ended; it was watched for ") != NULL);
    CHECK(strstr(watch.text, "its last counts: ") != NULL && strstr(watch.text, "its last counts: 0 turns") == NULL);
}

static void objects_are_one_line_each(void) {
    double turns = -1;
    char *rest = NULL;

    start_in_a_pipe((const char *const[]){"--json", "--watch", "0.1", NULL});
    while (count_lines(watch.text) < 3)
        CHECK(read_on(check_scaled(10000)));
    for (char *line = strtok_r(watch.text, "\n", &rest); rest[0] != '\0'; line = strtok_r(NULL, "\n", &rest)) {
        cJSON *root = cJSON_Parse(line);
        CHECK_SAY(root != NULL, "no object: %s", line);
        CHECK(cJSON_GetObjectItem(root, "turns")->valuedouble > turns);
        turns = cJSON_GetObjectItem(root, "turns")->valuedouble;
        cJSON_Delete(root);
    }
    CHECK_INT(kill(watch.pid, SIGINT), 0);
    expect_end(0);
}

/* The rate in the last whole line; 0 if there is none. */
static double turns_at_last(void) {
    const char *end = strrchr(watch.text, '\n'), *start;
    double turns = 0;

    for (start = end; start != NULL && start > watch.text && start[-1] != '\n';)
        start--;
    return start != NULL && sscanf(start, "%*s 0 ring %lf", &turns) == 1 ? turns : 0;
}

static void a_stopped_process_is_watched_on(pid_t child) {
    const double end = check_now_ms() + check_scaled(10000);

    CHECK_INT(kill(child, SIGSTOP), 0);
    start_in_a_pipe((const char *const[]){"--watch=0.1", NULL});
    wait_for("   0 ring          0 ", 0);
    CHECK_INT(kill(child, SIGCONT), 0);
    while (turns_at_last() == 0)
        CHECK(check_now_ms() < end && read_on(check_scaled(10000)));
    CHECK_INT(kill(watch.pid, SIGINT), 0);
    expect_end(0);
}

static volatile sig_atomic_t asked;

static void on_asked(int signal_number) {
    asked = signal_number;
}

/* This program again, which makes a page of its own with a loop on epoll. */
static void prepare_to_execute(void) {
    prepare();
    signal(SIGUSR1, on_asked);
}

static void execute_when_asked(void) {
    usleep(1000);
    if (asked != 0)
        execl("/proc/self/exe", "second", (char *)NULL);
}

static _Noreturn void second_program(void) {
    slot = rb_stats_slot_take(4);
    atomic_store(&slot->state, RB_SLOT_EPOLL);
    for (;;)
        count();
}

static void another_program_is_watched_on(void) {
    pid_t child = page_child_start(prepare_to_execute, execute_when_asked);

    snprintf(number, sizeof(number), "%d", child);
    start_in_a_pipe((const char *const[]){"--watch=0.2", NULL});
    wait_for("   0 ring  ", 0);
    CHECK_INT(kill(child, SIGUSR1), 0);
    wait_for("   0 epoll  ", 0);
    page_child_kill(child);
    expect_end(1);
}

/* ---- on a terminal ---- */

static const char shows[] = "\x1b[?1049h", restores[] = "\x1b[?1049l";

static void the_screen_is_shown_and_given_back(const char *key, int signal_number) {
    const double end = check_now_ms() + check_scaled(10000);
    struct termios before, during, after;
    int keep; /* when nobody has the terminal any more, the kernel forgets its state */

    start_on_a_terminal("xterm", (const char *const[]){"--watch=0.2", NULL});
    keep = CHECK_FD(open(ptsname(watch.out), O_RDWR | O_NOCTTY));
    CHECK_INT(tcgetattr(watch.out, &before), 0);
    wait_for("CARRIED BY", 0);
    CHECK(strstr(watch.text, shows) != NULL);
    CHECK_INT(tcgetattr(watch.out, &during), 0);
    CHECK_INT(during.c_lflag & (ICANON | ECHO), 0);
    if (key != NULL)
        CHECK_INT(write(watch.out, key, 1), 1);
    else
        CHECK_INT(kill(watch.pid, signal_number), 0);
    wait_for(restores, 0);
    do {
        CHECK_INT(tcgetattr(watch.out, &after), 0);
        CHECK_SAY(check_now_ms() < end, "%x is not %x", after.c_lflag, before.c_lflag);
    } while (after.c_lflag != before.c_lflag);
    close(keep);
    expect_end(0);
}

/* Where the cursor is sent, "ESC [ line ; column H": never below or beside the screen. */
static void check_places(const char *text, int lines, int columns) {
    for (const char *escape = strstr(text, "\x1b["); escape != NULL; escape = strstr(escape + 2, "\x1b[")) {
        int line, column, used = 0;

        if (sscanf(escape + 2, "%d;%d%n", &line, &column, &used) == 2 && escape[2 + used] == 'H')
            CHECK_SAY(line <= lines && column <= columns, "it goes to %d, %d", line, column);
    }
}

static void a_resize_is_followed_at_once(void) {
    const struct winsize small = {.ws_row = 9, .ws_col = 40}, large = {.ws_row = 45, .ws_col = 100};
    size_t at;

    start_on_a_terminal("xterm", (const char *const[]){"--watch=3600", NULL});
    wait_for("more", 0); /* there are more descriptors than lines */
    check_places(watch.text, LINES, COLUMNS);
    check_sleep_ms(check_scaled(500)); /* the second look, with rates, is over; the third is an hour away */
    while (poll(&(struct pollfd){.fd = watch.out, .events = POLLIN}, 1, 0) == 1)
        CHECK(read_on(0));
    at = watch.length;
    CHECK_INT(ioctl(watch.out, TIOCSWINSZ, &small), 0);
    wait_for("settings", at);
    check_sleep_ms(100);
    read_on(0);
    check_places(watch.text + at, 9, 40);
    at = watch.length;
    CHECK_INT(ioctl(watch.out, TIOCSWINSZ, &large), 0);
    wait_for("40    0 receive", at);
    CHECK_INT(write(watch.out, "q", 1), 1);
    expect_end(0);
}

static void a_terminal_that_cannot_gets_lines(void) {
    start_on_a_terminal("dumb", (const char *const[]){"--watch=0.1", NULL});
    wait_for("   0 ring  ", 0);
    CHECK(strchr(watch.text, '\x1b') == NULL);
    CHECK_INT(write(watch.out, "\x03", 1), 1);
    expect_end(0);
}

static void the_screen_is_given_back_when_the_process_ends(void) {
    pid_t child = page_child_start(prepare, count);

    snprintf(number, sizeof(number), "%d", child);
    start_on_a_terminal("xterm", (const char *const[]){"--watch", NULL});
    wait_for("CARRIED BY", 0);
    page_child_kill(child);
    wait_for(" has ended; it was watched for ", 0);
    CHECK(strstr(watch.text, restores) != NULL);
    CHECK(strstr(watch.text, restores) < strstr(watch.text, " has ended"));
    expect_end(1);
}

int main(int argc, char **argv) {
    pid_t child;

    if (argc == 1 && strcmp(argv[0], "second") == 0)
        second_program();
    check_begin(100);
    rb_stats_reserve_fds(1000);
    rb_stats_page();
    child = page_child_start(prepare, count);
    snprintf(number, sizeof(number), "%d", child);
    lines_go_on_until_a_signal();
    objects_are_one_line_each();
    a_stopped_process_is_watched_on(child);
    the_screen_is_shown_and_given_back("q", 0);
    the_screen_is_shown_and_given_back("\x03", 0); /* Ctrl-C, which the terminal makes a signal */
    the_screen_is_shown_and_given_back(NULL, SIGTERM);
    a_resize_is_followed_at_once();
    a_terminal_that_cannot_gets_lines();
    page_child_kill(child);
    the_end_of_the_process_is_told();
    the_screen_is_given_back_when_the_process_ends();
    another_program_is_watched_on();
    return check_passed();
}
