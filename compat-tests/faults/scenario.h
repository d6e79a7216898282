/* scenario - what the clients do with a server while the fault happens: always the same, one step after the other, so
 * that the points are nearly the same in every run. */
#ifndef FAULTS_SCENARIO_H
#define FAULTS_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

/* Sends to a slow reader leave without a copy: over loopback they get through a small window in pieces of a timeout
 * each, so it gets a larger one, and more bytes to fill it. */
extern bool scenario_roomy;

/* scenario_echo - small messages, large ones, a reader that lets the server wait, half-closes, resets. */
void scenario_echo(uint16_t port);

/* scenario_echo_once - one message and its echo. */
void scenario_echo_once(uint16_t port);

/* scenario_cache - set, get, delete and pipelined gets of memcached's, small values and large. */
void scenario_cache(uint16_t port);
void scenario_cache_once(uint16_t port);

#endif
