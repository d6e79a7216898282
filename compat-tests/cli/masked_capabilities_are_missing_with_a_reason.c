/* Guards: a mask that masks nothing, so that the tests on "older kernels" prove nothing; and a lack without a reason.
 */
#include <string.h>

#include "caps.h"
#include "check.h"

static struct rb_caps whole, masked;

/* What is lost beside the masked capability itself, because it is of no use without it. */
static bool depends(enum rb_cap cap, enum rb_cap on) {
    switch (cap) {
    case RB_CAP_POLL_MULTISHOT:
        return on == RB_CAP_POLL_ADD;
    case RB_CAP_RECV_MULTISHOT:
        return on == RB_CAP_BUFFER_RING;
    case RB_CAP_DEFER_TASKRUN:
        return on == RB_CAP_SINGLE_ISSUER;
    case RB_CAP_ZC_REPORT_USAGE:
        return on == RB_CAP_SEND_ZC;
    default:
        return false;
    }
}

static void mask_takes_one_away(enum rb_cap cap) {
    const char *name = rb_caps_info(cap)->name;

    rb_caps_probe(&masked, UINT64_C(1) << cap);
    CHECK_SAY(!masked.have[cap], "%s is there although it is masked", name);
    CHECK_SAY(strstr(masked.why[cap], "RINGBACK_DISABLE") != NULL, "%s: %s", name, masked.why[cap]);
    if (rb_caps_missing(&whole) == RB_CAP_COUNT)
        CHECK_INT(rb_caps_missing(&masked), rb_caps_info(cap)->needed ? cap : RB_CAP_COUNT);
    for (unsigned i = 0; i < RB_CAP_COUNT; i++) {
        bool lost = i == (unsigned)cap || cap == RB_CAP_IO_URING || depends((enum rb_cap)i, cap);
        CHECK_SAY(masked.have[i] == (whole.have[i] && !lost), "%s changed by masking %s",
                  rb_caps_info((enum rb_cap)i)->name, name);
        CHECK_SAY(masked.have[i] == (masked.why[i][0] == '\0'), "%s: %s", rb_caps_info((enum rb_cap)i)->name,
                  masked.why[i]);
    }
}

static void flag_needs_one_of_two(void) {
    rb_caps_probe(&masked, UINT64_C(1) << RB_CAP_COOP_TASKRUN | UINT64_C(1) << RB_CAP_DEFER_TASKRUN);
    CHECK(!masked.have[RB_CAP_TASKRUN_FLAG]);
    rb_caps_probe(&masked, UINT64_C(1) << RB_CAP_COOP_TASKRUN | UINT64_C(1) << RB_CAP_SINGLE_ISSUER);
    CHECK(!masked.have[RB_CAP_TASKRUN_FLAG] && !masked.have[RB_CAP_DEFER_TASKRUN]);
}

static void names_are_found(void) {
    for (unsigned i = 0; i < RB_CAP_COUNT; i++) {
        const char *name = rb_caps_info((enum rb_cap)i)->name;
        CHECK_INT(rb_caps_named(name, (unsigned)strlen(name)), i);
        CHECK_INT(rb_caps_named(name, (unsigned)strlen(name) - 1), RB_CAP_COUNT);
    }
}

int main(void) {
    check_begin(20);
    rb_caps_probe(&whole, 0);
    for (unsigned i = 0; i < RB_CAP_COUNT; i++)
        mask_takes_one_away((enum rb_cap)i);
    flag_needs_one_of_two();
    names_are_found();
    return check_passed();
}
