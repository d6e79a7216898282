/* adapters - the preloaded objects: which there are, where they lie, and how a program is told to load them. */
#ifndef RB_CLI_ADAPTERS_H
#define RB_CLI_ADAPTERS_H

#include <limits.h>

enum adapter { ADAPTER_UV, ADAPTER_EVENT, ADAPTER_COUNT };

/* adapter_file - the file name of an adapter, such as "libringback-uv.so". Static. */
const char *adapter_file(enum adapter adapter);

/* adapter_find - the absolute path of an adapter, looked for relative to this program: where the build puts it and
 * where an installation does. path  PATH_MAX bytes. On failure: the places looked at, for the reader. Returns 0 or
 * -ENOENT. */
int adapter_find(enum adapter adapter, char *path);

/* adapter_preload - the value of LD_PRELOAD for some adapters.
 *   paths  their paths, NULL-terminated; none may contain a space or a colon, which separate the list.
 *   old    LD_PRELOAD's present value, or NULL. It is kept, behind the paths; an adapter that it names is left out, so
 *          that no adapter is loaded twice.
 * Returns a string to free(), or NULL for want of memory. */
char *adapter_preload(const char *const *paths, const char *old);

/* adapter_strip - a value of LD_PRELOAD without the adapters. Returns a string to free(), or NULL for want of memory.
 */
char *adapter_strip(const char *old);

#endif
