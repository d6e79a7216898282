/* proof - see proof.h. */
#include "proof.h"
#include "child.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_TEXT_MAX = 256 * 1024, STAT_MS_MAX = 5000 };

/* Reasons for which a whole loop runs on epoll; the others leave single descriptors to it, as they should. */
static const char *const loop_reasons[] = {"no_ring", "ring_failed", "embedded"};

/* How many io_uring descriptors the process has open. */
static unsigned ring_descriptors(pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return 0;
    }
    unsigned count = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(directory)) != NULL) {
        char target[64] = "";
        if (readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1) > 0 &&
            strcmp(target, "anon_inode:[io_uring]") == 0) {
            count++;
        }
    }
    (void)closedir(directory);
    return count;
}

/* The output of `ringback stat --json PID`, parsed; NULL if there is none. The caller's to delete. */
static cJSON *ask_stat(const char *bin_dir, pid_t pid) {
    char program[PATH_MAX + 16];
    char pid_text[16];
    (void)snprintf(program, sizeof(program), "%s/ringback", bin_dir);
    (void)snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
    if (access(program, X_OK) != 0) {
        return NULL;
    }
    const char *const argv[] = {program, "stat", "--json", pid_text, NULL};
    char *text = calloc(1, STAT_TEXT_MAX);
    struct child child;
    cJSON *answer = NULL;
    if (text != NULL && child_start(&child, argv, NULL, CHILD_CPU_ANY) == 0) {
        const int error = child_read(&child, 0, text, STAT_TEXT_MAX, STAT_MS_MAX);
        if (child_wait(&child, NULL, STAT_MS_MAX) == 0 && error == 0) {
            answer = cJSON_Parse(text);
        }
    }
    free(text);
    return answer;
}

/* Add what stat says of fallbacks to why. Returns whether one of them took a whole loop off the ring. */
static bool fallbacks_take_loop(const cJSON *fallbacks, struct proof *proof) {
    bool loop = false;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, fallbacks) {
        if (!cJSON_IsNumber(item) || item->valuedouble <= 0 || item->string == NULL) {
            continue;
        }
        const size_t used = strlen(proof->why);
        (void)snprintf(proof->why + used, sizeof(proof->why) - used, "%s%s %.0f", used == 0 ? "" : ", ", item->string,
                       item->valuedouble);
        for (size_t i = 0; i < sizeof(loop_reasons) / sizeof(loop_reasons[0]); i++) {
            loop = loop || strcmp(item->string, loop_reasons[i]) == 0;
        }
    }
    return loop;
}

void proof_take(struct proof *proof, const char *bin_dir, pid_t pid) {
    *proof = (struct proof){.asked = true};
    cJSON *stat = ask_stat(bin_dir, pid);
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(stat, "counters");
    const cJSON *enters = cJSON_GetObjectItemCaseSensitive(counters == NULL ? stat : counters, "enters");
    if (cJSON_IsNumber(enters)) {
        proof->enters = enters->valuedouble;
        const bool loop = fallbacks_take_loop(cJSON_GetObjectItemCaseSensitive(stat, "fallbacks"), proof);
        proof->carried = enters->valuedouble > 0 && !loop;
        if (!proof->carried && proof->why[0] == '\0') {
            (void)snprintf(proof->why, sizeof(proof->why), "ringback stat: the ring was never entered");
        }
    } else {
        /* Without stat the kernel's own list of descriptors still tells a ring from none. */
        proof->carried = ring_descriptors(pid) > 0;
        (void)snprintf(proof->why, sizeof(proof->why),
                       proof->carried ? "" : "ringback stat has no counters of it, and it has no ring open");
    }
    cJSON_Delete(stat);
}
