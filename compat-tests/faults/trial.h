/* trial - one run of a server with at most one fault: started, talked to, looked at, ended. */
#ifndef FAULTS_TRIAL_H
#define FAULTS_TRIAL_H

#include <stdbool.h>

#include "plan.h"

/* What a server has when nobody is connected. */
struct rest {
    int fds, blocks, maps;
};

struct trial_setup {
    bool cache;            /* the server is a memcached; otherwise one that echoes and prints "ready PORT" */
    char *const *settings; /* "NAME=VALUE" for its environment, NULL-terminated */
    char *const *server;   /* its command line */
};

struct trial_result {
    bool passed;
    uint32_t fired;
    uint32_t count[POINT_COUNT];
    struct rest rest;
    char text[2048]; /* what it said, if it failed */
};

/* trial_run - run it in a process of its own.
 *   fault  as RB_FAULT, or NULL
 *   loss   which connections may end early
 *   most   what the server may have in the end; NULL: no matter */
void trial_run(struct trial_result *result, const struct trial_setup *setup, const char *fault, enum plan_loss loss,
               const struct rest *most);

/* trial_end - there will be no more. */
void trial_end(void);

#endif
