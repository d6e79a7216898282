/* Guards: a program that can never see Ringback and is called fit, a remedy that is another problem's, and a library
 * whose functions are not there and that is called complete. */
#include <cJSON.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"

enum { NOBODY = 65534 };

static struct capture got;

static const char *text(const cJSON *object, const char *name) {
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return value == NULL ? "(nothing)" : value;
}

/* What the doctor says of a program; *status is its exit status. To be deleted. */
static cJSON *look(const char *program, int *status) {
    cJSON *root;

    CAPTURE(&got, RINGBACK_CLI, "doctor", "--json", program);
    *status = got.status;
    root = cJSON_Parse(got.out);
    CHECK_SAY(root != NULL, "%s%s", got.out, got.err);
    return root;
}

static bool has_adapter(const cJSON *program, const char *adapter) {
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItem(program, "adapters")) if (strcmp(cJSON_GetStringValue(item),
                                                                                  adapter) == 0) return true;
    return false;
}

/* How the libraries are in it, and so which adapters are for it. */
static void expect_fit(const char *name, const char *uv, const char *event) {
    const bool none_linked = strcmp(uv, "linked") != 0 && strcmp(event, "linked") != 0;
    const cJSON *program, *libraries;
    cJSON *root;
    int status;

    root = look(name, &status);
    program = cJSON_GetObjectItem(root, "program");
    libraries = cJSON_GetObjectItem(program, "libraries");
    CHECK_INT(status, 0);
    CHECK(cJSON_IsTrue(cJSON_GetObjectItem(program, "fits")));
    CHECK_SAY(strcmp(text(libraries, "libuv"), uv) == 0, "libuv in %s: %s", name, text(libraries, "libuv"));
    CHECK_SAY(strcmp(text(libraries, "libevent"), event) == 0, "libevent in %s: %s", name, text(libraries, "libevent"));
    CHECK_INT(has_adapter(program, "libringback-uv.so"), none_linked || strcmp(uv, "linked") == 0);
    CHECK_INT(has_adapter(program, "libringback-event.so"), none_linked || strcmp(event, "linked") == 0);
    cJSON_Delete(root);
}

/* It does not fit; what is said about that, and what to do. */
static void expect_unfit(const char *name, const char *finding, const char *remedy) {
    const cJSON *entry;
    bool found = false;
    cJSON *root;
    int status;

    root = look(name, &status);
    CHECK_INT(status, 1);
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "program"), "fits")));
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "program"), "adapters")), 0);
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(root, "remedies")) found |=
        strstr(text(entry, "finding"), finding) != NULL && strstr(text(entry, "remedy"), remedy) != NULL;
    CHECK_SAY(found, "%s, %s: not in %s", finding, remedy, got.out);
    cJSON_Delete(root);
    CAPTURE(&got, RINGBACK_CLI, "doctor", name);
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.out, "CANNOT run with Ringback");
    CAPTURE_SAYS(got.out, remedy);
}

static void make_script(const char *line) {
    FILE *file = fopen("ct-cli-script", "w");

    CHECK(file != NULL);
    fprintf(file, "#!%s\n", line);
    CHECK_INT(fclose(file), 0);
    CHECK_INT(chmod("ct-cli-script", 0755), 0);
}

static void scripts_are_what_runs_them(void) {
    cJSON *root;
    int status;

    make_script(NEEDS_UV " -x");
    expect_fit("./ct-cli-script", "linked", "none");
    root = look("./ct-cli-script", &status);
    CHECK(strcmp(text(cJSON_GetObjectItem(root, "program"), "interpreter"), NEEDS_UV) == 0);
    cJSON_Delete(root);
    make_script("/usr/bin/env sh");
    expect_fit("./ct-cli-script", "none", "none");
    make_script(STATIC_PROGRAM);
    expect_unfit("./ct-cli-script", "is linked statically", "linked dynamically");
    make_script("/no/such/interpreter");
    expect_unfit("./ct-cli-script", "/no/such/interpreter", "cannot be started without Ringback either");
    CHECK_INT(unlink("ct-cli-script"), 0);
}

/* The doctor as an ordinary user, asked about a copy of a program that has other rights. */
static void expect_rights(const char *part, const char *remedy) {
    pid_t child = CHECK_FD(fork());

    if (child == 0) {
        check_child(30);
        CHECK_INT(setgroups(0, NULL), 0);
        CHECK_INT(setgid(NOBODY), 0);
        CHECK_INT(setuid(NOBODY), 0);
        CAPTURE(&got, RINGBACK_CLI, "doctor", "/var/tmp/ct-cli-rights");
        /* 99: the tree may lie where this user cannot even read it. */
        if (got.status != 99) {
            CHECK_INT(got.status, 1);
            CAPTURE_SAYS(got.out, part);
            CAPTURE_SAYS(got.out, remedy);
        }
        exit(0);
    }
    check_child_passed(child);
}

