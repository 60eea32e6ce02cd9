// The messages of the work topics: JSON, one schema per topic in api/messages/, "v": 1.
//
// Decoding refuses what is malformed, has unknown fields or values out of range (ERR_INVALID), so that a worker never
// acts on half a message; such a message is of no use a second time and is buried. Encoders append to `out` and cannot
// fail. Structs hold no pointers. Safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/strbuf.h"
#include "media/segment.h"

#define MESSAGE_VERSION 1
#define MESSAGE_SIZE_MAX ((size_t)256 * 1024)
#define MESSAGE_KEY_SIZE 64

// topic "sources": a splitter's job. Key "{video}".
struct source_message {
    char project[PROJECT_NAME_SIZE];
    char video[VIDEO_ID_SIZE];
    bool again; // publish all segments again, also those that are done
};

// topic "segments": a downloader's job. Key "{video}/{segment}". Also stored beside the segment, so that the message
// can be published again.
struct segment_message {
    char project[PROJECT_NAME_SIZE];
    char video[VIDEO_ID_SIZE];
    struct media_segment segment;
    int64_t limit_us; // of the video; -1: none
    struct sampling sampling;
};

// topic "frames": an indexer's job. Key "{video}/{segment}".
struct frame_message {
    char project[PROJECT_NAME_SIZE];
    char video[VIDEO_ID_SIZE];
    int32_t segment;
    int32_t frame;
    int64_t pts_us;
    int32_t width, height;
};

// topic "detections": a frame's objects are stored, or (segment and frame -1) those of all frames of a video; for a
// tracker. The objects themselves are in the meta store. Key "{video}/{segment}" or "{video}".
struct detections_message {
    char project[PROJECT_NAME_SIZE];
    char video[VIDEO_ID_SIZE];
    int32_t segment;
    int32_t frame;
    int64_t pts_us;
    int32_t objects;
};

void source_message_encode(const struct source_message *message, struct strbuf *out);
enum err_code source_message_decode(
    const char *body, size_t size, struct source_message *message, struct err *err) ERR_MUST_CHECK;

void segment_message_encode(const struct segment_message *message, struct strbuf *out);
enum err_code segment_message_decode(
    const char *body, size_t size, struct segment_message *message, struct err *err) ERR_MUST_CHECK;

void frame_message_encode(const struct frame_message *message, struct strbuf *out);
enum err_code frame_message_decode(
    const char *body, size_t size, struct frame_message *message, struct err *err) ERR_MUST_CHECK;

void detections_message_encode(const struct detections_message *message, struct strbuf *out);
enum err_code detections_message_decode(
    const char *body, size_t size, struct detections_message *message, struct err *err) ERR_MUST_CHECK;

// "{video}", or "{video}/{segment}" for segment >= 0.
void message_key_make(const char *video, int32_t segment, char out[MESSAGE_KEY_SIZE]);
// The video a message is about, from its queue key; false if the key is none of these.
bool message_key_video(const char *key, char video[VIDEO_ID_SIZE]);

// `{project}/{video}/segments/{k:05}.json`: where a segment's message is stored.
void blob_key_segment_message(const char *project, const char *video, int32_t segment, char out[BLOB_KEY_SIZE]);
