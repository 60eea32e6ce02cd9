#include "media/test_clips.h"

#include <inttypes.h>
#include <libavutil/crc.h>
#include <libavutil/imgutils.h>
#include <libavutil/mathematics.h>
#include <libavutil/pixdesc.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/frame_internal.h"
#include "os/file.h"

#define CLIPS_MAX 256

static char directory[256];
static char *paths[CLIPS_MAX];
static size_t path_count;

// Each path once, however often its file is asked for or written.
static const char *keep_path(char *path)
{
    for (size_t i = 0; i < path_count; i++) {
        if (strcmp(paths[i], path) == 0) {
            free(path);
            return paths[i];
        }
    }
    assert_true(path_count < CLIPS_MAX);
    paths[path_count++] = path;
    return path;
}

static void remove_all(void)
{
    char command[320];
    snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", directory);
    for (size_t i = 0; i < path_count; i++)
        free(paths[i]);
}

const char *clips_dir(void)
{
    if (directory[0] == '\0') {
        const char *base = getenv("TMPDIR");
        snprintf(directory, sizeof(directory), "%s/framehound-media-XXXXXX", base != NULL ? base : "/tmp");
        assert_non_null(mkdtemp(directory));
        atexit(remove_all);
    }
    return directory;
}

const char *clip_make(const char *name, const char *arguments)
{
    static int available = -1;
    if (available < 0)
        available = system("ffmpeg -version >/dev/null 2>&1") == 0 && system("ffprobe -version >/dev/null 2>&1") == 0;
    if (!available)
        skip_because("the programs ffmpeg and ffprobe are not installed");
    char *path = mem_sprintf("%s/%s", clips_dir(), name);
    struct stat st;
    if (stat(path, &st) == 0)
        return keep_path(path);
    char *command = mem_sprintf("ffmpeg -nostdin -loglevel error -y %s '%s' >/dev/null 2>&1", arguments, path);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
    free(command);
    return keep_path(path);
}

