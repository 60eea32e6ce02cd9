// Properties of labelling that must hold whatever people do, over random steps: what was rejected never comes back for
// its label, and undoing brings back the very answers there were. Run as: labels_random_test BACKEND
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "search/labels.h"
#include "search/test_labels.h"

#define NAMES 6
#define OBJECTS (2 * FRAMES * THINGS)
#define STEPS_MOST 80
static const char *const names[NAMES] = {"red", "blue", "gr\u00fcn", "x", "y", "z"};
static char objects[OBJECTS][OBJECT_ID_SIZE];

// ---- what is drawn

static uint64_t random_state;

static int draw(int below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)below);
}

// ---- a plain record of what was said, kept beside the service

struct record {
    bool exists[NAMES];
    int yes[OBJECTS];          // name; -1: none
    int64_t yes_step[OBJECTS]; // in which it was said
    int64_t no_step[OBJECTS][NAMES];
};

struct play {
    struct fixture *f;
    struct record now;
    struct record past[STEPS_MOST + 1]; // before each step that could be undone, then the one after the last
    char *answers[STEPS_MOST + 1];      // what was answered then; NULL: not looked
    int done, undone;
    int64_t tracks[OBJECTS];
    uint64_t seed;
    int step;
};

static void begin(struct play *play, struct fixture *f, uint64_t seed)
{
    *play = (struct play){.f = f};
    random_state = seed;
    for (int i = 0; i < OBJECTS; i++) {
        object_id_make(i < OBJECTS / 2 ? VIDEO_A : VIDEO_B, i / THINGS % FRAMES, i % THINGS, objects[i]);
        play->now.yes[i] = -1;
        play->tracks[i] = -1;
    }
    play->past[0] = play->now;
}

static void end(struct play *play)
{
    for (int i = 0; i <= STEPS_MOST; i++)
        free(play->answers[i]);
    free(play);
}

static void clear_record(struct record *r, int object, int name)
{
    if (r->yes[object] == name)
        r->yes[object] = -1;
    r->no_step[object][name] = 0;
}

static void hand_over(struct record *r, int from, int into)
{
    for (int o = 0; o < OBJECTS; o++) {
        if (r->yes[o] == from) {
            r->yes[o] = into;
            if (into >= 0)
                r->no_step[o][into] = 0;
        }
        if (into >= 0 && r->no_step[o][from] != 0 && r->yes[o] != into && r->no_step[o][into] == 0)
            r->no_step[o][into] = r->no_step[o][from];
        r->no_step[o][from] = 0;
    }
    r->exists[from] = false;
}

static void rename_record(struct record *r, int from, int to)
{
    for (int o = 0; o < OBJECTS; o++) {
        if (r->yes[o] == from)
            r->yes[o] = to;
        r->no_step[o][to] = r->no_step[o][from];
        if (to != from)
            r->no_step[o][from] = 0;
    }
    r->exists[from] = false;
    r->exists[to] = true;
}

// ---- steps

static void take_step(struct play *play, const struct record *after)
{
    play->now = *after;
    play->done++;
    play->past[play->done] = *after;
    play->undone = 0;
    for (int i = play->done; i <= STEPS_MOST; i++) {
        free(play->answers[i]);
        play->answers[i] = NULL;
    }
}

static bool same_track(const struct play *play, int a, int b)
{
    return a == b ||
        (play->tracks[a] >= 0 && play->tracks[a] == play->tracks[b] && (a < OBJECTS / 2) == (b < OBJECTS / 2));
}

// What the rest of an object's track carries: the latest yes, unless a no of the same label came with it or later.
static int carried_by_the_rest(const struct play *play, const struct record *r, int object)
{
    int name = -1;
    int64_t step = 0;
    for (int o = 0; o < OBJECTS; o++) {
        if (same_track(play, object, o) && r->yes[o] >= 0 && r->yes_step[o] > step) {
            name = r->yes[o];
            step = r->yes_step[o];
        }
    }
    for (int o = 0; o < OBJECTS && name >= 0; o++) {
        if (same_track(play, object, o) && r->no_step[o][name] >= step)
            return -1;
    }
    return name;
}

// Whether the words are others, or other labels follow from them.
static bool are_different(const struct play *play, const struct record *a, const struct record *b)
{
    for (int o = 0; o < OBJECTS; o++) {
        if (a->yes[o] != b->yes[o])
            return true;
        for (int name = 0; name < NAMES; name++) {
            if ((a->no_step[o][name] != 0) != (b->no_step[o][name] != 0))
                return true;
        }
        if (play->tracks[o] >= 0 && carried_by_the_rest(play, a, o) != carried_by_the_rest(play, b, o))
            return true;
    }
    return false;
}

