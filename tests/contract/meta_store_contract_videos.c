// What every meta store does with projects, videos and segments.
#include "meta_store_contract.h"

#include <string.h>

// ---- projects

static void a_project_is_created_once(void **state)
{
    struct fixture *f = *state;
    bool created;
    assert_ok(meta_store_create_project(f->store, PROJECT, &created, &failure), &failure);
    assert_true(created);
    assert_ok(meta_store_create_project(f->store, PROJECT, &created, &failure), &failure);
    assert_false(created);
    struct meta_project project;
    assert_ok(meta_store_get_project(f->store, PROJECT, &project, &failure), &failure);
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
    assert_code(meta_store_create_project(f->store, "No Such Name", NULL, &failure), ERR_INVALID);
    assert_code(meta_store_get_project(f->store, "nobody", &project, &failure), ERR_NOT_FOUND);
    assert_non_null(strstr(failure.message, "nobody"));
    assert_code(meta_store_mark_project_deleting(f->store, "nobody", &failure), ERR_NOT_FOUND);
    assert_code(meta_store_get_video(f->store, "../etc", &video, &failure), ERR_INVALID);
    assert_code(meta_store_get_video(f->store, NO_VIDEO, &video, &failure), ERR_NOT_FOUND);
    assert_non_null(strstr(failure.message, NO_VIDEO));
    assert_code(meta_store_set_video_state(f->store, NO_VIDEO, 0xFF, VIDEO_DONE, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_add_video_error(f->store, NO_VIDEO, "x", false, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_finish_segment(f->store, NO_VIDEO, 0, 0, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_settle_video(f->store, NO_VIDEO, NULL, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_get_frame(f->store, NO_VIDEO, 0, &frames, &failure), ERR_NOT_FOUND);
    struct meta_frame frame = frame_at(0);
    assert_code(meta_store_put_frames(f->store, NO_VIDEO, &frame, 1, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_put_objects(f->store, NO_VIDEO, &frame, 1, &failure), ERR_NOT_FOUND);

    create(f, VIDEO);
    assert_code(meta_store_finish_segment(f->store, VIDEO, 3, 0, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_fail_frame(f->store, VIDEO, 3, true, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_get_frame(f->store, VIDEO, 3, &frames, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_get_frame(f->store, VIDEO, -1, &frames, &failure), ERR_INVALID);
    frame.index = -1;
    assert_code(meta_store_put_frames(f->store, VIDEO, &frame, 1, &failure), ERR_INVALID);
}

static void projects_are_listed_by_name_and_page(void **state)
{
    struct fixture *f = *state;
    const char *names[] = {"b", "a", "d", "c"};
    for (size_t i = 0; i < 4; i++)
        assert_ok(meta_store_create_project(f->store, names[i], NULL, &failure), &failure);
    struct meta_project *projects;
    size_t count;
    assert_ok(meta_store_list_projects(f->store, NULL, 3, &projects, &count, &failure), &failure);
    assert_int_equal(count, 3);
    assert_string_equal(projects[0].name, "a");
    assert_string_equal(projects[2].name, "c");
    free(projects);
    assert_ok(meta_store_list_projects(f->store, "c", 3, &projects, &count, &failure), &failure);
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
    assert_ok(meta_store_list_projects(f->store, NULL, 10, &projects, &count, &failure), &failure);
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
    assert_ok(meta_store_mark_project_deleting(f->store, PROJECT, &failure), &failure);
    assert_ok(meta_store_mark_project_deleting(f->store, PROJECT, &failure), &failure);
    assert_code(meta_store_create_project(f->store, PROJECT, NULL, &failure), ERR_CONFLICT);
    describe_video(&video, OTHER_VIDEO);
    assert_code(meta_store_create_video(f->store, &video, NULL, &failure), ERR_CONFLICT);
    assert_code(meta_store_remove_project(f->store, PROJECT, &failure), ERR_CONFLICT);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &failure), &failure);
    assert_ok(meta_store_remove_project(f->store, PROJECT, &failure), &failure);
    assert_ok(meta_store_remove_project(f->store, PROJECT, &failure), &failure);
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
    assert_ok(meta_store_create_video(f->store, &given, &created, &failure), &failure);
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
    assert_ok(meta_store_create_video(f->store, &again, &created, &failure), &failure);
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
        assert_ok(meta_store_create_video(f->store, &video, NULL, &failure), &failure);
    }
    struct meta_video *videos;
    size_t count;
    assert_ok(meta_store_list_videos(f->store, NULL, NULL, 4, &videos, &count, &failure), &failure);
    assert_int_equal(count, 4);
    assert_string_equal(videos[0].id, "0000000000000003");
    char last[VIDEO_ID_SIZE];
    memcpy(last, videos[3].id, sizeof(last));
    free(videos);
    assert_ok(meta_store_list_videos(f->store, NULL, last, 4, &videos, &count, &failure), &failure);
    assert_int_equal(count, 2);
    assert_string_equal(videos[1].id, "0000000000000000");
    free(videos);
    assert_ok(meta_store_list_videos(f->store, "odd", NULL, 4, &videos, &count, &failure), &failure);
    assert_int_equal(count, 3);
    free(videos);
    assert_code(meta_store_list_videos(f->store, NULL, NO_VIDEO, 4, &videos, &count, &failure), ERR_NOT_FOUND);
}

static void a_state_changes_only_from_the_states_given(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    f->clock.now_us += SECOND_US;
    assert_code(
        meta_store_set_video_state(f->store, VIDEO, 1u << VIDEO_RUNNING, VIDEO_CANCELLED, &failure), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "queued"));
    assert_int_equal(get(f, VIDEO).state, VIDEO_QUEUED);
    assert_ok(meta_store_set_video_state(f->store, VIDEO, RUNNING_OR_QUEUED, VIDEO_CANCELLED, &failure), &failure);
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
    assert_ok(meta_store_set_video_media(f->store, VIDEO, &media, &failure), &failure);
    assert_ok(meta_store_set_video_models(f->store, VIDEO, "detector-1", "embedder-2", &failure), &failure);
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
    assert_ok(meta_store_set_video_name(f->store, VIDEO, "Abendschau, 26. März \"live\"", &failure), &failure);
    struct meta_video after = get(f, VIDEO);
    assert_string_equal(after.name, "Abendschau, 26. März \"live\"");
    assert_int_equal(after.updated_us, f->clock.now_us);
    assert_string_equal(after.source, before.source);
    assert_int_equal(after.state, before.state);
    assert_int_equal(after.created_us, before.created_us);

    memset(name, 'n', META_TITLE_SIZE);
    name[META_TITLE_SIZE] = '\0';
    assert_code(meta_store_set_video_name(f->store, VIDEO, name, &failure), ERR_INVALID);
    assert_code(meta_store_set_video_name(f->store, VIDEO, "", &failure), ERR_INVALID);
    assert_string_equal(get(f, VIDEO).name, after.name);
    name[META_TITLE_SIZE - 1] = '\0';
    assert_ok(meta_store_set_video_name(f->store, VIDEO, name, &failure), &failure);
    assert_string_equal(get(f, VIDEO).name, name);
    assert_code(meta_store_set_video_name(f->store, "00000000000000ee", "other", &failure), ERR_NOT_FOUND);
}

static void the_same_error_counts_once_and_only_the_first_are_kept(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    for (int i = 0; i < 60; i++) {
        char sentence[32];
        snprintf(sentence, sizeof(sentence), "frame %d is damaged", i);
        for (int k = 0; k < 2; k++)
            assert_ok(meta_store_add_video_error(f->store, VIDEO, sentence, i >= 20 && i < 57, &failure), &failure);
    }
    assert_int_equal(get(f, VIDEO).errors_count, 60);
    assert_int_equal(get(f, VIDEO).errors_final, 37);
    char **sentences;
    size_t count;
    assert_ok(meta_store_video_errors(f->store, VIDEO, &sentences, &count, &failure), &failure);
    assert_int_equal(count, META_VIDEO_ERRORS_MAX);
    assert_string_equal(sentences[0], "frame 0 is damaged");
    assert_string_equal(sentences[49], "frame 49 is damaged");
    meta_strings_free(sentences, count);
    assert_ok(meta_store_clear_video_errors(f->store, VIDEO, &failure), &failure);
    assert_int_equal(get(f, VIDEO).errors_count, 0);
    assert_int_equal(get(f, VIDEO).errors_final, 0);
    assert_ok(meta_store_video_errors(f->store, VIDEO, &sentences, &count, &failure), &failure);
    assert_int_equal(count, 0);
    meta_strings_free(sentences, count);
}

static void a_removed_video_leaves_nothing_and_can_come_back_empty(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 20);
    put_objects(f, VIDEO, 3, 2);
    assert_ok(meta_store_add_video_error(f->store, VIDEO, "x", true, &failure), &failure);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &failure), &failure);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &failure), &failure);
    struct meta_video video;
    assert_code(meta_store_get_video(f->store, VIDEO, &video, &failure), ERR_NOT_FOUND);
    create(f, VIDEO);
    struct meta_frames frames;
    const struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = 10};
    assert_ok(meta_store_list_frames(f->store, VIDEO, &range, &frames, &failure), &failure);
    assert_int_equal(frames.count, 0);
    meta_frames_release(&frames);
    struct meta_segment *segments;
    size_t count;
    assert_ok(meta_store_list_segments(f->store, VIDEO, -1, 10, &segments, &count, &failure), &failure);
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
    assert_code(meta_store_put_frames(f->store, VIDEO, &frame, 1, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_finish_segment(f->store, VIDEO, 0, 1, &failure), ERR_NOT_FOUND);
    describe_video(&video, VIDEO);
    assert_code(meta_store_create_video(f->store, &video, NULL, &failure), ERR_CONFLICT);
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
    assert_ok(meta_store_list_segments(f->store, VIDEO, -1, 2, &segments, &count, &failure), &failure);
    assert_int_equal(count, 2);
    assert_int_equal(segments[1].index, 1);
    assert_int_equal(segments[1].start_us, 2 * SECOND_US);
    assert_int_equal(segments[1].end_us, 4 * SECOND_US);
    assert_int_equal(segments[1].prev_pts_us, 0);
    assert_int_equal(segments[1].first_frame_number, 50);
    assert_int_equal(segments[1].source_frames, 50);
    assert_false(segments[1].done);
    free(segments);
    assert_ok(meta_store_list_segments(f->store, VIDEO, 1, 2, &segments, &count, &failure), &failure);
    assert_int_equal(count, 1);
    free(segments);
}

