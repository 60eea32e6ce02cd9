#include "meta_store/meta_fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(kind, name, member)                                                                                      \
    {                                                                                                                  \
        name, META_FIELD_##kind, offsetof(struct meta_video, member), sizeof(((struct meta_video *)0)->member), false  \
    }
#define MEDIA(kind, member)                                                                                            \
    {                                                                                                                  \
#member, META_FIELD_##kind, offsetof(struct meta_video, media.member),                                         \
            sizeof(((struct meta_video *)0)->media.member), true                                                       \
    }

// A state is stored as its number, which never changes its meaning.
_Static_assert(sizeof(enum video_state) == sizeof(int32_t), "states are kept as whole numbers of 32 bits");

const struct meta_field meta_fields[] = {
    FIELD(TEXT, "id", id),
    FIELD(TEXT, "project", project),
    FIELD(TEXT, "source", source),
    FIELD(TEXT, "name", name),
    FIELD(INT64, "chunk_us", chunk_us),
    FIELD(INT64, "limit_us", limit_us),
    FIELD(BOOL, "sampling_all", sampling.all),
    FIELD(INT32, "fps_num", sampling.fps_num),
    FIELD(INT32, "fps_den", sampling.fps_den),
    FIELD(BOOL, "remote_request", remote_request),
    FIELD(INT32, "state", state),
    FIELD(INT64, "created_us", created_us),
    FIELD(INT64, "updated_us", updated_us),
    FIELD(INT64, "finished_us", finished_us),
    FIELD(BOOL, "split_done", split_done),
    FIELD(BOOL, "source_incomplete", source_incomplete),
    FIELD(INT64, "segments", segments),
    FIELD(INT64, "segments_done", segments_done),
    FIELD(INT64, "frames_expected", frames_expected),
    FIELD(INT64, "frames_emitted", frames_emitted),
    FIELD(INT64, "frames_indexed", frames_indexed),
    FIELD(INT64, "frames_failed", frames_failed),
    FIELD(INT64, "objects", objects),
    FIELD(INT64, "errors_count", errors_count),
    FIELD(INT64, "errors_final", errors_final),
    FIELD(INT64, "tracks", tracks),
    FIELD(INT64, "tracked_us", tracked_us),
    FIELD(INT64, "track_steps", track_steps),
    FIELD(TEXT, "detector", detector),
    FIELD(TEXT, "embedder", embedder),
    MEDIA(TEXT, title),
    MEDIA(TEXT, container),
    MEDIA(TEXT, codec),
    MEDIA(TEXT, mime_type),
    MEDIA(BOOL, playable_copy),
    MEDIA(INT32, width),
    MEDIA(INT32, height),
    MEDIA(INT32, sar_num),
    MEDIA(INT32, sar_den),
    MEDIA(INT32, rotation),
    MEDIA(BOOL, has_audio),
    MEDIA(INT64, duration_us),
    MEDIA(INT64, media_offset_us),
    MEDIA(INT64, size_bytes),
    MEDIA(DOUBLE, frame_rate),
};
const size_t meta_field_count = sizeof(meta_fields) / sizeof(meta_fields[0]);

void meta_field_format(const struct meta_field *field, const struct meta_video *video, struct strbuf *out)
{
    const char *at = (const char *)video + field->offset;
    switch (field->type) {
    case META_FIELD_TEXT:
        strbuf_add(out, at, strnlen(at, field->size - 1));
        break;
    case META_FIELD_BOOL:
        strbuf_addc(out, *(const bool *)(const void *)at ? '1' : '0');
        break;
    case META_FIELD_INT32:
        strbuf_addf(out, "%" PRId32, *(const int32_t *)(const void *)at);
        break;
    case META_FIELD_INT64:
        strbuf_addf(out, "%" PRId64, *(const int64_t *)(const void *)at);
        break;
    case META_FIELD_DOUBLE:
        strbuf_addf(out, "%.17g", *(const double *)(const void *)at);
        break;
    }
}

static bool parse_whole(const char *text, int64_t least, int64_t most, int64_t *out)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *out = number;
    return end != text && *end == '\0' && errno == 0 && number >= least && number <= most;
}

bool meta_field_parse(const struct meta_field *field, const char *text, size_t size, struct meta_video *video)
{
    char *at = (char *)video + field->offset;
    int64_t number = 0;
    bool good = strlen(text) == size;
    switch (field->type) {
    case META_FIELD_TEXT:
        good = good && size < field->size;
        memcpy(at, text, good ? size : 0);
        at[good ? size : 0] = '\0';
        return good;
    case META_FIELD_BOOL:
        good = good && parse_whole(text, 0, 1, &number);
        *(bool *)(void *)at = good && number != 0;
        return good;
    case META_FIELD_INT32:
        good = good && parse_whole(text, INT32_MIN, INT32_MAX, &number);
        *(int32_t *)(void *)at = good ? (int32_t)number : 0;
        return good;
    case META_FIELD_INT64:
        good = good && parse_whole(text, INT64_MIN, INT64_MAX, &number);
        *(int64_t *)(void *)at = good ? number : 0;
        return good;
    case META_FIELD_DOUBLE: {
        char *end;
        double real = strtod(text, &end);
        good = good && end != text && *end == '\0';
        *(double *)(void *)at = good ? real : 0;
        return good;
    }
    }
    return false;
}
