// What the files of label ranking share (label_rank.h says what it does).
#pragma once

#include "search/label_rank.h"

// A pool is what a model has looked at: the examples, their frames' other objects and the neighbours of all of them.
#define POOL_MAX 6000
// Asked for around each representative: in its own video, and in the whole project. Nothing farther than the floor can
// become the thing.
#define POOL_VIDEO_HITS 400
#define POOL_PROJECT_HITS 300
// Of a track that people disagree about.
#define POOL_TRACK_HITS 500
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
// What is less like the thing than this is not looked at: nobody would be asked about it.
#define LOOKED_AT 0.62f

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
    bool is_hit;       // came from a query, so that class, label and track are known
    bool asked;        // its neighbours were asked for
    bool far_anchor;   // it pulls others from far
    bool is_doubted;   // of the same frame as what was taken for the thing, which need not be right
    bool is_elsewhere; // on a part of a track people disagree about that is not the thing
    int32_t group;     // -1: none
    float video_reach; // of its video, what is nearer to it than this is in the pool; 1: nothing was asked for
    float reach;       // and of the project
    float similarity;  // to the nearest positive
    float across;      // to the nearest positive of another video
    float nearest;     // to the nearest positive or taken object compared with
    float near;        // of them, to the nearest of the next frames; -1: there is none
    float far;         // and to the nearest of any other time
    float evidence;    // how far above its threshold the best of the near ones says it is
    float trust;       // how sure it is that what the evidence comes from is the thing
    bool has_crossed;  // it was taken by way of a track's end: from a box off a track onto one, or the other way
    uint16_t claim;    // the seed that this is, counted from 1; 0: the positives
    float against;     // similarity to the nearest object that is not the thing
    size_t against_seen;
    float refused_at; // `nearest` when it was refused for its margin
};

// What a group, or an object alone, has for and against it.
struct rank_features {
    float similarity, nearest, near, far, across, against, crowd;
    float linear; // the linear model's part of the logit
    size_t count;
    bool is_track; // the tracker joined it
};

// Objects of the pool that are one thing, whichever: of one track, or joined through near frames. Either all of them
// carry the label or none does.
struct rank_group {
    size_t best; // the member that is most like the thing
    size_t count;
    float probability;
    struct rank_features features;
};

// A part of a track, from a frame on until the next part's.
struct rank_part {
    uint64_t video;
    int64_t track;
    int32_t first;
    bool is_it; // else it is said not to be
};

// How alike others are to an object that are certainly not it. Where there are not enough of them: what it usually is.
#define CROWD_UNKNOWN 0.7f
struct rank_crowd {
    size_t *objects; // indices into the pool
    void *codes;
    size_t count, code_size;
};

struct label_model {
    struct vector_index *vectors;
    char project[PROJECT_NAME_SIZE];
    label_frame_mates *frame_mates;
    void *frame_mates_context;
    struct label_model_info info;
    size_t positives_said;  // with those that were not learnt from
    size_t positive_videos; // that positives learnt from are of
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
    // Tracks with positives and with what was said not to be it: an object of each such pair.
    size_t *disputes;
    size_t dispute_count;
    struct rank_part *parts; // of these tracks, by frame
    size_t part_count;
    size_t far_count;
    struct rank_group *groups;
    size_t group_count;
    struct rank_crowd crowd;
    // Examples that were not learnt from are no hits either: all example ids, ascending.
    char (*examples)[OBJECT_ID_SIZE];
    size_t example_count;
    // The linear model: dimension values and the bias; NULL where it takes no part.
    float *linear;
    float linear_bias;
    float *scratch; // dimension values, used while fitting only
};

