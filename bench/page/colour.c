/* colour - see colour.h. */
#include "colour.h"
#include "summary.h"

#include <math.h>

/* Nobody would choose these two for red and green by chance. */
enum { RED = 0xA0, GREEN = 0xB0 };

double colour_step_from(int gain) {
    static const double from[COLOUR_STEPS_EACH_WAY] = {1 / SUMMARY_RATIO_MIN, 1.15, 1.4, 1.8, 2.5};
    return from[gain - 1];
}

int colour_step(double ratio) {
    int gain = 0;
    const double factor = ratio < 1 ? 1 / ratio : ratio;
    while (gain < COLOUR_STEPS_EACH_WAY && !isnan(ratio) && factor > colour_step_from(gain + 1)) {
        gain++;
    }
    return COLOUR_STEPS_EACH_WAY + (ratio < 1 ? -gain : gain);
}

const char *colour_step_name(int step) {
    return colour_name((enum colour)((int)COLOUR_STEP + step));
}

const char *colour_name(enum colour colour) {
    static const char *const names[COLOURS] = {
        "ink",      "ground",  "muted",    "grid",     "epoll",    "ring",     "floor",    "loss",
        "gain",     "loss5",   "loss4",    "loss3",    "loss2",    "loss1",    "even",     "gain1",
        "gain2",    "gain3",   "gain4",    "gain5",    "on-loss5", "on-loss4", "on-loss3", "on-loss2",
        "on-loss1", "on-even", "on-gain1", "on-gain2", "on-gain3", "on-gain4", "on-gain5"};
    return names[colour];
}

unsigned colour_number(enum colour colour) {
    return RED << 16 | GREEN << 8 | (unsigned)colour;
}

enum colour colour_find(unsigned red, unsigned green, unsigned blue) {
    return red == RED && green == GREEN && blue < COLOURS ? (enum colour)blue : COLOURS;
}
