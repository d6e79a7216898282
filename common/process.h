/* process - what holds for the whole process: settings, capabilities, and its changes (start, fork, exec, exit). */
#ifndef RB_PROCESS_H
#define RB_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "caps.h"
#include "config.h"
#include "odds.h"

struct rb_process {
    pid_t pid;
    bool active;                 /* not RINGBACK=off, and initialised */
    _Atomic uint32_t generation; /* forks so far, on the way from the first process to this one */
    struct rb_config config;
    enum rb_streams streams; /* of config, for the hot paths */
    enum rb_readiness readiness;
    struct rb_odds_rules spin; /* RINGBACK_SPIN_US, and whether latency is what counts */
    enum rb_zerocopy zerocopy;
    size_t zerocopy_min; /* bytes */
    struct rb_caps caps; /* valid once rb_process_can_ring() was called */
};

extern struct rb_process rb_process;

/* rb_process_start - once, from the first adapter's constructor: read the settings, open the table. With
 * RINGBACK=require and no ring to be had, says why and ends the process with status 78 (EX_CONFIG). */
void rb_process_start(const char *adapter);

/* rb_process_configure - ringback_configure(), which see. */
int rb_process_configure(const char *name, const char *value);

/* rb_process_can_ring - probe the kernel, once. Returns whether rings can be made; *why then says why not. */
bool rb_process_can_ring(const char **why);

/* rb_process_refused - a ring could not be made or failed although the kernel has it: say so once. Returns the
 * sentence, static. */
const char *rb_process_refused(const char *call, int error);

/* rb_process_is_us - false in a vfork child, which runs in our memory and must leave it alone. */
bool rb_process_is_us(void);

/* rb_process_adapters - "uv", "event" or "uv event". */
const char *rb_process_adapters(void);

#endif
