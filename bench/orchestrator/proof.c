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
        const int error = child_read(&child, false, text, STAT_TEXT_MAX, STAT_MS_MAX);
        if (child_wait(&child, NULL, STAT_MS_MAX) == 0 && error == 0) {
            answer = cJSON_Parse(text);
        }
    }
    free(text);
    return answer;
}

static double count_of(const cJSON *stat, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(stat, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* What stat says of single descriptors and operations that went the plain way. */
static void note_fallbacks(const cJSON *fallbacks, struct proof *proof) {
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, fallbacks) {
        const size_t used = strlen(proof->why);
        if (cJSON_IsNumber(item) && item->valuedouble > 0 && item->string != NULL) {
            (void)snprintf(proof->why + used, sizeof(proof->why) - used, "%s%s %.0f", used == 0 ? "" : ", ",
                           item->string, item->valuedouble);
        }
    }
}

/* Whether stat lists a loop in that state. */
static bool has_loop(const cJSON *loops, const char *wanted) {
    bool has = false;
    const cJSON *loop = NULL;
    cJSON_ArrayForEach(loop, loops) {
        const cJSON *state = cJSON_GetObjectItemCaseSensitive(loop, "state");
        has = has || (cJSON_IsString(state) && strcmp(state->valuestring, wanted) == 0);
    }
    return has;
}

void proof_take(struct proof *proof, const char *bin_dir, pid_t pid) {
    *proof = (struct proof){.asked = true};
    cJSON *stat = ask_stat(bin_dir, pid);
    const cJSON *enters = cJSON_GetObjectItemCaseSensitive(stat, "enters");
    const cJSON *why = cJSON_GetObjectItemCaseSensitive(stat, "why");
    const char *text = "";
    if (!cJSON_IsNumber(enters)) {
        /* Without stat the kernel's own list of descriptors still tells a ring from none. */
        proof->carried = ring_descriptors(pid) > 0;
        text = proof->carried ? "" : "ringback stat has no counters of it, and it has no ring open";
    } else {
        proof->enters = enters->valuedouble;
        proof->bytes_in = count_of(stat, "bytes_in");
        proof->bytes_out = count_of(stat, "bytes_out");
        const cJSON *loops = cJSON_GetObjectItemCaseSensitive(stat, "loops");
        proof->rests = proof->enters == 0 && has_loop(loops, "resting") && !has_loop(loops, "epoll");
        proof->carried = (proof->enters > 0 || proof->rests) && !has_loop(loops, "epoll");
        if (cJSON_IsString(why) && why->valuestring[0] != '\0') {
            text = why->valuestring;
        } else if (!proof->carried) {
            text = proof->enters > 0 ? "a loop is on epoll" : "the ring was never entered";
        }
    }
    (void)snprintf(proof->why, sizeof(proof->why), "%s", text);
    note_fallbacks(cJSON_GetObjectItemCaseSensitive(stat, "fallbacks"), proof);
    cJSON_Delete(stat);
}
