// YOLO: a zip archive with a text a frame. Names, and which frame a text is, may come before the texts or after them.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/import_internal.h"
#include "exchange/zip.h"

// A share of the frame may be a rounding away from its edge.
#define SHARE_LEAST (-0.001)
#define SHARE_MOST 1.001
#define LINE_MAX_BYTES 4096

struct yolo {
    struct import_file *file;
    struct import_categories categories;
    struct import_frames frames;
    bool has_yaml, has_lines, has_frames;
    char *kinds; // categories.csv, which is about names that may come later
    size_t kinds_size;
};

// ---- a frame's text

// Splits at spaces and tabs, in place.
static size_t split_words(char *line, char **words, size_t most)
{
    size_t count = 0;
    for (char *at = line + strspn(line, " \t"); *at != '\0'; at += strspn(at, " \t")) {
        if (count == most)
            return most + 1;
        words[count++] = at;
        at += strcspn(at, " \t");
        if (*at != '\0')
            *at++ = '\0';
    }
    return count;
}

static enum err_code read_box(char *const *words, struct import_row *row, struct err *err)
{
    static const char *const names[] = {"x", "y", "the width", "the height"};
    double share[4];
    for (int i = 0; i < 4; i++) {
        enum err_code code = import_number(names[i], words[i], SHARE_LEAST, SHARE_MOST, &share[i], err);
        if (code != ERR_NONE)
            return err_context(err, "boxes are shares of the frame");
    }
    const double box[] = {share[0] - share[2] / 2, share[1] - share[3] / 2, share[2], share[3]};
    row->frame_width = row->frame_height = 1;
    return import_set_box(row, box, err);
}

static enum err_code read_line(struct yolo *yolo, char *line, struct import_row *row, struct err *err)
{
    char *words[6];
    int64_t category = 0;
    size_t count = split_words(line, words, 6);
    if (count > 6)
        return err_set(err, ERR_INVALID, "there are more than six numbers: outlines and key points are not taken");
    if (count < 5)
        return err_set(err, ERR_INVALID, "a box has five numbers: category, x, y, width, height");
    enum err_code code = import_integer("the category", words[0], 0, IMPORT_CATEGORIES_MAX - 1, &category, err);
    // Until the names are known.
    row->label = (int32_t)category;
    (void)yolo;
    return code == ERR_NONE ? read_box(words + 1, row, err) : code;
}

static enum err_code read_text(struct yolo *yolo, const char *name, const char *text, size_t size, struct err *err)
{
    int32_t source = -1;
    enum err_code code = import_add_source(yolo->file, name, false, &source, err);
    const char *end = text + size;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    for (int64_t number = 1; text < end && code == ERR_NONE; number++) {
        char line[LINE_MAX_BYTES];
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        size_t length = line_end != NULL ? (size_t)(line_end - text) : (size_t)(end - text);
        size_t used = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
        struct import_row *row = NULL;
        if (used >= sizeof(line))
            code = err_set(err, ERR_LIMIT, "a line has at most %d bytes", LINE_MAX_BYTES - 1);
        if (code == ERR_NONE && memchr(text, '\0', used) != NULL)
            code = err_set(err, ERR_INVALID, "there is a NUL character");
        if (code == ERR_NONE) {
            memcpy(line, text, used);
            line[used] = '\0';
        }
        bool is_blank = code == ERR_NONE && line[strspn(line, " \t")] == '\0';
        if (code == ERR_NONE && !is_blank)
            code = import_add_row(yolo->file, &row, err);
        if (row != NULL) {
            row->source = source;
            row->place = number;
            code = read_line(yolo, line, row, err);
        }
        if (code != ERR_NONE)
            err_context(err, "%.100s, line %" PRId64, name, number);
        text += length + (line_end != NULL);
    }
    return code;
}

// ---- members

static const char *base_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);
    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

// The texts of frames lie in a folder called labels (Ultralytics) or obj_train_data (Darknet), or below one.
static bool is_frame_text(const char *name)
{
    if (!ends_with(name, ".txt"))
        return false;
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "labels/", 7) == 0 || strncmp(at, "obj_", 4) == 0)
            return strchr(at, '/') != NULL;
    }
    return false;
}

static bool is_of_interest(const char *name)
{
    static const char *const others[] = {
        "data.yaml", "data.yml", "classes.txt", "obj.names", "frames.csv", "categories.csv"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(base_name(name), others[i]) == 0)
            return true;
    }
    return is_frame_text(name);
}

static enum err_code read_yaml(struct yolo *yolo, const char *text, size_t size, struct err *err)
{
    // Both are called the same things; the first one counts.
    if (yolo->has_yaml || yolo->has_lines)
        return ERR_NONE;
    yolo->has_yaml = true;
    return import_read_yaml_names(&yolo->categories, text, size, err);
}

static enum err_code read_lines(struct yolo *yolo, const char *name, const char *text, size_t size, struct err *err)
{
    if (yolo->has_yaml || yolo->has_lines)
        return ERR_NONE;
    yolo->has_lines = true;
    enum err_code code = import_read_name_lines(&yolo->categories, text, size, err);
    return code == ERR_NONE ? ERR_NONE : err_context(err, "%.100s", name);
}

