// Label ranking: from a few examples to everything that is the same thing.
//
// A label model is learnt from objects that are the thing (positives), objects that are not (negatives) and objects
// known to be something else (positives of other labels). It scores any object of the project and says how sure it is
// that this is the thing (the confidence, learnt for each label from its own neighbourhood). Nothing is stored, and
// nothing but the vector index is asked: what a round costs depends on the number of examples, not on the size of the
// project.
//
// A model does not change after it was made: all functions are safe from all threads, also with the same model. The
// vector index is borrowed and outlives the model. The same examples in any order on the same index give the same
// answers.
//
// How it ranks (docs/labelling.md has the measurements):
// - Growth: what is like a positive in the next frames, or on its track, is taken for the thing and then speaks for it
//   too, the surest first (self-training: Yarowsky 1995). So one example follows a thing through its changes of pose,
//   with or without a tracker.
// - A track of which one object is the thing and another is not is divided where its looks change
//   (label_rank_divide.c), and followed on the thing's part only.
// - Two boxes of one frame are never the same thing: what else is in the frames where the thing was found speaks
//   against it and costs nobody a click (the cannot-link constraint of Cinbis, Verbeek and Schmid, "Unsupervised metric
//   learning for face identification in TV video", ICCV 2011). Where two positives share a frame the label names a kind
//   of thing, and this and the growth through near frames are left out.
// - What is left is joined to groups that are one thing each, in the same way. How probable a group is follows from how
//   near it is to the thing (in the next frames, in this video, in others), from the margin to the nearest that is not
//   the thing (Giacinto, "A nearest-neighbor approach to relevance feedback in content based image retrieval", CIVR
//   2007), and from how near others are to the group that are not it: so the same similarity says more where nothing is
//   alike. A logistic regression fitted on known identities makes a probability of it (Platt 1999). For groups of other
//   times it counts for more when the examples are of several videos: these show that the thing comes again. Beside
//   the thing's track another one is mostly another thing, or the tracker would have gone on.
// - From LABEL_LINEAR_MIN positives on, an L2-regularised logistic regression on the vectors, against the hardest of
//   what is not the thing (Malisiewicz, Gupta and Efros, "Ensemble of exemplar-SVMs", ICCV 2011), is blended in. How
//   much, cross-validation on the assertions decides; nothing if it does not rank them better than similarity does.
// - A group is taken whole from LABEL_LIKELY_MIN on. The threshold is the similarity that this takes for a single
//   picture of another video in the label's own surroundings.
// - The order of what was found is that of the similarity to the nearest positive, corrected by what else is known, by
//   a bounded amount each time (label_rank_order.c). What follows from the positives through near frames or a track
//   comes first. Being taken is a question of confidence, not of the order.
//
// Errors: ERR_INVALID (no positives, an id that is none), ERR_CONFLICT (an object that is positive and negative),
// ERR_LIMIT (too many examples), ERR_NOT_FOUND (no positive has a vector: nothing indexed, or all removed),
// ERR_CANCELLED, and those of the vector index.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "vector_index/vector_index.h"

struct cancel;
struct label_model;

// Ids taken of each kind; what is learnt from are at most LABEL_FIT_MAX of each, spread evenly over the ids' order.
#define LABEL_EXAMPLES_MAX 100000
#define LABEL_FIT_MAX 400
// Positives that stand for all when neighbours are asked for (Gonzalez 1985, farthest-point selection).
#define LABEL_REPRESENTATIVES_MAX 32
// Positives from which on the linear model may take part.
#define LABEL_LINEAR_MIN 5
#define LABEL_NEIGHBOURS_MAX 10000
#define LABEL_CANDIDATES_MAX 200
// The confidence from which an object is taken for the thing.
#define LABEL_LIKELY_MIN 0.7f
#define LABEL_FRAME_MATES_MAX 64
// Examples, positive and negative, from which on the model says how good the label is.
#define LABEL_SAID_MIN 3

// The other objects of the frame of `object` that are certainly other things (not a second box around the same one),
// at most `capacity`: into `mates`. Not finding the frame is no error: there are none.
typedef enum err_code label_frame_mates(
    void *context, const char *object, char (*mates)[OBJECT_ID_SIZE], size_t capacity, size_t *count, struct err *err);

