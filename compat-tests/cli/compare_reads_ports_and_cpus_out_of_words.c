/* Guards: a number of a command line that is taken for a port, a port that is not seen, CPUs shared out twice. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "check.h"
#include "compare_names.h"
#include "pin.h"

static void ports_that_a_load_goes_to(void) {
    static const struct {
        const char *command;
        unsigned port[3];
    } loads[] = {
        {"wrk -t1 -c64 -d5 http://127.0.0.1:8080/", {8080}},
        {"wrk http://[::1]:8080/x:y", {8080}},
        {"memcaslap -s localhost:11211,localhost:11212 -x 20000", {11211, 11212}},
        {"pgbench -p 6432 -c 16 -T 5", {6432}},
        {"pgbench -p6432 -P 5", {6432, 5}},
        {"redis-cli --port=6379 && x --port 80", {6379, 80}},
        {"ab -n 20000 -c 16 http://127.0.0.1/", {0}},
        {"sleep 10; echo 12 : 30", {0}},
        {"curl http://h:99999/ http://h:0/", {0}},
        {"", {0}},
    };

    for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        struct port ports[3];
        size_t count = compare_targets(loads[i].command, ports, 3);

        for (size_t j = 0; j < 3; j++)
            CHECK_SAY(loads[i].port[j] == (j < count ? ports[j].number : 0), "%s: port %zu of %zu is %u, not %u",
                      loads[i].command, j, count, j < count ? ports[j].number : 0, loads[i].port[j]);
    }
    CHECK_INT(compare_targets("a:1 a:2 a:3 a:4", (struct port[2]){{0}}, 2), 2);
}

static void ports_that_a_load_names(void) {
    static const struct port web = {.kind = PORT_TCP, .number = 8080},
                             file = {.kind = PORT_UNIX, .path = "/run/x.sock"};

    CHECK(compare_names("wrk http://h:8080/", &web));
    CHECK(compare_names("8080", &web));
    CHECK(compare_names("nc h 8080 80", &web));
    CHECK(!compare_names("wrk http://h:80800/", &web));
    CHECK(!compare_names("wrk http://h:18080/", &web));
    CHECK(!compare_names("wrk -c8080k -d5", &web));
    CHECK(!compare_names("", &web));
    CHECK(compare_names("x --unix /run/x.sock", &file));
    CHECK(!compare_names("x --unix /run/y.sock", &file));
    CHECK(!compare_names("x", &(struct port){.kind = PORT_UNIX}));
}

static void lists_of_cpus(void) {
    char text[PIN_TEXT_MAX];
    cpu_set_t own, set;

    CHECK_INT(sched_getaffinity(0, sizeof(own), &own), 0);
    CHECK_INT(pin_parse(pin_print(&own, text, sizeof(text)), &set), 0);
    CHECK(CPU_EQUAL(&own, &set));
    CHECK_INT(pin_parse("", &set), -EINVAL);
    CHECK_INT(pin_parse("1-", &set), -EINVAL);
    CHECK_INT(pin_parse("3-1", &set), -EINVAL);
    CHECK_INT(pin_parse("0,", &set), -EINVAL);
    CHECK_INT(pin_parse("0 1", &set), -EINVAL);
    CHECK_INT(pin_parse("-1", &set), -EINVAL);
    CHECK_INT(pin_parse("99999", &set), -EINVAL);
    CHECK_INT(pin_parse("0-1023", &set), -ENODEV);
    CPU_ZERO(&set);
    for (unsigned cpu = 0; cpu < 1000; cpu += cpu % 5 == 3 ? 3 : 1)
        CPU_SET(cpu, &set);
    CHECK_SAY(strncmp(pin_print(&set, text, sizeof(text)), "0-3,6-8,", 8) == 0, "%s", text);
    CHECK_SAY(strcmp(text + strlen(text) - 3, "...") == 0, "%s", text);
}

static void cpus_are_shared_out(void) {
    cpu_set_t own, server, load, both;

    CHECK_INT(sched_getaffinity(0, sizeof(own), &own), 0);
    if (!pin_split(&server, &load)) {
        CHECK_INT(CPU_COUNT(&own), 1);
        CHECK(CPU_EQUAL(&server, &own) && CPU_EQUAL(&load, &own));
        return;
    }
    CPU_AND(&both, &server, &load);
    CHECK_INT(CPU_COUNT(&both), 0);
    CPU_OR(&both, &server, &load);
    CHECK(CPU_EQUAL(&both, &own));
    CHECK(CPU_COUNT(&server) > 0 && CPU_COUNT(&load) > 0);
    CHECK_INT(pin_first(&load), pin_first(&own));
    /* What is allowed is shared out, not what there is. */
    CPU_ZERO(&both);
    CPU_SET((size_t)pin_first(&server), &both);
    CHECK_INT(sched_setaffinity(0, sizeof(both), &both), 0);
    CHECK(!pin_split(&server, &load));
    CHECK(CPU_EQUAL(&server, &both) && CPU_EQUAL(&load, &both));
}

int main(void) {
    check_begin(30);
    ports_that_a_load_goes_to();
    ports_that_a_load_names();
    lists_of_cpus();
    cpus_are_shared_out();
    return check_passed();
}
