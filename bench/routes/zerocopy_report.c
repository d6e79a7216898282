/* zerocopy_report - zerocopy_report and zerocopy_report_json of zerocopy.h. */
#include "json_out.h"
#include "zerocopy.h"

#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>

enum { KIB = 1024 };

static const char *size_name(char *out, size_t room, unsigned size) {
    (void)snprintf(out, room, size % KIB == 0 ? "%u KiB" : "%u B", size % KIB == 0 ? size / KIB : size);
    return out;
}

static const char *spread_text(char *out, size_t room, const struct spread *spread) {
    if (isnan(spread->median)) {
        (void)snprintf(out, room, "   -");
    } else {
        (void)snprintf(out, room, "%.2f (%.2f..%.2f)", spread->median, spread->min, spread->max);
    }
    return out;
}

static void print_method(const struct zerocopy_row *row, enum method method) {
    const struct zerocopy_figures *figures = &row->method[method];
    char size[16];
    char text[3][32];
    char copied[16] = "-";
    (void)printf("%9s %-10s | ", method == METHOD_WRITE ? size_name(size, sizeof(size), row->size) : "",
                 method_name(method));
    if (figures->lacking) {
        (void)printf("n/a: %s\n", figures->why);
        return;
    }
    if (!isnan(figures->copied_share)) {
        (void)snprintf(copied, sizeof(copied), "%.1f %%", figures->copied_share * 100);
    }
    (void)printf("%6.0f  %-18s | %7.1f  %-18s  %-18s | %8s %4.0f\n", figures->mib_per_second,
                 spread_text(text[0], sizeof(text[0]), &figures->throughput_ratio), figures->cpu_us_per_mib,
                 spread_text(text[1], sizeof(text[1]), &figures->cpu_ratio),
                 spread_text(text[2], sizeof(text[2]), &figures->both_cpu_ratio), copied, figures->outstanding);
}

static void print_row(const struct zerocopy_row *row) {
    char size[16];
    if (row->error[0] != '\0') {
        (void)printf("%9s FAILED: %s\n", size_name(size, sizeof(size), row->size), row->error);
        return;
    }
    for (int method = 0; method < METHODS; method++) {
        print_method(row, (enum method)method);
    }
}

static void print_head(enum route_kind route) {
    (void)printf("\n%s: %s.\n", route_name(route), route_meaning(route));
    if (route == ROUTE_SWALLOW) {
        (void)printf(
            "It shows what a sender saves where the kernel does not copy. It cannot show a receiver, a network "
            "card, its\nmapping of memory, or how long a real notification takes; nobody looks at the bytes.\n");
    }
    (void)printf(
        "     size method     |  MiB/s  ratio              | CPU us   ratio, sender       ratio, both ends   | "
        "  copied held\n"
        "                     |                            | per MiB                                          | "
        "by kernel\n");
}

void zerocopy_report(const struct zerocopy_options *options, const struct zerocopy_row *rows, unsigned count) {
    struct utsname name = {0};
    unsigned failed = 0;
    (void)uname(&name);
    (void)printf("\nOne connection%s, one write in flight. Each way to send in turns, %u times about %u ms; ratios are "
                 "medians over \"send\" of\nthe same turn: over 1 is better. \"copied\" is what the kernel says of the "
                 "zero-copy sends; \"held\", how many\nnotifications were waited for at most, while further messages "
                 "went out. Where somebody receives, every byte of some was compared first.\n%s %s.\n",
                 options->nagle ? " without TCP_NODELAY" : "", options->runs, options->run_ms, name.sysname,
                 name.release);
    for (unsigned i = 0; i < count; i++) {
        if (i == 0 || rows[i].route != rows[i - 1].route) {
            print_head(rows[i].route);
        }
        print_row(&rows[i]);
        failed += rows[i].error[0] != '\0';
    }
    (void)printf("\n%u rows, %u failed\n", count, failed);
}

static cJSON *figures_object(const struct zerocopy_figures *figures, unsigned runs) {
    cJSON *object = cJSON_CreateObject();
    if (figures->lacking) {
        (void)cJSON_AddStringToObject(object, "lacking", figures->why);
        return object;
    }
    json_add(object, "mib_per_second", figures->mib_per_second);
    json_add(object, "cpu_us_per_mib", figures->cpu_us_per_mib);
    json_add_spread(object, "throughput_ratio", &figures->throughput_ratio);
    json_add_spread(object, "cpu_ratio", &figures->cpu_ratio);
    json_add_spread(object, "both_cpu_ratio", &figures->both_cpu_ratio);
    json_add(object, "copied_share", figures->copied_share);
    json_add(object, "outstanding_max", figures->outstanding);
    cJSON *array = cJSON_AddArrayToObject(object, "runs");
    for (unsigned i = 0; i < runs; i++) {
        const struct zerocopy_run *run = &figures->run[i];
        cJSON *item = cJSON_CreateObject();
        json_add(item, "wall_ns", run->wall_ns);
        json_add(item, "cpu_ns", run->cpu_ns);
        json_add(item, "drain_cpu_ns", run->drain_cpu_ns);
        json_add(item, "notified", run->notified);
        json_add(item, "copied", run->copied);
        (void)cJSON_AddItemToArray(array, item);
    }
    return object;
}

int zerocopy_report_json(const struct zerocopy_options *options, const struct zerocopy_row *rows, unsigned count) {
    struct utsname name = {0};
    (void)uname(&name);
    cJSON *object = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(object, "kernel", name.release);
    json_add(object, "runs", options->runs);
    json_add(object, "run_ms", options->run_ms);
    (void)cJSON_AddBoolToObject(object, "nagle", options->nagle);
    cJSON *array = cJSON_AddArrayToObject(object, "rows");
    for (unsigned i = 0; i < count; i++) {
        cJSON *row = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(row, "route", route_name(rows[i].route));
        json_add(row, "size", rows[i].size);
        json_add(row, "messages", (double)rows[i].messages);
        (void)cJSON_AddStringToObject(row, "error", rows[i].error);
        for (int method = 0; method < METHODS && rows[i].error[0] == '\0'; method++) {
            (void)cJSON_AddItemToObject(row, method_name((enum method)method),
                                        figures_object(&rows[i].method[method], options->runs));
        }
        (void)cJSON_AddItemToArray(array, row);
    }
    return json_write(object, options->json_path);
}
