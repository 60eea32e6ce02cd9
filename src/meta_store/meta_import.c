// A file becomes a meta store. What backends note by themselves, when something was made and counts of what there is,
// comes out as it was because the same calls are made at the same times, by a clock that is turned.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "meta_store/archive_file.h"
#include "meta_store/archive_record.h"
#include "meta_store/meta_archive.h"
#include "meta_store/meta_fields.h"

#define FRAMES_AT_ONCE 200
#define SETTING_VALUE_MAX ((size_t)16 * 1024 * 1024)
#define ANY_STATE UINT32_C(0xFF)

struct import {
    struct meta_store *store; // NULL: only to check the file
    struct clock_manual *clock;
    struct log *log;
    struct archive_reader *reader;
    struct meta_archive_totals totals;
    char (*deleting)[PROJECT_NAME_SIZE]; // projects that are to be marked at the end
    size_t deleting_count;
    // The video that is being read.
    bool in_video;
    struct meta_video video;
    struct meta_segment *segments;
    size_t segment_count;
    struct meta_frame frames[FRAMES_AT_ONCE];
    size_t frame_count;
    struct meta_track *tracks;
    size_t track_count;
    int64_t sentences;
};

// Makes room for one more item of an array that doubles.
static void *grow(void *items, size_t count, size_t size)
{
    bool is_full = (count & (count - 1)) == 0;
    return is_full ? mem_realloc_array(items, count == 0 ? 1 : count * 2, size) : items;
}

static void drop_frames(struct import *im)
{
    for (size_t i = 0; i < im->frame_count; i++)
        free(im->frames[i].objects);
    im->frame_count = 0;
}

static void drop_video(struct import *im)
{
    drop_frames(im);
    free(im->segments);
    free(im->tracks);
    im->segments = NULL;
    im->tracks = NULL;
    im->segment_count = 0;
    im->track_count = 0;
    im->sentences = 0;
    im->in_video = false;
}

// ---- settings and projects

static enum err_code take_setting(struct import *im, struct value_reader *in, struct err *err)
{
    size_t key_size;
    size_t value_size;
    const unsigned char *key = value_take_bytes(in, SETTING_VALUE_MAX, &key_size);
    const unsigned char *value = value_take_bytes(in, SETTING_VALUE_MAX, &value_size);
    im->totals.settings++;
    if (!value_reader_is_done(in) || memchr(key, '\0', key_size) != NULL || memchr(value, '\0', value_size) != NULL)
        return archive_reader_damaged(im->reader, err);
    if (im->store == NULL)
        return ERR_NONE;
    char *key_text = mem_strndup((const char *)key, key_size);
    char *value_text = mem_strndup((const char *)value, value_size);
    enum err_code code = meta_store_put_setting(im->store, key_text, value_text, err);
    free(key_text);
    free(value_text);
    return code;
}

static enum err_code take_project(struct import *im, struct value_reader *in, struct err *err)
{
    char name[PROJECT_NAME_SIZE];
    value_take_text(in, name, sizeof(name));
    int64_t created_us = value_take_int(in);
    bool deleting = value_take_int_in(in, 0, 1) != 0;
    im->totals.projects++;
    if (!value_reader_is_done(in) || !project_name_is_valid(name))
        return archive_reader_damaged(im->reader, err);
    if (im->store == NULL)
        return ERR_NONE;
    if (deleting) {
        im->deleting = grow(im->deleting, im->deleting_count, sizeof(*im->deleting));
        memcpy(im->deleting[im->deleting_count++], name, sizeof(name));
    }
    im->clock->now_us = created_us;
    return meta_store_create_project(im->store, name, NULL, err);
}

static enum err_code take_entry(struct import *im, struct value_reader *in, struct err *err)
{
    char project[PROJECT_NAME_SIZE];
    char journal[META_JOURNAL_NAME_MAX + 1];
    size_t size;
    struct meta_journal_info info;
    value_take_text(in, project, sizeof(project));
    value_take_text(in, journal, sizeof(journal));
    int64_t position = value_take_int_in(in, 0, INT64_MAX);
    int64_t at_us = value_take_int(in);
    const unsigned char *value = value_take_bytes(in, META_JOURNAL_ENTRY_MAX, &size);
    im->totals.entries++;
    if (!value_reader_is_done(in))
        return archive_reader_damaged(im->reader, err);
    if (im->store == NULL)
        return ERR_NONE;
    im->clock->now_us = at_us;
    enum err_code code = meta_store_append_journal(im->store, project, journal, position, value, size, NULL, err);
    if (code != ERR_CONFLICT)
        return code;
    // An import that goes on finds what it has appended before.
    code = meta_store_get_journal(im->store, project, journal, &info, err);
    if (code == ERR_NONE && info.length <= position)
        code = archive_reader_damaged(im->reader, err);
    return code;
}

