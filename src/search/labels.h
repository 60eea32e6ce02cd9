// Labels: what people said about objects, and what follows from it.
//
// The truth is a journal per project in the meta store (label_step.h); everything else is made from it: the book (what
// is labelled now, label_book.h), what the vector index knows of it, by which searches filter (a background thread
// writes it there, labels_mirror.c), and the likely labels of objects nobody spoke about (label_rank.h). Every call
// first reads what the journal has gained, so several query engines may share one store. A change is one journal entry:
// all of it happens, or nothing.
//
// - An object carries at most one label: saying yes to another one moves it. Saying yes takes back a no of the same
//   label and the other way round. "No" for a label that the object carries takes it away and is remembered.
// - What is said of an object holds for its track, when it has one. Where two objects of a track were given different
//   labels, the object's own word counts for itself and the latest word for the rest. A yes and a no of one label say
//   that the track holds several things: the no, when it is the later one, takes the label from the rest, but does not
//   refuse it; what is of the yes's part of the track is probably still it (label_rank_divide.c).
// - A label that is called like a class of the detector (names are compared as those of labels are) speaks of that
//   class too: a no for it refuses the class of the object and its track, which is told with the object, and filters by
//   class leave it out. What the detector said stays what it is. Where the last such word is taken back and nothing
//   else is said of the label, the label goes with it: it came with the first.
// - The version is the number of steps. A change that names the version it was made for is refused with ERR_CONFLICT
//   when somebody else was quicker; -1 makes no such demand.
// - Objects of a video that was deleted stay in the journal but count nowhere and are shown nowhere; that a video is
//   gone is noticed within LABELS_VIDEOS_CHECK_MS, or at once through labels_resolve(). If the same video is ingested
//   again it gets the same ids (ARCHITECTURE.md, "Identity"), and its labels are there again.
// - The first call for a project reads its journal; later ones only what is new. A change of n objects costs time in n
//   and in the likely labels it changes, not in the length of the journal.
//
// Thread rule: all functions are safe from all threads; calls for one project wait for each other.
// Errors: ERR_NOT_FOUND (project, label, object), ERR_INVALID (names, lists, objects of another project), ERR_CONFLICT
// (version, name taken, nothing to undo), ERR_LIMIT (too many), and those of the stores. Where it is about one of them,
// the error's field is "label", "other" (the second name of renaming and merging), "object", "positive", "negative" or
// "clear".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "search/label_mistakes.h"
#include "search/label_name.h"
#include "search/label_refusals.h"
#include "search/label_step.h"

struct cancel;
struct labels;
struct log;
struct meta_store;
struct vector_index;
struct vector_track;

#define LABELS_JOURNAL "labels" // its name; its length is the version
#define LABELS_PER_PROJECT_MAX 10000
#define LABELS_EXAMPLES_MAX 10000 // objects in each list of one step
#define LABELS_LIST_MAX 1000      // objects, suggestions or steps of one page
#define LABELS_BATCH_MAX 1000000  // objects asked about at once
#define LABELS_VIDEOS_CHECK_MS 1000
#define LABELS_LIKELY_CHECK_MS 1000

// Everything is borrowed and must outlive the labels.
struct labels_config {
    struct meta_store *meta;
    struct vector_index *vectors;
    const struct clock *clock;
    struct log *log;
};

struct labels *labels_new(const struct labels_config *config);
void labels_free(struct labels *labels); // NULL is harmless

// ---- what there is

struct label_summary {
    char name[LABEL_NAME_SIZE];
    int64_t positives; // objects said to be it
    int64_t negatives; // objects said not to be it
    int64_t explicit_; // objects that carry it: the positives, with those of the same tracks
    int64_t probable;  // objects that probably are it
    bool has_threshold;
    double threshold;             // the similarity from which an object is probable
    char example[OBJECT_ID_SIZE]; // an object to show it by; "" where there is none
    int64_t created_us, updated_us;
};

struct label_list {
    struct label_summary *items; // by name (by key, so that case does not matter)
    size_t count;
    int64_t version;
    bool has_undo, has_redo;
    struct label_step undo; // what undoing would take back
    struct label_step redo; // what redoing would do again
};
void label_list_release(struct label_list *list);

// ERR_NOT_FOUND for a project that is not there.
enum err_code labels_list(
    struct labels *labels, const char *project, struct label_list *list, struct err *err) ERR_MUST_CHECK;

