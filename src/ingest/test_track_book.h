// For the tests of a book of corrections: sheets of walkers, and corrections as they are asked for and written. What
// fails ends the test.
#pragma once

#include "ingest/track_book.h"
#include "ingest/track_corrections.h"

#define VIDEO "0123456789abcdef"

extern struct err failure; // of the last call

// Walkers go side by side, far enough from one another; track n is the n-th one's.
struct meta_object walker(size_t frame, int64_t n);
// Adds a frame whose objects are on the tracks that they name.
void add_frame(struct track_sheet *sheet, int32_t index, struct meta_object *objects, size_t count);

// Adds the entry as it comes back from the journal.
void add_written(struct track_book *book, const struct track_entry *entry, int64_t at_us);
// Corrects the tracks as they are after all of the book. `state`, to be freed, is what they are then: as before where
// the request is refused, and nothing is added.
enum err_code correct(struct track_book *book, const struct track_sheet *sheet,
    const struct correction_request *request, int64_t at_us, struct track_state **state) ERR_MUST_CHECK;
