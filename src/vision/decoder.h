// Output formats of detectors: from a network's output tensors to candidates (docs/model-manifest.md describes each).
//
// A decoder is a record of functions without state; which one, and how, is in the manifest. Adding a format is one file
// and one line in decoder.c. Safe from all threads. Shapes are checked twice with the same function: against what the
// network declares when it is loaded, and against what came out, since an output may be dynamic.
#pragma once

#include "base/err.h"
#include "vision/candidates.h"
#include "vision/manifest.h"
#include "vision/tensor.h"

#define DECODER_TENSORS_MAX (2 * MANIFEST_LEVELS_MAX)

struct decoder {
    // Names of the outputs it reads, in the order of `check` and `decode`; NULL stands for the network's only one.
    size_t (*tensors)(const struct manifest *manifest, const char *names[DECODER_TENSORS_MAX]);
    // Whether outputs of these shapes can be decoded. ERR_INVALID with a sentence that names the output.
    enum err_code (*check)(const struct manifest *manifest, const struct tensor_spec *specs, struct err *err);
    // Of one picture. The shapes are right.
    void (*decode)(const struct manifest *manifest, const struct tensor *tensors, struct candidates *out);
};

const struct decoder *decoder_of(const struct manifest *manifest);
// Checks the shapes, then decodes. ERR_CORRUPT if the network gave other shapes than it declared.
enum err_code decoder_run(const struct manifest *manifest, const char *const *names, const struct tensor *tensors,
    size_t count, struct candidates *out, struct err *err) ERR_MUST_CHECK;

extern const struct decoder decoder_yolox;
extern const struct decoder decoder_nanodet;
extern const struct decoder decoder_ssd;
extern const struct decoder decoder_boxes;
extern const struct decoder decoder_detr;
extern const struct decoder decoder_centernet;

// What decoders share.

// Compares a shape with `wanted` of `rank` dimensions, where -1 in either matches anything; a leading batch of one may
// be missing. `meaning` says what the dimensions are, e.g. "[1, candidates, 4]".
enum err_code decoder_expect(const struct tensor_spec *spec, int rank, const int64_t *wanted, const char *meaning,
    struct err *err) ERR_MUST_CHECK;
// The size of dimension `index` of `rank`, not counting the batch; -1 if it is dynamic.
int64_t decoder_dim(const struct tensor_spec *spec, int rank, int index);
int64_t decoder_tensor_dim(const struct tensor *tensor, int rank, int index);

// One box of four numbers in the manifest's format, in pixels of the input picture.
void decoder_read_box(const struct manifest *manifest, const float box[4], struct candidate *out);

float decoder_sigmoid(float x);
// The raw value from which on `activation` (none or sigmoid) gives at least `score`.
float decoder_raw_threshold(enum activation activation, float score);
float decoder_activate(enum activation activation, float raw);
// Columns of a row of class scores, with the background.
int64_t decoder_score_columns(const struct manifest *manifest);
// Adds one candidate for every class whose score is high enough, with the box that is in `box`. `scores` has
// decoder_score_columns() numbers, `step` floats apart.
void decoder_add_classes(
    const struct manifest *manifest, struct candidate box, const float *scores, size_t step, struct candidates *out);
// Whether any of the numbers reaches `threshold`; fast, for sorting out the many rows that hold nothing.
bool decoder_any_reaches(const float *row, size_t count, float threshold);
