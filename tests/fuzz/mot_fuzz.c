// Fuzzer: any bytes as boxes in MOTChallenge's format, tracked, and measured against themselves.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "vision/mot_metrics.h"
#include "vision/tracker.h"

#define FRAMES_MOST 2000 // of a file that is tracked: a frame without boxes costs time too
#define BOXES_MOST 300

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "1,1,10,10,20,40,0.9,1,1\n1,2,50,10,20,40,0.8,1,1\n2,1,12,10,20,40,0.9,1,1\n3,1,14,10,20,40,0.9,1,0.5\n"
        "3,2,52,12,20,40,0,7,0\n",
        "# "
        "comment\r\n1,-1,281.931,187.466,79.93,209.537,0.997784,-1,-1,-1\r\n7,-1,56.6,144.2,93.5,295.9,0.3,-1,-1,-"
        "1\r\n",
        "2,1,1,2,3,4\n1,1,-5.5,1e3,3,4,\n",
        "",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

static void track(const struct mot_file *file)
{
    struct tracker *tracker = NULL;
    struct tracks tracks;
    struct err err = ERR_INIT;
    fuzz_require(tracker_new(NULL, 0, &tracker, &err) == ERR_NONE);
    struct track_box *boxes = mem_calloc(file->count + 1, sizeof(*boxes));
    for (size_t i = 0; i < file->count; i++) {
        const struct mot_row *row = &file->rows[i];
        boxes[i] = (struct track_box){row->x, row->y, row->width, row->height, row->confidence, row->class_id, NULL};
    }
    for (int32_t f = 1; f <= file->frames; f++)
        fuzz_require(tracker_add(tracker, f * INT64_C(40000), boxes + file->begin[f],
                         file->begin[f + 1] - file->begin[f], &err) == ERR_NONE);
    fuzz_require(tracker_finish(tracker, &tracks, &err) == ERR_NONE);
    for (size_t i = 0; i < tracks.count; i++) {
        for (size_t k = 0; k < tracks.items[i].count; k++) {
            const struct track_point *p = &tracks.items[i].points[k];
            fuzz_require(isfinite(p->x) && isfinite(p->y) && p->width > 0.0 && p->height > 0.0);
            fuzz_require(k == 0 || p->frame > tracks.items[i].points[k - 1].frame);
        }
    }
    tracker_free(tracker);
    free(boxes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mot_file *file = NULL;
    struct mot_scores scores;
    struct err err = ERR_INIT;
    enum err_code code = mot_file_parse("file", (const char *)data, size, &file, &err);
    fuzz_require_sentence(code, &err);
    if (file != NULL && file->frames <= FRAMES_MOST && file->count <= BOXES_MOST) {
        code = mot_evaluate("truth", file, "tracks", file, NULL, &scores, &err);
        fuzz_require_sentence(code, &err);
        if (code == ERR_NONE && scores.truth_boxes > 0 && scores.truth_boxes == scores.track_boxes)
            fuzz_require(isfinite(scores.mota) && scores.hota <= 1.0 + 1e-9 && scores.idf1 <= 1.0 + 1e-9);
        track(file);
    }
    mot_file_free(file);
    return 0;
}