// ---- changes; all of them answer with what is so afterwards. What is all so already is not done again: it is no step,
// and stays the word of who said it first, unless as the latest word it would change what the rest of a track carries.
// Refused for its version (ERR_CONFLICT), a change says the version that the labels are at and the last step, else 0.

struct label_change {
    int64_t version;
    bool has_step;          // false: all was so already
    struct label_step step; // what was done; of undo and redo: with the names and counts of the step it is about
    bool has_label;         // false: the label is gone
    struct label_summary label;
    bool has_undo, has_redo;
    struct label_step undo, redo;
};

// Who wants the change, and what they had seen.
struct label_editor {
    const char *by;           // NULL: nobody says
    int64_t expected_version; // -1: any
};

struct label_examples {
    const char *const *positive, *const *negative, *const *clear; // object ids, each object at most once in all
    size_t positive_count, negative_count, clear_count;
};

// Makes the label if it is not there. At least one object in all; LABELS_EXAMPLES_MAX in each list.
enum err_code labels_examples(struct labels *labels, const char *project, const char *label,
    const struct label_examples *examples, const struct label_editor *editor, struct label_change *change,
    struct err *err) ERR_MUST_CHECK;
// Takes back what was said of one object for this label; ERR_NOT_FOUND when nothing was.
enum err_code labels_clear(struct labels *labels, const char *project, const char *label, const char *object,
    const struct label_editor *editor, struct label_change *change, struct err *err) ERR_MUST_CHECK;
// ERR_CONFLICT when another label has the name; another spelling of its own name is fine.
enum err_code labels_rename(struct labels *labels, const char *project, const char *label, const char *name,
    const struct label_editor *editor, struct label_change *change, struct err *err) ERR_MUST_CHECK;
// Gives all that was said of `label` to `into`, and removes it; where one was said yes of an object and the other no,
// the yes stays. The change carries `into`.
enum err_code labels_merge(struct labels *labels, const char *project, const char *label, const char *into,
    const struct label_editor *editor, struct label_change *change, struct err *err) ERR_MUST_CHECK;
enum err_code labels_delete(struct labels *labels, const char *project, const char *label,
    const struct label_editor *editor, struct label_change *change, struct err *err) ERR_MUST_CHECK;
// The last step that counts is taken back; the last that was taken back is done again (until something else is done).
// ERR_CONFLICT when there is none.
enum err_code labels_undo(struct labels *labels, const char *project, const struct label_editor *editor,
    struct label_change *change, struct err *err) ERR_MUST_CHECK;
enum err_code labels_redo(struct labels *labels, const char *project, const struct label_editor *editor,
    struct label_change *change, struct err *err) ERR_MUST_CHECK;

// Steps with id < before (0: all), newest first, at most `limit` (1 … LABELS_LIST_MAX); free() the array. `*more` says
// whether older ones follow: ask again with before = the last one's id.
enum err_code labels_history(struct labels *labels, const char *project, int64_t before, size_t limit,
    struct label_step **steps, size_t *count, bool *more, struct err *err) ERR_MUST_CHECK;

// ---- labels of objects

enum label_kind { LABEL_NONE, LABEL_EXPLICIT, LABEL_PROBABLE };
const char *label_kind_name(enum label_kind kind); // "none", "explicit", "probable"

struct label_object {
    const char *object;
    int64_t track;          // -1: none
    const char *class_name; // the detector's; NULL: whether it was refused is not asked
};

struct object_label {
    enum label_kind kind;
    const char *name;   // owned by the set; "" for none
    float score;        // how sure it is, 0 … 1; 1 for explicit
    bool class_refused; // somebody said that it is not of its class
};

struct object_labels {
    struct object_label *items; // one for each object asked about, in that order
    size_t count;
    char **names;
    size_t name_count;
};
void object_labels_release(struct object_labels *set);

// The label of each object, for the frames of a page. A project without labels, or one that is not there, gives
// LABEL_NONE for all.
enum err_code labels_of_objects(struct labels *labels, const char *project, const struct label_object *objects,
    size_t count, struct object_labels *set, struct err *err) ERR_MUST_CHECK;
// The same for one label: kinds[i] says how object i carries it. For timelines. ERR_NOT_FOUND (label).
enum err_code labels_match(struct labels *labels, const char *project, const char *label,
    const struct label_object *objects, size_t count, enum label_kind *kinds, struct err *err) ERR_MUST_CHECK;

