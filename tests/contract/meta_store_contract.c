// What every meta store does, whatever is behind it. Run as: meta_store_contract BACKEND
#include "base/test.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "meta_store/meta_store.h"
#include "meta_store/meta_store_memory.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/meta_store_sqlite.h"
#include "meta_store/redis_testing.h"
#include "os/file.h"

#define VIDEO "00000000000000aa"
#define OTHER_VIDEO "00000000000000bb"
#define NO_VIDEO "00000000000000cc"
#define PROJECT "demo"
#define SECOND_US ((int64_t)1000000)
#define RUNNING_OR_QUEUED (1u << VIDEO_RUNNING | 1u << VIDEO_QUEUED)

static const char *backend;
static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct clock_manual clock;
    struct meta_store *store;
};

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
    assert_ok(meta_store_redis_open(&options, &f->clock.clock, &f->store, &err), &err);
    free(prefix);
    free(address);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    clock_manual_init(&f->clock, 1000 * SECOND_US);
    if (strcmp(backend, "sqlite") == 0) {
        assert_ok(dir_make_temporary(NULL, "meta-contract-", f->folder, &err), &err);
        char *path = mem_sprintf("%s/meta.db", f->folder);
        assert_ok(meta_store_sqlite_open(path, &f->clock.clock, &f->store, &err), &err);
        free(path);
    } else if (server_count > 0) {
        open_redis(f);
    } else {
        f->store = meta_store_memory_new(&f->clock.clock);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    meta_store_free(f->store);
    if (f->folder[0] != '\0')
        assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

static void describe_video(struct meta_video *video, const char *id)
{
    *video = (struct meta_video){
        .chunk_us = 10 * SECOND_US, .limit_us = -1, .sampling = {.fps_num = 5, .fps_den = 1}, .remote_request = true};
    snprintf(video->id, sizeof(video->id), "%s", id);
    snprintf(video->project, sizeof(video->project), PROJECT);
    snprintf(video->source, sizeof(video->source), "https://example.org/street.mp4");
    snprintf(video->name, sizeof(video->name), "street.mp4");
}

static void create(struct fixture *f, const char *id)
{
    struct meta_video video;
    describe_video(&video, id);
    assert_ok(meta_store_create_video(f->store, &video, NULL, &err), &err);
}

static struct meta_video get(struct fixture *f, const char *id)
{
    struct meta_video video;
    assert_ok(meta_store_get_video(f->store, id, &video, &err), &err);
    return video;
}

static void set_state(struct fixture *f, const char *id, enum video_state state)
{
    assert_ok(meta_store_set_video_state(f->store, id, 0xFFu, state, &err), &err);
}

static struct meta_frame frame_at(int32_t index)
{
    return (struct meta_frame){
        .index = index, .segment = index / 10, .pts_us = (int64_t)index * 200000 + 7, .width = 640, .height = 480};
}

static void put_frames(struct fixture *f, const char *id, int32_t from, int32_t count)
{
    for (int32_t i = from; i < from + count; i++) {
        struct meta_frame frame = frame_at(i);
        assert_ok(meta_store_put_frames(f->store, id, &frame, 1, &err), &err);
    }
}

static void put_objects(struct fixture *f, const char *id, int32_t index, size_t count)
{
    struct meta_object objects[16] = {0};
    for (size_t k = 0; k < count; k++) {
        objects[k] = (struct meta_object){
            .x = (float)k + 0.1f, .y = 2, .width = 3, .height = 4, .score = 0.5f, .class_name = "car", .track = -1};
    }
    struct meta_frame frame = frame_at(index);
    frame.objects = objects;
    frame.object_count = count;
    assert_ok(meta_store_put_objects(f->store, id, &frame, 1, &err), &err);
}

static void put_segment(struct fixture *f, const char *id, int32_t index)
{
    const struct meta_segment segment = {.index = index,
        .start_us = index * 2 * SECOND_US,
        .end_us = (index + 1) * 2 * SECOND_US,
        .prev_pts_us = index - 1,
        .first_frame_number = index * 50,
        .source_frames = 50};
    assert_ok(meta_store_put_segment(f->store, id, &segment, &err), &err);
}

static bool settle(struct fixture *f, const char *id)
{
    bool settled = false;
    assert_ok(meta_store_settle_video(f->store, id, &settled, &err), &err);
    return settled;
}

// A running video of one segment with `frames` emitted frames, all split and downloaded.
static void run_video(struct fixture *f, const char *id, int32_t frames)
{
    create(f, id);
    set_state(f, id, VIDEO_RUNNING);
    put_segment(f, id, 0);
    put_frames(f, id, 0, frames);
    assert_ok(meta_store_finish_split(f->store, id, 1, frames, 2 * SECOND_US, false, &err), &err);
    assert_ok(meta_store_finish_segment(f->store, id, 0, frames, &err), &err);
}

// ---- projects

static void a_project_is_created_once(void **state)
{
    struct fixture *f = *state;
    bool created;
    assert_ok(meta_store_create_project(f->store, PROJECT, &created, &err), &err);
    assert_true(created);
    assert_ok(meta_store_create_project(f->store, PROJECT, &created, &err), &err);
    assert_false(created);
    struct meta_project project;
    assert_ok(meta_store_get_project(f->store, PROJECT, &project, &err), &err);
    assert_string_equal(project.name, PROJECT);
    assert_int_equal(project.created_us, 1000 * SECOND_US);
    assert_int_equal(project.videos, 0);
    assert_false(project.deleting);
}

static void wrong_names_and_ids_are_invalid_and_unknown_ones_not_found(void **state)
{
    struct fixture *f = *state;
    struct meta_project project;
    struct meta_video video;
    struct meta_frames frames;
    assert_code(meta_store_create_project(f->store, "No Such Name", NULL, &err), ERR_INVALID);
    assert_code(meta_store_get_project(f->store, "nobody", &project, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "nobody"));
    assert_code(meta_store_mark_project_deleting(f->store, "nobody", &err), ERR_NOT_FOUND);
    assert_code(meta_store_get_video(f->store, "../etc", &video, &err), ERR_INVALID);
    assert_code(meta_store_get_video(f->store, NO_VIDEO, &video, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, NO_VIDEO));
    assert_code(meta_store_set_video_state(f->store, NO_VIDEO, 0xFF, VIDEO_DONE, &err), ERR_NOT_FOUND);
    assert_code(meta_store_add_video_error(f->store, NO_VIDEO, "x", &err), ERR_NOT_FOUND);
    assert_code(meta_store_finish_segment(f->store, NO_VIDEO, 0, 0, &err), ERR_NOT_FOUND);
    assert_code(meta_store_settle_video(f->store, NO_VIDEO, NULL, &err), ERR_NOT_FOUND);
    assert_code(meta_store_get_frame(f->store, NO_VIDEO, 0, &frames, &err), ERR_NOT_FOUND);
    struct meta_frame frame = frame_at(0);
    assert_code(meta_store_put_frames(f->store, NO_VIDEO, &frame, 1, &err), ERR_NOT_FOUND);
    assert_code(meta_store_put_objects(f->store, NO_VIDEO, &frame, 1, &err), ERR_NOT_FOUND);

    create(f, VIDEO);
    assert_code(meta_store_finish_segment(f->store, VIDEO, 3, 0, &err), ERR_NOT_FOUND);
    assert_code(meta_store_fail_frame(f->store, VIDEO, 3, true, &err), ERR_NOT_FOUND);
    assert_code(meta_store_get_frame(f->store, VIDEO, 3, &frames, &err), ERR_NOT_FOUND);
    assert_code(meta_store_get_frame(f->store, VIDEO, -1, &frames, &err), ERR_INVALID);
    frame.index = -1;
    assert_code(meta_store_put_frames(f->store, VIDEO, &frame, 1, &err), ERR_INVALID);
}

static void projects_are_listed_by_name_and_page(void **state)
{
    struct fixture *f = *state;
    const char *names[] = {"b", "a", "d", "c"};
    for (size_t i = 0; i < 4; i++)
        assert_ok(meta_store_create_project(f->store, names[i], NULL, &err), &err);
    struct meta_project *projects;
    size_t count;
    assert_ok(meta_store_list_projects(f->store, NULL, 3, &projects, &count, &err), &err);
    assert_int_equal(count, 3);
    assert_string_equal(projects[0].name, "a");
    assert_string_equal(projects[2].name, "c");
    free(projects);
    assert_ok(meta_store_list_projects(f->store, "c", 3, &projects, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(projects[0].name, "d");
    free(projects);
}

static void a_project_counts_what_its_videos_hold(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    create(f, OTHER_VIDEO);
    put_frames(f, VIDEO, 0, 3);
    put_objects(f, OTHER_VIDEO, 0, 4);
    struct meta_project *projects;
    size_t count;
    assert_ok(meta_store_list_projects(f->store, NULL, 10, &projects, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(projects[0].videos, 2);
    assert_int_equal(projects[0].frames, 4);
    assert_int_equal(projects[0].objects, 4);
    free(projects);
}

static void a_project_being_deleted_takes_nothing_new_and_goes_when_empty(void **state)
{
    struct fixture *f = *state;
    struct meta_video video;
    create(f, VIDEO);
    assert_ok(meta_store_mark_project_deleting(f->store, PROJECT, &err), &err);
    assert_ok(meta_store_mark_project_deleting(f->store, PROJECT, &err), &err);
    assert_code(meta_store_create_project(f->store, PROJECT, NULL, &err), ERR_CONFLICT);
    describe_video(&video, OTHER_VIDEO);
    assert_code(meta_store_create_video(f->store, &video, NULL, &err), ERR_CONFLICT);
    assert_code(meta_store_remove_project(f->store, PROJECT, &err), ERR_CONFLICT);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(f->store, PROJECT, &err), &err);
    assert_ok(meta_store_remove_project(f->store, PROJECT, &err), &err);
    create(f, VIDEO);
}

// ---- videos

static void a_video_is_stored_with_all_its_fields(void **state)
{
    struct fixture *f = *state;
    struct meta_video given;
    describe_video(&given, VIDEO);
    snprintf(given.media.title, sizeof(given.media.title), "A street");
    bool created;
    assert_ok(meta_store_create_video(f->store, &given, &created, &err), &err);
    assert_true(created);
    struct meta_video video = get(f, VIDEO);
    assert_string_equal(video.project, PROJECT);
    assert_string_equal(video.source, "https://example.org/street.mp4");
    assert_string_equal(video.name, "street.mp4");
    assert_string_equal(video.media.title, "A street");
    assert_int_equal(video.chunk_us, 10 * SECOND_US);
    assert_int_equal(video.limit_us, -1);
    assert_int_equal(video.sampling.fps_num, 5);
    assert_int_equal(video.sampling.fps_den, 1);
    assert_false(video.sampling.all);
    assert_true(video.remote_request);
    assert_int_equal(video.state, VIDEO_QUEUED);
    assert_int_equal(video.created_us, 1000 * SECOND_US);
    assert_int_equal(video.finished_us, 0);
    assert_int_equal(video.frames_expected, -1);
    assert_string_equal(given.id, video.id);
    assert_int_equal(given.created_us, video.created_us);
}

static void creating_a_video_again_gives_the_stored_one(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    set_state(f, VIDEO, VIDEO_RUNNING);
    struct meta_video again;
    describe_video(&again, VIDEO);
    snprintf(again.name, sizeof(again.name), "another name");
    bool created;
    assert_ok(meta_store_create_video(f->store, &again, &created, &err), &err);
    assert_false(created);
    assert_string_equal(again.name, "street.mp4");
    assert_int_equal(again.state, VIDEO_RUNNING);
}

static void videos_are_listed_newest_first_by_project_and_page(void **state)
{
    struct fixture *f = *state;
    struct meta_video video;
    for (int i = 0; i < 6; i++) {
        char id[VIDEO_ID_SIZE];
        snprintf(id, sizeof(id), "%016x", (i * 7) % 16);
        describe_video(&video, id);
        snprintf(video.project, sizeof(video.project), i % 2 == 0 ? "even" : "odd");
        assert_ok(meta_store_create_video(f->store, &video, NULL, &err), &err);
    }
    struct meta_video *videos;
    size_t count;
    assert_ok(meta_store_list_videos(f->store, NULL, NULL, 4, &videos, &count, &err), &err);
    assert_int_equal(count, 4);
    assert_string_equal(videos[0].id, "0000000000000003");
    char last[VIDEO_ID_SIZE];
    memcpy(last, videos[3].id, sizeof(last));
    free(videos);
    assert_ok(meta_store_list_videos(f->store, NULL, last, 4, &videos, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_string_equal(videos[1].id, "0000000000000000");
    free(videos);
    assert_ok(meta_store_list_videos(f->store, "odd", NULL, 4, &videos, &count, &err), &err);
    assert_int_equal(count, 3);
    free(videos);
    assert_code(meta_store_list_videos(f->store, NULL, NO_VIDEO, 4, &videos, &count, &err), ERR_NOT_FOUND);
}

static void a_state_changes_only_from_the_states_given(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    f->clock.now_us += SECOND_US;
    assert_code(meta_store_set_video_state(f->store, VIDEO, 1u << VIDEO_RUNNING, VIDEO_CANCELLED, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "queued"));
    assert_int_equal(get(f, VIDEO).state, VIDEO_QUEUED);
    assert_ok(meta_store_set_video_state(f->store, VIDEO, RUNNING_OR_QUEUED, VIDEO_CANCELLED, &err), &err);
    assert_int_equal(get(f, VIDEO).finished_us, f->clock.now_us);
    f->clock.now_us += SECOND_US;
    set_state(f, VIDEO, VIDEO_RUNNING);
    assert_int_equal(get(f, VIDEO).finished_us, 0);
    assert_int_equal(get(f, VIDEO).updated_us, f->clock.now_us);
}

static void media_and_models_are_kept(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    const struct meta_media media = {.title = "t",
        .container = "mp4",
        .codec = "h264",
        .mime_type = "video/mp4",
        .playable_copy = true,
        .width = 1920,
        .height = 1080,
        .sar_num = 1,
        .sar_den = 1,
        .rotation = 90,
        .has_audio = true,
        .duration_us = 123,
        .media_offset_us = -5,
        .size_bytes = 99,
        .frame_rate = 29.97};
    assert_ok(meta_store_set_video_media(f->store, VIDEO, &media, &err), &err);
    assert_ok(meta_store_set_video_models(f->store, VIDEO, "detector-1", "embedder-2", &err), &err);
    struct meta_video video = get(f, VIDEO);
    assert_string_equal(video.media.title, media.title);
    assert_string_equal(video.media.container, media.container);
    assert_string_equal(video.media.codec, media.codec);
    assert_string_equal(video.media.mime_type, media.mime_type);
    assert_true(video.media.playable_copy);
    assert_int_equal(video.media.width, media.width);
    assert_int_equal(video.media.height, media.height);
    assert_int_equal(video.media.sar_num, 1);
    assert_int_equal(video.media.sar_den, 1);
    assert_int_equal(video.media.rotation, 90);
    assert_true(video.media.has_audio);
    assert_int_equal(video.media.duration_us, 123);
    assert_int_equal(video.media.media_offset_us, -5);
    assert_int_equal(video.media.size_bytes, 99);
    assert_true(video.media.frame_rate == media.frame_rate);
    assert_string_equal(video.detector, "detector-1");
    assert_string_equal(video.embedder, "embedder-2");
}

static void a_video_gets_another_name_and_stays_what_it_is(void **state)
{
    struct fixture *f = *state;
    char name[META_TITLE_SIZE + 1];
    create(f, VIDEO);
    struct meta_video before = get(f, VIDEO);
    f->clock.now_us += SECOND_US;
    assert_ok(meta_store_set_video_name(f->store, VIDEO, "Abendschau, 26. März \"live\"", &err), &err);
    struct meta_video after = get(f, VIDEO);
    assert_string_equal(after.name, "Abendschau, 26. März \"live\"");
    assert_int_equal(after.updated_us, f->clock.now_us);
    assert_string_equal(after.source, before.source);
    assert_int_equal(after.state, before.state);
    assert_int_equal(after.created_us, before.created_us);

    memset(name, 'n', META_TITLE_SIZE);
    name[META_TITLE_SIZE] = '\0';
    assert_code(meta_store_set_video_name(f->store, VIDEO, name, &err), ERR_INVALID);
    assert_code(meta_store_set_video_name(f->store, VIDEO, "", &err), ERR_INVALID);
    assert_string_equal(get(f, VIDEO).name, after.name);
    name[META_TITLE_SIZE - 1] = '\0';
    assert_ok(meta_store_set_video_name(f->store, VIDEO, name, &err), &err);
    assert_string_equal(get(f, VIDEO).name, name);
    assert_code(meta_store_set_video_name(f->store, "00000000000000ee", "other", &err), ERR_NOT_FOUND);
}

static void the_same_error_counts_once_and_only_the_first_are_kept(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    for (int i = 0; i < 60; i++) {
        char sentence[32];
        snprintf(sentence, sizeof(sentence), "frame %d is damaged", i);
        for (int k = 0; k < 2; k++)
            assert_ok(meta_store_add_video_error(f->store, VIDEO, sentence, &err), &err);
    }
    assert_int_equal(get(f, VIDEO).errors_count, 60);
    char **sentences;
    size_t count;
    assert_ok(meta_store_video_errors(f->store, VIDEO, &sentences, &count, &err), &err);
    assert_int_equal(count, META_VIDEO_ERRORS_MAX);
    assert_string_equal(sentences[0], "frame 0 is damaged");
    assert_string_equal(sentences[49], "frame 49 is damaged");
    meta_strings_free(sentences, count);
    assert_ok(meta_store_clear_video_errors(f->store, VIDEO, &err), &err);
    assert_int_equal(get(f, VIDEO).errors_count, 0);
    assert_ok(meta_store_video_errors(f->store, VIDEO, &sentences, &count, &err), &err);
    assert_int_equal(count, 0);
    meta_strings_free(sentences, count);
}

static void a_removed_video_leaves_nothing_and_can_come_back_empty(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 20);
    put_objects(f, VIDEO, 3, 2);
    assert_ok(meta_store_add_video_error(f->store, VIDEO, "x", &err), &err);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &err), &err);
    struct meta_video video;
    assert_code(meta_store_get_video(f->store, VIDEO, &video, &err), ERR_NOT_FOUND);
    create(f, VIDEO);
    struct meta_frames frames;
    const struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = 10};
    assert_ok(meta_store_list_frames(f->store, VIDEO, &range, &frames, &err), &err);
    assert_int_equal(frames.count, 0);
    meta_frames_release(&frames);
    struct meta_segment *segments;
    size_t count;
    assert_ok(meta_store_list_segments(f->store, VIDEO, -1, 10, &segments, &count, &err), &err);
    assert_int_equal(count, 0);
    free(segments);
    assert_int_equal(get(f, VIDEO).errors_count, 0);
}

static void a_video_being_deleted_takes_no_changes(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 2);
    set_state(f, VIDEO, VIDEO_DELETING);
    struct meta_frame frame = frame_at(5);
    struct meta_video video;
    assert_code(meta_store_put_frames(f->store, VIDEO, &frame, 1, &err), ERR_NOT_FOUND);
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &err), ERR_NOT_FOUND);
    assert_code(meta_store_finish_segment(f->store, VIDEO, 0, 1, &err), ERR_NOT_FOUND);
    describe_video(&video, VIDEO);
    assert_code(meta_store_create_video(f->store, &video, NULL, &err), ERR_CONFLICT);
    assert_int_equal(get(f, VIDEO).state, VIDEO_DELETING);
    assert_int_equal(get(f, VIDEO).frames_emitted, 2);
}

