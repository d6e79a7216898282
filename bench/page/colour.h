/* colour - the page's colours, by name. What they look like, in light and in dark, is up to style.css.
 *
 * gnuplot knows no names: it is given a number for each (colour_number), which svg.c turns into the name again.
 */
#ifndef BENCH_COLOUR_H
#define BENCH_COLOUR_H

/* Steps of a ratio, symmetric about 1: five of loss, even (0.97 and above counts as equal), five of gain. */
enum { COLOUR_STEPS_EACH_WAY = 5, COLOUR_STEPS = 2 * COLOUR_STEPS_EACH_WAY + 1 };

enum colour {
    COLOUR_INK,
    COLOUR_GROUND,
    COLOUR_MUTED,
    COLOUR_GRID,
    COLOUR_EPOLL,
    COLOUR_RING,
    COLOUR_FLOOR,
    COLOUR_LOSS, /* marks, not areas: text and points on the page's own ground */
    COLOUR_GAIN,
    COLOUR_STEP,                                 /* the first of the steps, the worst loss ... */
    COLOUR_ON_STEP = COLOUR_STEP + COLOUR_STEPS, /* ... and of the colours to write on them */
    COLOURS = COLOUR_ON_STEP + COLOUR_STEPS
};

/* colour_step - of a ratio: 0 to COLOUR_STEPS - 1, the middle one is even. NAN is even. */
int colour_step(double ratio);

/* colour_step_from - the ratio that a step of gain begins at: 1 to COLOUR_STEPS_EACH_WAY; losses are its reciprocals.
 */
double colour_step_from(int gain);

/* colour_step_name - "loss5" ... "loss1", "even", "gain1" ... "gain5". Static. */
const char *colour_step_name(int step);

/* colour_name - of a variable of style.css, without its dashes. Static. */
const char *colour_name(enum colour colour);

/* colour_number - what stands for it in gnuplot's output: 0xRRGGBB. */
unsigned colour_number(enum colour colour);

/* colour_find - which colour a number stands for; COLOURS if none. */
enum colour colour_find(unsigned red, unsigned green, unsigned blue);

#endif
