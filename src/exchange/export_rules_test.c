// What is exported and what is not, over real stores. Run as: exchange_export_rules_test BACKEND
#include "exchange/export.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "exchange/export_internal.h"
#include "exchange/test_exchange.h"
#include "meta_store/meta_store_backend.h"
#include "os/cancel.h"

#define BIG "00000000000000dd"

static size_t count_of(const char *text, const char *words)
{
    size_t count = 0;
    for (const char *at = strstr(text, words); at != NULL; at = strstr(at + 1, words))
        count++;
    return count;
}

// How often words stand in an export of a video (NULL: all of the project).
static size_t count_in(
    struct exchange_fixture *f, const char *video, const struct export_request *request, const char *words)
{
    char *text = export_from(f, video, request);
    size_t count = count_of(text, words);
    free(text);
    return count;
}

static void what_is_probable_comes_where_it_is_asked_for_and_can_be_said(void **state)
{
    struct exchange_fixture *f = *state;
    say_yes(f->base, "red", object_of(VIDEO_A, 0, 0));
    size_t likely = count_found(f->base, "red", LABEL_LIST_PROBABLE, VIDEO_A, NULL);
    assert_true(likely > 0);
    struct export_request request = {.format = EXCHANGE_CSV};
    assert_int_equal(count_in(f, VIDEO_A, &request, "red,probable,"), 0);
    request.kind = EXPORT_PROBABLE;
    assert_int_equal(count_in(f, VIDEO_A, &request, "red,probable,"), likely);
    request.kind = EXPORT_ALL;
    assert_int_equal(count_in(f, VIDEO_A, &request, "red,probable,"), likely);
    // Of one label only, nothing comes by its class.
    assert_int_equal(count_in(f, VIDEO_A, &request, "\n" VIDEO_A), FRAMES * THINGS);
    request.label = "red";
    assert_int_equal(count_in(f, VIDEO_A, &request, "\n" VIDEO_A), 1 + likely);
    // A format that cannot tell it from others has it by its class.
    request = (struct export_request){.format = EXCHANGE_YOLO, .kind = EXPORT_ALL};
    request.project = PROJECT;
    struct export *export = begin_export(f, VIDEO_A, &request);
    struct strbuf archive;
    bool done = false;
    strbuf_init(&archive);
    while (!done)
        assert_ok(export_next(export, NULL, &archive, &done, &failure), &failure);
    export_free(export);
    for (int i = 1; i < FRAMES; i++) {
        char name[64];
        char text[300];
        size_t used = 0;
        snprintf(name, sizeof(name), "labels/train/" VIDEO_A "-%08d.txt", i);
        for (int k = 0; k < THINGS; k++)
            used += (size_t)snprintf(
                text + used, sizeof(text) - used, "1 %.8f 0.06944444 0.07812500 0.13888889\n", (k * 100 + 25) / 640.0);
        assert_member(&archive, name, text);
    }
    strbuf_release(&archive);
}

static void a_video_that_is_being_deleted_is_not_exported(void **state)
{
    struct exchange_fixture *f = *state;
    const struct export_request request = {.format = EXCHANGE_CSV, .kind = EXPORT_ALL};
    assert_int_equal(count_in(f, NULL, &request, "\n" VIDEO_B), FRAMES * THINGS);
    assert_ok(meta_store_set_video_state(f->base->meta, VIDEO_B, ~0u, VIDEO_DELETING, &failure), &failure);
    assert_int_equal(count_in(f, NULL, &request, "\n" VIDEO_B), 0);
    assert_int_equal(count_in(f, NULL, &request, "\n" VIDEO_A), FRAMES * THINGS);
}

static const struct meta_store_ops *own_ops;
static int pages;

