// For the module's tests: clips made with FFmpeg's programs, what ffprobe says of them, and split plus decode in one.
#pragma once

#include <stdint.h>

#include "base/id.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "media/decode.h"
#include "media/split.h"

// A new folder for one test program, removed with all that is in it at exit.
const char *clips_dir(void);
// Runs `ffmpeg <arguments> <file in clips_dir>` once for each name; returns the path. Fails the test if ffmpeg fails;
// skips it if there is no such program.
const char *clip_make(const char *name, const char *arguments);
// Writes a file into clips_dir(), over what was there; returns the path.
const char *clip_write(const char *name, const void *data, size_t size);
// The path of ../shared/data/<name>, or NULL if it is not there.
const char *clip_shared(const char *name);

struct frame_list {
    struct clip_frame {
        int32_t index;
        int64_t pts_us;
        uint32_t crc; // of all planes; 0 from ffprobe
        int32_t width, height;
        int32_t segment;
        bool damaged;
    } * frames;
    size_t count;
};

void frame_list_free(struct frame_list *list);
// The times of all frames ffprobe decodes of the stream (index among video streams), from the first, in microseconds.
void clip_probe(const char *path, int stream, struct frame_list *list);

struct clip_run {
    double chunk_s;
    double limit_s; // 0: none
    const char *fps;
    bool decode_everything;
    int32_t threads;
};

struct clip_outcome {
    struct split_result split;
    struct decode_result decode; // summed
    struct frame_list list;
};

void clip_outcome_release(struct clip_outcome *outcome);
// Splits and decodes the file; what went wrong in the split is returned.
enum err_code clip_run(const char *path, const struct clip_run *run, struct clip_outcome *outcome, struct err *err);
// The same; fails the test where the split goes wrong.
void clip_must_run(const char *path, const struct clip_run *how, struct clip_outcome *outcome);
// `name` says which clip it is about. Without `pictures` only indices and times are compared.
void assert_same_frames(const struct frame_list *a, const struct frame_list *b, const char *name, bool pictures);
// Adds a big-endian number, as the tables of MP4 files have them.
void put_be32(struct strbuf *out, uint32_t value);
