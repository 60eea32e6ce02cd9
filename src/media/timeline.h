// The coded pictures of a source's video in decoding order, each with a time stamp that can be relied on. Internal.
//
// Time stamps that the container gives are kept as they are, but for single ones that cannot be right, which follow
// from their neighbours (time_mend.h). Where it has none, they follow from the decoding times and the order in which
// the pictures show. Where they jump back at a keyframe (recordings put end to end), all that follow are shifted to go
// on after the last one. Pictures are numbered from the first on that decoding can begin with.
#pragma once

#include "media/picture.h"
#include "media/source.h"

struct coded_picture {
    AVPacket *packet; // pts and dts as in the source
    int64_t pts;      // repaired, in the stream's time base
    int64_t duration; // in the same; > 0
    bool presented;   // a frame comes out of it and is shown (not hidden by an edit list or undecodable)
    struct picture_info info;
};

struct timeline;

struct timeline_stats {
    int64_t packets; // read, of all sources
    int64_t skipped; // before the first that decoding can begin with
    int64_t damaged; // said to be damaged by the container
    int64_t read_errors;
    bool ended_by_error;
    bool derived;   // time stamps follow from the decoding order
    int64_t jumps;  // times that jumped back
    int64_t mended; // pictures whose times could not be right
};

struct timeline *timeline_new(struct media_source *source);
void timeline_free(struct timeline *timeline);
// Goes on with the pictures of another source of the same time base after those of the one before, which have all been
// taken. Where their times would go back, they are shifted to follow.
void timeline_go_on(struct timeline *timeline, struct media_source *source);
// Added to the source's times.
int64_t timeline_shift(const struct timeline *timeline);

// The next picture; its packet is to be freed by coded_picture_release(). `*end` says that there is none left.
enum err_code timeline_next(
    struct timeline *timeline, struct coded_picture *picture, bool *end, struct err *err) ERR_MUST_CHECK;
void coded_picture_release(struct coded_picture *picture);
const struct timeline_stats *timeline_stats(const struct timeline *timeline);
