/* What a load tool printed: is a report with figures that can be reckoned with, or is none. Input: the text. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "load_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct load_report report;
    char *text = malloc(size + 1);
    int rc;

    FUZZ_CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    rc = load_report_read(&report, text);
    FUZZ_CHECK(rc == 0 || rc == -ENOENT || rc == -E2BIG || rc == -EBADMSG);
    FUZZ_CHECK((rc == 0) == (report.tool != NULL));
    if (rc == 0) {
        FUZZ_CHECK(report.unit != NULL && isfinite(report.requests) && report.requests >= 0);
        FUZZ_CHECK(isfinite(report.per_second) && report.per_second >= 0 && isfinite(report.failed));
    }
    fuzz_understood = rc == 0;
    free(text);
    return 0;
}
