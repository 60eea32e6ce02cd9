#include "base/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static bool is_name_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && !first);
}

bool project_name_is_valid(const char *name)
{
    size_t length = strnlen(name, PROJECT_NAME_SIZE);
    if (length == 0 || length > PROJECT_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_name_char(name[i], i == 0))
            return false;
    }
    return true;
}

enum err_code project_name_check(const char *name, struct err *err)
{
    if (project_name_is_valid(name))
        return ERR_NONE;
    return err_set(err, ERR_INVALID,
        "\"%.80s\" is no project name: use 1 to %d lower-case letters, digits and hyphens, not starting with a hyphen",
        name, PROJECT_NAME_MAX);
}

static bool is_lower_hex(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    }
    return true;
}

bool video_id_is_valid(const char *id)
{
    return strnlen(id, VIDEO_ID_SIZE) == VIDEO_ID_LENGTH && is_lower_hex(id, VIDEO_ID_LENGTH);
}

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// Reads up to nine digits; returns the end, or NULL when there are none or too many.
static const char *read_digits(const char *text, int64_t *value, int *count)
{
    *count = 0;
    while (*text >= '0' && *text <= '9') {
        if (++*count > 9)
            return NULL;
        *value = *value * 10 + (*text++ - '0');
    }
    return text;
}

// number = digits ["." digits] | digits "/" digits
static bool parse_rational(const char *text, int64_t *num, int64_t *den)
{
    int digits = 0;
    int fraction_digits = 0;
    *num = 0;
    *den = 1;
    const char *p = read_digits(text, num, &digits);
    if (p == NULL)
        return false;
    if (*p == '.') {
        p = read_digits(p + 1, num, &fraction_digits);
        // Together at most nine digits, so that numerator and denominator fit 32 bits; and eight after the point, so
        // that the denominator has nine too and can be read back.
        if (p == NULL || digits + fraction_digits > 9 || fraction_digits > 8)
            return false;
        for (int i = 0; i < fraction_digits; i++)
            *den *= 10;
    } else if (*p == '/' && digits > 0) {
        *den = 0;
        p = read_digits(p + 1, den, &fraction_digits);
        if (p == NULL || fraction_digits == 0)
            return false;
    }
    return *p == '\0' && digits + fraction_digits > 0;
}

enum err_code sampling_parse(const char *text, struct sampling *sampling, struct err *err)
{
    if (strcmp(text, "all") == 0) {
        *sampling = (struct sampling){.all = true, .fps_num = 0, .fps_den = 1};
        return ERR_NONE;
    }
    int64_t num = 0;
    int64_t den = 1;
    if (!parse_rational(text, &num, &den) || num == 0 || den == 0 || num > den * SAMPLING_FPS_MAX || den > num * 86400)
        return err_set(err, ERR_INVALID,
            "\"%.40s\" is no frame rate: use a number of frames per second above 0 and up to %d (such as 5, 0.5 or "
            "30000/1001), or \"all\" for every frame",
            text, SAMPLING_FPS_MAX);
    int64_t divisor = greatest_common_divisor(num, den);
    *sampling = (struct sampling){.fps_num = (int32_t)(num / divisor), .fps_den = (int32_t)(den / divisor)};
    return ERR_NONE;
}

void sampling_format(const struct sampling *sampling, char out[SAMPLING_TEXT_SIZE])
{
    if (sampling->all)
        snprintf(out, SAMPLING_TEXT_SIZE, "all");
    else if (sampling->fps_den == 1)
        snprintf(out, SAMPLING_TEXT_SIZE, "%d", sampling->fps_num);
    else
        snprintf(out, SAMPLING_TEXT_SIZE, "%d/%d", sampling->fps_num, sampling->fps_den);
}

int64_t sampling_point_us(const struct sampling *sampling, int64_t i)
{
    __int128 scaled = (__int128)i * sampling->fps_den * 1000000;
    return (int64_t)((scaled + sampling->fps_num / 2) / sampling->fps_num);
}

int64_t sampling_first_after(const struct sampling *sampling, int64_t pts_us)
{
    if (pts_us < 0)
        return 0;
    // An estimate that is at most one too small or too large, put right by looking.
    int64_t i = (int64_t)((__int128)pts_us * sampling->fps_num / ((__int128)sampling->fps_den * 1000000));
    while (i > 0 && sampling_point_us(sampling, i - 1) > pts_us)
        i--;
    while (sampling_point_us(sampling, i) <= pts_us)
        i++;
    return i;
}

static void hash_field(struct sha256 *hash, const char *text)
{
    char length[24];
    int n = snprintf(length, sizeof(length), "%zu:", strlen(text));
    sha256_update(hash, length, (size_t)n);
    sha256_update(hash, text, strlen(text));
}

