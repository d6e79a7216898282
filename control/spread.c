/* spread - see spread.h. */
#include "spread.h"

#include <math.h>
#include <stdlib.h>

static int compare_numbers(const void *left, const void *right) {
    const double l = *(const double *)left;
    const double r = *(const double *)right;
    return (l > r) - (l < r);
}

struct spread spread_of_numbers(double *number, unsigned count) {
    if (count == 0) {
        return (struct spread){NAN, NAN, NAN};
    }
    qsort(number, count, sizeof(number[0]), compare_numbers);
    const double upper = number[count / 2];
    return (struct spread){
        .median = count % 2 == 1 ? upper : (number[count / 2 - 1] + upper) / 2,
        .min = number[0],
        .max = number[count - 1],
    };
}
