#include "media/decode_room.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <libavutil/buffer.h>

#include "base/mem.h"
#include "os/proc.h"

// Of all pictures of a decoder. No level of H.264 or HEVC up to 8K needs half of it.
#define BYTES_MAX ((int64_t)2 << 30)
#define THREADS_MAX 64
// Each thread holds a picture of its own: together they hold no more pixels than this (16 of 4K).
#define THREAD_PIXELS_MAX (INT64_C(16) * 3840 * 2160)

struct decode_room {
    atomic_int refs;
    int64_t bytes_max;
    atomic_llong bytes; // taken
    atomic_bool was_full;
    atomic_int width, height; // of the picture that found no room
};

// Stands for a picture's first buffer until nobody uses it any more.
struct taken {
    struct decode_room *room;
    AVBufferRef *buffer;
    int64_t bytes;
};

struct decode_room *decode_room_new(const struct media_limits *limits)
{
    struct decode_room *room = mem_calloc(1, sizeof(*room));
    room->refs = 1;
    room->bytes_max = limits->decoder_bytes_max > 0 ? limits->decoder_bytes_max : BYTES_MAX;
    return room;
}

void decode_room_free(struct decode_room *room)
{
    if (room != NULL && atomic_fetch_sub(&room->refs, 1) == 1)
        free(room);
}

int decode_room_threads(int32_t wanted, const AVCodecParameters *par)
{
    int64_t threads = wanted > 0 ? wanted : proc_cpu_count();
    int64_t pixels = (int64_t)par->width * par->height;
    int64_t most = pixels > 0 ? THREAD_PIXELS_MAX / pixels : THREADS_MAX;
    if (most > THREADS_MAX)
        most = THREADS_MAX;
    if (threads > most)
        threads = most;
    return threads > 0 ? (int)threads : 1;
}

bool decode_room_was_full(const struct decode_room *room)
{
    return room->was_full;
}

enum err_code decode_room_error(const struct decode_room *room, struct err *err)
{
    return err_set(err, ERR_LIMIT,
        "decoding the video takes more than %lld MiB: it keeps too many pictures of %dx%d pixels at once; make it "
        "smaller, as with ffmpeg -i FILE -vf scale=1920:-2 NEW.mp4",
        (long long)(room->bytes_max >> 20), room->width, room->height);
}

static void give_back(void *opaque, uint8_t *data)
{
    (void)data;
    struct taken *taken = opaque;
    av_buffer_unref(&taken->buffer);
    atomic_fetch_sub(&taken->room->bytes, taken->bytes);
    decode_room_free(taken->room);
    free(taken);
}

static bool take(struct decode_room *room, AVFrame *frame)
{
    int64_t bytes = 0;
    for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i] != NULL; i++)
        bytes += (int64_t)frame->buf[i]->size;
    if (atomic_fetch_add(&room->bytes, bytes) + bytes > room->bytes_max) {
        atomic_fetch_sub(&room->bytes, bytes);
        room->width = frame->width;
        room->height = frame->height;
        room->was_full = true;
        return false;
    }
    struct taken *taken = mem_alloc(sizeof(*taken));
    *taken = (struct taken){.room = room, .buffer = frame->buf[0], .bytes = bytes};
    atomic_fetch_add(&room->refs, 1);
    AVBufferRef *standing = av_buffer_create(frame->buf[0]->data, frame->buf[0]->size, give_back, taken, 0);
    if (standing == NULL) {
        atomic_fetch_sub(&room->bytes, bytes);
        decode_room_free(room);
        free(taken);
        return false;
    }
    frame->buf[0] = standing;
    return true;
}

static int get_buffer(AVCodecContext *codec, AVFrame *frame, int flags)
{
    int rc = avcodec_default_get_buffer2(codec, frame, flags);
    if (rc < 0 || frame->buf[0] == NULL || take(codec->opaque, frame))
        return rc;
    for (int i = 0; i < AV_NUM_DATA_POINTERS; i++)
        av_buffer_unref(&frame->buf[i]);
    return AVERROR(ENOMEM);
}

void decode_room_attach(struct decode_room *room, AVCodecContext *codec)
{
    codec->opaque = room;
    codec->get_buffer2 = get_buffer;
#if LIBAVCODEC_VERSION_MAJOR < 60
    // Later ones take every callback for one that threads may call.
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wdeprecated-declarations\"")
        codec->thread_safe_callbacks = 1;
    _Pragma("GCC diagnostic pop")
#endif
}