void video_id_make(const char *project, const char *canonical_source, int64_t chunk_us, int64_t limit_us,
    const struct sampling *sampling, char out[VIDEO_ID_SIZE])
{
    char number[24];
    char fps[SAMPLING_TEXT_SIZE];
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    struct sha256 hash;

    sha256_init(&hash);
    hash_field(&hash, project);
    hash_field(&hash, canonical_source);
    snprintf(number, sizeof(number), "%lld", (long long)chunk_us);
    hash_field(&hash, number);
    snprintf(number, sizeof(number), "%lld", (long long)limit_us);
    hash_field(&hash, number);
    sampling_format(sampling, fps);
    hash_field(&hash, fps);
    sha256_final(&hash, digest);
    sha256_hex(digest, hex);
    memcpy(out, hex, VIDEO_ID_LENGTH);
    out[VIDEO_ID_LENGTH] = '\0';
}

void frame_id_make(const char *video, int32_t index, char out[FRAME_ID_SIZE])
{
    snprintf(out, FRAME_ID_SIZE, "%.16s-%08u", video, (unsigned)index % (FRAME_INDEX_MAX + 1u));
}

void object_id_make(const char *video, int32_t index, int32_t k, char out[OBJECT_ID_SIZE])
{
    snprintf(out, OBJECT_ID_SIZE, "%.16s-%08u-%03u", video, (unsigned)index % (FRAME_INDEX_MAX + 1u),
        (unsigned)k % OBJECTS_PER_FRAME_MAX);
}

void track_id_make(const char *video, int64_t n, char out[TRACK_ID_SIZE])
{
    snprintf(out, TRACK_ID_SIZE, "%.16s-t%u", video, (unsigned)n);
}

static bool parse_video(const char *id, char video[VIDEO_ID_SIZE])
{
    if (strnlen(id, VIDEO_ID_LENGTH + 1) <= VIDEO_ID_LENGTH || !is_lower_hex(id, VIDEO_ID_LENGTH))
        return false;
    if (id[VIDEO_ID_LENGTH] != '-')
        return false;
    if (video != NULL) {
        memcpy(video, id, VIDEO_ID_LENGTH);
        video[VIDEO_ID_LENGTH] = '\0';
    }
    return true;
}

// Exactly `count` digits, followed by `end`.
static bool parse_fixed(const char *text, int count, char end, int32_t *value)
{
    int32_t v = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        v = v * 10 + (text[i] - '0');
    }
    if (text[count] != end)
        return false;
    *value = v;
    return true;
}

bool frame_id_parse(const char *id, char video[VIDEO_ID_SIZE], int32_t *index)
{
    return parse_video(id, video) && parse_fixed(id + VIDEO_ID_LENGTH + 1, 8, '\0', index);
}

bool object_id_parse(const char *id, char video[VIDEO_ID_SIZE], int32_t *index, int32_t *k)
{
    return parse_video(id, video) && parse_fixed(id + VIDEO_ID_LENGTH + 1, 8, '-', index) &&
        parse_fixed(id + VIDEO_ID_LENGTH + 10, 3, '\0', k);
}

bool track_id_parse(const char *id, char video[VIDEO_ID_SIZE], int64_t *n)
{
    if (!parse_video(id, video) || id[VIDEO_ID_LENGTH + 1] != 't')
        return false;
    const char *p = id + VIDEO_ID_LENGTH + 2;
    int count = 0;
    *n = 0;
    p = read_digits(p, n, &count);
    // One text for each track: no zeros in front.
    return p != NULL && count > 0 && *p == '\0' && (count == 1 || id[VIDEO_ID_LENGTH + 2] != '0');
}

void blob_key_source(const char *project, const char *video, char out[BLOB_KEY_SIZE])
{
    snprintf(out, BLOB_KEY_SIZE, "%s/%s/source", project, video);
}

void blob_key_tracks(const char *project, const char *video, char out[BLOB_KEY_SIZE])
{
    snprintf(out, BLOB_KEY_SIZE, "%s/%s/tracks", project, video);
}

void blob_key_playable(const char *project, const char *video, char out[BLOB_KEY_SIZE])
{
    snprintf(out, BLOB_KEY_SIZE, "%s/%s/playable.mp4", project, video);
}

void blob_key_segment(const char *project, const char *video, int32_t segment, char out[BLOB_KEY_SIZE])
{
    snprintf(out, BLOB_KEY_SIZE, "%s/%s/segments/%05d.mp4", project, video, segment);
}

void blob_key_frame(const char *project, const char *video, int32_t index, char out[BLOB_KEY_SIZE])
{
    snprintf(out, BLOB_KEY_SIZE, "%s/%s/frames/%08d.jpg", project, video, index);
}

void blob_key_object(const char *project, const char *object, char out[BLOB_KEY_SIZE])
{
    snprintf(out, BLOB_KEY_SIZE, "%s/%.16s/objects/%s.jpg", project, object, object);
}

void blob_key_prefix(const char *project, const char *video, char out[BLOB_KEY_SIZE])
{
    if (video == NULL)
        snprintf(out, BLOB_KEY_SIZE, "%s/", project);
    else
        snprintf(out, BLOB_KEY_SIZE, "%s/%s/", project, video);
}