// `chosen` has the yeses, then the noes, then what is taken back.
static void say_of(struct play *play, int name, const int *chosen, const size_t counts[3])
{
    const char *lists[OBJECTS];
    size_t total = counts[0] + counts[1] + counts[2];
    for (size_t i = 0; i < total; i++)
        lists[i] = objects[chosen[i]];
    const struct label_examples examples = {.positive = lists,
        .positive_count = counts[0],
        .negative = lists + counts[0],
        .negative_count = counts[1],
        .clear = lists + counts[0] + counts[1],
        .clear_count = counts[2]};
    struct label_change change;
    assert_ok(labels_examples(play->f->labels, PROJECT, names[name], &examples, &anybody, &change, &failure), &failure);
    struct record after = play->now;
    int64_t step = change.has_step ? change.step.id : change.version + 1;
    after.exists[name] = true;
    for (size_t i = 0; i < total; i++) {
        clear_record(&after, chosen[i], name);
        if (i < counts[0]) {
            after.yes[chosen[i]] = name;
            after.yes_step[chosen[i]] = step;
        } else if (i < counts[0] + counts[1]) {
            after.no_step[chosen[i]][name] = step;
        }
    }
    bool is_step = are_different(play, &play->now, &after) || !play->now.exists[name];
    if (change.has_step != is_step)
        fail_msg("seed %" PRIu64 ", step %d: what was said is %s", play->seed, play->step,
            is_step ? "new and no step" : "a step and nothing new");
    if (is_step)
        take_step(play, &after);
}

static void step_examples(struct play *play)
{
    enum { LIST = 3 };
    size_t counts[3] = {0};
    int chosen[3 * LIST];
    size_t total = 0;
    for (int list = 0; list < 3; list++) {
        for (int want = draw(LIST + 1); want > 0; want--) {
            int object = draw(OBJECTS);
            bool is_new = true;
            for (size_t i = 0; i < total; i++)
                is_new = is_new && chosen[i] != object;
            if (is_new) {
                chosen[total++] = object;
                counts[list]++;
            }
        }
    }
    int name = draw(NAMES);
    if (counts[0] + counts[1] > 0 || (play->now.exists[name] && counts[2] > 0))
        say_of(play, name, chosen, counts);
}

// Some of what is said of a label, once more.
static void step_same(struct play *play)
{
    int name = draw(NAMES);
    int chosen[OBJECTS];
    size_t counts[3] = {0};
    for (int o = 0; o < OBJECTS; o++) {
        if (play->now.yes[o] == name && draw(2) == 0)
            chosen[counts[0]++] = o;
    }
    for (int o = 0; o < OBJECTS; o++) {
        if (play->now.no_step[o][name] != 0 && draw(2) == 0)
            chosen[counts[0] + counts[1]++] = o;
    }
    if (counts[0] + counts[1] > 0)
        say_of(play, name, chosen, counts);
}

static void step_whole_label(struct play *play)
{
    int from = draw(NAMES);
    int to = draw(NAMES);
    int what = draw(4);
    struct label_change change;
    struct record after = play->now;
    if (!play->now.exists[from])
        return;
    if (what <= 1 && (to == from || !play->now.exists[to])) {
        assert_ok(
            labels_rename(play->f->labels, PROJECT, names[from], names[to], &anybody, &change, &failure), &failure);
        assert_int_equal(change.has_step, to != from);
        if (!change.has_step)
            return;
        rename_record(&after, from, to);
    } else if (what <= 2 && to != from && play->now.exists[to]) {
        assert_ok(
            labels_merge(play->f->labels, PROJECT, names[from], names[to], &anybody, &change, &failure), &failure);
        hand_over(&after, from, to);
    } else if (what == 3) {
        assert_ok(labels_delete(play->f->labels, PROJECT, names[from], &anybody, &change, &failure), &failure);
        hand_over(&after, from, -1);
    } else {
        return;
    }
    take_step(play, &after);
}

static void step_back(struct play *play)
{
    struct label_change change;
    enum err_code code = labels_undo(play->f->labels, PROJECT, &anybody, &change, &failure);
    assert_int_equal(code, play->done > 0 ? ERR_NONE : ERR_CONFLICT);
    if (play->done == 0)
        return;
    play->done--;
    play->undone++;
    play->now = play->past[play->done];
}

static void step_again(struct play *play)
{
    struct label_change change;
    enum err_code code = labels_redo(play->f->labels, PROJECT, &anybody, &change, &failure);
    assert_int_equal(code, play->undone > 0 ? ERR_NONE : ERR_CONFLICT);
    if (play->undone == 0)
        return;
    play->done++;
    play->undone--;
    play->now = play->past[play->done];
}

