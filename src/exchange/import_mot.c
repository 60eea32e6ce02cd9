// MOTChallenge: gt.txt alone, or a zip archive with a folder for each sequence.
//
// The boxes of a sequence say which object of which frame; the label is that of the row's class. Rows that do not count
// (flag 0) are passed over. Tracks are ours: the file's ids are not looked at.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/import_internal.h"
#include "exchange/zip.h"
#include "vision/mot_file.h"

struct sequence {
    char *folder;
    char *truth, *names, *kinds, *frames;
    size_t truth_size, names_size, kinds_size, frames_size;
};

struct mot {
    struct import_file *file;
    const struct import_hints *hints;
    struct sequence *sequences;
    size_t count;
};

// ---- a sequence

static enum err_code find_label(struct mot *mot, const struct import_categories *categories, const struct mot_row *row,
    int32_t *label, bool *is_wanted, struct err *err)
{
    size_t category = row->class_id > 0 ? (size_t)row->class_id - 1 : SIZE_MAX;
    *is_wanted = true;
    if (categories->count == 0) {
        if (mot->hints->label == NULL)
            return err_set(err, ERR_INVALID,
                "nothing says what the boxes are called: send an archive with gt/labels.txt, or say which label they "
                "are of");
        return import_add_label(mot->file, mot->hints->label, label, err);
    }
    if (category >= categories->count || categories->names[category] == NULL)
        return err_set(err, ERR_INVALID, "there is no name for the class %d in labels.txt", (int)row->class_id);
    *is_wanted = !categories->is_class[category];
    return *is_wanted ? import_add_label(mot->file, categories->names[category], label, err) : ERR_NONE;
}

static enum err_code add_row(struct mot *mot, const struct mot_row *from, int32_t source, int32_t video,
    const struct import_frames *frames, struct err *err)
{
    struct import_row *row = NULL;
    const double box[] = {from->x, from->y, from->width, from->height};
    const struct import_frame *frame = import_frames_by_number(frames, from->frame);
    enum err_code code = import_add_row(mot->file, &row, err);
    if (code != ERR_NONE)
        return code;
    row->source = source;
    row->place = from->line;
    row->video = video;
    if (frame != NULL) {
        row->frame = frame->frame;
        row->pts_us = frame->pts_us;
    } else {
        row->number = from->frame;
    }
    return import_set_box(row, box, err);
}

static enum err_code add_rows(struct mot *mot, const struct sequence *sequence, const struct mot_file *truth,
    const struct import_categories *categories, const struct import_frames *frames, struct err *err)
{
    int32_t source = -1;
    int32_t video = -1;
    char *name = sequence->folder[0] != '\0' ? mem_sprintf("%s/gt/gt.txt", sequence->folder) : mem_strdup("");
    const char *slash = strrchr(sequence->folder, '/');
    const char *last = slash != NULL ? slash + 1 : sequence->folder;
    enum err_code code = import_add_source(mot->file, name, false, &source, err);
    if (code == ERR_NONE && video_id_is_valid(last))
        code = import_add_video(mot->file, last, &video, err);
    for (size_t i = 0; i < truth->count && code == ERR_NONE; i++) {
        const struct mot_row *from = &truth->rows[i];
        int32_t label = -1;
        bool is_wanted = from->confidence > 0;
        if (is_wanted)
            code = find_label(mot, categories, from, &label, &is_wanted, err);
        if (code == ERR_NONE && is_wanted)
            code = add_row(mot, from, source, video, frames, err);
        if (code == ERR_NONE && is_wanted)
            mot->file->rows[mot->file->count - 1].label = label;
        else if (code == ERR_NONE)
            mot->file->passed_over++;
        else
            err_context(err, "%s%sline %d", name, name[0] != '\0' ? ", " : "", (int)from->line);
    }
    free(name);
    return code;
}

static enum err_code read_sequence(struct mot *mot, const struct sequence *sequence, struct err *err)
{
    struct import_categories categories = {0};
    struct import_frames frames = {0};
    struct mot_file *truth = NULL;
    const char *name = sequence->folder[0] != '\0' ? sequence->folder : "the file";
    enum err_code code = mot_file_parse(name, sequence->truth, sequence->truth_size, &truth, err);
    if (code == ERR_NONE && sequence->names != NULL)
        code = import_read_name_lines(&categories, sequence->names, sequence->names_size, err);
    if (code == ERR_NONE && sequence->kinds != NULL)
        code = import_read_kinds(&categories, 1, sequence->kinds, sequence->kinds_size, err);
    if (code == ERR_NONE && sequence->frames != NULL)
        code = import_read_frames(mot->file, sequence->frames, sequence->frames_size, &frames, err);
    if (code == ERR_NONE)
        code = add_rows(mot, sequence, truth, &categories, &frames, err);
    mot_file_free(truth);
    import_categories_release(&categories);
    import_frames_release(&frames);
    return code;
}

