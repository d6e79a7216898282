/* machine - where a comparison was made, and with which versions. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <cjson/cJSON.h>

/* machine_add - to an object: the time, the kernel, the processor, the versions, and the settings of Ringback that the
 * environment holds, as its children get them. What cannot be found out is "". */
void machine_add(cJSON *object);

#endif
