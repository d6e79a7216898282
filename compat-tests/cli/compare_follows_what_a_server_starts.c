/* Guards: costs of workers and daemons that are left out, and a place where a server listens that is not found. */
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "comparing.h"

static struct capture got;

#define QUICK "--runs", "1", "--no-syscalls", "--quiet", "--json"

/* Compare, and return how many processes were on the ring. */
static double processes(const char *load, const char *server) {
    cJSON *root;
    const cJSON *item;
    double count;

    COMPARE(&got, QUICK, "--load", load, "--", "sh", "-c", server);
    CHECK_SAY(got.status == 0, "%s: status %d: %s%s", server, got.status, got.out, got.err);
    root = cJSON_Parse(got.out);
    item = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "ring"), "processes");
    CHECK_SAY(cJSON_IsNumber(item), "%s", got.out);
    count = item->valuedouble;
    cJSON_Delete(root);
    return count;
}

/* Ask every server on these ports something. */
static const char *load_of(const char *one, const char *other) {
    static const char ask[] = BIN "/rb-load --connections 2 --requests 200 --warmup-ms 0 --port %s &&" BIN
                                  "/rb-load --connections 2 --requests 200 --warmup-ms 0 --port %s";

    return comparing_text(ask, one, other);
}

static void daemons_and_workers(void) {
    const char *one = comparing_port(), *other = comparing_port();

    CHECK_INT(
        processes(load_of(one, other), comparing_text(BIN "/rb-uv-echo %s & exec " BIN "/rb-bev-echo %s", one, other)),
        2);
    /* The one that listens is nobody's child when the load begins. */
    CHECK_INT(processes(load_of(one, one), comparing_text("(setsid " BIN "/rb-uv-echo %s &) ; exit 0", one)), 1);
    /* It goes into the background once it listens. */
    CHECK_INT(processes(comparing_text("sleep 0.3; " BIN "/rb-load --connections 2 --requests 200 --warmup-ms 0 --port %s", one),
                        comparing_text(BIN "/rb-uv-echo %s & sleep 0.2", one)),
              1);
}

static void expect_listens(const char *text) {
    cJSON *root = cJSON_Parse(got.out);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "listens");

    CHECK_SAY(got.status == 0 && cJSON_IsString(item), "status %d: %s%s", got.status, got.out, got.err);
    CHECK_SAY(strcmp(item->valuestring, text) == 0, "it listens on %s, not %s", item->valuestring, text);
    cJSON_Delete(root);
}

static void where_it_listens(void) {
    const char *tcp = comparing_port(), *other = comparing_port();
    char path[256];

    CHECK(getcwd(path, sizeof(path) - 32) != NULL);
    strcat(path, "/ct-compare-socket");
    if (strlen(path) < 100) { /* a socket's path cannot be longer */
        COMPARE(&got, QUICK, "--load", BIN "/rb-load --connections 2 --requests 200 --warmup-ms 0 --unix $RINGBACK_PORT", "--",
                BIN "/rb-uv-echo", path);
        expect_listens(comparing_text("socket %s", path));
        COMPARE(&got, QUICK, "--port", path, "--load",
                comparing_text(BIN "/rb-load --connections 2 --requests 200 --warmup-ms 0 --unix %s", path), "--", BIN "/rb-uv-echo",
                path);
        expect_listens(comparing_text("socket %s", path));
        unlink(path);
    }
    COMPARE(&got, QUICK, "--load", BIN "/rb-load --udp --connections 2 --requests 200 --warmup-ms 0 --port $RINGBACK_PORT", "--",
            BIN "/rb-uv-udp", tcp);
    expect_listens(comparing_text("UDP port %s", tcp));
    COMPARE(&got, QUICK, "--port", tcp, "--load",
            BIN "/rb-load --udp --connections 2 --requests 200 --warmup-ms 0 --port $RINGBACK_PORT", "--", BIN "/rb-uv-udp", tcp);
    expect_listens(comparing_text("UDP port %s", tcp));
    /* Of two places the one that the load names, or that was asked for. */
    COMPARE(&got, QUICK, "--load", comparing_text(BIN "/rb-load --connections 2 --requests 200 --warmup-ms 0 --port %s", other), "--",
            "sh", "-c", comparing_text(BIN "/rb-uv-echo %s & exec " BIN "/rb-uv-echo %s", tcp, other));
    expect_listens(comparing_text("port %s", other));
    COMPARE(&got, QUICK, "--port", tcp, "--load", BIN "/rb-load --connections 2 --requests 200 --warmup-ms 0 --port $RINGBACK_PORT",
            "--", "sh", "-c", comparing_text(BIN "/rb-uv-echo %s & exec " BIN "/rb-uv-echo %s", tcp, other));
    expect_listens(comparing_text("port %s", tcp));
}

/* What is set for the server is set on both sides, LD_PRELOAD of ours on one only. */
static void the_environment(void) {
    COMPARE(&got, "--runs", "1", "--no-syscalls", "--quiet", "--output", "ct-compare-env", "--env", "FRUIT=pear",
            "--env", "RINGBACK_SPIN_US=0", "--load",
            BIN "/rb-load --connections 2 --requests 200 --warmup-ms 0 --port $RINGBACK_PORT", "--", "sh", "-c",
            "env; exec " BIN "/rb-uv-echo 0");
    CHECK_SAY(got.status == 0, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE(&got, "cat", "ct-compare-env/01-epoll-server.txt");
    CAPTURE_SAYS(got.out, "FRUIT=pear\n");
    CAPTURE_SAYS(got.out, "RINGBACK=off\n");
    CHECK_SAY(strstr(got.out, "libringback") == NULL, "%s", got.out);
    CAPTURE(&got, "cat", "ct-compare-env/02-ring-server.txt");
    CAPTURE_SAYS(got.out, "FRUIT=pear\n");
    CAPTURE_SAYS(got.out, "RINGBACK_SPIN_US=0\n");
    CAPTURE_SAYS(got.out, "libringback-uv.so");
    CAPTURE(&got, "rm", "-r", "ct-compare-env");
    CHECK_INT(got.status, 0);
}

int main(void) {
    comparing_begin(100);
    daemons_and_workers();
    where_it_listens();
    the_environment();
    return check_passed();
}
