// Watches the tables of an MPEG transport stream go by, for the place where the video goes on as another one: coded in
// another way, or in packets of another number (recordings put end to end, a broadcaster's splice), or where there
// first is one. FFmpeg would take what follows for the stream that it knows, or leave it out. Internal to the module.
//
// A table counts only if its checksum is right. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ts_watch;

// `data` is the beginning of the stream, which tells the size of its packets; NULL if it cannot be told.
struct ts_watch *ts_watch_new(const uint8_t *data, size_t size);
void ts_watch_free(struct ts_watch *watch);
// Only the video in packets of this number matters from now on; until then, all do.
void ts_watch_follow(struct ts_watch *watch, int pid);
// Takes bytes from the offset on; they need not follow on those before.
void ts_watch_feed(struct ts_watch *watch, int64_t offset, const uint8_t *data, size_t size);
// Where the first that is known of the other video's packets begin; INT64_MAX: nowhere so far.
int64_t ts_watch_end(const struct ts_watch *watch);
// Whether FFmpeg marks the picture that begins at the offset as damaged only because another recording begins behind it
// or behind the next one, whose packets are counted anew. That it does is taken from its tables, which come first, and
// from times that go back by more than a second; or, where they do not, from counters that all begin with 0.
bool ts_watch_is_whole(const struct ts_watch *watch, int64_t offset);
