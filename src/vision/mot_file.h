// Reads and writes boxes in MOTChallenge's text format: detections, tracks and truth.
//
// A line a box, numbers between commas: frame (from 1), id (-1: none), left, top, width, height, confidence, and, where
// they are known, class and visibility; see Milan et al., "MOT16: A Benchmark for Multi-Object Tracking" (2016). The
// first six are needed. Empty lines and lines that begin with # are passed over; lines may end with CR. Foreign text:
// everything is checked, and errors name the line. One thread at a time. Fails with ERR_INVALID, ERR_LIMIT,
// ERR_NOT_FOUND.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

#define MOT_FRAMES_MAX 2000000 // 18 hours at 30 frames a second
#define MOT_ROWS_MAX 10000000
#define MOT_FILE_SIZE_MAX ((size_t)1 << 30)
#define MOT_NUMBER_MAX 1e9 // of coordinates and sizes, without sign

// In pixels; not necessarily inside the picture.
struct mot_row {
    int32_t frame; // from 1
    int32_t line;  // of the file, from 1
    size_t index;  // among the file's rows, from 0
    int64_t id;    // -1: none
    double x;
    double y;
    double width;
    double height;
    double confidence; // 1 where the line does not say
    double visibility; // -1 where the line does not say
    int32_t class_id;  // -1 where the line does not say
};

// Rows by frame; within a frame in the order of the file.
struct mot_file {
    struct mot_row *rows;
    size_t count;
    int32_t frames; // the last frame that has a row; 0 without rows
    size_t *begin;  // frames + 2: rows of frame f are begin[f] … begin[f + 1]
};

enum err_code mot_file_load(const char *path, struct mot_file **out, struct err *err) ERR_MUST_CHECK;
// `name` is for the sentences.
enum err_code mot_file_parse(
    const char *name, const char *text, size_t size, struct mot_file **out, struct err *err) ERR_MUST_CHECK;
void mot_file_free(struct mot_file *file); // NULL is harmless
// Refuses a file in which an id occurs twice in one frame, or is missing: no tracks and no truth.
enum err_code mot_file_check_ids(const char *name, const struct mot_file *file, struct err *err) ERR_MUST_CHECK;

// Appends the row as a line of nine or ten numbers: MOTChallenge's evaluation wants ten of a tracker (`x`, `y`, `z` at
// the end, -1 each) and so does this when the class is not known.
void mot_row_format(const struct mot_row *row, struct strbuf *out);
