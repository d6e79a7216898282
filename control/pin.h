/* pin - sets of CPUs: as people write them, and which ones a server and its load get. */
#ifndef CONTROL_PIN_H
#define CONTROL_PIN_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

enum { PIN_TEXT_MAX = 256 };

/* pin_parse - a list as taskset(1) takes it: "0-3,8". Returns 0, -EINVAL if it is none, -ENODEV if it names a CPU that
 * we may not use. */
int pin_parse(const char *list, cpu_set_t *set);

/* pin_print - the same list again; text ends with "..." if it does not fit. Returns text. */
const char *pin_print(const cpu_set_t *set, char *text, size_t size);

/* pin_first - the first CPU of a set that has one. */
int pin_first(const cpu_set_t *set);

/* pin_split - share out the CPUs that we may use: half of the cores for the load, the first ones, which the kernel's
 * own work mostly falls to, and half, or one more, for the server. CPUs of one core stay together, unless there is but
 * one core. Returns false when there is but one CPU: then both sets have it. */
bool pin_split(cpu_set_t *server, cpu_set_t *load);

#endif
