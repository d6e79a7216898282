#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "nearest.h"

static const char *const mode_names[] = {"on", "off", "require", NULL};
const char *const rb_profile_names[] = {"default", "safe", "latency", "throughput", NULL};
const char *const rb_streams_names[] = {"off", "hinted", "auto", NULL};
static const char *const readiness_names[] = {"auto", "ring", NULL};
static const char *const zerocopy_names[] = {"off", "auto", "force", NULL};
static const char *const switch_names[] = {"off", "on", NULL};
static const char *const log_names[] = {"silent", "notice", "debug", NULL};

static const struct rb_setting_info table[RB_SETTING_COUNT] = {
    [RB_SETTING_MODE] = {"RINGBACK", RB_KIND_CHOICE, mode_names, 0, 0, RB_MODE_ON, "",
                         "Whether loops run on io_uring; `require` refuses to start where they cannot."},
    [RB_SETTING_PROFILE] = {"RINGBACK_PROFILE", RB_KIND_CHOICE, rb_profile_names, 0, 0, RB_PROFILE_DEFAULT, "",
                            "A set of defaults for the other settings; `safe` uses the ring for readiness only."},
    [RB_SETTING_STREAMS] = {"RINGBACK_STREAMS", RB_KIND_CHOICE, rb_streams_names, 0, 0, RB_STREAMS_HINTED, "",
                            "Which sockets move their bytes through the ring: none, those that libuv or libevent are "
                            "known to own, or every one that behaves like a stream."},
    [RB_SETTING_READINESS] =
        {"RINGBACK_READINESS", RB_KIND_CHOICE, readiness_names, 0, 0, RB_READINESS_AUTO, "",
         "What tells of readiness in a loop that has no stream or listener to carry: `auto` leaves "
         "it to the kernel's epoll until it has, `ring` uses the ring from the first wait on."},
    [RB_SETTING_ZEROCOPY] = {"RINGBACK_ZEROCOPY", RB_KIND_CHOICE, zerocopy_names, 0, 0, RB_ZEROCOPY_AUTO, "",
                             "Whether large sends leave without a copy; `auto` stops where the kernel copies anyway."},
    [RB_SETTING_ZEROCOPY_MIN] = {"RINGBACK_ZEROCOPY_MIN", RB_KIND_NUMBER, NULL, 1, 1 << 30, 16384, "bytes",
                                 "The smallest send that may leave without a copy."},
    [RB_SETTING_SPIN_US] = {"RINGBACK_SPIN_US", RB_KIND_NUMBER, NULL, 0, 1000000, 50, "microseconds",
                            "How long a wait may watch for completions before it sleeps, where that pays; 0 never."},
    [RB_SETTING_SQPOLL] =
        {"RINGBACK_SQPOLL", RB_KIND_CHOICE, switch_names, 0, 0, 0, "",
         "Whether a kernel thread takes submissions, at the price of a processor; without effect yet."},
    [RB_SETTING_DISABLE] = {"RINGBACK_DISABLE", RB_KIND_LIST, NULL, 0, 0, 0, "",
                            "Capabilities to treat as missing, separated by commas; `ringback doctor` names them."},
    [RB_SETTING_LOG] = {"RINGBACK_LOG", RB_KIND_CHOICE, log_names, 0, 0, RB_LOG_NOTICE, "",
                        "What is printed to standard error; `debug` has nothing to add to `notice` yet."},
};

/* What a profile changes; whatever is not listed keeps its default. */
static const struct {
    enum rb_profile profile;
    enum rb_setting setting;
    int64_t value;
} profile_values[] = {
    {RB_PROFILE_SAFE, RB_SETTING_STREAMS, RB_STREAMS_OFF},
    {RB_PROFILE_SAFE, RB_SETTING_ZEROCOPY, RB_ZEROCOPY_OFF},
    {RB_PROFILE_SAFE, RB_SETTING_SPIN_US, 0},
    {RB_PROFILE_LATENCY, RB_SETTING_SPIN_US, 100},
};

struct load {
    struct rb_config *config;
    const char *(*getvar)(const char *name);
    rb_config_warn_fn *warn;
    void *arg;
};

const struct rb_setting_info *rb_config_info(enum rb_setting setting) {
    return &table[setting];
}

__attribute__((format(printf, 2, 3))) static void config__warn(const struct load *load, const char *format, ...) {
    char sentence[400];
    va_list args;

    if (load->warn == NULL)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    load->warn(load->arg, sentence);
}

/* " (did you mean x?)", or "" when nothing is near. */
static const char *config__hint(const char *word, size_t length, const char *const *names, char *out, size_t size) {
    const char *near = rb_nearest(word, length, names);

    out[0] = '\0';
    if (near != NULL)
        snprintf(out, size, " (did you mean %s?)", near);
    return out;
}

/* Append text to a string of at most size - 1 bytes; what does not fit is cut off. */
static void config__append(char *out, size_t size, const char *text) {
    size_t length = strlen(out);

    snprintf(out + length, size - length, "%s", text);
}

