/* cpus - the processors that a process may use, and whether there is one to spare for watching instead of sleeping. */
#ifndef RB_CPUS_H
#define RB_CPUS_H

#include <stddef.h>
#include <stdint.h>

/* No limit is set. */
#define RB_CPUS_NO_QUOTA UINT32_MAX

/* rb_cpus_quota - what the control groups of the process, and those around them, let it use: thousandths of a
 * processor. root  "", or a directory that stands for / (for tests). Knows version 2 and version 1, and finds both by
 * /proc. Reads files; errno is kept. */
uint32_t rb_cpus_quota(const char *root);

/* rb_cpus_group - the directory of the process's control group of version 2. Returns 0, -ENOENT or -ENAMETOOLONG. */
int rb_cpus_group(char *out, size_t size);

/* rb_cpus_watchers - how many loops of a process may watch at once: one less than it has processors, so that whoever
 * they wait for can run. None with one processor in the machine, and none under a quota, which watching would eat.
 *   allowed  processors that the thread may run on. One that is tied to a single one shares it with nobody, or finds
 *            out (see odds): then those of the machine count.
 *   online   processors of the machine. */
unsigned rb_cpus_watchers(unsigned allowed, unsigned online, uint32_t quota);

/* rb_cpus_spare - the same for the calling thread, as things stand. Looks at most every two seconds. Any thread. */
unsigned rb_cpus_spare(uint64_t now_ns);

/* rb_cpus_delay_ns - how long the calling thread was ready to run while another one ran, since it began. */
uint64_t rb_cpus_delay_ns(void);

#endif
