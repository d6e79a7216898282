/* inject - which fault is to be injected, and whether this is the point.
 *
 * RB_FAULT=CLASS:N:EFFECT puts one fault at the N-th point of a class (point.h), counted from 1:
 *   fail          the call fails as it does when there is nothing to be had (memory, descriptors)
 *   fail:ERRNO    the call fails so; an operation completes so and has done nothing
 *   end:ERRNO     an operation ends so after its first completion (multishot operations)
 *   once          a multishot operation ends with its first completion
 *   short:BYTES   a send of so many bytes only, negative: of all but so many; during an enter: receive buffers so small
 *   partial       an enter submits all but the last entry, and does not wait
 *   late          a cancel answers EALREADY and takes effect with the next enter; a notification is told later
 *   refuse:ERRNO  a zero-copy send completes so, has sent nothing, and its notification follows all the same
 * A "+" behind it: at every point from the N-th on.
 */
#ifndef FAULTS_INJECT_H
#define FAULTS_INJECT_H

#include <stdbool.h>

#include "point.h"

enum effect {
    EFFECT_NONE,
    EFFECT_FAIL,
    EFFECT_END,
    EFFECT_ONCE,
    EFFECT_SHORT,
    EFFECT_PARTIAL,
    EFFECT_LATE,
    EFFECT_REFUSE
};

struct fault {
    enum effect effect;
    int argument; /* an errno, or bytes; 0: none given */
};

/* inject_point - one more point of this class is passed. Returns what is to happen there, EFFECT_NONE mostly. Any
 * thread. */
struct fault inject_point(enum point point);

/* inject_undone - the fault could not be injected at this point after all. */
void inject_undone(void);

/* inject_blocks, inject_maps - the core has this much more or less of them. */
void inject_blocks(int more);
void inject_maps(int more);

#endif