const char *clip_write(const char *name, const void *data, size_t size)
{
    struct err err = ERR_INIT;
    char *path = mem_sprintf("%s/%s", clips_dir(), name);
    if (file_write(path, data, size, FILE_SYNC_NONE, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    return keep_path(path);
}

const char *clip_shared(const char *name)
{
    const char *root = getenv("FRAMEHOUND_SHARED");
    char *path = mem_sprintf("%s/data/%s", root != NULL ? root : "../shared", name);
    if (access(path, R_OK) == 0)
        return keep_path(path);
    free(path);
    return NULL;
}

void frame_list_free(struct frame_list *list)
{
    free(list->frames);
    *list = (struct frame_list){0};
}

static struct clip_frame *add_frame(struct frame_list *list)
{
    if ((list->count & (list->count - 1)) == 0)
        list->frames = mem_realloc_array(list->frames, list->count == 0 ? 1 : 2 * list->count, sizeof(*list->frames));
    list->frames[list->count] = (struct clip_frame){0};
    return &list->frames[list->count++];
}

void clip_probe(const char *path, int stream, struct frame_list *list)
{
    *list = (struct frame_list){0};
    char command[1024];
    snprintf(command, sizeof(command),
        "ffprobe -v quiet -select_streams v:%d -show_entries stream=time_base -of csv=p=0 '%s'", stream, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    AVRational time_base = {0, 1};
    assert_int_equal(fscanf(pipe, "%d/%d", &time_base.num, &time_base.den), 2);
    pclose(pipe);
    snprintf(command, sizeof(command),
        "ffprobe -v quiet -select_streams v:%d -show_entries frame=pts,best_effort_timestamp -of csv=p=0 '%s'", stream,
        path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    char line[256];
    int64_t first = 0;
    while (fgets(line, sizeof(line), pipe) != NULL) {
        int64_t pts;
        // The second is FFmpeg's guess, for frames without a time stamp.
        if (sscanf(line, "%" SCNd64, &pts) != 1 && sscanf(line, "N/A,%" SCNd64, &pts) != 1)
            continue;
        if (list->count == 0)
            first = pts;
        struct clip_frame *frame = add_frame(list);
        frame->index = (int32_t)list->count - 1;
        frame->pts_us = av_rescale_q(pts - first, time_base, AV_TIME_BASE_Q);
    }
    pclose(pipe);
}

struct run_state {
    const struct clip_run *run;
    struct clip_outcome *outcome;
    struct sampling sampling;
    int32_t segment;
    int64_t prev_end_us;
    bool last_seen;
};

static uint32_t crc_of(const AVFrame *picture)
{
    const AVCRC *table = av_crc_get_table(AV_CRC_32_IEEE_LE);
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)picture->format);
    uint32_t crc = 0;
    for (int plane = 0; plane < 4 && picture->data[plane] != NULL; plane++) {
        int bytes = av_image_get_linesize((enum AVPixelFormat)picture->format, picture->width, plane);
        bool chroma = plane == 1 || plane == 2;
        int rows = chroma ? AV_CEIL_RSHIFT(picture->height, format->log2_chroma_h) : picture->height;
        for (int y = 0; y < rows && bytes > 0; y++)
            crc = av_crc(table, crc, picture->data[plane] + (ptrdiff_t)y * picture->linesize[plane], (size_t)bytes);
    }
    return crc;
}

static enum err_code take_frame(void *context, const struct decoded_frame *decoded, struct err *err)
{
    (void)err;
    struct run_state *state = context;
    struct clip_frame *frame = add_frame(&state->outcome->list);
    *frame = (struct clip_frame){.index = decoded->index,
        .pts_us = decoded->pts_us,
        .crc = crc_of(decoded->frame->picture),
        .width = decoded->width,
        .height = decoded->height,
        .segment = state->segment,
        .damaged = decoded->damaged};
    return ERR_NONE;
}

static void *read_whole(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    void *data = mem_alloc(size);
    assert_int_equal(fread(data, 1, size, file), size);
    fclose(file);
    return data;
}

static enum err_code take_segment(void *context, const struct split_segment *done, struct err *err)
{
    struct run_state *state = context;
    assert_int_equal(done->segment.index, state->segment);
    assert_int_equal(done->segment.start_us, state->prev_end_us);
    assert_true(done->segment.end_us > done->segment.start_us);
    assert_true(done->segment.prev_pts_us < done->segment.start_us);
    assert_false(state->last_seen);
    state->last_seen = done->last;
    state->prev_end_us = done->segment.end_us;
    const struct decode_options options = {
        .sampling = state->sampling,
        .threads = state->run->threads > 0 ? state->run->threads : 1,
        .decode_everything = state->run->decode_everything,
        .context = state,
        .frame = take_frame,
    };
    // By path and from memory in turns: both must do.
    void *data = state->segment % 2 == 1 ? read_whole(done->path, (size_t)done->size_bytes) : NULL;
    const struct media_input input = {.path = done->path, .data = data, .size = (size_t)done->size_bytes};
    struct decode_result result;
    enum err_code code = media_decode(&input, &done->segment, &options, &result, err);
    free(data);
    struct decode_result *sum = &state->outcome->decode;
    sum->emitted += result.emitted;
    sum->decoded += result.decoded;
    sum->packets += result.packets;
    sum->skipped += result.skipped;
    sum->damaged += result.damaged;
    sum->lost += result.lost;
    state->segment++;
    return code;
}

void clip_outcome_release(struct clip_outcome *outcome)
{
    frame_list_free(&outcome->list);
}

enum err_code clip_run(const char *path, const struct clip_run *run, struct clip_outcome *outcome, struct err *err)
{
    *outcome = (struct clip_outcome){0};
    struct run_state state = {.run = run, .outcome = outcome};
    assert_ok(sampling_parse(run->fps, &state.sampling, err), err);
    const struct media_input input = {.path = path};
    const struct split_options options = {
        .chunk_us = (int64_t)(run->chunk_s * 1e6),
        .limit_us = run->limit_s > 0 ? (int64_t)(run->limit_s * 1e6) : -1,
        .directory = clips_dir(),
        .context = &state,
        .segment = take_segment,
    };
    enum err_code code = media_split(&input, &options, &outcome->split, err);
    if (code == ERR_NONE) {
        assert_true(state.last_seen);
        assert_int_equal(state.prev_end_us, outcome->split.duration_us);
    }
    return code;
}

void clip_must_run(const char *path, const struct clip_run *how, struct clip_outcome *outcome)
{
    struct err err = ERR_INIT;
    if (clip_run(path, how, outcome, &err) != ERR_NONE)
        fail_msg("%s: %s", path, err.message);
}

void assert_same_frames(const struct frame_list *a, const struct frame_list *b, const char *name, bool pictures)
{
    if (a->count != b->count)
        fail_msg("%s: %zu frames and %zu frames", name, a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct clip_frame *x = &a->frames[i];
        const struct clip_frame *y = &b->frames[i];
        if (x->index != y->index || x->pts_us != y->pts_us || (pictures && x->crc != y->crc))
            fail_msg("%s: frame %zu is %d at %" PRId64 " (%08x) and %d at %" PRId64 " (%08x)", name, i, x->index,
                x->pts_us, x->crc, y->index, y->pts_us, y->crc);
    }
}

void put_be32(struct strbuf *out, uint32_t value)
{
    const char bytes[] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value};
    strbuf_add(out, bytes, sizeof(bytes));
}
