/* A hook that finds nothing behind it must not jump to nowhere, nor return as if it had worked: the process ends, and
 * the name of the function is what it says. Here is no libevent for the hooks of its functions. */
#include "check.h"
#include "net.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int read_fn(void *buffer, int fd, int size);

static _Noreturn void call(read_fn *function, int errors) {
    check_child(10);
    dup2(errors, STDERR_FILENO);
    function(NULL, 0, 1);
    _exit(0);
}

int main(void) {
    check_begin(10);
    check_expect_any();
    void *symbol = dlsym(RTLD_DEFAULT, "evbuffer_read");
    if (!symbol)
        return check_passed(); /* no hook, no question */
    read_fn *function;
    /* ISO C has no cast from an object pointer to a function pointer; POSIX makes the copy meaningful. */
    memcpy(&function, &symbol, sizeof function);
    char said[4096] = "";
    int errors[2], status;
    size_t length = 0;
    CHECK_FD(pipe(errors));
    pid_t child = CHECK_FD(fork());
    if (child == 0)
        call(function, errors[1]);
    net_close(errors[1]);
    for (ssize_t got; (got = read(errors[0], said + length, sizeof said - 1 - length)) > 0;)
        length += (size_t)got;
    net_close(errors[0]);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_SAY(!WIFEXITED(status) || WEXITSTATUS(status) != 0, "the call returned");
    CHECK_SAY(strstr(said, "ringback") && strstr(said, "evbuffer_"), "it said: %s", said);
    return check_passed();
}
