// Measures the tracker as a part: how long it takes over a long video, and how much memory, with the embedded stores.
//
// usage: track_bench [--hours H] [--fps F] [--objects N] [--false N] [--dimension D] FOLDER
//
// Fills FOLDER, which it makes and removes, with what an indexer would have stored of a video: N objects in the picture
// at any time, each for 10 to 120 seconds, of which one box in twenty is missing; and as many false boxes a frame. Then
// another process tracks it, whose time and peak memory are printed.
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bench.h"
#include "blob_store/blob_store_dir.h"
#include "ingest/tracking.h"
#include "meta_store/meta_store_sqlite.h"
#include "os/file.h"
#include "vector_index/vector_index_usearch.h"

#define PROJECT "bench"
#define VIDEO "00000000000000aa"
#define WIDTH 1920.0
#define HEIGHT 1080.0
#define FRAMES_AT_ONCE 64
#define BOXES_MAX 64

struct options {
    double hours, fps;
    int objects, false_boxes, dimension;
    const char *folder;
};

struct walker {
    double x, y, vx, vy, height, seconds_left;
    float *look;
};

static double unit(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 33) / 2147483648.0;
}

// A random direction, as a descriptor's: all components count.
static void draw_look(float *look, int dimension)
{
    for (int i = 0; i < dimension; i++)
        look[i] = (float)(unit() - 0.5);
}

static void enter(struct walker *w, int dimension)
{
    w->height = 80 + 200 * unit();
    w->x = WIDTH * unit();
    w->y = HEIGHT * unit();
    w->vx = (unit() - 0.5) * w->height;
    w->vy = (unit() - 0.5) * 0.2 * w->height;
    w->seconds_left = 10 + 110 * unit();
    draw_look(w->look, dimension);
}

// ---- the stores

static void open_stores(const struct options *o, struct ingest *ingest)
{
    char path[FILE_PATH_MAX];
    const struct vector_index_usearch_options vector_options = {.no_background = true};
    *ingest = (struct ingest){.log = log_none(), .clock = clock_system(), .temp_dir = o->folder};
    snprintf(path, sizeof(path), "%s/meta.db", o->folder);
    bench_check(meta_store_sqlite_open(path, clock_system(), &ingest->meta, &bench_err), "the meta store");
    snprintf(path, sizeof(path), "%s/vectors", o->folder);
    bench_check(
        vector_index_usearch_open(path, &vector_options, log_none(), &ingest->vectors, &bench_err), "the vector index");
    snprintf(path, sizeof(path), "%s/blobs", o->folder);
    bench_check(blob_store_dir_open(path, &ingest->blobs, &bench_err), "the blob store");
}

static void close_stores(struct ingest *ingest)
{
    blob_store_free(ingest->blobs);
    vector_index_free(ingest->vectors);
    meta_store_free(ingest->meta);
}

// ---- what an indexer leaves

struct batch {
    struct meta_frame frames[FRAMES_AT_ONCE];
    struct meta_object objects[FRAMES_AT_ONCE][BOXES_MAX];
    struct vector_item items[FRAMES_AT_ONCE * BOXES_MAX];
    float *vectors;
    size_t frame_count, item_count;
};

static void add_box(
    struct batch *b, const struct options *o, double x, double y, double height, double score, const float *look)
{
    struct meta_frame *frame = &b->frames[b->frame_count];
    struct vector_item *item = &b->items[b->item_count];
    float *vector = b->vectors + b->item_count++ * (size_t)o->dimension;
    struct meta_object *object = &frame->objects[frame->object_count];
    *object = (struct meta_object){.x = (float)x,
        .y = (float)y,
        .width = (float)(height * 0.4),
        .height = (float)height,
        .score = (float)score,
        .class_name = "person",
        .track = -1};
    *item = (struct vector_item){.class_name = "person", .track = -1, .vector = vector};
    object_id_make(VIDEO, frame->index, (int32_t)frame->object_count++, item->object);
    for (int i = 0; i < o->dimension; i++)
        vector[i] = look[i] + 0.1f * (float)(unit() - 0.5);
}

static void add_frame(struct batch *b, const struct options *o, struct walker *walkers, int32_t index, float *other)
{
    struct meta_frame *frame = &b->frames[b->frame_count];
    *frame = (struct meta_frame){.index = index,
        .pts_us = (int64_t)(index * 1e6 / o->fps),
        .width = (int32_t)WIDTH,
        .height = (int32_t)HEIGHT,
        .objects = b->objects[b->frame_count]};
    for (int i = 0; i < o->objects; i++) {
        struct walker *w = &walkers[i];
        w->x += w->vx / o->fps;
        w->y += w->vy / o->fps;
        w->seconds_left -= 1 / o->fps;
        if (w->seconds_left <= 0)
            enter(w, o->dimension);
        double noise = 0.03 * w->height;
        if (unit() > 0.05)
            add_box(b, o, w->x + noise * (unit() - 0.5), w->y + noise * (unit() - 0.5), w->height, 0.6 + 0.3 * unit(),
                w->look);
    }
    for (int i = 0; i < o->false_boxes; i++) {
        draw_look(other, o->dimension);
        add_box(b, o, WIDTH * unit(), HEIGHT * unit(), 60 + 100 * unit(), 0.3 + 0.2 * unit(), other);
    }
    b->frame_count++;
}

