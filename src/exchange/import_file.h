// What an import file says, before it is compared with what is stored: entries that give a label to a place in a video.
//
// Foreign files are read strictly: what is malformed, cut off, of a wrong type or beyond a limit is refused as a whole,
// with a sentence that names the place. Names of labels are checked as those of labelling are (label_name.h); paths in
// a file are only compared, never opened. No shared state: safe from all threads. Errors: ERR_INVALID, ERR_LIMIT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "exchange/exchange.h"

#define IMPORT_SIZE_MAX ((uint64_t)1 << 30) // of a file
#define IMPORT_ROWS_MAX 1000000
#define IMPORT_LABELS_MAX 1000
#define IMPORT_VIDEOS_MAX 2000
#define IMPORT_SOURCES_MAX 1000000              // files in an archive that say something
#define IMPORT_COORDINATE_MAX 1e7               // pixels, without sign
#define IMPORT_MEMBER_MAX ((uint64_t)512 << 20) // of a file in an archive, unpacked
#define IMPORT_UNPACKED_MAX ((uint64_t)2 << 30)

enum import_word {
    IMPORT_EXPLICIT, // this object is it
    IMPORT_TRACK,    // it carries the label because another object of its track is it
    IMPORT_NEGATIVE, // this object is not it
};

struct import_row {
    int64_t place;  // of its source: a line from 1, or an item from 0
    int64_t pts_us; // -1: not said
    int32_t source;
    int32_t label;
    int32_t video;                  // -1: not said
    int32_t frame;                  // index on the grid; -1: not said
    int32_t number;                 // of the frame among the video's indexed ones, from 1; 0: not said
    int32_t object_frame, object_k; // of the object's id, with `object_video`; -1: not said
    int32_t object_video;
    enum import_word word;
    bool has_box;
    float x, y, width, height;
    float frame_width, frame_height; // that the box is measured in; 0: that of the stored frame
};

struct import_source {
    char *text;    // "annotations", "labels/train/a.txt"; "" for the file itself
    bool is_items; // places are items, not lines
};

struct import_names;
struct import_file {
    struct import_row *rows;
    size_t count;
    char **labels; // clean names, no two the same to label_name_key()
    size_t label_count;
    char (*videos)[VIDEO_ID_SIZE];
    size_t video_count;
    struct import_source *sources;
    size_t source_count;
    int64_t passed_over; // entries that say nothing of interest: probable ones, classes, crowds, rows that do not count
    struct import_names *names;
};

// What stands beside the file.
struct import_hints {
    const char *label; // of boxes that have no name of their own; NULL: none
};

// The bytes are borrowed.
enum err_code import_file_parse(enum exchange_format format, const void *bytes, size_t size,
    const struct import_hints *hints, struct import_file **file, struct err *err) ERR_MUST_CHECK;
void import_file_free(struct import_file *file); // NULL is harmless
// "line 12", "annotations[7]", "labels/train/a.txt, line 3".
#define IMPORT_PLACE_SIZE 160
void import_file_place(const struct import_file *file, const struct import_row *row, char out[IMPORT_PLACE_SIZE]);
