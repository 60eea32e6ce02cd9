// What a person asks for, as a correction that can be written down: tracks become anchors. Shared by the files of
// corrections; not for other modules.
#pragma once

#include "base/err.h"
#include "ingest/track_corrections.h"
#include "ingest/track_sheet.h"
#include "ingest/track_state.h"
#include "ingest/track_step.h"

// The entry for a split, merge or giving on these tracks. `room` takes the objects of a giving and lives as long as the
// entry; free() it. Errors name the request's fields.
enum err_code track_request_entry(const struct correction_request *request, const struct track_sheet *sheet,
    const struct track_state *state, const char *video, struct track_entry *entry, struct track_anchor **room,
    struct err *err) ERR_MUST_CHECK;
