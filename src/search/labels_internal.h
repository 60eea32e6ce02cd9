// What the files of the labelling service share. Not for other modules.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "meta_store/meta_store.h"
#include "search/label_book.h"
#include "search/label_rank.h"
#include "search/labels.h"
#include "vector_index/vector_index.h"

// Projects whose books are kept in memory; the one not used for longest makes room.
#define LABELS_PROJECTS_MAX 64

// A model, kept while somebody uses it.
struct fitted {
    atomic_int refs;
    struct label_model *model;
};
struct fitted *fitted_ref(struct fitted *fitted); // NULL stays NULL
void fitted_unref(struct fitted *fitted);

struct likely {
    struct label_key key;
    int64_t track; // -1: none
    int32_t label;
    int32_t class_; // see labels_class
    float similarity, confidence;
};

// What is known of one label's likely objects.
struct rank {
    struct fitted *fitted; // NULL: nothing to learn from, or not learnt yet
    bool has_info;
    struct label_model_info info;
    int64_t changed;    // the label's `changed` that it was learnt from; -1: never
    int64_t generation; // of the project's vectors
    int64_t others;     // label_book_carried when it was learnt: a model learns from what other labels carry too
    bool is_stale;      // objects it laid claim to were labelled
    int64_t took_us;
    struct likely *hits; // likely enough, the surest first; another label may have the better claim
    size_t hit_count;
    int64_t probable; // of the hits, those that are this label's
};

struct label_video {
    struct label_key key; // place 0
    bool is_alive;
    int64_t created_us;
    int64_t tracked_us; // its objects may be of other tracks since
    size_t vectors;
};

// What is said of a track: the latest word of its objects.
struct label_track {
    struct label_key key; // its video and n
    int64_t said;         // objects of it that were spoken about
    int32_t label;
    int64_t step;
    size_t negative_count;
    struct label_negative *negatives;
    size_t positive_count;
    int32_t *positives; // labels that objects of it carry by their own word
};

struct project {
    struct project *next; // this, refs, used and is_gone belong to labels->mutex
    int refs;
    int64_t used;
    bool is_gone;
    char name[PROJECT_NAME_SIZE];

    pthread_mutex_t mutex; // guards all below
    struct label_book *book;
    int64_t epoch;    // changes when the book is begun anew
    int64_t begun_us; // see meta_journal_info
    bool is_loaded;

    char (*classes)[META_CLASS_SIZE]; // the detector's, of objects met
    size_t class_count;
    struct label_video *videos; // of objects in the book
    size_t video_count;
    struct label_map video_places;
    size_t resolved; // objects of the book that were looked for in the meta store
    int64_t videos_due_us;
    int64_t index_away_until_us; // it did not answer, and is not asked how many vectors a video has until then
    uint64_t digest;             // of the videos and when each was made

    bool is_mirror_checked; // since the book was begun
    bool has_mirror;        // what follows is in the store
    int64_t mirrored_version;
    uint64_t mirrored_digest;
    bool is_mirroring; // by one thread, which does not hold the mutex meanwhile
    pthread_cond_t mirror_ended;
    int mirror_failures; // one after the other
    int64_t mirror_due_us;

    int64_t vectors_due_us;
    size_t vector_count;
    int64_t generation; // of the vectors: goes up when some came or went
    int64_t others;     // label_book_carried, as far as it was looked at
    struct rank *ranks; // by label
    size_t rank_count;
    struct likely *likely; // one for each object that has one
    size_t likely_count;
    struct label_map likely_places;
    bool is_combined;
    int64_t combined_version;

    struct mistakes *mistakes; // NULL: not looked for

    struct label_track *tracks;
    size_t track_count;
    struct label_map track_places;
    int64_t tracks_version;       // -1: to be made
    struct label_map track_sizes; // how many objects a track has; forgotten when tracks were made anew
};

struct labels {
    struct labels_config config;
    pthread_mutex_t mutex; // guards the list
    struct project *projects;
    size_t project_count;
    int64_t uses;
    pthread_cond_t wake;
    bool is_stopping, has_work;
    bool has_unmirrored; // of the background thread: what failed is tried again
    struct thread *thread;
};

