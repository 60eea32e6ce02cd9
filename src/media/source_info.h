// What a source is: the choice of its video stream and its description. Internal to the module.
#pragma once

#include "media/source.h"

// Sets source->video and switches the other streams off. ERR_INVALID if there is no video.
enum err_code source_choose_video(struct media_source *source, struct err *err) ERR_MUST_CHECK;
// Fills source->info; the video is chosen.
void source_describe(struct media_source *source);
// From a display matrix (av_display_*) to struct media_segment's rotation and flip, to the nearest right angle.
void source_matrix_to_rotation(const int32_t matrix[9], int32_t *rotation, bool *flip);
