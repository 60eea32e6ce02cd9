// What every vector index does with what is removed, listed, labelled and filtered.
#include "vector_index_contract.h"

#include <string.h>

#include "base/mem.h"

// ---- removing, listing, filters

static void what_was_removed_is_found_no_more(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_int_equal(count_in(f, NULL), 60);
    const char *objects[] = {VIDEO_A "-00000004-001", VIDEO_A "-00000004-009"};
    assert_ok(vector_index_remove(f->index, PROJECT, objects, 2, &failure), &failure);
    assert_int_equal(count_in(f, VIDEO_A), 29);
    assert_ok(vector_index_remove_frame(f->index, PROJECT, VIDEO_A, 5, &failure), &failure);
    assert_int_equal(count_in(f, VIDEO_A), 26);
    assert_int_equal(count_in(f, VIDEO_B), 30);
    assert_ok(vector_index_flush(f->index, &failure), &failure);
    assert_ok(vector_index_remove_video(f->index, PROJECT, VIDEO_B, &failure), &failure);
    assert_int_equal(count_in(f, VIDEO_B), 0);
    float vector[DIMENSION] = {1};
    struct vector_query query = query_for(vector, 100);
    struct vector_hit *hits;
    size_t count = ask(f, &query, &hits);
    assert_int_equal(count, 26);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(hits[i].object, VIDEO_A, VIDEO_ID_LENGTH);
        assert_string_not_equal(hits[i].object, objects[0]);
        assert_null(strstr(hits[i].object, "-00000005-"));
    }
    free(hits);
}

static void a_removed_object_can_come_back(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_ok(vector_index_remove_video(f->index, PROJECT, VIDEO_A, &failure), &failure);
    float vector[DIMENSION];
    axis(vector, 9, 0);
    put_one(f, VIDEO_A, 3, 0, vector);
    struct vector_query query = query_for(vector, 1);
    char text[64];
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000003-000");
    assert_int_equal(count_in(f, VIDEO_A), 1);
}

static void a_removed_project_can_be_filled_by_another_model(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_ok(vector_index_flush(f->index, &failure), &failure);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &failure), &failure);
    assert_int_equal(count_in(f, NULL), 0);
    float vector[8] = {1};
    struct vector_query query = {.project = PROJECT, .vector = vector, .dimension = 8, .limit = 5, .min_score = -1};
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
    struct vector_item item = item_of(VIDEO_A, 0, 0, vector);
    strcpy(item.class_name, "dog");
    assert_ok(vector_index_upsert(f->index, PROJECT, "model-b", 8, &item, 1, &failure), &failure);
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].class_name, "dog");
    free(hits);
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &stats, &failure), &failure);
    assert_int_equal(stats.dimension, 8);
    assert_string_equal(stats.model, "model-b");
}

struct walk {
    char objects[64][OBJECT_ID_SIZE];
    size_t count;
    size_t stop_after;
};

static bool remember(void *context, const char *object)
{
    struct walk *walk = context;
    strcpy(walk->objects[walk->count++], object);
    return walk->count != walk->stop_after;
}

static void listing_a_video_gives_its_objects_in_order_until_told_to_stop(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    for (int i = 9; i >= 0; i--)
        put_one(f, VIDEO_B, i * 7 % 10, 9 - i, vector);
    put_one(f, VIDEO_A, 0, 0, vector);
    struct walk walk = {0};
    assert_ok(vector_index_list(f->index, PROJECT, VIDEO_B, remember, &walk, &failure), &failure);
    assert_int_equal(walk.count, 10);
    for (size_t i = 1; i < walk.count; i++)
        assert_true(strcmp(walk.objects[i - 1], walk.objects[i]) < 0);
    walk = (struct walk){.stop_after = 4};
    assert_ok(vector_index_list(f->index, PROJECT, VIDEO_B, remember, &walk, &failure), &failure);
    assert_int_equal(walk.count, 4);
}

