/* integrity - start an echo server, send it everything that goes wrong in networks, check every byte that comes back,
 * and count what the server has left open.
 *
 *   integrity [--connections N] [--waves N] [--largest BYTES] [--seed N] [--expect ring|streams|epoll|any] [--stat
 * PROGRAM] [NAME=VALUE ...] server [argument ...]
 *
 * NAME=VALUE goes into the server's environment only: the client is always stock. The server prints "ready PORT".
 */
#include "check.h"
#include "client.h"
#include "server.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTINGS_MAX = 16, LIMIT_S = 40 };

struct options {
    struct client_plan plan;
    const char *expect, *stat;
};

static struct options options_read(int argc, char **argv) {
    static const struct option known[] = {
        {"connections", required_argument, NULL, 'c'},
        {"waves", required_argument, NULL, 'w'},
        {"largest", required_argument, NULL, 'l'},
        {"seed", required_argument, NULL, 's'},
        {"expect", required_argument, NULL, 'e'},
        {"stat", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.plan = {.connections = 200, .waves = 2, .largest = 4 << 20}};
    options.plan.seed = (uint64_t)(check_now_ms() * 1e6);
    for (int option; (option = getopt_long(argc, argv, "+", known, NULL)) != -1;) {
        if (option == 'c')
            options.plan.connections = (unsigned)atoi(optarg);
        else if (option == 'w')
            options.plan.waves = (unsigned)atoi(optarg);
        else if (option == 'l')
            options.plan.largest = strtoull(optarg, NULL, 10);
        else if (option == 's')
            options.plan.seed = strtoull(optarg, NULL, 10);
        else if (option == 'e')
            options.expect = optarg;
        else if (option == 't')
            options.stat = optarg;
        else
            exit(2);
    }
    CHECK(options.plan.connections >= 2 && options.plan.waves >= 1 && options.plan.largest >= 1);
    return options;
}

int main(int argc, char **argv) {
    check_begin(LIMIT_S);
    check_expect_any();
    struct options options = options_read(argc, argv);
    char *settings[SETTINGS_MAX + 1] = {NULL};
    for (int i = 0; optind < argc && strchr(argv[optind], '=') && argv[optind][0] != '/'; i++) {
        CHECK(i < SETTINGS_MAX);
        settings[i] = argv[optind++];
    }
    CHECK_SAY(optind < argc, "no server named");
    printf("seed %llu\n", (unsigned long long)options.plan.seed);
    fflush(stdout);
    struct server server = server_start(settings, argv + optind);
    options.plan.port = server.port;

    /* One small round first: what the server opens once, on its first connection, is no leak. */
    struct client_plan first = {.port = server.port, .connections = 2, .waves = 1, .largest = 100};
    client_run(&first);
    check_sleep_ms(check_scaled(100));
    int fds = server_fds(server.pid);
    struct client_result result = client_run(&options.plan);
    server_expect_fds(server.pid, fds);
    server_expect_carrier(server.pid, options.stat, options.expect);
    server_stop(&server);
    printf("%llu bytes checked; connections: %u half-closed, %u closed, %u reset; %u of them read slowly\n",
           (unsigned long long)result.bytes, result.half_closed, result.closed, result.reset, result.slow);
    return check_passed();
}
