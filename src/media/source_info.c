#include "media/source_info.h"

#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <string.h>

static bool stream_is_video(const AVStream *stream)
{
    return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
        (stream->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) == 0;
}

enum err_code source_choose_video(struct media_source *source, struct err *err)
{
    AVFormatContext *format = source->format;
    AVStream *chosen = NULL;
    bool sound = false;
    bool cover = false;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        AVStream *stream = format->streams[i];
        stream->discard = AVDISCARD_ALL;
        sound = sound || stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        cover = cover || (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !stream_is_video(stream));
        if (!stream_is_video(stream))
            continue;
        source->info.video_streams++;
        bool better = chosen == NULL ||
            ((stream->disposition & AV_DISPOSITION_DEFAULT) != 0 &&
                (chosen->disposition & AV_DISPOSITION_DEFAULT) == 0);
        if (better)
            chosen = stream;
    }
    if (chosen == NULL) {
        return err_set(err, ERR_INVALID, "the file has no video stream%s",
            cover ? ": only sound and a cover picture" : (sound ? ": only sound" : ""));
    }
    if (avcodec_find_decoder(chosen->codecpar->codec_id) == NULL)
        return err_set(err, ERR_INVALID, "the video is coded in a way for which there is no decoder here (%s)",
            avcodec_get_name(chosen->codecpar->codec_id));
    chosen->discard = AVDISCARD_DEFAULT;
    source->video = chosen;
    return ERR_NONE;
}

void source_matrix_to_rotation(const int32_t matrix[9], int32_t *rotation, bool *flip)
{
    // (x, y) goes to (a x + c y, b x + d y), y pointing down. A mirroring one is taken as a mirroring first.
    double a = matrix[0];
    double b = matrix[1];
    double c = matrix[3];
    double d = matrix[4];
    *flip = a * d - b * c < 0;
    if (*flip) {
        a = -a;
        b = -b;
    }
    double cosine = a + d;
    double sine = b - c;
    if (cosine * cosine >= sine * sine)
        *rotation = cosine >= 0 ? 0 : 180;
    else
        *rotation = sine > 0 ? 90 : 270;
}

static const char *container_name(const AVFormatContext *format)
{
    const char *name = format->iformat->name;
    const AVDictionaryEntry *brand = av_dict_get(format->metadata, "major_brand", NULL, 0);
    if (strncmp(name, "mov,", 4) == 0)
        return brand != NULL && strncmp(brand->value, "qt", 2) == 0 ? "mov" : "mp4";
    if (strcmp(name, "matroska,webm") == 0) {
        // The demuxer does not tell the two apart. WebM allows these codecs only, and only it matters to browsers.
        for (unsigned i = 0; i < format->nb_streams; i++) {
            enum AVCodecID id = format->streams[i]->codecpar->codec_id;
            if (id != AV_CODEC_ID_VP8 && id != AV_CODEC_ID_VP9 && id != AV_CODEC_ID_AV1 && id != AV_CODEC_ID_OPUS &&
                id != AV_CODEC_ID_VORBIS)
                return "matroska";
        }
        return "webm";
    }
    return name;
}

static void copy_name(char out[MEDIA_NAME_SIZE], const char *name)
{
    snprintf(out, MEDIA_NAME_SIZE, "%s", name != NULL ? name : "");
}

static int64_t stream_duration_us(const struct media_source *source)
{
    const AVStream *stream = source->video;
    if (stream->duration != AV_NOPTS_VALUE && stream->duration > 0)
        return av_rescale_q(stream->duration, stream->time_base, AV_TIME_BASE_Q);
    if (source->format->duration != AV_NOPTS_VALUE && source->format->duration > 0)
        return source->format->duration;
    return -1;
}

static void describe_shape(struct media_source *source)
{
    struct media_info *info = &source->info;
    const AVCodecParameters *par = source->video->codecpar;
    info->coded_width = par->width;
    info->coded_height = par->height;
    size_t matrix_size = 0;
    const uint8_t *matrix = av_stream_get_side_data(source->video, AV_PKT_DATA_DISPLAYMATRIX, &matrix_size);
    if (matrix != NULL && matrix_size >= 9 * sizeof(int32_t)) {
        int32_t values[9];
        memcpy(values, matrix, sizeof(values));
        source_matrix_to_rotation(values, &info->rotation, &info->flip);
    }
    bool turned = info->rotation == 90 || info->rotation == 270;
    info->width = turned ? par->height : par->width;
    info->height = turned ? par->width : par->height;
    AVRational sar = av_guess_sample_aspect_ratio(source->format, source->video, NULL);
    if (sar.num <= 0 || sar.den <= 0)
        sar = (AVRational){1, 1};
    info->sar_num = turned ? sar.den : sar.num;
    info->sar_den = turned ? sar.num : sar.den;
}

void source_describe(struct media_source *source)
{
    struct media_info *info = &source->info;
    const AVStream *video = source->video;
    copy_name(info->container, container_name(source->format));
    copy_name(info->video_codec, avcodec_get_name(video->codecpar->codec_id));
    copy_name(info->pixel_format, av_get_pix_fmt_name((enum AVPixelFormat)video->codecpar->format));
    info->video_stream = video->index;
    int audio = av_find_best_stream(source->format, AVMEDIA_TYPE_AUDIO, -1, video->index, NULL, 0);
    info->audio_stream = audio >= 0 ? audio : -1;
    info->has_audio = audio >= 0;
    for (unsigned i = 0; source->watch != NULL && audio < 0 && i < source->format->nb_streams; i++) {
        AVStream *stream = source->format->streams[i];
        if (stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
            stream->discard = AVDISCARD_DEFAULT; // it may come later
    }
    if (audio >= 0)
        copy_name(info->audio_codec, avcodec_get_name(source->format->streams[audio]->codecpar->codec_id));
    describe_shape(source);
    AVRational fps = video->avg_frame_rate.num > 0 ? video->avg_frame_rate : video->r_frame_rate;
    bool known = fps.num > 0 && fps.den > 0;
    info->fps_num = known ? fps.num : 0;
    info->fps_den = known ? fps.den : 1;
    info->frames = video->nb_frames > 0 ? video->nb_frames : -1;
    // Of a file whose video goes on as another one, only the first part's would be told.
    info->duration_us = media_source_rest(source) < 0 ? stream_duration_us(source) : -1;
    info->bit_rate = source->format->bit_rate > 0 ? source->format->bit_rate : -1;
    info->size_bytes = source->size;
    info->container_start_us = source->format->start_time != AV_NOPTS_VALUE ? source->format->start_time : INT64_MIN;
}