// One of which nothing is known.
static inline struct rank_object rank_object_none(void)
{
    return (struct rank_object){.track = -1,
        .group = -1,
        .video_reach = 1,
        .reach = 1,
        .similarity = -1,
        .across = -1,
        .nearest = -1,
        .near = -1,
        .far = -1,
        .evidence = -2,
        .trust = 1,
        .against = -1,
        .refused_at = -2};
}

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
// The objects of the track of object `i`.
enum err_code rank_pool_track(struct label_model *m, size_t i, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// At most `limit` of the objects of a role, each as far as can be from those chosen before; the first is the first met.
// Ends when all others are as similar as `alike` to a chosen one.
size_t rank_farthest(const struct label_model *m, enum rank_role role, size_t limit, float alike, size_t *chosen);

static inline const uint16_t *rank_half(const struct label_model *m, size_t i)
{
    return m->halves + i * m->dimension;
}

// label_rank_grow.c

// Fetches the neighbours of the positives and finds out what is surely the thing among them, and what is not.
enum err_code rank_grow(struct label_model *m, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Fills similarity, nearest, evidence and against of an object that is not in the pool.
void rank_judge(const struct label_model *m, struct rank_object *object, const uint16_t *half);
// Takes objects for the thing, with what follows from them through near frames and tracks, and nothing else.
// `trusts` says how sure each of them is.
enum err_code rank_take_seeds(struct label_model *m, const size_t *seeds, const float *trusts, size_t count,
    struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Compares an object with what is not the thing.
void rank_look_against(struct label_model *m, size_t i);
// label_rank_relation.c

bool rank_on_one_track(const struct rank_object *a, const struct rank_object *b);
bool rank_same_frame(const struct rank_object *a, const struct rank_object *b);
bool rank_near_in_time(const struct label_model *m, const struct rank_object *a, const struct rank_object *b);
// Near in time, and not of two tracks: if they look alike they are one thing.
bool rank_may_be_chained(const struct label_model *m, const struct rank_object *a, const struct rank_object *b);
// Followed from one to the other; where people disagree about the track, only from a yes to what is on its part.
bool rank_same_track(const struct label_model *m, const struct rank_object *anchor, const struct rank_object *object);
// Two boxes around one thing, or two things that are alike? Whoever knows the boxes is asked.
enum err_code rank_is_mate(struct label_model *m, const struct rank_object *anchor, const char *id, bool *mate,
    struct err *err) ERR_MUST_CHECK;

// label_rank_divide.c

// Finds the tracks people disagree about, fetches their objects and divides them; before anything is compared.
enum err_code rank_divide(struct label_model *m, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Marks what is elsewhere on them, of the objects from `from` on.
void rank_divide_mark(struct label_model *m, size_t from);
// Whether a track is known to hold several things: some of its objects are positive and others are not.
bool rank_is_disputed(const struct label_model *m, const struct rank_object *object);

// label_rank.c

void rank_score_object(
    const struct label_model *m, const struct rank_object *object, const uint16_t *half, struct label_hit *hit);
// The vector index's filter, applied to what the pool knows already; exclusions apart.
bool rank_passes(const struct vector_filter *filter, const struct rank_object *object);
bool rank_is_excluded(const struct vector_filter *filter, const char *object);

// label_rank_group.c

// Joins what was not taken to groups, says how probable each is, takes those that are surely the thing, and learns the
// threshold.
enum err_code rank_group(struct label_model *m, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;

// What a model makes of an object. `half` is its vector.
struct rank_verdict {
    float probability; // of being the thing, 0 … 1
    float rank;        // see rank_order
};
struct rank_verdict rank_verdict(const struct label_model *m, const struct rank_object *object, const uint16_t *half);

// label_rank_order.c

// What an object is ranked by, more being better: about its similarity to the thing. `of` is what is known of its
// group, or of itself where it has none, and `probability` that of being the thing.
float rank_order(const struct rank_object *object, const struct rank_features *of, float probability);

// label_rank_linear.c

// Fits the linear model and its share.
enum err_code rank_linear_fit(struct label_model *m, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Its part in the logit of the probability; 0 where there is no linear model.
float rank_linear_logit(const struct label_model *m, const uint16_t *half);
