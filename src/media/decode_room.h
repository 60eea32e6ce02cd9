// Bounds the memory of a decoder's pictures: a stream says itself how many it wants kept to predict others from, of
// any size and depth. Internal to the module. Safe from all threads.
#pragma once

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/probe.h"

struct decode_room;

struct decode_room *decode_room_new(const struct media_limits *limits);
// Pictures that are still there keep what they need of it.
void decode_room_free(struct decode_room *room);
// Before the decoder is opened. Its pictures take room from then on; where there is none, decoding fails.
void decode_room_attach(struct decode_room *room, AVCodecContext *codec);
// How many threads the decoder may have, each of which holds a picture of its own; `wanted` 0: as many as cores.
int decode_room_threads(int32_t wanted, const AVCodecParameters *par);
// Whether there was none.
bool decode_room_was_full(const struct decode_room *room);
// ERR_LIMIT with a sentence for that.
enum err_code decode_room_error(const struct decode_room *room, struct err *err);
