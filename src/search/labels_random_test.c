// Properties of labelling that must hold whatever people do, over random steps: what was rejected never comes back for
// its label, and undoing brings back the very answers there were. Run as: labels_random_test BACKEND [FIRST_SEED COUNT]
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "search/test_label_play.h"

static uint64_t first_seed = 1;
static uint64_t wanted_count; // 0: as many as are worth their time

// What is said does not depend on the store, so the slower one gets fewer.
static uint64_t play_count(void)
{
    if (wanted_count > 0)
        return wanted_count;
    return strcmp(backend, "memory") == 0 ? 10 : 2;
}

// ---- rejected is rejected

static int number_of(const char *object)
{
    for (int i = 0; i < PLAY_OBJECTS; i++) {
        if (strcmp(play_objects[i], object) == 0)
            return i;
    }
    fail_msg("%s is no object of the test", object);
    return -1;
}

// By the rules of labels.h: its own word counts for itself, and a no for the rest of its track, unless another object
// of that is it.
static bool is_rejected(const struct play *play, int object, int name)
{
    const struct play_record *r = &play->now;
    if (r->yes[object] == name || r->no_step[object][name] != 0)
        return r->yes[object] != name;
    bool is_refused = false;
    for (int o = 0; o < PLAY_OBJECTS; o++) {
        if (!play_same_track(play, object, o))
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
            play->step, object, play_names[name], where);
}

static void assert_hits(const struct play *play, struct labelled_objects *hits, int name, const char *where)
{
    for (size_t i = 0; i < hits->count; i++)
        assert_not_rejected(play, hits->items[i].object, name, where);
    labelled_objects_release(hits);
}

static void look_at_shown(const struct play *play)
{
    struct label_object asked[PLAY_OBJECTS];
    struct object_labels set;
    for (int o = 0; o < PLAY_OBJECTS; o++)
        asked[o] = (struct label_object){.object = play_objects[o], .track = play->tracks[o]};
    assert_ok(labels_of_objects(play->f->labels, PROJECT, asked, PLAY_OBJECTS, &set, &failure), &failure);
    for (int o = 0; o < PLAY_OBJECTS; o++) {
        for (int name = 0; name < PLAY_NAMES && set.items[o].kind != LABEL_NONE; name++) {
            if (strcmp(set.items[o].name, play_names[name]) == 0)
                assert_not_rejected(play, play_objects[o], name, "labels shown");
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
    assert_ok(labels_filter(play->f->labels, PROJECT, &play_names[name], 1, &filter, &failure), &failure);
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
    for (int o = 0; o < PLAY_OBJECTS && like == NULL; o++)
        like = play->now.yes[o] == name ? play_objects[o] : NULL;
    if (like == NULL)
        return;
    const struct label_suggest request = {
        .project = PROJECT, .positive = &like, .positive_count = 1, .label = play_names[name], .limit = 1000};
    assert_ok(labels_suggest(play->f->labels, &request, &hits, &failure), &failure);
    assert_hits(play, &hits, name, "suggestions");
}

static void look_at_label(const struct play *play, int name)
{
    struct labels *labels = play->f->labels;
    struct labelled_objects hits;
    struct label_questions questions;
    size_t noes = 0;
    for (int o = 0; o < PLAY_OBJECTS; o++)
        noes += play->now.no_step[o][name] != 0;
    assert_int_equal(count_found(play->f, play_names[name], LABEL_LIST_NEGATIVE, NULL, NULL), noes);
    assert_ok(labels_objects(labels, PROJECT, play_names[name], LABEL_LIST_PROBABLE, NULL, 0, 1000, &hits, &failure),
        &failure);
    assert_hits(play, &hits, name, "likely objects");
    assert_ok(labels_objects(labels, PROJECT, play_names[name], LABEL_LIST_EXPLICIT, NULL, 0, 1000, &hits, &failure),
        &failure);
    assert_hits(play, &hits, name, "labelled objects");
    assert_ok(labels_candidates(labels, PROJECT, play_names[name], NULL, 100, &questions, &failure), &failure);
    assert_hits(play, &questions.hits, name, "candidates");
    look_at_suggestions(play, name);
    look_at_search(play, name);
}

static void what_was_rejected_never_comes_back_for_its_label(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + play_count(); seed++) {
        void *fixture;
        assert_int_equal(set_up(&fixture), 0);
        struct play *play = mem_alloc(sizeof(*play));
        play_begin(play, fixture, seed);
        play_track_again(play);
        for (int step = 0; step < PLAY_STEPS_MOST - 1; step++) {
            play->seed = seed;
            play->step = step;
            play_on(play, true);
            look_at_shown(play);
            for (int name = 0; name < PLAY_NAMES; name++) {
                if (play->now.exists[name])
                    look_at_label(play, name);
            }
        }
        play_end(play);
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
    const char *like = label->example[0] != '\0' ? label->example : play_objects[0];
    const struct label_suggest request = {
        .project = PROJECT, .positive = &like, .positive_count = 1, .label = label->name, .limit = 100};
    assert_ok(labels_suggest(labels, &request, &hits, &failure), &failure);
    add_hits(text, &hits);
}

static void add_shown(const struct play *play, struct strbuf *text)
{
    struct label_object asked[PLAY_OBJECTS];
    struct object_labels set;
    for (int o = 0; o < PLAY_OBJECTS; o++)
        asked[o] = (struct label_object){.object = play_objects[o], .track = play->tracks[o], .class_name = "x"};
    assert_ok(labels_of_objects(play->f->labels, PROJECT, asked, PLAY_OBJECTS, &set, &failure), &failure);
    for (int o = 0; o < PLAY_OBJECTS; o++)
        strbuf_addf(text, "%s %s %s %.9g%s\n", play_objects[o], label_kind_name(set.items[o].kind), set.items[o].name,
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
    for (uint64_t seed = first_seed + 100; seed < first_seed + 100 + play_count(); seed++) {
        void *fixture;
        assert_int_equal(set_up(&fixture), 0);
        struct play *play = mem_alloc(sizeof(*play));
        play_begin(play, fixture, seed);
        play->seed = seed;
        if (seed % 2 == 0)
            play_track_again(play);
        for (play->step = 0; play->step < PLAY_STEPS_MOST - 1; play->step++) {
            char *now = answers(play);
            const char *before = play->answers[play->done];
            if (before != NULL && strcmp(before, now) != 0)
                first_difference(play, before, now);
            free(play->answers[play->done]);
            play->answers[play->done] = now;
            pass_seconds(fixture, 1);
            play_on(play, false);
        }
        play_end(play);
        tear_down(&fixture);
    }
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    if (argc > 3) {
        first_seed = strtoull(argv[2], NULL, 10);
        wanted_count = strtoull(argv[3], NULL, 10);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_rejected_never_comes_back_for_its_label),
        cmocka_unit_test(undoing_anything_brings_back_the_very_answers),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
