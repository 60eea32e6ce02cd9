// The meta store's backends side by side, in one run on one machine: changes and questions a second, and bytes a
// million objects take.
//
// usage: meta_bench [OBJECTS]      default: 1000000 (200,000 frames with 5 objects each)
//
// SQLite on the disk flushes every change; Redis runs with its append-only file, flushed with every change (as durable
// as SQLite) and once a second. Redis listens on a socket on the same machine, so no network is in the times.
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/meta_store_sqlite.h"
#include "meta_store/redis_testing.h"
#include "os/file.h"

#define VIDEO "00000000000000aa"
#define OBJECTS_EACH 5
#define FRAMES_A_CALL 8
#define FRAMES_OF_A_VIDEO 20000
#define MEASURE_US INT64_C(2000000)
#define FRAME_US 200000

static struct err err;

static int64_t now_us(void)
{
    return clock_monotonic_us(clock_system());
}

static void create(struct meta_store *store, const char *id)
{
    struct meta_video video = {.project = "bench", .sampling = {.fps_num = 5, .fps_den = 1}};
    snprintf(video.id, sizeof(video.id), "%s", id);
    snprintf(video.source, sizeof(video.source), "https://example.org/a-street-in-the-morning.mp4");
    assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
}

// Frames as an indexer stores them.
static enum err_code put(struct meta_store *store, const char *id, int32_t first, size_t count, struct err *mine)
{
    static const char *const classes[] = {"car", "person", "bicycle", "traffic light"};
    struct meta_frame frames[FRAMES_A_CALL];
    struct meta_object objects[FRAMES_A_CALL][OBJECTS_EACH];
    for (size_t i = 0; i < count; i++) {
        int32_t index = first + (int32_t)i;
        for (int k = 0; k < OBJECTS_EACH; k++) {
            objects[i][k] = (struct meta_object){.x = (float)(index % 640) + 0.37f * (float)k,
                .y = 3.3f * (float)k,
                .width = 31.7f,
                .height = 58.1f,
                .score = 0.61f,
                .track = index / 40 + k};
            snprintf(objects[i][k].class_name, META_CLASS_SIZE, "%s", classes[(index + k) % 4]);
        }
        frames[i] = (struct meta_frame){.index = index,
            .segment = index / 50,
            .pts_us = (int64_t)index * FRAME_US,
            .width = 1920,
            .height = 1080,
            .objects = objects[i],
            .object_count = OBJECTS_EACH};
    }
    return meta_store_put_objects(store, id, frames, count, mine);
}

// ---- rates

struct job {
    struct meta_store *store;
    int kind, number;
    int64_t until_us;
    atomic_long *calls;
};
enum { PUT, GET_VIDEO, GET_FRAME, LIST, SETTLE, KINDS };
static const char *const kind_names[KINDS] = {
    "store 8 frames, 40 objects", "read a video", "read a frame", "read 10 s of frames", "ask whether a video is done"};

static void *work(void *arg)
{
    const struct job *job = arg;
    struct err mine = ERR_INIT;
    struct meta_video video;
    uint64_t random = (uint64_t)job->number * 7919 + 1;
    while (now_us() < job->until_us) {
        struct meta_frames frames = {0};
        enum err_code code = ERR_NONE;
        random = random * 6364136223846793005u + 1442695040888963407u;
        int32_t index = (int32_t)((random >> 33) % (FRAMES_OF_A_VIDEO - 2 * FRAMES_A_CALL));
        const struct meta_frame_range range = {.from_us = (int64_t)index * FRAME_US,
            .to_us = (int64_t)index * FRAME_US + 50 * FRAME_US,
            .after = -1,
            .limit = META_LIST_MAX};
        switch (job->kind) {
        case PUT:
            code = put(job->store, VIDEO, index, FRAMES_A_CALL, &mine);
            break;
        case GET_VIDEO:
            code = meta_store_get_video(job->store, VIDEO, &video, &mine);
            break;
        case GET_FRAME:
            code = meta_store_get_frame(job->store, VIDEO, index, &frames, &mine);
            break;
        case LIST:
            code = meta_store_list_frames(job->store, VIDEO, &range, &frames, &mine);
            break;
        default:
            code = meta_store_settle_video(job->store, VIDEO, NULL, &mine);
            break;
        }
        meta_frames_release(&frames);
        if (code != ERR_NONE) {
            fprintf(stderr, "%s: %s\n", kind_names[job->kind], mine.message);
            exit(1);
        }
        atomic_fetch_add(job->calls, 1);
    }
    return NULL;
}

