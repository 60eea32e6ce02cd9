// Tells the second fields of H.264 pictures that are coded as pairs of fields, where a container gives each field a
// packet of its own (MPEG-TS): a frame comes out of the pair, not out of each. Internal to the module.
#pragma once

#include <libavcodec/avcodec.h>
#include <stdbool.h>

struct field_pairs;

// NULL if packets of this stream never are single fields.
struct field_pairs *field_pairs_new(const AVCodecParameters *par);
void field_pairs_free(struct field_pairs *pairs);
// Takes each packet in decoding order. `first` says that a pair surely begins with it.
bool field_pairs_is_second(struct field_pairs *pairs, const AVPacket *packet, bool first);