static void config__join(char *out, size_t size, const char *const *names) {
    out[0] = '\0';
    for (unsigned i = 0; names[i] != NULL; i++) {
        config__append(out, size, i == 0 ? "" : ", ");
        config__append(out, size, names[i]);
    }
}

static void config__load_choice(const struct load *load, enum rb_setting setting, const char *text) {
    const struct rb_setting_info *info = &table[setting];
    char hint[64], allowed[96];

    for (unsigned i = 0; info->choices[i] != NULL; i++) {
        if (strcmp(text, info->choices[i]) == 0) {
            load->config->value[setting] = i;
            load->config->origin[setting] = RB_ORIGIN_ENVIRONMENT;
            return;
        }
    }
    config__join(allowed, sizeof(allowed), info->choices);
    config__warn(load, "%s=%.40s is not known%s: allowed are %s; using %s", info->name, text,
                 config__hint(text, strlen(text), info->choices, hint, sizeof(hint)), allowed,
                 info->choices[load->config->value[setting]]);
}

/* A plain decimal number; -1 for anything else and for what does not fit. */
static int64_t config__parse_number(const char *text) {
    int64_t number = 0;

    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || number > INT64_MAX / 10 - 1)
            return -1;
        number = number * 10 + (*text - '0');
    }
    return number;
}

static void config__load_number(const struct load *load, enum rb_setting setting, const char *text) {
    const struct rb_setting_info *info = &table[setting];
    int64_t number = config__parse_number(text);

    if (number >= info->min && number <= info->max) {
        load->config->value[setting] = number;
        load->config->origin[setting] = RB_ORIGIN_ENVIRONMENT;
        return;
    }
    config__warn(load, "%s=%.40s is not a number of %s from %lld to %lld; using %lld", info->name, text, info->unit,
                 (long long)info->min, (long long)info->max, (long long)load->config->value[setting]);
}

static void config__load_capability(const struct load *load, const char *word, size_t length) {
    enum rb_cap cap = rb_caps_named(word, (unsigned)length);
    const char *names[RB_CAP_COUNT + 1] = {NULL};
    char hint[64];

    if (cap != RB_CAP_COUNT) {
        load->config->disabled |= UINT64_C(1) << cap;
        load->config->origin[RB_SETTING_DISABLE] = RB_ORIGIN_ENVIRONMENT;
        return;
    }
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        names[i] = rb_caps_info((enum rb_cap)i)->name;
    config__warn(load, "RINGBACK_DISABLE: %.*s is no capability%s; `ringback doctor` names them all",
                 length > 40 ? 40 : (int)length, word, config__hint(word, length, names, hint, sizeof(hint)));
}

static void config__load_list(const struct load *load, const char *text) {
    while (*text != '\0') {
        size_t length = strcspn(text, ", ");
        if (length > 0)
            config__load_capability(load, text, length);
        text += length;
        text += strspn(text, ", ");
    }
}

static void config__load_setting(const struct load *load, enum rb_setting setting) {
    const char *text = load->getvar(table[setting].name);

    if (text == NULL || *text == '\0')
        return;
    switch (table[setting].kind) {
    case RB_KIND_CHOICE:
        config__load_choice(load, setting, text);
        break;
    case RB_KIND_NUMBER:
        config__load_number(load, setting, text);
        break;
    case RB_KIND_LIST:
        config__load_list(load, text);
        break;
    }
}

static void config__warn_unknown_names(const struct load *load, char *const *environ_list) {
    static const char prefix[] = "RINGBACK_";
    const char *names[RB_SETTING_COUNT + 1] = {NULL};
    char hint[64];

    for (unsigned i = 0; i < RB_SETTING_COUNT; i++)
        names[i] = table[i].name;
    for (; *environ_list != NULL; environ_list++) {
        const char *entry = *environ_list;
        size_t length = strcspn(entry, "=");
        bool known = false;

        if (strncmp(entry, prefix, sizeof(prefix) - 1) != 0)
            continue;
        for (unsigned i = 0; i < RB_SETTING_COUNT; i++)
            known = known || (strlen(names[i]) == length && memcmp(names[i], entry, length) == 0);
        if (!known)
            config__warn(load, "%.*s is no setting%s", length > 60 ? 60 : (int)length, entry,
                         config__hint(entry, length, names, hint, sizeof(hint)));
    }
}

static bool config__is_masked(const struct rb_config *config, enum rb_cap cap) {
    return (config->disabled >> cap & 1) != 0;
}

