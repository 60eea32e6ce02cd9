#include "search/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/image.h"
#include "search/label_refusals.h"
#include "search/search_gather.h"
#include "vision/embedder.h"

#define PICTURE_DEADLINE_MS 30000
// More pixels than this do not make a better descriptor.
#define PICTURE_SIDE 1024

// Rocchio's weights for examples that are it and examples that are not (Rocchio 1971; the values are those that Salton
// and Buckley, "Improving retrieval performance by relevance feedback", 1990, found to hold across collections).
#define ROCCHIO_POSITIVE 0.75f
#define ROCCHIO_NEGATIVE 0.25f

struct search {
    struct search_config config;
};

struct search *search_new(const struct search_config *config)
{
    struct search *search = mem_calloc(1, sizeof(*search));
    search->config = *config;
    return search;
}

void search_free(struct search *search)
{
    free(search);
}

void search_result_release(struct search_result *result)
{
    free(result->hits);
    *result = (struct search_result){0};
}

enum err_code search_object(struct search *search, const char *id, struct object_info *info, struct err *err)
{
    char video_id[VIDEO_ID_SIZE];
    int32_t index;
    int32_t k;
    if (!object_id_parse(id, video_id, &index, &k))
        return err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007", id);

    struct meta_video *video = mem_calloc(1, sizeof(*video));
    struct meta_frames frames = {0};
    enum err_code code = meta_store_get_video(search->config.meta, video_id, video, err);
    if (code == ERR_NONE)
        code = meta_store_get_frame(search->config.meta, video_id, index, &frames, err);
    if (code == ERR_NONE && (frames.count != 1 || (size_t)k >= frames.items[0].object_count))
        code = err_set(err, ERR_NOT_FOUND, "frame %d of video %s has no object %d", index, video_id, k);
    if (code == ERR_NONE) {
        const struct meta_frame *frame = &frames.items[0];
        *info = (struct object_info){.frame_index = index,
            .pts_us = frame->pts_us,
            .frame_width = frame->width,
            .frame_height = frame->height,
            .object = frame->objects[k]};
        memcpy(info->project, video->project, sizeof(info->project));
        memcpy(info->video, video_id, sizeof(info->video));
    }
    meta_frames_release(&frames);
    free(video);
    return code;
}

// The direction to search in, summed up from what the request names.
struct query_vector {
    float *sum;
    float *one;
    size_t dimension;
};

static void add_scaled(struct query_vector *q, float weight)
{
    double norm = 0;
    for (size_t i = 0; i < q->dimension; i++)
        norm += (double)q->one[i] * q->one[i];
    if (norm <= 0)
        return;
    float scale = weight / (float)sqrt(norm);
    for (size_t i = 0; i < q->dimension; i++)
        q->sum[i] += scale * q->one[i];
}

static enum err_code add_object(struct search *search, const char *project, const char *object, float weight,
    struct query_vector *q, struct err *err)
{
    size_t dimension = 0;
    if (!object_id_parse(object, NULL, &(int32_t){0}, &(int32_t){0}))
        return err_set(err, ERR_INVALID, "\"%.64s\" is no object id", object);
    enum err_code code =
        vector_index_fetch(search->config.vectors, project, object, q->one, VECTOR_DIMENSION_MAX, &dimension, err);
    if (code != ERR_NONE)
        return code;
    q->dimension = dimension;
    add_scaled(q, weight);
    return ERR_NONE;
}

// The mean of the track's objects or, where an older program tracked it, the object it is shown by.
static enum err_code add_track(
    struct search *search, const struct search_request *request, struct query_vector *q, struct err *err)
{
    struct vector_track id;
    struct meta_track track;
    char object[OBJECT_ID_SIZE];
    size_t dimension = 0;
    if (!track_id_parse(request->track, id.video, &id.n))
        return err_set(
            err, ERR_INVALID, "\"%.64s\" is no track id: it looks like 0123456789abcdef-t42", request->track);
    enum err_code code = meta_store_get_track(search->config.meta, id.video, id.n, &track, err);
    if (code != ERR_NONE)
        return code;
    code = vector_index_fetch_track(
        search->config.vectors, request->project, &id, q->one, VECTOR_DIMENSION_MAX, &dimension, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        object_id_make(id.video, track.typical_frame, track.typical_k, object);
        return add_object(search, request->project, object, 1.0f, q, err);
    }
    if (code == ERR_NONE) {
        q->dimension = dimension;
        add_scaled(q, 1.0f);
    }
    return code;
}