// ---- segments

static void segments_are_stored_once_and_listed_in_order(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_segment(f, VIDEO, 2);
    put_segment(f, VIDEO, 0);
    put_segment(f, VIDEO, 1);
    put_segment(f, VIDEO, 1);
    assert_int_equal(get(f, VIDEO).segments, 3);
    struct meta_segment *segments;
    size_t count;
    assert_ok(meta_store_list_segments(f->store, VIDEO, -1, 2, &segments, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_int_equal(segments[1].index, 1);
    assert_int_equal(segments[1].start_us, 2 * SECOND_US);
    assert_int_equal(segments[1].end_us, 4 * SECOND_US);
    assert_int_equal(segments[1].prev_pts_us, 0);
    assert_int_equal(segments[1].first_frame_number, 50);
    assert_int_equal(segments[1].source_frames, 50);
    assert_false(segments[1].done);
    free(segments);
    assert_ok(meta_store_list_segments(f->store, VIDEO, 1, 2, &segments, &count, &err), &err);
    assert_int_equal(count, 1);
    free(segments);
}

static void a_segment_put_again_stays_done(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_segment(f, VIDEO, 0);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 10, &err), &err);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 10, &err), &err);
    put_segment(f, VIDEO, 0);
    assert_int_equal(get(f, VIDEO).segments_done, 1);
    struct meta_segment *segments;
    size_t count;
    assert_ok(meta_store_list_segments(f->store, VIDEO, -1, 2, &segments, &count, &err), &err);
    assert_true(segments[0].done);
    assert_int_equal(segments[0].frames, 10);
    free(segments);
}

