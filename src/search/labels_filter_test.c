// A search filtered by a label finds what carries it, through the index that answers searches.
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "meta_store/meta_store.h"
#include "meta_store/meta_store_memory.h"
#include "search/labels.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_flat.h"

#define PROJECT "demo"
#define VIDEO "00000000000000aa"
#define DIMENSION 8
#define FRAMES 6

static struct err err;

struct fixture {
    struct clock_manual clock;
    struct meta_store *meta;
    struct vector_index *vectors;
    struct labels *labels;
};

static const char *object(int32_t frame)
{
    static char ids[FRAMES][OBJECT_ID_SIZE];
    object_id_make(VIDEO, frame, 0, ids[frame]);
    return ids[frame];
}

// One object in each frame. tracks[i] is that of frame i.
static void track(struct fixture *f, const int64_t tracks[FRAMES])
{
    struct meta_track found[FRAMES] = {0};
    size_t count = 0;
    for (int32_t i = 0; i < FRAMES; i++) {
        const struct meta_frame_tracks frame = {.frame = i, .tracks = &tracks[i], .count = 1};
        struct vector_attributes change = {.set_track = true, .track = tracks[i]};
        strcpy(change.object, object(i));
        assert_ok(vector_index_set_attributes(f->vectors, PROJECT, &change, 1, &err), &err);
        assert_ok(meta_store_put_frame_tracks(f->meta, VIDEO, &frame, 1, &err), &err);
        if (tracks[i] >= 0 && (count == 0 || found[count - 1].n < tracks[i]))
            found[count++] = (struct meta_track){.n = tracks[i], .first_frame = i, .objects = 0};
        if (tracks[i] >= 0)
            found[count - 1].objects++;
    }
    f->clock.now_us += INT64_C(10000000); // so that labels look again
    assert_ok(meta_store_put_tracks(f->meta, VIDEO, found, count, 0, &err), &err);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    clock_manual_init(&f->clock, INT64_C(1000000000));
    f->meta = meta_store_memory_new(&f->clock.clock);
    f->vectors = vector_index_flat_new();
    f->labels = labels_new(
        &(struct labels_config){.meta = f->meta, .vectors = f->vectors, .clock = &f->clock.clock, .log = log_none()});
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    strcpy(video->id, VIDEO);
    strcpy(video->project, PROJECT);
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    assert_ok(meta_store_create_video(f->meta, video, NULL, &err), &err);
    free(video);
    for (int32_t i = 0; i < FRAMES; i++) {
        struct meta_object box = {.width = 50, .height = 50, .score = 0.9f, .class_name = "car", .track = -1};
        const struct meta_frame frame = {.index = i, .pts_us = i * INT64_C(200000), .objects = &box, .object_count = 1};
        float vector[DIMENSION] = {1, (float)i * 0.1f};
        struct vector_item item = {.class_name = "car", .track = -1, .vector = vector};
        strcpy(item.object, object(i));
        assert_ok(meta_store_put_objects(f->meta, VIDEO, &frame, 1, &err), &err);
        assert_ok(vector_index_upsert(f->vectors, PROJECT, "model", DIMENSION, &item, 1, &err), &err);
    }
    track(f, (const int64_t[]){1, 1, 1, 2, 2, -1});
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    labels_free(f->labels);
    vector_index_free(f->vectors);
    meta_store_free(f->meta);
    free(f);
    return 0;
}

// The frames whose objects a search filtered by these labels finds, in order: "0 1 2".
static const char *found(struct fixture *f, const char *const *labels, size_t count)
{
    static char text[2 * FRAMES + 1];
    struct label_filter filter;
    assert_ok(labels_filter(f->labels, PROJECT, labels, count, &filter, &err), &err);
    const char *excluded[FRAMES];
    assert_true(filter.exception_count <= FRAMES);
    for (size_t i = 0; i < filter.exception_count; i++)
        excluded[i] = filter.exceptions[i];
    const float vector[DIMENSION] = {1};
    const struct vector_query query = {.project = PROJECT,
        .vector = vector,
        .dimension = DIMENSION,
        .limit = FRAMES,
        .min_score = -1,
        .filter = {.labels = (const char *const *)filter.names,
            .label_count = filter.name_count,
            .labelled = filter.tracks,
            .labelled_count = filter.track_count,
            .exclude = excluded,
            .exclude_count = filter.exception_count}};
    struct vector_hit *hits = NULL;
    size_t hit_count = 0;
    assert_ok(vector_index_query(f->vectors, &query, &hits, &hit_count, &err), &err);
    text[0] = '\0';
    for (size_t i = 0; i < hit_count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%c", i > 0 ? " " : "",
            hits[i].object[VIDEO_ID_LENGTH + 8]);
    free(hits);
    label_filter_release(&filter);
    return text;
}

