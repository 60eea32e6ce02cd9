// Follows objects through a video: joins the boxes that a detector found in single frames into tracks.
//
// Tracking by detection. Frame after frame, a Kalman filter says where each object should be and how sure that is, and
// an optimal assignment gives it one of the boxes there (sure boxes first, then unsure ones, as in ByteTrack; the
// direction of movement counts, and an object found again is filtered anew along the way it must have come, as in
// OC-SORT). Camera motion is estimated from the boxes themselves and taken out; looks count where boxes come with
// embeddings. Distances and times are seconds and sizes of objects, never frames and pixels, so that the same settings
// serve 30 frames a second and one; how far a box may be away follows from how unsure the filter is after that time.
// When all frames are in, tracks that ended too early are joined with those that go on from them, gaps are filled, and
// positions smoothed.
//
// A tracker belongs to one thread at a time. The same frames give the same tracks, in whatever order the boxes of a
// frame come. Work is bounded: of a frame's boxes the best TRACKER_BOXES_MAX by score are looked at, and at most
// TRACKER_LIVE_MAX objects are followed at a time, and a track that ended is compared with TRACKER_LINK_MAX others.
// Fails with ERR_INVALID (numbers that are no box, times that do not grow) and ERR_LIMIT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TRACKER_BOXES_MAX 1000
#define TRACKER_LIVE_MAX 2000 // beyond it, those unseen for longest are followed no more
#define TRACKER_LINK_MAX 1000 // that begin after it, the next ones first
#define TRACKER_FRAMES_MAX 10000000
#define TRACKER_EMBEDDING_MAX 8192
#define TRACKER_COORDINATE_MAX 1e9

// All thresholds: name, default, least, most, what it is, where it comes from. docs/tracking.md says how they were
// chosen. "Size" is the square root of a box's area; shares and overlaps have no unit.
#define TRACKER_SETTINGS(X)                                                                                            \
    X(score_quantile, 0.95, 0, 1, "share of all boxes below the score that counts as 1; 0: scores as they are", "own") \
    X(high_score, 0.4, 0, 1, "boxes from this score are assigned first and may begin tracks", "ByteTrack")             \
    X(low_score, 0.1, 0, 1, "boxes from this score may continue tracks", "ByteTrack")                                  \
    X(sure_score, 0.6, 0, 1, "a track needs one box of this score", "ByteTrack")                                       \
    X(alone_score, 0.8, 0, 1, "the same of a track that was seen once or cut off by the video", "own")                 \
    X(confirm_s, 0.09, 0, 10, "seconds a track must be seen for, at most three boxes", "SORT")                         \
    X(lost_s, 1.0, 0, 60, "seconds an unseen object is looked for", "ByteTrack, OC-SORT")                              \
    X(lost_frames, 3, 0, 1000, "frames it is looked for at least", "own")                                              \
    X(place_noise, 0.12, 0.001, 1, "deviation of a box from its prediction, sizes", "own")                             \
    X(side_noise, 0.12, 0.001, 1, "the same of its sides, share", "own")                                               \
    X(stranger, 2.0, -9, 20, "negative log likelihood of a box that fits no track", "own")                             \
    X(still_share, 0.02, 0, 0.9, "how often an object whose speed is not known yet stays where it is", "own")          \
    X(low_gate_overlap, 0.5, 0, 1, "least overlap of prediction and box of low score", "ByteTrack")                    \
    X(again_gate_overlap, 0.3, 0, 1, "least overlap with the box seen last, where the prediction failed", "OC-SORT")   \
    X(again_s, 0.25, 0, 60, "seconds for which that is tried", "own")                                                  \
    X(direction_weight, 0.1, 0, 2, "cost of going back where one came from", "OC-SORT")                                \
    X(direction_s, 0.1, 0, 10, "seconds over which the direction is taken", "OC-SORT")                                 \
    X(class_weight, 0.3, 0, 2, "cost of another class", "own")                                                         \
    X(look_weight, 0.3, 0, 5, "cost of looking different", "BoT-SORT, own")                                            \
    X(look_same, 0.15, 0, 2, "cosine distance of the same object's looks", "own")                                      \
    X(look_other, 0.45, 0, 2, "cosine distance of different objects' looks", "own")                                    \
    X(look_memory, 0.9, 0, 1, "share of the old mean when a look is added", "DeepSORT, BoT-SORT")                      \
    X(box_noise, 0.05, 0.001, 1, "deviation of boxes for the filter, sizes", "DeepSORT, BoT-SORT")                     \
    X(position_noise, 0.05, 0, 10, "random walk, sizes in the root of a second", "own")                                \
    X(speed_noise, 0.5, 0.001, 100, "random acceleration, sizes a second in the root of a second", "BoT-SORT, halved") \
    X(first_speed, 2.0, 0.01, 100, "deviation of a new object's speed, sizes a second", "BoT-SORT")                    \
    X(size_noise, 0.15, 0.001, 100, "random growth, share a second in the root of a second", "own")                    \
    X(camera, 1, 0, 1, "1: estimate the motion of the camera", "BoT-SORT, own")                                        \
    X(link_s, 2.0, 0, 3600, "longest gap over which tracks are joined by motion", "own")                               \
    X(link_gate, 12.0, 0, 1000, "largest squared Mahalanobis distance for it", "DeepSORT, own")                        \
    X(look_link_s, 60, 0, 86400, "longest gap over which tracks are joined by looks", "own")                           \
    X(look_link, 0.07, 0, 2, "largest cosine distance for it", "own")                                                  \
    X(fill_s, 0.65, 0, 3600, "longest gap that is filled with boxes", "ByteTrack")                                     \
    X(smooth, 1, 0, 1, "1: boxes are smoothed over time", "Rauch, Tung and Striebel")

