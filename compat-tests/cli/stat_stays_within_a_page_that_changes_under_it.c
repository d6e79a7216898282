/* Guards: a reader that checks one value and uses another, because the process that it looks at has changed its page in
 * between; it read beyond the mapping. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "stat_page.h"

enum { ONE_LOOP = offsetof(struct rb_stats_page, loop) + sizeof(struct rb_stats_slot), FOR_MS = 300 };

/* A page of one loop that ends where memory ends. */
static struct rb_stats_page *make_page(void) {
    const size_t room = 4096;
    char *memory = mmap(NULL, 2 * room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct rb_stats_page *page;

    CHECK(memory != MAP_FAILED);
    CHECK_INT(mprotect(memory + room, room, PROT_NONE), 0);
    page = (struct rb_stats_page *)(void *)(memory + room - ONE_LOOP);
    page->magic = RB_STATS_MAGIC;
    page->size = ONE_LOOP;
    page->counter_count = RB_COUNTER_COUNT;
    page->fallback_count = RB_FALLBACK_COUNT;
    return page;
}

static _Noreturn void go_on_changing(struct rb_stats_page *page) {
    volatile uint32_t *size = &page->size, *counters = &page->counter_count;

    check_child(60);
    for (;;) {
        *size = 0;
        *counters = UINT32_MAX;
        *size = ONE_LOOP;
        *counters = RB_COUNTER_COUNT;
    }
}

int main(void) {
    static struct stat_page page;
    char why[STAT_PAGE_WHY_MAX];
    unsigned taken = 0, refused = 0;
    struct rb_stats_page *shared;
    double end;
    pid_t child;

    check_begin(60);
    shared = make_page();
    child = CHECK_FD(fork());
    if (child == 0)
        go_on_changing(shared);
    /* Until both kinds of answer have been seen: only then it really changed meanwhile. */
    for (end = check_now_ms() + FOR_MS; check_now_ms() < end || taken == 0 || refused == 0;) {
        if (stat_page_take(1, shared, ONE_LOOP, &page, why) != 0) {
            refused++;
            continue;
        }
        taken++;
        CHECK_INT(page.copy.size, ONE_LOOP);
        CHECK_INT(page.loops, 1);
        CHECK(page.copy.counter_count <= RB_STATS_ROOM && page.counters <= RB_COUNTER_COUNT);
    }
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
    return check_passed();
}
