// What every meta store does, whatever is behind it. Run as: meta_store_contract BACKEND
#include "meta_store_contract.h"

#include <string.h>

#include "base/mem.h"
#include "meta_store/meta_store_memory.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/meta_store_sqlite.h"
#include "meta_store/redis_testing.h"
#include "os/file.h"

const char *backend;
struct err failure;

// One server, or the nodes of a cluster, for all tests: each has a prefix of its own.
static struct redis_testing servers[3];
static int server_count;

static void open_redis(struct fixture *f)
{
    static int number;
    char *address =
        server_count > 1 ? mem_sprintf("redis://127.0.0.1:%d", servers[0].port) : mem_strdup(servers[0].address);
    char *prefix = mem_sprintf("test-%d", number++);
    const struct meta_redis_options options = {.address = address, .prefix = prefix};
    assert_ok(meta_store_redis_open(&options, &f->clock.clock, &f->store, &failure), &failure);
    free(prefix);
    free(address);
}

int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    clock_manual_init(&f->clock, 1000 * SECOND_US);
    if (strcmp(backend, "sqlite") == 0) {
        assert_ok(dir_make_temporary(NULL, "meta-contract-", f->folder, &failure), &failure);
        char *path = mem_sprintf("%s/meta.db", f->folder);
        assert_ok(meta_store_sqlite_open(path, &f->clock.clock, &f->store, &failure), &failure);
        free(path);
    } else if (server_count > 0) {
        open_redis(f);
    } else {
        f->store = meta_store_memory_new(&f->clock.clock);
    }
    *state = f;
    return 0;
}

int tear_down(void **state)
{
    struct fixture *f = *state;
    meta_store_free(f->store);
    if (f->folder[0] != '\0')
        assert_ok(dir_remove_tree(f->folder, &failure), &failure);
    free(f);
    return 0;
}

void describe_video(struct meta_video *video, const char *id)
{
    *video = (struct meta_video){
        .chunk_us = 10 * SECOND_US, .limit_us = -1, .sampling = {.fps_num = 5, .fps_den = 1}, .remote_request = true};
    snprintf(video->id, sizeof(video->id), "%s", id);
    snprintf(video->project, sizeof(video->project), PROJECT);
    snprintf(video->source, sizeof(video->source), "https://example.org/street.mp4");
    snprintf(video->name, sizeof(video->name), "street.mp4");
}

void create(struct fixture *f, const char *id)
{
    struct meta_video video;
    describe_video(&video, id);
    assert_ok(meta_store_create_video(f->store, &video, NULL, &failure), &failure);
}

struct meta_video get(struct fixture *f, const char *id)
{
    struct meta_video video;
    assert_ok(meta_store_get_video(f->store, id, &video, &failure), &failure);
    return video;
}

void set_state(struct fixture *f, const char *id, enum video_state state)
{
    assert_ok(meta_store_set_video_state(f->store, id, 0xFFu, state, &failure), &failure);
}

struct meta_frame frame_at(int32_t index)
{
    return (struct meta_frame){
        .index = index, .segment = index / 10, .pts_us = (int64_t)index * 200000 + 7, .width = 640, .height = 480};
}

void put_frames(struct fixture *f, const char *id, int32_t from, int32_t count)
{
    for (int32_t i = from; i < from + count; i++) {
        struct meta_frame frame = frame_at(i);
        assert_ok(meta_store_put_frames(f->store, id, &frame, 1, &failure), &failure);
    }
}

void put_objects(struct fixture *f, const char *id, int32_t index, size_t count)
{
    struct meta_object objects[16] = {0};
    for (size_t k = 0; k < count; k++) {
        objects[k] = (struct meta_object){
            .x = (float)k + 0.1f, .y = 2, .width = 3, .height = 4, .score = 0.5f, .class_name = "car", .track = -1};
    }
    struct meta_frame frame = frame_at(index);
    frame.objects = objects;
    frame.object_count = count;
    assert_ok(meta_store_put_objects(f->store, id, &frame, 1, &failure), &failure);
}

void put_segment(struct fixture *f, const char *id, int32_t index)
{
    const struct meta_segment segment = {.index = index,
        .start_us = index * 2 * SECOND_US,
        .end_us = (index + 1) * 2 * SECOND_US,
        .prev_pts_us = index - 1,
        .first_frame_number = index * 50,
        .source_frames = 50};
    assert_ok(meta_store_put_segment(f->store, id, &segment, &failure), &failure);
}

bool settle(struct fixture *f, const char *id)
{
    bool settled = false;
    assert_ok(meta_store_settle_video(f->store, id, &settled, &failure), &failure);
    return settled;
}

void run_video(struct fixture *f, const char *id, int32_t frames)
{
    create(f, id);
    set_state(f, id, VIDEO_RUNNING);
    put_segment(f, id, 0);
    put_frames(f, id, 0, frames);
    assert_ok(meta_store_finish_split(f->store, id, 1, frames, 2 * SECOND_US, false, &failure), &failure);
    assert_ok(meta_store_finish_segment(f->store, id, 0, frames, &failure), &failure);
}

static int start_servers(void **state)
{
    (void)state;
    if (strcmp(backend, "redis") == 0) {
        server_count = 1;
        redis_testing_start(&servers[0], NULL);
    } else if (strcmp(backend, "redis-cluster") == 0) {
        server_count = 3;
        redis_testing_start_cluster(servers);
    }
    return 0;
}

static int end_servers(void **state)
{
    (void)state;
    for (int i = 0; i < server_count; i++)
        redis_testing_end(&servers[i]);
    return 0;
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    if (strncmp(backend, "redis", 5) == 0 && !redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    static const struct contract_part *const parts[] = {&video_part, &frame_part, &record_part, NULL};
    return contract_run(backend, parts, start_servers, end_servers);
}
