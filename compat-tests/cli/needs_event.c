#include <event2/event.h>

int main(void) {
    return event_get_version_number() == 0;
}
