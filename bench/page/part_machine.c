/* part_machine - see part.h. */
#include "html.h"
#include "part.h"
#include "words.h"

#include <math.h>

static void write_fact(FILE *out, const char *name, const char *value) {
    html_element(out, "dt", "", name);
    html_element(out, "dd", "", value[0] == '\0' ? "not known" : value);
    (void)fputc('\n', out);
}

static void write_place(struct page *page) {
    const double server = saved_number(page->saved, "server_cpu");
    const double load = saved_number(page->saved, "load_cpu");
    char text[WORDS_MAX];
    if (server >= 0 && load >= 0) {
        (void)snprintf(text, sizeof(text), "server on CPU %.0f, load on CPU %.0f", server, load);
    } else {
        (void)snprintf(text, sizeof(text), "server and load share the processors");
    }
    write_fact(page->html, "place", text);
}

static void write_settings(struct page *page) {
    const cJSON *settings = cJSON_GetObjectItemCaseSensitive(page->saved->object, "settings");
    const cJSON *item = NULL;
    (void)fputs("<dt>settings</dt>", page->html);
    if (cJSON_GetArraySize(settings) == 0) {
        (void)fputs("<dd>the defaults</dd>\n", page->html);
    }
    cJSON_ArrayForEach(item, settings) {
        (void)fputs("<dd><code>", page->html);
        words_html(page->html, item->string == NULL ? "" : item->string);
        (void)fputc('=', page->html);
        words_html(page->html, cJSON_IsString(item) ? item->valuestring : "");
        (void)fputs("</code></dd>\n", page->html);
    }
}

void part_machine(struct page *page) {
    const struct saved *saved = page->saved;
    char text[2 * WORDS_MAX];
    (void)fputs("<section id=\"machine\">\n<h2>Machine, versions, settings</h2>\n<dl>\n", page->html);
    write_fact(page->html, "date", saved_text(saved, "date"));
    write_fact(page->html, "Ringback", saved_text(saved, "ringback"));
    write_fact(page->html, "libuv", saved_text(saved, "libuv"));
    write_fact(page->html, "libevent", saved_text(saved, "libevent"));
    (void)snprintf(text, sizeof(text), "Linux %.100s %.40s", saved_text(saved, "kernel"),
                   saved_text(saved, "architecture"));
    write_fact(page->html, "kernel", text);
    (void)snprintf(text, sizeof(text), "%.200s, %.0f CPUs", saved_text(saved, "cpu_model"),
                   saved_number(saved, "cpus"));
    write_fact(page->html, "processor", text);
    write_place(page);
    (void)snprintf(text, sizeof(text), "%.40s: %zu rows in %.0f s; pairs of runs: %.0f, of %.0f ms each",
                   saved_text(saved, "sweep"), saved->count, saved_number(saved, "seconds"),
                   saved_number(saved, "pairs"), saved_number(saved, "window_ms"));
    write_fact(page->html, "sweep", text);
    write_settings(page);
    (void)fputs("</dl>\n</section>\n", page->html);
}
