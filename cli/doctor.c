#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "doctor_facts.h"
#include "ringback.h"

enum doctor_option { DOCTOR_JSON, DOCTOR_HELP };

static const struct cli_option options[] = {
    [DOCTOR_JSON] = {.name = "--json", .help = "print everything as JSON"},
    [DOCTOR_HELP] = {.name = "--help", .help = "print this"},
    {.name = NULL},
};

static const char *doctor__seccomp_name(int mode) {
    static const char *const names[] = {"off", "strict", "filter"};

    return mode >= 0 && mode < 3 ? names[mode] : "unknown";
}

/* Why no ring can be made, or "". */
static const char *doctor__why(const struct doctor_facts *facts) {
    return facts->usable ? "" : facts->caps.why[rb_caps_missing(&facts->caps)];
}

static void doctor__print_caps(const struct doctor_facts *facts) {
    puts("\nCapabilities");
    for (unsigned i = 0; i < RB_CAP_COUNT; i++) {
        const struct rb_cap_info *info = rb_caps_info((enum rb_cap)i);

        printf("  %-4s %-17s %s%s\n", facts->caps.have[i] ? "yes" : "NO", info->name, info->purpose,
               info->needed ? " (needed)" : "");
        if (!facts->caps.have[i])
            printf("       %-17s -> %s\n", "", facts->caps.why[i]);
    }
}

static void doctor__print_limit(const char *name, rlim_t value, rlim_t unit, const char *unit_name) {
    if (value == RLIM_INFINITY)
        printf("  %-26s unlimited\n", name);
    else
        printf("  %-26s %llu%s\n", name, (unsigned long long)(value / unit), unit_name);
}

static void doctor__print_limits(const struct doctor_facts *facts) {
    puts("\nLimits");
    doctor__print_limit("locked memory", facts->memlock.rlim_cur, 1024, " KiB");
    doctor__print_limit("descriptors", facts->nofile.rlim_cur, 1, "");
    doctor__print_limit("descriptors, hard limit", facts->nofile.rlim_max, 1, "");
    if (facts->io_uring_disabled == DOCTOR_UNKNOWN)
        printf("  %-26s not in this kernel\n", "kernel.io_uring_disabled");
    else
        printf("  %-26s %d\n", "kernel.io_uring_disabled", facts->io_uring_disabled);
    printf("  %-26s %s\n", "seccomp", doctor__seccomp_name(facts->seccomp));
}

static void doctor__print_libraries(const struct doctor_facts *facts) {
    puts("\nLibraries");
    for (unsigned i = 0; i < DOCTOR_LIBRARY_COUNT; i++) {
        const struct doctor_library_facts *library = &facts->library[i];
        if (library->version[0] != '\0')
            printf("  %-26s %s, %s\n", library->name, library->version, library->path);
        else
            printf("  %-26s not found; programs may still bring their own\n", library->name);
    }
    for (unsigned i = 0; i < ADAPTER_COUNT; i++)
        printf("  %-26s %s\n", adapter_file((enum adapter)i),
               facts->adapter[i][0] != '\0' ? facts->adapter[i] : "NOT FOUND; is Ringback installed completely?");
}

static void doctor__print(const struct doctor_facts *facts) {
    printf("Ringback %s on %s %s %s\n\n", RINGBACK_VERSION, facts->kernel.sysname, facts->kernel.release,
           facts->kernel.machine);
    if (facts->usable)
        puts("io_uring can be used.");
    else
        printf("io_uring CANNOT be used: %s: %s\n", rb_caps_info(rb_caps_missing(&facts->caps))->name,
               doctor__why(facts));
    doctor__print_caps(facts);
    doctor__print_limits(facts);
    doctor__print_libraries(facts);
    if (facts->warning_count > 0)
        puts("\nSettings");
    for (unsigned i = 0; i < facts->warning_count; i++)
        printf("  %s\n", facts->warning[i]);
}

