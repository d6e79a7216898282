/* What the facts mean for whoever asks: each with a remedy where something is wrong. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor_facts.h"

enum { NOFILE_FEW = 4096 };
#define ZEROCOPY_BYTES ((rlim_t)64 << 20)

/* Begin a finding. Returns it, or one that is thrown away where there are too many. */
__attribute__((format(printf, 4, 5))) static struct doctor_finding *
judge__say(struct doctor_facts *facts, enum doctor_section section, const char *subject, const char *format, ...) {
    static struct doctor_finding thrown_away;
    struct doctor_finding *finding = &thrown_away;
    va_list args;

    if (facts->finding_count < DOCTOR_FINDINGS_MAX)
        finding = &facts->finding[facts->finding_count++];
    finding->section = section;
    finding->remedy[0] = '\0';
    snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
    va_start(args, format);
    vsnprintf(finding->says, sizeof(finding->says), format, args);
    va_end(args);
    return finding;
}

__attribute__((format(printf, 2, 3))) static void judge__remedy(struct doctor_finding *finding, const char *format,
                                                                ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(finding->remedy, sizeof(finding->remedy), format, args);
    va_end(args);
}

static const char *judge__limit(rlim_t value, rlim_t unit, const char *unit_name, char *out, size_t size) {
    if (value == RLIM_INFINITY)
        snprintf(out, size, "unlimited");
    else
        snprintf(out, size, "%llu%s", (unsigned long long)(value / unit), unit_name);
    return out;
}

static void judge__memlock(struct doctor_facts *facts) {
    struct doctor_finding *finding;
    char value[32];

    judge__limit(facts->memlock.rlim_cur, 1024, " KiB", value, sizeof(value));
    if (facts->place.may_lock) {
        judge__say(facts, DOCTOR_LIMITS, "locked memory", "%s; this process is exempt from it (CAP_IPC_LOCK)", value);
        return;
    }
    if (facts->memlock.rlim_cur == RLIM_INFINITY || facts->memlock.rlim_cur >= ZEROCOPY_BYTES) {
        judge__say(facts, DOCTOR_LIMITS, "locked memory", "%s", value);
        return;
    }
    finding = judge__say(facts, DOCTOR_LIMITS, "locked memory",
                         "%s; zero-copy sends lock up to 64 MiB a loop, beyond the limit they are copied", value);
    judge__remedy(finding, "if large writes matter: ulimit -l unlimited, LimitMEMLOCK=infinity of systemd, "
                           "--ulimit memlock=-1 of docker");
}

static void judge__nofile(struct doctor_facts *facts) {
    char soft[32], hard[32];
    struct doctor_finding *finding;

    judge__limit(facts->nofile.rlim_cur, 1, "", soft, sizeof(soft));
    judge__limit(facts->nofile.rlim_max, 1, "", hard, sizeof(hard));
    finding = judge__say(facts, DOCTOR_LIMITS, "descriptors", "%s, at most %s", soft, hard);
    if (facts->nofile.rlim_cur < NOFILE_FEW)
        judge__remedy(finding, "a connection takes one: for more of them ulimit -n %s, or LimitNOFILE= of systemd",
                      facts->nofile.rlim_max > facts->nofile.rlim_cur ? hard : "...");
}

