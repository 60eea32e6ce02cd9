// `framehound track-eval`: tracks detections in MOTChallenge's format and measures the tracks against the truth.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/command.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/json.h"
#include "base/mem.h"
#include "os/file.h"
#include "vision/mot_file.h"
#include "vision/mot_metrics.h"
#include "vision/tracker.h"

static const struct option_spec eval_list[] = {
    {.name = "fps",
        .type = OPTION_FLOAT,
        .fallback = "30",
        .least = "0.001",
        .most = "10000",
        .value_name = "F",
        .env = "",
        .help = "Frames a second of the sequence."},
    {.name = "tracks",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .env = "",
        .help = "Write the tracks there, in MOTChallenge's format."},
    {.name = "embeddings",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .env = "",
        .help = "Normalised embeddings of the detections: 32-bit floats, as many for each line with a box, in their "
                "order."},
    {.name = "given", .type = OPTION_BOOL, .env = "", .help = "The first file has tracks already: only measure them."},
    {.name = "class",
        .type = OPTION_INT,
        .least = "0",
        .most = "2147483647",
        .value_name = "N",
        .env = "",
        .help = "Only truth of this class counts; by default all of it."},
    {.name = "set",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "NAME=VALUE",
        .env = "",
        .help = "Another value for a threshold of the tracker (docs/tracking.md)."},
    {.name = "repeat",
        .type = OPTION_INT,
        .fallback = "1",
        .least = "1",
        .most = "100000",
        .value_name = "N",
        .env = "",
        .help = "Track so often, for a speed that can be compared."},
};
static const struct option_table eval_options = {
    .title = "Tracking", .options = eval_list, .count = sizeof(eval_list) / sizeof(eval_list[0])};
static const struct option_table *const eval_tables[] = {&eval_options, &json_options, NULL};

struct eval {
    const char *boxes_name;
    const char *truth_name;
    struct mot_file *boxes;
    struct mot_file *truth;
    struct tracker_settings settings;
    double fps;
    float *embeddings;
    int dimension;
};

static enum err_code read_settings(const struct options *options, struct tracker_settings *settings, struct err *err)
{
    *settings = tracker_settings_default();
    for (size_t i = 0; i < options_count(options, "set"); i++) {
        const char *text = options_string_at(options, "set", i);
        const char *equals = strchr(text, '=');
        char *end = NULL;
        double value = equals != NULL ? strtod(equals + 1, &end) : 0.0;
        if (equals == NULL || end == equals + 1 || *end != '\0' || !isfinite(value))
            return err_set(err, ERR_INVALID, "--set %s: write NAME=VALUE, as in --set lost_s=2", text);
        char *name = mem_strndup(text, (size_t)(equals - text));
        enum err_code code = tracker_settings_set(settings, name, value, err);
        free(name);
        if (code != ERR_NONE)
            return err_context(err, "--set %s", text);
    }
    return ERR_NONE;
}

static enum err_code read_embeddings(const char *path, struct eval *eval, struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    size_t limit = (eval->boxes->count + 1) * TRACKER_EMBEDDING_MAX * sizeof(float);
    enum err_code code = file_read(path, limit, &bytes, &size, err);
    if (code != ERR_NONE)
        return code;
    size_t row = eval->boxes->count > 0 ? size / eval->boxes->count : 0;
    if (row == 0 || row * eval->boxes->count != size || row % sizeof(float) != 0 ||
        row / sizeof(float) > TRACKER_EMBEDDING_MAX) {
        free(bytes);
        return err_set(err, ERR_INVALID, "%s: %zu bytes are not the same number of 32-bit floats for each of %zu boxes",
            path, size, eval->boxes->count);
    }
    // What file_read gives is aligned for anything.
    eval->embeddings = (float *)(void *)bytes;
    eval->dimension = (int)(row / sizeof(float));
    return ERR_NONE;
}

static void fit_scores(struct eval *eval)
{
    double *scores = mem_calloc(eval->boxes->count + 1, sizeof(*scores));
    for (size_t i = 0; i < eval->boxes->count; i++)
        scores[i] = eval->boxes->rows[i].confidence;
    tracker_settings_fit_scores(&eval->settings, scores, eval->boxes->count);
    free(scores);
}

