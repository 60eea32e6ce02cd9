#include "label_ways.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "meta_store/meta_store_memory.h"
#include "search/labels.h"
#include "vector_index/vector_index_flat.h"

// ---- the program

#define QUESTIONS 20

struct program {
    struct label_way way;
    const struct data *data;
    enum track_source tracks;
    struct clock_manual clock;
    struct meta_store *meta;
    struct vector_index *vectors;
    struct labels *labels;
    size_t runs;
    char name[32]; // of the label of this run
    struct label_object *asked;
};

static const struct label_editor nobody = {.expected_version = -1};

static void add_frame(struct program *p, size_t from, size_t to)
{
    const struct data_object *first = &p->data->objects[from];
    struct meta_object *objects = mem_calloc(to - from, sizeof(*objects));
    struct meta_frame frame = {.width = 1920, .height = 1080, .objects = objects, .object_count = to - from};
    char video[VIDEO_ID_SIZE];
    int32_t k;
    bench_check(object_id_parse(first->id, video, &frame.index, &k) ? ERR_NONE : ERR_INVALID, first->id);
    frame.pts_us = frame.index * INT64_C(200000);
    for (size_t i = from; i < to; i++)
        objects[i - from] = (struct meta_object){.x = (float)(i - from) * 16,
            .width = 16,
            .height = 16,
            .score = 1,
            .class_name = "object",
            .track = p->data->objects[i].tracks[p->tracks]};
    bench_check(meta_store_put_objects(p->meta, video, &frame, 1, &bench_err), "storing a frame");
    free(objects);
}

static void add_video(struct program *p, const char *object)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    snprintf(video->id, sizeof(video->id), "%.*s", VIDEO_ID_LENGTH, object);
    snprintf(video->project, sizeof(video->project), BENCH_PROJECT);
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    bench_check(meta_store_create_video(p->meta, video, NULL, &bench_err), "storing a video");
    free(video);
}

static void fill_meta(struct program *p)
{
    static const size_t frame_length = VIDEO_ID_LENGTH + 1 + 8;
    for (size_t i = 0, end; i < p->data->count; i = end) {
        const char *id = p->data->objects[i].id;
        if (i == 0 || strncmp(id, p->data->objects[i - 1].id, VIDEO_ID_LENGTH) != 0)
            add_video(p, id);
        for (end = i + 1; end < p->data->count && strncmp(id, p->data->objects[end].id, frame_length) == 0;)
            end++;
        add_frame(p, i, end);
    }
}

// Every run has a label of its own, and the one before is gone: nothing is left of it but steps of the journal.
static void program_begin(void *context)
{
    struct program *p = context;
    struct label_change change;
    if (p->runs > 0)
        bench_check(labels_delete(p->labels, BENCH_PROJECT, p->name, &nobody, &change, &bench_err), "deleting a label");
    snprintf(p->name, sizeof(p->name), "run %zu", ++p->runs);
}

static void program_say(void *context, size_t object, bool yes)
{
    struct program *p = context;
    struct label_change change;
    const char *id = p->data->objects[object].id;
    const struct label_examples examples = {
        .positive = &id, .positive_count = yes ? 1 : 0, .negative = &id, .negative_count = yes ? 0 : 1};
    bench_check(
        labels_examples(p->labels, BENCH_PROJECT, p->name, &examples, &nobody, &change, &bench_err), "labelling");
    bench_check(labels_refresh(p->labels, BENCH_PROJECT, &bench_err), "learning");
}

static void program_show(void *context, float *shown)
{
    struct program *p = context;
    struct object_labels set;
    bench_check(labels_of_objects(p->labels, BENCH_PROJECT, p->asked, p->data->count, &set, &bench_err), "showing");
    for (size_t i = 0; i < p->data->count; i++)
        shown[i] = set.items[i].kind == LABEL_NONE ? 0 : set.items[i].kind == LABEL_EXPLICIT ? 2 : set.items[i].score;
    object_labels_release(&set);
}

static bool program_ask(void *context, const float *shown, size_t *object)
{
    struct program *p = context;
    struct label_questions questions;
    bool asks = false;
    bench_check(
        labels_candidates(p->labels, BENCH_PROJECT, p->name, NULL, QUESTIONS, &questions, &bench_err), "asking");
    for (size_t i = 0; i < questions.hits.count && !questions.settled && !asks; i++) {
        *object = data_find(p->data, questions.hits.items[i].object);
        asks = shown[*object] <= 0;
    }
    label_questions_release(&questions);
    return asks;
}

static bool program_estimate(void *context, double *precision, double *missing)
{
    struct program *p = context;
    struct label_questions questions;
    bench_check(labels_candidates(p->labels, BENCH_PROJECT, p->name, NULL, 1, &questions, &bench_err), "asking");
    *precision = questions.precision;
    *missing = (double)questions.missing;
    label_questions_release(&questions);
    return questions.is_estimated;
}

struct label_way *way_program_new(const struct data *data, enum track_source tracks, bool asks)
{
    struct program *p = mem_calloc(1, sizeof(*p));
    p->way = (struct label_way){.name = asks ? "program" : "program, drags only",
        .context = p,
        .begin = program_begin,
        .say = program_say,
        .show = program_show,
        .ask = asks ? program_ask : NULL,
        .estimate = program_estimate};
    p->data = data;
    p->tracks = tracks;
    clock_manual_init(&p->clock, INT64_C(1000000000));
    p->meta = meta_store_memory_new(&p->clock.clock);
    p->vectors = vector_index_flat_new();
    p->labels = labels_new(
        &(struct labels_config){.meta = p->meta, .vectors = p->vectors, .clock = &p->clock.clock, .log = log_none()});
    p->asked = mem_calloc(data->count, sizeof(*p->asked));
    for (size_t i = 0; i < data->count; i++)
        p->asked[i] = (struct label_object){.object = data->objects[i].id, .track = data->objects[i].tracks[tracks]};
    fill_meta(p);
    data_fill(data, tracks, p->vectors);
    return &p->way;
}

