// The vector index: embeddings of objects, found by nearness.
//
// Vectors live in namespaces, one per project, each with one dimension and model (fixed by the first upsert). They are
// normalised to length 1 when stored, and scores are cosine similarities in [-1, 1], the higher the nearer. An upsert
// that has returned is durable and is found by the next query of the same process; other processes that share an
// embedded index find it within a second. All functions are safe from all threads.
//
// Errors: ERR_INVALID (wrong dimension, not finite, zero vector, bad filter), ERR_NOT_FOUND (namespace or object),
// ERR_UNAVAILABLE, ERR_FULL, ERR_CORRUPT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/err.h"
#include "base/id.h"

struct vector_index;

#define VECTOR_DIMENSION_MAX 4096
#define VECTOR_CLASS_SIZE 64
#define VECTOR_LABEL_SIZE 401 // 100 characters of UTF-8
#define VECTOR_QUERY_LIMIT_MAX 10000
#define VECTOR_TRACKS_MAX 1000000 // in each list of a filter
// Of one object. What is smaller goes into 40 kB of metadata, the hosted service's limit, beside the rest and quoted.
#define VECTOR_NEGATIVES_MAX 64
#define VECTOR_NEGATIVES_BYTES 16384 // of all names, each with its NUL

void vector_index_free(struct vector_index *index);

struct vector_item {
    char object[OBJECT_ID_SIZE];
    char class_name[VECTOR_CLASS_SIZE];
    char label[VECTOR_LABEL_SIZE]; // explicit label; "": none, or the one it has
    int64_t track;                 // the n of {video}-t{n}; -1: none, or the one it has
    const float *vector;           // borrowed; `dimension` values
};

// Inserts or replaces; an object that is there keeps its label and track where the item has none, and its negatives, so
// that indexing a frame again loses none of it (vector_index_set_attributes takes it away). The object's id says the
// video. `model`
// names what made the vectors: mixing models in one namespace is ERR_CONFLICT with a sentence that says both.
enum err_code vector_index_upsert(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err) ERR_MUST_CHECK;

// Changes what filters look at, without the vector. Unknown objects are skipped.
struct vector_attributes {
    char object[OBJECT_ID_SIZE];
    bool set_label;
    char label[VECTOR_LABEL_SIZE];
    bool set_track;
    int64_t track;
    bool set_negatives;
    const char *const
        *negatives; // labels that it was said not to be, in place of those before; within the limits above
    size_t negative_count;
};
enum err_code vector_index_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err) ERR_MUST_CHECK;

// A track of a video: all objects that carry its number.
struct vector_track {
    char video[VIDEO_ID_SIZE];
    int64_t n;
};

// What may be a hit: all conditions given must hold; lists are "any of".
struct vector_filter {
    const char *video;         // NULL: any
    const char *const *videos; // any of these
    size_t video_count;        // 0: any
    const char *const *classes;
    size_t class_count;
    const char *const *labels; // "" matches unlabelled objects
    size_t label_count;
    // Tracks that carry one of `labels`: their objects match too, unless they have a label of their own.
    const struct vector_track *labelled;
    size_t labelled_count; // VECTOR_TRACKS_MAX, as below
    bool has_track;
    int64_t track;              // with `video`
    const char *const *exclude; // object ids never returned: negatives, the query object itself
    size_t exclude_count;
    const struct vector_track *exclude_tracks; // whose objects are never returned
    size_t exclude_track_count;
    const char *const *refused; // labels; an object that has one of them among its negatives is never returned
    size_t refused_count;
};

struct vector_query {
    const char *project;
    const float *vector; // need not be normalised
    size_t dimension;
    size_t limit;    // 1 … VECTOR_QUERY_LIMIT_MAX
    float min_score; // -1 for all
    bool exact;      // scan instead of using the graph
    struct vector_filter filter;
};

struct vector_hit {
    char object[OBJECT_ID_SIZE];
    char class_name[VECTOR_CLASS_SIZE];
    char label[VECTOR_LABEL_SIZE];
    int64_t track;
    float score;
};

// Hits in descending score, ties by object id; at most query->limit, to be freed with free(). An unknown namespace has
// no hits.
enum err_code vector_index_query(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err) ERR_MUST_CHECK;

