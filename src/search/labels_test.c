// The labelling service over real stores. Run as: labels_test BACKEND
#include "search/labels.h"

#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store.h"
#include "meta_store/meta_store_memory.h"
#include "meta_store/meta_store_sqlite.h"
#include "meta_store_fault.h"
#include "os/file.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_flat.h"

#define PROJECT "demo"
#define VIDEO_A "00000000000000aa"
#define VIDEO_B "f0000000000000bb"
#define ELSEWHERE "00000000000000cc" // a video of another project
#define DIMENSION 16
#define FRAMES 12
#define THINGS 3 // of each frame; object k shows thing k

static const char *backend;
static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct clock_manual clock;
    struct fault fault;
    struct meta_store *meta;
    struct vector_index *vectors;
    struct labels *labels;
};

static struct labels *new_labels(struct fixture *f)
{
    return labels_new(
        &(struct labels_config){.meta = f->meta, .vectors = f->vectors, .clock = &f->clock.clock, .log = log_none()});
}

static void restart(struct fixture *f)
{
    labels_free(f->labels);
    f->labels = new_labels(f);
}

static void pass_seconds(struct fixture *f, int seconds)
{
    f->clock.now_us += seconds * INT64_C(1000000);
}

static void add_video(struct fixture *f, const char *project, const char *id)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    snprintf(video->id, sizeof(video->id), "%s", id);
    snprintf(video->project, sizeof(video->project), "%s", project);
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    assert_ok(meta_store_create_video(f->meta, video, NULL, &err), &err);
    free(video);
}

static void add_frame(struct fixture *f, const char *video, int32_t index, size_t count, int64_t track)
{
    struct meta_object *objects = mem_calloc(count, sizeof(*objects));
    for (size_t k = 0; k < count; k++)
        objects[k] = (struct meta_object){.x = (float)k * 100,
            .width = 50,
            .height = 50,
            .score = 0.9f,
            .class_name = "car",
            .track = track >= 0 ? track + (int64_t)k : -1};
    const struct meta_frame frame = {.index = index,
        .pts_us = index * INT64_C(200000),
        .width = 640,
        .height = 360,
        .objects = objects,
        .object_count = count};
    assert_ok(meta_store_put_objects(f->meta, video, &frame, 1, &err), &err);
    free(objects);
}

// Thing k points along axis k, a little differently in every frame.
static void add_vectors(struct fixture *f, const char *project, const char *video)
{
    float vectors[FRAMES * THINGS][DIMENSION] = {0};
    struct vector_item items[FRAMES * THINGS] = {0};
    for (int i = 0; i < FRAMES * THINGS; i++) {
        int frame = i / THINGS;
        int k = i % THINGS;
        vectors[i][k] = 1;
        vectors[i][THINGS + frame] = 0.12f;
        items[i] = (struct vector_item){.class_name = "car", .track = -1, .vector = vectors[i]};
        object_id_make(video, frame, k, items[i].object);
    }
    assert_ok(vector_index_upsert(f->vectors, project, "model", DIMENSION, items, FRAMES * THINGS, &err), &err);
}

