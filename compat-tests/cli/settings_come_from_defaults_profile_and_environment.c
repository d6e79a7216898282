/* Guards: a profile that overrides what the user set, and a table whose rows contradict each other. */
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "check.h"
#include "config.h"

static const char *const *variables; /* "NAME=value", NULL-terminated */
static unsigned warnings;

static const char *look_up(const char *name) {
    for (const char *const *entry = variables; *entry != NULL; entry++)
        if (strncmp(*entry, name, strlen(name)) == 0 && (*entry)[strlen(name)] == '=')
            return *entry + strlen(name) + 1;
    return NULL;
}

static void count_warning(void *arg, const char *sentence) {
    fprintf(stderr, "%s%s\n", (const char *)arg, sentence);
    warnings++;
}

static char warning_prefix[] = "warning: ";

#define LOAD(config, ...)                                                                                              \
    (variables = (const char *const[]){__VA_ARGS__, NULL},                                                             \
     rb_config_load((config), look_up, (char *const *)variables, count_warning, warning_prefix))

static void check_value(const struct rb_config *config, enum rb_setting setting, int64_t value, enum rb_origin origin) {
    CHECK_SAY(config->value[setting] == value && config->origin[setting] == origin, "%s is %lld by %d",
              rb_config_info(setting)->name, (long long)config->value[setting], config->origin[setting]);
}

static void table_is_sound(void) {
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
        const struct rb_setting_info *info = rb_config_info((enum rb_setting)i);
        int64_t choices = 0;

        CHECK(info->name != NULL && strncmp(info->name, "RINGBACK", 8) == 0);
        CHECK(info->help != NULL && info->help[strlen(info->help) - 1] == '.');
        CHECK((info->kind == RB_KIND_CHOICE) == (info->choices != NULL));
        while (info->kind == RB_KIND_CHOICE && info->choices[choices] != NULL)
            choices++;
        if (info->kind == RB_KIND_CHOICE)
            CHECK(info->fallback >= 0 && info->fallback < choices);
        if (info->kind == RB_KIND_NUMBER)
            CHECK(info->fallback >= info->min && info->fallback <= info->max && info->unit[0] != '\0');
    }
}

static void defaults_are_the_contract(void) {
    struct rb_config config;

    LOAD(&config, "PATH=/bin", "RINGBACK_STREAMS=");
    check_value(&config, RB_SETTING_MODE, RB_MODE_ON, RB_ORIGIN_DEFAULT);
    check_value(&config, RB_SETTING_PROFILE, RB_PROFILE_DEFAULT, RB_ORIGIN_DEFAULT);
    check_value(&config, RB_SETTING_STREAMS, RB_STREAMS_HINTED, RB_ORIGIN_DEFAULT);
    check_value(&config, RB_SETTING_ZEROCOPY, RB_ZEROCOPY_AUTO, RB_ORIGIN_DEFAULT);
    check_value(&config, RB_SETTING_ZEROCOPY_MIN, 16384, RB_ORIGIN_DEFAULT);
    check_value(&config, RB_SETTING_SPIN_US, 50, RB_ORIGIN_DEFAULT);
    check_value(&config, RB_SETTING_SQPOLL, 0, RB_ORIGIN_DEFAULT);
    check_value(&config, RB_SETTING_LOG, RB_LOG_NOTICE, RB_ORIGIN_DEFAULT);
    CHECK_INT(config.disabled, 0);
}

static void environment_overrides_the_profile(void) {
    struct rb_config config;

    LOAD(&config, "RINGBACK_PROFILE=safe");
    check_value(&config, RB_SETTING_PROFILE, RB_PROFILE_SAFE, RB_ORIGIN_ENVIRONMENT);
    check_value(&config, RB_SETTING_STREAMS, RB_STREAMS_OFF, RB_ORIGIN_PROFILE);
    check_value(&config, RB_SETTING_ZEROCOPY, RB_ZEROCOPY_OFF, RB_ORIGIN_PROFILE);
    check_value(&config, RB_SETTING_SPIN_US, 0, RB_ORIGIN_PROFILE);
    CHECK_INT(warnings, 0);
    LOAD(&config, "RINGBACK_PROFILE=latency", "RINGBACK_SPIN_US=7", "RINGBACK=require", "RINGBACK_SQPOLL=on",
         "RINGBACK_LOG=debug", "RINGBACK_ZEROCOPY_MIN=1073741824");
    check_value(&config, RB_SETTING_SPIN_US, 7, RB_ORIGIN_ENVIRONMENT);
    check_value(&config, RB_SETTING_MODE, RB_MODE_REQUIRE, RB_ORIGIN_ENVIRONMENT);
    check_value(&config, RB_SETTING_SQPOLL, 1, RB_ORIGIN_ENVIRONMENT);
    check_value(&config, RB_SETTING_LOG, RB_LOG_DEBUG, RB_ORIGIN_ENVIRONMENT);
    check_value(&config, RB_SETTING_ZEROCOPY_MIN, 1 << 30, RB_ORIGIN_ENVIRONMENT);
    CHECK_INT(warnings, 1); /* of what has no effect yet */
    warnings = 0;
}

static void lists_are_read_and_printed(void) {
    struct rb_config config;
    char text[256], every[600] = "RINGBACK_DISABLE=";

    LOAD(&config, "RINGBACK_DISABLE=,send_zc, buffer_ring,,send_zc");
    CHECK_INT(config.disabled, UINT64_C(1) << RB_CAP_SEND_ZC | UINT64_C(1) << RB_CAP_BUFFER_RING);
    CHECK(strcmp(rb_config_value_text(&config, RB_SETTING_DISABLE, text, sizeof(text)), "buffer_ring,send_zc") == 0);
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        snprintf(every + strlen(every), sizeof(every) - strlen(every), "%s%s", i == 0 ? "" : ",",
                 rb_caps_info((enum rb_cap)i)->name);
    LOAD(&config, every);
    CHECK_INT(config.disabled, (UINT64_C(1) << RB_CAP_COUNT) - 1);
    /* The buffer size that the contract promises holds every name. */
    CHECK(strcmp(rb_config_value_text(&config, RB_SETTING_DISABLE, text, sizeof(text)), strchr(every, '=') + 1) == 0);
    CHECK(strcmp(rb_config_value_text(&config, RB_SETTING_STREAMS, text, sizeof(text)), "hinted") == 0);
    CHECK(strcmp(rb_config_value_text(&config, RB_SETTING_ZEROCOPY_MIN, text, sizeof(text)), "16384") == 0);
    CHECK_INT(warnings, 0);
}

int main(void) {
    check_begin(10);
    table_is_sound();
    defaults_are_the_contract();
    environment_overrides_the_profile();
    lists_are_read_and_printed();
    return check_passed();
}