static void judge__sysctl(struct doctor_facts *facts) {
    const struct doctor_place *place = &facts->place;
    struct doctor_finding *finding;

    switch (place->io_uring_disabled) {
    case DOCTOR_UNKNOWN:
        judge__say(facts, DOCTOR_LIMITS, "kernel.io_uring_disabled",
                   "not in this kernel: nobody is kept from io_uring");
        return;
    case 0:
        judge__say(facts, DOCTOR_LIMITS, "kernel.io_uring_disabled", "0: for everybody");
        return;
    case 1:
        finding = judge__say(facts, DOCTOR_LIMITS, "kernel.io_uring_disabled",
                             "1: for group %d (kernel.io_uring_group) and administrators only; this process is %s",
                             place->io_uring_group, place->in_group ? "one of them" : "NOT one of them");
        if (!place->in_group && place->io_uring_group >= 0)
            judge__remedy(finding, "usermod -aG '#%d' USER, or sysctl -w kernel.io_uring_disabled=0",
                          place->io_uring_group);
        else if (!place->in_group)
            judge__remedy(finding, "name a group: sysctl -w kernel.io_uring_group=GID; or kernel.io_uring_disabled=0");
        return;
    default:
        finding =
            judge__say(facts, DOCTOR_LIMITS, "kernel.io_uring_disabled", "%d: for nobody", place->io_uring_disabled);
        judge__remedy(finding, "sysctl -w kernel.io_uring_disabled=0, and the same line in /etc/sysctl.d for the next "
                               "start");
    }
}

/* How a filter is opened for io_uring, by what has made it. */
static const char *judge__filter_remedy(const char *container) {
    if (strcmp(container, "docker") == 0 || strcmp(container, "podman") == 0)
        return "run the container with --security-opt seccomp=PROFILE.json, the default profile with io_uring_setup, "
               "io_uring_enter and io_uring_register added to it (seccomp=unconfined to try)";
    if (strcmp(container, "kubernetes") == 0)
        return "give the pod a securityContext.seccompProfile of type Localhost that allows io_uring_setup, "
               "io_uring_enter and io_uring_register (Unconfined to try)";
    if (strcmp(container, "") == 0)
        return "a service of systemd: SystemCallFilter=@aio in its unit; otherwise allow io_uring_setup, "
               "io_uring_enter and io_uring_register where the filter is made";
    return "allow io_uring_setup, io_uring_enter and io_uring_register in the container's seccomp profile";
}

static void judge__seccomp(struct doctor_facts *facts) {
    const struct doctor_place *place = &facts->place;
    struct doctor_finding *finding;

    if (place->seccomp != 2) {
        judge__say(facts, DOCTOR_LIMITS, "seccomp", "%s", doctor_seccomp_name(place->seccomp));
    } else {
        finding = judge__say(facts, DOCTOR_LIMITS, "seccomp", "a filter is in force%s",
                             facts->usable ? ", and lets io_uring pass" : "");
        /* Other causes have their own findings. */
        if (!facts->usable && place->io_uring_disabled < 1)
            judge__remedy(finding, "%s", judge__filter_remedy(place->container));
    }
    if (place->container[0] != '\0')
        judge__say(facts, DOCTOR_LIMITS, "container", "%s", place->container);
}

/* How far the functions of a library are hooked, to be appended to what is said of it. */
static void judge__hooks(enum adapter which, const struct doctor_library *library, struct doctor_finding *finding) {
    const size_t length = strlen(finding->says);
    char *end = finding->says + length;
    const size_t room = sizeof(finding->says) - length;

    if (library->hooks == 0) {
        snprintf(end, room, "; which of its functions can be hooked is not known");
    } else if (library->hooks_missing == 0) {
        snprintf(end, room, "; all %u functions can be hooked", library->hooks);
    } else {
        snprintf(end, room, "; %u of %u functions can be hooked, not %s", library->hooks - library->hooks_missing,
                 library->hooks, library->missing);
        judge__remedy(finding, "what these would tell is not known: sockets may be left to readiness; "
                               "RINGBACK_STREAMS=auto receives ahead all the same");
    }
    if (which == ADAPTER_UV && !library->laid_out_as_known)
        judge__remedy(finding, "its handles are laid out otherwise than Ringback was built for, so its streams are "
                               "left alone: build Ringback with this libuv's headers, or use RINGBACK_STREAMS=auto");
}

