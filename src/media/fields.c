#include "media/fields.h"

#include <stdlib.h>

#include "base/mem.h"

struct field_pairs {
    AVCodecParserContext *parser;
    AVCodecContext *codec;
    enum AVPictureStructure open; // the field whose other half is to come; UNKNOWN: none
};

struct field_pairs *field_pairs_new(const AVCodecParameters *par)
{
    // With an avcC header (MP4, Matroska) a sample is a whole picture.
    if (par->codec_id != AV_CODEC_ID_H264 || (par->extradata_size > 0 && par->extradata[0] == 1))
        return NULL;
    struct field_pairs *pairs = mem_calloc(1, sizeof(*pairs));
    pairs->parser = av_parser_init(AV_CODEC_ID_H264);
    pairs->codec = avcodec_alloc_context3(NULL);
    if (pairs->parser == NULL || pairs->codec == NULL || avcodec_parameters_to_context(pairs->codec, par) < 0) {
        field_pairs_free(pairs);
        return NULL;
    }
    pairs->parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
    return pairs;
}

void field_pairs_free(struct field_pairs *pairs)
{
    if (pairs == NULL)
        return;
    if (pairs->parser != NULL)
        av_parser_close(pairs->parser);
    avcodec_free_context(&pairs->codec);
    free(pairs);
}

bool field_pairs_is_second(struct field_pairs *pairs, const AVPacket *packet, bool first)
{
    if (pairs == NULL)
        return false;
    uint8_t *out = NULL;
    int out_size = 0;
    av_parser_parse2(pairs->parser, pairs->codec, &out, &out_size, packet->data, packet->size, packet->pts, packet->dts,
        packet->pos);
    enum AVPictureStructure structure = pairs->parser->picture_structure;
    bool field = structure == AV_PICTURE_STRUCTURE_TOP_FIELD || structure == AV_PICTURE_STRUCTURE_BOTTOM_FIELD;
    bool second = field && !first && pairs->open != AV_PICTURE_STRUCTURE_UNKNOWN && pairs->open != structure;
    pairs->open = field && !second ? structure : AV_PICTURE_STRUCTURE_UNKNOWN;
    return second;
}
