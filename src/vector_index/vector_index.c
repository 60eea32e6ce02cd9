#include "vector_index/vector_index.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_kernels.h"

void vector_index_free(struct vector_index *index)
{
    if (index != NULL)
        index->ops->free(index);
}

enum err_code vector_index_wrong_dimension(
    struct err *err, const char *project, size_t stored_dimension, size_t given_dimension)
{
    return err_set(err, ERR_INVALID, "project \"%s\" holds vectors of %zu dimensions, not of %zu", project,
        stored_dimension, given_dimension);
}

enum err_code vector_index_check_kind(const char *project, const char *stored_model, size_t stored_dimension,
    const char *model, size_t dimension, struct err *err)
{
    if (model != NULL && strcmp(stored_model, model) != 0)
        return err_set(err, ERR_CONFLICT,
            "project \"%s\" holds vectors of the model \"%s\"; those of \"%s\" cannot be compared with them: re-index "
            "the project with one model",
            project, stored_model, model);
    if (stored_dimension != dimension)
        return vector_index_wrong_dimension(err, project, stored_dimension, dimension);
    return ERR_NONE;
}

enum err_code vector_index_no_object(struct err *err, const char *project, const char *object)
{
    return err_set(err, ERR_NOT_FOUND, "the vector of %s is not in project \"%s\"", object, project);
}

enum err_code vector_index_no_track(struct err *err, const char *project, const struct vector_track *track)
{
    return err_set(err, ERR_NOT_FOUND, "the vector of track %s-t%" PRId64 " is not in project \"%s\"", track->video,
        track->n, project);
}

enum err_code vector_index_refusal(bool is_open)
{
    return is_open ? ERR_UNAVAILABLE : ERR_DENIED;
}

enum err_code vector_index_refuse(bool is_open, struct err *err)
{
    if (err != NULL)
        err->code = vector_index_refusal(is_open);
    return vector_index_refusal(is_open);
}

static enum err_code check_dimension(size_t dimension, struct err *err)
{
    if (dimension == 0 || dimension > VECTOR_DIMENSION_MAX)
        return err_set(err, ERR_INVALID, "a vector has 1 to %d dimensions, not %zu", VECTOR_DIMENSION_MAX, dimension);
    return ERR_NONE;
}

static enum err_code check_object(const char *object, struct err *err)
{
    if (object == NULL || memchr(object, '\0', OBJECT_ID_SIZE) == NULL ||
        !object_id_parse(object, NULL, &(int32_t){0}, &(int32_t){0}))
        return err_set(err, ERR_INVALID, "\"%.32s\" is no object id", object != NULL ? object : "");
    return ERR_NONE;
}

static enum err_code check_video(const char *video, struct err *err)
{
    if (video == NULL || !video_id_is_valid(video))
        return err_set(err, ERR_INVALID, "\"%.32s\" is no video id", video != NULL ? video : "");
    return ERR_NONE;
}

static enum err_code check_track(const struct vector_track *track, struct err *err)
{
    enum err_code code = check_video(memchr(track->video, '\0', VIDEO_ID_SIZE) != NULL ? track->video : NULL, err);
    if (code == ERR_NONE && track->n < 0)
        code = err_set(err, ERR_INVALID, "%" PRId64 " is no track's number", track->n);
    return code;
}

// Copies the vector with length 1. The sum is taken after division by the largest component, so that neither very large
// nor very small vectors overflow or vanish.
static enum err_code normalise(const float *from, float *to, size_t dimension, const char *whose, struct err *err)
{
    float largest = 0;
    for (size_t i = 0; i < dimension; i++) {
        if (!isfinite(from[i]))
            return err_set(err, ERR_INVALID, "the vector of %s has a component that is not finite", whose);
        largest = fmaxf(largest, fabsf(from[i]));
    }
    if (largest == 0)
        return err_set(err, ERR_INVALID, "the vector of %s is zero", whose);
    for (size_t i = 0; i < dimension; i++)
        to[i] = from[i] / largest;
    float norm = vector_norm(to, dimension);
    for (size_t i = 0; i < dimension; i++)
        to[i] /= norm;
    return ERR_NONE;
}

static enum err_code normalise_items(const struct vector_item *items, size_t count, size_t dimension,
    struct vector_item *out, float *vectors, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        float *vector = vectors + i * dimension;
        enum err_code code = check_object(items[i].object, err);
        if (code != ERR_NONE)
            return code;
        if (memchr(items[i].class_name, '\0', VECTOR_CLASS_SIZE) == NULL ||
            memchr(items[i].label, '\0', VECTOR_LABEL_SIZE) == NULL)
            return err_set(err, ERR_INVALID, "the class or label of %s is too long", items[i].object);
        code = normalise(items[i].vector, vector, dimension, items[i].object, err);
        if (code != ERR_NONE)
            return code;
        out[i] = items[i];
        out[i].vector = vector;
    }
    return ERR_NONE;
}

