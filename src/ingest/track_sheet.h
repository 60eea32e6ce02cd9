// The sheet: which track the tracker found each object of a video to belong to, before any correction.
//
// It is what corrections are applied to (track_book.h), so it carries everything that tracks are described by, and
// nobody has to read a video's frames to correct one of its tracks. The blob `{project}/{video}/tracks` holds it,
// written by the tracker before it stores anything else of its results:
//
//   "FHTRACKS", the byte 1 (format), varint number of class names, each a length byte and its bytes, varint number of
//   frames, varint number of objects; each frame as varint steps of index and pts_us from the frame before, varint
//   number of objects, and each of these as x, y, width, height, score (IEEE 754 binary32), varint position of its
//   class name, varint track + 1; then the XXH64 of all before, seed 0. Little-endian; varints are LEB128.
//
// Any bytes are safe to read. One thread at a time per sheet. Errors: ERR_CORRUPT (damaged, or no sheet), ERR_INVALID
// (of a newer program), ERR_NOT_FOUND (never written) and those of the blob store.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/strbuf.h"
#include "ingest/ingest.h"
#include "meta_store/meta_store.h"

#define TRACK_SHEET_SIZE_MAX ((size_t)4 * 1024 * 1024 * 1024)

struct sheet_frame {
    int32_t index;
    int64_t pts_us;
    size_t first; // of its objects among all; the first of a frame is k 0
    size_t count;
};

struct sheet_object {
    float x, y, width, height; // pixels of the upright frame
    float score;
    int32_t class_number;
    int32_t frame; // its place among the sheet's frames
    int64_t track; // that the tracker found; -1: none
};

struct track_sheet {
    struct sheet_frame *frames; // ascending by index; times do not fall
    size_t frame_count, frame_room;
    struct sheet_object *objects; // of all frames; no two of a frame are of the same track
    size_t object_count, object_room;
    char (*classes)[META_CLASS_SIZE]; // in the order they came
    size_t class_count;
    int64_t last;      // the highest number of a track; 0: none
    uint64_t checksum; // as it was encoded or decoded last
};

// Filling one: frame after frame, all objects without a track.
void track_sheet_add(struct track_sheet *sheet, const struct meta_frame *frame);
void track_sheet_release(struct track_sheet *sheet);

void track_sheet_encode(struct track_sheet *sheet, struct strbuf *out);
enum err_code track_sheet_decode(
    const void *bytes, size_t size, struct track_sheet *sheet, struct err *err) ERR_MUST_CHECK;

enum err_code track_sheet_put(const struct ingest *ingest, const struct meta_video *video, struct track_sheet *sheet,
    struct err *err) ERR_MUST_CHECK;
enum err_code track_sheet_get(const struct ingest *ingest, const struct meta_video *video, struct track_sheet *sheet,
    struct err *err) ERR_MUST_CHECK;

// Whether it is what is stored.
enum err_code track_sheet_is_stored(const struct ingest *ingest, const struct meta_video *video,
    const struct track_sheet *sheet, bool *stored, struct err *err) ERR_MUST_CHECK;

// The object's position among all; -1 when there is none.
int64_t track_sheet_find(const struct track_sheet *sheet, int32_t index, int32_t k);
void track_sheet_object_id(const struct track_sheet *sheet, const char *video, size_t object, char id[OBJECT_ID_SIZE]);

// The objects of each track, in order, as positions among all.
struct track_groups {
    size_t *objects; // one track after the other
    size_t *ends;    // of track n's
    int64_t last;    // the highest number; -1: there is none
};
// `numbers`: the track of each object; -1: none.
void track_groups_make(const struct track_sheet *sheet, const int64_t *numbers, struct track_groups *groups);
void track_groups_release(struct track_groups *groups);
// Borrowed; *count is 0 for a track that is none.
const size_t *track_groups_of(const struct track_groups *groups, int64_t n, size_t *count);

// The object that shows a track best, of its `count` (1 …) objects: the surest and largest.
size_t track_sheet_best(const struct track_sheet *sheet, const size_t *objects, size_t count);
// The tracks that `numbers` (one for each object; -1: none) make, ascending; free() the array. A track's class is by
// vote of its objects, weighted with their scores; the object that shows it best is the surest and largest, and is the
// typical one as long as nobody looked (track_look.h).
struct meta_track *track_sheet_describe(const struct track_sheet *sheet, const int64_t *numbers, size_t *count);
