// Average precision by COCO's method: how good a detector is on labelled pictures.
//
// The same numbers as the reference implementation (pycocotools' COCOeval, boxes, all areas, 100 detections a picture):
// thresholds of overlap 0.50 … 0.95 in steps of 0.05, greedy matching by descending score, crowd boxes ignored and
// matched by intersection over the detection's area, precision interpolated at 101 points of recall. One thread at a
// time. Fails with ERR_INVALID (not COCO's format), ERR_LIMIT, ERR_NOT_FOUND.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define COCO_IMAGES_MAX 1000000
#define COCO_BOXES_MAX 10000000
#define COCO_FILE_SIZE_MAX ((int64_t)1 << 30)
#define COCO_DETECTIONS_PER_IMAGE 100

struct coco_image {
    int64_t id;
    const char *file_name;
    int width;
    int height;
};

struct coco_category {
    int64_t id;
    const char *name;
};

struct coco_truth {
    int64_t image_id;
    int64_t category_id;
    double x, y, width, height;
    bool crowd; // also what COCO calls "ignore"
};

struct coco_result {
    int64_t image_id;
    int64_t category_id;
    double x, y, width, height;
    double score;
};

// Labelled pictures: annotations in COCO's "instances" format.
struct coco_set {
    struct coco_image *images; // sorted by id
    size_t image_count;
    struct coco_category *categories; // sorted by id
    size_t category_count;
    struct coco_truth *truths;
    size_t truth_count;
};

enum err_code coco_set_load(const char *file, struct coco_set **set, struct err *err) ERR_MUST_CHECK;
enum err_code coco_set_parse(const char *json, size_t size, struct coco_set **set, struct err *err) ERR_MUST_CHECK;
void coco_set_free(struct coco_set *set);
// The category with this name, or NULL.
const struct coco_category *coco_set_category(const struct coco_set *set, const char *name);

struct coco_scores {
    double ap;    // mean over overlaps 0.50 … 0.95 and classes that occur
    double ap50;  // at overlap 0.50
    double ap75;  // at overlap 0.75
    double ar100; // mean recall with up to 100 detections a picture
};

// -1 where nothing is defined (no labelled box at all), as in COCO's own.
enum err_code coco_evaluate(const struct coco_set *set, const struct coco_result *results, size_t count,
    struct coco_scores *scores, struct err *err) ERR_MUST_CHECK;
