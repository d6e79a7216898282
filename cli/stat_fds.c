#include "stat_fds.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM_FIRST = 256 };

/* Whether the loop that wrote the word is still there: its slot may be another's by now. */
static bool fds__is_live(const struct stat_page *page, const struct rb_fdstate *state) {
    const struct rb_stats_slot *slot;

    if (state->slot >= page->loops)
        return false;
    slot = &page->copy.loop[state->slot];
    if ((atomic_load_explicit(&slot->generation, memory_order_relaxed) & 0xff) != state->generation)
        return false;
    switch (atomic_load_explicit(&slot->state, memory_order_relaxed)) {
    case RB_SLOT_PENDING:
    case RB_SLOT_RING:
    case RB_SLOT_EPOLL:
    case RB_SLOT_RESTING:
        return true;
    default:
        return false;
    }
}

static int fds__append(struct stat_fds *fds, int fd, const struct rb_fdstate *state) {
    if (fds->count == fds->room) {
        unsigned room = fds->room == 0 ? ROOM_FIRST : fds->room * 2;
        struct stat_fd *list = realloc(fds->list, room * sizeof(*list));

        if (list == NULL)
            return -ENOMEM;
        fds->list = list;
        fds->room = room;
    }
    fds->list[fds->count++] = (struct stat_fd){fd, *state, 0};
    return 0;
}

int stat_fds_add(struct stat_fds *fds, const struct stat_page *page, int first, const uint32_t *words, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const struct rb_fdstate state = rb_fdstate_unpack(words[i]);

        if (state.way != RB_WAY_NONE && fds__is_live(page, &state) && fds__append(fds, first + (int)i, &state) != 0)
            return -ENOMEM;
    }
    return 0;
}

void stat_fds_free(struct stat_fds *fds) {
    free(fds->list);
    *fds = (struct stat_fds){0};
}

static int fds__more_first(const void *left, const void *right) {
    const struct stat_kind *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return a->way != b->way ? (a->way > b->way) - (a->way < b->way) : (a->why > b->why) - (a->why < b->why);
}

unsigned stat_fds_kinds(const struct stat_fds *fds, struct stat_kind *kinds) {
    unsigned count = 0;

    for (unsigned i = 0; i < fds->count; i++) {
        const struct rb_fdstate *state = &fds->list[i].state;
        unsigned k = 0;

        while (k < count &&
               (kinds[k].way != state->way || kinds[k].why != state->why || kinds[k].sends != state->sends))
            k++;
        if (k == STAT_KINDS_MAX)
            continue; /* more than there are names for */
        if (k == count)
            kinds[count++] = (struct stat_kind){state->way, state->why, state->sends, 0};
        kinds[k].count++;
    }
    qsort(kinds, count, sizeof(*kinds), fds__more_first);
    return count;
}
