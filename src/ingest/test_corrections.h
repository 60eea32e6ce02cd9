// For the tests of corrections: a video over in-memory stores whose walkers are side by side, each seen in all frames,
// and all that is stored about its tracks as text. What fails ends the test.
#pragma once

#include "ingest/test_pipeline.h"
#include "ingest/track_corrections.h"

#define VIDEO "0123456789abcdef"
#define FRAMES 12
#define WALKERS 3
#define DIMENSION 4

extern const float looks[WALKERS][DIMENSION];
extern struct err failure; // of the last call

// The first `walkers` of them in a frame, `shift` pixels to the right; once more replaces them.
void put_frame(struct pipeline *p, const char *video, int32_t index, size_t walkers, float shift);
// The video, as if its last frame had just been indexed.
void index_video(struct pipeline *p, const char *id);
void track(struct pipeline *p, const char *id);
// A pipeline without workers, with VIDEO indexed and tracked.
void open_tracked(struct pipeline *p);

// ---- correcting

struct correction_request split_at(int64_t track, int64_t frame);
struct correction_request merge_of(int64_t track, int64_t into);
struct correction_request step(enum track_step_kind kind);
// `done` may be NULL, and is to be released otherwise.
enum err_code change(
    struct pipeline *p, const struct correction_request *request, struct correction *done) ERR_MUST_CHECK;
void do_it(struct pipeline *p, struct correction_request request);

// ---- what is stored

// All that says which object is of which track, as one text, to be freed.
char *stored(struct pipeline *p);
// Tracking again, from the objects, must give exactly what is there.
void assert_follows(struct pipeline *p);
