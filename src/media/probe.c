#include "media/probe.h"

#include "media/source.h"

enum err_code media_probe(const struct media_input *input, const struct media_limits *limits,
    const struct cancel *cancel, struct media_info *info, struct err *err)
{
    struct media_source *source = NULL;
    enum err_code code = media_source_open(input, MEDIA_SOURCE_FOREIGN, limits, cancel, &source, err);
    if (code == ERR_NONE)
        *info = source->info;
    media_source_close(source);
    return code;
}