static void changed_attributes_show_in_hits_and_filters(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_ok(vector_index_flush(f->index, &failure), &failure);
    struct vector_attributes changes[3] = {
        {.set_label = true, .label = "Bob's bike"}, {.set_track = true, .track = 77}, {.set_label = true}};
    strcpy(changes[0].object, VIDEO_A "-00000002-001");
    strcpy(changes[1].object, VIDEO_A "-00000002-001");
    strcpy(changes[2].object, VIDEO_A "-00000002-009"); // not there
    assert_ok(vector_index_set_attributes(f->index, PROJECT, changes, 3, &failure), &failure);
    float vector[DIMENSION] = {1};
    const char *labels[] = {"Bob's bike", "nobody's"};
    struct vector_query query = query_for(vector, 100);
    query.filter.labels = labels;
    query.filter.label_count = 2;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].label, "Bob's bike");
    assert_int_equal(hits[0].track, 77);
    free(hits);
    labels[0] = "";
    assert_int_equal(ask(f, &query, &hits), 59);
    free(hits);
    query = query_for(vector, 100);
    query.filter.video = VIDEO_A;
    query.filter.has_track = true;
    query.filter.track = 77;
    assert_int_equal(ask(f, &query, &hits), 1);
    free(hits);
    query.filter.video = VIDEO_B;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
}

// ---- negatives

static void say_not(struct fixture *f, const char *object, const char *const *negatives, size_t count)
{
    struct vector_attributes change = {.set_negatives = true, .negatives = negatives, .negative_count = count};
    strcpy(change.object, object);
    assert_ok(vector_index_set_attributes(f->index, PROJECT, &change, 1, &failure), &failure);
}

// The hits of all that are not refused by these labels, nearest to the first axis first.
static void ask_without(struct fixture *f, const char *const *refused, size_t count, size_t limit, char text[256])
{
    float vector[DIMENSION];
    axis(vector, 0, 0);
    struct vector_query query = query_for(vector, limit);
    query.filter.refused = refused;
    query.filter.refused_count = count;
    ask_text(f, &query, text, 256);
}

static void put_four(struct fixture *f)
{
    float vector[DIMENSION];
    for (int i = 0; i < 4; i++) {
        axis(vector, 0, (float)i * 0.1f);
        put_one(f, VIDEO_A, i, 0, vector);
    }
}
#define FIRST VIDEO_A "-00000000-000"
#define SECOND VIDEO_A "-00000001-000"
#define THIRD VIDEO_A "-00000002-000"
#define FOURTH VIDEO_A "-00000003-000"

static void what_was_said_not_to_be_it_makes_room_for_the_next(void **state)
{
    struct fixture *f = *state;
    const char *first[] = {"Bob's bike", "a \"red\" one"};
    const char *wanted[] = {"Bob's bike", "a \"red\" one"};
    char text[256];
    put_four(f);
    say_not(f, FIRST, first, 2);
    say_not(f, THIRD, first, 1);
    say_not(f, VIDEO_A "-00000009-000", first, 1); // not there
    ask_without(f, NULL, 0, 10, text);
    assert_string_equal(text, FIRST " " SECOND " " THIRD " " FOURTH);
    ask_without(f, wanted, 1, 2, text);
    assert_string_equal(text, SECOND " " FOURTH);
    ask_without(f, wanted + 1, 1, 2, text);
    assert_string_equal(text, SECOND " " THIRD);
    ask_without(f, wanted, 2, 10, text);
    assert_string_equal(text, SECOND " " FOURTH);
    // Neither another spelling nor a part of a name is the name.
    const char *others[] = {"bob's bike", "Bob's", "Bob's bike ", "", "*"};
    ask_without(f, others, 5, 10, text);
    assert_string_equal(text, FIRST " " SECOND " " THIRD " " FOURTH);
    assert_ok(vector_index_flush(f->index, &failure), &failure);
    ask_without(f, wanted, 1, 10, text);
    assert_string_equal(text, SECOND " " FOURTH);
}

