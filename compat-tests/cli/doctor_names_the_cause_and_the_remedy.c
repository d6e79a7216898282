/* Guards: a doctor that says yes where no ring can be made, or no without telling which of many causes it is. */
#include <cJSON.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"

static struct capture got;

/* Run the doctor under a filter; check its exit status and, for one capability, what --json and the text say. */
static void expect(const char *call, const char *error, int status, const char *name, const char *part) {
    const cJSON *cap;
    cJSON *root;
    bool found = false;

    CAPTURE(&got, REFUSE, call, error, RINGBACK_CLI, "doctor", "--json");
    CHECK_SAY(got.status == status, "status %d instead of %d with %s %s", got.status, status, call, error);
    root = cJSON_Parse(got.out);
    CHECK(root != NULL);
    CHECK_INT(cJSON_IsTrue(cJSON_GetObjectItem(root, "usable")), status == 0);
    CHECK(strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(root, "seccomp")), "filter") == 0);
    cJSON_ArrayForEach(cap, cJSON_GetObjectItem(root, "capabilities")) {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(cap, "name")), name) != 0)
            continue;
        found = true;
        CHECK(cJSON_IsFalse(cJSON_GetObjectItem(cap, "have")));
        CAPTURE_SAYS(cJSON_GetStringValue(cJSON_GetObjectItem(cap, "why")), part);
    }
    CHECK(found);
    cJSON_Delete(root);
    CAPTURE(&got, REFUSE, call, error, RINGBACK_CLI, "doctor");
    CHECK_INT(got.status, status);
    CAPTURE_SAYS(got.out, part);
    CAPTURE_SAYS(got.out, status == 0 ? "io_uring can be used." : "io_uring CANNOT be used");
}

static void filters_are_told_from_kernels(void) {
    expect("setup", "EPERM", 1, "io_uring", "a seccomp filter refuses io_uring_setup (EPERM)");
    expect("setup", "ENOSYS", 1, "io_uring", "a seccomp filter hides io_uring_setup (ENOSYS)");
    expect("enter", "EPERM", 1, "io_uring", "a seccomp filter refuses io_uring_enter (EPERM)");
    expect("register", "ENOSYS", 1, "io_uring", "a seccomp filter hides io_uring_register (ENOSYS)");
    expect("setup", "EPERM", 1, "send_zc", "needs io_uring, which cannot be used");
}

/* What a kernel answers that does not know an operation. */
static void older_kernels_are_understood(void) {
    expect("register=22", "EINVAL", 0, "buffer_ring", "not in this kernel; Linux 5.19 brought it");
    expect("register=22", "EINVAL", 0, "recv_multishot", "needs buffer_ring, which is missing");
    expect("register=8", "EINVAL", 1, "poll_add", "not in this kernel; Linux 5.1 brought it");
}

/* In a mount namespace of its own, a file of ours stands where the sysctl is: the sysctl itself is the whole machine's.
 * Returns false where that cannot be made. */
static bool pretend_sysctl(const char *value) {
    int fd = CHECK_FD(open("ct-cli-sysctl", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));

    CHECK_INT(write(fd, value, strlen(value)), strlen(value));
    CHECK_INT(close(fd), 0);
    return mount("ct-cli-sysctl", "/proc/sys/kernel/io_uring_disabled", NULL, MS_BIND, NULL) == 0;
}

static void sysctl_is_told_from_a_filter(void) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        !pretend_sysctl("2\n")) {
        fputs("the sysctl's part is left out: no mount namespace to be had\n", stderr);
        unlink("ct-cli-sysctl");
        return;
    }
    expect("setup", "EPERM", 1, "io_uring", "kernel.io_uring_disabled is 2; set it to 0");
    CHECK(pretend_sysctl("1\n"));
    expect("setup", "EPERM", 1, "io_uring", "kernel.io_uring_disabled is 1; set it to 0, or join the group");
    unlink("ct-cli-sysctl");
}

static void masks_and_settings_are_honoured(void) {
    CAPTURE(&got, RINGBACK_CLI, "doctor");
    if (got.status == 0)
        CHECK(strstr(got.out, "CANNOT") == NULL);
    CAPTURE_WITH(&got, "RINGBACK_DISABLE=nodrop", RINGBACK_CLI, "doctor");
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.out, "nodrop: masked by RINGBACK_DISABLE");
    CAPTURE_WITH(&got, "RINGBACK_DISABEL=nodrop", RINGBACK_CLI, "doctor");
    CAPTURE_SAYS(got.out, "did you mean RINGBACK_DISABLE?");
}

static void libraries_are_found(void) {
    CAPTURE(&got, RINGBACK_CLI, "doctor");
    CAPTURE_SAYS(got.out, "/libuv.so.1");
    CAPTURE_SAYS(got.out, "/libevent");
    CAPTURE(&got, TREE "/bin/ringback", "doctor");
    CAPTURE_SAYS(got.out, TREE "/lib/libringback-event.so");
}

int main(void) {
    check_begin(60);
    CAPTURE(&got, RINGBACK_CLI, "doctor");
    if (got.status != 0)
        check_skip("io_uring cannot be used here");
    filters_are_told_from_kernels();
    older_kernels_are_understood();
    masks_and_settings_are_honoured();
    libraries_are_found();
    sysctl_is_told_from_a_filter(); /* last: it leaves this process in another mount namespace */
    return check_passed();
}
