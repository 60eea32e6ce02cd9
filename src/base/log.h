// Logging: one event a line, on standard error, with the context of whoever logs.
//
// A `struct log` is a handle that is passed down and derived with more context (part, project, video, segment).
// Formats: text for people, JSON lines for machines. Safe from all threads; a line is written with one write call. An
// error is logged once, where it is handled, not where it is passed on.
#pragma once

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log;

// The root handle, writing to file descriptor `fd`.
struct log *log_new(int fd, enum log_level least, bool json);
// A handle that adds "key=value" to every line; `parent` must outlive it. The value is copied.
struct log *log_derive(struct log *parent, const char *key, const char *value);
void log_free(struct log *log);
// A handle that drops everything, for tests and tools; never freed.
struct log *log_none(void);

bool log_enabled(const struct log *log, enum log_level level);
void log_write(struct log *log, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_debug(log, ...)                                                                                            \
    do {                                                                                                               \
        if (log_enabled(log, LOG_DEBUG))                                                                               \
            log_write(log, LOG_DEBUG, __VA_ARGS__);                                                                    \
    } while (0)
#define log_info(log, ...) log_write(log, LOG_INFO, __VA_ARGS__)
#define log_warn(log, ...) log_write(log, LOG_WARN, __VA_ARGS__)
#define log_error(log, ...) log_write(log, LOG_ERROR, __VA_ARGS__)

// "debug", "info", "warn", "error"; false if the name is none of them.
bool log_level_from_name(const char *name, enum log_level *level);
