#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "fdtable.h"
#include "libc/real.h"
#include "libc/seam.h"
#include "log.h"
#include "reactor.h"
#include "retired.h"
#include "stats.h"

enum { EXIT_REFUSED = 78 /* EX_CONFIG: cannot run as configured */, SETTING_MAX = 256 };

struct rb_process rb_process;

static char adapters[32];
static char refusal[RB_STATS_WHY_MAX];
static pthread_once_t probed = PTHREAD_ONCE_INIT;
static bool has_probed;
static bool ready; /* what an active process needs is there */
static atomic_uint said;

/* ---- what can be had ---- */

static void probe(void) {
    enum rb_cap missing;

    has_probed = true;
    rb_caps_probe(&rb_process.caps, rb_process.config.disabled);
    rb_ring_note_end();
    missing = rb_caps_missing(&rb_process.caps);
    if (missing == RB_CAP_COUNT)
        return;
    snprintf(refusal, sizeof refusal, "%s: %s", rb_caps_info(missing)->name, rb_process.caps.why[missing]);
}

bool rb_process_can_ring(const char **why) {
    pthread_once(&probed, probe);
    *why = refusal;
    if (refusal[0] == '\0')
        return true;
    rb_log_once(&said, "not on io_uring, epoll serves: %s", refusal);
    rb_stats_describe(adapters, &rb_process.config, refusal);
    return false;
}

const char *rb_process_refused(const char *call, int error) {
    if (refusal[0] == '\0')
        snprintf(refusal, sizeof refusal, "%s: %s", call, strerrordesc_np(error));
    rb_log_once(&said, "a loop is not on io_uring, epoll serves: %s", refusal);
    rb_stats_describe(adapters, &rb_process.config, refusal);
    return refusal;
}

/* ---- start ---- */

/* What the program itself has set, by ringback_configure(); "" is unset. */
static char programmed[RB_SETTING_COUNT][SETTING_MAX];

/* Returns RB_SETTING_COUNT for an unknown name. */
static unsigned setting_named(const char *name) {
    unsigned setting = 0;

    while (setting < RB_SETTING_COUNT && strcmp(rb_config_info((enum rb_setting)setting)->name, name) != 0)
        setting++;
    return setting;
}

/* Who starts a program has the last word over who wrote it. */
static const char *getvar(const char *name) {
    const char *text = getenv(name);
    unsigned setting = setting_named(name);

    return (text && *text) || setting == RB_SETTING_COUNT ? text : programmed[setting];
}

static void warn(void *arg, const char *sentence) {
    (void)arg;
    rb_log(RB_LOG_NOTICE, "%s", sentence);
}

static void require_a_ring(void) {
    const char *why;

    if (rb_process_can_ring(&why))
        return;
    rb_log(RB_LOG_NOTICE, "RINGBACK=require: refusing to start without io_uring: %s", why);
    _exit(EXIT_REFUSED);
}

static void require_zero_copy(void) {
    const char *why;

    if (rb_process_can_ring(&why)) {
        if (rb_process.caps.have[RB_CAP_SEND_ZC])
            return;
        why = rb_process.caps.why[RB_CAP_SEND_ZC];
    }
    rb_log(RB_LOG_NOTICE, "RINGBACK_ZEROCOPY=force: refusing to start without zero-copy sends: %s", why);
    _exit(EXIT_REFUSED);
}

static void take_settings(rb_config_warn_fn *tell) {
    const int64_t *value = rb_process.config.value;

    rb_config_load(&rb_process.config, getvar, environ, tell, NULL);
    rb_log_set_level((enum rb_log)value[RB_SETTING_LOG]);
    rb_process.streams = (enum rb_streams)value[RB_SETTING_STREAMS];
    rb_process.readiness = (enum rb_readiness)value[RB_SETTING_READINESS];
    rb_process.spin.longest_ns = (uint64_t)value[RB_SETTING_SPIN_US] * 1000u;
    rb_process.spin.eager = value[RB_SETTING_PROFILE] == RB_PROFILE_LATENCY;
    rb_process.zerocopy = (enum rb_zerocopy)value[RB_SETTING_ZEROCOPY];
    rb_process.zerocopy_min = (size_t)value[RB_SETTING_ZEROCOPY_MIN];
}

static void before_fork(void);
static void in_parent(void);
static void in_child(void);

void rb_process_start(const char *adapter) {
    static bool started;

    if (adapters[0] != '\0')
        strncat(adapters, " ", sizeof adapters - strlen(adapters) - 1);
    strncat(adapters, adapter, sizeof adapters - strlen(adapters) - 1);
    if (started)
        return;
    started = true;
    rb_process.pid = getpid();
    take_settings(warn);
    if (rb_process.config.value[RB_SETTING_MODE] == RB_MODE_OFF)
        return;
    if (rb_process.config.value[RB_SETTING_MODE] == RB_MODE_REQUIRE) {
        /* The refusal is said once, in the words of the setting that causes it. */
        atomic_store(&said, 1);
        require_a_ring();
    }
    if (rb_process.zerocopy == RB_ZEROCOPY_FORCE) {
        atomic_store(&said, 1);
        require_zero_copy();
    }
    if (rb_fdtable_open() < 0)
        return;
    rb_stats_reserve_fds(rb_fdtable_size);
    pthread_atfork(before_fork, in_parent, in_child);
    ready = true;
    rb_process.active = true;
}

