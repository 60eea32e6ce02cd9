// The names of categories in YOLO's data.yaml: a list, or a mapping from numbers.
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <yaml.h>

#include "exchange/import_internal.h"

#define EVENTS_MAX 200000

struct walk {
    yaml_parser_t parser;
    yaml_event_t event; // the one at hand
    bool has_event;
    int64_t events;
};

static enum err_code next(struct walk *w, struct err *err)
{
    if (w->has_event)
        yaml_event_delete(&w->event);
    w->has_event = false;
    if (++w->events > EVENTS_MAX)
        return err_set(err, ERR_LIMIT, "it has too many values");
    if (!yaml_parser_parse(&w->parser, &w->event))
        return err_set(err, ERR_INVALID, "malformed YAML at line %zu: %.100s", w->parser.problem_mark.line + 1,
            w->parser.problem != NULL ? w->parser.problem : "it cannot be read");
    w->has_event = true;
    // A few bytes of references can stand for any number of values.
    if (w->event.type == YAML_ALIAS_EVENT)
        return err_set(err, ERR_INVALID, "line %zu: references (*) are not taken", w->event.start_mark.line + 1);
    return ERR_NONE;
}

static const char *scalar(const struct walk *w)
{
    return w->event.type == YAML_SCALAR_EVENT ? (const char *)w->event.data.scalar.value : NULL;
}

// Steps over the value that begins with the event at hand.
static enum err_code skip_value(struct walk *w, struct err *err)
{
    int64_t depth = 0;
    for (;;) {
        depth += w->event.type == YAML_MAPPING_START_EVENT || w->event.type == YAML_SEQUENCE_START_EVENT;
        depth -= w->event.type == YAML_MAPPING_END_EVENT || w->event.type == YAML_SEQUENCE_END_EVENT;
        if (depth <= 0)
            return ERR_NONE;
        enum err_code code = next(w, err);
        if (code != ERR_NONE)
            return code;
    }
}

static enum err_code take_name(struct walk *w, struct import_categories *categories, int64_t number, struct err *err)
{
    const char *name = scalar(w);
    if (name == NULL || strlen(name) != w->event.data.scalar.length)
        return err_set(err, ERR_INVALID, "line %zu: a name must be a text", w->event.start_mark.line + 1);
    return import_categories_set(categories, number, name, err);
}

static enum err_code read_list(struct walk *w, struct import_categories *categories, struct err *err)
{
    enum err_code code = next(w, err);
    for (int64_t number = 0; code == ERR_NONE && w->event.type != YAML_SEQUENCE_END_EVENT; number++) {
        code = take_name(w, categories, number, err);
        if (code == ERR_NONE)
            code = next(w, err);
    }
    return code;
}

static enum err_code read_mapping(struct walk *w, struct import_categories *categories, struct err *err)
{
    enum err_code code = next(w, err);
    while (code == ERR_NONE && w->event.type != YAML_MAPPING_END_EVENT) {
        int64_t number = 0;
        code = import_integer(
            "the number of a category", scalar(w) != NULL ? scalar(w) : "", 0, IMPORT_CATEGORIES_MAX - 1, &number, err);
        if (code == ERR_NONE)
            code = next(w, err);
        if (code == ERR_NONE)
            code = take_name(w, categories, number, err);
        if (code == ERR_NONE)
            code = next(w, err);
    }
    return code;
}

static enum err_code read_names(struct walk *w, struct import_categories *categories, struct err *err)
{
    if (w->event.type == YAML_SEQUENCE_START_EVENT)
        return read_list(w, categories, err);
    if (w->event.type == YAML_MAPPING_START_EVENT)
        return read_mapping(w, categories, err);
    return err_set(
        err, ERR_INVALID, "line %zu: names must be a list, or a mapping from numbers", w->event.start_mark.line + 1);
}

static enum err_code read_document(struct walk *w, struct import_categories *categories, struct err *err)
{
    bool is_found = false;
    enum err_code code = ERR_NONE;
    do {
        code = next(w, err);
    } while (
        code == ERR_NONE && (w->event.type == YAML_STREAM_START_EVENT || w->event.type == YAML_DOCUMENT_START_EVENT));
    if (code == ERR_NONE && w->event.type != YAML_MAPPING_START_EVENT)
        return err_set(err, ERR_INVALID, "it has no \"names\"");
    if (code == ERR_NONE)
        code = next(w, err);
    while (code == ERR_NONE && w->event.type != YAML_MAPPING_END_EVENT) {
        bool is_names = scalar(w) != NULL && strcmp(scalar(w), "names") == 0;
        code = is_names ? ERR_NONE : skip_value(w, err);
        if (code == ERR_NONE)
            code = next(w, err);
        if (code == ERR_NONE)
            code = is_names ? read_names(w, categories, err) : skip_value(w, err);
        is_found |= is_names;
        if (code == ERR_NONE)
            code = next(w, err);
    }
    return code == ERR_NONE && !is_found ? err_set(err, ERR_INVALID, "it has no \"names\"") : code;
}

enum err_code import_read_yaml_names(
    struct import_categories *categories, const char *text, size_t size, struct err *err)
{
    struct walk w = {0};
    if (!yaml_parser_initialize(&w.parser))
        return err_set(err, ERR_INTERNAL, "there is no memory to read data.yaml");
    yaml_parser_set_input_string(&w.parser, (const unsigned char *)text, size);
    enum err_code code = read_document(&w, categories, err);
    if (w.has_event)
        yaml_event_delete(&w.event);
    yaml_parser_delete(&w.parser);
    return code == ERR_NONE ? ERR_NONE : err_context(err, "data.yaml");
}