// The project, locked and brought up to date; ERR_NOT_FOUND when there is none. Ends with labels_leave.
enum err_code labels_enter(
    struct labels *labels, const char *name, struct project **project, struct err *err) ERR_MUST_CHECK;
void labels_leave(struct labels *labels, struct project *project);
// Reads and applies what the journal has gained. The project is locked.
enum err_code labels_catch_up(struct labels *labels, struct project *p, struct err *err) ERR_MUST_CHECK;
int64_t labels_now_us(const struct labels *labels);
// Whether the vector index does not answer, or has no room. What people say does not need it: what depends on it is
// looked at later.
#define LABELS_INDEX_AWAY_US INT64_C(10000000)
static inline bool labels_is_index_away(enum err_code code)
{
    return code == ERR_UNAVAILABLE || code == ERR_FULL || code == ERR_TIMEOUT;
}

// ---- labels_resolve.c; the project is locked

// Looks for the objects that came into the book, and, when it is time (or `now`), whether their videos are still there.
enum err_code labels_resolve_objects(
    struct labels *labels, struct project *p, bool now, struct err *err) ERR_MUST_CHECK;
// Does so for objects of a video again (NULL: all).
enum err_code labels_resolve_again(
    struct labels *labels, struct project *p, const char *video, struct err *err) ERR_MUST_CHECK;
// Brings p->tracks up to date.
void labels_make_tracks(struct project *p);
void labels_forget_tracks(struct project *p);
// Whether one of the track's objects was said not to be it.
bool labels_is_negative_on(const struct label_track *track, int32_t label);
// Whether that holds for the rest of the track, which nobody spoke about. Not where another of its objects is it by its
// own word: then the track holds several things, and which of them an object is the ranking tells.
bool labels_is_refused_on(const struct label_track *track, int32_t label);
// How many objects a track has, as far as that is stored; else those of it that were spoken about.
int64_t labels_track_size(struct labels *labels, struct project *p, const struct label_track *track);
// What is said of an object's track; NULL: nothing.
const struct label_track *labels_track(struct project *p, uint64_t video, int64_t track);

// The detector's classes by numbers; -1 where there are too many, and for one that was not met.
#define LABELS_CLASSES_MAX 4096
int32_t labels_class(struct project *p, const char *class_name);
int32_t labels_find_class(const struct project *p, const char *class_name);

struct object_ref {
    const char *object;
    const char *field; // of the request, for errors
    bool may_be_gone;  // fine if it is in the book
    struct label_key key;
    int64_t track; // found out, unless it may be gone; -1: none
};
// That each object is one, exists in this project and is named once. Reorders the list.
enum err_code labels_check_objects(struct labels *labels, const struct project *p, struct object_ref *refs,
    size_t count, struct err *err) ERR_MUST_CHECK;

// ---- labels_change.c

// ERR_CONFLICT when the editor had seen another version. The project is locked.
enum err_code labels_check_version(
    const struct project *p, const struct label_editor *editor, struct err *err) ERR_MUST_CHECK;
// What must be so for a change besides what the book checks; looked at again whenever somebody else was quicker. One
// that makes the entry anew asks the book about it again.
typedef enum err_code labels_change_check(struct labels *labels, struct project *p, void *context, struct err *err);
// Makes the change: all of it happens, or nothing. The project is not locked.
enum err_code labels_commit(struct labels *labels, const char *project, struct label_entry *entry,
    const struct label_editor *editor, labels_change_check *check, void *context, struct label_change *change,
    struct err *err) ERR_MUST_CHECK;

// The frame of an object. One that is not there is no error: *frames is empty then.
enum err_code labels_get_frame(
    struct labels *labels, struct label_key key, struct meta_frames *frames, struct err *err) ERR_MUST_CHECK;
// The track of an object as it is stored, -1 for none; false when there is no such object.
enum err_code labels_find_track(
    struct labels *labels, struct label_key key, bool *exists, int64_t *track, struct err *err) ERR_MUST_CHECK;

// Of the objects that a search leaves out it names each to the vector index; where they are more than a server takes in
// a list, the index is told besides to go by what was mirrored.
#define LABELS_NAMED_MAX 1000

