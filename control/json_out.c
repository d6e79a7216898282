/* json_out - see json_out.h. */
#include "json_out.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

int json_print(const cJSON *object, FILE *file) {
    char *text = cJSON_Print(object);
    if (text == NULL) {
        return -ENOMEM;
    }
    const int error = fprintf(file, "%s\n", text) < 0 ? -errno : 0;
    free(text);
    return error;
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