// The video goes between its first page of frames and its second.
static enum err_code list_frames_and_delete(struct meta_store *store, const char *video,
    const struct meta_frame_range *range, struct meta_frames *frames, struct err *err)
{
    if (strcmp(video, BIG) == 0 && range->limit > 1 && ++pages == 2)
        assert_ok(meta_store_remove_video(store, video, &failure), &failure);
    return own_ops->list_frames(store, video, range, frames, err);
}

static void a_video_that_is_deleted_meanwhile_ends_there_and_the_others_follow(void **state)
{
    struct exchange_fixture *f = *state;
    static struct meta_store_ops ops;
    add_video(f->base, PROJECT, BIG);
    for (int32_t i = 0; i < 150; i++)
        add_frame(f->base, BIG, i, 1, -1);
    pass_seconds(f->base, 1);
    add_video(f->base, PROJECT, "00000000000000de");
    add_frame(f->base, "00000000000000de", 0, 1, -1);
    say_yes(f->base, "red", object_of(BIG, 0, 0));
    say_yes(f->base, "red", object_of(BIG, 149, 0));
    say_yes(f->base, "red", object_of("00000000000000de", 0, 0));
    own_ops = f->base->meta->ops;
    ops = *own_ops;
    ops.list_frames = list_frames_and_delete;
    f->base->meta->ops = &ops;
    char *text = export_from(f, NULL, &(struct export_request){.format = EXCHANGE_CSV});
    f->base->meta->ops = own_ops;
    assert_int_equal(pages, 2);
    assert_int_equal(count_of(text, "\n" BIG), 1);
    assert_int_equal(count_of(text, "\n00000000000000de"), 1);
    free(text);
}

static void an_export_that_nobody_waits_for_ends(void **state)
{
    struct exchange_fixture *f = *state;
    struct export *export =
        begin_export(f, VIDEO_A, &(struct export_request){.format = EXCHANGE_CSV, .kind = EXPORT_ALL});
    struct cancel *cancel = cancel_new(NULL);
    struct strbuf out;
    bool done = false;
    strbuf_init(&out);
    cancel_request(cancel);
    assert_code(export_next(export, cancel, &out, &done, &failure), ERR_CANCELLED);
    assert_false(done);
    strbuf_release(&out);
    cancel_free(cancel);
    export_free(export);
}

// A clip of one frame, sampled every five seconds, with these objects.
static void add_slow_clip(struct exchange_fixture *f, struct meta_object *objects, size_t count)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    const struct meta_track track = {.n = 3, .class_name = "car", .objects = 2};
    strcpy(video->id, BIG);
    strcpy(video->project, PROJECT);
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 1, .fps_den = 5};
    assert_ok(meta_store_create_video(f->base->meta, video, NULL, &failure), &failure);
    put_frame(f->base, BIG, 0, objects, count);
    assert_ok(meta_store_put_tracks(f->base->meta, BIG, &track, 1, 0, &failure), &failure);
    free(video);
}

static struct strbuf export_slow_clip(struct exchange_fixture *f, enum exchange_format format)
{
    struct export *export = begin_export(f, BIG, &(struct export_request){.format = format, .kind = EXPORT_ALL});
    struct strbuf archive;
    bool done = false;
    strbuf_init(&archive);
    while (!done)
        assert_ok(export_next(export, NULL, &archive, &done, &failure), &failure);
    export_free(export);
    return archive;
}

static void a_track_is_in_a_frame_once_and_a_slow_clip_has_a_frame_a_second(void **state)
{
    struct exchange_fixture *f = *state;
    struct meta_object objects[] = {thing_on(0, 3), thing_on(1, 3)};
    add_slow_clip(f, objects, 2);
    struct strbuf archive = export_slow_clip(f, EXCHANGE_MOT);
    assert_member(&archive, BIG "/gt/gt.txt", "1,4,0.00,0.00,50.00,50.00,1,1,1\n");
    assert_member(&archive, BIG "/seqinfo.ini",
        "[Sequence]\nname=" BIG "\nimDir=img1\nframeRate=1\nseqLength=1\nimWidth=640\nimHeight=360\nimExt=.jpg\n");
    strbuf_release(&archive);
}

