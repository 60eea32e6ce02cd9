#include "exchange/exchange.h"

#include <string.h>

static const char *const names[] = {
    [EXCHANGE_COCO] = "coco", [EXCHANGE_YOLO] = "yolo", [EXCHANGE_CSV] = "csv", [EXCHANGE_MOT] = "mot"};
#define FORMAT_COUNT (sizeof(names) / sizeof(names[0]))

const char *exchange_format_name(enum exchange_format format)
{
    return (size_t)format < FORMAT_COUNT ? names[format] : "unknown";
}

enum err_code exchange_format_parse(const char *name, enum exchange_format *format, struct err *err)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *format = (enum exchange_format)i;
            return ERR_NONE;
        }
    }
    return err_of_field(
        err, err_set(err, ERR_INVALID, "\"%.32s\" is no format: there are coco, yolo, csv and mot", name), "format");
}