static void what_was_expected_becomes_what_came_when_all_segments_are_done(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_segment(f, VIDEO, 0);
    put_segment(f, VIDEO, 1);
    put_frames(f, VIDEO, 0, 8);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 8, &err), &err);
    assert_int_equal(get(f, VIDEO).frames_expected, -1);
    assert_ok(meta_store_finish_split(f->store, VIDEO, 2, 20, 4 * SECOND_US, false, &err), &err);
    assert_int_equal(get(f, VIDEO).frames_expected, 20);
    assert_int_equal(get(f, VIDEO).media.duration_us, 4 * SECOND_US);
    put_frames(f, VIDEO, 10, 9);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 1, 9, &err), &err);
    assert_int_equal(get(f, VIDEO).frames_expected, 17);
}

static void a_failed_segment_counts_as_done_with_the_frames_that_came(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    set_state(f, VIDEO, VIDEO_RUNNING);
    put_segment(f, VIDEO, 0);
    put_frames(f, VIDEO, 0, 3);
    assert_ok(meta_store_finish_split(f->store, VIDEO, 1, 10, SECOND_US, false, &err), &err);
    assert_ok(meta_store_fail_segment(f->store, VIDEO, 0, &err), &err);
    assert_ok(meta_store_fail_segment(f->store, VIDEO, 0, &err), &err);
    assert_int_equal(get(f, VIDEO).segments_done, 1);
    for (int32_t i = 0; i < 3; i++)
        put_objects(f, VIDEO, i, 1);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_INCOMPLETE);
    // Its dead letter is retried, and now it works.
    set_state(f, VIDEO, VIDEO_RUNNING);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 3, &err), &err);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_DONE);
    assert_int_equal(get(f, VIDEO).segments_done, 1);
}