static void ingest(struct fixture *f, const char *project, const char *video)
{
    add_video(f, project, video);
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(f, video, i, THINGS, -1);
    add_vectors(f, project, video);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    clock_manual_init(&f->clock, INT64_C(1000000000));
    struct meta_store *inner = NULL;
    if (strcmp(backend, "sqlite") == 0) {
        assert_ok(dir_make_temporary(NULL, "labels-", f->folder, &err), &err);
        char *path = mem_sprintf("%s/meta.db", f->folder);
        assert_ok(meta_store_sqlite_open(path, &f->clock.clock, &inner, &err), &err);
        free(path);
    } else {
        inner = meta_store_memory_new(&f->clock.clock);
    }
    f->meta = meta_store_fault_new(inner, &f->fault);
    f->vectors = vector_index_flat_new();
    f->labels = new_labels(f);
    ingest(f, PROJECT, VIDEO_A);
    ingest(f, PROJECT, VIDEO_B);
    ingest(f, "other", ELSEWHERE);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    labels_free(f->labels);
    vector_index_free(f->vectors);
    meta_store_free(f->meta);
    if (f->folder[0] != '\0')
        assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

// ---- saying and asking

static const struct label_editor anybody = {.expected_version = -1};

static const char *object_of(const char *video, int frame, int k)
{
    static char ids[8][OBJECT_ID_SIZE];
    static int next;
    char *id = ids[next++ % 8];
    object_id_make(video, frame, k, id);
    return id;
}

static enum err_code try_say(struct fixture *f, const char *label, const char *yes, const char *no)
{
    struct label_change change;
    const struct label_examples examples = {
        .positive = &yes, .positive_count = yes != NULL, .negative = &no, .negative_count = no != NULL};
    return labels_examples(f->labels, PROJECT, label, &examples, &anybody, &change, &err);
}

static void say_yes(struct fixture *f, const char *label, const char *object)
{
    assert_ok(try_say(f, label, object, NULL), &err);
}

static void say_no(struct fixture *f, const char *label, const char *object)
{
    assert_ok(try_say(f, label, NULL, object), &err);
}

static void undo(struct fixture *f)
{
    struct label_change change;
    assert_ok(labels_undo(f->labels, PROJECT, &anybody, &change, &err), &err);
}

// What an object is shown as: "red", "red?" or "-".
static const char *shown_on(struct fixture *f, const char *object, int64_t track)
{
    static char text[LABEL_NAME_SIZE + 2];
    struct object_labels set;
    const struct label_object asked = {.object = object, .track = track};
    assert_ok(labels_of_objects(f->labels, PROJECT, &asked, 1, &set, &err), &err);
    const struct object_label *item = &set.items[0];
    snprintf(text, sizeof(text), "%s%s", item->kind == LABEL_NONE ? "-" : item->name,
        item->kind == LABEL_PROBABLE ? "?" : "");
    assert_true(item->score >= 0 && item->score <= 1);
    object_labels_release(&set);
    return text;
}

static const char *shown(struct fixture *f, const char *object)
{
    return shown_on(f, object, -1);
}

// "name positives/negatives/probable" of each label.
static const char *listed(struct fixture *f)
{
    static char text[2048];
    struct label_list list;
    size_t used = 0;
    assert_ok(labels_list(f->labels, PROJECT, &list, &err), &err);
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %d/%d/%d", i > 0 ? ", " : "", list.items[i].name,
                (int)list.items[i].positives, (int)list.items[i].negatives, (int)list.items[i].probable);
    label_list_release(&list);
    return text;
}

static size_t count_found(
    struct fixture *f, const char *label, enum label_listing listing, const char *video, const char *without)
{
    struct labelled_objects hits;
    assert_ok(labels_objects(f->labels, PROJECT, label, listing, video, 0, LABELS_LIST_MAX, &hits, &err), &err);
    for (size_t i = 0; i < hits.count && without != NULL; i++)
        assert_string_not_equal(hits.items[i].object, without);
    size_t count = hits.count;
    labelled_objects_release(&hits);
    return count;
}

// How many vectors a search finds that filters by the label.
static size_t count_searched(struct fixture *f, const char *label)
{
    float any[DIMENSION] = {1, 1, 1};
    struct vector_hit *hits;
    size_t count;
    const struct vector_query query = {.project = PROJECT,
        .vector = any,
        .dimension = DIMENSION,
        .limit = 1000,
        .min_score = -1,
        .filter = {.labels = &label, .label_count = 1}};
    assert_ok(vector_index_query(f->vectors, &query, &hits, &count, &err), &err);
    free(hits);
    return count;
}

