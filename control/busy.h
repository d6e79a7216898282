/* busy - how long CPUs have worked, for whomever. */
#ifndef CONTROL_BUSY_H
#define CONTROL_BUSY_H

#include <sched.h>

/* busy_seconds - what all processes together took of these CPUs since the machine started, and what its host took from
 * it; without interrupts. In steps of a clock tick for each CPU. 0 if /proc/stat does not tell. */
double busy_seconds(const cpu_set_t *cpus);

#endif
