// Which objects an import labels, and that what was exported comes back. Run as: exchange_import_test BACKEND
#include "exchange/import.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "exchange/test_exchange.h"
#include "exchange/zip.h"

#define HEAD "video,frame,pts_us,x,y,width,height,label,kind\n"

// One line: counts, then the first problem.
static const char *outcome(const struct imported *imported)
{
    static char text[1000];
    snprintf(text, sizeof(text), "%" PRId64 " of %" PRId64 ", %" PRId64 " so already%s%s", imported->matched,
        imported->entries, imported->unchanged, imported->problem_count > 0 ? ": " : "",
        imported->problem_count > 0 ? imported->problems[0] : "");
    return text;
}

static void assert_table(
    struct exchange_fixture *f, const struct import_request *request, const char *text, const char *wanted)
{
    struct imported imported;
    struct import_request with = *request;
    with.format = EXCHANGE_CSV;
    enum err_code code = try_import(f, &with, text, strlen(text), &imported);
    const char *got = code == ERR_NONE ? outcome(&imported) : failure.message;
    if (strcmp(got, wanted) != 0)
        fail_msg("%s\ngives\n%s\ninstead of\n%s", text, got, wanted);
    imported_release(&imported);
}

static const struct import_request plain;
static const struct import_request on_clip = {.video = CLIP};

// ---- which object is meant

static void a_box_means_the_object_that_it_overlaps_best(void **state)
{
    struct exchange_fixture *f = *state;
    // The car of frame 2, by index and time, by time alone, and with a box a little off.
    assert_table(f, &plain, HEAD CLIP ",2,400123,12.25,21,30,40,Bob,\n", "1 of 1, 0 so already");
    assert_labels(f, CLIP "-00000000-000 is Bob\n" CLIP "-00000002-000 is Bob, said\n");
    assert_table(f, &plain, HEAD CLIP ",,400123,14,24,30,40,Bob,\n", "1 of 1, 1 so already");
    assert_table(f, &plain, HEAD CLIP ",2,,300,100,60,36,Rex,negative\n", "1 of 1, 0 so already");
    assert_labels(
        f, CLIP "-00000000-000 is Bob\n" CLIP "-00000002-000 is Bob, said\n" CLIP "-00000002-001 is not Rex\n");
}