static void assert_says(const char *words)
{
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

// ---- labels and their objects

static void a_label_is_made_by_its_first_example(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(listed(f), "");
    struct label_change change;
    const char *yes[] = {object_of(VIDEO_A, 0, 0)};
    const char *no[] = {object_of(VIDEO_A, 0, 1)};
    const struct label_examples examples = {.positive = yes, .positive_count = 1, .negative = no, .negative_count = 1};
    const struct label_editor ann = {.by = "ann", .expected_version = 0};
    assert_ok(labels_examples(f->labels, PROJECT, "red car", &examples, &ann, &change, &err), &err);
    assert_int_equal(change.version, 1);
    assert_int_equal(change.step.id, 1);
    assert_int_equal(change.step.kind, LABEL_STEP_EXAMPLES);
    assert_string_equal(change.step.by, "ann");
    assert_int_equal(change.step.at_us, f->clock.now_us);
    assert_true(change.has_label);
    assert_string_equal(change.label.name, "red car");
    assert_int_equal(change.label.positives, 1);
    assert_int_equal(change.label.negatives, 1);
    assert_string_equal(change.label.example, yes[0]);
    assert_true(change.has_undo);
    assert_int_equal(change.undo.id, 1);
    assert_false(change.has_redo);
    assert_string_equal(shown(f, yes[0]), "red car");
    assert_string_equal(shown(f, no[0]), "-");
}

static void what_looks_the_same_is_probable_at_once_and_what_was_rejected_never(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(shown(f, object_of(VIDEO_A, 5, 0)), "red?");
    assert_string_equal(shown(f, object_of(VIDEO_B, 7, 0)), "red?");
    assert_string_equal(shown(f, object_of(VIDEO_A, 5, 1)), "-");
    const char *rejected = object_of(VIDEO_A, 5, 0);
    say_no(f, "red", rejected);
    assert_string_equal(shown(f, rejected), "-");
    count_found(f, "red", LABEL_LIST_PROBABLE, NULL, rejected);
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 1);
    // Explicit ones are not probable.
    count_found(f, "red", LABEL_LIST_PROBABLE, NULL, object_of(VIDEO_A, 0, 0));
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, NULL), 1);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, VIDEO_B, NULL), 0);
}

static void an_object_has_one_best_label_and_undo_restores_the_answers(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    char *before = mem_strdup(listed(f));
    say_yes(f, "blue", object_of(VIDEO_A, 0, 1));
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 0)), "red?");
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 1)), "blue?");
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 2)), "-");
    // Moved: blue has nothing left, and lays claim to nothing.
    say_yes(f, "red", object_of(VIDEO_A, 0, 1));
    assert_string_not_equal(shown(f, object_of(VIDEO_A, 6, 1)), "blue?");
    undo(f);
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 1)), "blue?");
    undo(f);
    undo(f);
    assert_ok(labels_refresh(f->labels, PROJECT, &err), &err);
    assert_string_equal(listed(f), before);
    free(before);
}

static void a_label_with_only_negatives_lays_claim_to_nothing(void **state)
{
    struct fixture *f = *state;
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(listed(f), "red 0/1/0");
    struct labelled_objects hits;
    bool settled = false;
    assert_ok(labels_candidates(f->labels, PROJECT, "red", NULL, 10, &hits, &settled, &err), &err);
    assert_int_equal(hits.count, 0);
    assert_true(settled);
    labelled_objects_release(&hits);
}

static void suggestions_are_like_the_examples_and_store_nothing(void **state)
{
    struct fixture *f = *state;
    const char *yes[] = {object_of(VIDEO_A, 0, 0)};
    const char *no[] = {object_of(VIDEO_A, 0, 1)};
    struct label_suggest request = {.project = PROJECT,
        .positive = yes,
        .positive_count = 1,
        .negative = no,
        .negative_count = 1,
        .label = "not there yet",
        .limit = 5};
    struct labelled_objects hits;
    assert_ok(labels_suggest(f->labels, &request, &hits, &err), &err);
    assert_int_equal(hits.count, 5);
    assert_true(hits.more);
    for (size_t i = 0; i < hits.count; i++) {
        assert_string_not_equal(hits.items[i].object, yes[0]);
        assert_int_equal(hits.items[i].object[OBJECT_ID_SIZE - 2], '0');
        assert_true(hits.items[i].confidence >= 0.5f);
    }
    labelled_objects_release(&hits);
    assert_string_equal(listed(f), "");
    yes[0] = object_of(ELSEWHERE, 0, 0);
    assert_code(labels_suggest(f->labels, &request, &hits, &err), ERR_INVALID);
    yes[0] = no[0];
    assert_code(labels_suggest(f->labels, &request, &hits, &err), ERR_INVALID);
    assert_says("named twice");
}

