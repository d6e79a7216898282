/* sweep_report - sweep_report and sweep_report_json of sweep.h. */
#include "json_out.h"
#include "sweep.h"

#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>

static const char *const side_name[SWEEP_SIDES] = {[SWEEP_EPOLL] = "epoll", [SWEEP_RING] = "ring"};

/* What a run that the ring did not carry says of itself. */
static const char *why_not_carried(const struct sweep_row *row) {
    for (unsigned i = 0; i < row->count; i++) {
        const struct proof *proof = &row->duel[i].run[SWEEP_RING].proof;
        if (!proof->carried) {
            return proof->why;
        }
    }
    return "it moved too few of the bytes";
}

static void print_row(const struct sweep_row *row) {
    char throughput[32];
    char cpu[32];
    (void)printf("%8u %5u | ", row->bytes, row->pairs);
    if (row->error[0] != '\0') {
        (void)printf("FAILED: %s\n", row->error);
        return;
    }
    (void)snprintf(throughput, sizeof(throughput), "(%.2f..%.2f)", row->throughput_ratio.min,
                   row->throughput_ratio.max);
    (void)snprintf(cpu, sizeof(cpu), "(%.2f..%.2f)", row->cpu_ratio.min, row->cpu_ratio.max);
    (void)printf("%8.0f %8.0f %5.2f %-13s | %8.2f %8.2f %5.2f %-13s | %6.1f %% %9.3f%s\n",
                 row->mib_per_second[SWEEP_EPOLL], row->mib_per_second[SWEEP_RING], row->throughput_ratio.median,
                 throughput, row->cpu_us_per_message[SWEEP_EPOLL], row->cpu_us_per_message[SWEEP_RING],
                 row->cpu_ratio.median, cpu, row->carried_share * 100, row->enters_per_message,
                 row->disturbed ? " ~" : "");
}

void sweep_report(const struct sweep_options *options, const struct sweep_row *rows, unsigned count, int cpu) {
    struct utsname name = {0};
    bool disturbed = false;
    unsigned failed = 0;
    (void)uname(&name);
    (void)printf(
        "\nPairs of bufferevents over AF_UNIX socketpairs, all in one process on CPU %d: a message one way, one "
        "byte back.\nThe same program on epoll and on the ring in turns, %u processes of about %u ms each. "
        "%s %s.\nRatios are medians; over 1 the ring is better. CPU is per message and its answer.\n\n",
        cpu, options->runs, options->run_ms, name.sysname, name.release);
    (void)printf(
        "               |          MiB per second              |         CPU us per message           |  by the "
        "enters per\n"
        "   bytes pairs |    epoll     ring ratio (min..max)   |    epoll     ring ratio (min..max)   |     ring "
        "  message\n");
    for (unsigned i = 0; i < count; i++) {
        print_row(&rows[i]);
        disturbed = disturbed || rows[i].disturbed;
    }
    if (disturbed) {
        (void)printf("\n~ other work took more than %.0f%% of the time of these runs: their figures are doubtful\n",
                     SWEEP_WAITED_MAX * 100);
    }
    (void)printf("\n");
    for (unsigned i = 0; i < count; i++) {
        const struct sweep_row *row = &rows[i];
        if (sweep_row_passes(row)) {
            continue;
        }
        failed++;
        (void)printf("FAIL %u B x %u: ", row->bytes, row->pairs);
        if (row->error[0] != '\0') {
            (void)printf("a run failed\n");
        } else if (row->carried_share < SWEEP_CARRIED_MIN) {
            (void)printf("THE RING DID NOT CARRY IT: %s\n", why_not_carried(row));
        } else {
            (void)printf("a ratio is below %.2f\n", SWEEP_RATIO_MIN);
        }
    }
    (void)printf("verdict: %s (%u rows, %u failed)\n", failed == 0 ? "PASS" : "FAIL", count, failed);
}

static cJSON *run_object(const struct sweep_run *run, enum sweep_side side) {
    cJSON *object = cJSON_CreateObject();
    json_add(object, "wall_ns", run->wall_ns);
    json_add(object, "cpu_ns", run->cpu_ns);
    json_add(object, "waited_ns", run->waited_ns);
    if (side == SWEEP_RING) {
        (void)cJSON_AddBoolToObject(object, "on_ring", run->proof.carried);
        (void)cJSON_AddStringToObject(object, "on_ring_why", run->proof.why);
        json_add(object, "enters", run->proof.enters);
        json_add(object, "bytes_in", run->proof.bytes_in);
        json_add(object, "bytes_out", run->proof.bytes_out);
    }
    return object;
}

static cJSON *row_object(const struct sweep_row *row) {
    cJSON *object = cJSON_CreateObject();
    json_add(object, "bytes", row->bytes);
    json_add(object, "pairs", row->pairs);
    json_add(object, "rounds", (double)row->rounds);
    (void)cJSON_AddBoolToObject(object, "passes", sweep_row_passes(row));
    (void)cJSON_AddStringToObject(object, "error", row->error);
    if (row->error[0] != '\0') {
        return object;
    }
    json_add_spread(object, "throughput_ratio", &row->throughput_ratio);
    json_add_spread(object, "cpu_ratio", &row->cpu_ratio);
    cJSON *speed = cJSON_AddObjectToObject(object, "mib_per_second");
    cJSON *cost = cJSON_AddObjectToObject(object, "cpu_us_per_message");
    for (int side = SWEEP_EPOLL; side < SWEEP_SIDES; side++) {
        json_add(speed, side_name[side], row->mib_per_second[side]);
        json_add(cost, side_name[side], row->cpu_us_per_message[side]);
    }
    json_add(object, "carried_share", row->carried_share);
    json_add(object, "enters_per_message", row->enters_per_message);
    (void)cJSON_AddBoolToObject(object, "disturbed", row->disturbed);
    cJSON *duels = cJSON_AddArrayToObject(object, "runs");
    for (unsigned i = 0; i < row->count; i++) {
        cJSON *duel = cJSON_CreateObject();
        (void)cJSON_AddBoolToObject(duel, "kept", row->duel[i].kept);
        for (int side = SWEEP_EPOLL; side < SWEEP_SIDES; side++) {
            (void)cJSON_AddItemToObject(duel, side_name[side],
                                        run_object(&row->duel[i].run[side], (enum sweep_side)side));
        }
        (void)cJSON_AddItemToArray(duels, duel);
    }
    return object;
}

int sweep_report_json(const struct sweep_options *options, const struct sweep_row *rows, unsigned count, int cpu) {
    struct utsname name = {0};
    (void)uname(&name);
    bool passes = true;
    cJSON *object = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(object, "kernel", name.release);
    json_add(object, "cpu", cpu);
    json_add(object, "runs", options->runs);
    json_add(object, "run_ms", options->run_ms);
    cJSON *array = cJSON_AddArrayToObject(object, "rows");
    for (unsigned i = 0; i < count; i++) {
        (void)cJSON_AddItemToArray(array, row_object(&rows[i]));
        passes = passes && sweep_row_passes(&rows[i]);
    }
    (void)cJSON_AddStringToObject(object, "verdict", passes ? "PASS" : "FAIL");
    return json_write(object, options->json_path);
}
