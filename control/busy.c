/* busy - see busy.h. */
#include "busy.h"

#include <stdio.h>
#include <unistd.h>

double busy_seconds(const cpu_set_t *cpus) {
    char line[512];
    unsigned long long ticks = 0;
    FILE *file = fopen("/proc/stat", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned cpu = 0;
        unsigned long long user = 0;
        unsigned long long nice = 0;
        unsigned long long system = 0;
        unsigned long long steal = 0;
        if (sscanf(line, "cpu%u %llu %llu %llu %*u %*u %*u %*u %llu", &cpu, &user, &nice, &system, &steal) == 5 &&
            cpu < CPU_SETSIZE && CPU_ISSET(cpu, cpus)) {
            ticks += user + nice + system + steal;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}