static void candidates_are_never_what_was_answered_already(void **state)
{
    struct fixture *f = *state;
    const char *yes = object_of(VIDEO_A, 0, 0);
    const char *no = object_of(VIDEO_A, 3, 0);
    assert_ok(try_say(f, "red", yes, no), &err);
    struct labelled_objects hits;
    bool settled;
    assert_ok(labels_candidates(f->labels, PROJECT, "red", VIDEO_A, 10, &hits, &settled, &err), &err);
    for (size_t i = 0; i < hits.count; i++) {
        assert_string_not_equal(hits.items[i].object, yes);
        assert_string_not_equal(hits.items[i].object, no);
        assert_memory_equal(hits.items[i].object, VIDEO_A, VIDEO_ID_LENGTH);
    }
    labelled_objects_release(&hits);
    assert_code(labels_candidates(f->labels, PROJECT, "blue", NULL, 10, &hits, &settled, &err), ERR_NOT_FOUND);
}

static void pages_of_objects_follow_each_other(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        say_yes(f, "red", object_of(VIDEO_A, i, 0));
        pass_seconds(f, 1);
    }
    struct labelled_objects hits;
    assert_ok(labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 0, 2, &hits, &err), &err);
    assert_int_equal(hits.count, 2);
    assert_true(hits.more);
    assert_string_equal(hits.items[0].object, object_of(VIDEO_A, 4, 0));
    assert_int_equal(hits.items[0].at_us, f->clock.now_us - 1000000);
    labelled_objects_release(&hits);
    assert_ok(labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 4, 2, &hits, &err), &err);
    assert_int_equal(hits.count, 1);
    assert_false(hits.more);
    assert_string_equal(hits.items[0].object, object_of(VIDEO_A, 0, 0));
    labelled_objects_release(&hits);
    assert_code(labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 0, 0, &hits, &err), ERR_INVALID);
}

static void a_timeline_knows_which_objects_carry_a_label(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    const struct label_object asked[] = {
        {object_of(VIDEO_A, 0, 0), -1}, {object_of(VIDEO_A, 4, 0), -1}, {object_of(VIDEO_A, 4, 1), -1}};
    enum label_kind kinds[3];
    assert_ok(labels_match(f->labels, PROJECT, "RED", asked, 3, kinds, &err), &err);
    assert_int_equal(kinds[0], LABEL_EXPLICIT);
    assert_int_equal(kinds[1], LABEL_PROBABLE);
    assert_int_equal(kinds[2], LABEL_NONE);
    assert_code(labels_match(f->labels, PROJECT, "blue", asked, 3, kinds, &err), ERR_NOT_FOUND);
}

// ---- requests that are refused

static void objects_that_are_wrong_are_refused_with_their_names(void **state)
{
    struct fixture *f = *state;
    assert_code(try_say(f, "red", "nonsense", NULL), ERR_INVALID);
    assert_says("nonsense");
    assert_code(try_say(f, "red", object_of(VIDEO_A, FRAMES, 0), NULL), ERR_NOT_FOUND);
    assert_says(object_of(VIDEO_A, FRAMES, 0));
    assert_code(try_say(f, "red", object_of(VIDEO_A, 0, THINGS), NULL), ERR_NOT_FOUND);
    assert_code(try_say(f, "red", "00000000000000ee-00000000-000", NULL), ERR_NOT_FOUND);
    assert_says("00000000000000ee-00000000-000");
    assert_code(try_say(f, "red", object_of(ELSEWHERE, 0, 0), NULL), ERR_INVALID);
    assert_says("belongs to project other, not to demo");
    assert_code(try_say(f, "red", object_of(VIDEO_A, 0, 0), object_of(VIDEO_A, 0, 0)), ERR_INVALID);
    assert_says("named twice");
    assert_code(try_say(f, "red", NULL, NULL), ERR_INVALID);
    assert_says("no objects were named");
    assert_code(try_say(f, "", object_of(VIDEO_A, 0, 0), NULL), ERR_INVALID);
    assert_string_equal(listed(f), "");
    struct label_list list;
    assert_code(labels_list(f->labels, "nowhere", &list, &err), ERR_NOT_FOUND);
}

static void a_change_for_an_older_version_is_a_conflict_that_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    const struct label_editor late = {.expected_version = 0};
    assert_code(labels_delete(f->labels, PROJECT, "red", &late, &change, &err), ERR_CONFLICT);
    assert_says("version 1, not 0");
    assert_says("repeat the change");
    const struct label_editor in_time = {.expected_version = 1};
    assert_ok(labels_delete(f->labels, PROJECT, "red", &in_time, &change, &err), &err);
    assert_false(change.has_label);
    assert_string_equal(listed(f), "");
}

