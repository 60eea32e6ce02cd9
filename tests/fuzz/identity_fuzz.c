// Fuzzer: any bytes as names, ids, sampling rates, sizes and durations. What is taken is said the same way again.
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/options.h"
#include "fuzz.h"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "demo-1",
        "0123456789abcdef",
        "0123456789abcdef-00000017",
        "0123456789abcdef-00000017-003",
        "0123456789abcdef-t42",
        "29.97",
        "30000/1001",
        "all",
        "0.5",
        "10M",
        "1500ms",
        "2h",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

static void as_ids(const char *text)
{
    char video[VIDEO_ID_SIZE];
    char again[OBJECT_ID_SIZE + TRACK_ID_SIZE];
    int32_t index, k;
    int64_t n;
    if (frame_id_parse(text, video, &index)) {
        frame_id_make(video, index, again);
        fuzz_require(strcmp(text, again) == 0);
    }
    if (object_id_parse(text, video, &index, &k)) {
        object_id_make(video, index, k, again);
        fuzz_require(strcmp(text, again) == 0);
    }
    if (track_id_parse(text, video, &n)) {
        track_id_make(video, n, again);
        fuzz_require(strcmp(text, again) == 0);
    }
    struct err err = ERR_INIT;
    enum err_code code = project_name_check(text, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require((code == ERR_NONE) == project_name_is_valid(text));
    if (code == ERR_NONE)
        fuzz_require(strpbrk(text, "/.%") == NULL && strlen(text) <= PROJECT_NAME_MAX);
}

static void as_sampling(const char *text)
{
    struct sampling sampling, again;
    char said[SAMPLING_TEXT_SIZE];
    struct err err = ERR_INIT;
    enum err_code code = sampling_parse(text, &sampling, &err);
    fuzz_require_sentence(code, &err);
    if (code != ERR_NONE)
        return;
    sampling_format(&sampling, said);
    fuzz_require(sampling_parse(said, &again, &err) == ERR_NONE);
    fuzz_require(sampling.all == again.all && sampling.fps_num == again.fps_num && sampling.fps_den == again.fps_den);
    if (sampling.all)
        return;
    fuzz_require(sampling.fps_num > 0 && sampling.fps_den > 0);
    // A frame on a grid point takes that point, and the next one lies after it.
    for (int64_t i = 0; i < 3; i++) {
        int64_t point_us = sampling_point_us(&sampling, i);
        int64_t next = sampling_first_after(&sampling, point_us);
        fuzz_require(next > i && sampling_point_us(&sampling, next) > point_us);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    as_ids(text);
    as_sampling(text);
    struct err err = ERR_INIT;
    int64_t number = 0;
    enum err_code code = option_parse_size("an input", text, &number, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require(code != ERR_NONE || number >= 0);
    code = option_parse_duration("an input", text, &number, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require(code != ERR_NONE || number >= 0);
    free(text);
    return 0;
}
