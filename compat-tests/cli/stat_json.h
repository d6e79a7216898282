/* stat_json - what `ringback stat --json --fds` says of a process, for tests that link cJSON and know RINGBACK_CLI. */
#ifndef CT_CLI_STAT_JSON_H
#define CT_CLI_STAT_JSON_H

#include <cJSON.h>
#include <stdio.h>
#include <sys/types.h>

#include "capture.h"
#include "check.h"

/* stat_json - its answer, which must be one; for cJSON_Delete(). The output stays in *got. */
static inline cJSON *stat_json(struct capture *got, pid_t pid) {
    char number[16];
    cJSON *root;

    snprintf(number, sizeof(number), "%d", pid);
    CAPTURE(got, RINGBACK_CLI, "stat", "--json", "--fds", number);
    CHECK_SAY(got->status == 0, "%s", got->err);
    root = cJSON_Parse(got->out);
    CHECK(root != NULL);
    return root;
}

#endif