// ---- videos

static enum err_code store_frames(struct import *im, struct err *err)
{
    const char *id = im->video.id;
    struct meta_frame emitted[FRAMES_AT_ONCE];
    struct meta_frame indexed[FRAMES_AT_ONCE];
    size_t emitted_count = 0;
    size_t indexed_count = 0;
    enum err_code code = ERR_NONE;
    im->clock->now_us = im->video.created_us;
    for (size_t i = 0; i < im->frame_count; i++) {
        if (im->frames[i].state == FRAME_INDEXED)
            indexed[indexed_count++] = im->frames[i];
        else
            emitted[emitted_count++] = im->frames[i];
    }
    if (emitted_count > 0)
        code = meta_store_put_frames(im->store, id, emitted, emitted_count, err);
    if (code == ERR_NONE && indexed_count > 0)
        code = meta_store_put_objects(im->store, id, indexed, indexed_count, err);
    for (size_t i = 0; i < emitted_count && code == ERR_NONE; i++) {
        if (emitted[i].state == FRAME_FAILED)
            code = meta_store_fail_frame(im->store, id, emitted[i].index, true, err);
    }
    drop_frames(im);
    return code;
}

static enum err_code begin_video(struct import *im, struct value_reader *in, struct err *err)
{
    im->totals.videos++;
    archive_take_video(in, &im->video);
    if (!value_reader_is_done(in) || im->in_video)
        return archive_reader_damaged(im->reader, err);
    im->in_video = true;
    if (im->store == NULL)
        return ERR_NONE;
    struct meta_video made = im->video;
    im->clock->now_us = im->video.created_us;
    return meta_store_create_video(im->store, &made, NULL, err);
}

static enum err_code take_segment(struct import *im, struct value_reader *in, struct err *err)
{
    struct meta_segment segment;
    archive_take_segment(in, &segment);
    im->totals.segments++;
    if (!value_reader_is_done(in) || !im->in_video)
        return archive_reader_damaged(im->reader, err);
    if (im->store == NULL)
        return ERR_NONE;
    im->segments = grow(im->segments, im->segment_count, sizeof(*im->segments));
    im->segments[im->segment_count++] = segment;
    return meta_store_put_segment(im->store, im->video.id, &segment, err);
}

static enum err_code take_frame(struct import *im, struct value_reader *in, struct err *err)
{
    struct meta_frame frame;
    archive_take_frame(in, &frame);
    im->totals.frames++;
    im->totals.objects += (int64_t)frame.object_count;
    if (!value_reader_is_done(in) || !im->in_video) {
        free(frame.objects);
        return archive_reader_damaged(im->reader, err);
    }
    if (im->store == NULL) {
        free(frame.objects);
        return ERR_NONE;
    }
    im->frames[im->frame_count++] = frame;
    return im->frame_count == FRAMES_AT_ONCE ? store_frames(im, err) : ERR_NONE;
}

static enum err_code take_track(struct import *im, struct value_reader *in, struct err *err)
{
    struct meta_track track;
    archive_take_track(in, &track);
    im->totals.tracks++;
    if (!value_reader_is_done(in) || !im->in_video)
        return archive_reader_damaged(im->reader, err);
    if (im->store == NULL)
        return ERR_NONE;
    im->tracks = grow(im->tracks, im->track_count, sizeof(*im->tracks));
    im->tracks[im->track_count++] = track;
    return ERR_NONE;
}

static enum err_code take_sentence(struct import *im, struct value_reader *in, struct err *err)
{
    size_t size;
    const unsigned char *text = value_take_bytes(in, META_SOURCE_SIZE, &size);
    if (!value_reader_is_done(in) || !im->in_video)
        return archive_reader_damaged(im->reader, err);
    // The file says how many of them are final, and not which.
    bool is_final = im->sentences++ < im->video.errors_final;
    if (im->store == NULL)
        return ERR_NONE;
    char *sentence = mem_strndup((const char *)text, size);
    enum err_code code = meta_store_add_video_error(im->store, im->video.id, sentence, is_final, err);
    free(sentence);
    return code;
}