static const char *found_one(struct fixture *f, const char *label)
{
    return found(f, &label, 1);
}

static void say(struct fixture *f, const char *label, int32_t frame, bool yes)
{
    const char *id = object(frame);
    struct label_examples examples = {0};
    struct label_change change;
    if (yes)
        examples = (struct label_examples){.positive = &id, .positive_count = 1};
    else
        examples = (struct label_examples){.negative = &id, .negative_count = 1};
    const struct label_editor nobody = {.expected_version = -1};
    assert_ok(labels_examples(f->labels, PROJECT, label, &examples, &nobody, &change, &err), &err);
}

static void a_label_finds_all_objects_of_its_tracks(void **state)
{
    struct fixture *f = *state;
    say(f, "Bob", 1, true);
    assert_string_equal(found_one(f, "bob"), "0 1 2");
    say(f, "Eve", 5, true);
    assert_string_equal(found_one(f, "Eve"), "5");
    assert_string_equal(found(f, (const char *const[]){"EVE", "Bob"}, 2), "0 1 2 5");
    assert_string_equal(found_one(f, "nobody"), "");
}

static void what_was_said_of_an_object_itself_comes_first(void **state)
{
    struct fixture *f = *state;
    say(f, "Eve", 0, true);
    say(f, "Bob", 1, true);
    assert_string_equal(found_one(f, "Bob"), "1 2");
    assert_string_equal(found_one(f, "Eve"), "0");
    // Not Bob, said before somebody called the rest so.
    say(f, "Bob", 3, false);
    say(f, "Bob", 4, true);
    assert_string_equal(found_one(f, "Bob"), "1 2 4");
    // And after it: then the whole track is not.
    say(f, "Bob", 2, false);
    assert_string_equal(found_one(f, "Bob"), "1 4");
}

static void undoing_and_renaming_are_noticed_at_once(void **state)
{
    struct fixture *f = *state;
    const struct label_editor nobody = {.expected_version = -1};
    struct label_change change;
    say(f, "Bob", 1, true);
    assert_ok(labels_undo(f->labels, PROJECT, &nobody, &change, &err), &err);
    assert_string_equal(found_one(f, "Bob"), "");
    assert_ok(labels_redo(f->labels, PROJECT, &nobody, &change, &err), &err);
    assert_string_equal(found_one(f, "Bob"), "0 1 2");
    assert_ok(labels_rename(f->labels, PROJECT, "Bob", "Robert", &nobody, &change, &err), &err);
    assert_string_equal(found_one(f, "Bob"), "");
    assert_string_equal(found_one(f, "robert"), "0 1 2");
}

static void tracks_that_are_made_anew_take_their_labels_with_them(void **state)
{
    struct fixture *f = *state;
    say(f, "Bob", 1, true);
    assert_string_equal(found_one(f, "Bob"), "0 1 2");
    track(f, (const int64_t[]){1, 2, 2, 2, 3, 3});
    assert_string_equal(found_one(f, "Bob"), "1 2 3");
    track(f, (const int64_t[]){-1, -1, -1, -1, -1, -1});
    assert_string_equal(found_one(f, "Bob"), "1");
}

static void names_that_are_none_are_refused(void **state)
{
    struct fixture *f = *state;
    struct label_filter filter;
    const char *bad = "two\nlines";
    assert_code(labels_filter(f->labels, PROJECT, &bad, 1, &filter, &err), ERR_INVALID);
    assert_string_equal(err.field, "label");
    const char *good = "Bob";
    assert_code(labels_filter(f->labels, "none", &good, 1, &filter, &err), ERR_NOT_FOUND);
}

#define with_labels(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_labels(a_label_finds_all_objects_of_its_tracks),
        with_labels(what_was_said_of_an_object_itself_comes_first),
        with_labels(undoing_and_renaming_are_noticed_at_once),
        with_labels(tracks_that_are_made_anew_take_their_labels_with_them),
        with_labels(names_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