static void put(struct ingest *ingest, struct batch *b, const struct options *o)
{
    bench_check(vector_index_upsert(
                    ingest->vectors, PROJECT, "model", (size_t)o->dimension, b->items, b->item_count, &bench_err),
        "storing vectors");
    bench_check(meta_store_put_objects(ingest->meta, VIDEO, b->frames, b->frame_count, &bench_err), "storing objects");
    b->frame_count = b->item_count = 0;
}

static void fill(const struct options *o)
{
    struct ingest ingest;
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    struct batch *b = mem_calloc(1, sizeof(*b));
    struct walker *walkers = mem_calloc((size_t)o->objects, sizeof(*walkers));
    float *other = mem_calloc((size_t)o->dimension, sizeof(*other));
    int32_t frames = (int32_t)(o->hours * 3600 * o->fps);
    open_stores(o, &ingest);
    strcpy(video->id, VIDEO);
    strcpy(video->project, PROJECT);
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    bench_check(meta_store_create_video(ingest.meta, video, NULL, &bench_err), "the video");
    b->vectors = mem_calloc(FRAMES_AT_ONCE * BOXES_MAX, (size_t)o->dimension * sizeof(float));
    for (int i = 0; i < o->objects; i++) {
        walkers[i].look = mem_calloc((size_t)o->dimension, sizeof(float));
        enter(&walkers[i], o->dimension);
    }
    for (int32_t i = 0; i < frames; i++) {
        add_frame(b, o, walkers, i, other);
        if (b->frame_count == FRAMES_AT_ONCE || i == frames - 1)
            put(&ingest, b, o);
    }
    for (int i = 0; i < o->objects; i++)
        free(walkers[i].look);
    close_stores(&ingest);
    free(b->vectors);
    free(b);
    free(walkers);
    free(other);
    free(video);
}

// ---- measuring

static double peak_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

static double processor_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void track(const struct options *o)
{
    struct ingest ingest;
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    size_t tracks = 0;
    open_stores(o, &ingest);
    double before_mib = peak_mib();
    double before_s = processor_s();
    int64_t start_us = clock_monotonic_us(clock_system());
    bench_check(tracking_run(&ingest, VIDEO, NULL, &tracks, &bench_err), "tracking");
    double wall_s = (double)(clock_monotonic_us(clock_system()) - start_us) * 1e-6;
    bench_check(meta_store_get_video(ingest.meta, VIDEO, video, &bench_err), "the video");
    printf("%.1f hours, %lld frames, %lld objects of %d numbers: %zu tracks in %.1f s (%.1f s of processor time, %.0f "
           "frames/s);"
           " peak memory %.0f MiB, of it %.0f MiB before\n",
        o->hours, (long long)video->frames_indexed, (long long)video->objects, o->dimension, tracks, wall_s,
        processor_s() - before_s, (double)video->frames_indexed / wall_s, peak_mib(), before_mib);
    close_stores(&ingest);
    free(video);
}

// In a process of its own, so that memory is that of the work alone.
static void run_alone(void (*work)(const struct options *o), const struct options *o)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        work(o);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        exit(1);
}

static struct options read_options(int argc, char **argv)
{
    static const struct option names[] = {{"hours", required_argument, NULL, 'h'},
        {"fps", required_argument, NULL, 'f'}, {"objects", required_argument, NULL, 'o'},
        {"false", required_argument, NULL, 'x'}, {"dimension", required_argument, NULL, 'd'}, {0}};
    struct options o = {.hours = 10, .fps = 5, .objects = 5, .dimension = 1680};
    int found;
    while ((found = getopt_long(argc, argv, "", names, NULL)) != -1) {
        double value = optarg != NULL ? strtod(optarg, NULL) : 0;
        switch (found) {
        case 'h':
            o.hours = value;
            break;
        case 'f':
            o.fps = value;
            break;
        case 'o':
            o.objects = (int)value;
            break;
        case 'x':
            o.false_boxes = (int)value;
            break;
        case 'd':
            o.dimension = (int)value;
            break;
        default:
            exit(2);
        }
    }
    bool is_fine = optind == argc - 1 && o.hours > 0 && o.fps > 0 && o.objects >= 0 && o.false_boxes >= 0 &&
        o.objects + o.false_boxes <= BOXES_MAX && o.dimension > 0 && o.dimension <= VECTOR_DIMENSION_MAX;
    if (!is_fine) {
        fprintf(stderr, "usage: track_bench [--hours H] [--fps F] [--objects N] [--false N] [--dimension D] FOLDER\n");
        exit(2);
    }
    o.folder = argv[optind];
    return o;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    if (file_exists(o.folder)) {
        fprintf(stderr, "track_bench: %s exists already: name a folder that can be made and removed\n", o.folder);
        return 2;
    }
    bench_check(dir_make(o.folder, &bench_err), "the folder");
    run_alone(fill, &o);
    run_alone(track, &o);
    bench_check(dir_remove_tree(o.folder, &bench_err), "removing the folder");
    return 0;
}