static enum err_code load(const struct options *options, struct eval *eval, struct err *err)
{
    eval->boxes_name = options_argument(options, 0);
    eval->truth_name = options_argument(options, 1);
    eval->fps = options_float(options, "fps");
    enum err_code code = read_settings(options, &eval->settings, err);
    if (code == ERR_NONE)
        code = mot_file_load(eval->boxes_name, &eval->boxes, err);
    if (code == ERR_NONE)
        code = mot_file_load(eval->truth_name, &eval->truth, err);
    if (code == ERR_NONE)
        fit_scores(eval);
    if (code == ERR_NONE && options_is_set(options, "embeddings"))
        code = read_embeddings(options_string(options, "embeddings"), eval, err);
    return code;
}

// Adds the frames 1 … last, those without boxes too: time passes in them.
static enum err_code add_frames(const struct eval *eval, struct tracker *tracker, struct err *err)
{
    const struct mot_file *file = eval->boxes;
    struct track_box *boxes = mem_calloc(file->count + 1, sizeof(*boxes));
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < file->count; i++) {
        const struct mot_row *row = &file->rows[i];
        boxes[i] = (struct track_box){row->x, row->y, row->width, row->height, row->confidence, row->class_id, NULL};
        if (eval->embeddings != NULL)
            boxes[i].embedding = eval->embeddings + row->index * (size_t)eval->dimension;
    }
    for (int32_t f = 1; f <= file->frames && code == ERR_NONE; f++) {
        int64_t time_us = (int64_t)llround((double)(f - 1) * 1e6 / eval->fps);
        code = tracker_add(tracker, time_us, boxes + file->begin[f], file->begin[f + 1] - file->begin[f], err);
        if (code != ERR_NONE)
            err_context(err, "%s, frame %d", eval->boxes_name, (int)f);
    }
    free(boxes);
    return code;
}

// Processor time of this thread: how fast one core is does not depend on what else runs.
static int64_t processor_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum err_code track(
    const struct eval *eval, struct tracker **tracker, struct tracks *tracks, int64_t *elapsed_us, struct err *err)
{
    int64_t start_us = processor_us();
    enum err_code code = tracker_new(&eval->settings, eval->dimension, tracker, err);
    if (code == ERR_NONE)
        code = add_frames(eval, *tracker, err);
    if (code == ERR_NONE)
        code = tracker_finish(*tracker, tracks, err);
    *elapsed_us += processor_us() - start_us;
    return code;
}

// The tracks as lines, by frame as MOTChallenge wants them.
static void format_tracks(const struct tracks *tracks, int32_t frames, struct strbuf *out)
{
    size_t *at = mem_calloc(tracks->count + 1, sizeof(*at));
    for (int32_t f = 1; f <= frames; f++) {
        for (size_t i = 0; i < tracks->count; i++) {
            const struct track *track = &tracks->items[i];
            if (at[i] == track->count || track->points[at[i]].frame != (size_t)(f - 1))
                continue;
            const struct track_point *p = &track->points[at[i]++];
            const struct mot_row row = {.frame = f,
                .id = track->number,
                .x = p->x,
                .y = p->y,
                .width = p->width,
                .height = p->height,
                .confidence = track->score,
                .class_id = track->class_id,
                .visibility = -1};
            mot_row_format(&row, out);
        }
    }
    free(at);
}

