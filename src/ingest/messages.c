#include "ingest/messages.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define TIME_US_MAX ((int64_t)1 << 53) // what every JSON reader holds exactly
#define SIDE_MAX 65535

static const struct json_limits message_limits = {.size_bytes = MESSAGE_SIZE_MAX, .depth = 4};

// ---- writing

static json_t *message_new(const char *project, const char *video)
{
    json_t *root = json_object();
    json_set_int64(root, "v", MESSAGE_VERSION);
    json_set_string(root, "project", project);
    json_set_string(root, "video", video);
    return root;
}

static void message_finish(json_t *root, struct strbuf *out)
{
    json_dump(root, out);
    json_decref(root);
}

// ---- reading

// Parses, checks the fields and the version, and reads what all messages have.
static enum err_code message_open(const char *topic, const char *body, size_t size, const char *const *fields,
    char project[PROJECT_NAME_SIZE], char video[VIDEO_ID_SIZE], json_t **root, struct err *err)
{
    *root = NULL;
    json_t *parsed = NULL;
    int64_t version = 0;
    const char *text = NULL;
    if (json_parse(body, size, &message_limits, &parsed, err) != ERR_NONE ||
        json_get_int64(parsed, "v", 1, INT32_MAX, &version, err) != ERR_NONE)
        goto out;
    if (version != MESSAGE_VERSION) {
        err_set(err, ERR_INVALID,
            "it has version %lld and this program knows version %d: a newer "
            "part wrote it",
            (long long)version, MESSAGE_VERSION);
        goto out;
    }
    if (json_check_fields(parsed, fields, err) != ERR_NONE ||
        json_get_string(parsed, "project", &text, err) != ERR_NONE || project_name_check(text, err) != ERR_NONE)
        goto out;
    memcpy(project, text, strlen(text) + 1);
    if (json_get_string(parsed, "video", &text, err) != ERR_NONE)
        goto out;
    if (!video_id_is_valid(text)) {
        err_set(err, ERR_INVALID, "field \"video\": \"%.40s\" is no video id", text);
        goto out;
    }
    memcpy(video, text, VIDEO_ID_SIZE);
    *root = parsed;
    return ERR_NONE;
out:
    json_decref(parsed);
    // A message is foreign to the one who reads it, whatever is wrong with it.
    if (err != NULL)
        err->code = ERR_INVALID;
    err_context(err, "a message on topic \"%s\" is malformed", topic);
    return ERR_INVALID;
}

static enum err_code message_close(const char *topic, json_t *root, enum err_code code, struct err *err)
{
    json_decref(root);
    if (code != ERR_NONE)
        err_context(err, "a message on topic \"%s\" is malformed", topic);
    return code;
}

static enum err_code get_int32(
    const json_t *root, const char *field, int32_t least, int32_t most, int32_t *out, struct err *err)
{
    int64_t value = 0;
    enum err_code code = json_get_int64(root, field, least, most, &value, err);
    if (code == ERR_NONE)
        *out = (int32_t)value;
    return code;
}

// ---- sources

void source_message_encode(const struct source_message *message, struct strbuf *out)
{
    json_t *root = message_new(message->project, message->video);
    if (message->again)
        json_set_bool(root, "again", true);
    message_finish(root, out);
}

enum err_code source_message_decode(const char *body, size_t size, struct source_message *message, struct err *err)
{
    static const char *const fields[] = {"v", "project", "video", "again", NULL};
    *message = (struct source_message){0};
    json_t *root = NULL;
    enum err_code code = message_open("sources", body, size, fields, message->project, message->video, &root, err);
    if (code != ERR_NONE)
        return code;
    return message_close("sources", root, json_opt_bool(root, "again", &message->again, err), err);
}

// ---- segments

