#include "search/test_label_play.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

const char *const play_names[PLAY_NAMES] = {"red", "blue", "gr\u00fcn", "x", "y", "z"};
char play_objects[PLAY_OBJECTS][OBJECT_ID_SIZE];

// ---- what is drawn

static uint64_t random_state;

static int draw(int below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)below);
}

// ---- the record

void play_begin(struct play *play, struct fixture *f, uint64_t seed)
{
    *play = (struct play){.f = f};
    random_state = seed;
    for (int i = 0; i < PLAY_OBJECTS; i++) {
        object_id_make(i < PLAY_OBJECTS / 2 ? VIDEO_A : VIDEO_B, i / THINGS % FRAMES, i % THINGS, play_objects[i]);
        play->now.yes[i] = -1;
        play->tracks[i] = -1;
    }
    play->past[0] = play->now;
}

void play_end(struct play *play)
{
    for (int i = 0; i <= PLAY_STEPS_MOST; i++)
        free(play->answers[i]);
    free(play);
}

static void clear_record(struct play_record *r, int object, int name)
{
    if (r->yes[object] == name)
        r->yes[object] = -1;
    r->no_step[object][name] = 0;
}

static void hand_over(struct play_record *r, int from, int into)
{
    for (int o = 0; o < PLAY_OBJECTS; o++) {
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

static void rename_record(struct play_record *r, int from, int to)
{
    for (int o = 0; o < PLAY_OBJECTS; o++) {
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

static void take_step(struct play *play, const struct play_record *after)
{
    play->now = *after;
    play->done++;
    play->past[play->done] = *after;
    play->undone = 0;
    for (int i = play->done; i <= PLAY_STEPS_MOST; i++) {
        free(play->answers[i]);
        play->answers[i] = NULL;
    }
}

bool play_same_track(const struct play *play, int a, int b)
{
    return a == b ||
        (play->tracks[a] >= 0 && play->tracks[a] == play->tracks[b] &&
            (a < PLAY_OBJECTS / 2) == (b < PLAY_OBJECTS / 2));
}

// What the rest of an object's track carries: the latest yes, unless a no of the same label came with it or later.
static int carried_by_the_rest(const struct play *play, const struct play_record *r, int object)
{
    int name = -1;
    int64_t step = 0;
    for (int o = 0; o < PLAY_OBJECTS; o++) {
        if (play_same_track(play, object, o) && r->yes[o] >= 0 && r->yes_step[o] > step) {
            name = r->yes[o];
            step = r->yes_step[o];
        }
    }
    for (int o = 0; o < PLAY_OBJECTS && name >= 0; o++) {
        if (play_same_track(play, object, o) && r->no_step[o][name] >= step)
            return -1;
    }
    return name;
}

// Whether the words are others, or other labels follow from them.
static bool are_different(const struct play *play, const struct play_record *a, const struct play_record *b)
{
    for (int o = 0; o < PLAY_OBJECTS; o++) {
        if (a->yes[o] != b->yes[o])
            return true;
        for (int name = 0; name < PLAY_NAMES; name++) {
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
    const char *lists[PLAY_OBJECTS];
    size_t total = counts[0] + counts[1] + counts[2];
    for (size_t i = 0; i < total; i++)
        lists[i] = play_objects[chosen[i]];
    const struct label_examples examples = {.positive = lists,
        .positive_count = counts[0],
        .negative = lists + counts[0],
        .negative_count = counts[1],
        .clear = lists + counts[0] + counts[1],
        .clear_count = counts[2]};
    struct label_change change;
    assert_ok(
        labels_examples(play->f->labels, PROJECT, play_names[name], &examples, &anybody, &change, &failure), &failure);
    struct play_record after = play->now;
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
            int object = draw(PLAY_OBJECTS);
            bool is_new = true;
            for (size_t i = 0; i < total; i++)
                is_new = is_new && chosen[i] != object;
            if (is_new) {
                chosen[total++] = object;
                counts[list]++;
            }
        }
    }
    int name = draw(PLAY_NAMES);
    if (counts[0] + counts[1] > 0 || (play->now.exists[name] && counts[2] > 0))
        say_of(play, name, chosen, counts);
}

// Some of what is said of a label, once more.
static void step_same(struct play *play)
{
    int name = draw(PLAY_NAMES);
    int chosen[PLAY_OBJECTS];
    size_t counts[3] = {0};
    for (int o = 0; o < PLAY_OBJECTS; o++) {
        if (play->now.yes[o] == name && draw(2) == 0)
            chosen[counts[0]++] = o;
    }
    for (int o = 0; o < PLAY_OBJECTS; o++) {
        if (play->now.no_step[o][name] != 0 && draw(2) == 0)
            chosen[counts[0] + counts[1]++] = o;
    }
    if (counts[0] + counts[1] > 0)
        say_of(play, name, chosen, counts);
}

static void step_whole_label(struct play *play)
{
    int from = draw(PLAY_NAMES);
    int to = draw(PLAY_NAMES);
    int what = draw(4);
    struct label_change change;
    struct play_record after = play->now;
    if (!play->now.exists[from])
        return;
    if (what <= 1 && (to == from || !play->now.exists[to])) {
        assert_ok(
            labels_rename(play->f->labels, PROJECT, play_names[from], play_names[to], &anybody, &change, &failure),
            &failure);
        assert_int_equal(change.has_step, to != from);
        if (!change.has_step)
            return;
        rename_record(&after, from, to);
    } else if (what <= 2 && to != from && play->now.exists[to]) {
        assert_ok(labels_merge(play->f->labels, PROJECT, play_names[from], play_names[to], &anybody, &change, &failure),
            &failure);
        hand_over(&after, from, to);
    } else if (what == 3) {
        assert_ok(labels_delete(play->f->labels, PROJECT, play_names[from], &anybody, &change, &failure), &failure);
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
void play_track_again(struct play *play)
{
    struct fixture *f = play->f;
    const char *video = draw(2) == 0 ? VIDEO_A : VIDEO_B;
    int piece = 1 + draw(FRAMES);
    int scheme = draw(4);
    for (int32_t i = 0; i < FRAMES; i++) {
        int64_t base = 100 * (i / piece) + (scheme == 3 && i % 2 == 1 ? 1 : 0);
        int64_t first = scheme == 0 ? -1 : base;
        int64_t tracks[THINGS];
        // As the tracker does: a frame that is indexed again without tracks would keep those that it had.
        const struct meta_frame_tracks frame = {.frame = i, .tracks = tracks, .count = THINGS};
        for (int k = 0; k < THINGS; k++)
            tracks[k] = first >= 0 ? first + k : -1;
        assert_ok(meta_store_put_frame_tracks(f->meta, video, &frame, 1, &failure), &failure);
        for (int k = 0; k < THINGS; k++) {
            int at = (strcmp(video, VIDEO_A) == 0 ? 0 : PLAY_OBJECTS / 2) + i * THINGS + k;
            play->tracks[at] = tracks[k];
            struct vector_attributes change = {.set_track = true, .track = play->tracks[at]};
            memcpy(change.object, play_objects[at], sizeof(change.object));
            assert_ok(vector_index_set_attributes(f->vectors, PROJECT, &change, 1, &failure), &failure);
        }
    }
    assert_ok(labels_resolve(f->labels, PROJECT, video, &failure), &failure);
}

void play_on(struct play *play, bool with_tracks)
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
        play_track_again(play);
    assert_ok(labels_refresh(play->f->labels, PROJECT, &failure), &failure);
}