static void names_that_differ_only_in_case_or_form_are_one_label(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    say_yes(f, "Caf\u00e9", object_of(VIDEO_A, 0, 0));
    say_yes(f, "CAFE\u0301", object_of(VIDEO_A, 1, 0));
    say_yes(f, "\u05e9\u05dc\u05d5\u05dd", object_of(VIDEO_A, 0, 1));
    assert_ok(labels_rename(f->labels, PROJECT, "caf\u00e9", "CAF\u00c9", &anybody, &change, &err), &err);
    assert_string_equal(change.label.name, "CAF\u00c9");
    assert_int_equal(change.label.positives, 2);
    assert_code(labels_rename(f->labels, PROJECT, "\u05e9\u05dc\u05d5\u05dd", "caf\u00e9", &anybody, &change, &err),
        ERR_CONFLICT);
    assert_code(labels_rename(f->labels, PROJECT, "nobody", "x", &anybody, &change, &err), ERR_NOT_FOUND);
    assert_code(labels_merge(f->labels, PROJECT, "caf\u00e9", "CAF\u00c9", &anybody, &change, &err), ERR_INVALID);
    assert_code(labels_merge(f->labels, PROJECT, "caf\u00e9", "x", &anybody, &change, &err), ERR_NOT_FOUND);
    assert_ok(labels_merge(f->labels, PROJECT, "\u05e9\u05dc\u05d5\u05dd", "caf\u00e9", &anybody, &change, &err), &err);
    assert_string_equal(change.label.name, "CAF\u00c9");
    assert_int_equal(change.label.positives, 3);
}

static void taking_back_one_object_needs_something_that_was_said(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const char *object = object_of(VIDEO_A, 0, 0);
    say_yes(f, "red", object);
    say_no(f, "blue", object);
    assert_code(
        labels_clear(f->labels, PROJECT, "red", object_of(VIDEO_A, 1, 0), &anybody, &change, &err), ERR_NOT_FOUND);
    assert_code(labels_clear(f->labels, PROJECT, "green", object, &anybody, &change, &err), ERR_NOT_FOUND);
    assert_ok(labels_clear(f->labels, PROJECT, "blue", object, &anybody, &change, &err), &err);
    assert_int_equal(change.step.cleared, 1);
    assert_string_equal(shown(f, object), "red");
    assert_ok(labels_clear(f->labels, PROJECT, "red", object, &anybody, &change, &err), &err);
    assert_string_equal(shown(f, object), "-");
    assert_code(labels_clear(f->labels, PROJECT, "red", object, &anybody, &change, &err), ERR_NOT_FOUND);
}

// ---- steps

static void steps_are_undone_redone_and_listed(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    assert_code(labels_undo(f->labels, PROJECT, &anybody, &change, &err), ERR_CONFLICT);
    assert_says("nothing to undo");
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_ok(labels_rename(f->labels, PROJECT, "red", "blue", &anybody, &change, &err), &err);
    assert_ok(labels_undo(f->labels, PROJECT, &anybody, &change, &err), &err);
    assert_int_equal(change.step.kind, LABEL_STEP_UNDO);
    assert_string_equal(change.step.label, "red");
    assert_string_equal(change.step.other, "blue");
    assert_string_equal(change.label.name, "red");
    assert_int_equal(change.undo.id, 1);
    assert_int_equal(change.redo.id, 2);
    assert_ok(labels_redo(f->labels, PROJECT, &anybody, &change, &err), &err);
    assert_string_equal(change.label.name, "blue");
    assert_code(labels_redo(f->labels, PROJECT, &anybody, &change, &err), ERR_CONFLICT);
    undo(f);
    undo(f);
    assert_string_equal(listed(f), "");
    struct label_step *steps;
    size_t count;
    bool more;
    assert_ok(labels_history(f->labels, PROJECT, 0, 4, &steps, &count, &more, &err), &err);
    assert_int_equal(count, 4);
    assert_true(more);
    assert_int_equal(steps[0].id, 6);
    assert_int_equal(steps[3].id, 3);
    free(steps);
    assert_ok(labels_history(f->labels, PROJECT, 3, 4, &steps, &count, &more, &err), &err);
    assert_int_equal(count, 2);
    assert_false(more);
    assert_int_equal(steps[0].kind, LABEL_STEP_RENAME);
    assert_true(steps[0].undone && steps[1].undone);
    free(steps);
}

