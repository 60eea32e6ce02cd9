// What a backend of the vector index implements. vector_index.c has checked all arguments before it calls: names, ids
// and lengths are valid, vectors are finite, of a fitting count and normalised, limits are in their ranges.
#pragma once

#include "vector_index/vector_index.h"

struct vector_index_ops {
    const char *name;
    void (*free)(struct vector_index *index);
    enum err_code (*upsert)(struct vector_index *index, const char *project, const char *model, size_t dimension,
        const struct vector_item *items, size_t count, struct err *err);
    enum err_code (*set_attributes)(struct vector_index *index, const char *project,
        const struct vector_attributes *changes, size_t count, struct err *err);
    enum err_code (*query)(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
        size_t *count, struct err *err);
    enum err_code (*fetch)(struct vector_index *index, const char *project, const char *object, float *vector,
        size_t capacity, size_t *dimension, struct err *err);
    enum err_code (*remove)(
        struct vector_index *index, const char *project, const char *const *objects, size_t count, struct err *err);
    enum err_code (*remove_frame)(
        struct vector_index *index, const char *project, const char *video, int32_t frame_index, struct err *err);
    enum err_code (*remove_video)(struct vector_index *index, const char *project, const char *video, struct err *err);
    enum err_code (*remove_project)(struct vector_index *index, const char *project, struct err *err);
    enum err_code (*stats)(struct vector_index *index, const char *project, const char *video,
        struct vector_stats *stats, struct err *err);
    enum err_code (*list)(struct vector_index *index, const char *project, const char *video, vector_visit *visit,
        void *context, struct err *err);
    // In put_tracks, `count` is 1 … VECTOR_TRACKS_AT_ONCE.
    enum err_code (*put_tracks)(struct vector_index *index, const char *project, const char *model, size_t dimension,
        const struct vector_track_item *items, size_t count, struct err *err);
    enum err_code (*keep_tracks)(struct vector_index *index, const char *project, const char *video,
        const int64_t *numbers, size_t count, struct err *err);
    enum err_code (*fetch_track)(struct vector_index *index, const char *project, const struct vector_track *track,
        float *vector, size_t capacity, size_t *dimension, struct err *err);
    // NULL where nothing is left to be done once an operation has returned.
    enum err_code (*flush)(struct vector_index *index, struct err *err);
    enum err_code (*ping)(struct vector_index *index, struct err *err);
    // Fills where and what else the server tells; `facts` has the kind, and is zero otherwise.
    enum err_code (*describe)(struct vector_index *index, struct vector_index_facts *facts, struct err *err);
};

// The first member of every backend's instance.
struct vector_index {
    const struct vector_index_ops *ops;
};

// The sentences that all backends share.
enum err_code vector_index_wrong_dimension(
    struct err *err, const char *project, size_t stored_dimension, size_t given_dimension);
enum err_code vector_index_no_object(struct err *err, const char *project, const char *object);
enum err_code vector_index_no_track(struct err *err, const char *project, const struct vector_track *track);
// Whether vectors of this model (NULL: any) and dimension go with those that the project holds. ERR_CONFLICT (model),
// ERR_INVALID (dimension).
enum err_code vector_index_check_kind(const char *project, const char *stored_model, size_t stored_dimension,
    const char *model, size_t dimension, struct err *err) ERR_MUST_CHECK;
// Of what a server refuses and waiting does not mend: ERR_DENIED ends the start; once the index is open somebody may be
// about to mend it, and all waits.
enum err_code vector_index_refusal(bool is_open);
// Makes the error that, with its sentence.
enum err_code vector_index_refuse(bool is_open, struct err *err);
