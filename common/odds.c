#include "odds.h"

#include <stddef.h>

enum {
    MEAN_OF = 8,       /* waits */
    RATIOS_OF = 4,     /* trials */
    SILENCE_TIMES = 4, /* a wait so many times the longest watch is silence */
    SHORT_WAITS = 16,  /* in a row before anything is tried */
    SHORT_WAITS_EAGER = 4,
    BOUND_TIMES = 4, /* watch so many times the mean wait */
    BLOCK_WAITS = 128,
    MISSES_MOST = 8, /* in a row: what sleeping brings, watching does not */
    TRIALS_FIRST = 4 /* one after the other */
};

#define BOUND_LEAST_NS   UINT64_C(4000)
#define BLOCK_NS         UINT64_C(4000000)
#define LOOK_EVERY_NS    UINT64_C(20000000) /* whether somebody else wants the processor, while watching */
#define LISTEN_NS        UINT64_C(8000000)  /* before a trial: how the waits are then, by an exact clock */
#define TRIAL_FIRST_NS   UINT64_C(16000000)
#define TRIAL_LONGEST_NS UINT64_C(1000000000)
#define BAR_FIRST_NS     UINT64_C(64000000)
#define BAR_LONGEST_NS   UINT64_C(4000000000)

/* Watching may cost this much more processor time than sleeping, no more than what a measurement is uncertain by, and
 * has to gain at least this much time. */
static const double cpu_most = 1.03, time_most = 0.95;

/* More of the time than this spent waiting for the processor: somebody shares it. */
static const double delay_most = 0.04;

static bool follows_closely(const struct rb_odds *odds, const struct rb_odds_rules *rules) {
    unsigned wanted = rules->eager ? SHORT_WAITS_EAGER : SHORT_WAITS;

    return odds->short_waits >= wanted && odds->gap_ns <= rules->longest_ns;
}

bool rb_odds_favour(const struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t now_ns,
                    uint64_t *bound_ns) {
    uint64_t bound = BOUND_TIMES * odds->gap_ns + BOUND_LEAST_NS;

    if (odds->way != RB_ODDS_WATCH || now_ns < odds->barred_until_ns || !follows_closely(odds, rules))
        return false;
    *bound_ns = rules->eager || bound > rules->longest_ns ? rules->longest_ns : bound;
    return true;
}

bool rb_odds_dozing(const struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t coarse_ns) {
    return odds->phase == RB_ODDS_STEADY && odds->way == RB_ODDS_SLEEP && !rules->eager &&
           coarse_ns + LISTEN_NS < odds->trial_at_ns;
}

/* One silence is enough to fall silent too; several short waits are needed to begin again. */
void rb_odds_waited(struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t gap_ns, enum rb_odds_end end) {
    const uint64_t silence_ns = SILENCE_TIMES * rules->longest_ns;

    odds->waits++;
    if (end == RB_ODDS_HIT)
        odds->misses = 0;
    if (gap_ns > silence_ns) {
        odds->idle_ns += gap_ns;
        odds->short_waits = 0;
        odds->misses = 0;
        return;
    }
    if (end == RB_ODDS_MISS)
        odds->misses++;
    if (gap_ns <= rules->longest_ns)
        odds->short_waits++;
    else
        odds->short_waits /= 2;
    if (gap_ns > odds->gap_ns)
        odds->gap_ns += (gap_ns - odds->gap_ns) / MEAN_OF;
    else
        odds->gap_ns -= (odds->gap_ns - gap_ns) / MEAN_OF;
}

bool rb_odds_due(const struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t now_ns) {
    if (odds->misses >= MISSES_MOST)
        return true;
    if (!follows_closely(odds, rules) || now_ns < odds->barred_until_ns)
        return false;
    switch (odds->phase) {
    case RB_ODDS_STEADY:
        if (odds->way == RB_ODDS_WATCH && now_ns - odds->begin.now_ns >= LOOK_EVERY_NS)
            return true;
        /* For latency nothing is compared: one look at sleeping, then it watches. */
        return (!rules->eager || odds->way == RB_ODDS_SLEEP) && now_ns >= odds->trial_at_ns;
    case RB_ODDS_REFERENCE:
    case RB_ODDS_TRIAL:
        return odds->waits >= BLOCK_WAITS && now_ns - odds->begin.now_ns >= BLOCK_NS + odds->idle_ns;
    }
    return false;
}

static void enter(struct rb_odds *odds, enum rb_odds_phase phase, enum rb_odds_way way,
                  const struct rb_odds_totals *begin) {
    odds->phase = phase;
    odds->way = way;
    odds->begin = *begin;
    odds->waits = 0;
    odds->idle_ns = 0;
}

void rb_odds_bar(struct rb_odds *odds, uint64_t now_ns) {
    odds->bar_ns = odds->bar_ns == 0 ? BAR_FIRST_NS : 2 * odds->bar_ns;
    if (odds->bar_ns > BAR_LONGEST_NS)
        odds->bar_ns = BAR_LONGEST_NS;
    odds->barred_until_ns = odds->trial_at_ns = now_ns + odds->bar_ns;
    odds->phase = RB_ODDS_STEADY;
    odds->way = odds->better = RB_ODDS_SLEEP;
    odds->misses = 0;
}