// ---- labels_mirror.c; the project is locked

// Writes what was said up to now to the vector index. Lets go of the lock in between; the book may have been begun anew
// afterwards. After a failure the background thread tries again.
enum err_code labels_mirror(struct labels *labels, struct project *p, struct err *err) ERR_MUST_CHECK;
bool labels_is_mirror_behind(struct project *p);
// Whether the background thread should do it now.
bool labels_is_mirror_due(struct labels *labels, struct project *p);
// Reads up to where that was done. Before the book is loaded.
enum err_code labels_mirror_load(struct labels *labels, struct project *p, struct err *err) ERR_MUST_CHECK;

// ---- labels_refusals.c; the project is locked

#define CLASS_MEMO_SIZE 64
// Which label is called like each class that was met. The names are borrowed.
struct class_memo {
    const char *names[CLASS_MEMO_SIZE];
    int32_t labels[CLASS_MEMO_SIZE];
    size_t count;
};
// -1: none. With {0} to begin with.
int32_t labels_class_label(const struct project *p, const char *class_name, struct class_memo *memo);
// Whether the object was said not to be what this label says; `label` -1: no.
bool labels_refuses(struct project *p, struct label_key key, int64_t track, int32_t label);

// ---- labels_likely.c; the project is locked

// Sees whether vectors came or went, when it is time (or `now`).
enum err_code labels_look_for_vectors(
    struct labels *labels, struct project *p, bool now, struct err *err) ERR_MUST_CHECK;
// After steps: which labels' likely objects must be found anew.
void labels_note_changes(struct labels *labels, struct project *p);
// One label that must be learnt anew; -1: none.
int32_t labels_stale_label(struct project *p);
// Learns a label anew. Lets go of the lock in between; the book may have been begun anew afterwards.
enum err_code labels_learn(struct labels *labels, struct project *p, int32_t label, struct err *err) ERR_MUST_CHECK;
// Those that the last step changed, while it is quick.
void labels_learn_changed(struct labels *labels, struct project *p, int64_t version);
// Objects that may be likely ones came to other tracks. ERR_INVALID (ids).
enum err_code labels_move_likely(
    struct project *p, const struct label_object *objects, size_t count, struct err *err) ERR_MUST_CHECK;
// p->likely is up to date with the book and the ranks afterwards.
void labels_combine(struct project *p);
void labels_forget_ranks(struct project *p);
// Whether nothing that was said of the object or its track forbids that it is this label (-1: one that is not there
// yet).
bool labels_may_be(struct project *p, const struct likely *hit);
const struct rank *labels_rank(const struct project *p, int32_t label); // NULL: none yet
void labels_run_background(void *labels);

// ---- labels_mistakes.c

struct mistakes;
void labels_forget_mistakes(struct project *p);

// ---- labels_parts.c

// An object that carries a label, explicitly or probably.
struct label_carrier {
    struct label_key key;
    int64_t track; // -1: none
    int32_t label;
};
struct label_parts;
// What is said of the tracks of these objects, a list from the heap that is the parts' own from then on. The project is
// locked and combined.
struct label_parts *label_parts_gather(struct project *p, struct label_carrier *carriers, size_t count);
void label_parts_free(struct label_parts *parts); // NULL is harmless
// The part of the track of one of them; without the lock.
enum err_code label_parts_tell(struct labels *labels, struct label_parts *parts, size_t number, struct label_part *part,
    struct err *err) ERR_MUST_CHECK;

// ---- labels_query.c

// ERR_NOT_FOUND, ERR_INVALID for what is no name.
enum err_code labels_find(const struct project *p, const char *name, int32_t *label, struct err *err) ERR_MUST_CHECK;
enum err_code labels_check_limit(size_t limit, struct err *err) ERR_MUST_CHECK;
// `video` NULL is fine.
enum err_code labels_check_video(const char *video, struct err *err) ERR_MUST_CHECK;

// How an object carries a label; the project is locked and combined.
enum label_kind labels_kind_of(struct project *p, struct label_key key, int64_t track, int32_t *label, float *score);
void labels_summarise(struct labels *labels, struct project *p, int32_t label, struct label_summary *summary);