static void what_matches_nothing_is_told_and_nothing_is_invented(void **state)
{
    struct exchange_fixture *f = *state;
    static const char good[] = CLIP ",0,0,100,50,20,60,Ann,\n";
    static const char *const cases[][2] = {
        {CLIP ",0,0,200,50,20,60,Ann,\n",
            "line 3: no object of frame 0 of video " CLIP " overlaps this box by 0.5 or more"},
        {CLIP ",1,,100,50,20,60,Ann,\n", "line 3: video " CLIP " has no frame 1"},
        {CLIP ",,7,100,50,20,60,Ann,\n", "line 3: video " CLIP " has no frame at 7 \u00b5s"},
        {CLIP ",2,400000,100,50,20,60,Ann,\n",
            "line 3: frame 2 of video " CLIP " is at 400123 \u00b5s, not at 400000: another clip or sampling"},
        {"00000000000000ff,0,0,100,50,20,60,Ann,\n", "line 3: there is no video 00000000000000ff"},
        {ELSEWHERE ",0,0,100,50,20,60,Ann,\n", "line 3: the video " ELSEWHERE " belongs to project other, not to demo"},
        {",0,0,100,50,20,60,Ann,\n",
            "line 3: the entry does not say which video it is about: name it with the import (video)"},
        {CLIP ",0,0,100,50,0,0,Ann,\n",
            "line 3: no object of frame 0 of video " CLIP " overlaps this box by 0.5 or more"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = mem_sprintf("%s%s%s", HEAD, good, cases[i][0]);
        char *wanted = mem_sprintf("1 of 2, %d so already: %s", i > 0, cases[i][1]);
        assert_table(f, &plain, text, wanted);
        free(text);
        free(wanted);
    }
    assert_labels(f, CLIP "-00000000-001 is Ann, said\n");
    // Nothing at all is a mistake, and in strict imports so is anything.
    char *text = mem_sprintf("%s%s", HEAD, cases[1][0]);
    assert_table(
        f, &plain, text, "none of the 1 entries matches a stored object: line 2: video " CLIP " has no frame 1");
    free(text);
    text = mem_sprintf("%s%s%s", HEAD, good, cases[1][0]);
    assert_table(f, &(struct import_request){.strict = true}, text,
        "1 of 2 entries match no stored object: line 3: video " CLIP " has no frame 1");
    free(text);
    assert_table(f, &plain, HEAD CLIP ",0,0,100,50,20,60,Ann,probable\n",
        "the file gives no object a label (1 entries are passed over: probable labels, classes, crowds)");
}

static void an_objects_id_is_believed_where_its_box_agrees(void **state)
{
    struct exchange_fixture *f = *state;
#define WITH_ID "object,x,y,width,height,label\n"
    assert_table(f, &plain, WITH_ID CLIP "-00000002-000,,,,,Bob\n", "1 of 1, 0 so already");
    assert_labels(f, CLIP "-00000000-000 is Bob\n" CLIP "-00000002-000 is Bob, said\n");
    // Indexed again by another detector the objects have other numbers: the box says which one is meant.
    forget_labels(f);
    assert_table(f, &plain, WITH_ID CLIP "-00000002-000,300,100,64,36,Rex\n", "1 of 1, 0 so already");
    assert_labels(f, CLIP "-00000002-001 is Rex, said\n");
    forget_labels(f);
    assert_table(f, &plain, WITH_ID CLIP "-00000002-009,,,,,Rex\n" CLIP "-00000002-001,,,,,Rex\n",
        "1 of 2, 0 so already: line 2: there is no object 9 in frame 2 of video " CLIP);
    assert_table(f, &plain, WITH_ID ELSEWHERE "-00000000-000,,,,,Rex\n",
        "none of the 1 entries matches a stored object: line 2: the video " ELSEWHERE
        " belongs to project other, not to demo");
}

static void each_object_is_for_one_box_and_the_best_one_gets_it(void **state)
{
    struct exchange_fixture *f = *state;
    // Both overlap the person; the second one better.
    assert_table(f, &on_clip, HEAD ",0,0,105,50,20,60,Ann,\n,0,0,101,50,20,60,Bea,\n",
        "1 of 2, 0 so already: line 2: no object of frame 0 of video " CLIP " overlaps this box by 0.5 or more");
    assert_labels(f, CLIP "-00000000-001 is Bea, said\n");
    // The same box twice is one box.
    forget_labels(f);
    assert_table(f, &on_clip, HEAD ",0,0,101,50,20,60,Bea,\n,0,0,101,50,20,60,Ann,negative\n", "2 of 2, 0 so already");
    assert_labels(f, CLIP "-00000000-001 is Bea, said\n" CLIP "-00000000-001 is not Ann\n");
}

static void a_looser_overlap_can_be_asked_for(void **state)
{
    struct exchange_fixture *f = *state;
    static const char text[] = HEAD ",0,0,110,50,20,60,Ann,\n";
    assert_table(f, &on_clip, text,
        "none of the 1 entries matches a stored object: line 2: no object of frame 0 of video " CLIP
        " overlaps this box by 0.5 or more");
    assert_table(f, &(struct import_request){.video = CLIP, .min_iou = 0.3}, text, "1 of 1, 0 so already");
}

static void boxes_of_a_smaller_picture_are_enlarged(void **state)
{
    struct exchange_fixture *f = *state;
    assert_table(f, &on_clip, "frame,frame_width,frame_height,x,y,width,height,label\n0,320,180,50,25,10,30,Ann\n",
        "1 of 1, 0 so already");
    assert_labels(f, CLIP "-00000000-001 is Ann, said\n");
}

static void another_videos_file_is_for_this_one_only_when_somebody_says_so(void **state)
{
    struct exchange_fixture *f = *state;
    static const char text[] = "object,video,frame,pts_us,x,y,width,height,label\n"
                               "00000000000000ff-00000009-001,00000000000000ff,9,400123,12,21,30,40,Bob\n";
    assert_table(f, &on_clip, text,
        "none of the 1 entries matches a stored object: line 2: it is about video 00000000000000ff, not " CLIP
        "; if both are the same clip, say so (from=00000000000000ff)");
    // Its numbers of frames and objects are not ours; times and boxes are.
    assert_table(f, &(struct import_request){.video = CLIP, .from = "00000000000000ff"}, text, "1 of 1, 0 so already");
    assert_labels(f, CLIP "-00000000-000 is Bob\n" CLIP "-00000002-000 is Bob, said\n");
    assert_table(f, &(struct import_request){.from = "00000000000000ff"}, text,
        "from says what the file calls the video: name that video too");
    assert_table(f, &(struct import_request){.video = ELSEWHERE}, text,
        "there is no video " ELSEWHERE " in project demo: it belongs to other");
}

static void contradictions_are_refused_with_both_places(void **state)
{
    struct exchange_fixture *f = *state;
    assert_table(f, &on_clip, HEAD ",0,0,100,50,20,60,Ann,\n,2,,12,21,30,40,Bob,\n,0,0,100,50,20,60,Bea,\n",
        "line 2 and line 4 contradict each other: the object " CLIP
        "-00000000-001 is \"Ann\" and \"Bea\", but an object has one label");
    assert_table(f, &on_clip, HEAD ",0,0,100,50,20,60,Ann,\n,0,0,100,50,20,60,ANN,negative\n",
        "line 2 and line 3 contradict each other: the object " CLIP "-00000000-001 is \"Ann\" and is not");
    assert_labels(f, "");
}

static void a_frame_has_so_many_boxes_at_most(void **state)
{
    struct exchange_fixture *f = *state;
    struct strbuf text;
    strbuf_init(&text);
    strbuf_adds(&text, HEAD);
    for (int i = 0; i <= IMPORT_FRAME_BOXES_MAX; i++)
        strbuf_addf(&text, ",0,0,%d,50,20,60,Ann,\n", i);
    struct imported imported;
    const struct import_request request = {.format = EXCHANGE_CSV, .video = CLIP};
    assert_code(try_import(f, &request, text.data, text.size, &imported), ERR_LIMIT);
    assert_says("more than 5000 boxes in this frame");
    strbuf_release(&text);
}

static void labels_are_told_as_they_are_called_here(void **state)
{
    struct exchange_fixture *f = *state;
    static const char text[] = HEAD ",0,0,100,50,20,60,CAFE\u0301,\n,2,,300,100,64,36,Rex,\n";
    const struct import_request request = {.format = EXCHANGE_CSV, .video = CLIP};
    struct imported imported;
    say_yes(f->base, "Caf\u00e9", object_of(CLIP, 0, 0));
    assert_ok(try_import(f, &request, text, strlen(text), &imported), &failure);
    assert_string_equal(imported.labels[0].name, "Caf\u00e9");
    assert_false(imported.labels[0].made);
    assert_string_equal(imported.labels[1].name, "Rex");
    assert_true(imported.labels[1].made);
    imported_release(&imported);
}

static void a_dry_run_changes_nothing(void **state)
{
    struct exchange_fixture *f = *state;
    static const char text[] = HEAD ",0,0,100,50,20,60,Ann,\n";
    struct imported imported;
    struct import_request request = {.format = EXCHANGE_CSV, .video = CLIP, .dry_run = true};
    say_yes(f->base, "Bea", object_of(CLIP, 0, 1));
    assert_ok(try_import(f, &request, text, strlen(text), &imported), &failure);
    assert_int_equal(imported.moved, 1);
    assert_int_equal(imported.step, 0);
    assert_int_equal(imported.version, 1);
    assert_int_equal(imported.label_count, 1);
    assert_string_equal(imported.labels[0].name, "Ann");
    assert_true(imported.labels[0].made);
    assert_int_equal(imported.labels[0].positives, 1);
    imported_release(&imported);
    assert_labels(f, CLIP "-00000000-001 is Bea, said\n");
    request.dry_run = false;
    assert_ok(try_import(f, &request, text, strlen(text), &imported), &failure);
    assert_int_equal(imported.step, 2);
    imported_release(&imported);
    assert_labels(f, CLIP "-00000000-001 is Ann, said\n");
    undo(f->base);
    assert_labels(f, CLIP "-00000000-001 is Bea, said\n");
}

static void frames_that_are_counted_are_those_that_are_indexed(void **state)
{
    struct exchange_fixture *f = *state;
    struct imported imported;
    struct import_request request = {.format = EXCHANGE_MOT, .video = CLIP, .label = "Rex"};
    static const char text[] = "2,5,300,100,64,36\n3,5,300,100,64,36\n";
    assert_ok(try_import(f, &request, text, strlen(text), &imported), &failure);
    assert_string_equal(
        outcome(&imported), "1 of 2, 0 so already: line 2: video " CLIP " has 2 frames, so there is no frame 3");
    imported_release(&imported);
    assert_labels(f, CLIP "-00000002-001 is Rex, said\n");
}

// ---- clips that the file calls otherwise

#define THEIR_CLIP "00000000000000f1"
#define THEIR_OTHER "00000000000000f2"
#define THEIRS                                                                                                         \
    HEAD THEIR_CLIP ",0,0,11,20,30,40,Bob,\n" THEIR_CLIP ",1,400123,300,100,64,36,Rex,\n" THEIR_OTHER                  \
                    ",0,0,500,300,9,9,Bob,\n"

static void what_looks_like_a_clip_of_ours_is_said_and_not_taken_for_it(void **state)
{
    struct exchange_fixture *f = *state;
    struct import_request request = {.format = EXCHANGE_CSV, .dry_run = true};
    struct imported imported;
    assert_table(f, &plain, THEIRS,
        "none of the 3 entries matches a stored object: line 2: there is no video " THEIR_CLIP
        "; what the file calls " THEIR_CLIP " looks like video " CLIP
        ": if they are the same clip, say so (same=" THEIR_CLIP ":" CLIP ")");
    assert_ok(try_import(f, &request, THEIRS, strlen(THEIRS), &imported), &failure);
    assert_int_equal(imported.matched, 0);
    assert_int_equal(imported.unmatched, 3);
    assert_int_equal(imported.other_count, 2);
    assert_string_equal(imported.others[0].video, THEIR_CLIP);
    assert_string_equal(imported.others[0].same, CLIP);
    assert_int_equal(imported.others[0].entries, 2);
    assert_string_equal(imported.others[1].video, THEIR_OTHER);
    assert_string_equal(imported.others[1].same, "");
    assert_int_equal(imported.label_count, 2);
    assert_int_equal(imported.labels[0].positives + imported.labels[1].positives, 0);
    imported_release(&imported);
    // A video of the other project is no less another one.
    static const char elsewhere[] = HEAD ELSEWHERE ",0,0,11,20,30,40,Bob,\n";
    assert_ok(try_import(f, &request, elsewhere, strlen(elsewhere), &imported), &failure);
    assert_string_equal(imported.others[0].video, ELSEWHERE);
    assert_string_equal(imported.others[0].same, CLIP);
    imported_release(&imported);
    // With another box at each time it is another clip; and what nothing says the time of is not compared.
    static const char moved[] = HEAD THEIR_CLIP ",0,0,400,200,30,40,Bob,\n" THEIR_CLIP ",1,400123,300,100,64,36,Rex,\n";
    assert_ok(try_import(f, &request, moved, strlen(moved), &imported), &failure);
    assert_string_equal(imported.others[0].same, "");
    imported_release(&imported);
    // One that is shorter or sampled otherwise has no frames at some of the times.
    static const char longer[] =
        HEAD THEIR_CLIP ",0,0,11,20,30,40,Bob,\n" THEIR_CLIP ",1,400123,300,100,64,36,Rex,\n" THEIR_CLIP
                        ",2,600000,11,20,30,40,Bob,\n" THEIR_CLIP ",3,800000,11,20,30,40,Bob,\n" THEIR_CLIP
                        ",4,1000000,11,20,30,40,Bob,\n";
    assert_ok(try_import(f, &request, longer, strlen(longer), &imported), &failure);
    assert_string_equal(imported.others[0].same, CLIP);
    imported_release(&imported);
    static const char timeless[] = HEAD THEIR_CLIP ",0,,11,20,30,40,Bob,\n";
    assert_ok(try_import(f, &request, timeless, strlen(timeless), &imported), &failure);
    assert_string_equal(imported.others[0].same, "");
    imported_release(&imported);
    assert_labels(f, "");
}

static void clips_that_the_file_calls_otherwise_are_ours_when_somebody_says_so(void **state)
{
    struct exchange_fixture *f = *state;
    struct import_same same[] = {{.file = THEIR_CLIP, .video = CLIP}, {.file = THEIR_OTHER, .video = CLIP}};
    assert_table(f, &(struct import_request){.same = same, .same_count = 1}, THEIRS,
        "2 of 3, 0 so already: line 4: there is no video " THEIR_OTHER);
    assert_labels(
        f, CLIP "-00000000-000 is Bob, said\n" CLIP "-00000002-000 is Bob\n" CLIP "-00000002-001 is Rex, said\n");
    assert_table(f, &(struct import_request){.same = same, .same_count = 2}, THEIRS,
        "2 of 3, 2 so already: line 4: no object of frame 0 of video " CLIP " overlaps this box by 0.5 or more");
    // Beside one that is meant by entries which say none.
    static const char mixed[] = HEAD THEIR_CLIP ",0,0,11,20,30,40,Bob,\n,0,0,100,50,20,60,Ann,\n";
    assert_table(
        f, &(struct import_request){.same = same, .same_count = 1, .video = CLIP}, mixed, "2 of 2, 1 so already");
    memcpy(same[1].file, THEIR_CLIP, VIDEO_ID_SIZE);
    assert_table(f, &(struct import_request){.same = same, .same_count = 2}, THEIRS,
        "the file's video " THEIR_CLIP " is named twice");
    assert_string_equal(failure.field, "same");
    memcpy(same[0].video, ELSEWHERE, VIDEO_ID_SIZE);
    assert_table(f, &(struct import_request){.same = same, .same_count = 1}, THEIRS,
        "there is no video " ELSEWHERE " in project demo: it belongs to other");
    assert_string_equal(failure.field, "same");
    // The same id is the same video, ids of objects and all.
    same[0] = (struct import_same){.file = CLIP, .video = CLIP};
    assert_table(f, &(struct import_request){.same = same, .same_count = 1},
        "object,label\n" CLIP "-00000000-001,Ann\n", "1 of 1, 1 so already");
}

// ---- out and in again

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

static const char *const names[] = {"Bob", "=SUM(1;2)", "\u05e9\u05dc\u05d5\u05dd", "a,\"b\"'", "'quoted", "car"};

// VIDEO_A with tracks 0 and 1, objects 2 without one; VIDEO_B without; and the clip.
static void follow_some(struct exchange_fixture *f)
{
    for (int32_t i = 0; i < FRAMES; i++) {
        struct meta_object objects[THINGS];
        for (int k = 0; k < THINGS; k++)
            objects[k] = (struct meta_object){.x = (float)(k * 100 + i),
                .y = 7.3f,
                .width = 50,
                .height = 50,
                .score = 0.9f,
                .class_name = "car",
                .track = k < 2 ? k : -1};
        const struct meta_frame frame = {.index = i,
            .pts_us = i * INT64_C(200000),
            .width = 640,
            .height = 360,
            .objects = objects,
            .object_count = THINGS};
        assert_ok(meta_store_put_objects(f->base->meta, VIDEO_A, &frame, 1, &failure), &failure);
    }
    assert_ok(labels_resolve(f->base->labels, PROJECT, VIDEO_A, &failure), &failure);
}

static void say_something(struct exchange_fixture *f)
{
    static const char *const videos[] = {VIDEO_A, VIDEO_A, VIDEO_A, VIDEO_B};
    const char *label = names[draw(6)];
    const char *object = draw(8) == 0 ? object_of(CLIP, draw(2) == 0 ? 0 : 2, (int)draw(2))
                                      : object_of(videos[draw(4)], (int)draw(FRAMES), (int)draw(THINGS));
    if (draw(3) == 0)
        say_no(f->base, label, object);
    else
        say_yes(f->base, label, object);
}

static struct strbuf export_project(struct exchange_fixture *f, enum exchange_format format)
{
    struct export *export = begin_export(f, NULL, &(struct export_request){.format = format});
    struct strbuf out;
    bool done = false;
    strbuf_init(&out);
    while (!done)
        assert_ok(export_next(export, NULL, &out, &done, &failure), &failure);
    export_free(export);
    return out;
}

static void take_in(struct exchange_fixture *f, enum exchange_format format, const struct strbuf *bytes)
{
    struct imported imported;
    assert_ok(
        try_import(f, &(struct import_request){.format = format, .strict = true}, bytes->data, bytes->size, &imported),
        &failure);
    imported_release(&imported);
}

// Which objects carry which label, whoever said so: the words are cut off.
static void cut_words(char *text)
{
    char *to = text;
    for (char *from = text; *from != '\0';) {
        if (strncmp(from, ", said\n", 7) == 0)
            from += 6;
        else
            *to++ = *from++;
    }
    *to = '\0';
}

static char *without_negatives(const char *text)
{
    struct strbuf out;
    strbuf_init(&out);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n") + 1;
        char *line = mem_strndup(text, length);
        if (strstr(line, " is not ") == NULL)
            strbuf_adds(&out, line);
        free(line);
        text += length;
    }
    return strbuf_detach(&out, NULL);
}

