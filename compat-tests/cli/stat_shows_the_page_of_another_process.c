/* Guards: counters that are not what the program counted, and a reader that stops working with the next version. */
#include <cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "stats.h"

static struct capture got;
static const uint64_t large = (UINT64_C(1) << 60) + 1; /* no double holds it */

static void fill_page(void) {
    struct rb_stats_slot *first = rb_stats_slot_take(7), *second = rb_stats_slot_take(8);

    rb_stats_describe("uv", NULL, "a reason with \"quotes\" and \x1b[31mcolour");
    for (unsigned i = 0; i < RB_COUNTER_COUNT; i++) {
        rb_count(first, (enum rb_counter)i, i + 1);
        rb_count(second, (enum rb_counter)i, 1000);
    }
    rb_count(second, RB_COUNTER_BYTES_IN, large - 1000);
    atomic_store(&first->state, RB_SLOT_RING);
    atomic_store(&first->tid, 1234);
    rb_stats_slot_leave(second);
    rb_stats_fallback(RB_FALLBACK_NO_BUFFERS);
    rb_stats_fallback(RB_FALLBACK_NO_BUFFERS);
}

static void nothing(struct rb_stats_page *page) {
    (void)page;
}

static void as_an_older_version(struct rb_stats_page *page) {
    page->counter_count = 3;
    page->fallback_count = 2;
    /* half the loops */
    page->size -= (uint32_t)(RB_STATS_LOOPS / 2 * sizeof(struct rb_stats_slot));
}

static void as_a_newer_version(struct rb_stats_page *page) {
    page->counter_count = RB_COUNTER_COUNT + 4;
    page->fallback_count = RB_FALLBACK_COUNT + 1;
    atomic_store(&page->loop[0].counter[RB_COUNTER_COUNT], 77);
}

/* A process with a page, changed by `change`, that lives until it is killed. */
static pid_t start(void (*change)(struct rb_stats_page *page)) {
    int ready[2];
    char byte;
    pid_t child;

    CHECK_INT(pipe2(ready, 0), 0);
    child = CHECK_FD(fork());
    if (child == 0) {
        check_child(60);
        rb_stats_forked();
        fill_page();
        change(rb_stats_page());
        CHECK_INT(write(ready[1], "x", 1), 1);
        for (;;)
            pause();
    }
    close(ready[1]);
    CHECK_INT(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void stop(pid_t child) {
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
}

static cJSON *stat_json(pid_t pid) {
    char number[16];
    cJSON *root;

    snprintf(number, sizeof(number), "%d", pid);
    CAPTURE(&got, RINGBACK_CLI, "stat", "--json", number);
    CHECK_SAY(got.status == 0, "%s", got.err);
    root = cJSON_Parse(got.out);
    CHECK(root != NULL);
    return root;
}

static void check_number(const cJSON *object, const char *name, double value) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    CHECK_SAY(cJSON_IsNumber(item) && item->valuedouble == value, "%s is not %g", name, value);
}

static void json_is_the_contract(pid_t child) {
    static const char *const contract[] = {"enters", "sqes",      "cqes",    "polls",           "recv_completions",
                                           "sends",  "sends_zc",  "accepts", "bytes_in",        "bytes_out",
                                           "turns",  "zc_copied", "events",  "streams_adopted", "passthrough_fds"};
    cJSON *root = stat_json(child), *loops = cJSON_GetObjectItem(root, "loops");

    for (unsigned i = 0; i < sizeof(contract) / sizeof(contract[0]); i++)
        CHECK_SAY(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(root, contract[i])), "%s is missing", contract[i]);
    for (unsigned i = 0; i < RB_COUNTER_COUNT; i++)
        if (i != RB_COUNTER_BYTES_IN)
            check_number(root, rb_stats_counter_info((enum rb_counter)i)->name, i + 1 + 1000);
    /* loop 0 counted its number of the counter, loop 1 `large`; the sum is printed to the last digit. */
    CAPTURE_SAYS(got.out, "1152921504606846990");
    check_number(root, "pid", child);
    CHECK(strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(root, "adapters")), "uv") == 0);
    CHECK(strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(root, "why")), "a reason with \"quotes\" and ?[31mcolour") ==
          0);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(root, "fallbacks")), 1);
    check_number(cJSON_GetObjectItem(root, "fallbacks"), "no_buffers", 2);
    CHECK_INT(cJSON_GetArraySize(loops), 2);
    check_number(cJSON_GetArrayItem(loops, 0), "epfd", 7);
    check_number(cJSON_GetArrayItem(loops, 0), "tid", 1234);
    check_number(cJSON_GetArrayItem(loops, 1), "sqes", 1000);
    CHECK(strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(loops, 0), "state")), "ring") == 0);
    CHECK(strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(loops, 1), "state")), "gone") == 0);
    cJSON_Delete(root);
}

static void text_shows_the_same(pid_t child) {
    char number[16];

    snprintf(number, sizeof(number), "%d", child);
    CAPTURE(&got, RINGBACK_CLI, "stat", number);
    CHECK_INT(got.status, 0);
    CAPTURE_SAYS(got.out, "1152921504606846990");
    CAPTURE_SAYS(got.out, "not on the ring: a reason");
    CAPTURE_SAYS(got.out, "no_buffers");
    CHECK(strchr(got.out, '\x1b') == NULL);
}

static void other_versions_are_read(void) {
    pid_t child = start(as_an_older_version);
    cJSON *root = stat_json(child);

    check_number(root, "cqes", 1003);
    CHECK(!cJSON_HasObjectItem(root, "polls")); /* what was not counted is not 0 */
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(root, "fallbacks")), 0);
    cJSON_Delete(root);
    stop(child);
    child = start(as_a_newer_version);
    root = stat_json(child);
    check_number(root, "sqes", 1002);
    cJSON_Delete(root);
    stop(child);
}

int main(void) {
    pid_t child;

    check_begin(60);
    rb_stats_page(); /* the children start with this process's page, as after a real fork */
    child = start(nothing);
    json_is_the_contract(child);
    text_shows_the_same(child);
    stop(child);
    other_versions_are_read();
    return check_passed();
}
