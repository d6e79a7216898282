/* vfork and exec, posix_spawn with file actions, system() and popen(): children that share our memory for a moment, or
 * get our descriptors, must not disturb the parent's loop nor keep its sockets open. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static void still_works(int ep, int ours, int peer) {
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(ep, 1);
}

static void by_vfork(int ours) {
    static char path[] = "/bin/true";
    char *argv[] = {path, NULL};
    pid_t child = vfork();
    if (child == 0) {
        /* What programs do between vfork and exec; it must stay the child's alone. */
        dup2(STDERR_FILENO, ours);
        close(ours);
        execve(path, argv, environ);
        _exit(127);
    }
    CHECK_FD(child);
    check_child_passed(child);
}

static void by_posix_spawn(int ours) {
    static char path[] = "/bin/true";
    char *argv[] = {path, NULL};
    posix_spawn_file_actions_t actions;
    CHECK_INT(posix_spawn_file_actions_init(&actions), 0);
    CHECK_INT(posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, ours), 0);
    CHECK_INT(posix_spawn_file_actions_addclose(&actions, ours), 0);
    pid_t child;
    CHECK_INT(posix_spawn(&child, path, &actions, NULL, argv, environ), 0);
    CHECK_INT(posix_spawn_file_actions_destroy(&actions), 0);
    check_child_passed(child);
}

static void by_stdio(void) {
    CHECK_INT(system("exit 0"), 0);
    FILE *pipe = popen("echo from a child", "r");
    CHECK(pipe);
    char line[64];
    CHECK(fgets(line, sizeof line, pipe));
    CHECK_INT(pclose(pipe), 0);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    still_works(ep, ours, peer);
    by_vfork(ours);
    still_works(ep, ours, peer);
    by_posix_spawn(ours);
    still_works(ep, ours, peer);
    by_stdio();
    still_works(ep, ours, peer);
    net_close(ours);
    net_expect_end(peer);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
