#include "exchange/import_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "exchange/import_internal.h"
#include "search/label_name.h"

// ---- names, each spelling looked at once

#define SPELLINGS_MAX (4 * IMPORT_LABELS_MAX)
#define SLOTS (4 * SPELLINGS_MAX)

struct spelling {
    char *text;
    int32_t label;
};

struct import_names {
    char *keys[IMPORT_LABELS_MAX]; // of the labels
    struct spelling spellings[SPELLINGS_MAX];
    size_t count;
    int32_t slots[SLOTS]; // a spelling's place + 1; 0: free
};

static size_t find_slot(const struct import_names *names, const char *text)
{
    // FNV-1a (Fowler, Noll, Vo).
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
    size_t slot = (size_t)(hash % SLOTS);
    while (names->slots[slot] != 0 && strcmp(names->spellings[names->slots[slot] - 1].text, text) != 0)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static enum err_code find_label(struct import_file *file, const char *name, int32_t *label, struct err *err)
{
    char clean[LABEL_NAME_SIZE];
    char *key = NULL;
    enum err_code code = label_name_clean(name, clean, err);
    if (code == ERR_NONE)
        code = label_name_key(clean, &key, err);
    if (code != ERR_NONE)
        return code;
    for (size_t i = 0; i < file->label_count; i++) {
        if (strcmp(file->names->keys[i], key) == 0) {
            *label = (int32_t)i;
            free(key);
            return ERR_NONE;
        }
    }
    if (file->label_count == IMPORT_LABELS_MAX) {
        free(key);
        return err_set(err, ERR_LIMIT, "the file has more than %d labels", IMPORT_LABELS_MAX);
    }
    file->labels = mem_realloc_array(file->labels, file->label_count + 1, sizeof(*file->labels));
    file->labels[file->label_count] = mem_strdup(clean);
    file->names->keys[file->label_count] = key;
    *label = (int32_t)file->label_count++;
    return ERR_NONE;
}

enum err_code import_add_label(struct import_file *file, const char *name, int32_t *label, struct err *err)
{
    struct import_names *names = file->names;
    // Longer ones are no names; they need not be remembered.
    size_t slot = strlen(name) < LABEL_NAME_SIZE ? find_slot(names, name) : SLOTS;
    if (slot < SLOTS && names->slots[slot] != 0) {
        *label = names->spellings[names->slots[slot] - 1].label;
        return ERR_NONE;
    }
    enum err_code code = find_label(file, name, label, err);
    if (code == ERR_NONE && slot < SLOTS && names->count < SPELLINGS_MAX) {
        names->spellings[names->count] = (struct spelling){.text = mem_strdup(name), .label = *label};
        names->slots[slot] = (int32_t)++names->count;
    }
    return code;
}

static void names_free(struct import_names *names, size_t labels)
{
    for (size_t i = 0; i < labels; i++)
        free(names->keys[i]);
    for (size_t i = 0; i < names->count; i++)
        free(names->spellings[i].text);
    free(names);
}

// ---- rows

// An array that doubles, without a field for its capacity: it is full when the count is a power of two.
static void *room_for_one(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return mem_realloc_array(items, count == 0 ? 1 : count * 2, size);
}

enum err_code import_add_row(struct import_file *file, struct import_row **row, struct err *err)
{
    if (file->count == IMPORT_ROWS_MAX)
        return err_set(err, ERR_LIMIT,
            "the file has more than %d entries: import one video, or one label, after the other", IMPORT_ROWS_MAX);
    file->rows = room_for_one(file->rows, file->count, sizeof(*file->rows));
    *row = &file->rows[file->count++];
    **row = (struct import_row){
        .pts_us = -1, .label = -1, .video = -1, .frame = -1, .object_frame = -1, .object_k = -1, .object_video = -1};
    return ERR_NONE;
}

enum err_code import_add_video(struct import_file *file, const char *id, int32_t *video, struct err *err)
{
    if (!video_id_is_valid(id))
        return err_set(err, ERR_INVALID, "\"%.40s\" is no video's id: it has 16 digits from 0 to f", id);
    // Neighbours mostly are of the same one.
    for (size_t i = file->video_count; i-- > 0;) {
        if (strcmp(file->videos[i], id) == 0) {
            *video = (int32_t)i;
            return ERR_NONE;
        }
    }
    if (file->video_count == IMPORT_VIDEOS_MAX)
        return err_set(err, ERR_LIMIT, "the file is about more than %d videos", IMPORT_VIDEOS_MAX);
    file->videos = room_for_one(file->videos, file->video_count, sizeof(*file->videos));
    memcpy(file->videos[file->video_count], id, VIDEO_ID_SIZE);
    *video = (int32_t)file->video_count++;
    return ERR_NONE;
}

enum err_code import_add_source(
    struct import_file *file, const char *text, bool is_items, int32_t *source, struct err *err)
{
    if (file->source_count == IMPORT_SOURCES_MAX)
        return err_set(err, ERR_LIMIT, "the archive has more than %d files with boxes", IMPORT_SOURCES_MAX);
    file->sources = room_for_one(file->sources, file->source_count, sizeof(*file->sources));
    file->sources[file->source_count] = (struct import_source){.text = mem_strdup(text), .is_items = is_items};
    *source = (int32_t)file->source_count++;
    return ERR_NONE;
}

enum err_code import_set_box(struct import_row *row, const double box[4], struct err *err)
{
    for (int i = 0; i < 4; i++) {
        if (!isfinite(box[i]) || fabs(box[i]) > IMPORT_COORDINATE_MAX)
            return err_set(
                err, ERR_INVALID, "a box has numbers between -%g and %g", IMPORT_COORDINATE_MAX, IMPORT_COORDINATE_MAX);
    }
    if (box[2] < 0 || box[3] < 0)
        return err_set(err, ERR_INVALID, "a box has no negative size, but this one is %g by %g", box[2], box[3]);
    row->has_box = true;
    row->x = (float)box[0];
    row->y = (float)box[1];
    row->width = (float)box[2];
    row->height = (float)box[3];
    return ERR_NONE;
}

enum err_code import_set_object(struct import_file *file, struct import_row *row, const char *id, struct err *err)
{
    char video[VIDEO_ID_SIZE];
    if (!object_id_parse(id, video, &row->object_frame, &row->object_k))
        return err_set(
            err, ERR_INVALID, "\"%.64s\" is no object's id: it looks like 0123456789abcdef-00000042-007", id);
    return import_add_video(file, video, &row->object_video, err);
}

// ---- paths

enum err_code import_check_path(const char *path, struct err *err)
{
    bool is_bad = path[0] == '/' || strchr(path, '\\') != NULL || !utf8_is_valid(path, strlen(path));
    for (const char *at = path; *at != '\0' && !is_bad; at += strspn(at, "/")) {
        size_t length = strcspn(at, "/");
        is_bad = length == 2 && at[0] == '.' && at[1] == '.';
        for (size_t i = 0; i < length; i++)
            is_bad |= (unsigned char)at[i] < 0x20 || at[i] == 0x7F;
        at += length;
    }
    if (!is_bad)
        return ERR_NONE;
    return err_set(err, ERR_INVALID,
        "the file name \"%.60s\" leads out of its folder: names are relative, with / between folders", path);
}

bool import_frame_of_path(const char *path, char video[VIDEO_ID_SIZE], int32_t *frame)
{
    char id[FRAME_ID_SIZE];
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (strcspn(name, ".") != FRAME_ID_SIZE - 1)
        return false;
    memcpy(id, name, FRAME_ID_SIZE - 1);
    id[FRAME_ID_SIZE - 1] = '\0';
    return frame_id_parse(id, video, frame);
}

// ---- numbers

enum err_code import_number(const char *what, const char *text, double least, double most, double *out, struct err *err)
{
    char *end = NULL;
    errno = 0;
    // No hexadecimal numbers, no "inf", no "nan", no spaces.
    bool is_plain = text[0] != '\0' && text[strspn(text, "0123456789+-.eE")] == '\0';
    double value = is_plain ? strtod(text, &end) : 0;
    if (!is_plain || *end != '\0' || !isfinite(value))
        return err_set(err, ERR_INVALID, "%s must be a number, not \"%.40s\"", what, text);
    if (value < least || value > most)
        return err_set(err, ERR_INVALID, "%s must be between %g and %g, not %.40s", what, least, most, text);
    *out = value;
    return ERR_NONE;
}

enum err_code import_integer(
    const char *what, const char *text, int64_t least, int64_t most, int64_t *out, struct err *err)
{
    char *end = NULL;
    errno = 0;
    bool is_plain = text[0] != '\0' && text[strspn(text, "0123456789-")] == '\0';
    long long value = is_plain ? strtoll(text, &end, 10) : 0;
    if (!is_plain || *end != '\0')
        return err_set(err, ERR_INVALID, "%s must be a whole number, not \"%.40s\"", what, text);
    if (errno != 0 || value < least || value > most)
        return err_set(
            err, ERR_INVALID, "%s must be between %" PRId64 " and %" PRId64 ", not %.40s", what, least, most, text);
    *out = value;
    return ERR_NONE;
}

// ---- files

void import_file_place(const struct import_file *file, const struct import_row *row, char out[IMPORT_PLACE_SIZE])
{
    const struct import_source *source = &file->sources[row->source];
    if (source->is_items)
        snprintf(out, IMPORT_PLACE_SIZE, "%.100s[%" PRId64 "]", source->text, row->place);
    else if (source->text[0] != '\0')
        snprintf(out, IMPORT_PLACE_SIZE, "%.100s, line %" PRId64, source->text, row->place);
    else
        snprintf(out, IMPORT_PLACE_SIZE, "line %" PRId64, row->place);
}

enum err_code import_file_sift(struct import_file *file, import_row_check *check, void *context, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < file->count; i++) {
        struct import_row row = file->rows[i];
        bool is_wanted = false;
        enum err_code code = check(context, i, &row, &is_wanted, err);
        if (code != ERR_NONE) {
            char place[IMPORT_PLACE_SIZE];
            import_file_place(file, &row, place);
            return err_context(err, "%s", place);
        }
        if (is_wanted)
            file->rows[kept++] = row;
        else
            file->passed_over++;
    }
    file->count = kept;
    return ERR_NONE;
}

