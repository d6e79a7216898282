/* Guards: watching under a quota that the process itself, a group around it, or its container has; a quota seen where
 * there is none; a machine with one processor. Trees of files stand for the machines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "cpus.h"

enum { PATH_BYTES = 512 };

static char root[64];

/* A file below the root, with the directories that lead there. */
static void put(const char *path, const char *text) {
    char full[PATH_BYTES];
    FILE *file;

    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *at = strchr(full + strlen(root) + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        CHECK(mkdir(full, 0700) == 0 || errno == EEXIST);
        *at = '/';
    }
    file = fopen(full, "w");
    CHECK_SAY(file != NULL, "%s: %s", full, strerror(errno));
    CHECK(fputs(text, file) >= 0);
    CHECK_INT(fclose(file), 0);
}

static void clear(void) {
    char command[PATH_BYTES];

    snprintf(command, sizeof command, "rm -rf '%s'", root);
    CHECK_INT(system(command), 0);
    CHECK_INT(mkdir(root, 0700), 0);
}

static void version_2(void) {
    clear();
    put("/proc/self/mountinfo", "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda rw\n"
                                "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 master:1 - cgroup2 cgroup2 rw\n");
    put("/proc/self/cgroup", "0::/system.slice/web.service\n");
    CHECK_INT(rb_cpus_quota(root), RB_CPUS_NO_QUOTA);
    put("/sys/fs/cgroup/system.slice/web.service/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/system.slice/cpu.max", "max 100000\n");
    CHECK_INT(rb_cpus_quota(root), RB_CPUS_NO_QUOTA);
    put("/sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");
    CHECK_INT(rb_cpus_quota(root), 1500);
    put("/sys/fs/cgroup/system.slice/web.service/cpu.max", "50000 200000\n");
    CHECK_INT(rb_cpus_quota(root), 250);
    put("/sys/fs/cgroup/system.slice/other.service/cpu.max", "1000 200000\n");
    CHECK_INT(rb_cpus_quota(root), 250);
}

static void version_1(void) {
    clear();
    put("/proc/self/mountinfo", "31 24 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                                "32 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                                "33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    put("/proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/jobs/a\n0::/\n");
    put("/sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_period_us", "100000\n");
    CHECK_INT(rb_cpus_quota(root), RB_CPUS_NO_QUOTA);
    put("/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "400000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n");
    CHECK_INT(rb_cpus_quota(root), 4000);
    put("/sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_quota_us", "20000\n");
    CHECK_INT(rb_cpus_quota(root), 200);
}

/* The group is told from the host's root while the mount shows the container's own group only. */
static void containers(void) {
    clear();
    put("/proc/self/mountinfo", "30 24 0:26 /docker/c0ffee /sys/fs/cgroup ro master:1 - cgroup2 cgroup rw\n");
    put("/proc/self/cgroup", "0::/docker/c0ffee\n");
    put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    CHECK_INT(rb_cpus_quota(root), 2000);
    put("/proc/self/cgroup", "0::/docker/c0ffee/inner\n");
    put("/sys/fs/cgroup/inner/cpu.max", "100000 100000\n");
    CHECK_INT(rb_cpus_quota(root), 1000);
    /* With a namespace of its own, the process may have been moved out of what it sees. */
    put("/proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    put("/proc/self/cgroup", "0::/../elsewhere\n");
    CHECK_INT(rb_cpus_quota(root), 2000);
}

/* A mount table longer than any buffer, and lines that end nowhere. */
static void strange_files(void) {
    static char text[64 * 1024];
    size_t length = 0;

    clear();
    CHECK_INT(rb_cpus_quota(root), RB_CPUS_NO_QUOTA);
    for (int i = 0; i < 300; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%d 1 8:%d / /mnt/%d rw - ext4 /dev/sd rw\n", i,
                                   i, i);
    memset(text + length, 'x', 9000);
    snprintf(text + length + 9000, 256,
             "\n30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n5 - cgroup\n - cgroup2");
    put("/proc/self/mountinfo", text);
    put("/proc/self/cgroup", "no colon\n1:\n::\n0::/a\n");
    put("/sys/fs/cgroup/a/cpu.max", "100000 100000\n");
    CHECK_INT(rb_cpus_quota(root), 1000);
    put("/sys/fs/cgroup/a/cpu.max", "100000\n");
    CHECK_INT(rb_cpus_quota(root), RB_CPUS_NO_QUOTA);
    put("/sys/fs/cgroup/a/cpu.max", "1000 0\n");
    CHECK_INT(rb_cpus_quota(root), RB_CPUS_NO_QUOTA);
    /* Who cannot follow a name does not watch. */
    snprintf(text, sizeof text, "0::/%0700d\n", 1);
    put("/proc/self/cgroup", text);
    CHECK_INT(rb_cpus_quota(root), 0);
}

static void one_processor_is_left_to_others(void) {
    CHECK_INT(rb_cpus_watchers(1, 1, RB_CPUS_NO_QUOTA), 0);
    CHECK_INT(rb_cpus_watchers(2, 8, RB_CPUS_NO_QUOTA), 1);
    CHECK_INT(rb_cpus_watchers(8, 8, RB_CPUS_NO_QUOTA), 7);
    CHECK_INT(rb_cpus_watchers(1, 4, RB_CPUS_NO_QUOTA), 3);
    CHECK_INT(rb_cpus_watchers(0, 1, RB_CPUS_NO_QUOTA), 0);
    CHECK_INT(rb_cpus_watchers(4, 4, 3999), 0);
    CHECK_INT(rb_cpus_watchers(4, 4, 4000), 3);
    CHECK_INT(rb_cpus_watchers(2, 2, 500), 0);
}

int main(void) {
    check_begin(20);
    check_expect_any();
    snprintf(root, sizeof root, "/tmp/ringback-quota-XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    version_2();
    version_1();
    containers();
    strange_files();
    clear();
    CHECK_INT(rmdir(root), 0);
    one_processor_is_left_to_others();
    return check_passed();
}