static void negatives_said_anew_take_the_place_of_those_before(void **state)
{
    struct fixture *f = *state;
    const char *red = "red";
    const char *blue = "blue";
    char text[256];
    put_four(f);
    struct vector_attributes labelled = {.object = SECOND, .set_label = true, .label = "red"};
    assert_ok(vector_index_set_attributes(f->index, PROJECT, &labelled, 1, &failure), &failure);
    say_not(f, FIRST, &red, 1);
    say_not(f, FIRST, &blue, 1);
    ask_without(f, &red, 1, 1, text);
    assert_string_equal(text, FIRST);
    ask_without(f, &blue, 1, 1, text);
    assert_string_equal(text, SECOND);
    // What it is, and other changes, have nothing to do with what it is not.
    struct vector_attributes moved = {
        .object = FIRST, .set_track = true, .track = 3, .set_label = true, .label = "red"};
    assert_ok(vector_index_set_attributes(f->index, PROJECT, &moved, 1, &failure), &failure);
    ask_without(f, &blue, 1, 1, text);
    assert_string_equal(text, SECOND);
    say_not(f, FIRST, NULL, 0);
    ask_without(f, &blue, 1, 1, text);
    assert_string_equal(text, FIRST);
    float vector[DIMENSION];
    axis(vector, 0, 0);
    struct vector_query query = query_for(vector, 10);
    struct vector_hit *hits;
    query.filter = (struct vector_filter){.labels = &red, .label_count = 1, .refused = &blue, .refused_count = 1};
    assert_int_equal(ask(f, &query, &hits), 2);
    assert_int_equal(hits[0].track, 3);
    free(hits);
}

static void negatives_outlast_indexing_again_and_go_with_the_object(void **state)
{
    struct fixture *f = *state;
    const char *red = "red";
    const char *object = FIRST;
    char text[256];
    put_four(f);
    say_not(f, FIRST, &red, 1);
    say_not(f, SECOND, &red, 1);
    put_four(f);
    ask_without(f, &red, 1, 10, text);
    assert_string_equal(text, THIRD " " FOURTH);
    assert_ok(vector_index_remove(f->index, PROJECT, &object, 1, &failure), &failure);
    assert_ok(vector_index_remove_frame(f->index, PROJECT, VIDEO_A, 1, &failure), &failure);
    put_four(f);
    ask_without(f, &red, 1, 2, text);
    assert_string_equal(text, FIRST " " SECOND);
    say_not(f, THIRD, &red, 1);
    assert_ok(vector_index_remove_video(f->index, PROJECT, VIDEO_A, &failure), &failure);
    put_four(f);
    ask_without(f, &red, 1, 10, text);
    assert_string_equal(text, FIRST " " SECOND " " THIRD " " FOURTH);
    say_not(f, THIRD, &red, 1);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &failure), &failure);
    put_four(f);
    ask_without(f, &red, 1, 10, text);
    assert_string_equal(text, FIRST " " SECOND " " THIRD " " FOURTH);
}