// Tracks as a tracker might join them: none, one for each thing, or several pieces, some of them wrong.
static void track_again(struct play *play)
{
    struct fixture *f = play->f;
    const char *video = draw(2) == 0 ? VIDEO_A : VIDEO_B;
    int piece = 1 + draw(FRAMES);
    int scheme = draw(4);
    for (int32_t i = 0; i < FRAMES; i++) {
        int64_t base = 100 * (i / piece) + (scheme == 3 && i % 2 == 1 ? 1 : 0);
        int64_t first = scheme == 0 ? -1 : base;
        add_frame(f, video, i, THINGS, first);
        for (int k = 0; k < THINGS; k++) {
            int at = (strcmp(video, VIDEO_A) == 0 ? 0 : OBJECTS / 2) + i * THINGS + k;
            play->tracks[at] = first >= 0 ? first + k : -1;
            struct vector_attributes change = {.set_track = true, .track = play->tracks[at]};
            memcpy(change.object, objects[at], sizeof(change.object));
            assert_ok(vector_index_set_attributes(f->vectors, PROJECT, &change, 1, &failure), &failure);
        }
    }
    assert_ok(labels_resolve(f->labels, PROJECT, video, &failure), &failure);
}

static void play_on(struct play *play, bool with_tracks)
{
    int what = draw(with_tracks ? 22 : 20);
    if (what < 8)
        step_examples(play);
    else if (what < 10)
        step_same(play);
    else if (what < 13)
        step_whole_label(play);
    else if (what < 16)
        step_back(play);
    else if (what < 18)
        step_again(play);
    else if (what < 20)
        restart(play->f);
    else
        track_again(play);
    assert_ok(labels_refresh(play->f->labels, PROJECT, &failure), &failure);
}

// What is said does not depend on the store, so the slower one gets fewer plays.
static uint64_t plays(void)
{
    return strcmp(backend, "memory") == 0 ? 10 : 2;
}

// ---- rejected is rejected

static int number_of(const char *object)
{
    for (int i = 0; i < OBJECTS; i++) {
        if (strcmp(objects[i], object) == 0)
            return i;
    }
    fail_msg("%s is no object of the test", object);
    return -1;
}

// By the rules of labels.h: its own word counts for itself, and a no for the rest of its track, unless another object
// of that is it.
static bool is_rejected(const struct play *play, int object, int name)
{
    const struct record *r = &play->now;
    if (r->yes[object] == name || r->no_step[object][name] != 0)
        return r->yes[object] != name;
    bool is_refused = false;
    for (int o = 0; o < OBJECTS; o++) {
        if (!same_track(play, object, o))
            continue;
        if (r->yes[o] == name)
            return false;
        is_refused = is_refused || r->no_step[o][name] != 0;
    }
    return is_refused;
}

static void assert_not_rejected(const struct play *play, const char *object, int name, const char *where)
{
    if (is_rejected(play, number_of(object), name))
        fail_msg("seed %" PRIu64 ", step %d: %s was rejected for \"%s\" and comes back among the %s", play->seed,
            play->step, object, names[name], where);
}

static void assert_hits(const struct play *play, struct labelled_objects *hits, int name, const char *where)
{
    for (size_t i = 0; i < hits->count; i++)
        assert_not_rejected(play, hits->items[i].object, name, where);
    labelled_objects_release(hits);
}

static void look_at_shown(const struct play *play)
{
    struct label_object asked[OBJECTS];
    struct object_labels set;
    for (int o = 0; o < OBJECTS; o++)
        asked[o] = (struct label_object){.object = objects[o], .track = play->tracks[o]};
    assert_ok(labels_of_objects(play->f->labels, PROJECT, asked, OBJECTS, &set, &failure), &failure);
    for (int o = 0; o < OBJECTS; o++) {
        for (int name = 0; name < NAMES && set.items[o].kind != LABEL_NONE; name++) {
            if (strcmp(set.items[o].name, names[name]) == 0)
                assert_not_rejected(play, objects[o], name, "labels shown");
        }
    }
    object_labels_release(&set);
}

