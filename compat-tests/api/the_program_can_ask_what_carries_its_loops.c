/* Guards: loops that are missing from the list or stay in it, a carrier that is not the loop's, counters of nothing. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "ringback.h"
#include "uv_loop.h"

/* uv_backend_fd() would tell, and hand the loop to epoll: who asks for it means to watch it. */
static void list_them(int *first, int *second) {
    int epfds[3] = {-1, -1, -1};

    CHECK_INT(ringback_loops(NULL, 0), 2);
    CHECK_INT(ringback_loops(epfds, 1), 2);
    CHECK(epfds[0] >= 0 && epfds[1] == -1);
    CHECK_INT(ringback_loops(epfds, 3), 2);
    CHECK(epfds[1] >= 0 && epfds[1] != epfds[0] && epfds[2] == -1);
    *first = epfds[0];
    *second = epfds[1];
}

int main(void) {
    uv_loop_t loop[2];
    int first, second, on_ring;

    check_begin(10);
    errno = ENOTTY;
    CHECK(strcmp(ringback_version(), RINGBACK_VERSION) == 0);
    CHECK_INT(ringback_loops(NULL, 0), 0);
    CHECK_INT(ringback_carrier(0), RINGBACK_CARRIER_NONE);
    CHECK_INT(ringback_carrier(-1), RINGBACK_CARRIER_NONE);
    CHECK_INT(errno, ENOTTY);
    CHECK_UV(uv_loop_init(&loop[0]));
    CHECK_UV(uv_loop_init(&loop[1]));
    list_them(&first, &second);
    CHECK_INT(ringback_carrier(first), RINGBACK_CARRIER_PENDING);
    CHECK_INT(ringback_carrier(second), RINGBACK_CARRIER_PENDING);
    CHECK(ringback_counter("enters") == 0);
    uvl_run_for(&loop[0], 1);
    on_ring = ringback_carrier(first) == RINGBACK_CARRIER_RING ? first : second;
    CHECK_INT(ringback_carrier(on_ring), RINGBACK_CARRIER_RING);
    CHECK_INT(ringback_carrier(first + second - on_ring), RINGBACK_CARRIER_PENDING);
    CHECK(ringback_counter("enters") > 0);
    CHECK(ringback_counter("no_such_counter") == 0);
    CHECK(ringback_why(-1)[0] == '\0');
    CHECK(ringback_why(on_ring)[0] == '\0');
    uvl_close_loop(&loop[0]);
    CHECK_INT(ringback_loops(NULL, 0), 1);
    CHECK_INT(ringback_carrier(on_ring), RINGBACK_CARRIER_NONE);
    /* Whoever asks for the descriptor means to watch it. */
    CHECK(ringback_carrier(uv_backend_fd(&loop[1])) != RINGBACK_CARRIER_RING);
    CHECK_INT(ringback_loops(&second, 1), 1);
    CHECK_INT(ringback_carrier(second), RINGBACK_CARRIER_EPOLL);
    CHECK(ringback_why(second)[0] != '\0');
    uvl_end(&loop[1]);
    CHECK_INT(ringback_loops(NULL, 0), 0);
    return check_passed();
}