static void after_a_restart_everything_is_as_it_was(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_B, 0, 1));
    say_no(f, "red", object_of(VIDEO_A, 3, 1));
    undo(f);
    assert_ok(labels_refresh(f->labels, PROJECT, &err), &err);
    char *before = mem_strdup(listed(f));
    restart(f);
    assert_ok(labels_refresh(f->labels, PROJECT, &err), &err);
    assert_string_equal(listed(f), before);
    assert_string_equal(shown(f, object_of(VIDEO_A, 8, 0)), "red?");
    struct label_change change;
    assert_ok(labels_redo(f->labels, PROJECT, &anybody, &change, &err), &err);
    assert_int_equal(change.label.negatives, 1);
    free(before);
}

// ---- several services

struct writer {
    struct fixture *f;
    struct labels *labels;
    int frame;
    pthread_t thread;
    int done;
    struct err err;
};

static void *label_a_video(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < 20; i++) {
        char id[OBJECT_ID_SIZE];
        char name[32];
        object_id_make(w->frame == 0 ? VIDEO_A : VIDEO_B, i % FRAMES, i / FRAMES, id);
        snprintf(name, sizeof(name), "label %d", i % 3);
        const char *yes = id;
        struct label_change change;
        const struct label_examples examples = {.positive = &yes, .positive_count = 1};
        w->done += labels_examples(w->labels, PROJECT, name, &examples, &anybody, &change, &w->err) == ERR_NONE;
    }
    return NULL;
}

static void services_that_share_a_store_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct labels *second = new_labels(f);
    struct writer writers[2] = {{.f = f, .labels = f->labels}, {.f = f, .labels = second, .frame = 1}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writers[i].thread, NULL, label_a_video, &writers[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(writers[i].thread, NULL);
    for (int i = 0; i < 2; i++) {
        if (writers[i].done != 20)
            fail_msg("only %d of 20: %s", writers[i].done, writers[i].err.message);
    }
    struct label_list lists[2];
    assert_ok(labels_list(f->labels, PROJECT, &lists[0], &err), &err);
    assert_ok(labels_list(second, PROJECT, &lists[1], &err), &err);
    int64_t positives = 0;
    for (size_t i = 0; i < lists[0].count; i++) {
        positives += lists[0].items[i].positives;
        assert_int_equal(lists[0].items[i].positives, lists[1].items[i].positives);
    }
    assert_int_equal(positives, 40);
    assert_int_equal(lists[0].version, 40);
    assert_int_equal(lists[1].version, 40);
    label_list_release(&lists[0]);
    label_list_release(&lists[1]);
    assert_int_equal(count_searched(f, "label 0") + count_searched(f, "label 1") + count_searched(f, "label 2"), 40);
    labels_free(second);
}

static void a_service_sees_what_another_one_did(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(listed(f), "");
    struct labels *second = new_labels(f);
    struct labels *first = f->labels;
    f->labels = second;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    f->labels = first;
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 0)), "red");
    assert_ok(labels_refresh(first, PROJECT, &err), &err);
    assert_string_equal(shown(f, object_of(VIDEO_A, 2, 0)), "red?");
    labels_free(second);
}

static void a_project_made_again_begins_without_labels(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &err), &err);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_B, &err), &err);
    assert_ok(meta_store_remove_project(f->meta, PROJECT, &err), &err);
    struct label_list list;
    assert_code(labels_list(f->labels, PROJECT, &list, &err), ERR_NOT_FOUND);
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 0)), "-");
    pass_seconds(f, 5);
    ingest(f, PROJECT, VIDEO_A);
    assert_string_equal(listed(f), "");
    say_yes(f, "blue", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 1, 0));
    assert_int_equal(count_found(f, "blue", LABEL_LIST_EXPLICIT, NULL, NULL), 2);
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 0)), "blue");
}

// ---- the vector index