// The stored vector (normalised, after the stored type's rounding) into `vector`, which holds `capacity` values.
enum err_code vector_index_fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err) ERR_MUST_CHECK;

// Removing what is not there is no error.
enum err_code vector_index_remove(struct vector_index *index, const char *project, const char *const *objects,
    size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code vector_index_remove_frame(struct vector_index *index, const char *project, const char *video,
    int32_t frame_index, struct err *err) ERR_MUST_CHECK;
enum err_code vector_index_remove_video(
    struct vector_index *index, const char *project, const char *video, struct err *err) ERR_MUST_CHECK;
enum err_code vector_index_remove_project(
    struct vector_index *index, const char *project, struct err *err) ERR_MUST_CHECK;

struct vector_stats {
    size_t count;
    size_t dimension; // 0: nothing stored yet
    char model[128];
    int64_t bytes; // on disk, or as the server reports
};
// `video` NULL for the whole project (count only is restricted by it).
enum err_code vector_index_stats(struct vector_index *index, const char *project, const char *video,
    struct vector_stats *stats, struct err *err) ERR_MUST_CHECK;

// Calls back with each object id of a video, ascending; false ends the walk.
typedef bool vector_visit(void *context, const char *object);
enum err_code vector_index_list(struct vector_index *index, const char *project, const char *video, vector_visit *visit,
    void *context, struct err *err) ERR_MUST_CHECK;

// ---- tracks: a vector each, beside those of the objects

// They are the project's: of the same model and dimension, and gone with the video or project. No query finds them, and
// they are neither counted nor listed: a search for a track is one for objects near its vector.
#define VECTOR_TRACKS_AT_ONCE 1000

struct vector_track_item {
    struct vector_track track;
    const float *vector; // borrowed; `dimension` values
};
// Inserts or replaces, durably; at most VECTOR_TRACKS_AT_ONCE. Errors as of vector_index_upsert.
enum err_code vector_index_put_tracks(struct vector_index *index, const char *project, const char *model,
    size_t dimension, const struct vector_track_item *items, size_t count, struct err *err) ERR_MUST_CHECK;
// Removes the video's tracks but those with these numbers, which ascend.
enum err_code vector_index_keep_tracks(struct vector_index *index, const char *project, const char *video,
    const int64_t *numbers, size_t count, struct err *err) ERR_MUST_CHECK;
// As vector_index_fetch.
enum err_code vector_index_fetch_track(struct vector_index *index, const char *project,
    const struct vector_track *track, float *vector, size_t capacity, size_t *dimension,
    struct err *err) ERR_MUST_CHECK;

// Writes what may be written lazily (graphs): start-up is faster afterwards. Durability does not need it.
enum err_code vector_index_flush(struct vector_index *index, struct err *err) ERR_MUST_CHECK;
enum err_code vector_index_ping(struct vector_index *index, struct err *err) ERR_MUST_CHECK;

// What is behind the index, for people; what is in it says vector_index_stats.
struct vector_index_facts {
    char kind[16];    // "flat", "usearch", "pinecone", "weaviate"
    char where[256];  // the server's address, without secrets, or the folder; "": in memory
    char version[64]; // of the server; "": it does not say
    size_t dimension; // of all vectors that may come; 0: each project's own, or the first decides
    char metric[32];  // "cosine", "dotproduct", "euclidean"; "": cosine
};
// Asks the server: an error means that it does not work.
enum err_code vector_index_describe(
    struct vector_index *index, struct vector_index_facts *facts, struct err *err) ERR_MUST_CHECK;

// Whether the index can be used as it has to be: answers, takes the key, compares by cosines, is of the dimension of
// the embedder's vectors, may be written and removed from. Stores and removes one vector in a project of its own.
struct vector_check {
    const char *model; // what makes the vectors
    size_t dimension;  // of them; 0: not known, so nothing is stored
};
void vector_index_check(struct vector_index *index, const struct vector_check *check, struct checks *checks);
// Whether an index on a server is made for such vectors: by cosines, and of their dimension, or of none yet.
// ERR_INVALID says what to do. For whoever is about to store many.
enum err_code vector_index_fits(
    struct vector_index *index, const struct vector_check *check, struct err *err) ERR_MUST_CHECK;
