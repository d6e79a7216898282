/* pin - see pin.h. */
#include "pin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void allowed_cpus(cpu_set_t *set) {
    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof(*set), set) != 0) {
        CPU_SET(0, set);
    }
}

/* A number within the set's range, moving the text on; -1 if there is none. */
static int take_number(const char **text) {
    char *end = NULL;
    if (**text < '0' || **text > '9') {
        return -1;
    }
    const long number = strtol(*text, &end, 10);
    *text = end;
    return number < CPU_SETSIZE ? (int)number : -1;
}

/* A list of numbers and ranges into a set, whatever CPUs there are. Returns 0 or -EINVAL. */
static int read_list(const char *list, cpu_set_t *set) {
    CPU_ZERO(set);
    for (;;) {
        const int first = take_number(&list);
        int last = first;
        if (*list == '-') {
            list++;
            last = take_number(&list);
        }
        if (first < 0 || last < first) {
            return -EINVAL;
        }
        for (int cpu = first; cpu <= last; cpu++) {
            CPU_SET((size_t)cpu, set);
        }
        if (*list != ',') {
            return *list == '\0' || *list == '\n' ? 0 : -EINVAL;
        }
        list++;
    }
}

int pin_parse(const char *list, cpu_set_t *set) {
    cpu_set_t allowed;
    cpu_set_t both;
    if (read_list(list, set) != 0) {
        return -EINVAL;
    }
    allowed_cpus(&allowed);
    CPU_AND(&both, &allowed, set);
    return CPU_EQUAL(&both, set) ? 0 : -ENODEV;
}

const char *pin_print(const cpu_set_t *set, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, set)) {
            continue;
        }
        int last = cpu;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET((size_t)last + 1, set)) {
            last++;
        }
        if (used + sizeof("1023-1023,...") > size) {
            (void)snprintf(text + used, size - used, "...");
            break;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%d", used > 0 ? "," : "", cpu);
        if (last > cpu) {
            used += (size_t)snprintf(text + used, size - used, "-%d", last);
        }
        cpu = last;
    }
    return text;
}

/* The CPUs of the same core, as far as they are in the set; the CPU alone if that is not known. */
static void core_of(int cpu, const cpu_set_t *set, cpu_set_t *core) {
    char path[96];
    char list[256] = "";
    (void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(list, sizeof(list), file) == NULL || read_list(list, core) != 0) {
        CPU_ZERO(core);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    CPU_SET((size_t)cpu, core);
    CPU_AND(core, core, set);
}

int pin_first(const cpu_set_t *set) {
    int cpu = 0;
    while (!CPU_ISSET((size_t)cpu, set)) {
        cpu++;
    }
    return cpu;
}

/* Move the first core of a set to another one, or its first CPU. */
static void move_first(cpu_set_t *from, cpu_set_t *to, bool whole_core) {
    const int cpu = pin_first(from);
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET((size_t)cpu, &first);
    if (whole_core) {
        core_of(cpu, from, &first);
    }
    CPU_OR(to, to, &first);
    CPU_XOR(from, from, &first);
}

static unsigned count_cores(cpu_set_t set) {
    cpu_set_t counted;
    unsigned cores = 0;
    CPU_ZERO(&counted);
    while (CPU_COUNT(&set) > 0) {
        move_first(&set, &counted, true);
        cores++;
    }
    return cores;
}

bool pin_split(cpu_set_t *server, cpu_set_t *load) {
    allowed_cpus(server);
    *load = *server;
    unsigned parts = count_cores(*server);
    const bool whole_cores = parts > 1;
    parts = whole_cores ? parts : (unsigned)CPU_COUNT(server);
    if (parts < 2) {
        return false;
    }
    CPU_ZERO(load);
    for (unsigned i = 0; i < parts / 2; i++) {
        move_first(server, load, whole_cores);
    }
    return true;
}
