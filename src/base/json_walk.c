#include "base/json_walk.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct walk {
    const char *text, *at, *end;
    size_t item_most;
    json_walk_visit *visit;
    void *context;
    char *fields[JSON_WALK_FIELDS_MAX]; // seen so far
    size_t field_count;
};

static int64_t line_of(const struct walk *w, const char *at)
{
    int64_t line = 1;
    for (const char *c = w->text; c < at && c < w->end; c++)
        line += *c == '\n';
    return line;
}

static void skip_space(struct walk *w)
{
    while (w->at < w->end && (*w->at == ' ' || *w->at == '\t' || *w->at == '\n' || *w->at == '\r'))
        w->at++;
}

static bool take(struct walk *w, char c)
{
    skip_space(w);
    if (w->at == w->end || *w->at != c)
        return false;
    w->at++;
    return true;
}

static enum err_code malformed(const struct walk *w, const char *what, struct err *err)
{
    if (w->at == w->end)
        return err_set(
            err, ERR_INVALID, "the JSON text ends too early (line %" PRId64 "): it is cut off", line_of(w, w->at));
    return err_set(err, ERR_INVALID, "malformed JSON at line %" PRId64 ": %s", line_of(w, w->at), what);
}

// One value of any kind.
static enum err_code read_value(struct walk *w, json_t **value, struct err *err)
{
    json_error_t error;
    skip_space(w);
    size_t left = (size_t)(w->end - w->at);
    size_t most = left < w->item_most ? left : w->item_most;
    *value = json_loadb(w->at, most, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
    // What ends where the look ended may be a number that goes on.
    if (*value != NULL && ((size_t)error.position < most || most == left)) {
        w->at += error.position;
        return ERR_NONE;
    }
    bool is_large = *value != NULL;
    json_decref(*value);
    *value = NULL;
    int64_t line = line_of(w, w->at) + (error.line > 0 ? error.line - 1 : 0);
    bool is_cut = !is_large && json_error_code(&error) == json_error_premature_end_of_input;
    if (is_large || (is_cut && most < left))
        return err_set(err, ERR_LIMIT, "line %" PRId64 ": the value is larger than %zu bytes", line, w->item_most);
    if (is_cut)
        return err_set(err, ERR_INVALID, "the JSON text ends too early (line %" PRId64 "): it is cut off", line);
    return err_set(err, ERR_INVALID, "malformed JSON at line %" PRId64 ": %s", line, error.text);
}

static enum err_code tell(const struct walk *w, const char *field, int64_t index, const json_t *value, struct err *err)
{
    enum err_code code = w->visit(w->context, field, index, value, err);
    if (code != ERR_NONE && index >= 0)
        return err_context(err, "%s[%" PRId64 "] (line %" PRId64 ")", field, index, line_of(w, w->at));
    return code;
}

static enum err_code walk_list(struct walk *w, const char *field, struct err *err)
{
    enum err_code code = tell(w, field, -1, NULL, err);
    if (code != ERR_NONE || take(w, ']'))
        return code;
    for (int64_t index = 0; code == ERR_NONE; index++) {
        json_t *value = NULL;
        code = read_value(w, &value, err);
        if (code != ERR_NONE)
            return err_context(err, "%s[%" PRId64 "]", field, index);
        code = tell(w, field, index, value, err);
        json_decref(value);
        if (code != ERR_NONE || take(w, ']'))
            return code;
        if (!take(w, ','))
            return malformed(w, "a comma or a closing bracket is missing", err);
    }
    return code;
}

static enum err_code take_field(struct walk *w, const char **field, struct err *err)
{
    json_t *name = NULL;
    skip_space(w);
    if (w->at == w->end || *w->at != '"')
        return malformed(w, "a field's name is missing", err);
    enum err_code code = read_value(w, &name, err);
    if (code != ERR_NONE)
        return code;
    for (size_t i = 0; i < w->field_count && code == ERR_NONE; i++) {
        if (strcmp(w->fields[i], json_string_value(name)) == 0)
            code = err_set(err, ERR_INVALID, "the field \"%.64s\" occurs twice (line %" PRId64 ")",
                json_string_value(name), line_of(w, w->at));
    }
    if (code == ERR_NONE && w->field_count == JSON_WALK_FIELDS_MAX)
        code = err_set(err, ERR_LIMIT, "the JSON document has more than %d fields", JSON_WALK_FIELDS_MAX);
    if (code == ERR_NONE) {
        *field = w->fields[w->field_count] = mem_strdup(json_string_value(name));
        w->field_count++;
    }
    json_decref(name);
    return code == ERR_NONE && !take(w, ':') ? malformed(w, "a colon is missing", err) : code;
}

static enum err_code walk_field(struct walk *w, struct err *err)
{
    const char *field = NULL;
    enum err_code code = take_field(w, &field, err);
    if (code != ERR_NONE)
        return code;
    if (take(w, '['))
        return walk_list(w, field, err);
    json_t *value = NULL;
    code = read_value(w, &value, err);
    if (code != ERR_NONE)
        return err_context(err, "%.64s", field);
    code = tell(w, field, -1, value, err);
    json_decref(value);
    return code;
}

static enum err_code walk_document(struct walk *w, struct err *err)
{
    if (!take(w, '{'))
        return malformed(w, "the document is no JSON object", err);
    bool more = !take(w, '}');
    while (more) {
        enum err_code code = walk_field(w, err);
        if (code != ERR_NONE)
            return code;
        more = take(w, ',');
        if (!more && !take(w, '}'))
            return malformed(w, "a comma or a closing brace is missing", err);
    }
    skip_space(w);
    return w->at == w->end ? ERR_NONE : malformed(w, "there is something behind the document", err);
}

enum err_code json_walk(
    const char *text, size_t size, size_t item_most, json_walk_visit *visit, void *context, struct err *err)
{
    struct walk w = {
        .text = text, .at = text, .end = text + size, .item_most = item_most, .visit = visit, .context = context};
    if (size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return err_set(err, ERR_INVALID, "the file is UTF-16: save it as UTF-8");
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        w.at += 3;
    enum err_code code = walk_document(&w, err);
    for (size_t i = 0; i < w.field_count; i++)
        free(w.fields[i]);
    return code;
}