static void judge__libraries(struct doctor_facts *facts) {
    struct doctor_finding *finding;

    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        const struct doctor_library *library = &facts->library[i];

        if (library->version[0] == '\0') {
            judge__say(facts, DOCTOR_LIBRARIES, library->name, "not found; programs may still bring their own");
            continue;
        }
        finding = judge__say(facts, DOCTOR_LIBRARIES, library->name, "%s, %s", library->version, library->path);
        if (facts->adapter[i][0] != '\0')
            judge__hooks((enum adapter)i, library, finding);
    }
    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        if (facts->adapter[i][0] != '\0') {
            judge__say(facts, DOCTOR_LIBRARIES, adapter_file((enum adapter)i), "%s", facts->adapter[i]);
            continue;
        }
        finding = judge__say(facts, DOCTOR_LIBRARIES, adapter_file((enum adapter)i), "NOT FOUND");
        judge__remedy(finding, "is Ringback installed completely? It belongs into ../lib, seen from this program");
    }
}

bool doctor_program_fits(const struct doctor_facts *facts) {
    return facts->program_error == 0 && program_obstacle(&facts->program) == NULL;
}

static void judge__program_library(struct doctor_facts *facts, enum adapter which) {
    const struct program_library *library = &facts->program.library[which];
    const char *name = facts->library[which].name;
    struct doctor_library hooked = {.laid_out_as_known = true};
    struct doctor_finding *finding;

    if (library->inside) {
        finding =
            judge__say(facts, DOCTOR_PROGRAM, name, "a part of the program itself: its functions cannot be hooked");
        judge__remedy(finding,
                      "libc's are: RINGBACK_STREAMS=auto receives and accepts by the ring, writes stay direct");
    } else if (!library->linked) {
        judge__say(facts, DOCTOR_PROGRAM, name, "not linked; a plug-in may bring it later");
    } else if (library->path[0] == '\0') {
        finding = judge__say(facts, DOCTOR_PROGRAM, name, "linked, and NOT FOUND by the loader");
        judge__remedy(finding, "the program cannot start without it: install it");
    } else {
        finding = judge__say(facts, DOCTOR_PROGRAM, name, "linked, %s", library->path);
        snprintf(hooked.path, sizeof(hooked.path), "%s", library->path);
        if (facts->adapter[which][0] != '\0') {
            doctor_library_count(which, facts->adapter[which], &hooked);
            judge__hooks(which, &hooked, finding);
        }
    }
}

static void judge__program(struct doctor_facts *facts) {
    const struct program *program = &facts->program;
    const bool uv = program_fits(program, ADAPTER_UV), event = program_fits(program, ADAPTER_EVENT);
    struct doctor_finding *finding;

    if (facts->program_error != 0) {
        finding = judge__say(facts, DOCTOR_PROGRAM, "program", "%s: %s%s", facts->program_name,
                             program->interpreter[0] != '\0' ? "its interpreter is missing: " : "",
                             program->interpreter[0] != '\0' ? program->interpreter : strerror(-facts->program_error));
        judge__remedy(finding, facts->program_error == -ENOENT ? "give a path, or a name that PATH has"
                                                               : "it cannot be started without Ringback either");
        return;
    }
    finding = judge__say(facts, DOCTOR_PROGRAM, "program", "%s", program->path);
    if (program->interpreter[0] != '\0')
        judge__say(facts, DOCTOR_PROGRAM, "run by", "%s", program->interpreter);
    if (program_obstacle(program) != NULL) {
        finding = judge__say(facts, DOCTOR_PROGRAM, "obstacle", "it %s", program_obstacle(program));
        judge__remedy(finding, "%s", program_remedy(program));
        return;
    }
    for (unsigned i = 0; i < ADAPTER_COUNT; i++)
        judge__program_library(facts, (enum adapter)i);
    judge__say(facts, DOCTOR_PROGRAM, "adapters", "%s%s%s", uv ? adapter_file(ADAPTER_UV) : "", uv && event ? ", " : "",
               event ? adapter_file(ADAPTER_EVENT) : "");
}

void doctor_judge(struct doctor_facts *facts) {
    judge__memlock(facts);
    judge__nofile(facts);
    judge__sysctl(facts);
    judge__seccomp(facts);
    judge__libraries(facts);
    if (facts->program_name != NULL)
        judge__program(facts);
}