static void whatever_was_said_comes_back_from_an_export(void **state)
{
    struct exchange_fixture *f = *state;
    follow_some(f);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        const enum exchange_format formats[] = {EXCHANGE_CSV, EXCHANGE_COCO};
        random_state = seed;
        forget_labels(f);
        for (int i = 0; i < 25; i++)
            say_something(f);
        // One for sure.
        say_yes(f->base, names[0], object_of(VIDEO_B, 0, 0));
        char *before = labels_text(f);
        cut_words(before);
        for (size_t i = 0; i < 2; i++) {
            struct strbuf bytes = export_project(f, formats[i]);
            forget_labels(f);
            assert_labels(f, "");
            take_in(f, formats[i], &bytes);
            char *after = labels_text(f);
            cut_words(after);
            if (strcmp(before, after) != 0)
                fail_msg(
                    "seed %" PRIu64 ", %s:\n%s\ninstead of\n%s", seed, exchange_format_name(formats[i]), after, before);
            free(after);
            // Once more says nothing new.
            struct imported imported;
            assert_ok(try_import(f, &(struct import_request){.format = formats[i]}, bytes.data, bytes.size, &imported),
                &failure);
            assert_int_equal(imported.step, 0);
            imported_release(&imported);
            strbuf_release(&bytes);
        }
        free(before);
    }
}

