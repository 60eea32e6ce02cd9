// Text that is written now and read once, later: kept in a file without a name, so that it takes no memory.
//
// One thread at a time. Errors: ERR_FULL, ERR_DENIED.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

struct spool;

// In `dir`, which must exist.
enum err_code spool_new(const char *dir, struct spool **spool, struct err *err) ERR_MUST_CHECK;
void spool_free(struct spool *spool); // NULL is harmless
// Where to append text; afterwards spool_flush() takes what has gathered, if it is much.
struct strbuf *spool_text(struct spool *spool);
enum err_code spool_flush(struct spool *spool, struct err *err) ERR_MUST_CHECK;
uint64_t spool_size(const struct spool *spool);
// Up to `most` bytes from where the last call ended; *got 0 at the end. Nothing is added any more.
enum err_code spool_read(struct spool *spool, void *bytes, size_t most, size_t *got, struct err *err) ERR_MUST_CHECK;
