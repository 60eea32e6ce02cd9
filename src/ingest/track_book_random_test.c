// Corrections against a model without any cleverness: all numbers of all objects, kept for each version.
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "ingest/test_track_book.h"

#define FRAMES 12
#define TRACKS 5

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*random >> 33) % below);
}

// ---- a street: TRACKS walkers, seen in most frames, far enough from one another

static void make_street(uint64_t *random, struct track_sheet *sheet)
{
    *sheet = (struct track_sheet){0};
    for (size_t f = 0; f < FRAMES; f++) {
        struct meta_object objects[TRACKS + 1];
        size_t count = 0;
        for (int64_t n = 1; n <= TRACKS; n++) {
            if (draw(random, 5) > 0)
                objects[count++] = walker(f, n);
        }
        objects[count] = walker(f, TRACKS + 1); // somebody whom nobody followed
        objects[count++].track = -1;
        add_frame(sheet, (int32_t)f, objects, count);
    }
}

// ---- the model

struct model {
    const struct track_sheet *sheet;
    int64_t *states[512]; // after each correction that counts
    size_t count;
    int64_t *undone[512];
    size_t undone_count;
};

static int64_t *copy_of(const struct model *model)
{
    return mem_dup(model->states[model->count - 1], model->sheet->object_count * sizeof(int64_t));
}

static void model_init(struct model *model, const struct track_sheet *sheet)
{
    *model = (struct model){.sheet = sheet, .count = 1};
    model->states[0] = mem_calloc(sheet->object_count + 1, sizeof(int64_t));
    for (size_t i = 0; i < sheet->object_count; i++)
        model->states[0][i] = sheet->objects[i].track;
}

static void model_release(struct model *model)
{
    while (model->count > 0)
        free(model->states[--model->count]);
    while (model->undone_count > 0)
        free(model->undone[--model->undone_count]);
}

// `number` of an object in that frame with that number, or -1.
static int64_t in_frame(const struct model *model, const int64_t *numbers, int32_t frame, int64_t n)
{
    for (size_t i = 0; i < model->sheet->object_count; i++) {
        if (model->sheet->objects[i].frame == frame && numbers[i] == n)
            return (int64_t)i;
    }
    return -1;
}

static size_t objects_of(const struct model *model, const int64_t *numbers, int64_t n, size_t *objects)
{
    size_t count = 0;
    for (size_t i = 0; i < model->sheet->object_count; i++) {
        if (numbers[i] == n)
            objects[count++] = i;
    }
    return count;
}

// NULL: it is to be refused.
static int64_t *model_split(const struct model *model, int64_t n, int64_t at_us, int64_t made)
{
    int64_t *numbers = copy_of(model);
    size_t moved = 0;
    size_t kept = 0;
    for (size_t i = 0; i < model->sheet->object_count; i++) {
        if (numbers[i] != n)
            continue;
        bool is_after = model->sheet->frames[model->sheet->objects[i].frame].pts_us >= at_us;
        moved += is_after;
        kept += !is_after;
        if (is_after)
            numbers[i] = made;
    }
    if (moved > 0 && kept > 0)
        return numbers;
    free(numbers);
    return NULL;
}

static int64_t *model_merge(const struct model *model, int64_t n, int64_t into)
{
    int64_t *numbers = copy_of(model);
    bool is_fine = n != into;
    for (int32_t f = 0; f < FRAMES; f++)
        is_fine = is_fine && (in_frame(model, numbers, f, n) < 0 || in_frame(model, numbers, f, into) < 0);
    for (size_t i = 0; i < model->sheet->object_count; i++)
        numbers[i] = numbers[i] == n ? into : numbers[i];
    if (is_fine)
        return numbers;
    free(numbers);
    return NULL;
}

static int64_t *model_give(const struct model *model, const size_t *objects, size_t count, int64_t to)
{
    int64_t *numbers = copy_of(model);
    size_t moved = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t there = in_frame(model, numbers, model->sheet->objects[objects[i]].frame, to);
        if (numbers[objects[i]] == to)
            continue;
        if (there >= 0)
            numbers[there] = numbers[objects[i]];
        numbers[objects[i]] = to;
        moved++;
    }
    if (moved > 0)
        return numbers;
    free(numbers);
    return NULL;
}

// ---- drawing a correction

struct world {
    uint64_t random;
    struct track_sheet sheet;
    struct track_book *book;
    struct model model;
    int64_t *history[512]; // numbers after each version
    int64_t refused;
};

static struct world *world_new(uint64_t seed)
{
    struct world *w = mem_calloc(1, sizeof(*w));
    w->random = seed;
    make_street(&w->random, &w->sheet);
    w->book = track_book_new();
    model_init(&w->model, &w->sheet);
    return w;
}