static enum err_code check_model(const char *model, struct err *err)
{
    return model[0] != '\0' && strlen(model) < sizeof(((struct vector_stats *)NULL)->model)
        ? ERR_NONE
        : err_set(err, ERR_INVALID, "a model's name has 1 to 127 bytes");
}

enum err_code vector_index_upsert(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_dimension(dimension, err);
    if (code != ERR_NONE || count == 0)
        return code;
    code = check_model(model, err);
    if (code != ERR_NONE)
        return code;
    struct vector_item *copies = mem_calloc(count, sizeof(*copies));
    float *vectors = mem_calloc(count, dimension * sizeof(float));
    code = normalise_items(items, count, dimension, copies, vectors, err);
    if (code == ERR_NONE)
        code = index->ops->upsert(index, project, model, dimension, copies, count, err);
    free(vectors);
    free(copies);
    return code;
}

static enum err_code check_negatives(const struct vector_attributes *change, struct err *err)
{
    size_t bytes = 0;
    if (change->negative_count > VECTOR_NEGATIVES_MAX)
        return err_set(err, ERR_LIMIT, "%zu labels that %s is not are too many: at most %d", change->negative_count,
            change->object, VECTOR_NEGATIVES_MAX);
    for (size_t i = 0; i < change->negative_count; i++) {
        size_t size = strlen(change->negatives[i]) + 1;
        if (size == 1 || size > VECTOR_LABEL_SIZE)
            return err_set(err, ERR_INVALID, "a label that %s is not has no name, or too long a one", change->object);
        bytes += size;
    }
    if (bytes > VECTOR_NEGATIVES_BYTES)
        return err_set(err, ERR_LIMIT, "the names of labels that %s is not have %zu bytes: at most %d", change->object,
            bytes, VECTOR_NEGATIVES_BYTES);
    return ERR_NONE;
}

enum err_code vector_index_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        code = check_object(changes[i].object, err);
        if (code == ERR_NONE && changes[i].set_label && memchr(changes[i].label, '\0', VECTOR_LABEL_SIZE) == NULL)
            code = err_set(err, ERR_INVALID, "the label of %s is too long", changes[i].object);
        if (code == ERR_NONE && changes[i].set_negatives)
            code = check_negatives(&changes[i], err);
    }
    if (code != ERR_NONE || count == 0)
        return code;
    return index->ops->set_attributes(index, project, changes, count, err);
}

static enum err_code check_tracks(const struct vector_track *tracks, size_t count, struct err *err)
{
    if (count > VECTOR_TRACKS_MAX)
        return err_set(err, ERR_LIMIT, "%zu tracks are too many: at most %d", count, VECTOR_TRACKS_MAX);
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = check_track(&tracks[i], err);
    return code;
}

static enum err_code check_filter(const struct vector_filter *filter, struct err *err)
{
    enum err_code code = filter->video != NULL ? check_video(filter->video, err) : ERR_NONE;
    for (size_t i = 0; i < filter->video_count && code == ERR_NONE; i++)
        code = check_video(filter->videos[i], err);
    for (size_t i = 0; i < filter->exclude_count && code == ERR_NONE; i++)
        code = check_object(filter->exclude[i], err);
    if (code == ERR_NONE && filter->has_track && filter->video == NULL)
        code = err_set(err, ERR_INVALID, "a filter by track needs its video");
    if (code == ERR_NONE)
        code = check_tracks(filter->labelled, filter->labelled_count, err);
    if (code == ERR_NONE)
        code = check_tracks(filter->exclude_tracks, filter->exclude_track_count, err);
    return code != ERR_NONE ? err_context(err, "filter") : ERR_NONE;
}

enum err_code vector_index_query(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    *hits = NULL;
    *count = 0;
    enum err_code code = project_name_check(query->project, err);
    if (code == ERR_NONE)
        code = check_dimension(query->dimension, err);
    if (code == ERR_NONE && (query->limit == 0 || query->limit > VECTOR_QUERY_LIMIT_MAX))
        code =
            err_set(err, ERR_INVALID, "the limit of a query is 1 to %d, not %zu", VECTOR_QUERY_LIMIT_MAX, query->limit);
    if (code == ERR_NONE && isnan(query->min_score))
        code = err_set(err, ERR_INVALID, "the least score of a query is not a number");
    if (code == ERR_NONE)
        code = check_filter(&query->filter, err);
    if (code != ERR_NONE)
        return code;
    struct vector_query copy = *query;
    float *vector = mem_calloc(query->dimension, sizeof(float));
    copy.vector = vector;
    code = normalise(query->vector, vector, query->dimension, "the query", err);
    if (code == ERR_NONE)
        code = index->ops->query(index, &copy, hits, count, err);
    free(vector);
    return code;
}

enum err_code vector_index_fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_object(object, err);
    return code == ERR_NONE ? index->ops->fetch(index, project, object, vector, capacity, dimension, err) : code;
}

