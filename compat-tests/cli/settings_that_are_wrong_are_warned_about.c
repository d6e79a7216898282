/* Guards: a mistyped setting that is ignored in silence, and a bad value that changes something. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "config.h"

static const char *const *variables;
static char said[4096];
static unsigned warnings;

static const char *look_up(const char *name) {
    for (const char *const *entry = variables; *entry != NULL; entry++)
        if (strncmp(*entry, name, strlen(name)) == 0 && (*entry)[strlen(name)] == '=')
            return *entry + strlen(name) + 1;
    return NULL;
}

static void note(void *arg, const char *sentence) {
    (void)arg;
    snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", sentence);
    warnings++;
}

/* Load one or two variables; exactly `count` warnings, which hold both parts. */
static void expect(const char *first, const char *second, unsigned count, const char *part, const char *part2) {
    const char *const list[] = {first, second, NULL};
    struct rb_config config, defaults;

    variables = &list[2];
    rb_config_load(&defaults, look_up, NULL, NULL, NULL);
    variables = list;
    said[0] = '\0';
    warnings = 0;
    rb_config_load(&config, look_up, (char *const *)list, note, NULL);
    CHECK_SAY(warnings == count, "%u warnings instead of %u for %s:\n%s", warnings, count, first, said);
    CHECK_SAY(strstr(said, part) != NULL && strstr(said, part2) != NULL, "not in it: %s, %s\n%s", part, part2, said);
    if (second == NULL)
        CHECK_SAY(memcmp(config.value, defaults.value, sizeof(config.value)) == 0, "%s changed a value", first);
    /* Nobody listens: the same, in silence. */
    rb_config_load(&config, look_up, (char *const *)list, NULL, NULL);
}

/* A switch that is turned off for a while makes everything else moot. */
static void off_is_no_contradiction(void) {
    static const char *const list[] = {"RINGBACK=off", "RINGBACK_PROFILE=safe", "RINGBACK_STREAMS=auto",
                                       "RINGBACK_DISABLE=io_uring", NULL};
    struct rb_config config;

    variables = list;
    said[0] = '\0';
    rb_config_load(&config, look_up, (char *const *)list, note, NULL);
    CHECK_SAY(said[0] == '\0', "%s", said);
    variables = list + 1;
    rb_config_load(&config, look_up, (char *const *)(list + 1), note, NULL);
    CHECK(said[0] != '\0');
}

int main(void) {
    check_begin(10);
    expect("RINGBACK_STREMS=off", NULL, 1, "RINGBACK_STREMS", "did you mean RINGBACK_STREAMS?");
    expect("RINGBACK_PROFIEL=safe", NULL, 1, "RINGBACK_PROFIEL", "did you mean RINGBACK_PROFILE?");
    expect("RINGBACK_XYZZY=1", NULL, 1, "RINGBACK_XYZZY is no setting", "");
    CHECK(strstr(said, "did you mean") == NULL);
    expect("RINGBACK_STREAMS=hint", NULL, 1, "did you mean hinted?", "allowed are off, hinted, auto; using hinted");
    expect("RINGBACK=yes", NULL, 1, "allowed are on, off, require", "using on");
    expect("RINGBACK_SPIN_US=-1", NULL, 1, "microseconds from 0 to 1000000", "using 50");
    expect("RINGBACK_SPIN_US=1000001", NULL, 1, "1000001", "using 50");
    expect("RINGBACK_SPIN_US=5x", NULL, 1, "5x", "using 50");
    expect("RINGBACK_ZEROCOPY_MIN=0", NULL, 1, "bytes from 1 to 1073741824", "using 16384");
    expect("RINGBACK_ZEROCOPY_MIN=99999999999999999999999", NULL, 1, "bytes from 1", "using 16384");
    expect("RINGBACK_DISABLE=sendzc", NULL, 1, "sendzc is no capability", "did you mean send_zc?");
    expect("RINGBACK=require", "RINGBACK_DISABLE=io_uring,ext_arg", 2, "cannot be met", "ext_arg");
    expect("RINGBACK_PROFILE=safe", "RINGBACK_STREAMS=auto", 1, "contradicts RINGBACK_PROFILE=safe", "using auto");
    expect("RINGBACK_PROFILE=safe", "RINGBACK_STREAMS=off", 0, "", "");
    expect("RINGBACK_PROFILE=safe", "RINGBACK_ZEROCOPY=force", 2, "contradicts", "no effect while streams are off");
    expect("RINGBACK_ZEROCOPY=force", "RINGBACK_DISABLE=send_zc", 1, "cannot be met", "masks send_zc");
    expect("RINGBACK_ZEROCOPY=off", "RINGBACK_ZEROCOPY_MIN=5", 1, "RINGBACK_ZEROCOPY_MIN has no effect", "");
    expect("RINGBACK_PROFILE=safe", "RINGBACK_SPIN_US=70", 1, "RINGBACK_SPIN_US=70 contradicts RINGBACK_PROFILE=safe",
           "which means 0; using 70");
    expect("RINGBACK_PROFILE=safe", "RINGBACK_SPIN_US=0", 0, "", "");
    expect("RINGBACK_PROFILE=latency", "RINGBACK_SPIN_US=0", 1, "contradicts RINGBACK_PROFILE=latency", "means 100");
    expect("RINGBACK_PROFILE=latency", "RINGBACK_SPIN_US=7", 0, "", "");
    expect("RINGBACK_PROFILE=throughput", "RINGBACK_STREAMS=off", 1, "throughput has no effect while streams are off",
           "");
    expect("RINGBACK_STREAMS=off", "RINGBACK_ZEROCOPY_MIN=5", 1, "no effect while streams are off", "");
    expect("RINGBACK_STREAMS=off", "RINGBACK_SPIN_US=70", 0, "", "");
    expect("RINGBACK_SQPOLL=on", "RINGBACK=on", 1, "RINGBACK_SQPOLL=on has no effect yet", "");
    off_is_no_contradiction();
    return check_passed();
}
