/* uv_real - libuv's own functions behind our hooks. */
#ifndef RB_UV_REAL_H
#define RB_UV_REAL_H

#include <stdbool.h>
#include <uv.h>

#define RB_UV_HOOK __attribute__((visibility("default")))

/* rb_uv_find - the function of that name in the libuv of this process. */
void *rb_uv_find(const char *name, const void *hook);

/* rb_uv_has - whether it has a function of that name. */
bool rb_uv_has(const char *name);

/* rb_uv_known - the libuv of this process lays its handles out as the headers that we were built with, which libuv 1.x
 * promises. Where it does not, nothing is hinted. */
bool rb_uv_known(void);

#endif
