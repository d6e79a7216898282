/* spread - the middle of some figures and how far they lie apart. */
#ifndef CONTROL_SPREAD_H
#define CONTROL_SPREAD_H

struct spread {
    double median;
    double min;
    double max;
};

/* spread_of_numbers - all NAN when there are none. Sorts the numbers. */
struct spread spread_of_numbers(double *number, unsigned count);

#endif