void way_program_free(struct label_way *way)
{
    struct program *p = way->context;
    labels_free(p->labels);
    vector_index_free(p->vectors);
    meta_store_free(p->meta);
    free(p->asked);
    free(p);
}

// ---- nearest neighbours, one threshold for all

#define MEAN_OF 100
#define HIDDEN -2

struct query {
    size_t object;
    float *near; // of each object, to the query or to its mean; HIDDEN where it was taken out
};

struct cosine {
    struct label_way way;
    char name[32];
    const struct data *data;
    enum track_source tracks;
    float threshold;
    struct query *queries;
    size_t query_count;
};

static void cosine_begin(void *context)
{
    struct cosine *c = context;
    for (size_t i = 0; i < c->query_count; i++)
        free(c->queries[i].near);
    c->query_count = 0;
}

static int descending(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return (x < y) - (x > y);
}

// The mean of the best hits, not normalised.
static void add_mean(const struct cosine *c, const float *near, float *mean)
{
    float *sorted = mem_calloc(c->data->count, sizeof(*sorted));
    memcpy(sorted, near, c->data->count * sizeof(*sorted));
    qsort(sorted, c->data->count, sizeof(*sorted), descending);
    float least = c->data->count > MEAN_OF ? fmaxf(sorted[MEAN_OF - 1], c->threshold) : c->threshold;
    free(sorted);
    for (size_t i = 0; i < c->data->count; i++) {
        if (near[i] < least)
            continue;
        for (size_t d = 0; d < c->data->dimension; d++)
            mean[d] += c->data->vectors[i * c->data->dimension + d];
    }
}

static void cosine_add(struct cosine *c, size_t object)
{
    const struct data *data = c->data;
    struct query *query = &c->queries[c->query_count++];
    float *mean = mem_calloc(data->dimension, sizeof(*mean));
    float norm = 0;
    query->object = object;
    query->near = mem_calloc(data->count, sizeof(*query->near));
    for (size_t i = 0; i < data->count; i++)
        query->near[i] = data_cosine(data, object, i);
    add_mean(c, query->near, mean);
    for (size_t d = 0; d < data->dimension; d++)
        norm += mean[d] * mean[d];
    for (size_t i = 0; i < data->count; i++) {
        float sum = 0;
        for (size_t d = 0; d < data->dimension; d++)
            sum += data->vectors[i * data->dimension + d] * mean[d];
        query->near[i] = fmaxf(query->near[i], sum / sqrtf(norm));
    }
    free(mean);
}

static bool on_track_of(const struct cosine *c, size_t a, size_t b)
{
    int64_t track = c->data->objects[a].tracks[c->tracks];
    return track >= 0 && track == c->data->objects[b].tracks[c->tracks] &&
        strncmp(c->data->objects[a].id, c->data->objects[b].id, VIDEO_ID_LENGTH) == 0;
}

static bool shows(const struct cosine *c, const struct query *query, size_t object)
{
    return query->near[object] >= c->threshold ||
        (query->near[object] > HIDDEN && on_track_of(c, object, query->object));
}

static void cosine_say(void *context, size_t object, bool yes)
{
    struct cosine *c = context;
    if (yes) {
        cosine_add(c, object);
        return;
    }
    struct query *nearest = NULL;
    for (size_t i = 0; i < c->query_count; i++) {
        struct query *query = &c->queries[i];
        if (shows(c, query, object) && (nearest == NULL || query->near[object] > nearest->near[object]))
            nearest = query;
    }
    if (nearest == NULL)
        return;
    // Where there are tracks a track goes as one, but for the query's own.
    for (size_t i = 0; i < c->data->count; i++) {
        if (i == object || (on_track_of(c, i, object) && !on_track_of(c, i, nearest->object)))
            nearest->near[i] = HIDDEN;
    }
}

static void cosine_show(void *context, float *shown)
{
    const struct cosine *c = context;
    memset(shown, 0, c->data->count * sizeof(*shown));
    for (size_t q = 0; q < c->query_count; q++) {
        for (size_t i = 0; i < c->data->count; i++) {
            if (i == c->queries[q].object)
                shown[i] = 2;
            else if (shows(c, &c->queries[q], i))
                shown[i] = fmaxf(shown[i], 1 + c->queries[q].near[i]);
        }
    }
}

struct label_way *way_cosine_new(const struct data *data, enum track_source tracks, float threshold)
{
    struct cosine *c = mem_calloc(1, sizeof(*c));
    snprintf(c->name, sizeof(c->name), "cosine above %.2f", (double)threshold);
    c->way = (struct label_way){
        .name = c->name, .context = c, .begin = cosine_begin, .say = cosine_say, .show = cosine_show};
    c->data = data;
    c->tracks = tracks;
    c->threshold = threshold;
    c->queries = mem_calloc(PERSON_ACTIONS_MAX + 1, sizeof(*c->queries));
    return &c->way;
}

void way_cosine_free(struct label_way *way)
{
    cosine_begin(way->context);
    free(((struct cosine *)way->context)->queries);
    free(way->context);
}
