/* Command lines of `ringback run`, `compare`, `stat` and `doctor`: each is understood, or refused with exactly one
 * sentence; what was understood means the same when it is said the long way. Input: one word a line, the command first.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "compare_names.h"
#include "compare_request.h"
#include "config.h"
#include "fuzz.h"
#include "run_request.h"
#include "stat_request.h"

static unsigned errors;

/* The parsers' own, in main.c, prints. */
void cli_error(const char *format, ...) {
    static char sentence[65536];
    va_list args;

    va_start(args, format);
    FUZZ_CHECK(vsnprintf(sentence, sizeof(sentence), format, args) > 0);
    va_end(args);
    errors++;
}

static bool is_choice(enum rb_setting setting, const char *value) {
    const char *const *choice = rb_config_info(setting)->choices;

    while (value != NULL && *choice != NULL && strcmp(*choice, value) != 0)
        choice++;
    return *choice != NULL;
}

static bool is_same(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Say the request the long way and have it parsed again. */
static void check_run_again(const struct run_request *request) {
    static char *const adapters[] = {"uv", "event", "both"};
    char *list[2 * FUZZ_WORDS_MAX] = {"run"};
    struct run_request again;
    int count = 1;

    if (request->profile != NULL) {
        list[count++] = "--profile";
        list[count++] = (char *)request->profile;
    }
    if (request->streams != NULL) {
        list[count++] = "--streams";
        list[count++] = (char *)request->streams;
    }
    if (request->adapters != RUN_FITTING) {
        list[count++] = "--adapter";
        list[count++] = adapters[request->adapters];
    }
    if (request->require)
        list[count++] = "--require";
    if (request->off)
        list[count++] = "--off";
    if (request->print)
        list[count++] = "--print";
    list[count++] = "--";
    for (char **word = request->command; *word != NULL; word++)
        list[count++] = *word;
    FUZZ_CHECK(run_request_parse(&again, list) == 0 && errors == 0);
    FUZZ_CHECK(is_same(again.profile, request->profile) && is_same(again.streams, request->streams));
    FUZZ_CHECK(again.adapters == request->adapters && again.require == request->require);
    FUZZ_CHECK(again.off == request->off && again.print == request->print);
    for (int i = 0; request->command[i] != NULL || again.command[i] != NULL; i++)
        FUZZ_CHECK(request->command[i] == again.command[i]);
}

static int try_run(struct fuzz_words *words) {
    struct run_request request;
    int rc = run_request_parse(&request, words->word);

    if (rc != 0 || request.help)
        return rc;
    FUZZ_CHECK(!request.require || !request.off);
    FUZZ_CHECK(request.profile == NULL || is_choice(RB_SETTING_PROFILE, request.profile));
    FUZZ_CHECK(request.streams == NULL || is_choice(RB_SETTING_STREAMS, request.streams));
    FUZZ_CHECK(request.command > words->word && request.command <= words->word + words->count);
    FUZZ_CHECK(request.command[0] != NULL || request.print);
    check_run_again(&request);
    return 0;
}

static int try_stat(struct fuzz_words *words) {
    struct stat_request request;
    int rc = stat_request_parse(&request, words->word);

    FUZZ_CHECK(rc != 0 || request.help || request.pid > 0 || request.name != NULL || request.interval_ms == 0);
    FUZZ_CHECK(rc != 0 || request.pid == 0 || (request.pid > 0 && request.name == NULL));
    FUZZ_CHECK(rc != 0 || request.interval_ms == 0 ||
               (request.interval_ms >= STAT_INTERVAL_MS_MIN && request.interval_ms <= STAT_INTERVAL_MS_MAX));
    return rc;
}

static int try_compare(struct fuzz_words *words) {
    struct compare_request request;
    struct port ports[2];
    int rc = compare_request_parse(&request, words->word);

    if (rc != 0 || request.help)
        return rc;
    FUZZ_CHECK(request.load != NULL && request.load[0] != '\0' && request.command[0] != NULL);
    FUZZ_CHECK(request.command > words->word && request.command < words->word + words->count);
    FUZZ_CHECK(request.runs >= 1 && request.runs <= COMPARE_RUNS_MAX && request.wait_s >= 1 && request.load_s >= 1);
    FUZZ_CHECK(!request.has_port ||
               (request.port.kind == PORT_UNIX ? request.port.path[0] == '/'
                                               : request.port.number >= 1 && request.port.number <= 65535));
    FUZZ_CHECK(request.profile == NULL || is_choice(RB_SETTING_PROFILE, request.profile));
    FUZZ_CHECK(request.streams == NULL || is_choice(RB_SETTING_STREAMS, request.streams));
    for (const char *const *variable = request.variable; *variable != NULL; variable++)
        FUZZ_CHECK((*variable)[0] != '=' && strchr(*variable, '=') != NULL);
    for (size_t i = compare_targets(request.load, ports, 2); i > 0; i--)
        FUZZ_CHECK(ports[i - 1].number >= 1 && ports[i - 1].number <= 65535);
    if (request.has_port)
        compare_names(request.load, &request.port);
    return 0;
}

/* As doctor does: a walk over a table, and no operands. */
static int try_walk(struct fuzz_words *words) {
    static const struct cli_option options[] = {
        {.name = "--json"}, {.name = "--a", .value = "V"}, {.name = "--ab", .value = "V"}, {.name = NULL}};
    struct cli_args args = {.argv = words->word, .next = 1};
    int option;

    while ((option = cli_args_next(&args, options)) >= 0) {
        FUZZ_CHECK(option < 3 && (options[option].value != NULL) == (args.value != NULL));
        FUZZ_CHECK(args.next <= words->count);
    }
    if (option == ARGS_END && cli_args_refuse_operands(&args))
        option = ARGS_BAD;
    return option == ARGS_END ? 0 : option;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_words words;
    int rc = 0;

    fuzz_split(&words, data, size);
    errors = 0;
    if (words.count > 0) {
        rc = strcmp(words.word[0], "run") == 0       ? try_run(&words)
             : strcmp(words.word[0], "compare") == 0 ? try_compare(&words)
             : strcmp(words.word[0], "stat") == 0    ? try_stat(&words)
                                                     : try_walk(&words);
        fuzz_understood = rc == 0;
    }
    FUZZ_CHECK(rc == 0 || rc == ARGS_BAD);
    FUZZ_CHECK(errors == (rc == 0 ? 0 : 1));
    fuzz_free(&words);
    return 0;
}