static const char *judged_name, *judged_value;

static const char *get_judged(const char *name) {
    return strcmp(name, judged_name) == 0 ? judged_value : NULL;
}

static void note_complaint(void *arg, const char *sentence) {
    (void)sentence;
    *(bool *)arg = true;
}

/* Whether a value is one that its setting may have. */
static bool is_valid(const char *name, const char *value) {
    struct rb_config config;
    bool complaint = false;

    judged_name = name;
    judged_value = value;
    rb_config_load(&config, get_judged, NULL, note_complaint, &complaint);
    return !complaint;
}

/* Whether what the settings demand can be had. */
static bool can_be_met(void) {
    const bool zero_copy = rb_process.zerocopy == RB_ZEROCOPY_FORCE;
    const char *why;

    if (!ready || rb_process.config.value[RB_SETTING_MODE] == RB_MODE_OFF)
        return true;
    if (!zero_copy && rb_process.config.value[RB_SETTING_MODE] != RB_MODE_REQUIRE)
        return true;
    return rb_process_can_ring(&why) && (!zero_copy || rb_process.caps.have[RB_CAP_SEND_ZC]);
}

static void configure(unsigned setting, const char *value) {
    snprintf(programmed[setting], sizeof programmed[setting], "%s", value);
    take_settings(NULL);
    rb_process.active = ready && rb_process.config.value[RB_SETTING_MODE] != RB_MODE_OFF;
}

int rb_process_configure(const char *name, const char *value) {
    const unsigned setting = setting_named(name);
    char before[SETTING_MAX];
    int result = 0;

    if (setting == RB_SETTING_COUNT || strlen(value) >= SETTING_MAX)
        return -EINVAL;
    /* No loop is made meanwhile. */
    rb_reactors_hold();
    if (rb_reactor_all() || (setting == RB_SETTING_DISABLE && has_probed)) {
        result = -EBUSY;
    } else if (!is_valid(name, value)) {
        result = -EINVAL;
    } else {
        memcpy(before, programmed[setting], sizeof before);
        configure(setting, value);
        if (!can_be_met()) {
            configure(setting, before);
            result = -ENOTSUP;
        }
    }
    rb_reactors_release();
    return result;
}

void rb_seam_attach(const char *adapter, void *(*find)(const char *name)) {
    rb_real_bind(find);
    rb_process_start(adapter);
}

void rb_seam_look_up(void *(*find)(const char *name)) {
    rb_real_bind(find);
}

const char *rb_process_adapters(void) {
    return adapters;
}

/* ---- fork ---- */

/* A vfork child runs in our memory with a process number of its own. */
bool rb_process_is_us(void) {
    return getpid() == rb_process.pid;
}

/* The listeners so far are those of both from here on. */
static void next_generation(void) {
    atomic_fetch_add(&rb_process.generation, 1);
}

/* The child gets a copy of everything but the ring. What is on its way must have arrived, so that neither sends it
 * again; and no receive may take bytes for a parent that is about to leave them to the child. */
static void before_fork(void) {
    next_generation();
    rb_reactors_hold();
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        pthread_mutex_lock(&r->lock);
        rb_reactor_quiesce(r);
        for (struct rb_file *file = r->claimed; file; file = file->claimed_next)
            if (file->backlog && file->backlog->op)
                rb_accept_release(r, file); /* another thread's loop: its owner sees to it */
    }
    rb_limbo_lock();
}

static void in_parent(void) {
    next_generation(); /* what other threads have made since the first one may be the child's, too */
    rb_limbo_unlock();
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next)
        pthread_mutex_unlock(&r->lock);
    rb_reactors_release();
}

static void in_child(void) {
    next_generation();
    rb_process.pid = getpid();
    rb_stats_forked();
    rb_retired_forked();
    rb_limbo_unlock();
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        if (r->state != RB_REACTOR_FREE)
            rb_reactor_forked(r);
        pthread_mutex_unlock(&r->lock);
    }
    rb_reactors_release();
}

/* ---- exec and exit ---- */

void rb_seam_leaving(bool for_good) {
    if (!rb_process.active || !rb_process_is_us())
        return;
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        /* A handler may exit while this very thread is inside: then the kernel tidies up, a little later. */
        if (pthread_mutex_trylock(&r->lock) != 0)
            continue;
        if (rb_reactor_owned(r) && r->state == RB_REACTOR_RING) {
            rb_reactor_quiesce(r);
            if (for_good)
                rb_ring_close(&r->ring);
        }
        pthread_mutex_unlock(&r->lock);
    }
}

/* Destructors of the program's libraries may come after ours, close its sockets and even run its loops: these can begin
 * anew. */
__attribute__((destructor)) static void at_exit(void) {
    if (!rb_process.active || !rb_process_is_us())
        return;
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        if (pthread_mutex_trylock(&r->lock) != 0)
            continue;
        if (rb_reactor_owned(r))
            rb_reactor_give_up(r);
        pthread_mutex_unlock(&r->lock);
    }
}
