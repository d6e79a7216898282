/* stat_watch - look at a process again and again, until somebody has seen enough or it has ended. */
#ifndef RB_CLI_STAT_WATCH_H
#define RB_CLI_STAT_WATCH_H

#include "stat_request.h"

/* stat_watch - on a screen if standard output is a terminal; else, and as JSON, line by line. request->pid is the
 * process. Returns an enum cli_exit: CLI_OK when it was ended by a key or a signal, CLI_FAILED when the process could
 * not be looked at, or has ended, which standard error then says. */
int stat_watch(const struct stat_request *request);

#endif
