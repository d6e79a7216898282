/* Guards: another process of the same name taken for the one that runs with Ringback, a name that fits several and is
 * answered with one of them, and a name that fits none without a word about what there is. */
#include <cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "page_child.h"
#include "stats.h"

static struct capture got;
static char first_name[16], second_name[16], bare_name[16]; /* not those of another run of this test */

static void name_process(const char *name) {
    CHECK_INT(prctl(PR_SET_NAME, name), 0);
}

static void first(void) {
    name_process(first_name);
    rb_stats_slot_take(3);
}

static void second(void) {
    name_process(second_name);
    rb_stats_slot_take(4);
}

static void bare(void) {
    name_process(bare_name);
}

static void bare_of_the_first_name(void) {
    name_process(first_name);
}

static void one_is_found(pid_t child) {
    char line[64];

    CAPTURE(&got, RINGBACK_CLI, "stat", first_name);
    CHECK_SAY(got.status == 0, "%s", got.err);
    snprintf(line, sizeof(line), "process %d, Ringback ", child);
    CAPTURE_SAYS(got.out, line);
}

static void several_are_listed(pid_t a, pid_t b) {
    char number[2][16];

    CAPTURE(&got, RINGBACK_CLI, "stat", "--json", second_name);
    CHECK_INT(got.status, 1);
    CHECK(got.out[0] == '\0');
    CAPTURE_SAYS(got.err, "2 processes are called ");
    CAPTURE_SAYS(got.err, "several with Ringback; take one by its number");
    snprintf(number[0], sizeof(number[0]), "%d  ", a);
    snprintf(number[1], sizeof(number[1]), "%d  ", b);
    CAPTURE_SAYS(got.err, number[0]);
    CAPTURE_SAYS(got.err, number[1]);
}

static void none_is_said(void) {
    char misspelt[17];

    snprintf(misspelt, sizeof(misspelt), "%sx", bare_name);
    CAPTURE(&got, RINGBACK_CLI, "stat", misspelt);
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.err, "no process is called ");
    CAPTURE_SAYS(got.err, "`ringback stat` lists those");
    /* The program of every child here is this one, so that its name is what can be near. */
    CAPTURE(&got, RINGBACK_CLI, "stat", "ct-cli-stat_takes_a_process_by_its_nam");
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.err, "did you mean ct-cli-stat_takes_a_process_by_its_name?");
}

static void a_bare_one_is_told_what_it_lacks(void) {
    CAPTURE(&got, RINGBACK_CLI, "stat", bare_name);
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.err, "runs without Ringback; start it by");
}

static void all_are_listed(pid_t a, pid_t bare_child) {
    const cJSON *entry;
    cJSON *root;
    bool found = false;
    char number[16];

    snprintf(number, sizeof(number), "%7d  ", a);
    CAPTURE(&got, RINGBACK_CLI, "stat");
    CHECK_INT(got.status, 0);
    CAPTURE_SAYS(got.out, number);
    snprintf(number, sizeof(number), "%7d  ", bare_child);
    CHECK(strstr(got.out, number) == NULL);
    CAPTURE(&got, RINGBACK_CLI, "stat", "--json");
    CHECK_INT(got.status, 0);
    root = cJSON_Parse(got.out);
    CHECK(cJSON_IsArray(root));
    cJSON_ArrayForEach(entry, root) found |= cJSON_GetObjectItem(entry, "pid")->valueint == a;
    CHECK(found);
    cJSON_Delete(root);
}

int main(void) {
    pid_t child[5];

    check_begin(60);
    rb_stats_page();
    snprintf(first_name, sizeof(first_name), "one-%d", getpid());
    snprintf(second_name, sizeof(second_name), "two-%d", getpid());
    snprintf(bare_name, sizeof(bare_name), "bare-%d", getpid());
    child[0] = page_child_start(first, NULL);
    child[1] = page_child_start(second, NULL);
    child[2] = page_child_start(second, NULL);
    child[3] = page_child_start(bare, NULL);
    one_is_found(child[0]);
    child[4] = page_child_start(bare_of_the_first_name, NULL);
    one_is_found(child[0]);
    several_are_listed(child[1], child[2]);
    none_is_said();
    a_bare_one_is_told_what_it_lacks();
    all_are_listed(child[0], child[3]);
    for (unsigned i = 0; i < 5; i++)
        page_child_kill(child[i]);
    return check_passed();
}