static enum err_code finish_segments(struct import *im, struct err *err)
{
    const struct meta_video *video = &im->video;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < im->segment_count && code == ERR_NONE; i++) {
        const struct meta_segment *segment = &im->segments[i];
        if (segment->done && segment->failed)
            code = meta_store_fail_segment(im->store, video->id, segment->index, err);
        else if (segment->done)
            code = meta_store_finish_segment(im->store, video->id, segment->index, segment->frames, err);
    }
    if (code == ERR_NONE && video->split_done)
        code = meta_store_finish_split(im->store, video->id, video->segments, video->frames_expected,
            video->media.duration_us, video->source_incomplete, err);
    return code;
}

// Of errors beyond those that are kept only the number is known.
static enum err_code add_uncounted_errors(struct import *im, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (int64_t i = im->sentences; i < im->video.errors_count && code == ERR_NONE; i++) {
        char sentence[80];
        snprintf(sentence, sizeof(sentence), "an error that was counted and not kept (%" PRId64 ")", i + 1);
        code = meta_store_add_video_error(im->store, im->video.id, sentence, i < im->video.errors_final, err);
    }
    return code;
}

// What is not as it was, of a video that nothing changed while it was exported.
static enum err_code compare_video(struct import *im, struct err *err)
{
    struct meta_video made;
    enum err_code code = meta_store_get_video(im->store, im->video.id, &made, err);
    for (size_t i = 0; i < meta_field_count && code == ERR_NONE && video_state_is_final(im->video.state); i++) {
        struct strbuf was;
        struct strbuf is;
        strbuf_init(&was);
        strbuf_init(&is);
        meta_field_format(&meta_fields[i], &im->video, &was);
        meta_field_format(&meta_fields[i], &made, &is);
        if (strcmp(was.data, is.data) != 0)
            log_warn(im->log, "the video %s was stored with %s %.100s, and has %.100s by what is stored of it",
                im->video.id, meta_fields[i].name, was.data, is.data);
        strbuf_release(&was);
        strbuf_release(&is);
    }
    return code;
}

static enum err_code end_video(struct import *im, struct value_reader *in, struct err *err)
{
    const struct meta_video *video = &im->video;
    if (!value_reader_is_done(in) || !im->in_video)
        return archive_reader_damaged(im->reader, err);
    if (im->store == NULL) {
        drop_video(im);
        return ERR_NONE;
    }
    enum err_code code = store_frames(im, err);
    if (code == ERR_NONE)
        code = finish_segments(im, err);
    if (code == ERR_NONE)
        code = add_uncounted_errors(im, err);
    if (code == ERR_NONE)
        code = meta_store_set_video_models(im->store, video->id, video->detector, video->embedder, err);
    im->clock->now_us = video->tracked_us;
    if (code == ERR_NONE && video->tracked_us != 0)
        code = meta_store_put_tracks(im->store, video->id, im->tracks, im->track_count, video->track_steps, err);
    im->clock->now_us = video->finished_us != 0 ? video->finished_us : video->updated_us;
    if (code == ERR_NONE)
        code = meta_store_set_video_state(im->store, video->id, ANY_STATE, video->state, err);
    im->clock->now_us = video->updated_us;
    if (code == ERR_NONE)
        code = meta_store_set_video_media(im->store, video->id, &video->media, err);
    if (code == ERR_NONE)
        code = compare_video(im, err);
    drop_video(im);
    return code;
}

// ---- the file

static enum err_code take_totals(struct import *im, struct value_reader *in, struct err *err)
{
    struct meta_archive_totals said = {0};
    archive_take_totals(in, &said);
    if (!value_reader_is_done(in) || im->in_video || memcmp(&said, &im->totals, sizeof(said)) != 0)
        return archive_reader_damaged(im->reader, err);
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < im->deleting_count && code == ERR_NONE; i++)
        code = meta_store_mark_project_deleting(im->store, im->deleting[i], err);
    return code;
}

