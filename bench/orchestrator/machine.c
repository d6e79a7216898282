/* machine - see machine.h. */
#include "machine.h"
#include "ringback.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { TEXT_MAX = 256 };

/* The value of the first line of /proc/cpuinfo with that key, "" where the architecture has none. */
static void read_cpuinfo(char out[TEXT_MAX], const char *key) {
    char line[8 * TEXT_MAX];
    out[0] = '\0';
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && out[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) == 0 && colon != NULL) {
            const char *value = colon + 1 + strspn(colon + 1, " \t");
            (void)snprintf(out, TEXT_MAX, "%.*s", (int)strcspn(value, "\n"), value);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void add_date(cJSON *object) {
    char text[TEXT_MAX] = "";
    const time_t now = time(NULL);
    struct tm utc = {0};
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    (void)cJSON_AddStringToObject(object, "date", text);
}

static void add_settings(cJSON *object) {
    static const char prefix[] = "RINGBACK";
    cJSON *settings = cJSON_AddObjectToObject(object, "settings");
    for (char *const *entry = environ; entry != NULL && *entry != NULL; entry++) {
        char name[TEXT_MAX];
        const size_t length = strcspn(*entry, "=");
        if (strncmp(*entry, prefix, sizeof(prefix) - 1) == 0 && length < sizeof(name) && (*entry)[length] == '=') {
            (void)snprintf(name, sizeof(name), "%.*s", (int)length, *entry);
            (void)cJSON_AddStringToObject(settings, name, *entry + length + 1);
        }
    }
}

void machine_add(cJSON *object) {
    struct utsname name = {0};
    char model[TEXT_MAX];
    (void)uname(&name);
    read_cpuinfo(model, "model name");
    add_date(object);
    (void)cJSON_AddStringToObject(object, "ringback", RINGBACK_VERSION);
    (void)cJSON_AddStringToObject(object, "libuv", uv_version_string());
    (void)cJSON_AddStringToObject(object, "libevent", event_get_version());
    (void)cJSON_AddStringToObject(object, "kernel", name.release);
    (void)cJSON_AddStringToObject(object, "architecture", name.machine);
    (void)cJSON_AddStringToObject(object, "cpu_model", model);
    (void)cJSON_AddNumberToObject(object, "cpus", (double)sysconf(_SC_NPROCESSORS_ONLN));
    add_settings(object);
}