static void rights_are_looked_at(void) {
    /* cap_net_bind_service, permitted and effective */
    static const unsigned char capability[] = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    if (getuid() != 0)
        return; /* only root can give rights away */
    CAPTURE(&got, "cp", NEEDS_UV, "/var/tmp/ct-cli-rights");
    CHECK_INT(got.status, 0);
    CHECK_INT(chmod("/var/tmp/ct-cli-rights", 04755), 0);
    expect_rights("runs with another user's rights", "started as the user and group that it is to run as");
    CHECK_INT(chmod("/var/tmp/ct-cli-rights", 02755), 0);
    expect_rights("runs with another user's rights", "started as the user and group that it is to run as");
    CHECK_INT(chmod("/var/tmp/ct-cli-rights", 0755), 0);
    if (setxattr("/var/tmp/ct-cli-rights", "security.capability", capability, sizeof(capability), 0) == 0)
        expect_rights("runs with another user's rights", "AmbientCapabilities=");
    CHECK_INT(unlink("/var/tmp/ct-cli-rights"), 0);
}

static void libraries_inside_are_found(void) {
    const char *strip[] = {"strip", "-o", "ct-cli-stripped", INSIDE_UV, NULL};

    expect_fit(INSIDE_UV, "inside", "none");
    CAPTURE(&got, RINGBACK_CLI, "doctor", INSIDE_UV);
    CAPTURE_SAYS(got.out, "RINGBACK_STREAMS=auto receives and accepts by the ring");
    capture_run(&got, strip, NULL);
    CHECK_INT(got.status, 0);
    expect_fit("./ct-cli-stripped", "inside", "none"); /* without names, by what it contains */
    CHECK_INT(unlink("ct-cli-stripped"), 0);
}

/* The library that would be loaded here and now, whole and then a poor one in its place. */
static void hooks_are_counted(void) {
    const char *plain[] = {RINGBACK_CLI, "doctor", NULL}, *fake[] = {"LD_LIBRARY_PATH=" FAKE_UV_DIR, NULL};

    capture_run(&got, plain, NULL);
    if (strstr(got.out, "libringback-uv.so         NOT FOUND") != NULL)
        return; /* the tools alone were built */
    CAPTURE_SAYS(got.out, "functions can be hooked\n");
    CHECK(strstr(got.out, "laid out otherwise") == NULL);
    capture_run(&got, plain, fake);
    CAPTURE_SAYS(got.out, "1.99.0-fake, " FAKE_UV_DIR);
    CAPTURE_SAYS(got.out, "functions can be hooked, not uv_");
    CAPTURE_SAYS(got.out, "uv_write");
    CAPTURE_SAYS(got.out, "its handles are laid out otherwise than Ringback was built for");
}

static void limits_have_remedies(void) {
    const struct rlimit few = {1024, 1024}, little = {65536, 65536};
    pid_t child = CHECK_FD(fork());

    if (child == 0) {
        check_child(30);
        CHECK_INT(setrlimit(RLIMIT_MEMLOCK, &little), 0);
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
        CAPTURE(&got, RINGBACK_CLI, "doctor");
        CAPTURE_SAYS(got.out, "1024, at most 1024");
        CAPTURE_SAYS(got.out, "LimitNOFILE=");
        CAPTURE_SAYS(got.out, "64 KiB");
        if (getuid() != 0)
            CAPTURE_SAYS(got.out, "LimitMEMLOCK=infinity");
        exit(0);
    }
    check_child_passed(child);
}

/* A filter has many makers, and each another way in. */
static void filters_are_opened_where_they_are_made(void) {
    const char *argv[] = {REFUSE, "setup", "EPERM", RINGBACK_CLI, "doctor", NULL};
    const char *const nspawn[] = {"container=systemd-nspawn", NULL}, *const pod[] = {"KUBERNETES_SERVICE_HOST=::1",
                                                                                     NULL};

    capture_run(&got, argv, nspawn);
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.out, "systemd-nspawn");
    CAPTURE_SAYS(got.out, "in the container's seccomp profile");
    capture_run(&got, argv, pod);
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.out, "securityContext.seccompProfile");
}

int main(void) {
    check_begin(100);
    CAPTURE(&got, RINGBACK_CLI, "doctor");
    if (got.status != 0)
        check_skip("io_uring cannot be used here");
    expect_fit(NEEDS_UV, "linked", "none");
    expect_fit(NEEDS_EVENT, "none", "linked");
    expect_fit("sh", "none", "none");
    expect_unfit(STATIC_PROGRAM, "is linked statically", "linked dynamically");
    expect_unfit("no-such-program-anywhere", "No such file or directory", "a name that PATH has");
    scripts_are_what_runs_them();
    rights_are_looked_at();
    libraries_inside_are_found();
    hooks_are_counted();
    limits_have_remedies();
    filters_are_opened_where_they_are_made();
    return check_passed();
}