static void world_free(struct world *w)
{
    for (size_t i = 0; i < sizeof(w->history) / sizeof(w->history[0]); i++)
        free(w->history[i]);
    model_release(&w->model);
    track_book_free(w->book);
    track_sheet_release(&w->sheet);
    free(w);
}

static int64_t draw_track(struct world *w, const int64_t *numbers)
{
    for (;;) {
        int64_t n = numbers[draw(&w->random, (uint32_t)w->sheet.object_count)];
        if (n >= 0)
            return n;
    }
}

// Some objects of one track, or of none; at most one of a frame.
static size_t draw_objects(struct world *w, const int64_t *numbers, size_t *objects)
{
    int64_t n = draw(&w->random, 4) == 0 ? -1 : draw_track(w, numbers);
    size_t all[FRAMES * (TRACKS + 1)];
    size_t count = 0;
    size_t all_count = objects_of(&w->model, numbers, n, all);
    for (size_t i = 0; i < all_count; i++) {
        bool is_free = count == 0 || w->sheet.objects[objects[count - 1]].frame != w->sheet.objects[all[i]].frame;
        if (is_free && draw(&w->random, 2) == 0)
            objects[count++] = all[i];
    }
    return count;
}

// The request, and what the model makes of it.
static int64_t *draw_request(struct world *w, struct correction_request *request, char (*ids)[OBJECT_ID_SIZE])
{
    static const char *texts[FRAMES];
    const int64_t *numbers = w->model.states[w->model.count - 1];
    int64_t made = w->sheet.last + track_book_version(w->book) + 1;
    size_t objects[FRAMES];
    *request = (struct correction_request){.kind = (enum track_step_kind)draw(&w->random, 3), .into = -1};
    switch (request->kind) {
    case TRACK_STEP_SPLIT:
        request->track = draw_track(w, numbers);
        request->at_us = draw(&w->random, FRAMES * 200000 + 1);
        return model_split(&w->model, request->track, request->at_us, made);
    case TRACK_STEP_MERGE:
        request->track = draw_track(w, numbers);
        request->into = draw_track(w, numbers);
        return model_merge(&w->model, request->track, request->into);
    default:
        break;
    }
    do
        request->count = draw_objects(w, numbers, objects);
    while (request->count == 0);
    for (size_t i = 0; i < request->count; i++) {
        track_sheet_object_id(&w->sheet, VIDEO, objects[i], ids[i]);
        texts[i] = ids[i];
    }
    request->objects = texts;
    bool is_new = draw(&w->random, 3) == 0;
    request->into = is_new ? -1 : draw_track(w, numbers);
    size_t whole[FRAMES * (TRACKS + 1)];
    int64_t from = numbers[objects[0]];
    if (is_new && from >= 0 && objects_of(&w->model, numbers, from, whole) == request->count)
        return NULL;
    return model_give(&w->model, objects, request->count, is_new ? made : request->into);
}

static void correct_at_random(struct world *w)
{
    struct correction_request request;
    struct track_state *state = NULL;
    char ids[FRAMES][OBJECT_ID_SIZE];
    int64_t *expected = draw_request(w, &request, ids);
    enum err_code code = correct(w->book, &w->sheet, &request, 1, &state);
    assert_true((code == ERR_NONE) == (expected != NULL));
    // What is refused leaves no trace.
    const int64_t *wanted = expected != NULL ? expected : w->model.states[w->model.count - 1];
    assert_memory_equal(track_state_numbers(state), wanted, w->sheet.object_count * sizeof(*wanted));
    if (expected != NULL) {
        w->model.states[w->model.count++] = expected;
        while (w->model.undone_count > 0)
            free(w->model.undone[--w->model.undone_count]);
    }
    w->refused += expected == NULL;
    track_state_free(state);
}

static void step_back(struct world *w)
{
    struct track_entry entry = {.kind = TRACK_STEP_UNDO, .step = track_book_undo_step(w->book)};
    assert_true((entry.step == 0) == (w->model.count == 1));
    if (entry.step == 0)
        return;
    add_written(w->book, &entry, 1);
    w->model.undone[w->model.undone_count++] = w->model.states[--w->model.count];
}

static void step_forth(struct world *w)
{
    struct track_entry entry = {.kind = TRACK_STEP_REDO, .step = track_book_redo_step(w->book)};
    assert_true((entry.step == 0) == (w->model.undone_count == 0));
    if (entry.step == 0)
        return;
    add_written(w->book, &entry, 1);
    w->model.states[w->model.count++] = w->model.undone[--w->model.undone_count];
}

