// What a dead letter means for its video: the frame, segment or source it was about has failed.
//
// Repeatable, and harmless where the work was done after all. Safe from all threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/ingest.h"

// Marks what the message was about as failed, writes the sentence to the video, and settles it. `cause`: what it failed
// with, which says whether trying again can help; ERR_NONE where that is not known.
enum err_code dead_letter_settle(const struct ingest *ingest, const char *topic, const char *key, const char *body,
    size_t body_size, const char *reason, enum err_code cause, struct err *err) ERR_MUST_CHECK;
// The same for all dead letters of a topic with an id above *after, which is moved on: for messages that died without a
// worker, because the processes that held them were killed too often. One whose video is damaged is passed over.
enum err_code dead_letter_settle_new(
    const struct ingest *ingest, const char *topic, int64_t *after, struct err *err) ERR_MUST_CHECK;
