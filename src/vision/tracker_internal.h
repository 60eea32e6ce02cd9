// What the files of the tracker share. Places are in the still picture: the camera's motion so far is taken out when a
// box comes in and put back when a track goes out.
#pragma once

#include "base/mem.h"
#include "vision/assignment.h"
#include "vision/tracker.h"
#include "vision/tracker_filter.h"

#define TRACKER_CLASSES 4 // of a track that are counted; of more, the rarest is forgotten

// A box of the frame at hand.
struct seen_box {
    struct box_place place;
    double score;
    int32_t class_id;
    int32_t box; // its index as it was added
    const float *embedding;
    bool taken;
};

struct observation {
    struct box_place place;
    double score;
    int32_t frame;
    int32_t box;
    int32_t class_id;
};

struct class_votes {
    int32_t class_ids[TRACKER_CLASSES];
    double votes[TRACKER_CLASSES];
    int count;
};

struct tracklet {
    struct observation *seen;
    size_t count, capacity;
    struct box_filter filter;     // at the time of the frame at hand while alive
    struct box_filter after_last; // when it was last seen
    struct box_place predicted;
    double weight[FILTER_AXES];       // inverse variances of the box that will be seen there
    double log_spread;                // half the logarithm of the product of the variances, in sizes
    double still_weight[FILTER_AXES]; // the same where it was seen last, should it stay there
    double still_log_spread;
    double still_doubt; // negative log likelihood of that, as far as its speed is known
    double unsure;      // deviation of the predicted place, in sizes
    struct class_votes votes;
    float *look; // running mean, normalised, its own; NULL: none yet
    int looks;
    bool confirmed;
    bool found;    // in the frame at hand
    bool given_up; // unseen for too long, and never believed: of no use any more
    double best_score;
    struct tracklet *next; // that goes on from it, when the video is complete
    bool goes_on;          // from another
};

struct frame_info {
    int64_t time_us;
    double camera_x, camera_y; // motion so far, added to places in the still picture
};

struct tracker {
    struct tracker_settings settings;
    int dimension;
    bool finished;
    struct arena *arena; // results
    struct frame_info *frames;
    size_t frame_count, frame_capacity;
    struct tracklet **all; // alive or not, in the order they began
    size_t all_count, all_capacity;
    size_t given_up;        // of them
    struct tracklet **live; // in the order they began
    size_t live_count, live_capacity;
    struct seen_box *boxes; // of the frame at hand, best first
    size_t box_count, box_capacity;
    // Scratch memory of the assignment.
    struct assignment *solver;
    struct tracklet **rows;
    size_t *begin, row_capacity;
    int32_t *columns, *column_of;
    double *costs;
    size_t edge_capacity;
    int32_t *picked; // boxes that take part
    size_t picked_capacity;
};

static inline double seconds_between(const struct tracker *t, int32_t from, int32_t to)
{
    return (double)(t->frames[to].time_us - t->frames[from].time_us) * 1e-6;
}

static inline const struct observation *last_seen(const struct tracklet *k)
{
    return &k->seen[k->count - 1];
}

// Intersection over union.
double place_overlap(const struct box_place *a, const struct box_place *b);

// tracker_associate.c: gives the boxes of the frame at hand to the tracklets that are alive.
void tracker_associate(struct tracker *t, int32_t frame);
// Adds a box to a tracklet; filters the way there anew if it was out of sight.
void tracklet_add(struct tracker *t, struct tracklet *k, const struct seen_box *box, int32_t frame);

// tracker_camera.c: how far the camera turned since the frame before, as far as boxes and predictions tell.
void tracker_estimate_camera(const struct tracker *t, double *dx, double *dy);

// tracker_appearance.c
void class_votes_add(struct class_votes *votes, int32_t class_id, double weight);
void class_votes_merge(struct class_votes *votes, const struct class_votes *other);
int32_t class_votes_best(const struct class_votes *votes); // -1: none
// 0: the class that all votes are for, or not known; 1: one without a vote.
double class_mismatch(const struct class_votes *votes, int32_t class_id);
double class_votes_mismatch(const struct class_votes *a, const struct class_votes *b);
void look_add(struct tracker *t, struct tracklet *k, const float *embedding);
double look_distance(const float *a, const float *b, int dimension); // cosine distance, 0 … 2

// tracker_link.c: joins tracklets that end with those that go on from them.
void tracker_link(struct tracker *t);
// tracker_output.c: tracks out of tracklets, smoothed and filled.
void tracker_output(struct tracker *t, struct tracks *tracks);
// The smoothed states at the observations of a tracklet, to be freed.
struct box_filter *tracklet_smooth(const struct tracker *t, const struct observation *seen, size_t count);
