#include <stddef.h>

#include "event_real.h"
#include "libc/hooks.h"

static const char *const sonames[] = {"libevent-2.1.so.7", "libevent_core-2.1.so.7", "libevent-2.2.so.1",
                                      "libevent_core-2.2.so.1", NULL};

void *rb_event_find(const char *name, const void *hook) {
    return rb_hooks_find(name, hook, sonames);
}

__attribute__((constructor)) static void attach(void) {
    rb_hooks_attach("event");
}
