/* tree - see tree.h. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "tree.h"

static char root[PATH_MAX];

static const char *tree__path(const char *name, const char *suffix) {
    static char path[PATH_MAX + 320];

    snprintf(path, sizeof(path), "%s/bin/%s%s", root, name, suffix);
    return path;
}

const char *tree_make(void) {
    char cwd[PATH_MAX / 2];

    CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
    snprintf(root, sizeof(root), "%s/ct-bench-tree-XXXXXX", cwd);
    CHECK(mkdtemp(root) != NULL);
    CHECK_INT(mkdir(tree__path("", ""), 0755), 0);
    return root;
}

void tree_script(const char *name, const char *text) {
    const char *path = tree__path(name, "");
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    fprintf(file, "#!/bin/sh\necho $$ >\"$0.pid\"\n%s\n", text);
    CHECK_INT(fclose(file), 0);
    CHECK_INT(chmod(path, 0755), 0);
}

void tree_link(const char *name, const char *target) {
    CHECK_INT(symlink(target, tree__path(name, "")), 0);
}

pid_t tree_script_pid(const char *name) {
    FILE *file = fopen(tree__path(name, ".pid"), "r");
    int pid = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%d", &pid) != 1)
        pid = 0; /* it is just being written */
    CHECK_INT(fclose(file), 0);
    return pid;
}

void tree_remove(void) {
    DIR *bin = opendir(tree__path("", ""));
    struct dirent *entry;

    CHECK(bin != NULL);
    while ((entry = readdir(bin)) != NULL)
        if (entry->d_name[0] != '.')
            CHECK_INT(unlink(tree__path(entry->d_name, "")), 0);
    CHECK_INT(closedir(bin), 0);
    CHECK_INT(rmdir(tree__path("", "")), 0);
    CHECK_INT(rmdir(root), 0);
}