static struct rb_odds_totals spent_since_begin(const struct rb_odds *odds, const struct rb_odds_totals *now) {
    const struct rb_odds_totals *begin = &odds->begin;
    uint64_t time_ns = now->now_ns - begin->now_ns;

    return (struct rb_odds_totals){
        .now_ns = time_ns > odds->idle_ns ? time_ns - odds->idle_ns : 0,
        .cpu_ns = now->cpu_ns - begin->cpu_ns,
        .delay_ns = now->delay_ns - begin->delay_ns,
        .completions = now->completions - begin->completions,
        .bytes = now->bytes - begin->bytes,
    };
}

/* What a unit of work took, watching over sleeping. Slept through, completions become fewer and larger, and bytes are
 * what counts; of small messages each is work. The unit that speaks against watching is believed. */
static double ratio(uint64_t watching, const struct rb_odds_totals *watched, uint64_t sleeping,
                    const struct rb_odds_totals *slept) {
    double cost = (double)watching / (double)(sleeping > 0 ? sleeping : 1);
    double by_completions = cost * (double)slept->completions / (double)(watched->completions + 1);
    double by_bytes = cost * (double)slept->bytes / (double)(watched->bytes + 1);

    return by_completions > by_bytes ? by_completions : by_bytes;
}

static void learn(struct rb_odds *odds, const struct rb_odds_totals *watched, const struct rb_odds_totals *slept) {
    double cpu = ratio(watched->cpu_ns, watched, slept->cpu_ns, slept);
    double time = ratio(watched->now_ns, watched, slept->now_ns, slept);
    bool pays;

    if (odds->trials++ == 0) {
        odds->cpu_ratio = cpu;
        odds->time_ratio = time;
    }
    odds->cpu_ratio += (cpu - odds->cpu_ratio) / RATIOS_OF;
    odds->time_ratio += (time - odds->time_ratio) / RATIOS_OF;
    pays = odds->cpu_ratio <= cpu_most && odds->time_ratio <= time_most;
    /* Where the ring moves no bytes, what a completion was worth is not known. */
    if (watched->bytes == 0 || slept->bytes == 0 || odds->trials < TRIALS_FIRST / 2)
        pays = false;
    if (pays != (odds->better == RB_ODDS_WATCH))
        odds->trial_every_ns = TRIAL_FIRST_NS;
    else if (odds->trial_every_ns < TRIAL_LONGEST_NS)
        odds->trial_every_ns = odds->trial_every_ns == 0 ? TRIAL_FIRST_NS : 2 * odds->trial_every_ns;
    odds->better = pays ? RB_ODDS_WATCH : RB_ODDS_SLEEP;
    if (pays)
        odds->bar_ns = 0;
}

/* The next step from what the block that ends here has taken. */
static void go_on(struct rb_odds *odds, const struct rb_odds_rules *rules, const struct rb_odds_totals *spent,
                  const struct rb_odds_totals *now) {
    enum rb_odds_way other = odds->better == RB_ODDS_WATCH ? RB_ODDS_SLEEP : RB_ODDS_WATCH;

    switch (odds->phase) {
    case RB_ODDS_STEADY:
        if (now->now_ns >= odds->trial_at_ns && !(rules->eager && odds->way == RB_ODDS_WATCH))
            enter(odds, RB_ODDS_REFERENCE, odds->better, now);
        else
            enter(odds, RB_ODDS_STEADY, odds->better, now);
        break;
    case RB_ODDS_REFERENCE:
        if (rules->eager) {
            odds->better = RB_ODDS_WATCH;
            enter(odds, RB_ODDS_STEADY, RB_ODDS_WATCH, now);
        } else {
            odds->reference = *spent;
            enter(odds, RB_ODDS_TRIAL, other, now);
        }
        break;
    case RB_ODDS_TRIAL:
        if (odds->better == RB_ODDS_WATCH)
            learn(odds, &odds->reference, spent);
        else
            learn(odds, spent, &odds->reference);
        odds->trial_at_ns = odds->trials < TRIALS_FIRST ? now->now_ns : now->now_ns + odds->trial_every_ns;
        enter(odds, RB_ODDS_STEADY, odds->better, now);
        break;
    }
}

void rb_odds_told(struct rb_odds *odds, const struct rb_odds_rules *rules, const struct rb_odds_totals *totals) {
    struct rb_odds_totals spent = spent_since_begin(odds, totals);
    bool measured = odds->phase != RB_ODDS_STEADY || odds->way == RB_ODDS_WATCH;

    if (odds->misses >= MISSES_MOST) {
        rb_odds_bar(odds, totals->now_ns);
        return;
    }
    if (measured && (double)spent.delay_ns > delay_most * (double)spent.now_ns) {
        rb_odds_bar(odds, totals->now_ns);
        return;
    }
    go_on(odds, rules, &spent, totals);
}
