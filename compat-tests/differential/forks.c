#include "forks.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare.h"
#include "threads.h"

enum { CHILD_LIMIT_S = 10, EXIT_DIFFERS = 12 };

extern char **environ;

/* A loop, a pair, a byte: what any program does after a fork. */
static bool live_in_a_new_world(void) {
    static struct twin world;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
    bool good;

    twin_open(&world);
    twin_make(&world, KIND_TCP, 0, 1);
    world.registered[0] = (struct registration){.events = EPOLLIN, .slot = 0};
    for (enum side side = KERNEL; side < SIDES; side++)
        side_call(side, SYS_epoll_ctl, world.loops[0][side], EPOLL_CTL_ADD, world.slots[0].fd[side], (long)&event);
    good = compare_wait(&world, 0, 0) && compare_write(&world, 1, SYS_write, 100, 0) && compare_wait(&world, 0, 1) &&
           compare_read(&world, 0, SYS_read, 50, 0) && compare_wait(&world, 0, 0) &&
           compare_read(&world, 0, SYS_read, 100, 0) && compare_wait(&world, 0, 0);
    twin_close(&world, true);
    return good;
}

static bool live(struct twin *twin, const struct step *step) {
    bool fits = !twin_is_free(twin, step->slot);

    switch ((enum fork_kind)step->choice) {
    case FORK_WORLD:
        for (unsigned i = 0; step->flags && i < LOOPS; i++)
            if (twin->waited[i] && !compare_wait(twin, i, 0))
                return false;
        return live_in_a_new_world();
    case FORK_TALK:
        if (fits && step->flags && !compare_read(twin, step->slot, SYS_read, 65536, 0))
            return false;
        return !fits || compare_write(twin, step->slot, SYS_write, step->size, 0);
    default:
        return true;
    }
}

static bool await(pid_t child, const char *said) {
    int status = 0;

    if (child < 0 || waitpid(child, &status, 0) != child)
        twin_must(-1, "fork");
    if (WIFSIGNALED(status))
        return compare_differs("a forked child ends by %s", strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) == EXIT_DIFFERS)
        return compare_differs("in a forked child: %.400s", said);
    return WEXITSTATUS(status) == 0 || compare_differs("a forked child exits with %d", WEXITSTATUS(status));
}

static bool spawn(void) {
    char *const arguments[] = {"true", NULL};
    pid_t child;
    int error = posix_spawnp(&child, "true", NULL, NULL, arguments, environ);

    return await(error == 0 ? child : -1, "");
}

static void outlive(pid_t parent) {
    /* Its descriptors are closed before it gives its children away. */
    while (getppid() == parent)
        nap();
    threads_forked();
}

bool fork_apply(struct twin *twin, const struct step *step, void (*leaving)(void)) {
    static char *said; /* by children */
    const pid_t self = getpid();
    pid_t child;

    if (step->choice == FORK_SPAWN)
        return spawn();
    if (!said) {
        said = mmap(NULL, sizeof difference, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        twin_must(said == MAP_FAILED ? -1 : 0, "mmap");
    }
    child = fork();
    if (child == 0) {
        alarm(CHILD_LIMIT_S);
        if (step->choice == FORK_GO_ON) {
            outlive(self);
            return true;
        }
        if (live(twin, step))
            _exit(0);
        memcpy(said, difference, sizeof difference);
        _exit(EXIT_DIFFERS);
    }
    if (step->choice == FORK_GO_ON) {
        twin_must(child, "fork");
        leaving();
        _exit(FORK_HANDED_ON);
    }
    return await(child, said);
}
