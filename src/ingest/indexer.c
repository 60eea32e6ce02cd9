#include "ingest/indexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ingest/indexer_batch.h"
#include "queue/queue.h"

#define LABEL_DIGITS 12

// A thread's own.
struct indexer_thread {
    struct jpeg_decoder *jpeg_decoder;
    struct jpeg_encoder *jpeg_encoder;
    struct strbuf jpeg;
    struct arena *arena;
    struct index_batch batch;
};

// ---- settings

static const struct option_spec indexer_specs[] = {
    {.name = "indexers",
        .type = OPTION_INT,
        .fallback = "0",
        .least = "0",
        .most = "64",
        .help = "Workers that index frames; 0: as many as --workers says."},
    {.name = "frames-in-flight",
        .type = OPTION_INT,
        .fallback = "6",
        .least = "1",
        .most = "64",
        .help = "Pictures that an indexer has in hand at once."},
    {.name = "crop-margin",
        .type = OPTION_FLOAT,
        .fallback = "0.1",
        .least = "0",
        .most = "1",
        .help = "What the stored picture of an object shows around it, as a share of its size on each side."},
    {.name = "crop-quality",
        .type = OPTION_INT,
        .fallback = "90",
        .least = "1",
        .most = "100",
        .help = "JPEG quality of the stored pictures of objects."},
    {.name = "max-objects",
        .type = OPTION_INT,
        .fallback = "100",
        .least = "1",
        .most = "999",
        .help = "Objects kept per frame: the ones with the best scores."},
    {.name = "publish-detections",
        .type = OPTION_BOOL,
        .fallback = "false",
        .help =
            "Publish a message per indexed frame, for programs of your own that read the queue; Framehound's tracker "
            "passes over them."},
};
const struct option_table indexer_options = {
    .title = "Indexer", .options = indexer_specs, .count = sizeof(indexer_specs) / sizeof(indexer_specs[0])};

void indexer_settings_default(struct indexer_settings *settings)
{
    *settings = (struct indexer_settings){.workers = 1,
        .batch_frames = 16,
        .frames_in_flight = 6,
        .crop_margin = 0.1,
        .crop_quality = JPEG_QUALITY_DEFAULT,
        .max_objects = 100};
}

void indexer_settings_read(const struct options *options, struct indexer_settings *settings)
{
    indexer_settings_default(settings);
    settings->workers = (int)options_int(options, "indexers");
    settings->frames_in_flight = (int)options_int(options, "frames-in-flight");
    settings->crop_margin = options_float(options, "crop-margin");
    settings->crop_quality = (int)options_int(options, "crop-quality");
    settings->max_objects = (int)options_int(options, "max-objects");
    settings->publish_detections = options_bool(options, "publish-detections");
}

// ---- what the vectors are called

static void hash_number(struct sha256 *hash, double number)
{
    char text[40];
    snprintf(text, sizeof(text), "%.17g;", number);
    sha256_update(hash, text, strlen(text));
}

// Everything that a descriptor depends on, and nothing else: neither the licence nor the names of classes.
static void hash_descriptor(struct sha256 *hash, const struct manifest *manifest)
{
    const struct manifest_input *input = &manifest->input;
    for (size_t i = 0; i < manifest->file_count; i++)
        sha256_update(hash, manifest->files[i].sha256, strlen(manifest->files[i].sha256));
    const double numbers[] = {input->width, input->height, input->layout, input->type, input->colour, input->resize,
        input->pad, input->letterbox_align, manifest->crop_margin, manifest->has_descriptor, manifest->deep_weight,
        manifest->has_colour};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        hash_number(hash, numbers[i]);
    for (size_t i = 0; i < 3; i++) {
        hash_number(hash, (double)input->mean[i]);
        hash_number(hash, (double)input->deviation[i]);
    }
    if (!manifest->has_colour)
        return;
    const struct manifest_colour *colour = &manifest->colour;
    const double colours[] = {colour->levels, colour->bins[0], colour->bins[1], colour->bins[2], colour->binning,
        colour->ranges[0][0], colour->ranges[0][1], colour->ranges[1][0], colour->ranges[1][1], colour->ranges[2][0],
        colour->ranges[2][1], colour->compand, colour->margin, colour->power, colour->bands, colour->weight};
    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
        hash_number(hash, colours[i]);
}