void segment_message_encode(const struct segment_message *message, struct strbuf *out)
{
    const struct media_segment *segment = &message->segment;
    char fps[SAMPLING_TEXT_SIZE];
    sampling_format(&message->sampling, fps);
    json_t *root = message_new(message->project, message->video);
    json_set_int64(root, "segment", segment->index);
    json_set_int64(root, "start_us", segment->start_us);
    json_set_int64(root, "end_us", segment->end_us);
    json_set_int64(root, "prev_pts_us", segment->prev_pts_us);
    json_set_int64(root, "first_frame_number", segment->first_frame_number);
    json_set_int64(root, "source_frames", segment->frames);
    json_set_int64(root, "time_base_num", segment->time_base_num);
    json_set_int64(root, "time_base_den", segment->time_base_den);
    json_set_int64(root, "pts_offset", segment->pts_offset);
    json_set_int64(root, "rotation", segment->rotation);
    json_set_bool(root, "flip", segment->flip);
    json_set_int64(root, "limit_us", message->limit_us);
    json_set_string(root, "fps", fps);
    message_finish(root, out);
}

static enum err_code read_segment(const json_t *root, struct segment_message *message, struct err *err)
{
    struct media_segment *segment = &message->segment;
    const char *fps = NULL;
    enum err_code code = ERR_NONE;
    if ((code = get_int32(root, "segment", 0, SEGMENTS_PER_VIDEO_MAX - 1, &segment->index, err)) != ERR_NONE ||
        (code = json_get_int64(root, "start_us", 0, TIME_US_MAX, &segment->start_us, err)) != ERR_NONE ||
        (code = json_get_int64(root, "end_us", 0, TIME_US_MAX, &segment->end_us, err)) != ERR_NONE ||
        (code = json_get_int64(root, "prev_pts_us", -1, TIME_US_MAX, &segment->prev_pts_us, err)) != ERR_NONE ||
        (code = json_get_int64(root, "first_frame_number", 0, TIME_US_MAX, &segment->first_frame_number, err)) !=
            ERR_NONE ||
        (code = json_get_int64(root, "source_frames", 0, TIME_US_MAX, &segment->frames, err)) != ERR_NONE ||
        (code = get_int32(root, "time_base_num", 1, INT32_MAX, &segment->time_base_num, err)) != ERR_NONE ||
        (code = get_int32(root, "time_base_den", 1, INT32_MAX, &segment->time_base_den, err)) != ERR_NONE ||
        (code = json_get_int64(root, "pts_offset", INT64_MIN, INT64_MAX, &segment->pts_offset, err)) != ERR_NONE ||
        (code = get_int32(root, "rotation", 0, 270, &segment->rotation, err)) != ERR_NONE ||
        (code = json_get_bool(root, "flip", &segment->flip, err)) != ERR_NONE ||
        (code = json_get_int64(root, "limit_us", -1, TIME_US_MAX, &message->limit_us, err)) != ERR_NONE ||
        (code = json_get_string(root, "fps", &fps, err)) != ERR_NONE ||
        (code = sampling_parse(fps, &message->sampling, err)) != ERR_NONE)
        return code;
    if (segment->rotation % 90 != 0)
        return err_set(err, ERR_INVALID, "field \"rotation\": %d is not a multiple of 90", segment->rotation);
    if (segment->end_us < segment->start_us)
        return err_set(err, ERR_INVALID, "field \"end_us\": the segment ends before it starts");
    return ERR_NONE;
}

enum err_code segment_message_decode(const char *body, size_t size, struct segment_message *message, struct err *err)
{
    static const char *const fields[] = {"v", "project", "video", "segment", "start_us", "end_us", "prev_pts_us",
        "first_frame_number", "source_frames", "time_base_num", "time_base_den", "pts_offset", "rotation", "flip",
        "limit_us", "fps", NULL};
    *message = (struct segment_message){0};
    json_t *root = NULL;
    enum err_code code = message_open("segments", body, size, fields, message->project, message->video, &root, err);
    if (code != ERR_NONE)
        return code;
    return message_close("segments", root, read_segment(root, message, err), err);
}

// ---- frames

void frame_message_encode(const struct frame_message *message, struct strbuf *out)
{
    json_t *root = message_new(message->project, message->video);
    json_set_int64(root, "segment", message->segment);
    json_set_int64(root, "frame", message->frame);
    json_set_int64(root, "pts_us", message->pts_us);
    json_set_int64(root, "width", message->width);
    json_set_int64(root, "height", message->height);
    message_finish(root, out);
}