static enum err_code read_format(struct import_file *file, enum exchange_format format, const char *bytes, size_t size,
    const struct import_hints *hints, struct err *err)
{
    switch (format) {
    case EXCHANGE_COCO:
        return import_read_coco(file, bytes, size, err);
    case EXCHANGE_YOLO:
        return import_read_yolo(file, bytes, size, err);
    case EXCHANGE_CSV:
        return import_read_csv(file, bytes, size, err);
    case EXCHANGE_MOT:
        return import_read_mot(file, bytes, size, hints, err);
    }
    return err_set(err, ERR_INVALID, "there is no such format");
}

enum err_code import_file_parse(enum exchange_format format, const void *bytes, size_t size,
    const struct import_hints *hints, struct import_file **file, struct err *err)
{
    *file = NULL;
    if (size > IMPORT_SIZE_MAX)
        return err_set(err, ERR_LIMIT, "the file has more than %llu bytes", (unsigned long long)IMPORT_SIZE_MAX);
    struct import_file *made = mem_calloc(1, sizeof(*made));
    made->names = mem_calloc(1, sizeof(*made->names));
    enum err_code code = read_format(made, format, bytes, size, hints, err);
    if (code == ERR_NONE)
        *file = made;
    else
        import_file_free(made);
    return code;
}

void import_file_free(struct import_file *file)
{
    if (file == NULL)
        return;
    names_free(file->names, file->label_count);
    for (size_t i = 0; i < file->label_count; i++)
        free(file->labels[i]);
    for (size_t i = 0; i < file->source_count; i++)
        free(file->sources[i].text);
    free(file->labels);
    free(file->sources);
    free(file->videos);
    free(file->rows);
    free(file);
}