static void a_finished_segment_is_not_failed_by_a_late_dead_letter(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 1);
    put_objects(f, VIDEO, 0, 0);
    assert_ok(meta_store_fail_segment(f->store, VIDEO, 0, &err), &err);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_DONE);
}

// ---- frames

static void frames_are_counted_once_and_keep_what_the_indexer_found(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_frames(f, VIDEO, 0, 5);
    put_frames(f, VIDEO, 0, 5);
    put_objects(f, VIDEO, 2, 3);
    put_frames(f, VIDEO, 0, 5);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.frames_emitted, 5);
    assert_int_equal(video.frames_indexed, 1);
    assert_int_equal(video.objects, 3);
    struct meta_frames frame;
    assert_ok(meta_store_get_frame(f->store, VIDEO, 2, &frame, &err), &err);
    assert_int_equal(frame.items[0].state, FRAME_INDEXED);
    assert_int_equal(frame.items[0].object_count, 3);
    meta_frames_release(&frame);
}

static void objects_come_back_bit_for_bit(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    struct meta_object objects[] = {
        {.x = 0.1f,
            .y = -0.0f,
            .width = 1e-30f,
            .height = 12345.678f,
            .score = 0.99999994f,
            .class_name = "car",
            .track = -1},
        {.x = 3, .y = 4, .width = 5, .height = 6, .score = 0.25f, .class_name = "traffic light", .track = 4711},
        {.class_name = "car", .track = 0},
    };
    struct meta_frame frame = frame_at(42);
    frame.objects = objects;
    frame.object_count = 3;
    assert_ok(meta_store_put_objects(f->store, VIDEO, &frame, 1, &err), &err);
    struct meta_frames got;
    assert_ok(meta_store_get_frame(f->store, VIDEO, 42, &got, &err), &err);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.items[0].index, 42);
    assert_int_equal(got.items[0].segment, 4);
    assert_int_equal(got.items[0].pts_us, 42 * 200000 + 7);
    assert_int_equal(got.items[0].width, 640);
    assert_int_equal(got.items[0].height, 480);
    assert_int_equal(got.items[0].object_count, 3);
    for (size_t k = 0; k < 3; k++) {
        assert_memory_equal(&got.items[0].objects[k].x, &objects[k].x, 5 * sizeof(float));
        assert_string_equal(got.items[0].objects[k].class_name, objects[k].class_name);
        assert_int_equal(got.items[0].objects[k].track, objects[k].track);
    }
    meta_frames_release(&got);
    objects[1].score = NAN;
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &err), ERR_INVALID);
    objects[1].score = 0.5f;
    objects[2].height = -1;
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "height of -1"));
    objects[2].height = INFINITY;
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &err), ERR_INVALID);
}

static void objects_put_again_replace_and_count_once(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_frames(f, VIDEO, 0, 2);
    put_objects(f, VIDEO, 0, 5);
    put_objects(f, VIDEO, 0, 5);
    assert_int_equal(get(f, VIDEO).objects, 5);
    put_objects(f, VIDEO, 0, 2);
    put_objects(f, VIDEO, 1, 0);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.objects, 2);
    assert_int_equal(video.frames_indexed, 2);
    assert_int_equal(video.frames_emitted, 2);
}

static void objects_of_a_frame_not_yet_known_make_it_known(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_objects(f, VIDEO, 7, 1);
    put_frames(f, VIDEO, 7, 1);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.frames_emitted, 1);
    assert_int_equal(video.frames_indexed, 1);
}

static void a_failed_frame_can_be_undone_and_an_indexed_one_does_not_fail(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_frames(f, VIDEO, 0, 2);
    for (int i = 0; i < 2; i++)
        assert_ok(meta_store_fail_frame(f->store, VIDEO, 0, true, &err), &err);
    assert_int_equal(get(f, VIDEO).frames_failed, 1);
    for (int i = 0; i < 2; i++)
        assert_ok(meta_store_fail_frame(f->store, VIDEO, 0, false, &err), &err);
    assert_int_equal(get(f, VIDEO).frames_failed, 0);
    put_objects(f, VIDEO, 1, 1);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 1, true, &err), &err);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 1, false, &err), &err);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.frames_failed, 0);
    assert_int_equal(video.frames_indexed, 1);
    // A late success after the failure counts as indexed only.
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 0, true, &err), &err);
    put_objects(f, VIDEO, 0, 1);
    video = get(f, VIDEO);
    assert_int_equal(video.frames_failed, 0);
    assert_int_equal(video.frames_indexed, 2);
}

static void assert_range(struct fixture *f, struct meta_frame_range range, const char *wanted)
{
    struct meta_frames frames;
    assert_ok(meta_store_list_frames(f->store, VIDEO, &range, &frames, &err), &err);
    struct strbuf got;
    strbuf_init(&got);
    for (size_t i = 0; i < frames.count; i++)
        strbuf_addf(&got, "%d ", frames.items[i].index);
    assert_string_equal(got.data, wanted);
    strbuf_release(&got);
    meta_frames_release(&frames);
}

