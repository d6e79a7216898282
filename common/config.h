/* config - every setting of Ringback: one table with names, defaults, limits and help text.
 *
 * The preloaded objects read the table from the environment once; the command line tool prints it. Nothing else in
 * the project reads a RINGBACK_ variable.
 */
#ifndef RB_CONFIG_H
#define RB_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum rb_mode { RB_MODE_ON, RB_MODE_OFF, RB_MODE_REQUIRE };
enum rb_profile { RB_PROFILE_DEFAULT, RB_PROFILE_SAFE, RB_PROFILE_LATENCY, RB_PROFILE_THROUGHPUT };
enum rb_streams { RB_STREAMS_OFF, RB_STREAMS_HINTED, RB_STREAMS_AUTO };
enum rb_readiness { RB_READINESS_AUTO, RB_READINESS_RING };
enum rb_zerocopy { RB_ZEROCOPY_OFF, RB_ZEROCOPY_AUTO, RB_ZEROCOPY_FORCE };
enum rb_log { RB_LOG_SILENT, RB_LOG_NOTICE, RB_LOG_DEBUG };

/* Where a setting's value came from; a later one wins. */
enum rb_origin { RB_ORIGIN_DEFAULT, RB_ORIGIN_PROFILE, RB_ORIGIN_ENVIRONMENT };

enum rb_setting {
    RB_SETTING_MODE,
    RB_SETTING_PROFILE,
    RB_SETTING_STREAMS,
    RB_SETTING_READINESS,
    RB_SETTING_ZEROCOPY,
    RB_SETTING_ZEROCOPY_MIN,
    RB_SETTING_SPIN_US,
    RB_SETTING_SQPOLL,
    RB_SETTING_DISABLE,
    RB_SETTING_LOG,
    RB_SETTING_COUNT
};

enum rb_setting_kind { RB_KIND_CHOICE, RB_KIND_NUMBER, RB_KIND_LIST };

struct rb_setting_info {
    const char *name; /* the environment variable */
    enum rb_setting_kind kind;
    const char *const *choices; /* RB_KIND_CHOICE: NULL-terminated, index = value */
    int64_t min, max;           /* RB_KIND_NUMBER, inclusive */
    int64_t fallback;           /* the default: index or number; a list is empty */
    const char *unit;           /* "bytes", "microseconds", or "" */
    const char *help;           /* one sentence */
};

struct rb_config {
    int64_t value[RB_SETTING_COUNT]; /* choice index or number; unused for lists */
    enum rb_origin origin[RB_SETTING_COUNT];
    uint64_t disabled; /* RINGBACK_DISABLE: bit 1 << enum rb_cap */
};

/* rb_config_warn_fn - told one problem of the settings, a sentence without a newline. */
typedef void rb_config_warn_fn(void *arg, const char *sentence);

/* The choices of settings that are options of commands, too; index = value, NULL-terminated. */
extern const char *const rb_profile_names[], *const rb_streams_names[];

/* rb_config_info - the table's row for one setting. Static, never NULL. */
const struct rb_setting_info *rb_config_info(enum rb_setting setting);

/* rb_config_load - fill *config from the defaults, the profile and the environment, in this order.
 *   getvar  looks a variable up (getenv's shape); NULL or "" means unset.
 *   environ_list  "NAME=value" strings, NULL-terminated, scanned for unknown RINGBACK_ names. NULL: only each value by
 *           itself is judged, not the names nor what the settings mean together.
 *   warn    called for each bad value, unknown name (with the nearest known one), and setting that contradicts another
 *           or has no effect; may be NULL.
 * A bad value leaves the default in place and is warned about. Allocates nothing; keeps no pointer. */
void rb_config_load(struct rb_config *config, const char *(*getvar)(const char *name), char *const *environ_list,
                    rb_config_warn_fn *warn, void *arg);

/* rb_config_value_text - a setting's value as text (choice name, number, or the list of masked capabilities).
 *   out, size  at least 256 bytes. Returns out. */
char *rb_config_value_text(const struct rb_config *config, enum rb_setting setting, char *out, unsigned size);

#endif
