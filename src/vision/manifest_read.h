// Reading a manifest's parts. Internal to vision/.
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "vision/manifest.h"

// Fills `manifest->input` from the member "input"; the manifest's kind is known.
enum err_code manifest_read_input(
    struct arena *arena, const json_t *input, struct manifest *manifest, struct err *err) ERR_MUST_CHECK;
// Fills `manifest->output` from the member "output".
enum err_code manifest_read_output(
    struct arena *arena, const json_t *output, struct manifest *manifest, struct err *err) ERR_MUST_CHECK;
// Fills what an embedder's member "descriptor" says.
enum err_code manifest_read_descriptor(
    const json_t *descriptor, struct manifest *manifest, struct err *err) ERR_MUST_CHECK;

// One of `names` (NULL-terminated) by its position; missing leaves `*out` as it is.
enum err_code manifest_read_choice(
    const json_t *object, const char *field, const char *const *names, int *out, struct err *err) ERR_MUST_CHECK;
// A text of 1 … MANIFEST_TEXT_MAX bytes, copied; missing leaves `*out` as it is.
#define MANIFEST_TEXT_MAX 4096
enum err_code manifest_read_text(
    struct arena *arena, const json_t *object, const char *field, const char **out, struct err *err) ERR_MUST_CHECK;
// Exactly `count` numbers within the bounds; missing leaves `out` as it is.
enum err_code manifest_read_numbers(const json_t *object, const char *field, size_t count, double least, double most,
    double *out, struct err *err) ERR_MUST_CHECK;
// An integer that fits an int; missing leaves `*out` as it is.
enum err_code manifest_read_int(
    const json_t *object, const char *field, int least, int most, int *out, struct err *err) ERR_MUST_CHECK;
enum err_code manifest_read_float(
    const json_t *object, const char *field, double least, double most, float *out, struct err *err) ERR_MUST_CHECK;
enum err_code manifest_require(const json_t *object, const char *field, struct err *err) ERR_MUST_CHECK;
