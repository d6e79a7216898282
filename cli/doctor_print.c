/* What the doctor found, for a reader and for a program. */
#include <cJSON.h>
#include <stdio.h>

#include "doctor_facts.h"
#include "json_out.h"
#include "ringback.h"

/* Without io_uring itself that is the cause of all, and said once. */
static bool print__says_why(const struct rb_caps *caps, enum rb_cap cap) {
    return !caps->have[cap] && (cap == RB_CAP_IO_URING || caps->have[RB_CAP_IO_URING]);
}

static void print__caps(const struct doctor_facts *facts) {
    puts("\nCapabilities");
    for (unsigned i = 0; i < RB_CAP_COUNT; i++) {
        const struct rb_cap_info *info = rb_caps_info((enum rb_cap)i);

        printf("  %-4s %-17s %s%s\n", facts->caps.have[i] ? "yes" : "NO", info->name, info->purpose,
               info->needed ? " (needed)" : "");
        if (print__says_why(&facts->caps, (enum rb_cap)i))
            printf("       %-17s -> %s\n", "", facts->caps.why[i]);
    }
    if (!facts->caps.have[RB_CAP_IO_URING])
        puts("  Each of the others needs io_uring, which cannot be used.");
}

static void print__section(const struct doctor_facts *facts, enum doctor_section section) {
    static const char *const heads[DOCTOR_SECTION_COUNT] = {"Limits", "Libraries", "Program"};

    printf("\n%s\n", heads[section]);
    for (unsigned i = 0; i < facts->finding_count; i++) {
        const struct doctor_finding *finding = &facts->finding[i];

        if (finding->section != section)
            continue;
        printf("  %-25s %s\n", finding->subject, finding->says);
        if (finding->remedy[0] != '\0')
            printf("  %-25s -> %s\n", "", finding->remedy);
    }
}

static void print__verdict(const struct doctor_facts *facts) {
    if (facts->usable)
        puts("io_uring can be used.");
    else
        printf("io_uring CANNOT be used: %s: %s\n", rb_caps_info(rb_caps_missing(&facts->caps))->name,
               doctor_why(facts));
    if (facts->program_name == NULL)
        return;
    if (doctor_program_fits(facts))
        printf("%s can run with Ringback: ringback run %s\n", facts->program_name, facts->program_name);
    else
        printf("%s CANNOT run with Ringback; see the end of this.\n", facts->program_name);
}

void doctor_print_text(const struct doctor_facts *facts) {
    printf("Ringback %s on %s %s %s\n\n", RINGBACK_VERSION, facts->kernel.sysname, facts->kernel.release,
           facts->kernel.machine);
    print__verdict(facts);
    print__caps(facts);
    print__section(facts, DOCTOR_LIMITS);
    print__section(facts, DOCTOR_LIBRARIES);
    if (facts->warning_count > 0)
        puts("\nSettings");
    for (unsigned i = 0; i < facts->warning_count; i++)
        printf("  %s\n", facts->warning[i]);
    if (facts->program_name != NULL)
        print__section(facts, DOCTOR_PROGRAM);
}

/* ---- as JSON ---- */

static void print__add_caps(cJSON *root, const struct doctor_facts *facts) {
    cJSON *list = cJSON_AddArrayToObject(root, "capabilities");

    for (unsigned i = 0; i < RB_CAP_COUNT; i++) {
        const struct rb_cap_info *info = rb_caps_info((enum rb_cap)i);
        cJSON *cap = cJSON_CreateObject();

        cJSON_AddStringToObject(cap, "name", info->name);
        cJSON_AddBoolToObject(cap, "have", facts->caps.have[i]);
        cJSON_AddBoolToObject(cap, "needed", info->needed);
        cJSON_AddStringToObject(cap, "since", info->since);
        cJSON_AddStringToObject(cap, "purpose", info->purpose);
        cJSON_AddStringToObject(cap, "why", facts->caps.why[i]);
        cJSON_AddItemToArray(list, cap);
    }
}

static void print__add_limit(cJSON *object, const char *name, rlim_t value) {
    if (value == RLIM_INFINITY)
        cJSON_AddNullToObject(object, name);
    else
        cJSON_AddNumberToObject(object, name, (double)value);
}

/* A string, or null for an empty one. */
static void print__add_found(cJSON *object, const char *name, const char *text) {
    if (text[0] == '\0')
        cJSON_AddNullToObject(object, name);
    else
        cJSON_AddStringToObject(object, name, text);
}

