/* hooks - what an adapter calls of the code that is compiled into it. */
#ifndef RB_HOOKS_H
#define RB_HOOKS_H

/* rb_hooks_attach - from the adapter's constructor: find libc's functions, start the core. */
void rb_hooks_attach(const char *adapter);

/* rb_hooks_look_up - before a call that only libc can do: find its functions, should the program's libraries have come
 * first with their constructors. Cheap once done. */
void rb_hooks_look_up(void);

/* rb_hooks_find - the library's own function behind a hook of the same name.
 *   hook     the hook, so that it is not found instead.
 *   sonames  where to look when the library was loaded privately (dlopen), NULL-terminated.
 * Never NULL: a function that is called but nowhere to be found ends the process with its name. */
void *rb_hooks_find(const char *name, const void *hook, const char *const *sonames);

/* rb_hooks_look - the same, NULL where it is nowhere to be found. */
void *rb_hooks_look(const char *name, const void *hook, const char *const *sonames);

#endif
