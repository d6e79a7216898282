#include "doctor_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static void facts__warn(void *arg, const char *sentence) {
    struct doctor_facts *facts = arg;

    if (facts->warning_count < DOCTOR_WARNINGS_MAX)
        snprintf(facts->warning[facts->warning_count++], sizeof(facts->warning[0]), "%s", sentence);
}

static const char *facts__environment(const char *name) {
    return getenv(name);
}

const char *doctor_why(const struct doctor_facts *facts) {
    return facts->usable ? "" : facts->caps.why[rb_caps_missing(&facts->caps)];
}

void doctor_facts_gather(struct doctor_facts *facts, const char *program) {
    struct rb_config config;

    memset(facts, 0, sizeof(*facts));
    uname(&facts->kernel);
    rb_config_load(&config, facts__environment, environ, facts__warn, facts);
    rb_caps_probe(&facts->caps, config.disabled);
    facts->usable = rb_caps_missing(&facts->caps) == RB_CAP_COUNT;
    getrlimit(RLIMIT_MEMLOCK, &facts->memlock);
    getrlimit(RLIMIT_NOFILE, &facts->nofile);
    doctor_place_look(&facts->place);
    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        if (adapter_find((enum adapter)i, facts->adapter[i]) != 0)
            facts->adapter[i][0] = '\0';
        doctor_library_look((enum adapter)i, &facts->library[i]);
        doctor_library_count((enum adapter)i, facts->adapter[i], &facts->library[i]);
    }
    facts->program_name = program;
    if (program != NULL)
        facts->program_error = program_find(program, &facts->program);
    if (program != NULL && facts->program_error == 0)
        program_look_inside(&facts->program);
    doctor_judge(facts);
}