static void print__add_place(cJSON *root, const struct doctor_facts *facts) {
    cJSON *limits = cJSON_AddObjectToObject(root, "limits");

    print__add_limit(limits, "memlock_bytes", facts->memlock.rlim_cur);
    print__add_limit(limits, "nofile", facts->nofile.rlim_cur);
    print__add_limit(limits, "nofile_hard", facts->nofile.rlim_max);
    if (facts->place.io_uring_disabled == DOCTOR_UNKNOWN)
        cJSON_AddNullToObject(root, "io_uring_disabled");
    else
        cJSON_AddNumberToObject(root, "io_uring_disabled", facts->place.io_uring_disabled);
    cJSON_AddNumberToObject(root, "io_uring_group", facts->place.io_uring_group);
    cJSON_AddStringToObject(root, "seccomp", doctor_seccomp_name(facts->place.seccomp));
    print__add_found(root, "container", facts->place.container);
}

static void print__add_libraries(cJSON *root, const struct doctor_facts *facts) {
    cJSON *libraries = cJSON_AddObjectToObject(root, "libraries");
    cJSON *adapters = cJSON_AddObjectToObject(root, "adapters");
    cJSON *warnings = cJSON_AddArrayToObject(root, "warnings");

    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        const struct doctor_library *found = &facts->library[i];
        cJSON *library = cJSON_AddObjectToObject(libraries, found->name);

        print__add_found(library, "version", found->version);
        print__add_found(library, "path", found->path);
        cJSON_AddNumberToObject(library, "hooks", found->hooks);
        cJSON_AddNumberToObject(library, "hooks_missing", found->hooks_missing);
        print__add_found(adapters, adapter_file((enum adapter)i), facts->adapter[i]);
    }
    for (unsigned i = 0; i < facts->warning_count; i++)
        cJSON_AddItemToArray(warnings, cJSON_CreateString(facts->warning[i]));
}

static void print__add_program(cJSON *root, const struct doctor_facts *facts) {
    const struct program *program = &facts->program;
    cJSON *object = cJSON_AddObjectToObject(root, "program"), *adapters, *libraries;

    cJSON_AddStringToObject(object, "name", facts->program_name);
    cJSON_AddBoolToObject(object, "fits", doctor_program_fits(facts));
    print__add_found(object, "path", program->path);
    print__add_found(object, "interpreter", program->interpreter);
    print__add_found(object, "obstacle",
                     facts->program_error == 0 && program_obstacle(program) != NULL ? program_obstacle(program) : "");
    libraries = cJSON_AddObjectToObject(object, "libraries");
    adapters = cJSON_AddArrayToObject(object, "adapters");
    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        const struct program_library *library = &program->library[i];

        cJSON_AddStringToObject(libraries, facts->library[i].name,
                                library->inside   ? "inside"
                                : library->linked ? "linked"
                                                  : "none");
        if (doctor_program_fits(facts) && program_fits(program, (enum adapter)i))
            cJSON_AddItemToArray(adapters, cJSON_CreateString(adapter_file((enum adapter)i)));
    }
}

/* What is wrong and what to do about it; missing capabilities say so themselves. */
static void print__add_remedies(cJSON *root, const struct doctor_facts *facts) {
    cJSON *remedies = cJSON_AddArrayToObject(root, "remedies");

    for (unsigned i = 0; i < facts->finding_count; i++) {
        cJSON *remedy;

        if (facts->finding[i].remedy[0] == '\0')
            continue;
        remedy = cJSON_CreateObject();
        cJSON_AddStringToObject(remedy, "subject", facts->finding[i].subject);
        cJSON_AddStringToObject(remedy, "finding", facts->finding[i].says);
        cJSON_AddStringToObject(remedy, "remedy", facts->finding[i].remedy);
        cJSON_AddItemToArray(remedies, remedy);
    }
}

int doctor_print_json(const struct doctor_facts *facts) {
    cJSON *root = cJSON_CreateObject(), *kernel = cJSON_AddObjectToObject(root, "kernel");
    int rc;

    cJSON_AddStringToObject(kernel, "release", facts->kernel.release);
    cJSON_AddStringToObject(kernel, "machine", facts->kernel.machine);
    cJSON_AddStringToObject(root, "version", RINGBACK_VERSION);
    cJSON_AddBoolToObject(root, "usable", facts->usable);
    cJSON_AddStringToObject(root, "why", doctor_why(facts));
    print__add_caps(root, facts);
    print__add_place(root, facts);
    print__add_libraries(root, facts);
    if (facts->program_name != NULL)
        print__add_program(root, facts);
    print__add_remedies(root, facts);
    rc = json_print(root, stdout);
    cJSON_Delete(root);
    return rc;
}
