// The catalogue: what the detector found in a project, by class, without an example to compare with.
//
// Both questions walk the frames of the project in the meta store, so they cost time in proportion to its objects
// (about a quarter of a second for a million); the counts of classes are kept until the project has other numbers of
// videos, frames or objects. Safe from all threads. Errors: ERR_NOT_FOUND (project), ERR_INVALID (limits),
// ERR_CANCELLED, and those of the meta store.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "search/search.h"

struct cancel;
struct catalogue;
struct labels;

#define CATALOGUE_CLASSES_MAX 4096 // further classes of a project are not told apart
#define CATALOGUE_PROJECTS_KEPT 16 // projects whose counts are kept

// `meta` is borrowed.
struct catalogue *catalogue_new(struct meta_store *meta);
void catalogue_free(struct catalogue *catalogue);

struct catalogue_class {
    char name[META_CLASS_SIZE];
    int64_t objects; // without those that people refused
};
// The classes of a project's objects, the most frequent first, ties by name; free() the array. With `labels` (may be
// NULL) a class that people refused does not count.
enum err_code catalogue_classes(struct catalogue *catalogue, struct labels *labels, const char *project,
    struct cancel *cancel, struct catalogue_class **classes, size_t *count, struct err *err) ERR_MUST_CHECK;

struct catalogue_request {
    const char *project;
    const char *const *classes; // any of these; at least one
    size_t class_count;
    const char *const *videos; // any of these; none: all of the project
    size_t video_count;
    const struct label_refusals *refusals; // of these classes; left out; may be NULL
    float min_score;                       // the detector's
    bool per_track;                        // the best object of each track only; objects without a track all stay
    size_t offset, limit;                  // as in search.h
    struct cancel *cancel;
};
// Objects of these classes, those that the detector was surest of first (the hits' score is the detector's), ties by
// object id.
enum err_code catalogue_browse(struct catalogue *catalogue, const struct catalogue_request *request,
    struct search_result *result, struct err *err) ERR_MUST_CHECK;
