#include "media/picture.h"

#include "media/nal.h"

// Units looked at in one access unit: broken ones consist of thousands.
#define UNITS_MAX 4096

static bool keyframes_are_trusted(enum AVCodecID codec, const AVCodecDescriptor *descriptor)
{
    if (descriptor != NULL && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0)
        return true;
    switch (codec) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1:
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_H263:
    case AV_CODEC_ID_MSMPEG4V2:
    case AV_CODEC_ID_MSMPEG4V3:
    case AV_CODEC_ID_FLV1:
    case AV_CODEC_ID_VP6F:
    case AV_CODEC_ID_WMV1:
    case AV_CODEC_ID_WMV2:
    case AV_CODEC_ID_THEORA:
        return true;
    default:
        return false;
    }
}

void picture_parser_init(struct picture_parser *parser, const AVCodecParameters *par)
{
    const AVCodecDescriptor *descriptor = avcodec_descriptor_get(par->codec_id);
    bool intra_only = descriptor != NULL && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
    parser->codec = par->codec_id;
    parser->nal_length_size = nal_length_size(par);
    parser->reorders = descriptor == NULL || (descriptor->props & AV_CODEC_PROP_REORDER) != 0;
    if (intra_only || par->codec_id == AV_CODEC_ID_VP8 || par->codec_id == AV_CODEC_ID_VP9 ||
        par->codec_id == AV_CODEC_ID_AV1)
        parser->reorders = false;
    parser->cuttable = keyframes_are_trusted(par->codec_id, descriptor);
}

// Whether a supplemental information unit carries a recovery point that is exact at once.
static bool sei_recovers_at_once(const uint8_t *unit, size_t size)
{
    struct nal_bits bits = {.data = unit + 1, .size = size - 1};
    for (int messages = 0; messages < 64 && !bits.overrun; messages++) {
        uint32_t type = 0;
        uint32_t length = 0;
        uint32_t byte;
        do {
            byte = nal_bits_read(&bits, 8);
            type += byte;
        } while (byte == 0xFF && !bits.overrun);
        do {
            byte = nal_bits_read(&bits, 8);
            length += byte;
        } while (byte == 0xFF && !bits.overrun);
        if (bits.overrun)
            return false;
        if (type == 6)
            return nal_bits_ue(&bits) == 0 && !bits.overrun;
        for (uint32_t i = 0; i < length && !bits.overrun; i++)
            nal_bits_read(&bits, 8);
        if (bits.byte + 1 >= bits.size) // only the trailing bits are left
            return false;
    }
    return false;
}

static void inspect_h264(const struct picture_parser *parser, const AVPacket *packet, struct picture_info *info)
{
    struct nal_reader reader = {
        .data = packet->data, .size = (size_t)packet->size, .length_size = parser->nal_length_size};
    const uint8_t *unit;
    size_t size;
    bool recovers = false;
    bool coded = false;
    info->reference = false;
    for (int i = 0; i < UNITS_MAX && nal_next(&reader, &unit, &size); i++) {
        int type = unit[0] & 0x1F;
        if (type == 6 && !coded && size > 2 && sei_recovers_at_once(unit, size))
            recovers = true;
        if (type != 1 && type != 2 && type != 5)
            continue;
        coded = true;
        info->reference = info->reference || (unit[0] & 0x60) != 0;
        if (type == 5) {
            info->clean = info->starts = info->no_leading = info->closed = true;
            return;
        }
        if (info->reference)
            break;
    }
    if (!coded)
        info->reference = true;
    info->clean = coded && recovers && (packet->flags & AV_PKT_FLAG_KEY) != 0;
    info->starts = info->clean || (packet->flags & AV_PKT_FLAG_KEY) != 0;
}

static void inspect_hevc(const struct picture_parser *parser, const AVPacket *packet, struct picture_info *info)
{
    struct nal_reader reader = {
        .data = packet->data, .size = (size_t)packet->size, .length_size = parser->nal_length_size};
    const uint8_t *unit;
    size_t size;
    for (int i = 0; i < UNITS_MAX && nal_next(&reader, &unit, &size); i++) {
        int type = unit[0] >> 1 & 0x3F;
        if (type > 31 || size < 2)
            continue;
        bool lowest_layer = (unit[0] & 1) == 0 && unit[1] >> 3 == 0;
        if (!lowest_layer)
            continue;
        info->temporal_id = (uint8_t)((unit[1] & 7) > 0 ? (unit[1] & 7) - 1 : 0);
        info->clean = info->starts = type >= 16 && type <= 21;
        info->no_leading = type == 18 || type == 20;
        info->leading_lost = type == 8 || type == 9;
        info->leading_kept = type == 6 || type == 7;
        info->trailing = type <= 5;
        info->reference = type >= 16 || (type & 1) == 1;
        return;
    }
}