static enum err_code add_picture(
    struct search *search, const struct search_request *request, struct query_vector *q, struct err *err)
{
    if (request->picture_size > SEARCH_PICTURE_SIZE_MAX)
        return err_set(err, ERR_LIMIT, "the picture has %zu bytes; at most %zu are taken", request->picture_size,
            SEARCH_PICTURE_SIZE_MAX);
    struct embedder *embedder = NULL;
    const char *model = NULL;
    enum err_code code = search->config.embedder(search->config.context, &embedder, &model, err);
    if (code != ERR_NONE)
        return err_context(err, "the picture cannot be embedded");

    struct vector_stats stats = {0};
    code = vector_index_stats(search->config.vectors, request->project, NULL, &stats, err);
    if (code == ERR_NOT_FOUND)
        return ERR_NONE; // nothing indexed yet: there are no hits
    if (code != ERR_NONE)
        return code;
    if (stats.dimension != 0 && strcmp(stats.model, model) != 0)
        return err_set(err, ERR_CONFLICT,
            "project %s was indexed with the model %s, but pictures would be embedded with %s: start Framehound with "
            "--embedder %s, or index the project again",
            request->project, stats.model, model, stats.model);

    struct image *image = NULL;
    code = image_load(request->picture, request->picture_size, IMAGE_RGB, 0, PICTURE_SIDE, &image, err);
    if (code == ERR_CORRUPT)
        code = err_set(err, ERR_INVALID, "the picture to search by cannot be read: it is damaged or cut off");
    if (code != ERR_NONE)
        return code;
    struct pixels pixels = {.data = image->data,
        .width = image->width,
        .height = image->height,
        .stride_bytes = image->stride,
        .order = PIXELS_RGB};
    q->dimension = (size_t)embedder_dimension(embedder);
    code = embedder_embed_image(embedder, &pixels, PICTURE_DEADLINE_MS, request->cancel, q->one, NULL, err);
    image_unref(image);
    if (code == ERR_NONE)
        add_scaled(q, 1.0f);
    return code;
}

static enum err_code build_query(
    struct search *search, const struct search_request *request, struct query_vector *q, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (request->object != NULL)
        code = err_of_field(err, add_object(search, request->project, request->object, 1.0f, q, err), "object");
    if (code == ERR_NONE && request->track != NULL)
        code = err_of_field(err, add_track(search, request, q, err), "track");
    if (code == ERR_NONE && request->picture != NULL)
        code = err_of_field(err, add_picture(search, request, q, err), "image");
    bool alone = request->object == NULL && request->track == NULL && request->picture == NULL;
    float share = (alone ? 1.0f : ROCCHIO_POSITIVE) / (float)(request->positive_count + !request->positive_count);
    for (size_t i = 0; i < request->positive_count && code == ERR_NONE; i++)
        code = err_of_field(err, add_object(search, request->project, request->positive[i], share, q, err), "positive");
    share = -ROCCHIO_NEGATIVE / (float)(request->negative_count + !request->negative_count);
    for (size_t i = 0; i < request->negative_count && code == ERR_NONE; i++)
        code = err_of_field(err, add_object(search, request->project, request->negative[i], share, q, err), "negative");
    return code;
}

static enum err_code check_request(const struct search_request *request, struct err *err)
{
    enum err_code code = project_name_check(request->project, err);
    if (code != ERR_NONE)
        return code;
    if (request->object == NULL && request->track == NULL && request->picture == NULL && request->positive_count == 0)
        return err_set(
            err, ERR_INVALID, "nothing to look for: name an object, a track, a picture or positive examples");
    if (request->limit < 1 || request->limit > SEARCH_LIMIT_MAX)
        return err_set(err, ERR_INVALID, "limit must be between 1 and %d", SEARCH_LIMIT_MAX);
    if (request->offset > SEARCH_OFFSET_MAX)
        return err_set(err, ERR_INVALID, "offset must be at most %d", SEARCH_OFFSET_MAX);
    if (request->positive_count > SEARCH_EXAMPLES_MAX || request->negative_count > SEARCH_EXAMPLES_MAX)
        return err_set(err, ERR_LIMIT, "at most %d positive and %d negative examples are taken", SEARCH_EXAMPLES_MAX,
            SEARCH_EXAMPLES_MAX);
    return ERR_NONE;
}

// What is never a hit: what the caller excludes, the query object and the examples themselves.
static const char **collect_excluded(const struct search_request *request, size_t *count)
{
    size_t most = request->filter.exclude_count + request->positive_count + request->negative_count + 1;
    const char **list = mem_realloc_array(NULL, most, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < request->filter.exclude_count; i++)
        list[n++] = request->filter.exclude[i];
    for (size_t i = 0; i < request->positive_count; i++)
        list[n++] = request->positive[i];
    for (size_t i = 0; i < request->negative_count; i++)
        list[n++] = request->negative[i];
    if (request->object != NULL)
        list[n++] = request->object;
    *count = n;
    return list;
}