static void frames_are_listed_by_time_page_and_state(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    create(f, OTHER_VIDEO);
    put_frames(f, VIDEO, 0, 10);
    put_frames(f, VIDEO, 20, 3);
    put_frames(f, OTHER_VIDEO, 0, 3);
    put_objects(f, VIDEO, 4, 1);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 5, true, &err), &err);
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = -1, .limit = 4}, "0 1 2 3 ");
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = 3, .limit = 4}, "4 5 6 7 ");
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = 9, .limit = 1000}, "20 21 22 ");
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = 22, .limit = 1000}, "");
    // Frame i is at i * 200 ms + 7 us; the end is not in the range.
    assert_range(f, (struct meta_frame_range){.from_us = 400007, .to_us = 800007, .after = -1, .limit = 9}, "2 3 ");
    assert_range(f, (struct meta_frame_range){.from_us = 400008, .to_us = 800008, .after = -1, .limit = 9}, "3 4 ");
    assert_range(f, (struct meta_frame_range){.from_us = 400008, .to_us = 800008, .after = 3, .limit = 9}, "4 ");
    assert_range(f, (struct meta_frame_range){.from_us = 2000000, .to_us = 4000000, .after = -1, .limit = 9}, "");
    assert_range(f, (struct meta_frame_range){.from_us = 99 * SECOND_US, .to_us = -1, .after = -1, .limit = 9}, "");
    assert_range(
        f, (struct meta_frame_range){.to_us = -1, .after = -1, .limit = 9, .state_mask = 1u << FRAME_INDEXED}, "4 ");
    assert_range(f,
        (struct meta_frame_range){
            .to_us = -1, .after = -1, .limit = 9, .state_mask = 1u << FRAME_INDEXED | 1u << FRAME_FAILED},
        "4 5 ");
    const struct meta_frame_range none = {.to_us = -1, .after = -1};
    struct meta_frames frames;
    assert_code(meta_store_list_frames(f->store, VIDEO, &none, &frames, &err), ERR_INVALID);
}

// ---- tracks

static struct meta_track track_at(int64_t n)
{
    return (struct meta_track){.n = n,
        .class_name = "car",
        .score = 0.75f,
        .first_frame = 1,
        .last_frame = 4,
        .first_us = 200007,
        .last_us = 800007,
        .objects = 3,
        .best_frame = 2,
        .best_k = 1,
        .typical_frame = 4,
        .typical_k = 7};
}

static int64_t track_of(struct fixture *f, int32_t index, size_t k)
{
    struct meta_frames frame;
    assert_ok(meta_store_get_frame(f->store, VIDEO, index, &frame, &err), &err);
    assert_true(k < frame.items[0].object_count);
    int64_t track = frame.items[0].objects[k].track;
    meta_frames_release(&frame);
    return track;
}

static void set_tracks(struct fixture *f, int32_t index, const int64_t *tracks, size_t count)
{
    const struct meta_frame_tracks frame = {.frame = index, .tracks = tracks, .count = count};
    assert_ok(meta_store_put_frame_tracks(f->store, VIDEO, &frame, 1, &err), &err);
}

static void objects_get_their_tracks_and_keep_them_when_they_are_put_again(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 2);
    put_objects(f, VIDEO, 0, 2);
    set_tracks(f, 0, (const int64_t[]){7, -1}, 2);
    assert_int_equal(track_of(f, 0, 0), 7);
    assert_int_equal(track_of(f, 0, 1), -1);
    put_objects(f, VIDEO, 0, 2);
    assert_int_equal(track_of(f, 0, 0), 7);
    // Another box in its place is another object.
    struct meta_object moved = {.x = 50, .y = 2, .width = 3, .height = 4, .class_name = "car", .track = -1};
    struct meta_frame frame = frame_at(0);
    frame.objects = &moved;
    frame.object_count = 1;
    assert_ok(meta_store_put_objects(f->store, VIDEO, &frame, 1, &err), &err);
    assert_int_equal(track_of(f, 0, 0), -1);
}

static void tracks_of_a_frame_that_has_changed_are_passed_over(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 1);
    put_objects(f, VIDEO, 0, 2);
    set_tracks(f, 0, (const int64_t[]){1, 2, 3}, 3);
    set_tracks(f, 5, (const int64_t[]){1}, 1);
    assert_int_equal(track_of(f, 0, 0), -1);
    assert_int_equal(get(f, VIDEO).objects, 2);
    assert_int_equal(get(f, VIDEO).frames_emitted, 1);
}

static void tracks_are_replaced_as_a_whole_and_listed_by_page(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    create(f, OTHER_VIDEO);
    assert_int_equal(get(f, VIDEO).tracked_us, 0);
    const struct meta_track first[] = {track_at(0), track_at(3), track_at(9)};
    assert_ok(meta_store_put_tracks(f->store, VIDEO, first, 3, 0, &err), &err);
    assert_int_equal(get(f, VIDEO).tracks, 3);
    assert_int_equal(get(f, VIDEO).tracked_us, clock_wall_us(&f->clock.clock));

    struct meta_track *tracks;
    size_t count;
    assert_ok(meta_store_list_tracks(f->store, VIDEO, -1, 2, &tracks, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_int_equal(tracks[1].n, 3);
    assert_string_equal(tracks[0].class_name, "car");
    assert_float_equal(tracks[0].score, 0.75, 0);
    assert_int_equal(tracks[0].last_us, 800007);
    assert_int_equal(tracks[0].best_k, 1);
    assert_int_equal(tracks[0].typical_frame, 4);
    assert_int_equal(tracks[0].typical_k, 7);
    free(tracks);
    assert_ok(meta_store_list_tracks(f->store, VIDEO, 3, 10, &tracks, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(tracks[0].n, 9);
    free(tracks);

    const struct meta_track second[] = {track_at(1)};
    assert_ok(meta_store_put_tracks(f->store, VIDEO, second, 1, 5, &err), &err);
    assert_int_equal(get(f, VIDEO).track_steps, 5);
    struct meta_track track;
    assert_ok(meta_store_get_track(f->store, VIDEO, 1, &track, &err), &err);
    assert_int_equal(track.objects, 3);
    assert_code(meta_store_get_track(f->store, VIDEO, 0, &track, &err), ERR_NOT_FOUND);
    assert_code(meta_store_get_track(f->store, OTHER_VIDEO, 1, &track, &err), ERR_NOT_FOUND);
    assert_ok(meta_store_put_tracks(f->store, VIDEO, NULL, 0, 0, &err), &err);
    assert_int_equal(get(f, VIDEO).tracks, 0);
    assert_int_equal(get(f, VIDEO).track_steps, 0);
}

static void tracks_out_of_order_or_without_a_video_are_refused(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    const struct meta_track twice[] = {track_at(2), track_at(2)};
    struct meta_track wrong = track_at(0);
    wrong.score = NAN;
    assert_code(meta_store_put_tracks(f->store, VIDEO, twice, 2, 0, &err), ERR_INVALID);
    assert_code(meta_store_put_tracks(f->store, VIDEO, &wrong, 1, 0, &err), ERR_INVALID);
    const struct meta_track right = track_at(0);
    assert_code(meta_store_put_tracks(f->store, VIDEO, &right, 1, -1, &err), ERR_INVALID);
    assert_code(meta_store_put_tracks(f->store, NO_VIDEO, twice, 1, 0, &err), ERR_NOT_FOUND);
    const struct meta_frame_tracks frame = {.frame = 0};
    assert_code(meta_store_put_frame_tracks(f->store, NO_VIDEO, &frame, 1, &err), ERR_NOT_FOUND);
}

static void tracks_go_with_their_video(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    const struct meta_track one = track_at(0);
    assert_ok(meta_store_put_tracks(f->store, VIDEO, &one, 1, 2, &err), &err);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &err), &err);
    create(f, VIDEO);
    struct meta_track track;
    assert_code(meta_store_get_track(f->store, VIDEO, 0, &track, &err), ERR_NOT_FOUND);
    assert_int_equal(get(f, VIDEO).tracked_us, 0);
    assert_int_equal(get(f, VIDEO).track_steps, 0);
}

// ---- settling

static void a_video_settles_when_the_last_frame_is_indexed(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 2);
    assert_false(settle(f, VIDEO));
    put_objects(f, VIDEO, 0, 1);
    assert_false(settle(f, VIDEO));
    put_objects(f, VIDEO, 1, 0);
    assert_true(settle(f, VIDEO));
    assert_false(settle(f, VIDEO));
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.state, VIDEO_DONE);
    assert_int_equal(video.finished_us, f->clock.now_us);
}

