/* html - see html.h. */
#include "html.h"
#include "colour.h"
#include "words.h"

#include <math.h>

void html_element(FILE *out, const char *name, const char *attributes, const char *text) {
    (void)fprintf(out, "<%s%s>", name, attributes);
    words_html(out, text);
    (void)fprintf(out, "</%s>", name);
}

void html_ratio(FILE *out, const struct spread *ratio, bool fails) {
    char text[2][WORDS_MAX];
    if (isnan(ratio->median)) {
        html_element(out, "td", " class=\"none\"", "-");
        return;
    }
    (void)fprintf(out, "<td class=\"ratio %s%s\"><b>%s</b>", colour_step_name(colour_step(ratio->median)),
                  fails ? " fails" : "", words_ratio(text[0], ratio->median));
    if (words_spread(text[1], ratio)[0] != '\0') {
        (void)fprintf(out, " <small>%s</small>", text[1]);
    }
    (void)fputs("</td>", out);
}

void html_group_id(FILE *out, const struct saved *saved, const struct saved_group *group) {
    if (saved->row[group->begin].is_idle) {
        (void)fputs("idle", out);
    } else {
        (void)fprintf(out, "group-%zu", (size_t)(group - saved->group));
    }
}
