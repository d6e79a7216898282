/* check - what every behaviour test is made of: checks that stay in release builds, a deadline, a count of descriptors.
 *
 * A test is one program: main() calls check_begin(), checks, and ends with `return check_passed()`. It exits 0 for a
 * pass, 77 for a skip, 1 for a failed check and 124 when its deadline passed; the reason goes to standard error.
 * RB_EXPECT says what must have carried the loops (see check_passed), RB_TIME_SCALE stretches every time limit.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHECK(condition) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, "not true: %s", #condition))

/* CHECK_SAY - as CHECK, with a printf-like explanation. */
#define CHECK_SAY(condition, ...) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, __VA_ARGS__))

/* CHECK_INT - two integers are equal; both are printed when they are not. */
#define CHECK_INT(actual, expected)                                                                                    \
    check_int((long long)(actual), (long long)(expected), #actual, #expected, __FILE__, __LINE__)

/* CHECK_FD - a call that returns a descriptor or another int >= 0; its value. errno is printed when it fails. */
#define CHECK_FD(call) check_call((call), #call, __FILE__, __LINE__)

/* CHECK_ERRNO - a call returned -1 and set errno to `expected`. */
#define CHECK_ERRNO(call, expected) check_errno((long long)(call), (expected), #call, #expected, __FILE__, __LINE__)

/* check_begin - start: set the deadline and remember which descriptors are open.
 *   limit_s  seconds (before RB_TIME_SCALE) after which the program fails with exit status 124. */
void check_begin(unsigned limit_s);

/* check_passed - the last checks: no descriptor below 512 has been left open (Ringback's own are above), and the loops
 * ran where RB_EXPECT says:
 *   stock  no Ringback in the process        ring  it entered the ring at least once
 *   epoll  it is there but never entered     any, unset  it does not matter
 * Returns 0, the exit status of a pass. */
int check_passed(void);

/* check_expect_any - the test never waits on a loop of its own, or may end on epoll by design: let RB_EXPECT=ring pass.
 */
void check_expect_any(void);

/* check_carrier - in a child that runs a loop: it ran where RB_EXPECT says, whatever check_expect_any has let pass. */
void check_carrier(void);

/* check_child - the first call in a forked child: a deadline of its own (alarms are not inherited). */
void check_child(unsigned limit_s);

/* check_child_passed - wait for a forked child; its exit status must be 0. */
void check_child_passed(pid_t child);

/* check_skip - end the test with exit status 77 and say why. */
_Noreturn void check_skip(const char *reason);

/* check_under_tsan - built with ThreadSanitizer, whose runtime loses count when a thread is cancelled in a call that
 * the runtime stands in front of, and reports that: no test can tell. */
bool check_under_tsan(void);

/* check_fds - the number of open descriptors below 512. */
int check_fds(void);

/* check_has_ringback - Ringback is loaded in this process. */
bool check_has_ringback(void);

/* check_counter - a counter of Ringback, 0 without Ringback. */
uint64_t check_counter(const char *name);

/* check_scaled - a time limit stretched by RB_TIME_SCALE. */
int check_scaled(int ms);

/* check_now_ms - a clock that only goes forward, in milliseconds with fractions. */
double check_now_ms(void);

void check_sleep_ms(int ms);

_Noreturn void check_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
void check_int(long long actual, long long expected, const char *actual_text, const char *expected_text,
               const char *file, int line);
int check_call(int result, const char *text, const char *file, int line);
void check_errno(long long result, int expected, const char *text, const char *expected_text, const char *file,
                 int line);

#endif