static void doctor__add_caps(cJSON *root, const struct doctor_facts *facts) {
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

static void doctor__add_limit(cJSON *object, const char *name, rlim_t value) {
    if (value == RLIM_INFINITY)
        cJSON_AddNullToObject(object, name);
    else
        cJSON_AddNumberToObject(object, name, (double)value);
}

static void doctor__add_limits(cJSON *root, const struct doctor_facts *facts) {
    cJSON *limits = cJSON_AddObjectToObject(root, "limits");

    doctor__add_limit(limits, "memlock_bytes", facts->memlock.rlim_cur);
    doctor__add_limit(limits, "nofile", facts->nofile.rlim_cur);
    doctor__add_limit(limits, "nofile_hard", facts->nofile.rlim_max);
    if (facts->io_uring_disabled == DOCTOR_UNKNOWN)
        cJSON_AddNullToObject(root, "io_uring_disabled");
    else
        cJSON_AddNumberToObject(root, "io_uring_disabled", facts->io_uring_disabled);
    cJSON_AddStringToObject(root, "seccomp", doctor__seccomp_name(facts->seccomp));
}

/* A string, or null for an empty one. */
static void doctor__add_found(cJSON *object, const char *name, const char *text) {
    if (text[0] == '\0')
        cJSON_AddNullToObject(object, name);
    else
        cJSON_AddStringToObject(object, name, text);
}

static void doctor__add_libraries(cJSON *root, const struct doctor_facts *facts) {
    cJSON *libraries = cJSON_AddObjectToObject(root, "libraries");
    cJSON *adapters = cJSON_AddObjectToObject(root, "adapters");
    cJSON *warnings = cJSON_AddArrayToObject(root, "warnings");

    for (unsigned i = 0; i < DOCTOR_LIBRARY_COUNT; i++) {
        cJSON *library = cJSON_AddObjectToObject(libraries, facts->library[i].name);
        doctor__add_found(library, "version", facts->library[i].version);
        doctor__add_found(library, "path", facts->library[i].path);
    }
    for (unsigned i = 0; i < ADAPTER_COUNT; i++)
        doctor__add_found(adapters, adapter_file((enum adapter)i), facts->adapter[i]);
    for (unsigned i = 0; i < facts->warning_count; i++)
        cJSON_AddItemToArray(warnings, cJSON_CreateString(facts->warning[i]));
}

static int doctor__print_json(const struct doctor_facts *facts) {
    cJSON *root = cJSON_CreateObject(), *kernel = cJSON_AddObjectToObject(root, "kernel");
    char *text;

    cJSON_AddStringToObject(kernel, "release", facts->kernel.release);
    cJSON_AddStringToObject(kernel, "machine", facts->kernel.machine);
    cJSON_AddStringToObject(root, "version", RINGBACK_VERSION);
    cJSON_AddBoolToObject(root, "usable", facts->usable);
    cJSON_AddStringToObject(root, "why", doctor__why(facts));
    doctor__add_caps(root, facts);
    doctor__add_limits(root, facts);
    doctor__add_libraries(root, facts);
    text = cJSON_Print(root);
    cJSON_Delete(root);
    if (text == NULL) {
        cli_error("doctor: out of memory");
        return CLI_FAILED;
    }
    puts(text);
    cJSON_free(text);
    return CLI_OK;
}

static int doctor__main(int argc, char **argv) {
    static struct doctor_facts facts;
    struct cli_args args = {.argv = argv, .next = 1};
    bool json = false;
    int option;

    (void)argc;
    while ((option = cli_args_next(&args, options)) >= 0) {
        if (option == DOCTOR_HELP)
            return cli_help(&cli_doctor);
        json = true;
    }
    if (option == ARGS_BAD || cli_args_refuse_operands(&args))
        return CLI_USAGE;
    doctor_facts_gather(&facts);
    if (!json)
        doctor__print(&facts);
    else if (doctor__print_json(&facts) != CLI_OK)
        return CLI_FAILED;
    return facts.usable ? CLI_OK : CLI_FAILED;
}

const struct cli_command cli_doctor = {
    .name = "doctor",
    .summary = "say what this machine can do, and why not",
    .usage = "[--json]",
    .about = "Asks the kernel for everything that Ringback can use, and prints each capability with what it is for "
             "and, where it is missing, the cause and the remedy; then the limits that matter and the libraries "
             "found. RINGBACK_DISABLE is honoured.",
    .options = options,
    .operand = CLI_WORD_ANY,
    .exits = "Exits with 0 if io_uring can be used, 1 if not, 2 for a bad command line.",
    .run = doctor__main,
};
