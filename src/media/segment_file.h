// Writes the packets of a segment into a file of its own. Internal to the module.
//
// MP4 (or its older sister MOV) where it can hold the codec and every time stamp exactly, else NUT. Times in the file
// are those of the source minus a constant (segment_file_offset()), so that they begin near zero; decoding times are
// made anew. Pictures that are decoded but not shown (edit lists) carry AV_PKT_FLAG_DISPOSABLE in MP4 files.
#pragma once

#include <libavformat/avformat.h>

#include "media/timeline.h"

struct segment_file;

// `first` is the segment's first picture. The path must stay; it is removed by segment_file_free() unless finished.
enum err_code segment_file_create(const char *path, const AVStream *video, const struct coded_picture *first,
    struct segment_file **file, struct err *err) ERR_MUST_CHECK;
void segment_file_free(struct segment_file *file);

// Appends a picture in decoding order. `*kept` is false for one that is damaged: its time makes no sense after those
// before it, or it is no coded picture at all. It is no frame of the segment then.
enum err_code segment_file_write(
    struct segment_file *file, const struct coded_picture *picture, bool *kept, struct err *err) ERR_MUST_CHECK;
// Completes the file and closes it.
enum err_code segment_file_finish(struct segment_file *file, int64_t *size_bytes, struct err *err) ERR_MUST_CHECK;
// What is to be added to a time stamp in the file, in the source's time base, to get the source's.
int64_t segment_file_offset(const struct segment_file *file);
int64_t segment_file_packets(const struct segment_file *file);