static void as_many_negatives_as_may_be_are_kept_and_more_are_refused(void **state)
{
    struct fixture *f = *state;
    static char names[VECTOR_NEGATIVES_MAX + 1][VECTOR_LABEL_SIZE];
    static const char *list[VECTOR_NEGATIVES_MAX + 1];
    struct vector_attributes change = {.object = FIRST, .set_negatives = true, .negatives = list};
    char text[256];
    put_four(f);
    // Quotes are what takes most room on the way.
    size_t length = VECTOR_NEGATIVES_BYTES / VECTOR_NEGATIVES_MAX - 1;
    for (int i = 0; i <= VECTOR_NEGATIVES_MAX; i++) {
        memset(names[i], '"', length);
        names[i][0] = (char)('0' + i % 10);
        names[i][1] = (char)('0' + i / 10);
        list[i] = names[i];
    }
    change.negative_count = VECTOR_NEGATIVES_MAX;
    assert_ok(vector_index_set_attributes(f->index, PROJECT, &change, 1, &failure), &failure);
    ask_without(f, &list[VECTOR_NEGATIVES_MAX - 1], 1, 1, text);
    assert_string_equal(text, SECOND);
    // Of many objects at once they are more than a server takes in one request.
    enum { OBJECTS = 100 };
    static struct vector_attributes changes[OBJECTS];
    float vector[DIMENSION];
    for (int i = 0; i < OBJECTS; i++) {
        changes[i] = change;
        object_id_make(VIDEO_B, i, 0, changes[i].object);
        axis(vector, 0, 0);
        put_one(f, VIDEO_B, i, 0, vector);
    }
    assert_ok(vector_index_set_attributes(f->index, PROJECT, changes, OBJECTS, &failure), &failure);
    ask_without(f, &list[VECTOR_NEGATIVES_MAX - 1], 1, 1, text);
    assert_string_equal(text, SECOND);
    put_one(f, VIDEO_B, 0, 0, vector);
    ask_without(f, &list[VECTOR_NEGATIVES_MAX - 1], 1, 1, text);
    assert_string_equal(text, SECOND);
    change.negative_count = VECTOR_NEGATIVES_MAX + 1;
    assert_code(vector_index_set_attributes(f->index, PROJECT, &change, 1, &failure), ERR_LIMIT);
    strcat(names[0], "x");
    change.negative_count = VECTOR_NEGATIVES_MAX;
    assert_code(vector_index_set_attributes(f->index, PROJECT, &change, 1, &failure), ERR_LIMIT);
    list[0] = "";
    assert_code(vector_index_set_attributes(f->index, PROJECT, &change, 1, &failure), ERR_INVALID);
    ask_without(f, &list[VECTOR_NEGATIVES_MAX - 1], 1, 1, text);
    assert_string_equal(text, SECOND);
}

static void a_label_of_a_track_is_that_of_its_objects_without_their_own(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    char text[256];
    for (int32_t i = 0; i < 4; i++) {
        axis(vector, 0, (float)i * 0.1f);
        struct vector_item item = item_of(i == 3 ? VIDEO_B : VIDEO_A, i, 0, vector);
        item.track = i == 1 ? -1 : 5;
        strcpy(item.label, i == 2 ? "blue" : "");
        put(f, &item, 1);
    }
    axis(vector, 0, 0);
    struct vector_query query = query_for(vector, 10);
    const char *wanted[] = {"red", "blue"};
    struct vector_track track = {.video = VIDEO_A, .n = 5};
    query.filter.labels = wanted;
    query.filter.label_count = 1;
    query.filter.labelled = &track;
    query.filter.labelled_count = 1;
    // Neither what has no track, nor what was said to be something else, nor the other video's track of that number.
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000000-000");
    query.filter.label_count = 2;
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000000-000 " VIDEO_A "-00000002-000");
    query.filter = (struct vector_filter){.exclude_tracks = &track, .exclude_track_count = 1};
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000001-000 " VIDEO_B "-00000003-000");
}

static void excluded_objects_make_room_for_the_next(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    for (int i = 0; i < 6; i++) {
        axis(vector, 0, (float)i);
        put_one(f, VIDEO_A, i, 0, vector);
    }
    axis(vector, 0, 0);
    const char *exclude[] = {VIDEO_A "-00000001-000", VIDEO_A "-00000000-000", VIDEO_B "-00000000-000"};
    struct vector_query query = query_for(vector, 2);
    query.filter.exclude = exclude;
    query.filter.exclude_count = 3;
    char text[128];
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000002-000 " VIDEO_A "-00000003-000");
}

// More than any server takes in a list at once.
#define LONG_LIST 2500