static void what_objects_carry_comes_back_from_yolo_and_mot_too(void **state)
{
    struct exchange_fixture *f = *state;
    follow_some(f);
    for (uint64_t seed = 21; seed <= 26; seed++) {
        const enum exchange_format formats[] = {EXCHANGE_YOLO, EXCHANGE_MOT};
        random_state = seed;
        forget_labels(f);
        for (int i = 0; i < 12; i++)
            say_yes(f->base, names[draw(6)], object_of(VIDEO_A, (int)draw(FRAMES), (int)draw(2)));
        char *before = labels_text(f);
        cut_words(before);
        for (size_t i = 0; i < 2; i++) {
            struct strbuf bytes = export_project(f, formats[i]);
            forget_labels(f);
            take_in(f, formats[i], &bytes);
            char *after = labels_text(f);
            cut_words(after);
            char *carried = without_negatives(after);
            assert_string_equal(carried, before);
            free(carried);
            free(after);
            strbuf_release(&bytes);
        }
        free(before);
    }
}

static void few_words_say_what_many_objects_of_a_track_carry(void **state)
{
    struct exchange_fixture *f = *state;
    follow_some(f);
    say_yes(f->base, "Bob", object_of(VIDEO_A, 3, 0));
    struct strbuf bytes = export_project(f, EXCHANGE_CSV);
    forget_labels(f);
    struct imported imported;
    const struct import_request request = {.format = EXCHANGE_CSV};
    assert_ok(try_import(f, &request, bytes.data, bytes.size, &imported), &failure);
    assert_int_equal(imported.entries, FRAMES);
    assert_int_equal(imported.labels[0].positives, 1);
    imported_release(&imported);
    strbuf_release(&bytes);
    // The one that was spoken about is not in the file: one of the others speaks for the track.
    forget_labels(f);
    assert_table(f, &plain,
        "object,label,kind\n" VIDEO_A "-00000005-000,Bob,track\n" VIDEO_A "-00000006-000,Bob,track\n",
        "2 of 2, 1 so already");
    char *text = labels_text(f);
    assert_non_null(strstr(text, VIDEO_A "-00000005-000 is Bob, said\n"));
    assert_non_null(strstr(text, VIDEO_A "-00000006-000 is Bob\n"));
    free(text);
}

