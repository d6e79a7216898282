/* memcached - Debian's memcached under a mix of sets, gets, deletes and multi-gets whose every answer is checked
 * against a table of what must be there.
 *
 *   memcached [--expect ring|epoll|any] [--stat PROGRAM] [NAME=VALUE ...] memcached [argument ...]
 *
 * Some connections pipeline several commands in one write. The server gets a port and 127.0.0.1 added to its arguments.
 */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "server.h"

#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETTINGS_MAX = 16, ARGUMENTS_MAX = 40, THREADS = 8, KEYS = 40, OPERATIONS = 600, VALUE_MAX = 100000, BATCH = 6 };

struct key {
    bool present;
    uint64_t seed;
    size_t size;
};

struct client {
    int fd;
    unsigned number;
    uint64_t random;
    struct key key[KEYS]; /* its own keys: nobody else writes them */
    char *bytes;
};

static uint16_t port;

static void read_line(int fd, char *line, size_t room) {
    size_t length = 0;
    do {
        CHECK(length + 1 < room);
        net_receive_all(fd, line + length, 1);
    } while (line[length++] != '\n');
    line[length] = '\0';
}

static void expect_line(int fd, const char *expected) {
    char line[512];
    read_line(fd, line, sizeof line);
    CHECK_SAY(strcmp(line, expected) == 0, "memcached answered %s, not %s", line, expected);
}

/* Sizes from nothing to 100,000 bytes, small ones mostly. */
static size_t random_size(struct client *client) {
    unsigned shift = (unsigned)(pattern_random(&client->random) % 17);
    return (size_t)(pattern_random(&client->random) % ((uint64_t)VALUE_MAX >> shift));
}

static void set(struct client *client, unsigned k) {
    struct key *key = &client->key[k];
    char command[128];
    key->seed = pattern_random(&client->random);
    key->size = random_size(client);
    key->present = true;
    int length = snprintf(command, sizeof command, "set k%u-%u 0 0 %zu\r\n", client->number, k, key->size);
    memcpy(client->bytes, command, (size_t)length);
    pattern_fill(key->seed, 0, client->bytes + length, key->size);
    memcpy(client->bytes + length + key->size, "\r\n", 2);
    net_send_all(client->fd, client->bytes, (size_t)length + key->size + 2);
    expect_line(client->fd, "STORED\r\n");
}

static void expect_value(struct client *client, unsigned k) {
    const struct key *key = &client->key[k];
    char header[128];
    if (!key->present)
        return;
    snprintf(header, sizeof header, "VALUE k%u-%u 0 %zu\r\n", client->number, k, key->size);
    expect_line(client->fd, header);
    net_receive_pattern(client->fd, key->seed, 0, key->size);
    net_expect_text(client->fd, "\r\n");
}

static void get(struct client *client, unsigned k) {
    char command[64];
    snprintf(command, sizeof command, "get k%u-%u\r\n", client->number, k);
    net_send_text(client->fd, command);
    expect_value(client, k);
    expect_line(client->fd, "END\r\n");
}

/* Several keys in one get, and then several gets in one write. */
static void get_many(struct client *client, bool pipelined) {
    char commands[1024] = "get";
    unsigned k[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        char part[64];
        k[i] = (unsigned)(pattern_random(&client->random) % KEYS);
        snprintf(part, sizeof part, pipelined ? "%sget k%u-%u\r\n" : "%s k%u-%u", "", client->number, k[i]);
        if (pipelined && i == 0)
            commands[0] = '\0';
        strcat(commands, part);
    }
    if (!pipelined)
        strcat(commands, "\r\n");
    net_send_text(client->fd, commands);
    for (unsigned i = 0; i < BATCH; i++) {
        expect_value(client, k[i]);
        if (pipelined || i == BATCH - 1)
            expect_line(client->fd, "END\r\n");
    }
}

static void forget(struct client *client, unsigned k) {
    char command[64];
    snprintf(command, sizeof command, "delete k%u-%u\r\n", client->number, k);
    net_send_text(client->fd, command);
    expect_line(client->fd, client->key[k].present ? "DELETED\r\n" : "NOT_FOUND\r\n");
    client->key[k].present = false;
}

static void *client_main(void *arg) {
    struct client *client = arg;
    client->fd = net_connect(port);
    client->bytes = malloc(VALUE_MAX + 256);
    CHECK(client->bytes);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        unsigned k = (unsigned)(pattern_random(&client->random) % KEYS);
        uint64_t what = pattern_random(&client->random) % 10;
        if (what < 4)
            set(client, k);
        else if (what < 7)
            get(client, k);
        else if (what < 9)
            get_many(client, what == 8);
        else
            forget(client, k);
    }
    net_close(client->fd);
    free(client->bytes);
    return NULL;
}

static void run_clients(uint64_t seed, unsigned first) {
    static struct client client[THREADS];
    pthread_t thread[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        client[i] = (struct client){.number = first + i, .random = seed + i};
        CHECK_INT(pthread_create(&thread[i], NULL, client_main, &client[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(thread[i], NULL), 0);
}

static uint16_t free_port(void) {
    uint16_t number;
    net_close(net_listen(&number));
    return number;
}

int main(int argc, char **argv) {
    static const struct option known[] = {
        {"expect", required_argument, NULL, 'e'}, {"stat", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
    const char *expect = NULL, *stat = NULL;
    check_begin(60);
    check_expect_any();
    for (int option; (option = getopt_long(argc, argv, "+", known, NULL)) != -1;) {
        if (option == '?')
            return 2;
        *(option == 'e' ? &expect : &stat) = optarg;
    }
    char *settings[SETTINGS_MAX + 1] = {NULL}, *arguments[ARGUMENTS_MAX + 7] = {NULL}, number[8];
    for (int i = 0; optind < argc && strchr(argv[optind], '=') && argv[optind][0] != '/' && i < SETTINGS_MAX; i++)
        settings[i] = argv[optind++];
    int count = 0;
    while (optind < argc && count < ARGUMENTS_MAX)
        arguments[count++] = argv[optind++];
    CHECK_SAY(count > 0, "no server named");
    port = free_port();
    snprintf(number, sizeof number, "%u", port);
    static char listen_flag[] = "-l", address[] = "127.0.0.1", port_flag[] = "-p", udp_flag[] = "-U", zero[] = "0";
    char *more[] = {listen_flag, address, port_flag, number, udp_flag, zero};
    memcpy(arguments + count, more, sizeof more);

    uint64_t seed = (uint64_t)(check_now_ms() * 1e6);
    printf("seed %llu\n", (unsigned long long)seed);
    struct server server = server_start_on(port, settings, arguments);
    /* The connection that found it ready has to be closed there, too. */
    check_sleep_ms(check_scaled(100));
    int fds = server_fds(server.pid);
    run_clients(seed, 0);
    server_expect_fds(server.pid, fds);
    run_clients(seed + 1000, THREADS);
    server_expect_fds(server.pid, fds);
    server_expect_carrier(server.pid, stat, expect);
    server_stop(&server);
    return check_passed();
}
