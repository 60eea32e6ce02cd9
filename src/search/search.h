// Search: which objects are like these?
//
// A question names what to look for (an object, a track, a picture, examples that are it and examples that are not) and
// what may be found (filters). It becomes one vector query; hits come back with everything needed to show them. Safe
// from all threads. Errors: ERR_NOT_FOUND (object, track), ERR_INVALID (question), ERR_CONFLICT (the project was
// indexed with another model than the one that would embed the picture), ERR_LIMIT, and those of the stores.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "meta_store/meta_store.h"
#include "vector_index/vector_index.h"

struct cancel;
struct embedder;
struct label_refusals;
struct search;

#define SEARCH_LIMIT_MAX 1000
#define SEARCH_OFFSET_MAX 9000
#define SEARCH_EXAMPLES_MAX 1000
#define SEARCH_PICTURE_SIZE_MAX ((size_t)32 * 1024 * 1024)

struct search_config {
    struct meta_store *meta;
    struct vector_index *vectors;
    // Gives the embedder of uploaded pictures and the name it has in the vector index; it is loaded when first needed.
    enum err_code (*embedder)(void *context, struct embedder **embedder, const char **model, struct err *err);
    void *context;
};

struct search *search_new(const struct search_config *config);
void search_free(struct search *search);

struct search_request {
    const char *project;
    // What to look for: at least one of these.
    const char *object;  // looks like this object, which itself is no hit
    const char *track;   // looks like this track: like the mean of its objects, which themselves are no hits
    const void *picture; // looks like this picture (JPEG, PNG, WebP, GIF, BMP)
    size_t picture_size;
    const char *const *positive; // looks like these objects …
    size_t positive_count;
    const char *const *negative; // … and not like these, which are never hits
    size_t negative_count;
    // What may be found.
    struct vector_filter filter;           // `exclude` is added to
    const struct label_refusals *refusals; // of the filter's classes; left out; may be NULL
    float min_score;                       // -1: any
    bool per_track;                        // the best hit of each track only; the object's own track may have one too
    size_t offset, limit;
    struct cancel *cancel;
};

struct search_hit {
    char object[OBJECT_ID_SIZE];
    char video[VIDEO_ID_SIZE];
    float score; // cosine similarity, -1 … 1
    int32_t frame_index;
    int64_t pts_us;
    int32_t frame_width, frame_height;
    struct meta_object box;
    char label[VECTOR_LABEL_SIZE];
};

struct search_result {
    struct search_hit *hits; // best first
    size_t count;
    bool more; // there are hits behind the last one
};
void search_result_release(struct search_result *result);

enum err_code search_run(struct search *search, const struct search_request *request, struct search_result *result,
    struct err *err) ERR_MUST_CHECK;

// What the meta store knows of an object, as a hit with this score, without the label. ERR_NOT_FOUND when it is gone.
enum err_code search_describe(
    struct search *search, const char *object, float score, struct search_hit *hit, struct err *err) ERR_MUST_CHECK;

// One object with its frame. ERR_NOT_FOUND if its video, frame or number is not there.
struct object_info {
    char project[PROJECT_NAME_SIZE];
    char video[VIDEO_ID_SIZE];
    int32_t frame_index;
    int64_t pts_us;
    int32_t frame_width, frame_height;
    struct meta_object object;
};
enum err_code search_object(
    struct search *search, const char *id, struct object_info *info, struct err *err) ERR_MUST_CHECK;
