// The model manifest: what model.json says about a network (docs/model-manifest.md describes every member).
//
// A manifest is read and checked as a whole, then never changes: it may be shared between threads. Everything it points
// to is freed with it. A member that is unknown, missing, of the wrong type or out of range is refused with one
// sentence that names the file and the member (ERR_INVALID); a network file whose SHA-256 differs is ERR_CORRUPT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "vision/pixels.h"
#include "vision/tensor.h"

#define MANIFEST_FILE "model.json"
#define MANIFEST_SIZE_MAX (4 << 20)
#define MANIFEST_NAME_MAX 63
#define MANIFEST_CLASSES_MAX 65536
#define MANIFEST_FILES_MAX 16
#define MANIFEST_LEVELS_MAX 8
#define MANIFEST_INPUT_SIDE_MAX 4096
#define MANIFEST_DETECTIONS_MAX 1000

enum model_kind { MODEL_DETECTOR, MODEL_EMBEDDER, MODEL_TEXT_ENCODER };
enum tensor_layout { LAYOUT_NHWC, LAYOUT_NCHW };
enum resize_mode { RESIZE_STRETCH, RESIZE_LETTERBOX };
enum letterbox_align { LETTERBOX_CENTRE, LETTERBOX_CORNER };
enum decoder_kind { DECODER_YOLOX, DECODER_NANODET, DECODER_SSD, DECODER_BOXES, DECODER_DETR, DECODER_CENTERNET };
enum activation { ACTIVATION_NONE, ACTIVATION_SIGMOID, ACTIVATION_SOFTMAX };
enum box_format { BOX_CORNER, BOX_CORNER_YX, BOX_CENTRE, BOX_SIZE };
enum row_format { ROW_CLASSES, ROW_OBJECTNESS_CLASSES, ROW_SCORE_CLASS };
enum size_unit { SIZE_PIXELS, SIZE_CELLS };
enum colour_binning { BINNING_HARD, BINNING_LINEAR };

struct manifest_input {
    const char *tensor;      // NULL: the network's only picture input
    const char *size_tensor; // NULL: none
    int width;
    int height;
    enum tensor_layout layout;
    enum tensor_type type; // TENSOR_U8 or TENSOR_F32; TENSOR_I64 for a text encoder
    enum pixel_order colour;
    float mean[3]; // in the order of `colour`
    float deviation[3];
    enum resize_mode resize;
    uint8_t pad;
    enum letterbox_align letterbox_align;
    int length;            // text encoder: tokens
    const char *tokenizer; // text encoder: file name
};

struct manifest_level {
    int stride;
    const char *scores;    // NULL where the levels are concatenated in one tensor
    const char *distances; // likewise
};

// Tensor names are NULL where the manifest gives none; which are needed follows from `decoder`.
struct manifest_output {
    enum decoder_kind decoder;
    enum activation activation;
    enum box_format box_format;
    bool normalised;
    int background; // -1: none
    const char *tensor;
    const char *boxes;
    const char *scores; // also an embedder's class scores
    const char *labels;
    const char *heatmap;
    const char *size;
    const char *offset;
    const char *embedding; // embedder, text encoder
    struct manifest_level levels[MANIFEST_LEVELS_MAX];
    size_t level_count;
    int bins;
    float centre_offset;
    enum row_format row;
    bool transposed;
    enum tensor_layout layout;
    int stride;
    enum size_unit size_unit;
    int peak_window;
    int top_k;
};

struct manifest_colour {
    int levels; // per channel of the RGB cube; a power of two, 2 … 64
    int bins[3];
    enum colour_binning binning;
    double ranges[3][2];
    double compand; // exponent on the axes a and b; 1: bins of equal width
    double margin;  // left out on each side, as a share of the side
    double power;
    int bands;
    double weight;
};

struct manifest_file {
    const char *name;
    char sha256[SHA256_HEX_SIZE];
};

struct manifest {
    const char *folder; // where it was read from
    const char *name;
    enum model_kind kind;
    const char *network; // file name in `folder`
    struct manifest_file files[MANIFEST_FILES_MAX];
    size_t file_count;
    struct manifest_input input;
    struct manifest_output output;
    // Class names by the network's class numbers without the background; "" is a number that is never reported.
    const char *const *classes;
    size_t class_count;
    float score_threshold;
    float nms_iou;
    int max_detections;
    double crop_margin;
    bool has_descriptor;
    double deep_weight;
    bool has_colour;
    struct manifest_colour colour;
    const char *pairs_with; // text encoder
    const char *licence;
    const char *source;
    // Of the bytes of model.json, which hold the hashes of the network's files: the same text means the same results.
    char fingerprint[SHA256_HEX_SIZE];
};

// Reads `folder`/model.json. Its `name` must be the folder's. The network's files are not looked at.
enum err_code manifest_load(const char *folder, struct manifest **manifest, struct err *err) ERR_MUST_CHECK;
// The same from a text; `folder` is where the network's files are, `what` names the text in messages.
enum err_code manifest_parse(const char *what, const char *folder, const char *json, size_t size,
    struct manifest **manifest, struct err *err) ERR_MUST_CHECK;
void manifest_free(struct manifest *manifest);

// Compares the SHA-256 of every file of the network.
enum err_code manifest_check_files(const struct manifest *manifest, struct err *err) ERR_MUST_CHECK;

// [a-z0-9][a-z0-9._-]{0,62}
bool manifest_name_is_valid(const char *name);

// The name of a class number as detections and top scores carry it; "" outside the range.
const char *manifest_class_name(const struct manifest *manifest, int32_t class_id);
const char *model_kind_name(enum model_kind kind);
const char *decoder_kind_name(enum decoder_kind kind);
