#include "stat_screen.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <curses.h>

static SCREEN *screen;
static FILE *keyboard; /* NULL: standard input, or no keys at all */
static int input = -1;
static int row;

static const attr_t looks[] = {
    [STAT_LOOK_PLAIN] = A_NORMAL, [STAT_LOOK_TITLE] = A_BOLD, [STAT_LOOK_HEAD] = A_REVERSE,
    [STAT_LOOK_WARNING] = A_BOLD, [STAT_LOOK_DIM] = A_DIM,
};

enum { PAIR_WARNING = 1, CONTROL_C = 3 };

/* Keys come from the terminal, whatever standard input is. */
static FILE *screen__keyboard(void) {
    input = STDIN_FILENO;
    if (isatty(STDIN_FILENO))
        return stdin;
    keyboard = fopen("/dev/tty", "re");
    input = keyboard != NULL ? fileno(keyboard) : -1;
    return keyboard != NULL ? keyboard : stdin;
}

int stat_screen_open(void) {
    if (!isatty(STDOUT_FILENO))
        return -ENOTTY;
    screen = newterm(NULL, stdout, screen__keyboard());
    if (screen == NULL)
        return -ENOTTY;
    if (tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1) {
        stat_screen_close();
        return -ENOTTY;
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    if (has_colors() && start_color() == OK && use_default_colors() == OK)
        init_pair(PAIR_WARNING, COLOR_YELLOW, -1);
    return 0;
}

void stat_screen_close(void) {
    if (screen != NULL) {
        endwin();
        delscreen(screen);
        screen = NULL;
    }
    if (keyboard != NULL)
        fclose(keyboard);
    keyboard = NULL;
    input = -1;
}

void stat_screen_size(int *lines, int *columns) {
    *lines = LINES;
    *columns = COLS;
}

void stat_screen_begin(void) {
    erase();
    row = 0;
}

void stat_screen_put(void *arg, enum stat_look look, const char *line) {
    (void)arg;
    attr_set(looks[look], look == STAT_LOOK_WARNING && has_colors() ? PAIR_WARNING : 0, NULL);
    if (look == STAT_LOOK_HEAD)
        mvhline(row, 0, ' ' | A_REVERSE, COLS);
    mvaddnstr(row++, 0, line, COLS);
    attr_set(A_NORMAL, 0, NULL);
}

void stat_screen_end(void) {
    refresh();
}

int stat_screen_input(void) {
    return input;
}

bool stat_screen_keys(bool *redraw) {
    int key;

    while ((key = getch()) != ERR) {
        if (key == 'q' || key == 'Q' || key == CONTROL_C)
            return true;
        if (key == KEY_RESIZE)
            *redraw = true;
        if (key == '\f') { /* Ctrl-L: another program has written over it */
            clearok(curscr, TRUE);
            *redraw = true;
        }
    }
    return false;
}