static void a_video_does_not_settle_before_split_and_segments_are_done(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    set_state(f, VIDEO, VIDEO_RUNNING);
    put_segment(f, VIDEO, 0);
    put_objects(f, VIDEO, 0, 1);
    assert_false(settle(f, VIDEO));
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 1, &err), &err);
    assert_false(settle(f, VIDEO));
    assert_ok(meta_store_finish_split(f->store, VIDEO, 2, 2, SECOND_US, false, &err), &err);
    assert_false(settle(f, VIDEO));
    put_segment(f, VIDEO, 1);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 1, 0, &err), &err);
    assert_true(settle(f, VIDEO));
}

static void what_is_missing_makes_it_incomplete_and_nothing_at_all_failed(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 2);
    put_objects(f, VIDEO, 0, 1);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 1, true, &err), &err);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_INCOMPLETE);
    run_video(f, OTHER_VIDEO, 1);
    assert_ok(meta_store_fail_frame(f->store, OTHER_VIDEO, 0, true, &err), &err);
    assert_true(settle(f, OTHER_VIDEO));
    assert_int_equal(get(f, OTHER_VIDEO).state, VIDEO_FAILED);
    create(f, NO_VIDEO);
    set_state(f, NO_VIDEO, VIDEO_RUNNING);
    put_objects(f, NO_VIDEO, 0, 0);
    assert_ok(meta_store_finish_split(f->store, NO_VIDEO, 0, 1, SECOND_US, true, &err), &err);
    assert_true(settle(f, NO_VIDEO));
    assert_int_equal(get(f, NO_VIDEO).state, VIDEO_INCOMPLETE);
}

static void only_a_running_video_settles(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 0);
    const enum video_state others[] = {VIDEO_QUEUED, VIDEO_DONE, VIDEO_INCOMPLETE, VIDEO_FAILED, VIDEO_CANCELLED};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        set_state(f, VIDEO, others[i]);
        assert_false(settle(f, VIDEO));
        assert_int_equal(get(f, VIDEO).state, others[i]);
    }
}

// ---- threads

#define THREADS 4
#define ROUNDS 40

struct worker {
    struct fixture *f;
    int number;
    atomic_int *settled, *failures;
};

// Every worker does all frames, as if each message were delivered to all of them.
static void *index_everything(void *arg)
{
    const struct worker *worker = arg;
    struct err failure;
    for (int i = 0; i < ROUNDS; i++) {
        struct meta_object objects[3] = {{.class_name = "car"}, {.class_name = "bus"}, {.class_name = "car"}};
        struct meta_frame frame = frame_at((i * 7 + worker->number * 11) % ROUNDS);
        frame.objects = objects;
        frame.object_count = 3;
        bool settled = false;
        if (meta_store_put_frames(worker->f->store, VIDEO, &frame, 1, &failure) != ERR_NONE ||
            meta_store_put_objects(worker->f->store, VIDEO, &frame, 1, &failure) != ERR_NONE ||
            meta_store_settle_video(worker->f->store, VIDEO, &settled, &failure) != ERR_NONE)
            atomic_fetch_add(worker->failures, 1);
        atomic_fetch_add(worker->settled, settled);
    }
    return NULL;
}

static void run_threads(struct fixture *f, void *(*work)(void *arg), atomic_int *settled, atomic_int *failures)
{
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.f = f, .number = i, .settled = settled, .failures = failures};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void threads_that_do_the_same_work_count_it_once_and_settle_once(void **state)
{
    struct fixture *f = *state;
    atomic_int settled = 0;
    atomic_int failures = 0;
    create(f, VIDEO);
    set_state(f, VIDEO, VIDEO_RUNNING);
    put_segment(f, VIDEO, 0);
    put_frames(f, VIDEO, 0, ROUNDS);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, ROUNDS, &err), &err);
    assert_ok(meta_store_finish_split(f->store, VIDEO, 1, ROUNDS, SECOND_US, false, &err), &err);
    run_threads(f, index_everything, &settled, &failures);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(atomic_load(&settled), 1);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.state, VIDEO_DONE);
    assert_int_equal(video.frames_emitted, ROUNDS);
    assert_int_equal(video.frames_indexed, ROUNDS);
    assert_int_equal(video.objects, 3 * ROUNDS);
}

static void *put_or_remove(void *arg)
{
    const struct worker *worker = arg;
    struct err failure;
    for (int i = 0; i < ROUNDS; i++) {
        enum err_code code;
        if (worker->number == 0) {
            struct meta_video video;
            describe_video(&video, VIDEO);
            code = meta_store_remove_video(worker->f->store, VIDEO, &failure);
            if (code == ERR_NONE)
                code = meta_store_create_video(worker->f->store, &video, NULL, &failure);
        } else {
            struct meta_frame frame = frame_at(i);
            code = meta_store_put_frames(worker->f->store, VIDEO, &frame, 1, &failure);
        }
        if (code != ERR_NONE && code != ERR_NOT_FOUND)
            atomic_fetch_add(worker->failures, 1);
    }
    return NULL;
}

static void a_removal_that_races_with_puts_leaves_counts_and_frames_in_step(void **state)
{
    struct fixture *f = *state;
    atomic_int unused = 0;
    atomic_int failures = 0;
    create(f, VIDEO);
    run_threads(f, put_or_remove, &unused, &failures);
    assert_int_equal(atomic_load(&failures), 0);
    struct meta_frames frames;
    const struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = META_LIST_MAX};
    assert_ok(meta_store_list_frames(f->store, VIDEO, &range, &frames, &err), &err);
    assert_int_equal(get(f, VIDEO).frames_emitted, frames.count);
    meta_frames_release(&frames);
}

