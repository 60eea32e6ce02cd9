// Formats in which labels and tracks leave and come back: COCO, YOLO, CSV, MOTChallenge.
//
// docs/export.md says what stands in each. No shared state: safe from all threads.
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum exchange_format { EXCHANGE_COCO, EXCHANGE_YOLO, EXCHANGE_CSV, EXCHANGE_MOT };

const char *exchange_format_name(enum exchange_format format);
// ERR_INVALID for what is none, naming those there are.
enum err_code exchange_format_parse(const char *name, enum exchange_format *format, struct err *err) ERR_MUST_CHECK;
