// Sweeps faults over the ingestion of a small video: whatever call fails, trying again gives the same counts.
#include "meta_store_fault.h"

#include <string.h>

#include "base/test.h"
#include "meta_store/meta_store_memory.h"

#define VIDEO "00000000000000aa"
#define FRAMES 3

static struct err err;

// Tries again until it works, as a worker does whose message comes back.
#define again(call)                                                                                                    \
    while ((call) != ERR_NONE)                                                                                         \
    assert_int_equal(err.code, ERR_UNAVAILABLE)

static void ingest(struct meta_store *store)
{
    struct meta_video video = {.id = VIDEO, .project = "demo", .limit_us = -1, .sampling = {.all = true}};
    again(meta_store_create_video(store, &video, NULL, &err));
    again(meta_store_set_video_state(store, VIDEO, 1u << VIDEO_QUEUED | 1u << VIDEO_RUNNING, VIDEO_RUNNING, &err));
    const struct meta_segment segment = {.index = 0, .end_us = 1000000, .prev_pts_us = -1};
    again(meta_store_put_segment(store, VIDEO, &segment, &err));
    again(meta_store_finish_split(store, VIDEO, 1, FRAMES, 1000000, false, &err));
    struct meta_object objects[2] = {{.class_name = "car"}, {.class_name = "bus"}};
    for (int32_t i = 0; i < FRAMES; i++) {
        struct meta_frame frame = {.index = i, .pts_us = i * 1000, .objects = objects, .object_count = 2};
        again(meta_store_put_frames(store, VIDEO, &frame, 1, &err));
        again(meta_store_put_objects(store, VIDEO, &frame, 1, &err));
    }
    again(meta_store_finish_segment(store, VIDEO, 0, FRAMES, &err));
    again(meta_store_settle_video(store, VIDEO, NULL, &err));
}

static void whatever_call_fails_once_the_counts_are_the_same(void **state)
{
    (void)state;
    struct clock_manual clock;
    clock_manual_init(&clock, 1000000);
    for (int lost = 0; lost < 2; lost++) {
        struct fault fault = {.answer_lost = lost == 1};
        do {
            atomic_store(&fault.calls, 0);
            fault.at++;
            struct meta_store *store = meta_store_fault_new(meta_store_memory_new(&clock.clock), &fault);
            ingest(store);
            struct meta_video video;
            again(meta_store_get_video(store, VIDEO, &video, &err));
            assert_int_equal(video.state, VIDEO_DONE);
            assert_int_equal(video.segments, 1);
            assert_int_equal(video.segments_done, 1);
            assert_int_equal(video.frames_emitted, FRAMES);
            assert_int_equal(video.frames_indexed, FRAMES);
            assert_int_equal(video.objects, 2 * FRAMES);
            meta_store_free(store);
        } while (atomic_load(&fault.calls) >= fault.at);
        assert_true(fault.at > 10);
    }
}

// Appends at expected positions: an entry whose answer was lost is found to be there, not appended again.
static void append_all(struct meta_store *store)
{
    struct meta_journal_info info;
    again(meta_store_create_project(store, "demo", NULL, &err));
    do {
        again(meta_store_get_journal(store, "demo", "labels", &info, &err));
        if (info.length < 3 &&
            meta_store_append_journal(store, "demo", "labels", info.length, "entry", 5, NULL, &err) != ERR_NONE)
            assert_int_equal(err.code, ERR_UNAVAILABLE);
    } while (info.length < 3);
}

static void whatever_call_fails_a_journal_has_each_entry_once(void **state)
{
    (void)state;
    struct clock_manual clock;
    clock_manual_init(&clock, 1000000);
    for (int lost = 0; lost < 2; lost++) {
        struct fault fault = {.answer_lost = lost == 1};
        do {
            atomic_store(&fault.calls, 0);
            fault.at++;
            struct meta_store *store = meta_store_fault_new(meta_store_memory_new(&clock.clock), &fault);
            append_all(store);
            struct meta_journal_page page;
            again(meta_store_list_journal(store, "demo", "labels", -1, 10, &page, &err));
            assert_int_equal(page.count, 3);
            meta_journal_page_release(&page);
            meta_store_free(store);
        } while (atomic_load(&fault.calls) >= fault.at);
        assert_true(fault.at > 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_call_fails_once_the_counts_are_the_same),
        cmocka_unit_test(whatever_call_fails_a_journal_has_each_entry_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