static enum err_code read_member(struct yolo *yolo, const char *name, const char *text, size_t size, struct err *err)
{
    const char *base = base_name(name);
    if (is_frame_text(name))
        return read_text(yolo, name, text, size, err);
    if (strcmp(base, "data.yaml") == 0 || strcmp(base, "data.yml") == 0)
        return read_yaml(yolo, text, size, err);
    if (strcmp(base, "classes.txt") == 0 || strcmp(base, "obj.names") == 0)
        return read_lines(yolo, name, text, size, err);
    if (strcmp(base, "categories.csv") == 0) {
        free(yolo->kinds);
        yolo->kinds = mem_dup(text, size + 1);
        yolo->kinds_size = size;
        return ERR_NONE;
    }
    if (yolo->has_frames)
        return err_set(err, ERR_INVALID, "there are two files called frames.csv");
    yolo->has_frames = true;
    return import_read_frames(yolo->file, text, size, &yolo->frames, err);
}

static enum err_code read_members(struct yolo *yolo, struct zip_reader *reader, struct err *err)
{
    for (;;) {
        const char *name = NULL;
        const char *text = NULL;
        size_t size = 0;
        enum err_code code = zip_next(reader, &name, err);
        if (code != ERR_NONE || name == NULL)
            return code;
        if (!is_of_interest(name))
            continue;
        // The name is gone with the next call.
        char *copy = mem_strdup(name);
        code = zip_read(reader, &text, &size, err);
        if (code == ERR_NONE)
            code = read_member(yolo, copy, text, size, err);
        free(copy);
        if (code != ERR_NONE)
            return code;
    }
}

// ---- what belongs together

static void find_frame(const struct yolo *yolo, struct import_row *row, const struct import_frame *frame)
{
    (void)yolo;
    row->video = frame->video;
    row->frame = frame->frame;
    row->pts_us = frame->pts_us;
}

static enum err_code place_row(struct yolo *yolo, struct import_row *row, struct err *err)
{
    const char *name = yolo->file->sources[row->source].text;
    const struct import_frame *frame = import_frames_by_file(&yolo->frames, name);
    char video[VIDEO_ID_SIZE];
    if (frame != NULL)
        find_frame(yolo, row, frame);
    else if (import_frame_of_path(name, video, &row->frame))
        return import_add_video(yolo->file, video, &row->video, err);
    return ERR_NONE;
}

static enum err_code name_row(struct yolo *yolo, struct import_row *row, bool *is_wanted, struct err *err)
{
    const struct import_categories *categories = &yolo->categories;
    size_t category = (size_t)row->label;
    if (category >= categories->count || categories->names[category] == NULL)
        return err_set(err, ERR_INVALID, "there is no name for the category %zu", category);
    *is_wanted = !categories->is_class[category];
    return *is_wanted ? import_add_label(yolo->file, categories->names[category], &row->label, err) : ERR_NONE;
}

static enum err_code resolve_row(void *context, size_t i, struct import_row *row, bool *is_wanted, struct err *err)
{
    (void)i;
    enum err_code code = name_row(context, row, is_wanted, err);
    return code == ERR_NONE ? place_row(context, row, err) : code;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// An archive can have two files of one name.
static enum err_code check_sources(const struct import_file *file, struct err *err)
{
    enum err_code code = ERR_NONE;
    const char **names = mem_calloc(file->source_count, sizeof(*names));
    for (size_t i = 0; i < file->source_count; i++)
        names[i] = file->sources[i].text;
    if (file->source_count > 1)
        qsort(names, file->source_count, sizeof(*names), compare_texts);
    for (size_t i = 1; i < file->source_count && code == ERR_NONE; i++) {
        if (strcmp(names[i], names[i - 1]) == 0)
            code = err_set(err, ERR_INVALID, "the archive has two files called \"%.100s\"", names[i]);
    }
    free(names);
    return code;
}

static enum err_code check_parts(const struct yolo *yolo, struct err *err)
{
    if (yolo->file->source_count == 0)
        return err_set(err, ERR_INVALID, "the archive has no texts with boxes: they lie in a folder called labels");
    if (!yolo->has_yaml && !yolo->has_lines)
        return err_set(
            err, ERR_INVALID, "the archive does not name its categories: it needs data.yaml, classes.txt or obj.names");
    return ERR_NONE;
}

enum err_code import_read_yolo(struct import_file *file, const char *bytes, size_t size, struct err *err)
{
    static const struct zip_limits limits = {.member_bytes = IMPORT_MEMBER_MAX, .total_bytes = IMPORT_UNPACKED_MAX};
    struct yolo yolo = {.file = file};
    struct zip_reader *reader = NULL;
    enum err_code code = zip_reader_new(bytes, size, &limits, &reader, err);
    if (code == ERR_NONE)
        code = read_members(&yolo, reader, err);
    zip_reader_free(reader);
    if (code == ERR_NONE)
        code = check_parts(&yolo, err);
    if (code == ERR_NONE)
        code = check_sources(file, err);
    if (code == ERR_NONE && yolo.kinds != NULL)
        code = import_read_kinds(&yolo.categories, 0, yolo.kinds, yolo.kinds_size, err);
    if (code == ERR_NONE)
        code = import_file_sift(yolo.file, resolve_row, &yolo, err);
    import_categories_release(&yolo.categories);
    import_frames_release(&yolo.frames);
    free(yolo.kinds);
    return code;
}