static void a_store_that_fails_leaves_all_of_an_import_or_nothing(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    struct strbuf bytes = export_project(f, EXCHANGE_COCO);
    char *whole = labels_text(f);
    bool struck = true;
    for (int64_t at = 1; struck; at++) {
        struct imported imported = {0};
        forget_labels(f);
        fail_call(f, at);
        enum err_code code =
            try_import(f, &(struct import_request){.format = EXCHANGE_COCO}, bytes.data, bytes.size, &imported);
        struck = calls(f) >= at;
        fail_call(f, 0);
        imported_release(&imported);
        char *now = labels_text(f);
        assert_true(strcmp(now, whole) == 0 || strcmp(now, "") == 0);
        assert_true(code != ERR_NONE || strcmp(now, whole) == 0);
        free(now);
        assert_true(at < 200);
    }
    free(whole);
    strbuf_release(&bytes);
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_clip(a_box_means_the_object_that_it_overlaps_best),
        with_clip(what_matches_nothing_is_told_and_nothing_is_invented),
        with_clip(an_objects_id_is_believed_where_its_box_agrees),
        with_clip(each_object_is_for_one_box_and_the_best_one_gets_it),
        with_clip(a_looser_overlap_can_be_asked_for),
        with_clip(boxes_of_a_smaller_picture_are_enlarged),
        with_clip(another_videos_file_is_for_this_one_only_when_somebody_says_so),
        with_clip(contradictions_are_refused_with_both_places),
        with_clip(a_frame_has_so_many_boxes_at_most),
        with_clip(labels_are_told_as_they_are_called_here),
        with_clip(a_dry_run_changes_nothing),
        with_clip(frames_that_are_counted_are_those_that_are_indexed),
        with_clip(what_looks_like_a_clip_of_ours_is_said_and_not_taken_for_it),
        with_clip(clips_that_the_file_calls_otherwise_are_ours_when_somebody_says_so),
        with_clip(whatever_was_said_comes_back_from_an_export),
        with_clip(what_objects_carry_comes_back_from_yolo_and_mot_too),
        with_clip(few_words_say_what_many_objects_of_a_track_carry),
        with_clip(a_store_that_fails_leaves_all_of_an_import_or_nothing),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
