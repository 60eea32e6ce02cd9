// Gives time stamps to pictures whose container has none: the n-th picture to show gets the n-th decoding time.
// Internal to the module.
//
// The order of showing is told by H.264's and HEVC's picture order count, by the B pictures of the MPEG codecs, and is
// the order of decoding for the others.
#pragma once

#include <libavcodec/avcodec.h>

#include "base/err.h"

struct reorder;

// `par` must outlive it. `frame_duration` is used where there are no decoding times and no durations either.
struct reorder *reorder_new(const AVCodecParameters *par, int64_t frame_duration);
void reorder_free(struct reorder *reorder);

// Takes the packet (which becomes the reorderer's).
enum err_code reorder_push(struct reorder *reorder, AVPacket *packet, struct err *err) ERR_MUST_CHECK;
// No more packets follow.
void reorder_finish(struct reorder *reorder);
// The next packet in decoding order with its pts set, or NULL until more are pushed.
AVPacket *reorder_pull(struct reorder *reorder);