/* Settings of the environment that undo what their profile stands for. */
static void config__warn_undone(const struct load *load) {
    const struct rb_config *config = load->config;
    char meant[64], used[64];

    for (unsigned i = 0; i < sizeof(profile_values) / sizeof(profile_values[0]); i++) {
        const enum rb_setting setting = profile_values[i].setting;
        struct rb_config profile = *config;

        /* `safe` is all off; of a greater number only 0 is the contrary. */
        if (profile_values[i].profile != (enum rb_profile)config->value[RB_SETTING_PROFILE] ||
            (profile_values[i].value == 0) == (config->value[setting] == 0))
            continue;
        profile.value[setting] = profile_values[i].value;
        rb_config_value_text(&profile, setting, meant, sizeof(meant));
        rb_config_value_text(config, setting, used, sizeof(used));
        config__warn(load, "%s=%s contradicts RINGBACK_PROFILE=%s, which means %s; using %s", table[setting].name, used,
                     rb_profile_names[profile_values[i].profile], meant, used);
    }
}

/* Settings of the environment that change nothing, because of others. */
static void config__warn_idle(const struct load *load) {
    const struct rb_config *config = load->config;
    const bool no_streams = config->value[RB_SETTING_STREAMS] == RB_STREAMS_OFF;

    if (config->value[RB_SETTING_SQPOLL] != 0)
        config__warn(load, "RINGBACK_SQPOLL=on has no effect yet");
    if (config->value[RB_SETTING_PROFILE] == RB_PROFILE_THROUGHPUT && no_streams)
        config__warn(load, "RINGBACK_PROFILE=throughput has no effect while streams are off");
    if (config->value[RB_SETTING_ZEROCOPY] == RB_ZEROCOPY_FORCE && no_streams)
        config__warn(load, "RINGBACK_ZEROCOPY=force has no effect while streams are off");
    if (config->origin[RB_SETTING_ZEROCOPY_MIN] != RB_ORIGIN_ENVIRONMENT)
        return;
    if (config->value[RB_SETTING_ZEROCOPY] == RB_ZEROCOPY_OFF)
        config__warn(load, "RINGBACK_ZEROCOPY_MIN has no effect while zero-copy is off");
    else if (no_streams)
        config__warn(load, "RINGBACK_ZEROCOPY_MIN has no effect while streams are off");
}

static void config__warn_contradictions(const struct load *load) {
    const struct rb_config *config = load->config;

    if (config->value[RB_SETTING_MODE] == RB_MODE_OFF)
        return; /* everything else is moot, and a switch that is turned off for a while is no mistake */
    if (config->value[RB_SETTING_MODE] == RB_MODE_REQUIRE) {
        for (unsigned i = 0; i < RB_CAP_COUNT; i++)
            if (rb_caps_info((enum rb_cap)i)->needed && config__is_masked(config, (enum rb_cap)i))
                config__warn(load, "RINGBACK=require cannot be met: RINGBACK_DISABLE masks %s, which every ring needs",
                             rb_caps_info((enum rb_cap)i)->name);
    }
    if (config->value[RB_SETTING_ZEROCOPY] == RB_ZEROCOPY_FORCE && config__is_masked(config, RB_CAP_SEND_ZC))
        config__warn(load, "RINGBACK_ZEROCOPY=force cannot be met: RINGBACK_DISABLE masks send_zc");
    config__warn_undone(load);
    config__warn_idle(load);
}

void rb_config_load(struct rb_config *config, const char *(*getvar)(const char *name), char *const *environ_list,
                    rb_config_warn_fn *warn, void *arg) {
    const struct load load = {config, getvar, warn, arg};

    *config = (struct rb_config){0};
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++)
        config->value[i] = table[i].fallback;
    config__load_setting(&load, RB_SETTING_PROFILE);
    for (unsigned i = 0; i < sizeof(profile_values) / sizeof(profile_values[0]); i++) {
        if (profile_values[i].profile != (enum rb_profile)config->value[RB_SETTING_PROFILE])
            continue;
        config->value[profile_values[i].setting] = profile_values[i].value;
        config->origin[profile_values[i].setting] = RB_ORIGIN_PROFILE;
    }
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++)
        if (i != RB_SETTING_PROFILE)
            config__load_setting(&load, (enum rb_setting)i);
    if (environ_list == NULL)
        return;
    config__warn_unknown_names(&load, environ_list);
    config__warn_contradictions(&load);
}

char *rb_config_value_text(const struct rb_config *config, enum rb_setting setting, char *out, unsigned size) {
    const struct rb_setting_info *info = &table[setting];

    out[0] = '\0';
    switch (info->kind) {
    case RB_KIND_CHOICE:
        config__append(out, size, info->choices[config->value[setting]]);
        break;
    case RB_KIND_NUMBER:
        snprintf(out, size, "%lld", (long long)config->value[setting]);
        break;
    case RB_KIND_LIST:
        for (unsigned i = 0; i < RB_CAP_COUNT; i++) {
            if (!config__is_masked(config, (enum rb_cap)i))
                continue;
            config__append(out, size, out[0] == '\0' ? "" : ",");
            config__append(out, size, rb_caps_info((enum rb_cap)i)->name);
        }
        break;
    }
    return out;
}