static void print_scores(const struct mot_scores *s, double fps, bool json)
{
    if (!json) {
        ui_line("MOTA %.3f  IDF1 %.3f  HOTA %.3f (detection %.3f, association %.3f)", s->mota, s->idf1, s->hota,
            s->deta, s->assa);
        ui_line("%" PRId64 " of %" PRId64 " boxes found, %" PRId64 " false; %" PRId64 " objects, %" PRId64
                " tracks, %" PRId64 " switches, %" PRId64 " fragments",
            s->matches, s->truth_boxes, s->false_alarms, s->truth_ids, s->track_ids, s->switches, s->fragments);
        if (fps > 0.0)
            ui_line("%.0f frames/s", fps);
        return;
    }
    json_t *o = json_object();
    json_set_double(o, "mota", s->mota);
    json_set_double(o, "idf1", s->idf1);
    json_set_double(o, "hota", s->hota);
    json_set_int64(o, "switches", s->switches);
    json_set_int64(o, "fragments", s->fragments);
    json_set_double(o, "fps", fps);
    json_set_double(o, "motp", s->motp);
    json_set_double(o, "deta", s->deta);
    json_set_double(o, "assa", s->assa);
    json_set_double(o, "idp", s->idp);
    json_set_double(o, "idr", s->idr);
    json_set_int64(o, "misses", s->misses);
    json_set_int64(o, "false_alarms", s->false_alarms);
    json_set_int64(o, "matches", s->matches);
    json_set_int64(o, "truth_boxes", s->truth_boxes);
    json_set_int64(o, "track_boxes", s->track_boxes);
    json_set_int64(o, "truth_ids", s->truth_ids);
    json_set_int64(o, "track_ids", s->track_ids);
    ui_print_json(o);
    json_decref(o);
}

static enum err_code track_and_format(
    const struct options *options, const struct eval *eval, struct strbuf *lines, double *fps, struct err *err)
{
    int64_t elapsed_us = 0;
    int64_t repeat = options_int(options, "repeat");
    enum err_code code = ERR_NONE;
    for (int64_t i = 0; i < repeat && code == ERR_NONE; i++) {
        struct tracker *tracker = NULL;
        struct tracks tracks = {0};
        code = track(eval, &tracker, &tracks, &elapsed_us, err);
        if (code == ERR_NONE && i == 0)
            format_tracks(&tracks, eval->boxes->frames, lines);
        tracker_free(tracker);
    }
    if (elapsed_us > 0)
        *fps = (double)eval->boxes->frames * (double)repeat * 1e6 / (double)elapsed_us;
    if (code == ERR_NONE && options_is_set(options, "tracks"))
        code = file_write(options_string(options, "tracks"), lines->data, lines->size, FILE_SYNC_NONE, err);
    return code;
}

static enum err_code run_track_eval(const struct options *options, int *status, struct err *err)
{
    struct eval eval = {0};
    struct mot_scores scores = {0};
    struct mot_file *tracked = NULL;
    struct strbuf lines;
    double fps = 0.0;
    bool given = options_bool(options, "given");
    struct mot_options what = {
        .class_id = options_is_set(options, "class") ? (int32_t)options_int(options, "class") : -1};
    (void)status;
    strbuf_init(&lines);
    enum err_code code = load(options, &eval, err);
    if (code == ERR_NONE && !given)
        code = track_and_format(options, &eval, &lines, &fps, err);
    // What is measured is what is written.
    if (code == ERR_NONE && !given)
        code = mot_file_parse("the tracks", lines.data, lines.size, &tracked, err);
    if (code == ERR_NONE)
        code = mot_evaluate(
            eval.truth_name, eval.truth, eval.boxes_name, given ? eval.boxes : tracked, &what, &scores, err);
    if (code == ERR_NONE)
        print_scores(&scores, fps, options_bool(options, "json"));
    strbuf_release(&lines);
    mot_file_free(tracked);
    mot_file_free(eval.boxes);
    mot_file_free(eval.truth);
    free(eval.embeddings);
    return code;
}

const struct command command_track_eval = {
    .spec = {.name = "track-eval",
        .arguments = "DET.txt GT.txt",
        .summary = "Track detections in MOTChallenge's format and measure the tracks against the truth.",
        .details = "Truth with confidence 0 does not count, nor does what is found there.",
        .examples = "framehound track-eval det.txt gt.txt --fps 25 --tracks tracks.txt\n"
                    "framehound track-eval tracks.txt gt.txt --given --json\n",
        .tables = eval_tables,
        .arguments_least = 2,
        .arguments_most = 2},
    .run = run_track_eval};
