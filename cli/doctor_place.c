/* Where this process runs: sysctls, filters, containers, privileges. */
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor_facts.h"

enum { GROUPS_MAX = 1024 };

/* What follows the key in the first line of a file that begins with it. Returns whether there is one. */
static bool place__value(const char *path, const char *key, char *out, size_t size) {
    FILE *file = fopen(path, "re");
    bool found = false;
    char line[512];

    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
        found = strncmp(line, key, strlen(key)) == 0;
    if (file != NULL)
        fclose(file);
    if (found)
        snprintf(out, size, "%.*s", (int)strcspn(line + strlen(key), "\n"), line + strlen(key));
    return found;
}

static int place__number(const char *path, const char *key, int otherwise) {
    char text[64];

    return place__value(path, key, text, sizeof(text)) ? atoi(text) : otherwise;
}

static bool place__has_capability(unsigned capability) {
    char text[64];

    return place__value("/proc/self/status", "CapEff:\t", text, sizeof(text)) &&
           (strtoull(text, NULL, 16) >> capability & 1) != 0;
}

static bool place__is_in_group(gid_t group) {
    gid_t groups[GROUPS_MAX];
    int count = getgroups(GROUPS_MAX, groups);

    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return getegid() == group;
}

/* Whether the first process's control groups have such a word in their names. */
static bool place__is_in_cgroup(const char *word) {
    FILE *file = fopen("/proc/1/cgroup", "re");
    bool found = false;
    char line[512];

    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
        found = strstr(line, word) != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

/* What kind of container this is, as far as it shows. */
static const char *place__container(void) {
    static const struct {
        const char *word, *name;
    } words[] = {{"kubepods", "kubernetes"}, {"docker", "docker"}, {"containerd", "containerd"}, {"lxc", "lxc"}};
    static char variable[32];

    if (getenv("KUBERNETES_SERVICE_HOST") != NULL)
        return "kubernetes";
    if (access("/run/.containerenv", F_OK) == 0)
        return "podman";
    if (getenv("container") != NULL && getenv("container")[0] != '\0') {
        snprintf(variable, sizeof(variable), "%s", getenv("container"));
        return variable;
    }
    if (access("/.dockerenv", F_OK) == 0)
        return "docker";
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (place__is_in_cgroup(words[i].word))
            return words[i].name;
    return "";
}

void doctor_place_look(struct doctor_place *place) {
    place->io_uring_disabled = place__number("/proc/sys/kernel/io_uring_disabled", "", DOCTOR_UNKNOWN);
    place->io_uring_group = place__number("/proc/sys/kernel/io_uring_group", "", -1);
    place->in_group = place__has_capability(CAP_SYS_ADMIN) ||
                      (place->io_uring_group >= 0 && place__is_in_group((gid_t)place->io_uring_group));
    place->seccomp = place__number("/proc/self/status", "Seccomp:\t", DOCTOR_UNKNOWN);
    place->may_lock = place__has_capability(CAP_IPC_LOCK);
    snprintf(place->container, sizeof(place->container), "%s", place__container());
}

const char *doctor_seccomp_name(int mode) {
    static const char *const names[] = {"off", "strict", "filter"};

    return mode >= 0 && mode < 3 ? names[mode] : "unknown";
}
