#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "rawcall.h"
#include "ringback.h"

/* Out of the way of the program's own descriptors, but no higher: a fork copies the descriptor table up to the highest
 * number in use, and one descriptor at 20000 doubled the cost of a fork where it was measured. */
enum { HIGH_FD_MAX = 1024, HIGH_FD_ROOM = 64 };

_Static_assert((int)RB_COUNTER_COUNT <= (int)RB_STATS_ROOM, "the page has no room for this many counters");
_Static_assert((int)RB_FALLBACK_COUNT <= (int)RB_STATS_ROOM, "the page has no room for this many fallbacks");

/* Serves where no memory file can be made; also what a page is until then. */
static struct rb_stats_page plain_page;

/* The page in use, NULL before the first use and after a fork. */
static _Atomic(struct rb_stats_page *) current_page;

/* In a child: where the parent's page was. The child's page goes there, so that no generation of children leaves an
 * address behind and a slot pointer of before the fork stays good. Whoever takes it out of here uses it. */
static _Atomic(struct rb_stats_page *) inherited_home;

static atomic_int page_fd = -1;

/* How many descriptors a page has room for, and for how many the page in use has words. */
static unsigned fds_room;
static atomic_uint fds_shown;

/* Loops of several threads may begin, or fail to, at once. */
static atomic_flag describing = ATOMIC_FLAG_INIT;

static const struct rb_name_meaning counters[RB_COUNTER_COUNT] = {
#define RB_COUNTER_INFO(id, name, meaning) {name, meaning},
    RB_COUNTER_LIST(RB_COUNTER_INFO)
#undef RB_COUNTER_INFO
};

static const struct rb_name_meaning fallbacks[RB_FALLBACK_COUNT] = {
#define RB_FALLBACK_INFO(id, name, meaning) {name, meaning},
    RB_FALLBACK_LIST(RB_FALLBACK_INFO)
#undef RB_FALLBACK_INFO
};

const struct rb_name_meaning *rb_stats_counter_info(enum rb_counter counter) {
    return &counters[counter];
}

const struct rb_name_meaning *rb_stats_fallback_info(enum rb_fallback fallback) {
    return &fallbacks[fallback];
}

/* Move fd up; it stays where it is if there is no room. */
static int stats__move_up(int fd) {
    struct rlimit limit;
    long highest = HIGH_FD_MAX, moved;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < HIGH_FD_MAX)
        highest = (long)limit.rlim_cur;
    if (highest <= 2 * HIGH_FD_ROOM)
        return fd;
    moved = rb_rawcall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, highest - HIGH_FD_ROOM, 0, 0, 0);
    if (moved < 0)
        return fd;
    rb_rawcall_close(fd);
    return (int)moved;
}

/* The page and so many words, in bytes. */
static size_t stats__size(unsigned fds) {
    return rb_stats_fds_at(sizeof(struct rb_stats_page)) + fds * sizeof(uint32_t);
}

/* Whether a file of that size may be made: beyond its limit a process is not refused but killed. */
static bool stats__may_be(size_t size) {
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur >= size;
}

/* A sealed memory file, for its owner only, or -errno. Without the seals a reader could be killed by SIGBUS: whoever
 * can open the file could cut it short. */
static int stats__make_file(size_t size) {
    const long seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    long fd, rc;

    if (!stats__may_be(size))
        return -EFBIG;
    fd = rb_rawcall(SYS_memfd_create, (long)RB_STATS_FILE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0, 0);
    if (fd < 0)
        return (int)fd;
    rc = rb_rawcall(SYS_fchmod, fd, 0600, 0, 0, 0, 0);
    if (rc == 0)
        rc = rb_rawcall(SYS_ftruncate, fd, (long)size, 0, 0, 0, 0);
    if (rc == 0)
        rc = rb_rawcall(SYS_fcntl, fd, F_ADD_SEALS, seals, 0, 0, 0);
    if (rc < 0) {
        rb_rawcall_close((int)fd);
        return (int)rc;
    }
    return stats__move_up((int)fd);
}