static enum err_code read_frame(const json_t *root, int32_t *segment, int32_t *frame, int64_t *pts_us, struct err *err)
{
    enum err_code code = get_int32(root, "segment", 0, SEGMENTS_PER_VIDEO_MAX - 1, segment, err);
    if (code == ERR_NONE)
        code = get_int32(root, "frame", 0, FRAME_INDEX_MAX, frame, err);
    if (code == ERR_NONE)
        code = json_get_int64(root, "pts_us", 0, TIME_US_MAX, pts_us, err);
    return code;
}

enum err_code frame_message_decode(const char *body, size_t size, struct frame_message *message, struct err *err)
{
    static const char *const fields[] = {
        "v", "project", "video", "segment", "frame", "pts_us", "width", "height", NULL};
    *message = (struct frame_message){0};
    json_t *root = NULL;
    enum err_code code = message_open("frames", body, size, fields, message->project, message->video, &root, err);
    if (code != ERR_NONE)
        return code;
    code = read_frame(root, &message->segment, &message->frame, &message->pts_us, err);
    if (code == ERR_NONE)
        code = get_int32(root, "width", 1, SIDE_MAX, &message->width, err);
    if (code == ERR_NONE)
        code = get_int32(root, "height", 1, SIDE_MAX, &message->height, err);
    return message_close("frames", root, code, err);
}

// ---- detections

void detections_message_encode(const struct detections_message *message, struct strbuf *out)
{
    json_t *root = message_new(message->project, message->video);
    json_set_int64(root, "segment", message->segment);
    json_set_int64(root, "frame", message->frame);
    json_set_int64(root, "pts_us", message->pts_us);
    json_set_int64(root, "objects", message->objects);
    message_finish(root, out);
}

enum err_code detections_message_decode(
    const char *body, size_t size, struct detections_message *message, struct err *err)
{
    static const char *const fields[] = {"v", "project", "video", "segment", "frame", "pts_us", "objects", NULL};
    *message = (struct detections_message){0};
    json_t *root = NULL;
    enum err_code code = message_open("detections", body, size, fields, message->project, message->video, &root, err);
    if (code != ERR_NONE)
        return code;
    code = get_int32(root, "segment", -1, SEGMENTS_PER_VIDEO_MAX - 1, &message->segment, err);
    if (code == ERR_NONE)
        code = get_int32(root, "frame", -1, FRAME_INDEX_MAX, &message->frame, err);
    if (code == ERR_NONE && (message->segment < 0) != (message->frame < 0))
        code = err_set(err, ERR_INVALID, "\"segment\" and \"frame\" must both be given, or both be -1 for all frames");
    if (code == ERR_NONE)
        code = json_get_int64(root, "pts_us", 0, TIME_US_MAX, &message->pts_us, err);
    if (code == ERR_NONE)
        code = get_int32(root, "objects", 0, OBJECTS_PER_FRAME_MAX, &message->objects, err);
    return message_close("detections", root, code, err);
}

// ---- keys

void message_key_make(const char *video, int32_t segment, char out[MESSAGE_KEY_SIZE])
{
    if (segment < 0)
        snprintf(out, MESSAGE_KEY_SIZE, "%.*s", VIDEO_ID_LENGTH, video);
    else
        snprintf(out, MESSAGE_KEY_SIZE, "%.*s/%d", VIDEO_ID_LENGTH, video, segment);
}

bool message_key_video(const char *key, char video[VIDEO_ID_SIZE])
{
    if (strnlen(key, VIDEO_ID_LENGTH) < VIDEO_ID_LENGTH ||
        (key[VIDEO_ID_LENGTH] != '\0' && key[VIDEO_ID_LENGTH] != '/'))
        return false;
    memcpy(video, key, VIDEO_ID_LENGTH);
    video[VIDEO_ID_LENGTH] = '\0';
    return video_id_is_valid(video);
}

void blob_key_segment_message(const char *project, const char *video, int32_t segment, char out[BLOB_KEY_SIZE])
{
    blob_key_segment(project, video, segment, out);
    char *dot = strrchr(out, '.');
    if (dot != NULL)
        memcpy(dot, ".json", sizeof(".json"));
}