static void a_box_that_reaches_beyond_its_frame_is_no_more_than_all_of_it(void **state)
{
    struct exchange_fixture *f = *state;
    struct meta_object object = thing_on(0, -1);
    object.width = 1300;
    object.height = 800;
    add_slow_clip(f, &object, 1);
    struct strbuf archive = export_slow_clip(f, EXCHANGE_YOLO);
    assert_member(&archive, "labels/train/" BIG "-00000000.txt", "0 1.00000000 1.00000000 1.00000000 1.00000000\n");
    strbuf_release(&archive);
}

static void an_archive_of_too_many_files_is_refused_with_a_way_out(void **state)
{
    struct exchange_fixture *f = *state;
    struct strbuf out;
    bool done = false;
    label_the_clip(f);
    // With room for all it has but one.
    struct export *export = begin_export(f, CLIP, &(struct export_request){.format = EXCHANGE_YOLO});
    strbuf_init(&out);
    while (!done)
        assert_ok(export_next(export, NULL, &out, &done, &failure), &failure);
    size_t files = export->files;
    export_free(export);
    assert_true(files > 1);
    for (size_t room = files - 1; room <= files; room++) {
        export = begin_export(f, CLIP, &(struct export_request){.format = EXCHANGE_YOLO});
        export->files += EXPORT_ARCHIVE_FILES_MAX - room;
        enum err_code code = ERR_NONE;
        for (done = false; !done && code == ERR_NONE;)
            code = export_next(export, NULL, &out, &done, &failure);
        export_free(export);
        assert_code(code, room < files ? ERR_LIMIT : ERR_NONE);
    }
    strbuf_release(&out);
}

// Somebody else renames the label at this thread's second look at the journal.
static struct labels *renaming;
static pthread_t looking;
static int looks;

static enum err_code get_journal_and_rename(
    struct meta_store *store, const char *project, const char *name, struct meta_journal_info *info, struct err *err)
{
    if (pthread_equal(pthread_self(), looking) != 0 && ++looks == 2) {
        struct label_change change;
        assert_ok(labels_rename(renaming, PROJECT, "before", "after", &anybody, &change, &failure), &failure);
    }
    return own_ops->get_journal(store, project, name, info, err);
}

static void a_label_that_is_renamed_meanwhile_has_one_name_in_an_export(void **state)
{
    struct exchange_fixture *f = *state;
    static struct meta_store_ops ops;
    say_yes(f->base, "before", object_of(CLIP, 0, 0));
    own_ops = f->base->meta->ops;
    ops = *own_ops;
    ops.get_journal = get_journal_and_rename;
    renaming = new_labels(f->base);
    looking = pthread_self();
    looks = 0;
    f->base->meta->ops = &ops;
    char *text = export_text(f, &(struct export_request){.format = EXCHANGE_COCO});
    f->base->meta->ops = own_ops;
    labels_free(renaming);
    assert_true(looks > 1);
    assert_non_null(strstr(text, "\"before\""));
    assert_null(strstr(text, "\"after\""));
    free(text);
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_clip(what_is_probable_comes_where_it_is_asked_for_and_can_be_said),
        with_clip(a_video_that_is_being_deleted_is_not_exported),
        with_clip(a_video_that_is_deleted_meanwhile_ends_there_and_the_others_follow),
        with_clip(an_export_that_nobody_waits_for_ends),
        with_clip(a_track_is_in_a_frame_once_and_a_slow_clip_has_a_frame_a_second),
        with_clip(a_box_that_reaches_beyond_its_frame_is_no_more_than_all_of_it),
        with_clip(an_archive_of_too_many_files_is_refused_with_a_way_out),
        with_clip(a_label_that_is_renamed_meanwhile_has_one_name_in_an_export),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
