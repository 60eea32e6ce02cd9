// What the files of label ranking share (label_rank.h says what it does).
#pragma once

#include "search/label_rank.h"

// A pool is what a model has looked at: the examples, their frames' other objects and the neighbours of all of them.
#define POOL_MAX 6000
// Asked for around each representative: in its own video, and in the whole project. Nothing farther than the floor can
// become the thing.
#define POOL_VIDEO_HITS 400
#define POOL_PROJECT_HITS 300
#define POOL_FLOOR 0.6f
// What has been taken for the thing looks around itself again where it has changed much: so many times, so many of
// them.
#define POOL_ROUNDS 3
#define POOL_ROUND_QUERIES 4
// An object this similar to one whose neighbours are known has almost the same ones.
#define NEIGHBOURS_ALIKE 0.92f
// Objects a model takes for the thing while it learns, and those of them that pull others from far.
#define ACCEPTED_MAX 2000
#define FAR_ANCHORS_MAX 128

// All similarities below are on the scale of the default descriptor (docs/models.md, "What a similarity means"), and
// were chosen on the annotated clips (docs/labelling.md).
//
// What looks like an example from far away (another time, another video) must be this near …
#define FAR_THRESHOLD 0.92f
// (the nearest of many positives is near by chance as well: so much more for each doubling of their number)
#define FAR_THRESHOLD_DOUBLING 0.005f
// … or this, from one video to another: the look-alikes that part company most slowly are those of one scene …
#define FAR_THRESHOLD_ACROSS 0.90f
// … or, where the examples themselves are of different moments and differ more from each other, this near at least: in
// one video, where look-alikes are common, and from one video to another.
#define FAR_THRESHOLD_MIN_VIDEO 0.90f
#define FAR_THRESHOLD_MIN 0.85f
#define FAR_THRESHOLD_MAX 0.97f
// What was only taken for the thing must be nearer still to pull something in from far: errors would spread.
#define FAR_THRESHOLD_TAKEN 0.95f
// In the next frames an object looks almost the same, and what is confusable is mostly in the same frames as well.
#define NEAR_THRESHOLD 0.80f
#define NEAR_FRAMES 3
// An object that was followed from one to the other.
#define TRACK_THRESHOLD 0.50f
// An object must be this much nearer to what is the thing than to what is not.
#define MARGIN 0.03f
#define MARGIN_OTHER 0.01f
// Of the same frame and this alike: most probably two boxes around one thing.
#define SAME_BOX 0.93f
// What is this far below the threshold is not compared with what speaks against it.
#define FAR_BELOW 0.15f
// The score's distance to the threshold at which the confidence is 0.73.
#define CONFIDENCE_SCALE 0.03f

enum rank_role {
    ROLE_FREE,
    ROLE_POSITIVE,
    ROLE_TAKEN, // taken for the thing while learning
    ROLE_NEGATIVE,
    ROLE_OTHER,
    ROLE_MATE, // of the same frame as the thing
};

struct rank_object {
    char id[OBJECT_ID_SIZE];
    char class_name[VECTOR_CLASS_SIZE];
    char label[VECTOR_LABEL_SIZE];
    int64_t track;
    uint64_t video;
    int32_t frame;
    enum rank_role role;
    bool is_hit;        // came from a query, so that class, label and track are known
    bool asked;         // its neighbours were asked for
    bool far_anchor;    // it pulls others from far
    uint16_t component; // which group of positives it is joined to through near frames
    float similarity;   // to the nearest positive
    float across;       // to the nearest positive of another video
    float nearest;      // to the nearest positive or taken object compared with
    float evidence;     // how far above the threshold the best of them says it is
    float against;      // similarity to the nearest object that is not the thing
    size_t against_seen;
    float refused_at; // `nearest` when it was refused for its margin
};

struct label_model {
    struct vector_index *vectors;
    char project[PROJECT_NAME_SIZE];
    label_frame_mates *frame_mates;
    void *frame_mates_context;
    struct label_model_info info;
    size_t dimension;
    // Objects in the order in which they were met; their vectors as half floats, as the index stores them.
    struct rank_object *objects;
    uint16_t *halves; // count × dimension
    size_t count, capacity;
    size_t *by_id; // indices ascending by id
    // What is the thing (positives, taken objects) and what is not, as indices into objects.
    size_t *anchors;
    size_t anchor_count;
    size_t *against;
    size_t against_count;
    size_t far_count;
    // The threshold of similarity to positives of other videos; at most info.threshold.
    float threshold_across;
    // Examples that were not learnt from are no hits either: all example ids, ascending.
    char (*examples)[OBJECT_ID_SIZE];
    size_t example_count;
    // The linear model: dimension values and the bias; NULL where it takes no part.
    float *linear;
    float linear_bias;
    float *scratch; // dimension values, used while fitting only
};

// label_rank_pool.c

// The index of an object in the pool, or SIZE_MAX.
size_t rank_pool_find(const struct label_model *m, const char *id);
bool rank_is_example(const struct label_model *m, const char *id);
// Adds an object with its vector; one that is there keeps its place. `*index` is SIZE_MAX where it has no vector or the
// pool is full.
enum err_code rank_pool_add(struct label_model *m, const char *id, size_t *index, struct err *err) ERR_MUST_CHECK;
// Examples, with their frames' other objects.
enum err_code rank_pool_examples(struct label_model *m, const struct label_fit *fit, struct err *err) ERR_MUST_CHECK;
// The neighbours of object `i`, in its own video and, for a positive, in the whole project.
enum err_code rank_pool_around(struct label_model *m, size_t i, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// At most `limit` of the objects of a role, each as far as can be from those chosen before; the first is the first met.
// Ends when all others are as similar as `alike` to a chosen one.
size_t rank_farthest(const struct label_model *m, enum rank_role role, size_t limit, float alike, size_t *chosen);

static inline const uint16_t *rank_half(const struct label_model *m, size_t i)
{
    return m->halves + i * m->dimension;
}

// label_rank_grow.c

// Finds out what is the thing and what is not among the neighbours, and the threshold.
enum err_code rank_grow(struct label_model *m, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Fills similarity, nearest, evidence and against of an object that is not in the pool.
void rank_judge(const struct label_model *m, struct rank_object *object, const uint16_t *half);
// The distance of an object to the threshold, without the linear model.
float rank_evidence(const struct label_model *m, const struct rank_object *object);

// label_rank_linear.c

// Fits the linear model and its share.
enum err_code rank_linear_fit(struct label_model *m, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// How far above the threshold the linear model sees it.
float rank_linear_evidence(const struct label_model *m, const uint16_t *half);
