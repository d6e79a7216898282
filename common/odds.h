/* odds - whether a loop should watch its completion queue for a while before it sleeps: a bet on how soon the next
 * completion comes, judged by what it has paid so far.
 *
 * Nothing is assumed of what a sleep costs: that differs by a factor of ten between machines. Blocks of some
 * milliseconds of each way are compared, as they come, by the processor time and the time that a unit of work took.
 * No system call, no clock: whoever asks says what time it is, so that a test can play any machine.
 */
#ifndef RB_ODDS_H
#define RB_ODDS_H

#include <stdbool.h>
#include <stdint.h>

struct rb_odds_rules {
    uint64_t longest_ns; /* watch no longer than this; 0 never watches */
    bool eager;          /* for latency: wherever watching hits, whatever it costs */
};

/* What a loop has run up since it began. */
struct rb_odds_totals {
    uint64_t now_ns;
    uint64_t cpu_ns;             /* its thread's processor time */
    uint64_t delay_ns;           /* that its thread was ready to run, and another one ran */
    uint64_t completions, bytes; /* work done; bytes are those that the ring moved */
};

enum rb_odds_way { RB_ODDS_SLEEP, RB_ODDS_WATCH };

/* STEADY does what is best known; REFERENCE measures it, TRIAL the other way. */
enum rb_odds_phase { RB_ODDS_STEADY, RB_ODDS_REFERENCE, RB_ODDS_TRIAL };

/* How a wait went. */
enum rb_odds_end { RB_ODDS_SLEPT, RB_ODDS_HIT, RB_ODDS_MISS };

/* Zeroed, it begins by sleeping. */
struct rb_odds {
    enum rb_odds_way way;    /* what the loop does now */
    enum rb_odds_way better; /* what the trials say */
    enum rb_odds_phase phase;
    unsigned short_waits; /* in a row */
    unsigned misses;      /* in a row */
    unsigned waits;       /* of the block */
    unsigned trials;
    uint64_t gap_ns;  /* running mean of the waits */
    uint64_t idle_ns; /* of the block: silence, no part of the traffic */
    uint64_t barred_until_ns, bar_ns;
    uint64_t trial_at_ns, trial_every_ns;
    double cpu_ratio, time_ratio; /* watching over sleeping, for the same work; running means */
    struct rb_odds_totals begin, reference;
};

/* rb_odds_favour - watch before this wait, and how long at most? */
bool rb_odds_favour(const struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t now_ns, uint64_t *bound_ns);

/* rb_odds_dozing - it sleeps, and nothing is to be tried before long: waits need not be timed. coarse_ns may be some
 * milliseconds behind. */
bool rb_odds_dozing(const struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t coarse_ns);

/* rb_odds_waited - a wait has ended so. */
void rb_odds_waited(struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t gap_ns, enum rb_odds_end end);

/* rb_odds_due - the totals are wanted now; asked before each wait. */
bool rb_odds_due(const struct rb_odds *odds, const struct rb_odds_rules *rules, uint64_t now_ns);

/* rb_odds_told - here they are. */
void rb_odds_told(struct rb_odds *odds, const struct rb_odds_rules *rules, const struct rb_odds_totals *totals);

/* rb_odds_bar - no watching for a while; each time in a row for longer, to four seconds. */
void rb_odds_bar(struct rb_odds *odds, uint64_t now_ns);

#endif
