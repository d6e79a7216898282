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

int json_save(const cJSON *object, const char *path) {
    char *text = cJSON_Print(object);
    if (text == NULL) {
        return -ENOMEM;
    }
    FILE *file = fopen(path, "we");
    int error = file == NULL ? -errno : 0;
    if (error == 0 && fprintf(file, "%s\n", text) < 0) {
        error = -errno;
    }
    if (file != NULL && fclose(file) != 0 && error == 0) {
        error = -errno;
    }
    free(text);
    return error;
}

int json_write(cJSON *object, const char *path) {
    const int error = json_save(object, path);
    cJSON_Delete(object);
    return error;
}
