/* Guards: a launcher that fails in silence, or starts a program that can never see Ringback without a word. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"

#define RUN TREE "/bin/ringback", "run"

static struct capture got;

static void expect(int status, const char *part) {
    CHECK_SAY(got.status == status, "status %d instead of %d: %s", got.status, status, got.err);
    CAPTURE_SAYS(got.err, part);
}

static void make_file(const char *path, const char *text, mode_t mode) {
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    fputs(text, file);
    CHECK_INT(fclose(file), 0);
    CHECK_INT(chmod(path, mode), 0);
}

static void missing_and_unusable_files_are_told_apart(void) {
    CAPTURE(&got, RUN, "no-such-program-anywhere");
    expect(127, "no-such-program-anywhere: command not found");
    CAPTURE(&got, RUN, "./no/such/file");
    expect(127, "command not found");
    CAPTURE(&got, RUN, "/etc");
    expect(126, "/etc: cannot be started: Permission denied");
    make_file("ct-cli-file", "text\n", 0644);
    CAPTURE(&got, RUN, "./ct-cli-file");
    expect(126, "Permission denied");
    make_file("ct-cli-file", "#!/no/such/interpreter\n", 0755);
    CAPTURE(&got, RUN, "./ct-cli-file");
    expect(126, "its interpreter /no/such/interpreter is missing");
    make_file("ct-cli-file", "#!/usr/bin/env no-such-interpreter\n", 0755);
    CAPTURE(&got, RUN, "./ct-cli-file");
    expect(126, "its interpreter no-such-interpreter is missing");
    make_file("ct-cli-file", "echo $0 runs\n", 0755); /* no "#!": execvp() gives it to sh */
    CAPTURE(&got, RUN, "./ct-cli-file");
    expect(0, "");
    CAPTURE_SAYS(got.out, "ct-cli-file runs");
    CHECK_INT(unlink("ct-cli-file"), 0);
}

static void static_program_is_warned_about(void) {
    CAPTURE(&got, RUN, STATIC_PROGRAM);
    expect(7, "is linked statically"); /* it ran, with the adapters in its environment */
    CAPTURE(&got, RUN, "--require", STATIC_PROGRAM);
    expect(125, "only without Ringback");
}

/* A copy of a program that runs with another user's rights. */
static void setuid_program_is_warned_about(void) {
    const uid_t nobody = 65534;

    if (getuid() != 0)
        return; /* only root can give a file away; the rest of the test stands */
    CAPTURE(&got, "cp", NEEDS_UV, "./ct-cli-setuid");
    CHECK_INT(got.status, 0);
    CHECK_INT(chmod("ct-cli-setuid", 04755), 0);
    CAPTURE(&got, RUN, "./ct-cli-setuid");
    expect(0, "");
    CHECK(got.err[0] == '\0'); /* setuid to the user who runs it changes nothing */
    CHECK_INT(chown("ct-cli-setuid", nobody, 0), 0);
    CHECK_INT(chmod("ct-cli-setuid", 04755), 0);
    CAPTURE(&got, RUN, "./ct-cli-setuid");
    expect(0, "its loader ignores LD_PRELOAD");
    CAPTURE(&got, RUN, "--require", "./ct-cli-setuid");
    expect(125, "only without Ringback");
    CHECK_INT(unlink("ct-cli-setuid"), 0);
}

/* The header of a program for another machine. */
static void foreign_program_is_warned_about(void) {
    unsigned char header[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 0xff, [19] = 0x7f};
    int fd = CHECK_FD(open("ct-cli-foreign", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));

    CHECK_INT(write(fd, header, sizeof(header)), sizeof(header));
    CHECK_INT(close(fd), 0);
    CAPTURE(&got, RUN, "--require", "./ct-cli-foreign");
    expect(125, "another machine");
    CHECK_INT(unlink("ct-cli-foreign"), 0);
}

static void incomplete_installation_is_told(void) {
    CAPTURE(&got, TREE "/incomplete/ringback", "run", "true");
    expect(0, ""); /* ../lib is found from any directory beside it */
    CAPTURE(&got, "sh", "-c",
            "mkdir -p ct-cli-bare/bin && cp " TREE "/bin/ringback ct-cli-bare/bin && exec ct-cli-bare/bin/ringback "
            "run true");
    expect(125, "libringback-uv.so is not there; looked in");
    CAPTURE(&got, "sh", "-c",
            "mkdir -p 'ct-cli-bare/a b/bin' && cp " TREE "/bin/ringback 'ct-cli-bare/a b/bin' && cp -r " TREE
            "/lib 'ct-cli-bare/a b' && exec 'ct-cli-bare/a b/bin/ringback' run true");
    expect(125, "cannot hold a path with a space");
    CAPTURE(&got, "rm", "-r", "ct-cli-bare");
    expect(0, "");
}

int main(void) {
    check_begin(60);
    missing_and_unusable_files_are_told_apart();
    static_program_is_warned_about();
    setuid_program_is_warned_about();
    foreign_program_is_warned_about();
    incomplete_installation_is_told();
    return check_passed();
}