static void look_at_search(const struct play *play, int name)
{
    struct label_filter filter;
    struct vector_hit *hits;
    size_t count;
    float any[DIMENSION] = {1, 1, 1};
    assert_ok(labels_filter(play->f->labels, PROJECT, &names[name], 1, &filter, &failure), &failure);
    const char **exceptions = mem_calloc(filter.exception_count + 1, sizeof(*exceptions));
    for (size_t i = 0; i < filter.exception_count; i++)
        exceptions[i] = filter.exceptions[i];
    const struct vector_query query = {.project = PROJECT,
        .vector = any,
        .dimension = DIMENSION,
        .limit = 1000,
        .min_score = -1,
        .filter = {.labels = (const char *const *)filter.names,
            .label_count = filter.name_count,
            .labelled = filter.tracks,
            .labelled_count = filter.track_count,
            .exclude = exceptions,
            .exclude_count = filter.exception_count}};
    assert_ok(vector_index_query(play->f->vectors, &query, &hits, &count, &failure), &failure);
    for (size_t i = 0; i < count; i++)
        assert_not_rejected(play, hits[i].object, name, "hits of a search by label");
    free(hits);
    free(exceptions);
    label_filter_release(&filter);
}

static void look_at_suggestions(const struct play *play, int name)
{
    const char *like = NULL;
    struct labelled_objects hits;
    for (int o = 0; o < OBJECTS && like == NULL; o++)
        like = play->now.yes[o] == name ? objects[o] : NULL;
    if (like == NULL)
        return;
    const struct label_suggest request = {
        .project = PROJECT, .positive = &like, .positive_count = 1, .label = names[name], .limit = 1000};
    assert_ok(labels_suggest(play->f->labels, &request, &hits, &failure), &failure);
    assert_hits(play, &hits, name, "suggestions");
}

static void look_at_label(const struct play *play, int name)
{
    struct labels *labels = play->f->labels;
    struct labelled_objects hits;
    struct label_questions questions;
    size_t noes = 0;
    for (int o = 0; o < OBJECTS; o++)
        noes += play->now.no_step[o][name] != 0;
    assert_int_equal(count_found(play->f, names[name], LABEL_LIST_NEGATIVE, NULL, NULL), noes);
    assert_ok(
        labels_objects(labels, PROJECT, names[name], LABEL_LIST_PROBABLE, NULL, 0, 1000, &hits, &failure), &failure);
    assert_hits(play, &hits, name, "likely objects");
    assert_ok(
        labels_objects(labels, PROJECT, names[name], LABEL_LIST_EXPLICIT, NULL, 0, 1000, &hits, &failure), &failure);
    assert_hits(play, &hits, name, "labelled objects");
    assert_ok(labels_candidates(labels, PROJECT, names[name], NULL, 100, &questions, &failure), &failure);
    assert_hits(play, &questions.hits, name, "candidates");
    look_at_suggestions(play, name);
    look_at_search(play, name);
}

static void what_was_rejected_never_comes_back_for_its_label(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= plays(); seed++) {
        void *fixture;
        assert_int_equal(set_up(&fixture), 0);
        struct play *play = mem_alloc(sizeof(*play));
        begin(play, fixture, seed);
        track_again(play);
        for (int step = 0; step < STEPS_MOST - 1; step++) {
            play->seed = seed;
            play->step = step;
            play_on(play, true);
            look_at_shown(play);
            for (int name = 0; name < NAMES; name++) {
                if (play->now.exists[name])
                    look_at_label(play, name);
            }
        }
        end(play);
        tear_down(&fixture);
    }
}

// ---- undoing

static void add_hits(struct strbuf *text, struct labelled_objects *hits)
{
    for (size_t i = 0; i < hits->count; i++)
        strbuf_addf(text, " %s %.9g %.9g %" PRId64, hits->items[i].object, (double)hits->items[i].score,
            (double)hits->items[i].confidence, hits->items[i].at_us);
    strbuf_addf(text, hits->more ? " and more\n" : "\n");
    labelled_objects_release(hits);
}

static void add_label(const struct play *play, const struct label_summary *label, struct strbuf *text)
{
    struct labels *labels = play->f->labels;
    struct labelled_objects hits;
    struct label_questions questions;
    strbuf_addf(text, "label %s: %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %.9g %s %" PRId64 " %" PRId64 "\n",
        label->name, label->positives, label->negatives, label->explicit_, label->probable,
        label->has_threshold ? label->threshold : -1, label->example, label->created_us, label->updated_us);
    for (int listing = LABEL_LIST_EXPLICIT; listing <= LABEL_LIST_NEGATIVE; listing++) {
        assert_ok(
            labels_objects(labels, PROJECT, label->name, (enum label_listing)listing, NULL, 0, 1000, &hits, &failure),
            &failure);
        add_hits(text, &hits);
    }
    assert_ok(labels_candidates(labels, PROJECT, label->name, NULL, 10, &questions, &failure), &failure);
    strbuf_addf(text, "%s %.9g %" PRId64, questions.settled ? "settled" : "ask",
        questions.is_estimated ? questions.precision : -1, questions.is_estimated ? questions.missing : -1);
    add_hits(text, &questions.hits);
    const char *like = label->example[0] != '\0' ? label->example : objects[0];
    const struct label_suggest request = {
        .project = PROJECT, .positive = &like, .positive_count = 1, .label = label->name, .limit = 100};
    assert_ok(labels_suggest(labels, &request, &hits, &failure), &failure);
    add_hits(text, &hits);
}

