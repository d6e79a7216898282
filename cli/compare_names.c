#include "compare_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DIGITS_MAX = 5, PORT_NUMBER_MAX = 65535 };

/* The number that begins at text, if it stands by itself there and can be a port's; else 0. */
static unsigned names__number(const char *command, const char *text) {
    const size_t digits = strspn(text, "0123456789");
    const unsigned long number = digits > PORT_DIGITS_MAX ? 0 : strtoul(text, NULL, 10);

    if (digits == 0 || (text > command && isalnum((unsigned char)text[-1])) || isalpha((unsigned char)text[digits]))
        return 0;
    return number <= PORT_NUMBER_MAX ? (unsigned)number : 0;
}

bool compare_names(const char *command, const struct port *port) {
    if (port->kind == PORT_UNIX)
        return port->path[0] != '\0' && strstr(command, port->path) != NULL;
    for (const char *at = command; *at != '\0'; at++)
        if (names__number(command, at) == port->number)
            return true;
    return false;
}

/* Whether what stands before a number says that it is a port. */
static bool names__leads_to_port(const char *command, const char *text) {
    static const char *const leads[] = {"-p", "-p ", "-P", "-P ", "--port ", "--port="};

    if (text - command >= 2 && text[-1] == ':')
        return isalnum((unsigned char)text[-2]) || text[-2] == ']';
    for (unsigned i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        const size_t length = strlen(leads[i]);

        if ((size_t)(text - command) > length && memcmp(text - length, leads[i], length) == 0 &&
            isspace((unsigned char)*(text - length - 1)))
            return true;
    }
    return false;
}

size_t compare_targets(const char *command, struct port *ports, size_t max) {
    size_t count = 0;

    for (const char *at = command; *at != '\0'; at++) {
        const size_t digits = strspn(at, "0123456789");
        const unsigned long number = digits == 0 || digits > PORT_DIGITS_MAX ? 0 : strtoul(at, NULL, 10);

        if (number > 0 && number <= PORT_NUMBER_MAX && count < max && names__leads_to_port(command, at))
            ports[count++] = (struct port){.kind = PORT_TCP, .number = (unsigned)number};
        at += digits > 0 ? digits - 1 : 0;
    }
    return count;
}
