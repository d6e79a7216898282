#include <stdio.h>

#include "cli.h"
#include "doctor_facts.h"

enum doctor_option { DOCTOR_JSON, DOCTOR_HELP };

static const struct cli_option options[] = {
    [DOCTOR_JSON] = {.name = "--json", .help = "print everything as JSON"},
    [DOCTOR_HELP] = {.name = "--help", .help = "print this"},
    {.name = NULL},
};

static int doctor__main(int argc, char **argv) {
    static struct doctor_facts facts;
    struct cli_args args = {.argv = argv, .next = 1};
    const char *program = NULL;
    bool json = false;
    int option;

    (void)argc;
    while ((option = cli_args_next(&args, options)) >= 0 ||
           (option == ARGS_END && program == NULL && argv[args.next])) {
        if (option == DOCTOR_HELP)
            return cli_help(&cli_doctor);
        if (option == DOCTOR_JSON)
            json = true;
        else
            program = argv[args.next++];
    }
    if (option == ARGS_BAD || cli_args_refuse_operands(&args))
        return CLI_USAGE;
    doctor_facts_gather(&facts, program);
    if (!json) {
        doctor_print_text(&facts);
    } else if (doctor_print_json(&facts) != 0) {
        cli_error("doctor: out of memory");
        return CLI_FAILED;
    }
    return facts.usable && (program == NULL || doctor_program_fits(&facts)) ? CLI_OK : CLI_FAILED;
}

const struct cli_command cli_doctor = {
    .name = "doctor",
    .summary = "say what this machine can do, and why not",
    .usage = "[--json] [PROGRAM]",
    .about = "Asks the kernel for everything that Ringback can use, and prints each capability with what it is for "
             "and, where it is missing, the cause and the remedy; then the limits that matter and the libraries "
             "found, with how far they can be hooked. RINGBACK_DISABLE is honoured.\n\n"
             "With a PROGRAM it also says whether that can run with Ringback: how it is linked, with whose rights it "
             "runs, what runs a script, which libraries are in it and which adapters fit.",
    .options = options,
    .operand = CLI_WORD_PROGRAM,
    .exits = "Exits with 0 if io_uring can be used, and by PROGRAM if one is given; 1 if not; 2 for a bad command "
             "line.",
    .run = doctor__main,
};
