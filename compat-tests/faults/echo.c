#include "scenario.h"

#include "talk.h"

enum { SMALL_BUFFER = 4096, BLOCKING = 3 << 20, ROOMY_BUFFER = 512 * 1024, ROOMY_BLOCKING = 7 << 20 };

bool scenario_roomy;

static void exchange(struct talk *talk, size_t size) {
    talk_send(talk, size, false);
    talk_receive(talk);
}

void scenario_echo(uint16_t port) {
    struct talk a = talk_open(port, 1, 0), b;
    for (unsigned i = 0; i < 3; i++)
        exchange(&a, 100 + i);
    b = talk_open(port, 2, 0);
    exchange(&b, 1);
    exchange(&b, 3000);
    exchange(&a, 20000);
    talk_send(&a, 200000, true);
    talk_receive(&a);
    exchange(&a, 10);

    /* Its bytes stay with the server, which has to stop reading, while others go on. */
    struct talk slow = talk_open(port, 3, scenario_roomy ? ROOMY_BUFFER : SMALL_BUFFER);
    exchange(&slow, 50);
    talk_fill(&slow, scenario_roomy ? ROOMY_BLOCKING : BLOCKING);
    exchange(&a, 500);
    talk_receive(&slow);
    exchange(&slow, 60);

    struct talk reset = talk_open(port, 4, 0);
    exchange(&reset, 40);
    talk_send(&reset, 4000, false);
    talk_reset(&reset);

    struct talk brief = talk_open(port, 5, 0);
    talk_send(&brief, 700, false);
    talk_end(&brief);

    talk_send(&b, 30000, true);
    talk_end(&b);
    talk_end(&slow);
    exchange(&a, 5);
    talk_close(&a);
}

void scenario_echo_once(uint16_t port) {
    struct talk talk = talk_open(port, 6, 0);
    exchange(&talk, 1000);
    exchange(&talk, 20);
    talk_end(&talk);
}