static enum err_code take_record(struct import *im, enum archive_kind kind, struct value_reader *in, struct err *err)
{
    switch (kind) {
    case ARCHIVE_SETTING:
        return take_setting(im, in, err);
    case ARCHIVE_PROJECT:
        return take_project(im, in, err);
    case ARCHIVE_ENTRY:
        return take_entry(im, in, err);
    case ARCHIVE_VIDEO:
        return begin_video(im, in, err);
    case ARCHIVE_SEGMENT:
        return take_segment(im, in, err);
    case ARCHIVE_FRAME:
        return take_frame(im, in, err);
    case ARCHIVE_TRACK:
        return take_track(im, in, err);
    case ARCHIVE_SENTENCE:
        return take_sentence(im, in, err);
    case ARCHIVE_VIDEO_END:
        return end_video(im, in, err);
    case ARCHIVE_TOTALS:
        return take_totals(im, in, err);
    }
    return archive_reader_damaged(im->reader, err);
}

// Reads the file from its beginning to its end, storing what is in it if there is a store.
static enum err_code read_all(
    struct import *im, int fd, const char *name, struct cancel *cancel, char digest[SHA256_HEX_SIZE], struct err *err)
{
    enum archive_kind kind = ARCHIVE_SETTING;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return err_set(err, ERR_INVALID, "%s must be a file: it is read twice, and a pipe can only be read once", name);
    enum err_code code = archive_reader_open(fd, name, &im->reader, err);
    while (code == ERR_NONE && kind != ARCHIVE_TOTALS) {
        struct value_reader record;
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = archive_reader_next(im->reader, &kind, &record, err);
        if (code == ERR_NONE)
            code = take_record(im, kind, &record, err);
    }
    if (code == ERR_NONE)
        archive_reader_digest(im->reader, digest);
    drop_video(im);
    free(im->deleting);
    archive_reader_free(im->reader);
    return code;
}

enum err_code meta_archive_check(int fd, const char *name, struct cancel *cancel, char digest[SHA256_HEX_SIZE],
    struct meta_archive_totals *totals, struct err *err)
{
    struct import *im = mem_calloc(1, sizeof(*im));
    enum err_code code = read_all(im, fd, name, cancel, digest, err);
    *totals = im->totals;
    free(im);
    return code;
}

// A store that has something is left alone, unless it is this file that was being imported into it.
static enum err_code claim_store(struct meta_store *store, const char *digest, struct err *err)
{
    struct meta_project *projects = NULL;
    char *found = NULL;
    size_t count = 0;
    enum err_code code = meta_store_get_setting(store, META_ARCHIVE_SETTING, &found, err);
    bool goes_on = code == ERR_NONE && strcmp(found, digest) == 0;
    if (code == ERR_NOT_FOUND)
        code = ERR_NONE;
    if (code == ERR_NONE && !goes_on)
        code = meta_store_list_projects(store, NULL, 1, &projects, &count, err);
    if (code == ERR_NONE && count > 0)
        code = err_set(err, ERR_CONFLICT,
            "the meta store has projects already, such as %s, and an import wants an empty one: choose another data "
            "folder, or another --redis-prefix",
            projects[0].name);
    if (code == ERR_NONE && !goes_on)
        code = meta_store_put_setting(store, META_ARCHIVE_SETTING, digest, err);
    free(projects);
    free(found);
    return code;
}

enum err_code meta_archive_import(struct meta_store *store, struct clock_manual *clock, int fd, const char *name,
    struct log *log, struct cancel *cancel, struct meta_archive_totals *totals, struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    char again[SHA256_HEX_SIZE] = "";
    enum err_code code = meta_archive_check(fd, name, cancel, digest, totals, err);
    if (code == ERR_NONE)
        code = claim_store(store, digest, err);
    if (code != ERR_NONE)
        return code;
    struct import *im = mem_calloc(1, sizeof(*im));
    im->store = store;
    im->clock = clock;
    im->log = log;
    code = read_all(im, fd, name, cancel, again, err);
    *totals = im->totals;
    free(im);
    if (code == ERR_NONE && strcmp(digest, again) != 0)
        code = err_set(err, ERR_CORRUPT, "%s was changed while it was imported", name);
    // From now on the store is like any other: the file is not imported into it again.
    return code == ERR_NONE ? meta_store_put_setting(store, META_ARCHIVE_SETTING, "done", err) : code;
}