static void inspect_mpeg_video(const AVPacket *packet, struct picture_info *info)
{
    const uint8_t *data = packet->data;
    size_t size = (size_t)packet->size;
    bool closed_gop = false;
    for (size_t i = 0; i + 5 < size; i++) {
        if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1)
            continue;
        if (data[i + 3] == 0xB8 && i + 7 < size)
            closed_gop = (data[i + 7] & 0x40) != 0;
        if (data[i + 3] != 0x00)
            continue;
        int type = data[i + 5] >> 3 & 7;
        info->reference = type != 3;
        info->clean = info->starts = type == 1;
        info->no_leading = type == 1 && data[i + 4] == 0 && data[i + 5] >> 6 == 0; // the first to show
        info->closed = closed_gop;
        return;
    }
}

static void inspect_mpeg4(const AVPacket *packet, struct picture_info *info)
{
    const uint8_t *data = packet->data;
    size_t size = (size_t)packet->size;
    int pictures = 0;
    bool bidirectional = false;
    bool intra = false;
    for (size_t i = 0; i + 4 < size; i++) {
        if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1 || data[i + 3] != 0xB6)
            continue;
        bidirectional = data[i + 4] >> 6 == 2;
        intra = intra || data[i + 4] >> 6 == 0;
        pictures++;
        i += 4;
    }
    info->reference = !(pictures == 1 && bidirectional);
    // Where pictures were packed, the mark of a keyframe may be at the picture after.
    info->clean = info->starts = intra && (packet->flags & AV_PKT_FLAG_KEY) != 0;
}

static void inspect_flv1(const AVPacket *packet, struct picture_info *info)
{
    // Sorenson's H.263; SWF does not mark keyframes.
    struct nal_bits bits = {.data = packet->data, .size = (size_t)packet->size, .zeros = INT_MIN};
    nal_bits_read(&bits, 17 + 5 + 8);
    uint32_t size = nal_bits_read(&bits, 3);
    nal_bits_read(&bits, size == 0 ? 16 : (size == 1 ? 32 : 0));
    info->clean = info->starts = nal_bits_read(&bits, 2) == 0 && !bits.overrun;
}

static void inspect_vp9(const AVPacket *packet, struct picture_info *info)
{
    // A superframe always shows its last picture; a packet with a single hidden one shows none.
    uint8_t last = packet->data[packet->size - 1];
    if ((last & 0xE0) == 0xC0)
        return;
    struct nal_bits bits = {.data = packet->data, .size = (size_t)(packet->size < 2 ? packet->size : 2)};
    if (nal_bits_read(&bits, 2) != 2)
        return;
    uint32_t profile = nal_bits_read(&bits, 1);
    profile |= nal_bits_read(&bits, 1) << 1;
    if (profile == 3)
        nal_bits_read(&bits, 1);
    if (nal_bits_read(&bits, 1) == 1) // shows a picture that was coded before
        return;
    nal_bits_read(&bits, 1);
    info->shown = nal_bits_read(&bits, 1) == 1;
}

void picture_inspect(const struct picture_parser *parser, const AVPacket *packet, struct picture_info *info)
{
    *info = (struct picture_info){.reference = true, .shown = true};
    bool key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    if (packet->size <= 0 || packet->data == NULL)
        return;
    switch (parser->codec) {
    case AV_CODEC_ID_H264:
        inspect_h264(parser, packet, info);
        break;
    case AV_CODEC_ID_HEVC:
        inspect_hevc(parser, packet, info);
        break;
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
        inspect_mpeg_video(packet, info);
        break;
    case AV_CODEC_ID_MPEG4:
        inspect_mpeg4(packet, info);
        break;
    case AV_CODEC_ID_FLV1:
        inspect_flv1(packet, info);
        break;
    case AV_CODEC_ID_VP8:
        info->clean = info->starts = key;
        info->shown = (packet->data[0] & 0x10) != 0;
        break;
    case AV_CODEC_ID_VP9:
        info->clean = info->starts = key;
        inspect_vp9(packet, info);
        break;
    default:
        info->clean = info->starts = key;
        break;
    }
    info->clean = info->clean && parser->cuttable;
    if (!parser->reorders && info->clean)
        info->no_leading = true;
}
