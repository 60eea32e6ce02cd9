// The records of an archive (archive_file.h), each way. Reading leaves `bad` set in the reader for what makes no sense.
#pragma once

#include "base/strbuf.h"
#include "meta_store/meta_archive.h"
#include "meta_store/meta_store.h"
#include "meta_store/value_bytes.h"

// The setting of a store that is being filled: by which file, so that only this one goes on.
#define META_ARCHIVE_SETTING "import"

void archive_put_video(struct strbuf *out, const struct meta_video *video);
void archive_take_video(struct value_reader *in, struct meta_video *video);
void archive_put_segment(struct strbuf *out, const struct meta_segment *segment);
void archive_take_segment(struct value_reader *in, struct meta_segment *segment);
void archive_put_frame(struct strbuf *out, const struct meta_frame *frame);
// The objects are to be freed.
void archive_take_frame(struct value_reader *in, struct meta_frame *frame);
void archive_put_track(struct strbuf *out, const struct meta_track *track);
void archive_take_track(struct value_reader *in, struct meta_track *track);
void archive_put_totals(struct strbuf *out, const struct meta_archive_totals *totals);
void archive_take_totals(struct value_reader *in, struct meta_archive_totals *totals);