static void a_segment_put_again_stays_done(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_segment(f, VIDEO, 0);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 10, &failure), &failure);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 10, &failure), &failure);
    put_segment(f, VIDEO, 0);
    assert_int_equal(get(f, VIDEO).segments_done, 1);
    struct meta_segment *segments;
    size_t count;
    assert_ok(meta_store_list_segments(f->store, VIDEO, -1, 2, &segments, &count, &failure), &failure);
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
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 8, &failure), &failure);
    assert_int_equal(get(f, VIDEO).frames_expected, -1);
    assert_ok(meta_store_finish_split(f->store, VIDEO, 2, 20, 4 * SECOND_US, false, &failure), &failure);
    assert_int_equal(get(f, VIDEO).frames_expected, 20);
    assert_int_equal(get(f, VIDEO).media.duration_us, 4 * SECOND_US);
    put_frames(f, VIDEO, 10, 9);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 1, 9, &failure), &failure);
    assert_int_equal(get(f, VIDEO).frames_expected, 17);
}

static void a_failed_segment_counts_as_done_with_the_frames_that_came(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    set_state(f, VIDEO, VIDEO_RUNNING);
    put_segment(f, VIDEO, 0);
    put_frames(f, VIDEO, 0, 3);
    assert_ok(meta_store_finish_split(f->store, VIDEO, 1, 10, SECOND_US, false, &failure), &failure);
    assert_ok(meta_store_fail_segment(f->store, VIDEO, 0, &failure), &failure);
    assert_ok(meta_store_fail_segment(f->store, VIDEO, 0, &failure), &failure);
    assert_int_equal(get(f, VIDEO).segments_done, 1);
    for (int32_t i = 0; i < 3; i++)
        put_objects(f, VIDEO, i, 1);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_INCOMPLETE);
    // Its dead letter is retried, and now it works.
    set_state(f, VIDEO, VIDEO_RUNNING);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 3, &failure), &failure);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_DONE);
    assert_int_equal(get(f, VIDEO).segments_done, 1);
}

static void a_finished_segment_is_not_failed_by_a_late_dead_letter(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 1);
    put_objects(f, VIDEO, 0, 0);
    assert_ok(meta_store_fail_segment(f->store, VIDEO, 0, &failure), &failure);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_DONE);
}

static const struct CMUnitTest tests[] = {
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
};
CONTRACT_PART(video_part, tests);