// ---- settings

static void a_setting_keeps_its_last_value(void **state)
{
    struct fixture *f = *state;
    char *value;
    assert_code(meta_store_get_setting(f->store, "embedder/demo", &value, &err), ERR_NOT_FOUND);
    assert_ok(meta_store_put_setting(f->store, "embedder/demo", "one", &err), &err);
    assert_ok(meta_store_put_setting(f->store, "embedder/demo", "two", &err), &err);
    assert_ok(meta_store_get_setting(f->store, "embedder/demo", &value, &err), &err);
    assert_string_equal(value, "two");
    free(value);
    assert_code(meta_store_put_setting(f->store, "", "x", &err), ERR_INVALID);
    assert_ok(meta_store_ping(f->store, &err), &err);
}

static void a_setting_that_is_kept_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    char *kept;
    assert_ok(meta_store_keep_setting(f->store, "home", "one", &kept, &err), &err);
    assert_string_equal(kept, "one");
    free(kept);
    assert_ok(meta_store_keep_setting(f->store, "home", "two", &kept, &err), &err);
    assert_string_equal(kept, "one");
    free(kept);
    assert_ok(meta_store_put_setting(f->store, "home", "", &err), &err);
    assert_ok(meta_store_keep_setting(f->store, "home", "two", &kept, &err), &err);
    assert_string_equal(kept, "");
    free(kept);
    assert_code(meta_store_keep_setting(f->store, "", "x", &kept, &err), ERR_INVALID);
}

static void settings_are_listed_by_name_and_page(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = {"b", "a/2", "c", "a/1"};
    char **found;
    size_t count;
    assert_ok(meta_store_list_settings(f->store, NULL, 10, &found, &count, &err), &err);
    assert_int_equal(count, 0);
    meta_strings_free(found, count);
    for (size_t i = 0; i < 4; i++)
        assert_ok(meta_store_put_setting(f->store, names[i], "x", &err), &err);
    assert_ok(meta_store_list_settings(f->store, NULL, 3, &found, &count, &err), &err);
    assert_int_equal(count, 3);
    assert_string_equal(found[0], "a/1");
    assert_string_equal(found[2], "b");
    meta_strings_free(found, count);
    assert_ok(meta_store_list_settings(f->store, "b", 3, &found, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(found[0], "c");
    meta_strings_free(found, count);
}

// ---- journals

#define JOURNAL "labels"

static void make_project(struct fixture *f)
{
    assert_ok(meta_store_create_project(f->store, PROJECT, NULL, &err), &err);
}

static enum err_code append(struct fixture *f, int64_t expected, const char *text, int64_t *position)
{
    return meta_store_append_journal(f->store, PROJECT, JOURNAL, expected, text, strlen(text), position, &err);
}

static struct meta_journal_info journal_info(struct fixture *f)
{
    struct meta_journal_info info;
    assert_ok(meta_store_get_journal(f->store, PROJECT, JOURNAL, &info, &err), &err);
    return info;
}

static struct meta_journal_page journal_after(struct fixture *f, int64_t after, size_t limit)
{
    struct meta_journal_page page;
    assert_ok(meta_store_list_journal(f->store, PROJECT, JOURNAL, after, limit, &page, &err), &err);
    return page;
}

static void entries_of_a_journal_stay_in_order_with_their_times(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    assert_int_equal(journal_info(f).length, 0);
    assert_int_equal(journal_info(f).begun_us, 0);
    int64_t position = -1;
    for (int64_t i = 0; i < 5; i++) {
        char text[] = {(char)('a' + i), '\0', 'z'};
        assert_ok(meta_store_append_journal(
                      f->store, PROJECT, JOURNAL, i % 2 == 0 ? -1 : i, text, i == 4 ? 0 : 3, &position, &err),
            &err);
        assert_int_equal(position, i);
        f->clock.now_us += SECOND_US;
    }
    assert_int_equal(journal_info(f).length, 5);
    assert_int_equal(journal_info(f).begun_us, 1000 * SECOND_US);
    struct meta_journal_page page = journal_after(f, 1, 2);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.items[0].position, 2);
    assert_int_equal(page.items[0].at_us, 1002 * SECOND_US);
    assert_int_equal(page.items[0].size, 3);
    assert_memory_equal(page.items[0].value, "c\0z", 3);
    assert_int_equal(page.items[1].position, 3);
    meta_journal_page_release(&page);
    page = journal_after(f, 3, 100);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].size, 0);
    assert_non_null(page.items[0].value);
    meta_journal_page_release(&page);
    page = journal_after(f, 4, 100);
    assert_int_equal(page.count, 0);
    meta_journal_page_release(&page);
}

static void an_entry_for_another_position_is_a_conflict_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    int64_t position;
    assert_code(append(f, 1, "early", &position), ERR_CONFLICT);
    assert_ok(append(f, 0, "first", &position), &err);
    assert_code(append(f, 0, "late", &position), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "somebody else appended"));
    assert_int_equal(journal_info(f).length, 1);
    assert_ok(append(f, 1, "second", &position), &err);
}

static void journals_of_other_names_and_projects_are_apart(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    assert_ok(meta_store_create_project(f->store, "other", NULL, &err), &err);
    assert_ok(append(f, 0, "one", NULL), &err);
    assert_ok(meta_store_append_journal(f->store, PROJECT, "notes", 0, "two", 3, NULL, &err), &err);
    assert_ok(meta_store_append_journal(f->store, "other", JOURNAL, 0, "three", 5, NULL, &err), &err);
    struct meta_journal_page page = journal_after(f, -1, 10);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.items[0].value, "one");
    meta_journal_page_release(&page);
}

static void journals_are_listed_by_name(void **state)
{
    struct fixture *f = *state;
    char **names;
    size_t count;
    assert_code(meta_store_list_journals(f->store, PROJECT, &names, &count, &err), ERR_NOT_FOUND);
    make_project(f);
    assert_ok(meta_store_list_journals(f->store, PROJECT, &names, &count, &err), &err);
    assert_int_equal(count, 0);
    meta_strings_free(names, count);
    assert_ok(meta_store_append_journal(f->store, PROJECT, "tracks", 0, "two", 3, NULL, &err), &err);
    assert_ok(append(f, 0, "one", NULL), &err);
    assert_ok(append(f, 1, "two", NULL), &err);
    assert_ok(meta_store_list_journals(f->store, PROJECT, &names, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], JOURNAL);
    assert_string_equal(names[1], "tracks");
    meta_strings_free(names, count);
}

