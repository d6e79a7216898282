/* faulty - an echo server in a child process that makes one mistake, for the alarms of the load generator. */
#ifndef CT_BENCH_FAULTY_H
#define CT_BENCH_FAULTY_H

#include <stdint.h>
#include <sys/types.h>

enum fault {
    FAULT_NONE,
    FAULT_FLIP,      /* one bit of one byte */
    FAULT_LOSE,      /* one byte never comes back, those after it do */
    FAULT_LOSE_LAST, /* the last byte of what was read never comes back */
    FAULT_DOUBLE,    /* one byte comes twice */
    FAULT_SWAP,      /* two neighbours change places */
    FAULT_CLOSE      /* the connection ends instead */
};

/* faulty_start - serve up to 16 connections on *port until faulty_stop; the mistake is made once, with a byte that is
 * somewhere within the first megabyte echoed. */
pid_t faulty_start(enum fault fault, uint16_t *port);
void faulty_stop(pid_t pid);

#endif
