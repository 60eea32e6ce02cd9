#include "ingest/track_sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "meta_store/value_bytes.h"
#include "vector_index/vector_checksum.h"

#define MAGIC "FHTRACKS"
#define MAGIC_SIZE 8
#define FORMAT 1
#define CHECKSUM_SIZE 8
#define CLASSES_MAX 65536
// The least bytes of an object: five floats and two varints.
#define OBJECT_SIZE_MIN 22
#define FRAME_SIZE_MIN 3

void track_sheet_release(struct track_sheet *sheet)
{
    free(sheet->frames);
    free(sheet->objects);
    free(sheet->classes);
    *sheet = (struct track_sheet){0};
}

// ---- filling

// A detector has few classes, and most objects are of the first ones.
static int32_t class_number(struct track_sheet *sheet, const char *name)
{
    for (size_t i = 0; i < sheet->class_count; i++) {
        if (strcmp(sheet->classes[i], name) == 0)
            return (int32_t)i;
    }
    sheet->classes = mem_realloc_array(sheet->classes, sheet->class_count + 1, sizeof(*sheet->classes));
    memcpy(sheet->classes[sheet->class_count], name, META_CLASS_SIZE);
    return (int32_t)sheet->class_count++;
}

static struct sheet_frame *add_frame(struct track_sheet *sheet, size_t objects)
{
    if (sheet->frame_count == sheet->frame_room) {
        sheet->frame_room = sheet->frame_room * 2 + 256;
        sheet->frames = mem_realloc_array(sheet->frames, sheet->frame_room, sizeof(*sheet->frames));
    }
    if (sheet->object_count + objects > sheet->object_room) {
        sheet->object_room = sheet->object_room * 2 + objects;
        sheet->objects = mem_realloc_array(sheet->objects, sheet->object_room, sizeof(*sheet->objects));
    }
    return &sheet->frames[sheet->frame_count++];
}

void track_sheet_add(struct track_sheet *sheet, const struct meta_frame *frame)
{
    *add_frame(sheet, frame->object_count) = (struct sheet_frame){
        .index = frame->index, .pts_us = frame->pts_us, .first = sheet->object_count, .count = frame->object_count};
    for (size_t k = 0; k < frame->object_count; k++) {
        const struct meta_object *object = &frame->objects[k];
        sheet->objects[sheet->object_count++] = (struct sheet_object){.x = object->x,
            .y = object->y,
            .width = object->width,
            .height = object->height,
            .score = object->score,
            .class_number = class_number(sheet, object->class_name),
            .frame = (int32_t)sheet->frame_count - 1,
            .track = -1};
    }
}

// ---- writing

static void put_frame(const struct track_sheet *sheet, size_t at, struct strbuf *out)
{
    const struct sheet_frame *frame = &sheet->frames[at];
    value_put_uint(out, (uint64_t)(frame->index - (at > 0 ? sheet->frames[at - 1].index : 0)));
    value_put_uint(out, (uint64_t)(frame->pts_us - (at > 0 ? sheet->frames[at - 1].pts_us : 0)));
    value_put_uint(out, frame->count);
    for (size_t i = frame->first; i < frame->first + frame->count; i++) {
        const struct sheet_object *object = &sheet->objects[i];
        const float floats[] = {object->x, object->y, object->width, object->height, object->score};
        for (size_t k = 0; k < sizeof(floats) / sizeof(floats[0]); k++)
            value_put_float(out, floats[k]);
        value_put_uint(out, (uint64_t)object->class_number);
        value_put_uint(out, (uint64_t)(object->track + 1));
    }
}

void track_sheet_encode(struct track_sheet *sheet, struct strbuf *out)
{
    size_t begin = out->size;
    strbuf_reserve(out, sheet->object_count * (OBJECT_SIZE_MIN + 2) + sheet->frame_count * (FRAME_SIZE_MIN + 2) + 64);
    strbuf_add(out, MAGIC, MAGIC_SIZE);
    strbuf_addc(out, FORMAT);
    value_put_uint(out, sheet->class_count);
    for (size_t i = 0; i < sheet->class_count; i++)
        value_put_bytes(out, sheet->classes[i], strnlen(sheet->classes[i], META_CLASS_SIZE - 1));
    value_put_uint(out, sheet->frame_count);
    value_put_uint(out, sheet->object_count);
    for (size_t i = 0; i < sheet->frame_count; i++)
        put_frame(sheet, i, out);
    sheet->checksum = vector_checksum(out->data + begin, out->size - begin, 0);
    for (unsigned i = 0; i < CHECKSUM_SIZE; i++)
        strbuf_addc(out, (char)(unsigned char)(sheet->checksum >> (8 * i)));
}

