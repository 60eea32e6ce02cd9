// Identity: every id is derived from content, so that doing the same thing twice gives the same names
// (ARCHITECTURE.md).
//
// Ids are short fixed-capacity texts, safe in paths, URLs and keys by construction; what comes from outside is checked
// with the *_is_valid and *_parse functions at the border. No function here allocates; all are safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PROJECT_NAME_MAX 63
#define PROJECT_NAME_SIZE (PROJECT_NAME_MAX + 1)
#define VIDEO_ID_LENGTH 16
#define VIDEO_ID_SIZE (VIDEO_ID_LENGTH + 1)
// "{video}-{frame index, 8 digits}"
#define FRAME_ID_SIZE (VIDEO_ID_LENGTH + 1 + 8 + 1)
// "{video}-{frame index, 8 digits}-{k, 3 digits}"
#define OBJECT_ID_SIZE (VIDEO_ID_LENGTH + 1 + 8 + 1 + 3 + 1)
// "{video}-t{n}"
#define TRACK_ID_SIZE (VIDEO_ID_LENGTH + 2 + 10 + 1)
#define FRAME_INDEX_MAX 99999999
#define OBJECTS_PER_FRAME_MAX 1000
#define SEGMENTS_PER_VIDEO_MAX 100000

// [a-z0-9][a-z0-9-]{0,62}
bool project_name_is_valid(const char *name);
// Fills `err` with what is wrong and what is allowed.
enum err_code project_name_check(const char *name, struct err *err) ERR_MUST_CHECK;

// 16 lower-case hex digits.
bool video_id_is_valid(const char *id);

// What a video's id is made of. Sampling is a rational number of frames per second, or every frame.
struct sampling {
    bool all;        // every decoded frame; fps is then 0/1
    int32_t fps_num; // > 0 unless all
    int32_t fps_den; // > 0
};

#define SAMPLING_FPS_MAX 1000
// "5", "29.97", "0.5", "30000/1001" or "all". Refuses zero, negative, huge (> SAMPLING_FPS_MAX) and what is no number.
// Decimals are taken exactly (29.97 is 2997/100) and reduced.
enum err_code sampling_parse(const char *text, struct sampling *sampling, struct err *err) ERR_MUST_CHECK;
#define SAMPLING_TEXT_SIZE 32
// The canonical text: "all", "5", "2997/100".
void sampling_format(const struct sampling *sampling, char out[SAMPLING_TEXT_SIZE]);
// The sampling grid: the time of point i in microseconds, round(i * 1e6 / fps), the rounding of a frame's own pts_us,
// so that a frame that falls exactly on a point compares equal. Not for `all`.
int64_t sampling_point_us(const struct sampling *sampling, int64_t i);
// The smallest index whose point lies after `pts_us`; 0 for a negative pts_us. Not for `all`.
int64_t sampling_first_after(const struct sampling *sampling, int64_t pts_us);

// id = first 16 hex digits of SHA-256 over the length-prefixed fields: project, canonical source, chunk_us, limit_us
// (-1: none), canonical sampling. An upload's canonical source is "sha256:<hex of its content>".
void video_id_make(const char *project, const char *canonical_source, int64_t chunk_us, int64_t limit_us,
    const struct sampling *sampling, char out[VIDEO_ID_SIZE]);

void frame_id_make(const char *video, int32_t index, char out[FRAME_ID_SIZE]);
void object_id_make(const char *video, int32_t index, int32_t k, char out[OBJECT_ID_SIZE]);
void track_id_make(const char *video, int64_t n, char out[TRACK_ID_SIZE]);

// Take an id apart; false if it is none. `video` may be NULL.
bool frame_id_parse(const char *id, char video[VIDEO_ID_SIZE], int32_t *index);
bool object_id_parse(const char *id, char video[VIDEO_ID_SIZE], int32_t *index, int32_t *k);
bool track_id_parse(const char *id, char video[VIDEO_ID_SIZE], int64_t *n);

// Blob keys (ARCHITECTURE.md, "Blobs"): `{project}/{video}/…`.
#define BLOB_KEY_SIZE 160
void blob_key_source(const char *project, const char *video, char out[BLOB_KEY_SIZE]);
// The source made playable in a browser, where the source itself is not.
void blob_key_playable(const char *project, const char *video, char out[BLOB_KEY_SIZE]);
void blob_key_segment(const char *project, const char *video, int32_t segment, char out[BLOB_KEY_SIZE]);
void blob_key_frame(const char *project, const char *video, int32_t index, char out[BLOB_KEY_SIZE]);
void blob_key_object(const char *project, const char *object, char out[BLOB_KEY_SIZE]);
// What the tracker found, before any correction (ingest/track_sheet.h).
void blob_key_tracks(const char *project, const char *video, char out[BLOB_KEY_SIZE]);
// `{project}/{video}/`, or `{project}/` with video NULL.
void blob_key_prefix(const char *project, const char *video, char out[BLOB_KEY_SIZE]);
