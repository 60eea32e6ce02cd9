// The tracks of a playable copy (remux.h): each is pulled along by one step at a time. Internal to the module.
#pragma once

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media/remux.h"
#include "media/timeline.h"

// What both kinds share. Times of the copy are those of the source minus the video's first frame's.
struct remux_output {
    AVFormatContext *muxer;
    const struct media_input *input;
    bool encode;         // both tracks, though they could be copied
    bool coarse;         // times in milliseconds: there are gaps that finer ones cannot count in MP4's 32 bits
    bool late_sound;     // there is sound, though not from the beginning on
    bool again;          // it turned out on the way that one of these is needed
    bool has_sound;      // a track of it
    int64_t last_dts[2]; // of each stream, in its time base; INT64_MIN before the first
    struct media_limits limits;
    const struct remux_options *options;
    int64_t begin;               // where the first video of which there is a frame begins in the file
    AVRational origin_time_base; // of origin_pts
    int64_t origin_pts;          // of the video's first frame, in the source
};

struct remux_video {
    struct remux_output *output;
    struct decode_room *room;
    struct media_source *source;
    struct timeline *timeline;
    AVStream *stream;
    AVCodecContext *decoder; // NULL where the track is copied
    AVCodecContext *encoder;
    struct SwsContext *scaler;
    AVFrame *picture;
    AVFrame *scaled;
    AVPacket *packet;
    int64_t last_dts;
    int64_t last_pts;       // of the encoded ones
    int64_t coded_duration; // of the newest coded picture, in the source's time base
    int64_t duration;       // the same of the encoded ones
    int64_t time_us;        // how far the track is
    int64_t pos;            // of its newest packet in the source
    int64_t jump_pos;       // of the first one behind the newest jump of its times
    int parts;              // see media_source_open_rest()
    int64_t begin;          // of the source of the newest picture, in the file (media_source_rest())
    bool done;
};

struct remux_audio {
    struct remux_output *output;
    struct media_source *source;
    AVStream *input; // NULL where a part of the source has no sound
    AVStream *stream;
    AVCodecContext *decoder; // NULL where the track is copied
    AVCodecContext *encoder;
    struct SwrContext *resampler; // NULL before the first sound
    struct {
        AVChannelLayout layout;
        int format;
        int rate; // 0: of nothing
    } heard;      // what the resampler was opened for
    struct AVAudioFifo *fifo;
    AVFrame *sound;
    AVFrame *piece;
    AVPacket *packet;
    int64_t next_pts; // of what comes out of the fifo, in samples
    int64_t last_dts;
    int64_t time_us;
    int64_t shift; // added to the source's times, in its time base
    bool resuming; // the next sound begins anew
    bool left_out; // that of this source, which cannot be decoded
    int64_t rest;  // where the source goes on, once the video does; -1
    bool ended;    // before a gap that the track cannot hold
    bool held;     // the packet is that of another recording, whose pictures are not there yet
    bool done;
};

bool remux_can_copy_video(const AVCodecParameters *par);
bool remux_can_copy_audio(const AVCodecParameters *par);

// Opens the source again for this track and adds a stream to the muxer.
enum err_code remux_video_open(struct remux_video *video, struct remux_output *output, struct err *err) ERR_MUST_CHECK;
enum err_code remux_audio_open(struct remux_audio *audio, struct remux_output *output, struct err *err) ERR_MUST_CHECK;
// Takes one packet of the source further; sets `done` at the end. Where a copied video goes on as another one, `again`
// of the output says that all has to be made anew with `encode`, and where the first sound comes, with `late_sound`.
// Sound does not go further than the video: its times are shifted as the video's are.
enum err_code remux_video_step(struct remux_video *video, struct err *err) ERR_MUST_CHECK;
enum err_code remux_audio_step(
    struct remux_audio *audio, const struct remux_video *video, struct err *err) ERR_MUST_CHECK;
// Whether the next sound has its place only once the video has come further.
bool remux_audio_waits(const struct remux_audio *audio, const struct remux_video *video);
void remux_video_close(struct remux_video *video);
void remux_audio_close(struct remux_audio *audio);

// Opens what the copy is made of, once more.
enum err_code remux_open_source(
    const struct remux_output *output, struct media_source **source, struct err *err) ERR_MUST_CHECK;
// `*kept` is false where the gap before the packet is longer than the track can hold.
enum err_code remux_write(struct remux_output *output, AVPacket *packet, const AVStream *stream, AVRational time_base,
    bool *kept, struct err *err) ERR_MUST_CHECK;
