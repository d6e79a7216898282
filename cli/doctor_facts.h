/* doctor_facts - what `ringback doctor` finds out about this machine, before any of it is printed. */
#ifndef RB_CLI_DOCTOR_FACTS_H
#define RB_CLI_DOCTOR_FACTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "adapters.h"
#include "caps.h"
#include "config.h"

enum { DOCTOR_WARNINGS_MAX = 16, DOCTOR_UNKNOWN = -1 };

enum doctor_library { DOCTOR_LIBUV, DOCTOR_LIBEVENT, DOCTOR_LIBRARY_COUNT };

struct doctor_library_facts {
    const char *name;
    char version[64]; /* "" if it was not found */
    char path[PATH_MAX];
};

struct doctor_facts {
    struct utsname kernel;
    struct rb_caps caps;
    bool usable; /* a ring can be made */
    struct rlimit memlock, nofile;
    int io_uring_disabled; /* the sysctl, DOCTOR_UNKNOWN where it does not exist */
    int seccomp;           /* 0 off, 1 strict, 2 filter, DOCTOR_UNKNOWN */
    struct doctor_library_facts library[DOCTOR_LIBRARY_COUNT];
    char adapter[ADAPTER_COUNT][PATH_MAX]; /* "" if it was not found */
    unsigned warning_count;
    char warning[DOCTOR_WARNINGS_MAX][400]; /* about the settings; more than these are dropped */
};

/* doctor_facts_gather - find everything out. Starts and reaps a child for each library. */
void doctor_facts_gather(struct doctor_facts *facts);

#endif
