/* doctor_facts - what `ringback doctor` finds out, before any of it is printed: this machine, its libraries, a program.
 */
#ifndef RB_CLI_DOCTOR_FACTS_H
#define RB_CLI_DOCTOR_FACTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "adapters.h"
#include "caps.h"
#include "config.h"
#include "program.h"

enum { DOCTOR_WARNINGS_MAX = 16, DOCTOR_FINDINGS_MAX = 32, DOCTOR_UNKNOWN = -1 };

/* Where this process runs, as far as that decides about io_uring. */
struct doctor_place {
    int io_uring_disabled; /* the sysctl, DOCTOR_UNKNOWN where it does not exist */
    int io_uring_group;    /* who may with io_uring_disabled 1; negative: nobody */
    bool in_group;         /* this process is of it, or may administer the system */
    int seccomp;           /* 0 off, 1 strict, 2 filter, DOCTOR_UNKNOWN */
    char container[32];    /* "docker", "podman", "kubernetes", ...; "" for none */
    bool may_lock;         /* exempt from the limit of locked memory (CAP_IPC_LOCK) */
};

/* How far one library can be hooked; index enum adapter. */
struct doctor_library {
    const char *name;
    char version[64];              /* "" if it was not found */
    char path[PATH_MAX];           /* of the file; "" if it was not found */
    bool laid_out_as_known;        /* libuv: its handles are as the headers say that Ringback was built with */
    unsigned hooks, hooks_missing; /* functions that the adapter stands in front of, those that it does not have */
    char missing[200];             /* their names */
};

/* Which part of the answer a finding belongs to. */
enum doctor_section { DOCTOR_LIMITS, DOCTOR_LIBRARIES, DOCTOR_PROGRAM, DOCTOR_SECTION_COUNT };

struct doctor_finding {
    enum doctor_section section;
    char subject[40];
    char says[PATH_MAX + 300];
    char remedy[400]; /* what to do; "" if all is well */
};

struct doctor_facts {
    struct utsname kernel;
    struct rb_caps caps;
    bool usable; /* a ring can be made */
    struct rlimit memlock, nofile;
    struct doctor_place place;
    struct doctor_library library[ADAPTER_COUNT];
    char adapter[ADAPTER_COUNT][PATH_MAX]; /* "" if it was not found */
    unsigned warning_count;
    char warning[DOCTOR_WARNINGS_MAX][400]; /* about the settings; more than these are dropped */
    const char *program_name;               /* as it was asked for; NULL: no program was */
    int program_error;                      /* of program_find() */
    struct program program;
    unsigned finding_count;
    struct doctor_finding finding[DOCTOR_FINDINGS_MAX];
};

/* doctor_facts_gather - find everything out. Starts and reaps a child for each library.
 *   program  look at this one as well, or NULL */
void doctor_facts_gather(struct doctor_facts *facts, const char *program);

/* doctor_place_look - for doctor_facts_gather(). */
void doctor_place_look(struct doctor_place *place);

/* doctor_library_look - the library that the loader finds by its usual name: its version and path.
 * doctor_library_count - which functions that an adapter hooks the file library->path has.
 * For doctor_facts_gather(). */
void doctor_library_look(enum adapter which, struct doctor_library *library);
void doctor_library_count(enum adapter which, const char *adapter, struct doctor_library *library);

/* doctor_judge - fill the findings in from all the rest. */
void doctor_judge(struct doctor_facts *facts);

/* doctor_program_fits - the program can run on the ring, as far as it is concerned. */
bool doctor_program_fits(const struct doctor_facts *facts);

/* doctor_seccomp_name - "off", "strict", "filter" or "unknown". */
const char *doctor_seccomp_name(int mode);

/* doctor_why - why no ring can be made, or "". */
const char *doctor_why(const struct doctor_facts *facts);

/* doctor_print_text, doctor_print_json - everything. The second returns 0 or -ENOMEM. */
void doctor_print_text(const struct doctor_facts *facts);
int doctor_print_json(const struct doctor_facts *facts);

#endif
