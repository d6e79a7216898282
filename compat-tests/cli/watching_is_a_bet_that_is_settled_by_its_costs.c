/* Guards: watching where sleeping is cheaper, or sleeping where watching is; watching on after the traffic has stopped,
 * on a processor that others need, or where it never hits. A loop and its peer are played on machines of several kinds,
 * with a clock of their own. */
#include "check.h"
#include "odds.h"

/* What things take, in nanoseconds. */
struct machine {
    uint64_t serve;       /* processor time of a request */
    uint64_t sleep_cpu;   /* processor time of a sleep and the waking up */
    uint64_t sleep_late;  /* time between the completion and the first step of one who slept */
    uint64_t gap;         /* from an answer to the next request */
    unsigned shared;      /* per thousand: time that the thread waits for its processor */
    bool only_sleep_ends; /* the peer runs only while we sleep */
};

struct play {
    struct rb_odds odds;
    struct rb_odds_rules rules;
    struct rb_odds_totals totals;
    uint64_t waits, watched, watched_ns;
};

static const struct rb_odds_rules usual = {.longest_ns = 50000}, for_latency = {.longest_ns = 100000, .eager = true};

static void advance(struct play *play, const struct machine *machine, uint64_t time_ns, uint64_t cpu_ns) {
    play->totals.now_ns += time_ns;
    play->totals.cpu_ns += cpu_ns;
    play->totals.delay_ns += time_ns * machine->shared / 1000;
}

static void one_request(struct play *play, const struct machine *machine) {
    enum rb_odds_end end = RB_ODDS_SLEPT;
    uint64_t bound_ns = 0, begin_ns = play->totals.now_ns;

    if (rb_odds_due(&play->odds, &play->rules, begin_ns))
        rb_odds_told(&play->odds, &play->rules, &play->totals);
    play->waits++;
    if (rb_odds_favour(&play->odds, &play->rules, begin_ns, &bound_ns)) {
        CHECK(bound_ns > 0 && bound_ns <= play->rules.longest_ns);
        end = machine->gap <= bound_ns && !machine->only_sleep_ends ? RB_ODDS_HIT : RB_ODDS_MISS;
        bound_ns = end == RB_ODDS_HIT ? machine->gap : bound_ns;
        play->watched++;
        play->watched_ns += bound_ns;
        advance(play, machine, bound_ns, bound_ns);
    }
    if (end != RB_ODDS_HIT) {
        const uint64_t left =
            machine->only_sleep_ends || bound_ns > machine->gap ? machine->gap : machine->gap - bound_ns;
        advance(play, machine, left + machine->sleep_late, machine->sleep_cpu);
    }
    rb_odds_waited(&play->odds, &play->rules, play->totals.now_ns - begin_ns, end);
    advance(play, machine, machine->serve, machine->serve);
    play->totals.completions += 2;
    play->totals.bytes += 128;
}

/* Play for a while; returns how many of a thousand waits began by watching in the second half of it. */
static unsigned share_watched(struct play *play, const struct machine *machine, unsigned ms) {
    const uint64_t begin_ns = play->totals.now_ns, length_ns = (uint64_t)ms * 1000000;

    while (play->totals.now_ns - begin_ns < length_ns / 2)
        one_request(play, machine);
    play->waits = play->watched = play->watched_ns = 0;
    while (play->totals.now_ns - begin_ns < length_ns)
        one_request(play, machine);
    return (unsigned)(play->watched * 1000 / play->waits);
}

static struct play begin(const struct rb_odds_rules *rules) {
    return (struct play){.rules = *rules, .totals = {.now_ns = 1000000000}};
}

static const struct machine dear_sleep = {.serve = 6000, .sleep_cpu = 20000, .sleep_late = 25000, .gap = 9000};
static const struct machine cheap_sleep = {.serve = 6000, .sleep_cpu = 3000, .sleep_late = 4000, .gap = 10000};

static void what_costs_less_is_done(void) {
    struct play play = begin(&usual);

    CHECK(share_watched(&play, &dear_sleep, 1000) > 900);
    play = begin(&usual);
    CHECK(share_watched(&play, &cheap_sleep, 2000) < 20);
    play = begin(&for_latency);
    CHECK(share_watched(&play, &cheap_sleep, 1000) > 950);
    play = begin(&usual);
    CHECK(share_watched(&play, &dear_sleep, 1000) > 900);
    CHECK(share_watched(&play, &cheap_sleep, 6000) < 20);
    CHECK(share_watched(&play, &dear_sleep, 6000) > 900);
}

/* Sleeping costs no more than watching, and wakes late by nothing: then there is nothing to gain. */
static void without_a_gain_of_time_it_sleeps(void) {
    const struct machine equal = {.serve = 6000, .sleep_cpu = 5000, .sleep_late = 0, .gap = 5000};
    struct play play = begin(&usual);

    CHECK(share_watched(&play, &equal, 2000) < 20);
}

static void silence_ends_it_at_once(void) {
    struct machine slow = dear_sleep;
    struct play play;

    slow.gap = 5000000;
    for (int eager = 0; eager < 2; eager++) {
        play = begin(eager ? &for_latency : &usual);
        CHECK(share_watched(&play, &dear_sleep, 1000) > 900);
        one_request(&play, &slow);
        play.watched = 0;
        for (int i = 0; i < 400; i++)
            one_request(&play, &slow);
        CHECK_INT(play.watched, 0);
        for (int i = 0; i < 4; i++)
            one_request(&play, &dear_sleep);
        CHECK_INT(play.watched, 0);
        for (int i = 0; i < 400; i++)
            one_request(&play, &dear_sleep);
        CHECK(play.watched > 200); /* it compares again, too */
    }
}

static void nothing_is_taken_from_who_needs_the_processor(void) {
    struct machine shared = dear_sleep;
    struct play play;

    for (int eager = 0; eager < 2; eager++) {
        shared = dear_sleep;
        shared.shared = 100;
        play = begin(eager ? &for_latency : &usual);
        CHECK_INT(share_watched(&play, &shared, 4000), 0);
        /* Somebody comes while it watches, and goes again. */
        play = begin(eager ? &for_latency : &usual);
        CHECK(share_watched(&play, &dear_sleep, 1000) > 900);
        CHECK(share_watched(&play, &shared, 4000) < 10);
        CHECK(share_watched(&play, &dear_sleep, 20000) > 900);
    }
}

/* A peer that needs our processor, where the kernel does not tell: only the misses do. */
static void what_never_hits_is_left(void) {
    struct machine same = cheap_sleep;
    struct play play;

    same.only_sleep_ends = true;
    for (int eager = 0; eager < 2; eager++) {
        play = begin(eager ? &for_latency : &usual);
        CHECK(share_watched(&play, &same, 10000) < 5);
        CHECK_SAY(play.watched_ns < 10000000, "%llu ns of 5 s", (unsigned long long)play.watched_ns);
    }
}

/* Waits longer than the longest watch: watching would only be added to them. */
static void slow_traffic_is_slept_through(void) {
    struct machine slow = dear_sleep;
    struct play play;

    slow.gap = 150000;
    for (int eager = 0; eager < 2; eager++) {
        play = begin(eager ? &for_latency : &usual);
        CHECK_INT(share_watched(&play, &slow, 2000), 0);
    }
}

int main(void) {
    check_begin(20);
    check_expect_any();
    what_costs_less_is_done();
    without_a_gain_of_time_it_sleeps();
    silence_ends_it_at_once();
    nothing_is_taken_from_who_needs_the_processor();
    what_never_hits_is_left();
    slow_traffic_is_slept_through();
    return check_passed();
}