static double rate(struct meta_store *store, int kind, int threads)
{
    atomic_long calls = 0;
    struct job jobs[16];
    pthread_t ids[16];
    int64_t begun_us = now_us();
    for (int i = 0; i < threads; i++) {
        jobs[i] =
            (struct job){.store = store, .kind = kind, .number = i, .until_us = begun_us + MEASURE_US, .calls = &calls};
        if (pthread_create(&ids[i], NULL, work, &jobs[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    return (double)atomic_load(&calls) * 1e6 / (double)(now_us() - begun_us);
}

#define STORES 3
static const int thread_counts[] = {1, 4};

static void measure(struct meta_store *store, double rates[KINDS][2])
{
    create(store, VIDEO);
    for (int32_t i = 0; i < FRAMES_OF_A_VIDEO; i += FRAMES_A_CALL)
        assert_ok(put(store, VIDEO, i, FRAMES_A_CALL, &err), &err);
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < 2; i++)
            rates[kind][i] = rate(store, kind, thread_counts[i]);
    }
}

// ---- memory

// Fills a store with so many objects, as videos of a size; milliseconds it took.
static int64_t fill(struct meta_store *store, int64_t objects)
{
    int64_t begun_us = now_us();
    int64_t frames = objects / OBJECTS_EACH;
    for (int64_t video = 0; video * FRAMES_OF_A_VIDEO < frames; video++) {
        char id[VIDEO_ID_SIZE];
        snprintf(id, sizeof(id), "%016" PRIx64, video + 1);
        create(store, id);
        int64_t left = frames - video * FRAMES_OF_A_VIDEO;
        int32_t count = (int32_t)(left < FRAMES_OF_A_VIDEO ? left : FRAMES_OF_A_VIDEO);
        for (int32_t i = 0; i < count; i += FRAMES_A_CALL)
            assert_ok(put(store, id, i, (size_t)(count - i < FRAMES_A_CALL ? count - i : FRAMES_A_CALL), &err), &err);
    }
    return (now_us() - begun_us) / 1000;
}

static int64_t redis_memory(const struct redis_testing *server)
{
    char info[8192];
    redis_testing_ask(server, info, sizeof(info), "INFO memory");
    const char *at = strstr(info, "used_memory:");
    return at != NULL ? strtoll(at + strlen("used_memory:"), NULL, 10) : 0;
}

static struct meta_store *open_redis(const struct redis_testing *server)
{
    struct meta_store *store;
    const struct meta_redis_options options = {.address = server->address};
    assert_ok(meta_store_redis_open(&options, clock_system(), &store, &err), &err);
    return store;
}

static void measure_redis_memory(const char *title, const char *const *args, int64_t objects)
{
    struct redis_testing server;
    redis_testing_start(&server, args);
    struct meta_store *store = open_redis(&server);
    int64_t before = redis_memory(&server);
    int64_t ms = fill(store, objects);
    double mb = (double)(redis_memory(&server) - before) / 1e6;
    printf(
        "%-44s %8.1f MB a million objects, filled in %.1f s\n", title, mb * 1e6 / (double)objects, (double)ms / 1000);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void measure_sqlite_size(const char *folder, int64_t objects)
{
    struct meta_store *store;
    char *path = mem_sprintf("%s/size.sqlite", folder);
    struct file_info info;
    assert_ok(meta_store_sqlite_open(path, clock_system(), &store, &err), &err);
    int64_t ms = fill(store, objects);
    meta_store_free(store);
    assert_ok(file_stat(path, &info, &err), &err);
    printf("%-44s %8.1f MB a million objects, filled in %.1f s\n", "SQLite, on the disk",
        (double)info.size_bytes / (double)objects, (double)ms / 1000);
    free(path);
}

int main(int argc, char **argv)
{
    static const char *const always[] = {NULL};
    static const char *const every_second[] = {"--appendfsync", "everysec", NULL};
    static const char *const compact[] = {"--appendfsync", "everysec", "--hash-max-listpack-value", "1024", NULL};
    int64_t objects = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    double rates[STORES][KINDS][2];
    char folder[FILE_PATH_MAX];
    struct redis_testing server;
    struct meta_store *store;
    if (!redis_testing_is_installed()) {
        fputs("no Redis server is installed: scripts/setup test installs redis-tools\n", stderr);
        return 1;
    }
    assert_ok(dir_make_temporary(NULL, "meta-bench-", folder, &err), &err);
    char *path = mem_sprintf("%s/meta.sqlite", folder);
    assert_ok(meta_store_sqlite_open(path, clock_system(), &store, &err), &err);
    measure(store, rates[0]);
    meta_store_free(store);
    for (int i = 1; i < STORES; i++) {
        redis_testing_start(&server, i == 1 ? always : every_second);
        store = open_redis(&server);
        measure(store, rates[i]);
        meta_store_free(store);
        redis_testing_end(&server);
    }
    printf("calls a second, one thread / four threads\n%-30s %18s %18s %18s\n", "", "SQLite", "Redis, always",
        "Redis, everysec");
    for (int kind = 0; kind < KINDS; kind++) {
        printf("%-30s", kind_names[kind]);
        for (int i = 0; i < STORES; i++)
            printf("  %7.0f / %7.0f", rates[i][kind][0], rates[i][kind][1]);
        putchar('\n');
    }
    putchar('\n');
    measure_redis_memory("Redis", every_second, objects);
    measure_redis_memory("Redis, hash-max-listpack-value 1024", compact, objects);
    measure_sqlite_size(folder, objects);
    assert_ok(dir_remove_tree(folder, &err), &err);
    free(path);
    return 0;
}