struct label_fit {
    struct vector_index *vectors;
    const char *project;
    const char *const *positive; // this is it
    size_t positive_count;       // 1 … LABEL_EXAMPLES_MAX
    const char *const *negative; // this is not it
    size_t negative_count;
    const char *const *other; // positives of other labels: weaker than negatives
    size_t other_count;
    // The tracks of each of them, as the vector index has them; -1: none. NULL: not known.
    const int64_t *positive_tracks, *negative_tracks, *other_tracks;
    // NULL: the objects with vectors whose ids are of the same frame, but for those that look like a second box of the
    // same thing.
    label_frame_mates *frame_mates;
    void *frame_mates_context;
    struct cancel *cancel; // may be NULL
};

// Examples whose vectors are missing are left out; at least one positive must have one. The ids and lists are copied.
enum err_code label_model_fit(const struct label_fit *fit, struct label_model **model, struct err *err) ERR_MUST_CHECK;
void label_model_free(struct label_model *model);

struct label_model_info {
    size_t positives, negatives, others; // examples learnt from
    size_t missing;                      // examples without a vector
    size_t frame_mates;                  // objects of the positives' frames used as negatives
    bool kind;                           // two positives share a frame: the label names a kind, not one thing
    float threshold;                     // about the similarity that is enough, for a single picture of another video
    float linear_weight;                 // 0 … 1: the share of the linear model; 0 is similarity alone
};
void label_model_describe(const struct label_model *model, struct label_model_info *info);

struct label_hit {
    char object[OBJECT_ID_SIZE];
    char class_name[VECTOR_CLASS_SIZE]; // "" from label_model_score, which does not look it up
    char label[VECTOR_LABEL_SIZE];      // likewise
    int64_t track;                      // likewise: -1
    float similarity;                   // cosine to the nearest positive, -1 … 1: for showing
    float score;                        // what is ranked by: about a similarity; what surely follows comes above 1
    float confidence; // the probability of being it, 0 … 1: LABEL_LIKELY_MIN or more, and it is taken
};

struct label_query {
    struct vector_filter filter; // what may be found; `exclude` is added to
    float min_confidence;        // LABEL_LIKELY_MIN: what is taken for it; 0: everything near
    bool per_track;              // the best hit of each track only; objects without a track all count
    size_t limit;                // 1 … LABEL_NEIGHBOURS_MAX; for candidates, … LABEL_CANDIDATES_MAX
    struct cancel *cancel;       // may be NULL
};

// The objects near the positives, best score first (ties by object id), or the surest first where only what is taken is
// asked for; at most query->limit, to be freed with free().
// Examples (positive, negative or other) are never among them.
enum err_code label_model_neighbours(const struct label_model *model, const struct label_query *query,
    struct label_hit **hits, size_t *count, struct err *err) ERR_MUST_CHECK;

// Scores the objects named, in their order, examples too. One without a vector has an empty `object` and confidence 0.
enum err_code label_model_score(const struct label_model *model, const char *const *objects, size_t count,
    struct cancel *cancel, struct label_hit *hits, struct err *err) ERR_MUST_CHECK;

// How good the label is, as far as the model can tell: of the objects near the positives.
struct label_candidates {
    struct label_hit *hits; // the best to ask first
    size_t count;
    // No answer is expected to change it, or the label is good enough; and enough was said, or nothing that nobody has
    // confirmed carries it.
    bool settled;
    bool is_estimated; // enough was said for the next two to mean something
    double precision;  // the share of what carries the label, or is taken for it, that is expected to be right
    double missing;    // objects that are expected to be the thing and are not taken for it
    bool is_complete;  // that is one in twenty of all at most
};

// What to ask about next: what changes most by the answer, as far as that can be told before, in turn with the surest
// of what nobody has confirmed; where neither is left, what is rather not it. No two of them are of one track or much
// alike. query->min_confidence is not looked at.
enum err_code label_model_candidates(const struct label_model *model, const struct label_query *query,
    struct label_candidates *candidates, struct err *err) ERR_MUST_CHECK;
void label_candidates_release(struct label_candidates *candidates);
