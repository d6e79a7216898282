/* sweep_run - sweep_row_run and sweep_row_passes of sweep.h. */
#include "sweep.h"
#include "child.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { RUN_MS_MAX = 60000, SAID_MAX = CHILD_SAID_MAX, CALIBRATE_MS = 30, CHECK_BYTES = 8 * 1024 * 1024 };
enum { CHECK_ROUNDS_MIN = 3, CHECK_ROUNDS_MAX = 300, ANSWER_BYTES = 1, ENDS = 2 };

/* What one process is to do. */
struct order {
    enum sweep_side side;
    uint64_t rounds;
    bool check_all;
};

static int say(struct sweep_row *row, const struct order *order, int error, const char *what, const char *said) {
    (void)snprintf(row->error, sizeof(row->error), "%s side, %llu rounds: %.200s%s%.500s",
                   order->side == SWEEP_RING ? "ring" : "epoll", (unsigned long long)order->rounds, what,
                   said[0] == '\0' ? "" : ": ", said);
    return error;
}

/* A whole process, from its start to its end. */
static int run_process(struct sweep_row *row, const struct sweep_options *options, int cpu, const struct order *order,
                       struct sweep_run *run) {
    char program[PATH_MAX + 16];
    char preload[PATH_MAX + 32];
    char number[3][24];
    (void)snprintf(program, sizeof(program), "%s/rb-pairs", options->bin_dir);
    (void)snprintf(preload, sizeof(preload), "%s/libringback-event.so", options->lib_dir);
    (void)snprintf(number[0], sizeof(number[0]), "%u", row->pairs);
    (void)snprintf(number[1], sizeof(number[1]), "%u", row->bytes);
    (void)snprintf(number[2], sizeof(number[2]), "%llu", (unsigned long long)order->rounds);
    const char *const argv[] = {program, number[0], number[1], number[2], order->check_all ? "check" : NULL, NULL};
    struct child child;
    char line[128] = "";
    char said[SAID_MAX] = "";
    *run = (struct sweep_run){0};
    int error = child_start(&child, argv, order->side == SWEEP_RING ? preload : NULL, cpu);
    if (error != 0) {
        return say(row, order, error, program, strerror(-error));
    }
    error = child_read(&child, true, line, sizeof(line), RUN_MS_MAX);
    if (error == 0 && sscanf(line, "done %lf %lf %lf", &run->wall_ns, &run->cpu_ns, &run->waited_ns) != 3) {
        error = -EBADMSG;
    }
    if (error == 0 && order->side == SWEEP_RING) {
        proof_take(&run->proof, options->bin_dir, child.pid);
    }
    const int status = child_stop(&child, said);
    if (child_interrupted()) {
        return -EINTR;
    }
    if (error != 0) {
        return say(row, order, error, error == -EPIPE ? "it ended too early" : strerror(-error), said);
    }
    return status == 0 ? 0 : say(row, order, -EPROTO, "it did not end well", said);
}

static uint64_t bounded(double number, uint64_t min, uint64_t max) {
    return number < (double)min ? min : number > (double)max ? max : (uint64_t)number;
}

/* Every byte of some rounds, on both sides. */
static int check_both(struct sweep_row *row, const struct sweep_options *options, int cpu) {
    struct sweep_run run;
    const double message = (double)row->bytes * row->pairs;
    struct order order = {.rounds = bounded(CHECK_BYTES / message, CHECK_ROUNDS_MIN, CHECK_ROUNDS_MAX),
                          .check_all = true};
    int error = run_process(row, options, cpu, &order, &run);
    order.side = SWEEP_RING;
    return error != 0 ? error : run_process(row, options, cpu, &order, &run);
}

/* So many rounds that epoll takes about run_ms: doubled until a run is long enough to go by. */
static int calibrate(struct sweep_row *row, const struct sweep_options *options, int cpu) {
    struct order order = {.side = SWEEP_EPOLL, .rounds = 1};
    struct sweep_run run;
    for (;;) {
        const int error = run_process(row, options, cpu, &order, &run);
        if (error != 0) {
            return error;
        }
        if (run.wall_ns >= CALIBRATE_MS * 1e6) {
            break;
        }
        order.rounds *= run.wall_ns * 8 < CALIBRATE_MS * 1e6 ? 8 : 2;
    }
    row->rounds = bounded((double)order.rounds * options->run_ms * 1e6 / run.wall_ns, 1, UINT64_C(1000000000));
    return 0;
}

