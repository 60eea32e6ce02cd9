// Parameter sets that change in the middle of H.264 and HEVC streams whose container keeps them apart from the pictures
// (a live stream in FLV whose size changed, MP4 files with several sample descriptions). A segment's file has the first
// ones in its header, so later ones are put before each keyframe, where decoders take them from too. Internal to the
// module.
#pragma once

#include <libavcodec/avcodec.h>
#include <stdint.h>

struct parameter_sets {
    uint8_t *units; // with their lengths before them; NULL while those of the header hold
    size_t size;
};

void parameter_sets_release(struct parameter_sets *sets);
// Takes note of new sets that come with the packet, and puts those that hold before a keyframe. `par` is the stream's.
// What makes no sense, or is of another form than the header's, leaves the packet as it is.
void parameter_sets_apply(struct parameter_sets *sets, const AVCodecParameters *par, AVPacket *packet);
