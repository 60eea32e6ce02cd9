// What the readers of import files share. Not for other modules.
#pragma once

#include "exchange/import_file.h"

enum err_code import_read_coco(struct import_file *file, const char *text, size_t size, struct err *err) ERR_MUST_CHECK;
enum err_code import_read_csv(struct import_file *file, const char *text, size_t size, struct err *err) ERR_MUST_CHECK;
enum err_code import_read_yolo(
    struct import_file *file, const char *bytes, size_t size, struct err *err) ERR_MUST_CHECK;
enum err_code import_read_mot(struct import_file *file, const char *bytes, size_t size,
    const struct import_hints *hints, struct err *err) ERR_MUST_CHECK;

// A row that says nothing yet; borrowed until the next. Its place is the caller's.
enum err_code import_add_row(struct import_file *file, struct import_row **row, struct err *err) ERR_MUST_CHECK;
// The label of this name, made if it is not there. ERR_INVALID for what is no name.
enum err_code import_add_label(
    struct import_file *file, const char *name, int32_t *label, struct err *err) ERR_MUST_CHECK;
// The video of this id. ERR_INVALID for what is none.
enum err_code import_add_video(
    struct import_file *file, const char *id, int32_t *video, struct err *err) ERR_MUST_CHECK;
enum err_code import_add_source(
    struct import_file *file, const char *text, bool is_items, int32_t *source, struct err *err) ERR_MUST_CHECK;

// A box, checked: finite, within bounds, no negative size.
enum err_code import_set_box(struct import_row *row, const double box[4], struct err *err) ERR_MUST_CHECK;
// An object's id as a row has it.
enum err_code import_set_object(
    struct import_file *file, struct import_row *row, const char *id, struct err *err) ERR_MUST_CHECK;
// That a name of a file leads nowhere else.
enum err_code import_check_path(const char *path, struct err *err) ERR_MUST_CHECK;
// The frame that a file is called after ("…/{video}-{index}.jpg"); false if it is called otherwise.
bool import_frame_of_path(const char *path, char video[VIDEO_ID_SIZE], int32_t *frame);

// Whole cells and words as numbers: ERR_INVALID with a sentence that begins with `what`.
enum err_code import_number(
    const char *what, const char *text, double least, double most, double *out, struct err *err) ERR_MUST_CHECK;
enum err_code import_integer(
    const char *what, const char *text, int64_t least, int64_t most, int64_t *out, struct err *err) ERR_MUST_CHECK;

// ---- side files of archives

// frames.csv: which frame a file, or a number, is.
struct import_frame {
    char *file; // NULL: the table has numbers
    int32_t number;
    int32_t video; // -1: not said
    int32_t frame;
    int64_t pts_us;
};
struct import_frames {
    struct import_frame *items; // by file, or by number
    size_t count;
};
enum err_code import_read_frames(struct import_file *file, const char *text, size_t size, struct import_frames *frames,
    struct err *err) ERR_MUST_CHECK;
void import_frames_release(struct import_frames *frames);
const struct import_frame *import_frames_by_file(const struct import_frames *frames, const char *file);
const struct import_frame *import_frames_by_number(const struct import_frames *frames, int32_t number);

// Names of categories, by number from 0.
struct import_categories {
    char **names;   // NULL: the number has none
    bool *is_class; // of the detector: no label
    size_t count;
};
#define IMPORT_CATEGORIES_MAX 20000
void import_categories_release(struct import_categories *categories);
enum err_code import_categories_set(
    struct import_categories *categories, int64_t number, const char *name, struct err *err) ERR_MUST_CHECK;
// One a line.
enum err_code import_read_name_lines(
    struct import_categories *categories, const char *text, size_t size, struct err *err) ERR_MUST_CHECK;
// categories.csv: which of them are labels.
enum err_code import_read_kinds(
    struct import_categories *categories, int64_t first, const char *text, size_t size, struct err *err) ERR_MUST_CHECK;
// The `names` of a data.yaml.
enum err_code import_read_yaml_names(
    struct import_categories *categories, const char *text, size_t size, struct err *err) ERR_MUST_CHECK;

// Looks at the i-th row as it was read, which it may complete.
typedef enum err_code import_row_check(
    void *context, size_t i, struct import_row *row, bool *is_wanted, struct err *err);
// Keeps the rows that are wanted; the others are passed over. An error says the row's place.
enum err_code import_file_sift(
    struct import_file *file, import_row_check *check, void *context, struct err *err) ERR_MUST_CHECK;
