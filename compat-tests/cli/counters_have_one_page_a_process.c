/* Guards: a page that a child shares with its parent, two pages made by two threads at once, totals that shrink, a
 * descriptor among the program's own numbers, and a process that is killed for its limit of file sizes. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "config.h"
#include "stats.h"

enum { THREADS = 16, ROUNDS = 50, OWN_NUMBERS_END = 512, FDS = 3000 };

/* The number of page descriptors of this process; *number is the last one's. */
static int count_pages(int *number) {
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;

    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char link[256] = "";
        if (readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1) > 0 &&
            strstr(link, RB_STATS_FILE_NAME) != NULL) {
            *number = atoi(entry->d_name);
            count++;
        }
    }
    closedir(directory);
    return count;
}

static void *make_page(void *barrier) {
    pthread_barrier_wait(barrier);
    return rb_stats_page();
}

static void threads_agree_on_one_page(void) {
    pthread_barrier_t barrier;
    pthread_t thread[THREADS];
    void *first = NULL, *page;
    int number = -1;

    CHECK_INT(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&thread[i], NULL, make_page, &barrier), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_INT(pthread_join(thread[i], &page), 0);
        CHECK(first == NULL || page == first);
        first = page;
    }
    pthread_barrier_destroy(&barrier);
    CHECK_INT(count_pages(&number), 1);
    CHECK_SAY(number >= OWN_NUMBERS_END, "the page's descriptor is %d", number);
}

static void page_is_private_and_sealed(void) {
    struct stat st;
    int number = -1;

    count_pages(&number);
    CHECK_INT(fstat(number, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(fcntl(number, F_GETFD), FD_CLOEXEC);
    CHECK_INT(fcntl(number, F_GET_SEALS) & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    CHECK_INT(rb_stats_page()->magic, RB_STATS_MAGIC);
    CHECK_INT(rb_stats_page()->pid, getpid());
}

static void child_has_a_page_of_its_own(void) {
    struct rb_stats_slot *slot = rb_stats_slot_take(3);
    int number = -1;
    pid_t child;

    rb_count(slot, RB_COUNTER_SQES, 5);
    rb_stats_fallback(RB_FALLBACK_EMBEDDED);
    child = CHECK_FD(fork());
    if (child == 0) {
        check_child(10);
        rb_stats_forked();
        CHECK_INT(count_pages(&number), 0);
        rb_count(slot, RB_COUNTER_SQES, 100); /* a slot of before: harmless */
        CHECK_INT(atomic_load(&rb_stats_page()->fallback[RB_FALLBACK_EMBEDDED]), 0);
        CHECK_INT(rb_stats_page()->pid, getpid());
        CHECK_INT(count_pages(&number), 1);
        slot = rb_stats_slot_take(4);
        CHECK_INT(atomic_load(&slot->counter[RB_COUNTER_SQES]), 0);
        rb_count(slot, RB_COUNTER_SQES, 7);
        exit(0);
    }
    check_child_passed(child);
    CHECK_INT(atomic_load(&slot->counter[RB_COUNTER_SQES]), 5);
    rb_stats_slot_leave(slot);
}

/* A page made anew under a limit of file sizes. Returns how many there are; a word for a descriptor is there or not. */
static int pages_within(size_t limit, bool words) {
    const struct rlimit files = {limit, RLIM_INFINITY};
    int number = -1;

    CHECK_INT(setrlimit(RLIMIT_FSIZE, &files), 0);
    rb_stats_forked();
    CHECK_INT(rb_stats_page()->fd_count, words ? FDS : 0);
    rb_stats_show_fd(FDS - 1, 77);
    rb_stats_show_fd(FDS, 77);
    rb_stats_show_fd(-1, 77);
    CHECK_INT(rb_stats_fd(FDS - 1), words ? 77 : 0);
    CHECK_INT(rb_stats_fd(FDS), 0);
    return count_pages(&number);
}

static void a_limit_of_file_sizes_is_respected(void) {
    const size_t page = rb_stats_fds_at(sizeof(struct rb_stats_page)), all = page + FDS * sizeof(uint32_t);
    pid_t child = CHECK_FD(fork());

    if (child == 0) {
        check_child(10);
        CHECK_INT(pages_within(page - 1, false), 0);
        CHECK_INT(pages_within(all - 1, false), 1);
        CHECK_INT(pages_within(all, true), 1);
        CHECK_INT(pages_within(page, false), 1);
        exit(0);
    }
    check_child_passed(child);
}

static uint64_t total(enum rb_counter counter) {
    uint64_t sum = 0;

    for (unsigned i = 0; i < RB_STATS_LOOPS; i++)
        sum += atomic_load(&rb_stats_page()->loop[i].counter[counter]);
    return sum;
}

static void totals_never_shrink(void) {
    uint64_t before = total(RB_COUNTER_TURNS);

    for (uint64_t i = 1; i <= 3 * RB_STATS_LOOPS; i++) {
        struct rb_stats_slot *slot = rb_stats_slot_take(9);
        CHECK_INT(atomic_load(&slot->counter[RB_COUNTER_TURNS]), 0);
        rb_count(slot, RB_COUNTER_TURNS, 1);
        rb_stats_slot_leave(slot);
        CHECK_INT(total(RB_COUNTER_TURNS), before + i);
    }
}

static void more_loops_than_slots_share_the_last(void) {
    struct rb_stats_slot *slot[RB_STATS_LOOPS + 5];

    for (unsigned i = 0; i < RB_STATS_LOOPS + 5; i++)
        slot[i] = rb_stats_slot_take((int)i);
    for (unsigned i = 0; i < RB_STATS_LOOPS - 1; i++)
        for (unsigned j = 0; j < i; j++)
            CHECK(slot[i] != slot[j]);
    for (unsigned i = RB_STATS_LOOPS - 1; i < RB_STATS_LOOPS + 5; i++)
        CHECK(slot[i] == &rb_stats_page()->loop[RB_STATS_LOOPS - 1]);
    for (unsigned i = 0; i < RB_STATS_LOOPS + 5; i++)
        rb_stats_slot_leave(slot[i]);
}

static const char *no_variable(const char *name) {
    (void)name;
    return NULL;
}

static void description_is_in_the_page(void) {
    struct rb_config config;

    rb_config_load(&config, no_variable, NULL, NULL, NULL);
    config.disabled = ~UINT64_C(0);
    rb_stats_describe("uv event", &config, "because");
    CHECK(strcmp(rb_stats_page()->adapters, "uv event") == 0);
    CHECK(strcmp(rb_stats_page()->why, "because") == 0);
    CHECK(strstr(rb_stats_page()->settings, "RINGBACK=on RINGBACK_PROFILE=default ") != NULL);
    /* The longest settings there can be still fit. */
    CHECK(strstr(rb_stats_page()->settings, "no_iowait RINGBACK_LOG=notice") != NULL);
    rb_stats_describe(NULL, NULL, "");
    CHECK(strcmp(rb_stats_page()->adapters, "uv event") == 0);
    CHECK_INT(rb_stats_page()->why[0], 0);
}

int main(void) {
    check_begin(60);
    rb_stats_reserve_fds(FDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        threads_agree_on_one_page();
        page_is_private_and_sealed();
        rb_stats_forked(); /* as a child would begin anew */
    }
    child_has_a_page_of_its_own();
    a_limit_of_file_sizes_is_respected();
    totals_never_shrink();
    more_loops_than_slots_share_the_last();
    description_is_in_the_page();
    return check_passed();
}