// Labels by whose negatives the index itself leaves objects out.
static const char **collect_refused(const struct search_request *request, size_t *count)
{
    const char *mirrored = label_refusals_mirrored(request->refusals);
    const char **list = mem_realloc_array(NULL, request->filter.refused_count + 1, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < request->filter.refused_count; i++)
        list[n++] = request->filter.refused[i];
    if (mirrored != NULL && request->filter.class_count == 1)
        list[n++] = mirrored;
    *count = n;
    return list;
}

enum err_code search_describe(
    struct search *search, const char *object, float score, struct search_hit *hit, struct err *err)
{
    struct meta_frames frames = {0};
    int32_t k;
    *hit = (struct search_hit){.score = score};
    if (!object_id_parse(object, hit->video, &hit->frame_index, &k))
        return err_set(err, ERR_INVALID, "\"%.64s\" is no object id", object);
    enum err_code code = meta_store_get_frame(search->config.meta, hit->video, hit->frame_index, &frames, err);
    if (code == ERR_NONE && (frames.count != 1 || (size_t)k >= frames.items[0].object_count))
        code = err_set(err, ERR_NOT_FOUND, "frame %d of video %s has no object %d", hit->frame_index, hit->video, k);
    if (code == ERR_NONE) {
        const struct meta_frame *frame = &frames.items[0];
        snprintf(hit->object, sizeof(hit->object), "%s", object);
        hit->pts_us = frame->pts_us;
        hit->frame_width = frame->width;
        hit->frame_height = frame->height;
        hit->box = frame->objects[k];
    }
    meta_frames_release(&frames);
    return code;
}

// Fills in what the meta store knows. A hit whose frame is gone (it is being deleted) is left out.
static enum err_code describe_hits(
    struct search *search, const struct vector_hit *hits, size_t count, struct search_result *result, struct err *err)
{
    result->hits = mem_calloc(count, sizeof(*result->hits));
    for (size_t i = 0; i < count; i++) {
        struct search_hit *hit = &result->hits[result->count];
        enum err_code code = search_describe(search, hits[i].object, hits[i].score, hit, err);
        if (code != ERR_NONE && code != ERR_NOT_FOUND)
            return code;
        if (code == ERR_NONE) {
            memcpy(hit->label, hits[i].label, sizeof(hit->label));
            result->count++;
        }
    }
    return ERR_NONE;
}

enum err_code search_run(
    struct search *search, const struct search_request *request, struct search_result *result, struct err *err)
{
    *result = (struct search_result){0};
    enum err_code code = check_request(request, err);
    if (code != ERR_NONE)
        return code;

    struct vector_hit *hits = NULL;
    size_t count = 0;
    const char **excluded = NULL;
    const char **refused = NULL;
    struct query_vector q = {
        .sum = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(float)), .one = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(float))};
    code = build_query(search, request, &q, err);
    if (code != ERR_NONE || q.dimension == 0)
        goto out;

    struct vector_query query = {.project = request->project,
        .vector = q.sum,
        .dimension = q.dimension,
        .min_score = request->min_score,
        .filter = request->filter};
    excluded = collect_excluded(request, &query.filter.exclude_count);
    query.filter.exclude = excluded;
    refused = collect_refused(request, &query.filter.refused_count);
    query.filter.refused = refused;
    struct vector_track own = {.n = -1};
    if (request->track != NULL && track_id_parse(request->track, own.video, &own.n)) {
        query.filter.exclude_tracks = &own;
        query.filter.exclude_track_count = 1;
    }
    const struct search_gathering gathering = {.vectors = search->config.vectors,
        .query = &query,
        .want = request->offset + request->limit + 1,
        .per_track = request->per_track,
        .refusals = request->refusals,
        .cancel = request->cancel};
    code = search_gather(&gathering, &hits, &count, err);
    if (code != ERR_NONE || count <= request->offset)
        goto out;
    result->more = count > request->offset + request->limit;
    size_t take = count - request->offset < request->limit ? count - request->offset : request->limit;
    code = describe_hits(search, hits + request->offset, take, result, err);
out:
    if (code != ERR_NONE)
        search_result_release(result);
    free(hits);
    free(excluded);
    free(refused);
    free(q.sum);
    free(q.one);
    return code;
}
