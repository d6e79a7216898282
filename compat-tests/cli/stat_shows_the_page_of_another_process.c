/* Guards: counters that are not what the program counted, and a reader that stops working with the next version. */
#include <cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "fdstate.h"
#include "page_child.h"
#include "stats.h"
#include "stat_json.h"

enum { FDS = 5000 };

static struct capture got;
static const uint64_t large = (UINT64_C(1) << 60) + 1; /* no double holds it */

/* Words for descriptors: of the first loop; of a later version's; and of loops that are gone, which are not shown. */
static void fill_words(const struct rb_stats_slot *first, const struct rb_stats_slot *second) {
    struct rb_fdstate state = {.way = RB_WAY_RECEIVE, .sends = true, .generation = atomic_load(&first->generation)};

    state.slot = rb_stats_slot_place(first);
    rb_stats_show_fd(5, rb_fdstate_pack(&state));
    rb_stats_show_fd(FDS - 1, rb_fdstate_pack(&state));
    rb_stats_show_fd(6, rb_fdstate_pack(&(struct rb_fdstate){15, 200, false, state.slot, state.generation}));
    state.generation++;
    rb_stats_show_fd(7, rb_fdstate_pack(&state));
    state.slot = RB_STATS_LOOPS;
    rb_stats_show_fd(8, rb_fdstate_pack(&state));
    state.slot = rb_stats_slot_place(second);
    state.generation = atomic_load(&second->generation);
    rb_stats_show_fd(9, rb_fdstate_pack(&state));
}

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
    fill_words(first, second);
    rb_stats_fallback(RB_FALLBACK_NO_BUFFERS);
    rb_stats_fallback(RB_FALLBACK_NO_BUFFERS);
}

static void as_an_older_version(void) {
    struct rb_stats_page *page = rb_stats_page();

    fill_page();
    page->fd_count = 0;
    page->counter_count = 3;
    page->fallback_count = 2;
    /* half the loops */
    page->size -= (uint32_t)(RB_STATS_LOOPS / 2 * sizeof(struct rb_stats_slot));
}

static void as_a_newer_version(void) {
    struct rb_stats_page *page = rb_stats_page();

    fill_page();
    page->counter_count = RB_COUNTER_COUNT + 4;
    page->fallback_count = RB_FALLBACK_COUNT + 1;
    atomic_store(&page->loop[0].counter[RB_COUNTER_COUNT], 77);
}

/* More loops than this version knows lie between what it reads and the words. */
static void as_a_larger_version(void) {
    struct rb_stats_page *page = rb_stats_page(), *larger;
    const size_t size = sizeof(*page) + 100 * sizeof(struct rb_stats_slot), fds_at = rb_stats_fds_at((uint32_t)size);
    const size_t all = fds_at + FDS * sizeof(uint32_t);
    int fd = CHECK_FD(memfd_create(RB_STATS_FILE_NAME, MFD_ALLOW_SEALING));

    fill_page();
    CHECK_INT(ftruncate(fd, (off_t)all), 0);
    larger = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(larger != MAP_FAILED);
    memcpy(larger, page, sizeof(*page));
    memcpy((char *)larger + fds_at, (char *)page + rb_stats_fds_at(page->size), FDS * sizeof(uint32_t));
    larger->size = (uint32_t)size;
    CHECK_INT(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    rb_stats_forked(); /* lets go of the first */
}

static void check_number(const cJSON *object, const char *name, double value) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    CHECK_SAY(cJSON_IsNumber(item) && item->valuedouble == value, "%s is not %g", name, value);
}

static void check_text(const cJSON *object, const char *name, const char *value) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    CHECK_SAY(text != NULL && strcmp(text, value) == 0, "%s is %s, not %s", name, text != NULL ? text : "-", value);
}

static void descriptors_are_shown(const cJSON *root) {
    const cJSON *list = cJSON_GetObjectItem(root, "descriptors"),
                *kinds = cJSON_GetObjectItem(root, "descriptor_kinds");

    CHECK_INT(cJSON_GetArraySize(list), 3);
    check_number(cJSON_GetArrayItem(list, 0), "fd", 6); /* least carried first, as far as this version knows */
    check_text(cJSON_GetArrayItem(list, 0), "way", "unknown");
    check_text(cJSON_GetArrayItem(list, 0), "why", "unknown");
    check_number(cJSON_GetArrayItem(list, 1), "fd", 5);
    check_text(cJSON_GetArrayItem(list, 1), "way", "receive");
    check_text(cJSON_GetArrayItem(list, 1), "why", "");
    CHECK(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(list, 1), "sends")));
    check_number(cJSON_GetArrayItem(list, 2), "fd", FDS - 1);
    CHECK_INT(cJSON_GetArraySize(kinds), 2);
    check_number(cJSON_GetArrayItem(kinds, 0), "count", 2);
}

static void json_is_the_contract(pid_t child) {
    static const char *const contract[] = {"enters", "sqes",      "cqes",    "polls",           "recv_completions",
                                           "sends",  "sends_zc",  "accepts", "bytes_in",        "bytes_out",
                                           "turns",  "zc_copied", "events",  "streams_adopted", "passthrough_fds"};
    cJSON *root = stat_json(&got, child), *loops = cJSON_GetObjectItem(root, "loops");

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
    descriptors_are_shown(root);
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
    CAPTURE_SAYS(got.out, "       2 receive    ring");
    CHECK(strchr(got.out, '\x1b') == NULL);
}

static void other_versions_are_read(void) {
    pid_t child = page_child_start(as_an_older_version, NULL);
    cJSON *root = stat_json(&got, child);

    check_number(root, "cqes", 1003);
    CHECK(!cJSON_HasObjectItem(root, "polls")); /* what was not counted is not 0 */
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(root, "fallbacks")), 0);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(root, "descriptors")), 0);
    cJSON_Delete(root);
    page_child_kill(child);
    child = page_child_start(as_a_newer_version, NULL);
    root = stat_json(&got, child);
    check_number(root, "sqes", 1002);
    cJSON_Delete(root);
    page_child_kill(child);
    child = page_child_start(as_a_larger_version, NULL);
    root = stat_json(&got, child);
    descriptors_are_shown(root);
    cJSON_Delete(root);
    page_child_kill(child);
}

int main(void) {
    pid_t child;

    check_begin(60);
    rb_stats_reserve_fds(FDS);
    rb_stats_page(); /* the children start with this process's page, as after a real fork */
    child = page_child_start(fill_page, NULL);
    json_is_the_contract(child);
    text_shows_the_same(child);
    page_child_kill(child);
    other_versions_are_read();
    return check_passed();
}
