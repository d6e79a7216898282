#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdtable.h"
#include "libc/real.h"
#include "libc/seam.h"
#include "log.h"
#include "reactor.h"
#include "retired.h"
#include "stats.h"

enum { EXIT_REFUSED = 78 /* EX_CONFIG: cannot run as configured */ };

struct rb_process rb_process;

static char adapters[32];
static char refusal[RB_STATS_WHY_MAX];
static pthread_once_t probed = PTHREAD_ONCE_INIT;
static atomic_uint said;

/* ---- what can be had ---- */

static void probe(void) {
    enum rb_cap missing;

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

static const char *getvar(const char *name) {
    return getenv(name);
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
    rb_config_load(&rb_process.config, getvar, environ, warn, NULL);
    rb_log_set_level((enum rb_log)rb_process.config.value[RB_SETTING_LOG]);
    rb_process.streams = (enum rb_streams)rb_process.config.value[RB_SETTING_STREAMS];
    rb_process.spin.longest_ns = (uint64_t)rb_process.config.value[RB_SETTING_SPIN_US] * 1000u;
    rb_process.spin.eager = rb_process.config.value[RB_SETTING_PROFILE] == RB_PROFILE_LATENCY;
    rb_process.zerocopy = (enum rb_zerocopy)rb_process.config.value[RB_SETTING_ZEROCOPY];
    rb_process.zerocopy_min = (size_t)rb_process.config.value[RB_SETTING_ZEROCOPY_MIN];
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
    pthread_atfork(before_fork, in_parent, in_child);
    rb_process.active = true;
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

/* The child gets a copy of everything but the ring. What is on its way must have arrived, so that neither sends it
 * again; and no receive may take bytes for a parent that is about to leave them to the child. */
static void before_fork(void) {
    rb_reactors_hold();
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        pthread_mutex_lock(&r->lock);
        rb_reactor_quiesce(r);
    }
    rb_limbo_lock();
}

static void in_parent(void) {
    rb_limbo_unlock();
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next)
        pthread_mutex_unlock(&r->lock);
    rb_reactors_release();
}

static void in_child(void) {
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
