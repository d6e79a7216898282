/* Guards: an adapter loaded twice or not at all, LD_PRELOAD of the user lost, arguments or exit status changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"

#define RUN   TREE "/bin/ringback", "run"
#define UV    TREE "/lib/libringback-uv.so"
#define EVENT TREE "/lib/libringback-event.so"

static struct capture got;

static void arguments_status_and_settings_reach_the_program(void) {
    CAPTURE(&got, RUN, "--profile=safe", "--streams", "auto", "--require", "--", "sh", "-c",
            "echo \"$1|$RINGBACK|$RINGBACK_PROFILE|$RINGBACK_STREAMS|$LD_PRELOAD\"; exit 42", "sh", "a  b");
    CHECK_INT(got.status, 42);
    CHECK_SAY(strcmp(got.out, "a  b|require|safe|auto|" UV ":" EVENT "\n") == 0, "%s", got.out);
    CAPTURE(&got, RUN, "--off", "sh", "-c", "echo $RINGBACK --print");
    CHECK_SAY(strcmp(got.out, "off --print\n") == 0, "%s", got.out);
    CAPTURE(&got, RUN, "sh", "-c", "kill -9 $$");
    CHECK_INT(got.status, 256 + 9);
}

/* The program that `path` names gets exactly this LD_PRELOAD. */
static void expect_preload(const char *path, const char *option, const char *preload) {
    char line[4096];

    CAPTURE(&got, RUN, "--print", option, path);
    CHECK_INT(got.status, 0);
    snprintf(line, sizeof(line), "LD_PRELOAD             %s\n", preload);
    CAPTURE_SAYS(got.out, line);
}

static void adapters_fit_the_libraries(void) {
    expect_preload(NEEDS_UV, "--print", UV);
    expect_preload(NEEDS_EVENT, "--print", EVENT);
    expect_preload("sh", "--print", UV ":" EVENT);
    expect_preload(NEEDS_UV, "--adapter=event", EVENT);
    expect_preload(NEEDS_EVENT, "--adapter=both", UV ":" EVENT);
    expect_preload("sh", "--adapter=uv", UV);
    /* A script is what its interpreter is. */
    FILE *script = fopen("ct-cli-script", "w");
    CHECK(script != NULL);
    fprintf(script, "#!/usr/bin/env -S %s --\n", NEEDS_UV);
    CHECK_INT(fclose(script), 0);
    CHECK_INT(chmod("ct-cli-script", 0755), 0);
    expect_preload("./ct-cli-script", "--print", UV);
    CHECK_INT(unlink("ct-cli-script"), 0);
}

static void old_preload_is_kept_once(void) {
    CAPTURE_WITH(&got, "LD_PRELOAD=libutil.so.1 /elsewhere/libringback-uv.so::" UV ":libdl.so.2", RUN, "sh", "-c",
                 "echo \"$LD_PRELOAD\"");
    CHECK_INT(got.status, 0);
    CHECK_SAY(strcmp(got.out, UV ":" EVENT ":libutil.so.1:libdl.so.2\n") == 0, "%s", got.out);
}

/* What the user preloads is no library of the program's. */
static void old_preload_chooses_no_adapter(void) {
    CAPTURE_WITH(&got, "LD_PRELOAD=libuv.so.1", RUN, "--print", NEEDS_EVENT);
    CHECK_INT(got.status, 0);
    CAPTURE_SAYS(got.out, "LD_PRELOAD             " EVENT ":libuv.so.1\n");
}

static void print_tells_where_a_setting_came_from(void) {
    CAPTURE_WITH(&got, "RINGBACK_SPIN_US=5", RUN, "--profile", "safe", "--print");
    CHECK_INT(got.status, 0);
    CAPTURE_SAYS(got.out, "RINGBACK               on           default\n");
    CAPTURE_SAYS(got.out, "RINGBACK_PROFILE       safe         command line\n");
    CAPTURE_SAYS(got.out, "RINGBACK_STREAMS       off          profile safe\n");
    CAPTURE_SAYS(got.out, "RINGBACK_SPIN_US       5            environment\n");
    CAPTURE_SAYS(got.out, "RINGBACK_LOG           notice       default\n");
    CAPTURE_WITH(&got, "RINGBACK_PROFILE=latency", RUN, "--require", "--streams=auto", "--print");
    CAPTURE_SAYS(got.out, "RINGBACK               require      command line\n");
    CAPTURE_SAYS(got.out, "RINGBACK_PROFILE       latency      environment\n");
    CAPTURE_SAYS(got.out, "RINGBACK_STREAMS       auto         command line\n");
    CAPTURE_SAYS(got.out, "RINGBACK_SPIN_US       100          profile latency\n");
    CAPTURE_WITH(&got, "RINGBACK_SPINUS=5", RUN, "--print");
    CAPTURE_SAYS(got.err, "did you mean RINGBACK_SPIN_US?");
}

int main(void) {
    check_begin(60);
    arguments_status_and_settings_reach_the_program();
    adapters_fit_the_libraries();
    old_preload_is_kept_once();
    old_preload_chooses_no_adapter();
    print_tells_where_a_setting_came_from();
    return check_passed();
}
