// Fuzzer: any bytes as a message of each topic. What is taken can be said again and means the same.
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz.h"
#include "ingest/activity_state.h"
#include "ingest/messages.h"

static const char video[] = "0123456789abcdef";

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    struct strbuf out;
    strbuf_init(&out);
    struct source_message source = {.project = "demo", .again = true};
    memcpy(source.video, video, sizeof(video));
    source_message_encode(&source, &out);
    add(context, out.data, out.size);
    strbuf_reset(&out);
    struct segment_message segment = {.project = "demo", .limit_us = -1, .sampling = {.fps_num = 2997, .fps_den = 100}};
    memcpy(segment.video, video, sizeof(video));
    segment.segment.start_us = 10000000;
    segment.segment.end_us = 20000000;
    segment_message_encode(&segment, &out);
    add(context, out.data, out.size);
    strbuf_reset(&out);
    struct frame_message frame = {.project = "demo", .frame = 7, .pts_us = 1400000, .width = 640, .height = 480};
    memcpy(frame.video, video, sizeof(video));
    frame_message_encode(&frame, &out);
    add(context, out.data, out.size);
    strbuf_reset(&out);
    struct detections_message detections = {.project = "demo", .frame = 7, .pts_us = 1400000, .objects = 3};
    memcpy(detections.video, video, sizeof(video));
    detections_message_encode(&detections, &out);
    add(context, out.data, out.size);
    strbuf_release(&out);
    // In parentheses, so that nobody takes a text of several lines for a forgotten comma.
    static const char *const texts[] = {
        ("{\"v\":1,\"event\":\"frame-indexed\",\"part\":\"indexer\",\"worker\":\"indexer-1\",\"time_us\":1,"
         "\"project\":\"demo\",\"video\":\"0123456789abcdef\",\"frame\":7,\"objects\":3,\"duration_us\":900}"),
        "{\"v\":1,\"event\":\"worker-started\",\"part\":\"splitter\",\"worker\":\"splitter-1\",\"time_us\":1}",
        "{\"v\":1,\"event\":\"error\",\"part\":\"splitter\",\"worker\":\"s\",\"time_us\":1,\"message\":\"a text\"}",
        "0123456789abcdef/17",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

// Decodes, encodes and decodes again.
#define ROUND_TRIP(kind, text, size)                                                                                   \
    do {                                                                                                               \
        struct kind message, again;                                                                                    \
        struct err err = ERR_INIT;                                                                                     \
        enum err_code code = kind##_decode(text, size, &message, &err);                                                \
        fuzz_require_sentence(code, &err);                                                                             \
        if (code != ERR_NONE)                                                                                          \
            break;                                                                                                     \
        struct strbuf first, second;                                                                                   \
        strbuf_init(&first);                                                                                           \
        strbuf_init(&second);                                                                                          \
        kind##_encode(&message, &first);                                                                               \
        fuzz_require(kind##_decode(first.data, first.size, &again, &err) == ERR_NONE);                                 \
        kind##_encode(&again, &second);                                                                                \
        fuzz_require(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);                   \
        strbuf_release(&first);                                                                                        \
        strbuf_release(&second);                                                                                       \
    } while (0)

static void as_activity(const char *text, size_t size)
{
    const struct json_limits limits = {.size_bytes = 1 << 20, .depth = 8};
    struct err err = ERR_INIT;
    json_t *root = NULL;
    if (json_parse(text, size, &limits, &root, &err) == ERR_NONE && json_is_object(root)) {
        struct activity_state *state = activity_state_new(1000);
        activity_state_apply(state, root, 2000);
        activity_state_apply(state, root, 3000);
        json_decref(activity_state_json(state, 4000));
        json_decref(activity_state_workers(state, 4000));
        activity_state_free(state);
    }
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    ROUND_TRIP(source_message, text, size);
    ROUND_TRIP(segment_message, text, size);
    ROUND_TRIP(frame_message, text, size);
    ROUND_TRIP(detections_message, text, size);
    as_activity(text, size);
    char id[VIDEO_ID_SIZE];
    if (message_key_video(text, id))
        fuzz_require(video_id_is_valid(id));
    free(text);
    return 0;
}