static void searches_filter_by_explicit_labels(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    assert_int_equal(count_searched(f, "red"), 2);
    assert_ok(labels_rename(f->labels, PROJECT, "red", "crimson", &anybody, &change, &err), &err);
    assert_int_equal(count_searched(f, "red"), 0);
    assert_int_equal(count_searched(f, "crimson"), 2);
    say_no(f, "crimson", object_of(VIDEO_A, 0, 0));
    assert_int_equal(count_searched(f, "crimson"), 1);
    undo(f);
    undo(f);
    assert_int_equal(count_searched(f, "red"), 2);
    assert_ok(labels_delete(f->labels, PROJECT, "red", &anybody, &change, &err), &err);
    assert_int_equal(count_searched(f, "red"), 0);
    undo(f);
    assert_int_equal(count_searched(f, "red"), 2);
    // Indexing the frames again writes the vectors anew, and keeps the labels.
    add_vectors(f, PROJECT, VIDEO_A);
    assert_int_equal(count_searched(f, "red"), 2);
}

static void a_step_whose_writer_died_before_the_index_knew_is_made_up_for(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    labels_free(f->labels);
    static const char entry[] = "{\"format\": 1, \"kind\": \"examples\", \"label\": \"red\","
                                " \"positive\": [\"" VIDEO_A "-00000002-000\"]}";
    assert_ok(meta_store_append_journal(f->meta, PROJECT, "labels", 1, entry, strlen(entry), NULL, &err), &err);
    assert_int_equal(count_searched(f, "red"), 1);
    f->labels = new_labels(f);
    assert_string_equal(shown(f, VIDEO_A "-00000002-000"), "red");
    assert_int_equal(count_searched(f, "red"), 2);
}

static void steps_of_a_newer_program_are_refused_with_advice(void **state)
{
    struct fixture *f = *state;
    static const char entry[] = "{\"format\": 2, \"kind\": \"examples\"}";
    assert_ok(meta_store_append_journal(f->meta, PROJECT, "labels", 0, entry, strlen(entry), NULL, &err), &err);
    struct label_list list;
    assert_code(labels_list(f->labels, PROJECT, &list, &err), ERR_INVALID);
    assert_says("step 1 of project demo");
    assert_says("upgrade the program");
    assert_code(try_say(f, "red", object_of(VIDEO_A, 0, 0), NULL), ERR_INVALID);
}

// ---- videos that go and come

static void objects_of_a_deleted_video_do_not_count_until_it_is_back(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_B, 0, 0));
    say_no(f, "red", object_of(VIDEO_B, 0, 1));
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_B, &err), &err);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_B, &err), &err);
    pass_seconds(f, 2);
    assert_ok(labels_refresh(f->labels, PROJECT, &err), &err);
    assert_string_equal(listed(f), "red 1/0/11");
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, object_of(VIDEO_B, 0, 0)), 1);
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 0);
    assert_code(try_say(f, "red", object_of(VIDEO_B, 1, 0), NULL), ERR_NOT_FOUND);
    ingest(f, PROJECT, VIDEO_B);
    assert_int_equal(count_searched(f, "red"), 1);
    pass_seconds(f, 2);
    assert_ok(labels_refresh(f->labels, PROJECT, &err), &err);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, NULL), 2);
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 1);
    assert_int_equal(count_searched(f, "red"), 2);
}

static void a_video_replaced_while_nothing_ran_gets_its_labels_again(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    labels_free(f->labels);
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_A, &err), &err);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &err), &err);
    pass_seconds(f, 2);
    ingest(f, PROJECT, VIDEO_A);
    assert_int_equal(count_searched(f, "red"), 0);
    f->labels = new_labels(f);
    assert_string_equal(listed(f), "red 1/0/0");
    assert_int_equal(count_searched(f, "red"), 1);
}

static void new_vectors_get_likely_labels_within_seconds(void **state)
{
    struct fixture *f = *state;
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_B, &err), &err);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(shown(f, object_of(VIDEO_B, 4, 0)), "-");
    add_vectors(f, PROJECT, VIDEO_B);
    assert_ok(labels_refresh(f->labels, PROJECT, &err), &err);
    assert_string_equal(shown(f, object_of(VIDEO_B, 4, 0)), "red?");
}

