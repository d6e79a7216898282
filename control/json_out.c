/* json_out - see json_out.h. */
#include "json_out.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

cJSON *json_number(double number) {
    return isnan(number) || isinf(number) ? cJSON_CreateNull() : cJSON_CreateNumber(round(number * 1e4) / 1e4);
}

void json_add(cJSON *object, const char *name, double number) {
    (void)cJSON_AddItemToObject(object, name, json_number(number));
}

void json_add_spread(cJSON *object, const char *name, const struct spread *spread) {
    cJSON *item = cJSON_AddObjectToObject(object, name);
    json_add(item, "median", spread->median);
    json_add(item, "min", spread->min);
    json_add(item, "max", spread->max);
}

/* Write a text of cJSON's and let go of it. */
static int json__put(char *text, FILE *file) {
    if (text == NULL) {
        return -ENOMEM;
    }
    const int error = fprintf(file, "%s\n", text) < 0 ? -errno : 0;
    cJSON_free(text);
    return error;
}

int json_print(const cJSON *object, FILE *file) {
    return json__put(cJSON_Print(object), file);
}

int json_print_line(const cJSON *object, FILE *file) {
    return json__put(cJSON_PrintUnformatted(object), file);
}

int json_save(const cJSON *object, const char *path) {
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return -errno;
    }
    const int error = json_print(object, file);
    return fclose(file) != 0 && error == 0 ? -errno : error;
}

int json_write(cJSON *object, const char *path) {
    const int error = json_save(object, path);
    cJSON_Delete(object);
    return error;
}
