#include "label_speed.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "label_data.h"
#include "meta_store/meta_store_sqlite.h"
#include "os/file.h"
#include "search/labels.h"
#include "vector_index/vector_index_usearch.h"

// Made as descriptors of tracked objects lie (docs/models.md): kinds of things, families of look-alikes in them, tracks
// of those, and crops. Cosines are 0.61 within a kind, 0.79 within a family, 0.92 within a track.
#define DIMENSION 563
#define TRACK_LENGTH 25
#define FAMILY_TRACKS 8
#define KINDS 80
#define BESIDE 5 // tracks that run beside each other
#define VIDEO_LENGTH 5000
#define VIDEO_TRACKS (VIDEO_LENGTH / TRACK_LENGTH)
#define FRAME_US INT64_C(200000)
#define BATCH 250
#define PAGE 100
// What is said of each label, in this order: the first is a click.
#define ROUNDS 16

struct setting {
    size_t size;
    const struct speed_options *options;
    struct vector_index *vectors;
    struct meta_store *meta;
    struct labels *labels;
};

static int64_t now_us(const struct setting *s)
{
    struct timespec now;
    clock_gettime(s->options->use_cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void make_vector(uint64_t n, float *vector)
{
    uint64_t track = n / TRACK_LENGTH;
    uint64_t family = track / FAMILY_TRACKS;
    // Look-alikes are not neighbours in time: the tracks of a family are spread over the project.
    family = bench_mix(track) % 8 == 0 ? family : bench_mix(track % 1009 * 31 + track / 100000) + 7;
    const uint64_t seeds[] = {bench_mix(family) % KINDS, family + 1000, track + 100000000, n + 1000000000000};
    static const float weights[] = {0.61f, 0.18f, 0.13f, 0.08f};
    memset(vector, 0, DIMENSION * sizeof(*vector));
    for (int s = 0; s < 4; s++) {
        uint64_t state = bench_mix(seeds[s]);
        float weight = sqrtf(weights[s]);
        for (size_t d = 0; d < DIMENSION; d += 4) {
            state = bench_mix(state);
            for (size_t k = 0; k < 4 && d + k < DIMENSION; k++)
                vector[d + k] += weight * ((float)(state >> 16 * k & 0xffff) - 32767.5f);
        }
    }
}

// A frame has one object of each of the tracks that run beside each other.
static void make_id(uint64_t n, char id[OBJECT_ID_SIZE])
{
    char video[VIDEO_ID_SIZE];
    uint64_t track = n / TRACK_LENGTH;
    uint64_t in_video = track % VIDEO_TRACKS;
    snprintf(video, sizeof(video), "%016" PRIx64, n / VIDEO_LENGTH + 1);
    object_id_make(
        video, (int32_t)(in_video / BESIDE * TRACK_LENGTH + n % TRACK_LENGTH), (int32_t)(in_video % BESIDE), id);
}

static int64_t track_of(const struct setting *s, uint64_t n)
{
    return s->options->has_tracks ? (int64_t)(n / TRACK_LENGTH % VIDEO_TRACKS) : -1;
}

static void fill_vectors(struct setting *s)
{
    static struct vector_item items[BATCH];
    float *batch = mem_calloc((size_t)BATCH * DIMENSION, sizeof(float));
    for (size_t from = 0; from < s->size; from += BATCH) {
        for (size_t i = 0; i < BATCH; i++) {
            items[i] = (struct vector_item){.track = track_of(s, from + i), .vector = batch + i * DIMENSION};
            make_id(from + i, items[i].object);
            snprintf(items[i].class_name, sizeof(items[i].class_name), "object");
            make_vector(from + i, batch + i * DIMENSION);
        }
        bench_check(
            vector_index_upsert(s->vectors, BENCH_PROJECT, "bench", DIMENSION, items, BATCH, &bench_err), "upsert");
    }
    bench_check(vector_index_flush(s->vectors, &bench_err), "flush");
    free(batch);
}

static void add_tracks(struct setting *s, const char *video)
{
    struct meta_track *tracks = mem_calloc(VIDEO_TRACKS, sizeof(*tracks));
    for (int32_t i = 0; i < VIDEO_TRACKS; i++) {
        int32_t first = i / BESIDE * TRACK_LENGTH;
        int32_t last = first + TRACK_LENGTH - 1;
        tracks[i] = (struct meta_track){.n = i,
            .first_frame = first,
            .last_frame = last,
            .first_us = first * FRAME_US,
            .last_us = last * FRAME_US,
            .objects = TRACK_LENGTH};
    }
    bench_check(meta_store_put_tracks(s->meta, video, tracks, VIDEO_TRACKS, 0, &bench_err), "storing tracks");
    free(tracks);
}

// The meta store has the videos that are spoken about.
static void add_video(struct setting *s, uint64_t number)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    snprintf(video->id, sizeof(video->id), "%016" PRIx64, number + 1);
    snprintf(video->project, sizeof(video->project), BENCH_PROJECT);
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    bool is_new = false;
    bench_check(meta_store_create_video(s->meta, video, &is_new, &bench_err), "storing a video");
    int32_t frames = VIDEO_LENGTH / BESIDE;
    for (int32_t i = 0; i < frames && is_new; i++) {
        struct meta_object objects[BESIDE] = {0};
        for (int k = 0; k < BESIDE; k++)
            objects[k] = (struct meta_object){.x = (float)k * 16,
                .width = 16,
                .height = 16,
                .score = 1,
                .class_name = "object",
                .track = s->options->has_tracks ? i / TRACK_LENGTH * BESIDE + k : -1};
        const struct meta_frame frame = {.index = i,
            .pts_us = i * FRAME_US,
            .width = 640,
            .height = 360,
            .objects = objects,
            .object_count = BESIDE};
        bench_check(meta_store_put_objects(s->meta, video->id, &frame, 1, &bench_err), "storing a frame");
    }
    if (is_new && s->options->has_tracks)
        add_tracks(s, video->id);
    free(video);
}

// Which object the round is about, and whether the answer is yes: boxes of one track, and of others. With tracks every
// other no is about a box of the label's own track, which divides it.
static uint64_t object_of_round(const struct setting *s, size_t label, size_t round, bool *yes)
{
    uint64_t tracks = s->size / TRACK_LENGTH;
    uint64_t track = bench_mix(label) % tracks;
    *yes = round % 3 != 2;
    bool is_own = *yes || (s->options->has_tracks && round % 6 == 5);
    uint64_t spoken =
        is_own ? track : track / VIDEO_TRACKS * VIDEO_TRACKS + bench_mix(label * 100 + round) % VIDEO_TRACKS;
    *yes = *yes || (spoken == track && !s->options->has_tracks);
    return spoken * TRACK_LENGTH + (round * 7) % TRACK_LENGTH;
}

static double run_round(struct setting *s, const char *label, uint64_t object, bool yes, size_t *probable)
{
    char ids[PAGE][OBJECT_ID_SIZE];
    struct label_object page[PAGE];
    for (size_t i = 0; i < PAGE; i++) {
        make_id(object / VIDEO_LENGTH * VIDEO_LENGTH + (object + i) % VIDEO_LENGTH, ids[i]);
        page[i] = (struct label_object){
            .object = ids[i], .track = track_of(s, object / VIDEO_LENGTH * VIDEO_LENGTH + (object + i) % VIDEO_LENGTH)};
    }
    const char *id = ids[0];
    const struct label_editor nobody = {.expected_version = -1};
    const struct label_examples examples = {
        .positive = &id, .positive_count = yes ? 1 : 0, .negative = &id, .negative_count = yes ? 0 : 1};
    struct label_change change;
    struct object_labels set;
    int64_t start_us = now_us(s);
    bench_check(labels_examples(s->labels, BENCH_PROJECT, label, &examples, &nobody, &change, &bench_err), "labelling");
    struct label_questions questions;
    bench_check(labels_candidates(s->labels, BENCH_PROJECT, label, NULL, 20, &questions, &bench_err), "asking");
    bench_check(labels_of_objects(s->labels, BENCH_PROJECT, page, PAGE, &set, &bench_err), "showing");
    double took_ms = (double)(now_us(s) - start_us) / 1e3;
    *probable = (size_t)change.label.probable;
    label_questions_release(&questions);
    object_labels_release(&set);
    return took_ms;
}

static void run_rounds(struct setting *s)
{
    size_t count = s->options->labels * ROUNDS;
    double *all = mem_calloc(count + 1, sizeof(*all));
    double *first = mem_calloc(s->options->labels + 1, sizeof(*first));
    size_t probable_sum = 0;
    for (size_t l = 0; l < s->options->labels; l++) {
        char label[32];
        snprintf(label, sizeof(label), "label %zu", l);
        for (size_t round = 0; round < ROUNDS; round++) {
            bool yes;
            size_t probable = 0;
            uint64_t object = object_of_round(s, l, round, &yes);
            add_video(s, object / VIDEO_LENGTH);
            all[l * ROUNDS + round] = run_round(s, label, object, yes, &probable);
            probable_sum += probable;
        }
        first[l] = all[l * ROUNDS];
    }
    qsort(all, count, sizeof(*all), bench_ascending);
    qsort(first, s->options->labels, sizeof(*first), bench_ascending);
    printf("| %zu | %zu | %.1f | %.1f | %.1f | %.1f | %.1f | %zu |\n", s->size, count,
        bench_quantile(first, s->options->labels, 0.5), bench_quantile(all, count, 0.5),
        bench_quantile(all, count, 0.9), bench_quantile(all, count, 0.99), all[count - 1],
        count > 0 ? probable_sum / count : 0);
    fflush(stdout);
    free(all);
    free(first);
}

static void open_vectors(struct setting *s, const char *folder)
{
    struct vector_index_usearch_options options = {.build_threads = 2, .no_background = true};
    struct vector_stats stats = {0};
    bench_check(dir_make(folder, &bench_err), "making a folder");
    bench_check(vector_index_usearch_open(folder, &options, log_none(), &s->vectors, &bench_err), "opening the index");
    enum err_code code = vector_index_stats(s->vectors, BENCH_PROJECT, NULL, &stats, &bench_err);
    if (code != ERR_NOT_FOUND)
        bench_check(code, "looking at the index");
    if (stats.count != s->size)
        fill_vectors(s);
}

void speed_print_head(void)
{
    printf("| objects | rounds | first click | median | 90th | 99th | most, ms | found probable |\n"
           "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
}

void speed_measure(size_t size, const struct speed_options *options)
{
    struct setting s = {.size = size / BATCH * BATCH, .options = options};
    char work[FILE_PATH_MAX];
    bench_check(dir_make_temporary(NULL, "label-bench-", work, &bench_err), "making a folder");
    char *vectors = mem_sprintf("%s/vectors-%zu%s", options->folder != NULL ? options->folder : work, s.size,
        options->has_tracks ? "-tracks" : "");
    char *meta = mem_sprintf("%s/meta.db", work);
    open_vectors(&s, vectors);
    bench_check(meta_store_sqlite_open(meta, clock_system(), &s.meta, &bench_err), "opening the meta store");
    s.labels = labels_new(
        &(struct labels_config){.meta = s.meta, .vectors = s.vectors, .clock = clock_system(), .log = log_none()});
    run_rounds(&s);
    labels_free(s.labels);
    meta_store_free(s.meta);
    vector_index_free(s.vectors);
    bench_check(dir_remove_tree(work, &bench_err), "removing the folder");
    free(vectors);
    free(meta);
}
