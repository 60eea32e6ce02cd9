// Reads from a coded picture, without decoding it, what cutting and skipping need to know. Internal to the module.
//
// Only facts that the bitstream guarantees are reported; in doubt a picture is a reference and no place to cut at.
#pragma once

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdint.h>

struct picture_parser {
    enum AVCodecID codec;
    int nal_length_size; // of length-prefixed NAL units; 0: start codes
    bool reorders;       // whether pictures can show in another order than they are coded in
    bool cuttable;       // whether this codec's keyframes can be trusted
};

struct picture_info {
    bool clean;        // every picture shown after this one decodes to the same from here on as from the beginning
    bool starts;       // decoding may begin here (also where it takes some pictures to recover)
    bool no_leading;   // a clean one which no later coded picture shows before
    bool closed;       // a clean one whose leading pictures need nothing from before it
    bool leading_lost; // a leading picture that cannot be decoded when decoding began at the random access point before
    bool leading_kept; // a leading picture that can
    bool trailing;     // certainly not leading
    bool reference;    // others may be predicted from it
    bool shown;        // a frame comes out of it
    uint8_t temporal_id; // HEVC: a picture is needed by none of a lower layer
};

void picture_parser_init(struct picture_parser *parser, const AVCodecParameters *par);
void picture_inspect(const struct picture_parser *parser, const AVPacket *packet, struct picture_info *info);