struct tracker_settings {
#define TRACKER_SETTING_FIELD(name, value, least, most, help, source) double name;
    TRACKER_SETTINGS(TRACKER_SETTING_FIELD)
#undef TRACKER_SETTING_FIELD
};

struct tracker_settings tracker_settings_default(void);
// Detectors differ in what they say of what they are sure of: 0.99 or 0.6. Scales the thresholds for scores by the
// score that only a few of these boxes exceed (score_quantile), all boxes of a sequence or many of the detector's.
// Reorders the scores. Without it scores count as they are.
void tracker_settings_fit_scores(struct tracker_settings *settings, double *scores, size_t count);
// By name; ERR_NOT_FOUND, ERR_INVALID (out of bounds).
enum err_code tracker_settings_set(
    struct tracker_settings *settings, const char *name, double value, struct err *err) ERR_MUST_CHECK;

// In pixels of the picture; it may reach out of it.
struct track_box {
    double x;
    double y;
    double width;
    double height;
    double score;           // 0 … 1
    int32_t class_id;       // any number; -1: not known, which fits every class
    const float *embedding; // normalised, as many numbers as the tracker was made for; NULL: none
};

// An object in one frame.
struct track_point {
    size_t frame; // counted from the first frame added, which is 0
    int64_t time_us;
    double x;
    double y;
    double width;
    double height;
    double score; // of the box; 0 where there is none
    int32_t box;  // its index among the frame's boxes as they were added; -1: filled in
};

struct track {
    int32_t number;                   // from 1, by first frame, then by the first box's score and position
    int32_t class_id;                 // by vote, weighted with scores; -1: no box had one
    const struct track_point *points; // by frame, each frame at most once
    size_t count;
    size_t seen;            // points with a box
    double score;           // mean over these
    const float *embedding; // mean of the looks, normalised; NULL: none had one
};

struct tracks {
    const struct track *items;
    size_t count;
};

struct tracker;
// `dimension`: numbers of an embedding, 0 for none. `settings` NULL: the defaults.
enum err_code tracker_new(
    const struct tracker_settings *settings, int dimension, struct tracker **out, struct err *err) ERR_MUST_CHECK;
void tracker_free(struct tracker *tracker); // NULL is harmless

// The next frame, which may have no boxes. Times grow. All is copied. A frame that is refused leaves no trace.
enum err_code tracker_add(struct tracker *tracker, int64_t time_us, const struct track_box *boxes, size_t count,
    struct err *err) ERR_MUST_CHECK;

// Ends the video: no frame can follow. What `tracks` points to lives as long as the tracker.
enum err_code tracker_finish(struct tracker *tracker, struct tracks *tracks, struct err *err) ERR_MUST_CHECK;
