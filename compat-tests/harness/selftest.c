/* Guards the guards: a check that never fails, an alarm that never rings and a leak that is never seen pass every test.
 * The argument names the fault to commit; CTest demands that the harness says so ("absent-ringback" commits none: there
 * RB_EXPECT asks for a ring that is not there). */
#include "check.h"
#include "net.h"
#include "pattern.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    CHECK_INT(argc, 2);
    check_begin(strcmp(argv[1], "late") == 0 ? 1 : 20);
    check_expect_any();
    if (strcmp(argv[1], "late") == 0)
        for (;;)
            pause();
    if (strcmp(argv[1], "leak") == 0)
        CHECK_FD(open("/dev/null", O_RDONLY));
    if (strcmp(argv[1], "false") == 0)
        CHECK(argc == 1);
    if (strcmp(argv[1], "pattern") == 0) {
        char bytes[100];
        pattern_fill(7, 13, bytes, sizeof bytes);
        pattern_check(7, 13, bytes, sizeof bytes);
        pattern_check(7, 50, bytes + 37, 20);
        pattern_check(7, 14, bytes, sizeof bytes);
    }
    if (strcmp(argv[1], "errno") == 0)
        CHECK_ERRNO(close(-1), 0);
    return check_passed();
}
