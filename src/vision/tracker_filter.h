// The Kalman filter of a box: centre and size, each with its speed. No state of its own: safe from all threads.
//
// The state of BoT-SORT (Aharon et al., 2022), whose noise is independent in all four coordinates, so that one filter
// of eight numbers is four of two. Time is continuous: noise grows with the seconds that pass, not with frames, which
// for one frame of 1/30 s gives the papers' values.
#pragma once

#include "vision/tracker.h"

struct box_place {
    double cx;
    double cy;
    double width;
    double height;
};

// One coordinate: value and speed with their covariance.
struct filter_axis {
    double x;
    double v; // a second
    double pxx;
    double pxv;
    double pvv;
};

enum { FILTER_CX, FILTER_CY, FILTER_WIDTH, FILTER_HEIGHT, FILTER_AXES };

struct box_filter {
    struct filter_axis axes[FILTER_AXES];
};

// The square root of the area, by which all noise is scaled.
double box_size(double width, double height);
struct box_place filter_place(const struct box_filter *filter);

void filter_begin(struct box_filter *filter, const struct box_place *seen, const struct tracker_settings *settings);
// `seconds` may be negative: back in time, where uncertainty grows all the same.
void filter_predict(struct box_filter *filter, double seconds, const struct tracker_settings *settings);
void filter_update(struct box_filter *filter, const struct box_place *seen, const struct tracker_settings *settings);
// The fixed-interval smoother of Rauch, Tung and Striebel (1965), one step: `filtered` at its time becomes what it is,
// knowing `next`, the smoothed state `seconds` later.
void filter_smooth(struct box_filter *filtered, const struct box_filter *next, double seconds,
    const struct tracker_settings *settings);
// Squared Mahalanobis distance between two estimates of the same moment, of position and speed: four degrees of
// freedom.
double filter_distance(const struct box_filter *a, const struct box_filter *b);