static void stats__fill_in(struct rb_stats_page *page, unsigned fds) {
    page->fd_count = fds;
    page->size = sizeof(struct rb_stats_page);
    page->counter_count = RB_COUNTER_COUNT;
    page->fallback_count = RB_FALLBACK_COUNT;
    page->pid = getpid();
    snprintf(page->version, sizeof(page->version), "%s", RINGBACK_VERSION);
    /* A reader that sees the magic sees all of the above. */
    atomic_thread_fence(memory_order_release);
    *(volatile uint32_t *)&page->magic = RB_STATS_MAGIC;
}

/* Zeroed memory of the process's own at the place of a page that is let go. */
static void stats__blank(struct rb_stats_page *page) {
    if (page == &plain_page)
        memset(&plain_page, 0, sizeof(plain_page));
    else
        mmap(page, stats__size(fds_room), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Make and publish a page. Several threads may come here at once: each makes a page, the first to publish wins and the
 * others undo theirs. A lock would be simpler but may not be held across system calls: see rb_stats_page()'s callers,
 * who hold locks of their own. */
static struct rb_stats_page *stats__make(void) {
    struct rb_stats_page *home = NULL, *page = &plain_page, *first = NULL;
    unsigned fds = stats__may_be(stats__size(fds_room)) ? fds_room : 0;
    int fd = stats__make_file(stats__size(fds));

    if (fd >= 0) {
        home = atomic_exchange(&inherited_home, NULL);
        /* As large as any page of this process; nobody touches what lies behind the end of a smaller file. */
        page = mmap(home, stats__size(fds_room), PROT_READ | PROT_WRITE, MAP_SHARED | (home != NULL ? MAP_FIXED : 0),
                    fd, 0);
        if (page == MAP_FAILED) {
            rb_rawcall_close(fd);
            fd = -1;
            page = &plain_page;
        }
    }
    stats__fill_in(page, fd >= 0 ? fds : 0);
    if (atomic_compare_exchange_strong(&current_page, &first, page)) {
        atomic_store(&page_fd, fd);
        atomic_store(&fds_shown, fd >= 0 ? fds : 0);
        return page;
    }
    if (fd >= 0)
        rb_rawcall_close(fd);
    if (home != NULL && page == home)
        stats__blank(home); /* keep the address: an old slot pointer may lead there */
    else if (page != &plain_page)
        munmap(page, stats__size(fds_room));
    return first;
}

void rb_stats_reserve_fds(unsigned count) {
    fds_room = count;
}

static _Atomic uint32_t *stats__word(int fd) {
    struct rb_stats_page *page = atomic_load_explicit(&current_page, memory_order_relaxed);

    if ((unsigned)fd >= atomic_load_explicit(&fds_shown, memory_order_acquire))
        return NULL;
    return (_Atomic uint32_t *)(void *)((char *)page + rb_stats_fds_at(sizeof(*page))) + fd;
}

void rb_stats_show_fd(int fd, uint32_t word) {
    _Atomic uint32_t *place = stats__word(fd);

    if (place != NULL)
        atomic_store_explicit(place, word, memory_order_relaxed);
}

uint32_t rb_stats_fd(int fd) {
    const _Atomic uint32_t *place = stats__word(fd);

    return place != NULL ? atomic_load_explicit(place, memory_order_relaxed) : 0;
}

struct rb_stats_page *rb_stats_page(void) {
    struct rb_stats_page *page = atomic_load_explicit(&current_page, memory_order_acquire);

    if (page == NULL) {
        int kept = errno;
        page = stats__make();
        errno = kept;
    }
    return page;
}

void rb_stats_forked(void) {
    int kept = errno;
    struct rb_stats_page *page = atomic_exchange(&current_page, NULL);
    int fd = atomic_exchange(&page_fd, -1);

    atomic_store(&fds_shown, 0);
    if (fd >= 0)
        rb_rawcall_close(fd);
    if (page != NULL)
        stats__blank(page);
    if (page != NULL && page != &plain_page)
        atomic_store(&inherited_home, page);
    atomic_flag_clear(&describing); /* another thread of the parent's may have been at it */
    errno = kept;
}

void rb_stats_describe(const char *adapters, const struct rb_config *config, const char *why) {
    struct rb_stats_page *page = rb_stats_page();
    char text[256];
    size_t length = 0;

    while (atomic_flag_test_and_set_explicit(&describing, memory_order_acquire))
        rb_rawcall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    if (adapters != NULL)
        snprintf(page->adapters, sizeof(page->adapters), "%s", adapters);
    if (why != NULL)
        snprintf(page->why, sizeof(page->why), "%s", why);
    for (unsigned i = 0; config != NULL && i < RB_SETTING_COUNT && length < sizeof(page->settings); i++) {
        int added = snprintf(page->settings + length, sizeof(page->settings) - length, "%s%s=%s", i == 0 ? "" : " ",
                             rb_config_info((enum rb_setting)i)->name,
                             rb_config_value_text(config, (enum rb_setting)i, text, sizeof(text)));
        length += added > 0 ? (size_t)added : 0;
    }
    atomic_flag_clear_explicit(&describing, memory_order_release);
}

/* Add a gone loop's counts to the last slot. Live loops that share that slot count in it without locked instructions,
 * so a count of theirs can get lost here: a figure off by a little in a process with more than 63 loops. */
static void stats__fold(struct rb_stats_page *page, struct rb_stats_slot *slot) {
    struct rb_stats_slot *last = &page->loop[RB_STATS_LOOPS - 1];

    for (unsigned i = 0; i < RB_COUNTER_COUNT; i++) {
        uint64_t count = atomic_exchange_explicit(&slot->counter[i], 0, memory_order_relaxed);
        if (count > 0)
            atomic_fetch_add_explicit(&last->counter[i], count, memory_order_relaxed);
    }
}

static bool stats__claim(struct rb_stats_slot *slot, enum rb_slot_state state) {
    uint32_t expected = (uint32_t)state;

    return atomic_compare_exchange_strong(&slot->state, &expected, RB_SLOT_PENDING);
}

struct rb_stats_slot *rb_stats_slot_take(int epfd) {
    static const enum rb_slot_state wanted[] = {RB_SLOT_FREE, RB_SLOT_GONE};
    struct rb_stats_page *page = rb_stats_page();
    struct rb_stats_slot *slot = &page->loop[RB_STATS_LOOPS - 1];
    bool found = false;

    for (unsigned pass = 0; pass < 2 && !found; pass++) {
        for (unsigned i = 0; i < RB_STATS_LOOPS - 1 && !found; i++) {
            found = stats__claim(&page->loop[i], wanted[pass]);
            if (found)
                slot = &page->loop[i];
        }
        if (found && wanted[pass] == RB_SLOT_GONE)
            stats__fold(page, slot);
        if (found)
            atomic_fetch_add_explicit(&slot->generation, 1, memory_order_relaxed);
    }
    if (!found)
        atomic_store_explicit(&slot->state, RB_SLOT_PENDING, memory_order_relaxed);
    atomic_store_explicit(&slot->epfd, epfd, memory_order_relaxed);
    atomic_store_explicit(&slot->tid, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->cause, 0, memory_order_relaxed);
    return slot;
}

unsigned rb_stats_slot_place(const struct rb_stats_slot *slot) {
    return (unsigned)(slot - rb_stats_page()->loop);
}

void rb_stats_slot_leave(struct rb_stats_slot *slot) {
    atomic_store_explicit(&slot->state, RB_SLOT_GONE, memory_order_release);
}

void rb_stats_fallback(enum rb_fallback why) {
    atomic_fetch_add_explicit(&rb_stats_page()->fallback[why], 1, memory_order_relaxed);
}