static void a_journal_needs_a_project_a_name_and_bounded_entries(void **state)
{
    struct fixture *f = *state;
    struct meta_journal_info info;
    struct meta_journal_page page;
    assert_code(append(f, -1, "x", NULL), ERR_NOT_FOUND);
    assert_code(meta_store_get_journal(f->store, PROJECT, JOURNAL, &info, &err), ERR_NOT_FOUND);
    assert_code(meta_store_list_journal(f->store, PROJECT, JOURNAL, -1, 10, &page, &err), ERR_NOT_FOUND);
    make_project(f);
    assert_code(meta_store_append_journal(f->store, PROJECT, "Labels", -1, "x", 1, NULL, &err), ERR_INVALID);
    assert_code(meta_store_append_journal(f->store, PROJECT, "", -1, "x", 1, NULL, &err), ERR_INVALID);
    assert_code(meta_store_append_journal(f->store, PROJECT, JOURNAL, -2, "x", 1, NULL, &err), ERR_INVALID);
    assert_code(meta_store_append_journal(f->store, PROJECT, JOURNAL, -1, "x", META_JOURNAL_ENTRY_MAX + 1, NULL, &err),
        ERR_LIMIT);
    assert_code(meta_store_list_journal(f->store, PROJECT, JOURNAL, -1, 0, &page, &err), ERR_INVALID);
    assert_ok(append(f, -1, "x", NULL), &err);
    assert_ok(meta_store_mark_project_deleting(f->store, PROJECT, &err), &err);
    assert_code(append(f, -1, "y", NULL), ERR_NOT_FOUND);
    assert_int_equal(journal_info(f).length, 1);
}

static void a_page_of_a_journal_is_bounded_in_bytes_but_never_empty(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    char *large = mem_calloc(1, META_JOURNAL_ENTRY_MAX);
    assert_ok(append(f, -1, "small", NULL), &err);
    assert_ok(
        meta_store_append_journal(f->store, PROJECT, JOURNAL, -1, large, META_JOURNAL_ENTRY_MAX, NULL, &err), &err);
    free(large);
    assert_ok(append(f, -1, "small", NULL), &err);
    for (int64_t after = -1; after < 2; after++) {
        struct meta_journal_page page = journal_after(f, after, 10);
        assert_int_equal(page.count, 1);
        assert_int_equal(page.items[0].position, after + 1);
        meta_journal_page_release(&page);
    }
}

static void a_journal_goes_with_its_project(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    assert_ok(append(f, -1, "old", NULL), &err);
    assert_ok(append(f, -1, "old", NULL), &err);
    assert_ok(meta_store_remove_project(f->store, PROJECT, &err), &err);
    f->clock.now_us += SECOND_US;
    make_project(f);
    assert_int_equal(journal_info(f).length, 0);
    assert_ok(append(f, 0, "new", NULL), &err);
    assert_int_equal(journal_info(f).begun_us, 1001 * SECOND_US);
}

struct appender {
    struct fixture *f;
    pthread_t thread;
    int64_t won;
};

// Appends 20 entries, each for the position that was the next one when it looked.
static void *append_in_turn(void *arg)
{
    struct appender *self = arg;
    struct err mine = ERR_INIT;
    for (int done = 0; done < 20;) {
        struct meta_journal_info info;
        enum err_code code = meta_store_get_journal(self->f->store, PROJECT, JOURNAL, &info, &mine);
        if (code == ERR_NONE)
            code = meta_store_append_journal(self->f->store, PROJECT, JOURNAL, info.length, "x", 1, NULL, &mine);
        if (code == ERR_NONE) {
            self->won++;
            done++;
        } else if (code != ERR_CONFLICT) {
            break;
        }
    }
    return NULL;
}

static void threads_that_append_at_expected_positions_lose_nothing(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    struct appender appenders[4];
    for (size_t i = 0; i < 4; i++) {
        appenders[i] = (struct appender){.f = f};
        assert_int_equal(pthread_create(&appenders[i].thread, NULL, append_in_turn, &appenders[i]), 0);
    }
    int64_t won = 0;
    for (size_t i = 0; i < 4; i++) {
        pthread_join(appenders[i].thread, NULL);
        won += appenders[i].won;
    }
    assert_int_equal(won, 80);
    assert_int_equal(journal_info(f).length, 80);
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

#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    if (strncmp(backend, "redis", 5) == 0 && !redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        contract(a_project_is_created_once),
        contract(wrong_names_and_ids_are_invalid_and_unknown_ones_not_found),
        contract(projects_are_listed_by_name_and_page),
        contract(a_project_counts_what_its_videos_hold),
        contract(a_project_being_deleted_takes_nothing_new_and_goes_when_empty),
        contract(a_video_is_stored_with_all_its_fields),
        contract(creating_a_video_again_gives_the_stored_one),
        contract(videos_are_listed_newest_first_by_project_and_page),
        contract(a_state_changes_only_from_the_states_given),
        contract(media_and_models_are_kept),
        contract(a_video_gets_another_name_and_stays_what_it_is),
        contract(the_same_error_counts_once_and_only_the_first_are_kept),
        contract(a_removed_video_leaves_nothing_and_can_come_back_empty),
        contract(a_video_being_deleted_takes_no_changes),
        contract(segments_are_stored_once_and_listed_in_order),
        contract(a_segment_put_again_stays_done),
        contract(what_was_expected_becomes_what_came_when_all_segments_are_done),
        contract(a_failed_segment_counts_as_done_with_the_frames_that_came),
        contract(a_finished_segment_is_not_failed_by_a_late_dead_letter),
        contract(frames_are_counted_once_and_keep_what_the_indexer_found),
        contract(objects_come_back_bit_for_bit),
        contract(objects_put_again_replace_and_count_once),
        contract(objects_of_a_frame_not_yet_known_make_it_known),
        contract(a_failed_frame_can_be_undone_and_an_indexed_one_does_not_fail),
        contract(frames_are_listed_by_time_page_and_state),
        contract(objects_get_their_tracks_and_keep_them_when_they_are_put_again),
        contract(tracks_of_a_frame_that_has_changed_are_passed_over),
        contract(tracks_are_replaced_as_a_whole_and_listed_by_page),
        contract(tracks_out_of_order_or_without_a_video_are_refused),
        contract(tracks_go_with_their_video),
        contract(a_video_settles_when_the_last_frame_is_indexed),
        contract(a_video_does_not_settle_before_split_and_segments_are_done),
        contract(what_is_missing_makes_it_incomplete_and_nothing_at_all_failed),
        contract(only_a_running_video_settles),
        contract(threads_that_do_the_same_work_count_it_once_and_settle_once),
        contract(a_removal_that_races_with_puts_leaves_counts_and_frames_in_step),
        contract(a_setting_keeps_its_last_value),
        contract(a_setting_that_is_kept_stays_as_it_is),
        contract(settings_are_listed_by_name_and_page),
        contract(entries_of_a_journal_stay_in_order_with_their_times),
        contract(an_entry_for_another_position_is_a_conflict_and_changes_nothing),
        contract(journals_of_other_names_and_projects_are_apart),
        contract(journals_are_listed_by_name),
        contract(a_journal_needs_a_project_a_name_and_bounded_entries),
        contract(a_page_of_a_journal_is_bounded_in_bytes_but_never_empty),
        contract(a_journal_goes_with_its_project),
        contract(threads_that_append_at_expected_positions_lose_nothing),
    };
    return cmocka_run_group_tests_name(backend, tests, start_servers, end_servers);
}
