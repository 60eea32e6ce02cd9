#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/plain_text.h"
#include "base/strbuf.h"

#define LINE_MAX_BYTES 4096

struct log {
    struct log *parent;
    int fd;
    enum log_level least;
    bool json;
    char *key;
    char *value;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct log *log_new(int fd, enum log_level least, bool json)
{
    struct log *log = mem_calloc(1, sizeof(*log));
    log->fd = fd;
    log->least = least;
    log->json = json;
    return log;
}

struct log *log_derive(struct log *parent, const char *key, const char *value)
{
    struct log *log = log_new(parent->fd, parent->least, parent->json);
    log->parent = parent;
    log->key = mem_strdup(key);
    log->value = mem_strdup(value);
    return log;
}

void log_free(struct log *log)
{
    if (log == NULL || log == log_none())
        return;
    free(log->key);
    free(log->value);
    free(log);
}

struct log *log_none(void)
{
    static struct log none = {.fd = -1, .least = LOG_ERROR};
    return &none;
}

bool log_enabled(const struct log *log, enum log_level level)
{
    return log->fd >= 0 && level >= log->least;
}

static void add_context_text(struct strbuf *line, const struct log *log)
{
    if (log->parent != NULL)
        add_context_text(line, log->parent);
    if (log->key != NULL)
        strbuf_addf(line, " %s=%s", log->key, log->value);
}

// Foreign text would forge lines with line breaks, and steer the terminal of whoever reads the log.
static void set_plain(json_t *object, const char *key, const char *text)
{
    struct strbuf plain;
    strbuf_init(&plain);
    plain_text_add(&plain, text, strlen(text));
    json_set_string(object, key, plain.data);
    strbuf_release(&plain);
}

static void add_context_json(json_t *object, const struct log *log)
{
    if (log->parent != NULL)
        add_context_json(object, log->parent);
    if (log->key != NULL)
        set_plain(object, log->key, log->value);
}

static void add_text(struct strbuf *line, const struct log *log, const char *level, const char *message)
{
    struct strbuf raw;
    strbuf_init(&raw);
    strbuf_addf(&raw, " %-5s %s", level, message);
    add_context_text(&raw, log);
    plain_text_add(line, raw.data, raw.size);
    strbuf_release(&raw);
}

static void write_line(int fd, const char *bytes, size_t size)
{
    // Nothing sensible can be done when the log cannot be written.
    ssize_t written = write(fd, bytes, size);
    (void)written;
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    if (!log_enabled(log, level))
        return;
    char message[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);

    char when[CLOCK_TEXT_MAX];
    clock_format_utc(clock_wall_us(clock_system()), when);
    struct strbuf line;
    strbuf_init(&line);
    if (log->json) {
        json_t *object = json_object();
        json_set_string(object, "time", when);
        json_set_string(object, "level", level_names[level]);
        set_plain(object, "message", message);
        add_context_json(object, log);
        json_dump(object, &line);
        json_decref(object);
    } else {
        strbuf_adds(&line, when);
        add_text(&line, log, level_names[level], message);
    }
    strbuf_addc(&line, '\n');
    write_line(log->fd, line.data, line.size);
    strbuf_release(&line);
}

bool log_level_from_name(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}
