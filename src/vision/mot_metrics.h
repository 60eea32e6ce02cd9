// How good tracks are, against the truth: MOTA, IDF1, HOTA and what they are made of.
//
// The same numbers as the reference implementation of MOTChallenge (TrackEval), to rounding:
// - CLEAR MOT (MOTA, switches, fragments): Bernardin and Stiefelhagen, "Evaluating multiple object tracking
// performance"
//   (2008). A pair of the frame before is kept as long as it overlaps enough.
// - IDF1: Ristani et al., "Performance measures and a data set for multi-target, multi-camera tracking" (2016).
// - HOTA: Luiten et al., "HOTA: A higher order metric for evaluating multi-object tracking" (2021), the mean over
// overlaps
//   0.05 … 0.95.
// Truth with confidence 0, or of another class than asked for, is not counted, and neither is the track's box that lies
// best on it. Sequences are measured together by putting them one after the other with other ids: every measure here is
// a sum over frames or over pairs of ids. One thread at a time. Fails with ERR_INVALID (an id twice in one frame).
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "vision/mot_file.h"

#define MOT_OVERLAPS 19       // 0.05, 0.10 … 0.95
#define MOT_CLEAR_OVERLAP 0.5 // for MOTA and IDF1, as MOTChallenge has it

struct mot_options {
    int32_t class_id; // of the truth; -1: all
    int32_t frames;   // look at frames 1 … this only; 0: all
};

struct mot_scores {
    double mota; // may be negative
    double motp; // mean overlap of the matches of MOTA
    double idf1;
    double idp;
    double idr;
    double hota;
    double deta;
    double assa;
    int64_t switches;
    int64_t fragments;
    int64_t misses;
    int64_t false_alarms;
    int64_t matches;
    int64_t truth_boxes;
    int64_t track_boxes;
    int64_t truth_ids;
    int64_t track_ids;
};

// Names are for the sentences. `options` may be NULL.
enum err_code mot_evaluate(const char *truth_name, const struct mot_file *truth, const char *tracks_name,
    const struct mot_file *tracks, const struct mot_options *options, struct mot_scores *scores,
    struct err *err) ERR_MUST_CHECK;