static void lists_of_any_length_are_whole(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    for (int i = 0; i < 30; i++) {
        axis(vector, 0, (float)i * 0.1f);
        struct vector_item item = item_of(VIDEO_A, i, 0, vector);
        item.track = i;
        put(f, &item, 1);
    }
    axis(vector, 0, 0);
    char(*ids)[OBJECT_ID_SIZE] = mem_calloc(LONG_LIST, sizeof(*ids));
    const char **exclude = mem_calloc(LONG_LIST, sizeof(*exclude));
    struct vector_track *tracks = mem_calloc(LONG_LIST, sizeof(*tracks));
    for (int i = 0; i < LONG_LIST; i++) {
        // Those that are there stand at both ends: frames 0 … 3 at the beginning, 4 … 7 at the end.
        int frame = i < 4 ? i : i >= LONG_LIST - 4 ? i - (LONG_LIST - 4) + 4 : 1000 + i;
        object_id_make(VIDEO_A, frame, 0, ids[i]);
        exclude[i] = ids[i];
        strcpy(tracks[i].video, VIDEO_A);
        tracks[i].n = frame;
    }
    struct vector_query query = query_for(vector, 2);
    char text[1024];
    query.filter = (struct vector_filter){.exclude = exclude, .exclude_count = LONG_LIST};
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000008-000 " VIDEO_A "-00000009-000");
    query.filter = (struct vector_filter){.exclude_tracks = tracks, .exclude_track_count = LONG_LIST};
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000008-000 " VIDEO_A "-00000009-000");
    const char *label = "red";
    query.limit = 20;
    query.filter =
        (struct vector_filter){.labels = &label, .label_count = 1, .labelled = tracks, .labelled_count = LONG_LIST};
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(hits[i].track, i);
    free(hits);
    free(tracks);
    free(exclude);
    free(ids);
}

static void texts_of_any_kind_are_told_apart(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"red", "Red", " red", "red ", "r*", "?", "<red>", "<>", "the",
        "\"\\/\b\n\t\x01", "\xc3\xb6\xf0\x9f\x98\x80", "{path:[\"id\"]}", "$name", "\\u0041"};
    enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
    float vector[DIMENSION];
    axis(vector, 0, 0);
    for (int i = 0; i < TEXTS; i++) {
        struct vector_item item = item_of(VIDEO_A, i, 0, vector);
        strcpy(item.label, texts[i]);
        strcpy(item.class_name, texts[TEXTS - 1 - i]);
        put(f, &item, 1);
    }
    for (int i = 0; i < TEXTS; i++) {
        struct vector_query query = query_for(vector, TEXTS);
        struct vector_hit *hits;
        query.filter = (struct vector_filter){.labels = &texts[i], .label_count = 1};
        assert_int_equal(ask(f, &query, &hits), 1);
        assert_string_equal(hits[0].label, texts[i]);
        assert_string_equal(hits[0].class_name, texts[TEXTS - 1 - i]);
        free(hits);
        query.filter = (struct vector_filter){.classes = &texts[i], .class_count = 1};
        assert_int_equal(ask(f, &query, &hits), 1);
        assert_string_equal(hits[0].class_name, texts[i]);
        free(hits);
    }
}

static const struct CMUnitTest tests[] = {
    contract(what_was_removed_is_found_no_more),
    contract(a_removed_object_can_come_back),
    contract(a_removed_project_can_be_filled_by_another_model),
    contract(listing_a_video_gives_its_objects_in_order_until_told_to_stop),
    contract(changed_attributes_show_in_hits_and_filters),
    contract(what_was_said_not_to_be_it_makes_room_for_the_next),
    contract(negatives_said_anew_take_the_place_of_those_before),
    contract(negatives_outlast_indexing_again_and_go_with_the_object),
    contract(as_many_negatives_as_may_be_are_kept_and_more_are_refused),
    contract(a_label_of_a_track_is_that_of_its_objects_without_their_own),
    contract(excluded_objects_make_room_for_the_next),
    contract(lists_of_any_length_are_whole),
    contract(texts_of_any_kind_are_told_apart),
};
CONTRACT_PART(filter_part, tests);