// ---- reading

static uint64_t take_uint(struct value_reader *reader, uint64_t most)
{
    uint64_t value = value_take_uint(reader);
    reader->bad = reader->bad || value > most;
    return reader->bad ? 0 : value;
}

static uint64_t checksum_at(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < CHECKSUM_SIZE; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static float take_float(struct value_reader *reader)
{
    float value = value_take_float(reader);
    reader->bad = reader->bad || !isfinite(value);
    return value;
}

static void take_classes(struct value_reader *reader, struct track_sheet *sheet)
{
    size_t count = (size_t)take_uint(reader, CLASSES_MAX);
    if (reader->bad)
        return;
    sheet->classes = mem_calloc(count + 1, sizeof(*sheet->classes));
    for (; sheet->class_count < count && !reader->bad; sheet->class_count++)
        value_take_text(reader, sheet->classes[sheet->class_count], META_CLASS_SIZE);
}

static void take_object(struct value_reader *reader, const struct track_sheet *sheet, struct sheet_object *object)
{
    object->x = take_float(reader);
    object->y = take_float(reader);
    object->width = take_float(reader);
    object->height = take_float(reader);
    object->score = take_float(reader);
    if (sheet->class_count == 0)
        reader->bad = true;
    else
        object->class_number = (int32_t)take_uint(reader, sheet->class_count - 1);
    // Numbers are given without gaps, so there are no more tracks than objects.
    object->track = (int64_t)take_uint(reader, sheet->object_room + 1) - 1;
}

// `last_seen`: for each track the frame it was met in last, counted from 1.
static void take_frame(struct value_reader *reader, struct track_sheet *sheet, size_t *last_seen)
{
    bool is_first = sheet->frame_count == 0;
    struct sheet_frame before = {0};
    if (!is_first)
        before = sheet->frames[sheet->frame_count - 1];
    uint64_t index = (uint64_t)before.index + take_uint(reader, FRAME_INDEX_MAX);
    int64_t step_us = (int64_t)take_uint(reader, INT64_MAX);
    size_t count = (size_t)take_uint(reader, OBJECTS_PER_FRAME_MAX);
    if (reader->bad || index > FRAME_INDEX_MAX || step_us > INT64_MAX - before.pts_us ||
        (!is_first && index == (uint64_t)before.index) || count > sheet->object_room - sheet->object_count) {
        reader->bad = true;
        return;
    }
    sheet->frames[sheet->frame_count] = (struct sheet_frame){
        .index = (int32_t)index, .pts_us = before.pts_us + step_us, .first = sheet->object_count, .count = count};
    for (size_t k = 0; k < count && !reader->bad; k++) {
        struct sheet_object *object = &sheet->objects[sheet->object_count++];
        *object = (struct sheet_object){.frame = (int32_t)sheet->frame_count};
        take_object(reader, sheet, object);
        if (object->track < 0)
            continue;
        reader->bad = reader->bad || last_seen[object->track] == sheet->frame_count + 1;
        last_seen[object->track] = sheet->frame_count + 1;
        sheet->last = object->track > sheet->last ? object->track : sheet->last;
    }
    sheet->frame_count++;
}

static void take_frames(struct value_reader *reader, struct track_sheet *sheet)
{
    size_t left = (size_t)(reader->end - reader->at);
    size_t frames = (size_t)take_uint(reader, left / FRAME_SIZE_MIN);
    size_t objects = (size_t)take_uint(reader, left / OBJECT_SIZE_MIN);
    if (reader->bad)
        return;
    sheet->frames = mem_calloc(frames + 1, sizeof(*sheet->frames));
    sheet->frame_room = frames;
    sheet->objects = mem_calloc(objects + 1, sizeof(*sheet->objects));
    sheet->object_room = objects;
    size_t *last_seen = mem_calloc(objects + 2, sizeof(*last_seen));
    for (size_t i = 0; i < frames && !reader->bad; i++)
        take_frame(reader, sheet, last_seen);
    free(last_seen);
    reader->bad = sheet->object_count != objects || !value_reader_is_done(reader);
}

enum err_code track_sheet_decode(const void *bytes, size_t size, struct track_sheet *sheet, struct err *err)
{
    *sheet = (struct track_sheet){0};
    const unsigned char *data = bytes;
    if (size < MAGIC_SIZE + 1 + CHECKSUM_SIZE || memcmp(data, MAGIC, MAGIC_SIZE) != 0)
        return err_set(err, ERR_CORRUPT, "it is not what the tracker writes");
    if (data[MAGIC_SIZE] > FORMAT)
        return err_set(err, ERR_INVALID,
            "it was written by a newer Framehound (format %d; this program knows %d): upgrade the program",
            data[MAGIC_SIZE], FORMAT);
    size_t checked = size - CHECKSUM_SIZE;
    if (vector_checksum(data, checked, 0) != checksum_at(data + checked))
        return err_set(err, ERR_CORRUPT, "it is damaged: its checksum is wrong");
    struct value_reader reader;
    value_reader_init(&reader, data + MAGIC_SIZE + 1, checked - MAGIC_SIZE - 1);
    take_classes(&reader, sheet);
    if (!reader.bad)
        take_frames(&reader, sheet);
    sheet->checksum = checksum_at(data + checked);
    if (!reader.bad)
        return ERR_NONE;
    track_sheet_release(sheet);
    return err_set(err, ERR_CORRUPT, "it is not what the tracker writes");
}

// ---- in the blob store

enum err_code track_sheet_put(
    const struct ingest *ingest, const struct meta_video *video, struct track_sheet *sheet, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct strbuf text;
    strbuf_init(&text);
    blob_key_tracks(video->project, video->id, key);
    track_sheet_encode(sheet, &text);
    enum err_code code = text.size <= TRACK_SHEET_SIZE_MAX
        ? blob_store_put(ingest->blobs, key, text.data, text.size, err)
        : err_set(err, ERR_LIMIT, "video %s has more objects than can be followed", video->id);
    if (code == ERR_NONE)
        code = blob_store_flush(ingest->blobs, err);
    strbuf_release(&text);
    return code;
}

enum err_code track_sheet_get(
    const struct ingest *ingest, const struct meta_video *video, struct track_sheet *sheet, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    void *bytes = NULL;
    size_t size = 0;
    *sheet = (struct track_sheet){0};
    blob_key_tracks(video->project, video->id, key);
    enum err_code code = blob_store_get(ingest->blobs, key, TRACK_SHEET_SIZE_MAX, &bytes, &size, err);
    if (code == ERR_NONE) {
        code = track_sheet_decode(bytes, size, sheet, err);
        if (code != ERR_NONE)
            err_context(err, "what the tracker found in video %s cannot be read", video->id);
    }
    free(bytes);
    return code;
}

enum err_code track_sheet_is_stored(const struct ingest *ingest, const struct meta_video *video,
    const struct track_sheet *sheet, bool *stored, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    unsigned char end[CHECKSUM_SIZE] = {0};
    size_t got = 0;
    *stored = false;
    blob_key_tracks(video->project, video->id, key);
    enum err_code code = blob_store_stat(ingest->blobs, key, &info, err);
    if (code == ERR_NONE && info.size_bytes >= CHECKSUM_SIZE)
        code = blob_store_get_range(ingest->blobs, key, info.size_bytes - CHECKSUM_SIZE, end, sizeof(end), &got, err);
    if (code == ERR_NONE)
        *stored = got == sizeof(end) && checksum_at(end) == sheet->checksum;
    return code;
}

// ---- looking

int64_t track_sheet_find(const struct track_sheet *sheet, int32_t index, int32_t k)
{
    size_t low = 0;
    size_t high = sheet->frame_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sheet->frames[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == sheet->frame_count || sheet->frames[low].index != index || k < 0 ||
        (size_t)k >= sheet->frames[low].count)
        return -1;
    return (int64_t)(sheet->frames[low].first + (size_t)k);
}

void track_sheet_object_id(const struct track_sheet *sheet, const char *video, size_t object, char id[OBJECT_ID_SIZE])
{
    const struct sheet_frame *frame = &sheet->frames[sheet->objects[object].frame];
    object_id_make(video, frame->index, (int32_t)(object - frame->first), id);
}

// ---- describing

// A counting sort.
void track_groups_make(const struct track_sheet *sheet, const int64_t *numbers, struct track_groups *groups)
{
    groups->last = -1;
    for (size_t i = 0; i < sheet->object_count; i++)
        groups->last = numbers[i] > groups->last ? numbers[i] : groups->last;
    groups->objects = mem_realloc_array(NULL, sheet->object_count + 1, sizeof(*groups->objects));
    size_t *places = mem_calloc((size_t)groups->last + 2, sizeof(*places));
    for (size_t i = 0; i < sheet->object_count; i++) {
        if (numbers[i] >= 0)
            places[numbers[i] + 1]++;
    }
    for (int64_t n = 0; n <= groups->last; n++)
        places[n + 1] += places[n];
    // What begins as the place of a track's first object ends as the place behind its last.
    for (size_t i = 0; i < sheet->object_count; i++) {
        if (numbers[i] >= 0)
            groups->objects[places[numbers[i]]++] = i;
    }
    groups->ends = places;
}

void track_groups_release(struct track_groups *groups)
{
    free(groups->objects);
    free(groups->ends);
    *groups = (struct track_groups){.last = -1};
}

const size_t *track_groups_of(const struct track_groups *groups, int64_t n, size_t *count)
{
    *count = 0;
    if (n < 0 || n > groups->last)
        return groups->objects;
    size_t begin = n > 0 ? groups->ends[n - 1] : 0;
    *count = groups->ends[n] - begin;
    return groups->objects + begin;
}

static double shows_well(const struct sheet_object *object)
{
    return (double)object->score * sqrt((double)(object->width * object->height));
}

size_t track_sheet_best(const struct track_sheet *sheet, const size_t *objects, size_t count)
{
    size_t best = objects[0];
    for (size_t i = 1; i < count; i++) {
        if (shows_well(&sheet->objects[objects[i]]) > shows_well(&sheet->objects[best]))
            best = objects[i];
    }
    return best;
}

static void describe_one(
    const struct track_sheet *sheet, const size_t *objects, size_t count, double *votes, struct meta_track *track)
{
    const struct sheet_frame *first = &sheet->frames[sheet->objects[objects[0]].frame];
    const struct sheet_frame *last = &sheet->frames[sheet->objects[objects[count - 1]].frame];
    size_t best = track_sheet_best(sheet, objects, count);
    double score = 0;
    int32_t winner = sheet->objects[objects[0]].class_number;
    track->objects = (int64_t)count;
    track->first_frame = first->index;
    track->first_us = first->pts_us;
    track->last_frame = last->index;
    track->last_us = last->pts_us;
    track->best_frame = track->typical_frame = sheet->frames[sheet->objects[best].frame].index;
    track->best_k = track->typical_k = (int32_t)(best - sheet->frames[sheet->objects[best].frame].first);
    for (size_t i = 0; i < count; i++) {
        const struct sheet_object *object = &sheet->objects[objects[i]];
        score += (double)object->score;
        // Scores may be zero, and still the class is better known than not at all.
        votes[object->class_number] += (double)object->score + 1e-3;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t class_number = sheet->objects[objects[i]].class_number;
        // Ties by number, which is the order of the tracker's own votes.
        bool is_even = votes[class_number] == votes[winner];
        if (votes[class_number] > votes[winner] || (is_even && class_number < winner))
            winner = class_number;
    }
    for (size_t i = 0; i < count; i++)
        votes[sheet->objects[objects[i]].class_number] = 0;
    track->score = (float)(score / (double)count);
    memcpy(track->class_name, sheet->classes[winner], sizeof(track->class_name));
}

struct meta_track *track_sheet_describe(const struct track_sheet *sheet, const int64_t *numbers, size_t *count)
{
    struct track_groups groups;
    track_groups_make(sheet, numbers, &groups);
    double *votes = mem_calloc(sheet->class_count + 1, sizeof(*votes));
    struct meta_track *tracks = NULL;
    size_t room = 0;
    *count = 0;
    for (int64_t n = 0; n <= groups.last; n++) {
        size_t object_count = 0;
        const size_t *objects = track_groups_of(&groups, n, &object_count);
        if (object_count == 0)
            continue;
        if (*count == room) {
            room = room * 2 + 64;
            tracks = mem_realloc_array(tracks, room, sizeof(*tracks));
        }
        tracks[*count] = (struct meta_track){.n = n};
        describe_one(sheet, objects, object_count, votes, &tracks[(*count)++]);
    }
    free(votes);
    track_groups_release(&groups);
    return tracks;
}