static void add_shown(const struct play *play, struct strbuf *text)
{
    struct label_object asked[OBJECTS];
    struct object_labels set;
    for (int o = 0; o < OBJECTS; o++)
        asked[o] = (struct label_object){.object = objects[o], .track = play->tracks[o], .class_name = "x"};
    assert_ok(labels_of_objects(play->f->labels, PROJECT, asked, OBJECTS, &set, &failure), &failure);
    for (int o = 0; o < OBJECTS; o++)
        strbuf_addf(text, "%s %s %s %.9g%s\n", objects[o], label_kind_name(set.items[o].kind), set.items[o].name,
            (double)set.items[o].score, set.items[o].class_refused ? " refused" : "");
    object_labels_release(&set);
}

static void add_data(const struct play *play, struct strbuf *text)
{
    struct assertion_filter filter = ASSERTION_FILTER_ANY;
    struct assertion_hits said;
    struct label_mistakes mistakes;
    for (int listing = LABEL_LIST_EXPLICIT; listing <= LABEL_LIST_NEGATIVE; listing++) {
        filter.listing = (enum label_listing)listing;
        assert_ok(labels_assertions(play->f->labels, PROJECT, &filter, NULL, 1000, &said, &failure), &failure);
        for (size_t i = 0; i < said.count; i++)
            strbuf_addf(text, "%s %s %" PRId64 " %s %.9g\n", said.items[i].label, said.items[i].object.object,
                said.items[i].step, said.items[i].by, (double)said.items[i].object.confidence);
        assertion_hits_release(&said);
    }
    assert_ok(labels_mistakes(play->f->labels, PROJECT, NULL, 0, NULL, 1000, NULL, &mistakes, &failure), &failure);
    for (size_t i = 0; i < mistakes.count; i++)
        strbuf_addf(text, "mistake %s %s %.9g %s %s %zu\n", mistakes.items[i].said.label,
            mistakes.items[i].said.object.object, (double)mistakes.items[i].score, mistakes.items[i].own,
            mistakes.items[i].other, mistakes.items[i].alike_count);
    label_mistakes_release(&mistakes);
}

// All that is answered, but for the version, the history and what could be undone and redone.
static char *answers(const struct play *play)
{
    struct strbuf text;
    struct label_list list;
    strbuf_init(&text);
    assert_ok(labels_list(play->f->labels, PROJECT, &list, &failure), &failure);
    for (size_t i = 0; i < list.count; i++)
        add_label(play, &list.items[i], &text);
    label_list_release(&list);
    add_shown(play, &text);
    add_data(play, &text);
    return strbuf_detach(&text, NULL);
}

static void first_difference(const struct play *play, const char *was, const char *is)
{
    size_t at = 0;
    size_t line = 0;
    for (; was[at] == is[at]; at++)
        line = was[at] == '\n' ? at + 1 : line;
    fail_msg("seed %" PRIu64 ", step %d: was\n%.*s\nand is\n%.*s", play->seed, play->step,
        (int)strcspn(was + line, "\n"), was + line, (int)strcspn(is + line, "\n"), is + line);
}

static void undoing_anything_brings_back_the_very_answers(void **state)
{
    (void)state;
    for (uint64_t seed = 101; seed <= 100 + plays(); seed++) {
        void *fixture;
        assert_int_equal(set_up(&fixture), 0);
        struct play *play = mem_alloc(sizeof(*play));
        begin(play, fixture, seed);
        play->seed = seed;
        if (seed % 2 == 0)
            track_again(play);
        for (play->step = 0; play->step < STEPS_MOST - 1; play->step++) {
            char *now = answers(play);
            const char *before = play->answers[play->done];
            if (before != NULL && strcmp(before, now) != 0)
                first_difference(play, before, now);
            free(play->answers[play->done]);
            play->answers[play->done] = now;
            pass_seconds(fixture, 1);
            play_on(play, false);
        }
        end(play);
        tear_down(&fixture);
    }
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_rejected_never_comes_back_for_its_label),
        cmocka_unit_test(undoing_anything_brings_back_the_very_answers),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