// What was said of these classes not to be of them, for filters by class; label_refusals_free(). NULL where nothing
// was, or the project is not there.
enum err_code labels_refusals(struct labels *labels, const char *project, const char *const *classes, size_t count,
    struct label_refusals **refusals, struct err *err) ERR_MUST_CHECK;

// What a vector filter has to be told to let exactly those objects through that carry one of these labels explicitly.
struct label_filter {
    char **names; // as the index knows them
    size_t name_count;
    struct vector_track *tracks; // that carry one of them
    size_t track_count;
    char (*exceptions)[OBJECT_ID_SIZE]; // objects of these tracks that do not
    size_t exception_count;
    // One of `names`, where the exceptions are too many to name all: the index knows them by this label among their
    // negatives. NULL: they are not.
    const char *refused;
};
void label_filter_release(struct label_filter *filter);
// `names` in any spelling; one that no label has matches nothing. Costs time in the objects that were spoken about, and
// waits until the index knows what was said of them: the index's error where that cannot be written now.
enum err_code labels_filter(struct labels *labels, const char *project, const char *const *names, size_t count,
    struct label_filter *filter, struct err *err) ERR_MUST_CHECK;

// ---- objects of labels

enum label_listing { LABEL_LIST_EXPLICIT, LABEL_LIST_PROBABLE, LABEL_LIST_NEGATIVE };

// The part of an object's track that carries its label, explicitly or probably: all of the track, but for what was said
// to be something else; of a track that is divided, what carries the label between those objects.
struct label_part {
    int64_t objects; // 0: the object is on no track, or does not carry the label
    int64_t first_us, last_us;
};

struct labelled_object {
    char object[OBJECT_ID_SIZE];
    float score;      // cosine similarity to the nearest positive example; 1 for explicit and negative ones
    float confidence; // 0 … 1; of explicit and negative ones 1
    int64_t at_us;    // when it was said; 0 for probable and suggested ones
    // Of what labels_objects and labels_assertions list, but for negative ones.
    struct label_part part;
};

struct labelled_objects {
    struct labelled_object *items;
    size_t count;
    bool more; // further ones come after these
};
void labelled_objects_release(struct labelled_objects *hits);

// Explicit and negative ones newest first, probable ones surest first. `video` NULL: any. 1 … LABELS_LIST_MAX.
enum err_code labels_objects(struct labels *labels, const char *project, const char *label, enum label_listing listing,
    const char *video, size_t offset, size_t limit, struct labelled_objects *hits, struct err *err) ERR_MUST_CHECK;

// What was said of objects of the whole project, and, with LABEL_LIST_PROBABLE, which labels they probably have. What
// was undone or taken back is not said any more.
struct assertion_filter {
    enum label_listing listing;
    const char *label;          // NULL: any; in any spelling
    const char *by;             // who said it; "": nobody said who; NULL: anybody
    int64_t from_us, to_us;     // said at or after, and before
    const char *video;          // NULL: any
    const char *class_name;     // what the detector called it, refused or not; NULL: any
    float min_score, max_score; // confidence: 1 for what was said
};
#define ASSERTION_FILTER_ANY                                                                                           \
    ((struct assertion_filter){.from_us = INT64_MIN, .to_us = INT64_MAX, .min_score = 0, .max_score = 1})
#define LABEL_CURSOR_SIZE 64

struct assertion_hit {
    struct labelled_object object;
    char label[LABEL_NAME_SIZE];
    int64_t step; // in which it was said; 0: nobody said it
    char by[LABEL_EDITOR_SIZE];
};
struct assertion_hits {
    struct assertion_hit *items;
    size_t count;
    char next_cursor[LABEL_CURSOR_SIZE]; // "": these were the last
};
void assertion_hits_release(struct assertion_hits *page);

// In the order of labels_objects. `cursor` is the next_cursor of the page before; NULL for the first. What is said
// meanwhile does not shift the pages that follow. ERR_NOT_FOUND (label). Costs time in what was said of the project.
enum err_code labels_assertions(struct labels *labels, const char *project, const struct assertion_filter *filter,
    const char *cursor, size_t limit, struct assertion_hits *page, struct err *err) ERR_MUST_CHECK;

// ---- probable mistakes