static void what_is_said_of_an_object_holds_for_its_track(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 1, 1));
    assert_string_not_equal(shown_on(f, object_of(VIDEO_A, 7, 2), 40), "red");
    // The tracker comes: object k of every frame is on track 40 + k.
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(f, VIDEO_A, i, THINGS, 40);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_A, &err), &err);
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "red");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 1), 41), "blue");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 2), 42), "-");
    // An object's own word counts for itself, the latest for the rest.
    say_yes(f, "green", object_of(VIDEO_A, 5, 0));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 0, 0), 40), "red");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 5, 0), 40), "green");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "green");
    say_no(f, "green", object_of(VIDEO_A, 6, 0));
    assert_string_not_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "green");
    assert_string_not_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "green?");
}

// ---- all or nothing

#define BULK 5000

// What a service that knows nothing yet finds.
static int64_t positives_found(struct fixture *f)
{
    struct labels *fresh = new_labels(f);
    struct label_list list;
    f->fault.at = 0;
    assert_ok(labels_list(fresh, PROJECT, &list, &err), &err);
    int64_t positives = list.count > 0 ? list.items[0].positives : 0;
    label_list_release(&list);
    labels_free(fresh);
    return positives;
}

static void five_thousand_objects_are_labelled_all_or_none(void **state)
{
    struct fixture *f = *state;
    static char ids[BULK][OBJECT_ID_SIZE];
    static const char *yes[BULK];
    static const char video[] = "00000000000000dd";
    add_video(f, PROJECT, video);
    for (int32_t i = 0; i < BULK / 1000; i++)
        add_frame(f, video, i, 1000, -1);
    for (int i = 0; i < BULK; i++) {
        object_id_make(video, i / 1000, i % 1000, ids[i]);
        yes[i] = ids[i];
    }
    const struct label_examples examples = {.positive = yes, .positive_count = BULK};
    for (int lost = 0; lost < 2; lost++) {
        f->fault.answer_lost = lost == 1;
        bool struck = true;
        for (int64_t at = 1; struck; at++) {
            struct label_change change;
            restart(f);
            atomic_store(&f->fault.calls, 0);
            f->fault.at = at;
            enum err_code code = labels_examples(f->labels, PROJECT, "crowd", &examples, &anybody, &change, &err);
            struck = atomic_load(&f->fault.calls) >= at;
            f->fault.at = 0;
            int64_t found = positives_found(f);
            assert_true(found == 0 || found == BULK);
            assert_true(code != ERR_NONE || found == BULK);
            // The service that met the fault goes on, and takes it back.
            if (found == BULK)
                assert_ok(labels_delete(f->labels, PROJECT, "crowd", &anybody, &change, &err), &err);
            assert_int_equal(positives_found(f), 0);
            assert_true(at < 200);
        }
    }
}

#define with_stores(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_stores(a_label_is_made_by_its_first_example),
        with_stores(what_looks_the_same_is_probable_at_once_and_what_was_rejected_never),
        with_stores(an_object_has_one_best_label_and_undo_restores_the_answers),
        with_stores(a_label_with_only_negatives_lays_claim_to_nothing),
        with_stores(suggestions_are_like_the_examples_and_store_nothing),
        with_stores(candidates_are_never_what_was_answered_already),
        with_stores(pages_of_objects_follow_each_other),
        with_stores(a_timeline_knows_which_objects_carry_a_label),
        with_stores(objects_that_are_wrong_are_refused_with_their_names),
        with_stores(a_change_for_an_older_version_is_a_conflict_that_says_what_to_do),
        with_stores(names_that_differ_only_in_case_or_form_are_one_label),
        with_stores(taking_back_one_object_needs_something_that_was_said),
        with_stores(steps_are_undone_redone_and_listed),
        with_stores(after_a_restart_everything_is_as_it_was),
        with_stores(services_that_share_a_store_lose_nothing),
        with_stores(a_service_sees_what_another_one_did),
        with_stores(a_project_made_again_begins_without_labels),
        with_stores(searches_filter_by_explicit_labels),
        with_stores(a_step_whose_writer_died_before_the_index_knew_is_made_up_for),
        with_stores(steps_of_a_newer_program_are_refused_with_advice),
        with_stores(objects_of_a_deleted_video_do_not_count_until_it_is_back),
        with_stores(a_video_replaced_while_nothing_ran_gets_its_labels_again),
        with_stores(new_vectors_get_likely_labels_within_seconds),
        with_stores(what_is_said_of_an_object_holds_for_its_track),
        with_stores(five_thousand_objects_are_labelled_all_or_none),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
