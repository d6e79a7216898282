#include <uv.h>

int main(void) {
    return uv_version() == 0;
}