// One object of a track in a frame at most, and the tracks' own lists say the same.
static void assert_sound(const struct world *w, const struct track_state *state)
{
    const int64_t *numbers = track_state_numbers(state);
    int64_t highest = w->sheet.last + track_book_version(w->book) + 1;
    for (int64_t n = 0; n <= highest; n++) {
        size_t expected[FRAMES * (TRACKS + 1)];
        size_t count = 0;
        size_t expected_count = objects_of(&w->model, numbers, n, expected);
        const size_t *objects = track_state_objects(state, n, &count);
        assert_int_equal(count, expected_count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(objects[i], expected[i]);
            assert_true(i == 0 || w->sheet.objects[objects[i]].frame > w->sheet.objects[objects[i - 1]].frame);
        }
    }
}

static void assert_as_expected(struct world *w, int64_t version, const int64_t *expected)
{
    struct track_state *state = track_book_replay(w->book, &w->sheet, VIDEO, version);
    assert_memory_equal(track_state_numbers(state), expected, w->sheet.object_count * sizeof(*expected));
    assert_sound(w, state);
    track_state_free(state);
}

static void any_sequence_of_corrections_undos_and_redos_does_what_the_model_does(void **state)
{
    (void)state;
    int64_t made = 0;
    int64_t refused = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct world *w = world_new(seed);
        for (int i = 0; i < 120; i++) {
            uint32_t what = draw(&w->random, 6);
            if (what < 4)
                correct_at_random(w);
            else if (what == 4)
                step_back(w);
            else
                step_forth(w);
            int64_t version = track_book_version(w->book);
            assert_as_expected(w, version, w->model.states[w->model.count - 1]);
            free(w->history[version]);
            w->history[version] = copy_of(&w->model);
        }
        // Any earlier version is still what it was.
        for (int64_t version = 1; version <= track_book_version(w->book); version++)
            assert_as_expected(w, version, w->history[version]);
        made += track_book_version(w->book);
        refused += w->refused;
        world_free(w);
    }
    // The model says yes and no often enough to mean something.
    assert_true(made > 3000 && refused > 500);
}

// ---- tracking again

// The same walkers as another detector and a tracker with other numbers would give them: a little aside, in another
// order, with somebody else among them.
static void make_again(const struct track_sheet *sheet, struct track_sheet *again, size_t *was)
{
    *again = (struct track_sheet){0};
    for (size_t f = 0; f < sheet->frame_count; f++) {
        const struct sheet_frame *frame = &sheet->frames[f];
        struct meta_object objects[TRACKS + 2];
        size_t count = 0;
        objects[count] = walker(f, 9);
        was[again->object_count] = SIZE_MAX;
        objects[count++].track = 1;
        for (size_t k = frame->count; k-- > 0;) {
            const struct sheet_object *object = &sheet->objects[frame->first + k];
            was[again->object_count + count] = frame->first + k;
            objects[count] = (struct meta_object){.x = object->x + 3.0f,
                .y = object->y - 4.0f,
                .width = object->width + 2.0f,
                .height = object->height,
                .score = object->score,
                .class_name = "person"};
            objects[count++].track = object->track >= 0 ? 10 - object->track : -1;
        }
        add_frame(again, frame->index, objects, count);
    }
}

// Two objects are of one track in the one exactly when they are in the other.
static void assert_same_partition(
    const struct track_sheet *again, const int64_t *now, const size_t *was, const int64_t *before)
{
    for (size_t i = 0; i < again->object_count; i++) {
        if (was[i] == SIZE_MAX)
            continue;
        assert_true((now[i] < 0) == (before[was[i]] < 0));
        for (size_t k = 0; k < i && now[i] >= 0; k++) {
            if (was[k] != SIZE_MAX && before[was[k]] >= 0)
                assert_true((now[i] == now[k]) == (before[was[i]] == before[was[k]]));
        }
    }
}

static void corrections_are_kept_when_another_detector_and_other_numbers_come(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 130; seed++) {
        struct world *w = world_new(seed);
        struct track_sheet again;
        size_t was[FRAMES * (TRACKS + 2)];
        for (int i = 0; i < 30; i++)
            correct_at_random(w);
        make_again(&w->sheet, &again, was);
        struct track_state *replayed = track_book_replay(w->book, &again, VIDEO, track_book_version(w->book));
        assert_same_partition(&again, track_state_numbers(replayed), was, w->model.states[w->model.count - 1]);
        for (int64_t id = 1; id <= track_book_version(w->book); id++) {
            struct track_step step;
            track_book_step(w->book, id, &step);
            assert_string_equal(step.passed_over, "");
        }
        track_state_free(replayed);
        track_sheet_release(&again);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_of_corrections_undos_and_redos_does_what_the_model_does),
        cmocka_unit_test(corrections_are_kept_when_another_detector_and_other_numbers_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