static double waited_share(const struct sweep_duel *duel) {
    return fmax(duel->run[SWEEP_EPOLL].waited_ns / duel->run[SWEEP_EPOLL].wall_ns,
                duel->run[SWEEP_RING].waited_ns / duel->run[SWEEP_RING].wall_ns);
}

/* The least disturbed duels count, so many as were asked for. */
static void keep_calmest(struct sweep_row *row, unsigned wanted) {
    for (unsigned i = 0; i < row->count; i++) {
        unsigned calmer = 0;
        for (unsigned k = 0; k < row->count; k++) {
            const double difference = waited_share(&row->duel[k]) - waited_share(&row->duel[i]);
            calmer += difference < 0 || (!(difference > 0) && k < i);
        }
        row->duel[i].kept = calmer < wanted;
        row->disturbed = row->disturbed || (row->duel[i].kept && waited_share(&row->duel[i]) > SWEEP_WAITED_MAX);
    }
}

/* epoll, ring, epoll, ring; one more of each for every disturbed duel, as many again at most. */
static int run_duels(struct sweep_row *row, const struct sweep_options *options, int cpu) {
    unsigned calm = 0;
    while (calm < options->runs && row->count < 2 * options->runs) {
        struct sweep_duel *duel = &row->duel[row->count];
        for (int side = SWEEP_EPOLL; side < SWEEP_SIDES; side++) {
            const struct order order = {.side = (enum sweep_side)side, .rounds = row->rounds};
            const int error = run_process(row, options, cpu, &order, &duel->run[side]);
            if (error != 0) {
                return error;
            }
        }
        row->count++;
        calm += waited_share(duel) <= SWEEP_WAITED_MAX;
    }
    keep_calmest(row, options->runs);
    return 0;
}

static void sum_up(struct sweep_row *row) {
    double throughput[2 * SWEEP_RUNS_MAX];
    double cpu[2 * SWEEP_RUNS_MAX];
    double enters[2 * SWEEP_RUNS_MAX];
    double speed[SWEEP_SIDES][2 * SWEEP_RUNS_MAX];
    double cost[SWEEP_SIDES][2 * SWEEP_RUNS_MAX];
    const double messages = (double)row->rounds * row->pairs;
    const double moved = messages * ENDS * (row->bytes + (double)ANSWER_BYTES);
    unsigned n = 0;
    row->carried_share = 1;
    for (unsigned i = 0; i < row->count; i++) {
        const struct sweep_run *run = row->duel[i].run;
        const struct proof *proof = &run[SWEEP_RING].proof;
        const double share = proof->carried ? (proof->bytes_in + proof->bytes_out) / moved : 0;
        row->carried_share = fmin(row->carried_share, share);
        if (!row->duel[i].kept) {
            continue;
        }
        throughput[n] = run[SWEEP_EPOLL].wall_ns / run[SWEEP_RING].wall_ns;
        cpu[n] = run[SWEEP_EPOLL].cpu_ns / run[SWEEP_RING].cpu_ns;
        enters[n] = proof->enters / messages;
        for (int side = SWEEP_EPOLL; side < SWEEP_SIDES; side++) {
            speed[side][n] = messages * row->bytes / (1024 * 1024) / (run[side].wall_ns / 1e9);
            cost[side][n] = run[side].cpu_ns / 1e3 / messages;
        }
        n++;
    }
    row->throughput_ratio = spread_of_numbers(throughput, n);
    row->cpu_ratio = spread_of_numbers(cpu, n);
    row->enters_per_message = spread_of_numbers(enters, n).median;
    for (int side = SWEEP_EPOLL; side < SWEEP_SIDES; side++) {
        row->mib_per_second[side] = spread_of_numbers(speed[side], n).median;
        row->cpu_us_per_message[side] = spread_of_numbers(cost[side], n).median;
    }
}

int sweep_row_run(struct sweep_row *row, const struct sweep_options *options, int cpu) {
    int error = check_both(row, options, cpu);
    if (error == 0) {
        error = calibrate(row, options, cpu);
    }
    if (error == 0) {
        error = run_duels(row, options, cpu);
    }
    if (error == 0) {
        sum_up(row);
    }
    return error == -EINTR ? error : 0;
}

bool sweep_row_passes(const struct sweep_row *row) {
    return row->error[0] == '\0' && row->carried_share >= SWEEP_CARRIED_MIN &&
           row->throughput_ratio.median >= SWEEP_RATIO_MIN && row->cpu_ratio.median >= SWEEP_RATIO_MIN;
}
