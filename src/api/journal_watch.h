// Waits for journals in the meta store to gain entries, whoever appends them: this process, another query engine on the
// same store, a command.
//
// The store is looked at every `look_ms` for each journal that somebody waits for, however many wait for it, by the
// first of them that finds it due: one small read, and none while nobody waits. There is no thread.
//
// Thread rule: the watch is safe from all threads; a reader belongs to one thread at a time. Readers are freed before
// their watch.
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

struct journal_watch;
struct journal_reader;

// The store is borrowed. `look_ms` is 1 or more.
struct journal_watch *journal_watch_new(struct meta_store *meta, int64_t look_ms);
void journal_watch_free(struct journal_watch *watch); // NULL is harmless

// Looks at the journal now, so that a project that is not there is ERR_NOT_FOUND, and a store that cannot be used is
// said at once.
enum err_code journal_watch_open(struct journal_watch *watch, const char *project, const char *journal,
    struct journal_reader **reader, struct err *err) ERR_MUST_CHECK;
void journal_reader_free(struct journal_reader *reader); // NULL is harmless

// The journal as it is, at the first call; later as soon as it is another one. ERR_TIMEOUT: it is still the same (with
// 0 ms: as far as was looked lately); ERR_CANCELLED; ERR_NOT_FOUND: the project was removed. While the store cannot be
// used there is nothing new.
enum err_code journal_reader_next(struct journal_reader *reader, int64_t timeout_ms, struct cancel *cancel,
    struct meta_journal_info *info, struct err *err) ERR_MUST_CHECK;
