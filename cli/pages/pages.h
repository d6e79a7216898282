/* pages - the manual pages and the completion of shells, made at build time from what the program itself goes by: the
 * commands and their options, the settings, the capabilities, the counters. So none of them can say another thing.
 *
 *   ringback-pages TEMPLATE >PAGE
 *
 * A template is the page as it is to be. A line of one word between '@'s stands for a table. */
#ifndef RB_CLI_PAGES_H
#define RB_CLI_PAGES_H

/* A table: its name in templates, without the '@'s, and what prints it to standard output. */
struct page_table {
    const char *name;
    void (*print)(void);
};

/* Each ends with a NULL name. */
extern const struct page_table pages_manual[], pages_bash[], pages_zsh[];

#endif
