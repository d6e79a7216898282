/* json_out - how every report writes its figures. */
#ifndef CONTROL_JSON_OUT_H
#define CONTROL_JSON_OUT_H

#include "spread.h"

#include <cjson/cJSON.h>
#include <stdio.h>

/* json_add - a number with four digits after the point; what is not known (NAN, infinite) is null. */
void json_add(cJSON *object, const char *name, double number);

/* json_number - such a number by itself. */
cJSON *json_number(double number);

/* json_add_spread - an object of median, min and max. */
void json_add_spread(cJSON *object, const char *name, const struct spread *spread);

/* json_print - write an object to an open file. NULL counts as out of memory. Returns 0 or -errno. */
int json_print(const cJSON *object, FILE *file);

/* json_print_line - the same without a line break in it. */
int json_print_line(const cJSON *object, FILE *file);

/* json_save - the same to a file of that name. */
int json_save(const cJSON *object, const char *path);

/* json_write - json_save, and delete the object in any case. */
int json_write(cJSON *object, const char *path);

#endif