// ---- members

static struct sequence *find_sequence(struct mot *mot, const char *folder, size_t length)
{
    for (size_t i = mot->count; i-- > 0;) {
        if (strlen(mot->sequences[i].folder) == length && memcmp(mot->sequences[i].folder, folder, length) == 0)
            return &mot->sequences[i];
    }
    mot->sequences = mem_realloc_array(mot->sequences, mot->count + 1, sizeof(*mot->sequences));
    mot->sequences[mot->count] = (struct sequence){.folder = mem_strndup(folder, length)};
    return &mot->sequences[mot->count++];
}

// Which of a sequence's files it is; NULL for none. `*folder` is the length of its folder.
static char **find_part(struct mot *mot, const char *name, size_t **size)
{
    static const char *const ends[] = {"gt/gt.txt", "gt/labels.txt", "categories.csv", "frames.csv"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t length = strlen(name);
        size_t end = strlen(ends[i]);
        if (length < end || strcmp(name + length - end, ends[i]) != 0 ||
            (length > end && name[length - end - 1] != '/'))
            continue;
        struct sequence *sequence = find_sequence(mot, name, length > end ? length - end - 1 : 0);
        char **const parts[] = {&sequence->truth, &sequence->names, &sequence->kinds, &sequence->frames};
        size_t *const sizes[] = {
            &sequence->truth_size, &sequence->names_size, &sequence->kinds_size, &sequence->frames_size};
        *size = sizes[i];
        return parts[i];
    }
    return NULL;
}

static enum err_code read_members(struct mot *mot, struct zip_reader *reader, struct err *err)
{
    for (;;) {
        const char *name = NULL;
        const char *text = NULL;
        size_t size = 0;
        size_t *part_size = NULL;
        enum err_code code = zip_next(reader, &name, err);
        if (code != ERR_NONE || name == NULL)
            return code;
        char **part = find_part(mot, name, &part_size);
        if (part == NULL)
            continue;
        if (*part != NULL)
            return err_set(err, ERR_INVALID, "the archive has two files called \"%.100s\"", name);
        if (mot->count > IMPORT_VIDEOS_MAX)
            return err_set(err, ERR_LIMIT, "the archive has more than %d sequences", IMPORT_VIDEOS_MAX);
        code = zip_read(reader, &text, &size, err);
        if (code != ERR_NONE)
            return code;
        *part = mem_dup(text, size + 1);
        *part_size = size;
    }
}

static enum err_code read_archive(struct mot *mot, const char *bytes, size_t size, struct err *err)
{
    static const struct zip_limits limits = {.member_bytes = IMPORT_MEMBER_MAX, .total_bytes = IMPORT_MEMBER_MAX};
    struct zip_reader *reader = NULL;
    bool has_any = false;
    enum err_code code = zip_reader_new(bytes, size, &limits, &reader, err);
    if (code == ERR_NONE)
        code = read_members(mot, reader, err);
    zip_reader_free(reader);
    for (size_t i = 0; i < mot->count && code == ERR_NONE; i++) {
        if (mot->sequences[i].truth == NULL)
            continue;
        has_any = true;
        code = read_sequence(mot, &mot->sequences[i], err);
    }
    if (code == ERR_NONE && !has_any)
        code = err_set(err, ERR_INVALID, "the archive has no gt/gt.txt");
    return code;
}

static void sequence_release(struct sequence *sequence)
{
    free(sequence->folder);
    free(sequence->truth);
    free(sequence->names);
    free(sequence->kinds);
    free(sequence->frames);
}

enum err_code import_read_mot(
    struct import_file *file, const char *bytes, size_t size, const struct import_hints *hints, struct err *err)
{
    struct mot mot = {.file = file, .hints = hints};
    enum err_code code = ERR_NONE;
    if (zip_is_one(bytes, size)) {
        code = read_archive(&mot, bytes, size, err);
    } else {
        struct sequence alone = {.folder = mem_strdup(""), .truth = mem_alloc(size + 1), .truth_size = size};
        memcpy(alone.truth, bytes, size);
        alone.truth[size] = '\0';
        code = read_sequence(&mot, &alone, err);
        sequence_release(&alone);
    }
    for (size_t i = 0; i < mot.count; i++)
        sequence_release(&mot.sequences[i]);
    free(mot.sequences);
    return code;
}