// Assertions that disagree with those about what resembles their objects (label_mistakes.h), surest first; one for each
// group of objects that follow each other. Those that somebody confirmed are none.
struct label_mistake {
    struct assertion_hit said;
    bool is_no;  // it was said not to be it
    float score; // how probably it is a mistake, 0 … 1
    enum mistake_reason reason;
    char likely[LABEL_NAME_SIZE]; // what it rather is; "": just not what was said
    char own[OBJECT_ID_SIZE];     // the nearest object of which the same holds; "": none
    char other[OBJECT_ID_SIZE];   // the nearest that speaks against it
    float own_similarity, other_similarity;
    char (*alike)[OBJECT_ID_SIZE]; // the others of the group, of which the same was said
    size_t alike_count;
};
struct label_mistakes {
    struct label_mistake *items;
    size_t count;
    char next_cursor[LABEL_CURSOR_SIZE]; // "": these were the last
    int64_t version;
    size_t examined, all; // assertions: compared, and there are
};
void label_mistakes_release(struct label_mistakes *page);

// At most so many assertions are compared, each with each (0.8 s of processor time, besides fetching their vectors):
// where there are more, a few of each track, and of those the newest. What was found is kept until something changes.
#define LABELS_MISTAKES_MAX 5000

// Those of `label` (NULL: all) with at least this score. `cursor` as for labels_assertions. ERR_NOT_FOUND (label).
enum err_code labels_mistakes(struct labels *labels, const char *project, const char *label, float min_score,
    const char *cursor, size_t limit, struct cancel *cancel, struct label_mistakes *page,
    struct err *err) ERR_MUST_CHECK;

// What was said of these objects for the label, yes or no, is right: it is no mistake any more, until something else is
// said of them. A step like others. 1 … LABELS_EXAMPLES_MAX; ERR_NOT_FOUND where nothing was said.
enum err_code labels_keep(struct labels *labels, const char *project, const char *label, const char *const *objects,
    size_t count, const struct label_editor *editor, struct label_change *change, struct err *err) ERR_MUST_CHECK;

// ---- suggestions and candidates

// What is so similar to the positive examples, and so little to the negative ones, that it is taken for the same;
// surest first. Examples, what is on their tracks and so is it with them, and what is known not to be it, are none.
// With `label` (NULL: none; it need not exist yet) what was said of it counts too. Nothing is stored.
struct label_suggest {
    const char *project;
    const char *const *positive, *const *negative;
    size_t positive_count, negative_count; // LABELS_LIST_MAX each
    const char *label, *video;
    bool per_track; // the surest of each track only: what is said of it holds for the others
    size_t limit;
};
enum err_code labels_suggest(struct labels *labels, const struct label_suggest *request, struct labelled_objects *hits,
    struct err *err) ERR_MUST_CHECK;

// What to ask about next ("is this it?"), and how good the label is as far as can be told (label_rank.h).
struct label_questions {
    struct labelled_objects hits; // best first
    bool settled;                 // nothing is left that is worth asking
    bool is_estimated;            // enough was said to tell the next two
    double precision;             // of what carries the label, explicit or probable, the share expected to be right
    int64_t missing;              // objects that are expected to be it and do not carry it
};
// Of the whole project, or only about objects of `video` (NULL: all); the estimates are the label's in any case.
enum err_code labels_candidates(struct labels *labels, const char *project, const char *label, const char *video,
    size_t limit, struct label_questions *questions, struct err *err) ERR_MUST_CHECK;
void label_questions_release(struct label_questions *questions);

// ---- upkeep

// Videos or tracks of the project have changed (`video` NULL: any): looks again which objects there are and which track
// each belongs to. For the tracker, and after a deletion.
enum err_code labels_resolve(
    struct labels *labels, const char *project, const char *video, struct err *err) ERR_MUST_CHECK;
// The same after these objects, all of the video, came to other tracks (label_object.track: now, -1: none): what
// follows from their labels, likely ones included, is right at once.
enum err_code labels_follow_tracks(struct labels *labels, const char *project, const char *video,
    const struct label_object *objects, size_t count, struct err *err) ERR_MUST_CHECK;
// Brings the likely labels up to date now, and waits for it. Otherwise a change does this for the labels it is about,
// as long as that is quick, and a thread in the background for the rest; until then answers are as they were before.
enum err_code labels_refresh(struct labels *labels, const char *project, struct err *err) ERR_MUST_CHECK;
// The project is gone: nothing of it is kept in memory.
void labels_forget(struct labels *labels, const char *project);