void model_label_make(const struct manifest *manifest, char out[MODEL_LABEL_SIZE])
{
    struct sha256 hash;
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    sha256_init(&hash);
    hash_descriptor(&hash, manifest);
    sha256_final(&hash, digest);
    sha256_hex(digest, hex);
    snprintf(out, MODEL_LABEL_SIZE, "%s@%.*s", manifest->name, LABEL_DIGITS, hex);
}

// ---- the part

static enum err_code open_thread(void *part, struct worker *worker, void **state, struct err *err)
{
    (void)part;
    (void)worker;
    (void)err;
    struct indexer_thread *thread = mem_calloc(1, sizeof(*thread));
    thread->jpeg_decoder = jpeg_decoder_new();
    thread->jpeg_encoder = jpeg_encoder_new();
    thread->arena = arena_new();
    strbuf_init(&thread->jpeg);
    *state = thread;
    return ERR_NONE;
}

static void close_thread(void *part, void *state)
{
    (void)part;
    struct indexer_thread *thread = state;
    jpeg_decoder_free(thread->jpeg_decoder);
    jpeg_encoder_free(thread->jpeg_encoder);
    arena_free(thread->arena);
    strbuf_release(&thread->jpeg);
    free(thread);
}

static void add_slot(struct index_batch *batch, struct worker_task *task)
{
    struct index_slot *slot = &batch->slots[batch->count];
    const struct queue_message *message = task->message;
    *slot = (struct index_slot){.task = task, .event = ACTIVITY_EVENT_INIT};
    if (frame_message_decode(message->body, message->body_size, &slot->message, &task->err) != ERR_NONE)
        return;
    slot->event.kind = ACTIVITY_FRAME_INDEXED;
    memcpy(slot->event.video, slot->message.video, sizeof(slot->event.video));
    slot->event.segment = slot->message.segment;
    slot->event.frame = slot->message.frame;
    batch->count++;
}

static void handle(
    void *part, void *state, struct worker *worker, struct worker_task *tasks, size_t count, struct cancel *cancel)
{
    struct indexer_thread *thread = state;
    struct index_batch *batch = &thread->batch;
    *batch = (struct index_batch){.indexer = part,
        .worker = worker,
        .cancel = cancel,
        .jpeg_decoder = thread->jpeg_decoder,
        .jpeg_encoder = thread->jpeg_encoder,
        .jpeg = &thread->jpeg,
        .arena = thread->arena};
    for (size_t i = 0; i < count; i++)
        add_slot(batch, &tasks[i]);
    index_batch_look(batch);
    index_batch_store(batch);
    index_batch_release(batch);
    arena_reset(thread->arena);
}

static void free_indexer(void *part)
{
    free(part);
}

static const struct worker_part indexer_part = {.name = "indexer",
    .topic = TOPIC_FRAMES,
    .thread_open = open_thread,
    .thread_close = close_thread,
    .handle = handle,
    .free = free_indexer};

enum err_code indexer_start(const struct ingest *ingest, const struct indexer_settings *settings,
    struct detector *detector, struct embedder *embedder, struct cancel *cancel, struct worker_pool **pool,
    struct err *err)
{
    if (settings->batch_frames < 1 || settings->batch_frames > INDEXER_BATCH_MAX || settings->frames_in_flight < 1)
        return err_set(err, ERR_INVALID, "frames are indexed in batches of 1 to %d, not %d", INDEXER_BATCH_MAX,
            settings->batch_frames);
    struct indexer *indexer = mem_calloc(1, sizeof(*indexer));
    indexer->ingest = ingest;
    indexer->settings = *settings;
    indexer->detector = detector;
    indexer->embedder = embedder;
    indexer->dimension = (size_t)embedder_dimension(embedder);
    model_label_make(embedder_manifest(embedder), indexer->model);
    enum err_code code = worker_pool_start(ingest, &indexer_part, indexer,
        &(struct worker_pool_options){.threads = settings->workers, .batch_max = (size_t)settings->batch_frames},
        cancel, pool, err);
    if (code != ERR_NONE)
        free(indexer);
    return code;
}
