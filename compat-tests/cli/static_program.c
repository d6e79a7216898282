/* A program that no library can be loaded into. */
#include <stdlib.h>

int main(void) {
    return getenv("LD_PRELOAD") != NULL ? 7 : 8;
}
