/* svg - see svg.h. */
#include "svg.h"
#include "colour.h"

#include <string.h>

enum { HEAD_MAX = 64 };

/* What is left out or replaced, wherever it stands. */
struct replacement {
    const char *from;
    const char *to;
};

static const struct replacement replacements[] = {
    {"xlink:href=", "href="},
    {" color=\"black\"", ""},
    {" color=\"white\"", ""},
    {"\"black\"", "\"currentColor\""},
    {"'black'", "'currentColor'"},
    {" font-family=\"sans-serif\"", ""},
    {" stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", ""}, /* as if nothing was said */
    {"stroke-width='0.222'",
     "stroke-width='0.5'"}, /* of a point that is drawn as an outline: too thin to see its colour */
    {"\t", ""},
};

static const char before_hint[] = " onmousemove=\"gnuplot_svg.showHypertext(evt,'";
static const char after_hint[] = "')\" onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>";

static const char *skip(const char *text, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* The beginning of a text that goes on for megabytes: sscanf looks for the end of what it is given. */
static const char *head_of(char head[HEAD_MAX], const char *text) {
    const size_t length = strnlen(text, HEAD_MAX - 1);
    memcpy(head, text, length);
    head[length] = '\0';
    return head;
}

/* Behind the next occurrence, or at the end of the text. */
static const char *behind(const char *text, const char *what) {
    const char *found = strstr(text, what);
    return found == NULL ? text + strlen(text) : found + strlen(what);
}

/* A text for a pointer that rests on a point. gnuplot would show it with a script. */
static const char *write_hint(FILE *out, const char *text) {
    const char *hint = skip(text, before_hint);
    const char *end = hint == NULL ? NULL : strstr(hint, after_hint);
    if (end == NULL) {
        return NULL;
    }
    (void)fprintf(out, "><title>%.*s</title>", (int)(end - hint), hint);
    return end + strlen(after_hint);
}

static const char *write_colour(FILE *out, const char *text) {
    unsigned part[3] = {0};
    int length = 0;
    char head[HEAD_MAX];
    if (skip(text, "rgb(") == NULL ||
        sscanf(head_of(head, text), "rgb(%u,%u,%u)%n", &part[0], &part[1], &part[2], &length) != 3 || length == 0) {
        return NULL;
    }
    const enum colour colour = colour_find(part[0], part[1], part[2]);
    if (colour == COLOURS) {
        (void)fprintf(out, "%.*s", length, text);
    } else {
        (void)fprintf(out, "var(--%s)", colour_name(colour));
    }
    return text + length;
}

/* A group with nothing in it, a picture's or a plot's name: nobody needs them. */
static const char *pass_over(const char *text) {
    const char *rest = skip(text, "<g ");
    if (rest != NULL) {
        rest = behind(rest, ">");
        rest += strspn(rest, "\n\t ");
        rest = skip(rest, "</g>");
        return rest == NULL ? NULL : rest + strspn(rest, "\n\t ");
    }
    rest = skip(text, "<title>");
    if (rest != NULL) {
        return behind(rest, "</title>");
    }
    rest = skip(text, " id=\"gnuplot_");
    return rest == NULL ? NULL : behind(rest, "\"");
}

static const char *replace(FILE *out, const char *text) {
    for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
        const char *rest = skip(text, replacements[i].from);
        if (rest != NULL) {
            (void)fputs(replacements[i].to, out);
            return rest;
        }
    }
    return NULL;
}

static void rewrite(FILE *out, const char *text, const char *end) {
    while (text < end) {
        const char *rest = pass_over(text);
        rest = rest != NULL ? rest : write_hint(out, text);
        rest = rest != NULL ? rest : write_colour(out, text);
        rest = rest != NULL ? rest : replace(out, text);
        if (rest == NULL) {
            (void)fputc(*text, out);
            rest = text + 1;
        }
        text = rest;
    }
}

void svg_write_shapes(FILE *out, const char *text) {
    const char *begin = strstr(text, "<defs>");
    const char *end =
        begin == NULL ? NULL : strstr(begin, "<filter"); /* filters are for boxes behind texts: none here */
    if (end != NULL) {
        (void)fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"shapes\" aria-hidden=\"true\">", out);
        rewrite(out, begin, end);
        (void)fputs("</defs></svg>\n", out);
    }
}

const char *svg_write(FILE *out, const char *text) {
    unsigned width = 0;
    unsigned height = 0;
    const char *begin = strstr(text, "<svg");
    const char *body = begin == NULL ? NULL : strstr(begin, "</defs>");
    const char *end = body == NULL ? NULL : strstr(body, "</svg>");
    char head[HEAD_MAX];
    if (end == NULL || sscanf(head_of(head, begin), "<svg width=\"%u\" height=\"%u\"", &width, &height) != 2) {
        return NULL;
    }
    /* On a narrow screen it shrinks a little, and is scrolled then. */
    (void)fprintf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" "
                  "style=\"min-width:%upx\"><g>",
                  width, height, width, height, width * 4 / 5);
    rewrite(out, strchr(body, '>') + 1, end);
    (void)fputs("</svg>", out);
    return end + strlen("</svg>");
}