enum err_code vector_index_remove(
    struct vector_index *index, const char *project, const char *const *objects, size_t count, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = check_object(objects[i], err);
    if (code != ERR_NONE || count == 0)
        return code;
    return index->ops->remove(index, project, objects, count, err);
}

enum err_code vector_index_remove_frame(
    struct vector_index *index, const char *project, const char *video, int32_t frame_index, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_video(video, err);
    if (code == ERR_NONE && (frame_index < 0 || frame_index > FRAME_INDEX_MAX))
        code = err_set(err, ERR_INVALID, "%d is no frame index", (int)frame_index);
    return code == ERR_NONE ? index->ops->remove_frame(index, project, video, frame_index, err) : code;
}

enum err_code vector_index_remove_video(
    struct vector_index *index, const char *project, const char *video, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_video(video, err);
    return code == ERR_NONE ? index->ops->remove_video(index, project, video, err) : code;
}

enum err_code vector_index_remove_project(struct vector_index *index, const char *project, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    return code == ERR_NONE ? index->ops->remove_project(index, project, err) : code;
}

enum err_code vector_index_stats(
    struct vector_index *index, const char *project, const char *video, struct vector_stats *stats, struct err *err)
{
    *stats = (struct vector_stats){0};
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE && video != NULL)
        code = check_video(video, err);
    if (code == ERR_NONE)
        code = index->ops->stats(index, project, video, stats, err);
    // Callers make room by it, and it may come from a server or a file that others write to.
    if (code == ERR_NONE && stats->dimension > VECTOR_DIMENSION_MAX)
        code = err_set(err, ERR_CORRUPT,
            "the vector index says that vectors of project %s have %zu dimensions, and at most %d are possible",
            project, stats->dimension, VECTOR_DIMENSION_MAX);
    return code;
}

enum err_code vector_index_list(struct vector_index *index, const char *project, const char *video, vector_visit *visit,
    void *context, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_video(video, err);
    return code == ERR_NONE ? index->ops->list(index, project, video, visit, context, err) : code;
}

static enum err_code normalise_track(const struct vector_track_item *item, float *to, size_t dimension, struct err *err)
{
    char id[TRACK_ID_SIZE];
    enum err_code code = check_track(&item->track, err);
    if (code != ERR_NONE)
        return code;
    track_id_make(item->track.video, item->track.n, id);
    return normalise(item->vector, to, dimension, id, err);
}

enum err_code vector_index_put_tracks(struct vector_index *index, const char *project, const char *model,
    size_t dimension, const struct vector_track_item *items, size_t count, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_dimension(dimension, err);
    if (code == ERR_NONE)
        code = check_model(model, err);
    if (code == ERR_NONE && count > VECTOR_TRACKS_AT_ONCE)
        code = err_set(err, ERR_LIMIT, "%zu tracks at once are too many: at most %d", count, VECTOR_TRACKS_AT_ONCE);
    if (code != ERR_NONE || count == 0)
        return code;
    struct vector_track_item *copies = mem_calloc(count, sizeof(*copies));
    float *vectors = mem_calloc(count, dimension * sizeof(float));
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        copies[i] = (struct vector_track_item){.track = items[i].track, .vector = vectors + i * dimension};
        code = normalise_track(&items[i], vectors + i * dimension, dimension, err);
    }
    if (code == ERR_NONE)
        code = index->ops->put_tracks(index, project, model, dimension, copies, count, err);
    free(vectors);
    free(copies);
    return code;
}

enum err_code vector_index_keep_tracks(struct vector_index *index, const char *project, const char *video,
    const int64_t *numbers, size_t count, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_video(video, err);
    for (size_t i = 1; i < count && code == ERR_NONE; i++) {
        if (numbers[i] <= numbers[i - 1])
            code = err_set(
                err, ERR_INVALID, "track %" PRId64 " is listed after track %" PRId64, numbers[i], numbers[i - 1]);
    }
    return code == ERR_NONE ? index->ops->keep_tracks(index, project, video, numbers, count, err) : code;
}

enum err_code vector_index_fetch_track(struct vector_index *index, const char *project,
    const struct vector_track *track, float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = check_track(track, err);
    return code == ERR_NONE ? index->ops->fetch_track(index, project, track, vector, capacity, dimension, err) : code;
}

enum err_code vector_index_flush(struct vector_index *index, struct err *err)
{
    return index->ops->flush != NULL ? index->ops->flush(index, err) : ERR_NONE;
}

enum err_code vector_index_ping(struct vector_index *index, struct err *err)
{
    return index->ops->ping(index, err);
}

enum err_code vector_index_describe(struct vector_index *index, struct vector_index_facts *facts, struct err *err)
{
    *facts = (struct vector_index_facts){0};
    snprintf(facts->kind, sizeof(facts->kind), "%s", index->ops->name);
    return index->ops->describe(index, facts, err);
}
