#include "base/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define REPEATS_MAX 1000

static const struct {
    const char *name;
    const char *value_name;
    const char *must; // be …
} types[] = {
    [OPTION_STRING] = {"text", "TEXT", "a text"},
    [OPTION_PATH] = {"path", "PATH", "a path"},
    [OPTION_BOOL] = {"boolean", "", "true or false"},
    [OPTION_INT] = {"integer", "N", "a whole number"},
    [OPTION_FLOAT] = {"number", "NUMBER", "a number"},
    [OPTION_SIZE] = {"size", "SIZE", "a size such as 500K, 64M or 2G"},
    [OPTION_DURATION] = {"duration", "DURATION", "a duration such as 500ms, 10s, 2m or 1h"},
    [OPTION_ENUM] = {"choice", "CHOICE", "one of its choices"},
};

static const struct option_spec builtin_options[] = {
    {.name = "config", .type = OPTION_PATH, .value_name = "FILE", .help = "Take settings from this file."},
    {.name = "help", .type = OPTION_BOOL, .short_name = 'h', .env = "", .help = "Show this text."},
    {.name = "help-all", .type = OPTION_BOOL, .env = "", .help = "Show it with all settings."},
};
const struct option_table option_builtin_table = {
    .title = "General", .options = builtin_options, .count = sizeof(builtin_options) / sizeof(builtin_options[0])};

const struct option_table options_further = {.title = "", .options = NULL, .count = 0};

const char *option_type_name(enum option_type type)
{
    return types[type].name;
}

const char *option_value_name(const struct option_spec *spec)
{
    return spec->value_name != NULL ? spec->value_name : types[spec->type].value_name;
}

void option_env_name(const struct option_spec *spec, char out[OPTION_ENV_MAX])
{
    if (spec->env != NULL) {
        snprintf(out, OPTION_ENV_MAX, "%s", spec->env);
        return;
    }
    snprintf(out, OPTION_ENV_MAX, "FRAMEHOUND_%s", spec->name);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

void option_range_text(const struct option_spec *spec, struct strbuf *out)
{
    if (spec->type == OPTION_ENUM) {
        strbuf_adds(out, "one of ");
        for (size_t i = 0; spec->choices[i] != NULL; i++)
            strbuf_addf(out, i == 0 ? "%s" : ", %s", spec->choices[i]);
        return;
    }
    if (spec->least != NULL && spec->most != NULL)
        strbuf_addf(out, "between %s and %s", spec->least, spec->most);
    else if (spec->least != NULL)
        strbuf_addf(out, "at least %s", spec->least);
    else if (spec->most != NULL)
        strbuf_addf(out, "at most %s", spec->most);
    else
        return;
    if (spec->unit != NULL)
        strbuf_addf(out, " %s", spec->unit);
}

// A plain decimal: digits with at most one point, an optional sign; returns the rest, or NULL if there is no number.
static const char *parse_decimal(const char *text, double *number)
{
    const char *at = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*at) && *at != '.')
        return NULL;
    char *end;
    errno = 0;
    // Hexadecimal, "inf" and "nan" do not get here: they do not begin with a digit, but for "0x".
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        return NULL;
    *number = strtod(text, &end);
    return end == text || errno == ERANGE || !isfinite(*number) ? NULL : end;
}

static bool parse_integer(const char *text, int64_t *integer)
{
    const char *at = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*at))
        return false;
    char *end;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    *integer = parsed;
    return *end == '\0' && errno == 0;
}

struct suffix {
    const char *text;
    double factor;
};

// A number with one of the suffixes, as an integer.
static bool parse_with_suffix(const char *text, const struct suffix *suffixes, size_t count, int64_t *out)
{
    double number;
    const char *rest = parse_decimal(text, &number);
    if (rest == NULL)
        return false;
    while (*rest == ' ')
        rest++;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(rest, suffixes[i].text) != 0)
            continue;
        double scaled = round(number * suffixes[i].factor);
        if (fabs(scaled) > 9.0e18)
            return false;
        *out = (int64_t)scaled;
        return true;
    }
    return false;
}

static bool parse_size(const char *text, int64_t *bytes)
{
    static const double ki = 1024;
    const struct suffix suffixes[] = {{"", 1}, {"B", 1}, {"K", ki}, {"KB", ki}, {"KiB", ki}, {"M", ki * ki},
        {"MB", ki * ki}, {"MiB", ki * ki}, {"G", ki * ki * ki}, {"GB", ki * ki * ki}, {"GiB", ki * ki * ki},
        {"T", ki * ki * ki * ki}, {"TB", ki * ki * ki * ki}, {"TiB", ki * ki * ki * ki}};
    return parse_with_suffix(text, suffixes, sizeof(suffixes) / sizeof(suffixes[0]), bytes);
}

static bool parse_duration(const char *text, int64_t *us)
{
    static const struct suffix suffixes[] = {
        {"", 1e6}, {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}, {"d", 86400e6}};
    return parse_with_suffix(text, suffixes, sizeof(suffixes) / sizeof(suffixes[0]), us);
}

static bool parse_bool(const char *text, bool *truth)
{
    static const char *const words[2][4] = {{"false", "no", "off", "0"}, {"true", "yes", "on", "1"}};
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < 4; i++) {
            if (strcasecmp(text, words[side][i]) == 0) {
                *truth = side == 1;
                return true;
            }
        }
    }
    return false;
}

static enum err_code wrong(const char *what, const char *must, const char *text, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s must be %s, not \"%.100s\"", what, must, text);
}

enum err_code option_parse_size(const char *what, const char *text, int64_t *bytes, struct err *err)
{
    if (!parse_size(text, bytes) || *bytes < 0)
        return wrong(what, types[OPTION_SIZE].must, text, err);
    return ERR_NONE;
}

enum err_code option_parse_duration(const char *what, const char *text, int64_t *us, struct err *err)
{
    if (!parse_duration(text, us) || *us < 0)
        return wrong(what, types[OPTION_DURATION].must, text, err);
    return ERR_NONE;
}

static bool parse_enum(const struct option_spec *spec, const char *text, int64_t *index)
{
    for (*index = 0; spec->choices[*index] != NULL; (*index)++) {
        if (strcmp(spec->choices[*index], text) == 0)
            return true;
    }
    return false;
}

// Parses the text by the spec's type alone.
static bool parse_typed(const struct option_spec *spec, const char *text, struct option_value *value)
{
    switch (spec->type) {
    case OPTION_STRING:
        return true;
    case OPTION_PATH:
        return text[0] != '\0';
    case OPTION_BOOL:
        return parse_bool(text, &value->truth);
    case OPTION_INT:
        return parse_integer(text, &value->integer);
    case OPTION_FLOAT: {
        const char *rest = parse_decimal(text, &value->number);
        return rest != NULL && *rest == '\0';
    }
    case OPTION_SIZE:
        return parse_size(text, &value->integer);
    case OPTION_DURATION:
        return parse_duration(text, &value->integer);
    case OPTION_ENUM:
        return parse_enum(spec, text, &value->integer);
    }
    return false;
}

static bool is_below(const struct option_spec *spec, const struct option_value *a, const struct option_value *b)
{
    return spec->type == OPTION_FLOAT ? a->number < b->number : a->integer < b->integer;
}

static bool is_in_range(const struct option_spec *spec, const struct option_value *value)
{
    if (spec->type < OPTION_INT || spec->type > OPTION_DURATION)
        return true;
    struct option_value bound = {0};
    if (spec->least == NULL && (spec->type == OPTION_SIZE || spec->type == OPTION_DURATION) && value->integer < 0)
        return false;
    if (spec->least != NULL && parse_typed(spec, spec->least, &bound) && is_below(spec, value, &bound))
        return false;
    return spec->most == NULL || !parse_typed(spec, spec->most, &bound) || !is_below(spec, &bound, value);
}

static enum err_code check(
    const struct option_spec *spec, const char *what, const char *text, struct option_value *value, struct err *err)
{
    struct strbuf range;
    strbuf_init(&range);
    option_range_text(spec, &range);
    enum err_code code = ERR_NONE;
    bool is_of_type = parse_typed(spec, text, value);
    // A number that is none is told the range too, if there is one: it says more than "a number".
    if (!is_of_type || !is_in_range(spec, value))
        code = wrong(what, range.size > 0 ? range.data : types[spec->type].must, text, err);
    strbuf_release(&range);
    return code;
}

enum err_code option_value_set(
    struct option_value *value, const char *what, const char *text, enum option_source source, struct err *err)
{
    struct option_value parsed = {0};
    enum err_code code = check(value->spec, what, text, &parsed, err);
    if (code != ERR_NONE)
        return code;
    bool adds = value->spec->repeatable && value->is_set && value->source == source;
    if (adds && value->text_count >= REPEATS_MAX)
        return err_set(err, ERR_INVALID, "%s is given more than %d times", what, REPEATS_MAX);
    if (!adds)
        option_value_release(value);
    value->integer = 0;
    if (value->spec->type == OPTION_FLOAT)
        value->number = parsed.number;
    else if (value->spec->type == OPTION_BOOL)
        value->truth = parsed.truth;
    else
        value->integer = parsed.integer;
    value->texts = mem_realloc_array(value->texts, value->text_count + 1, sizeof(*value->texts));
    value->texts[value->text_count++] = mem_strdup(text);
    value->source = source;
    value->is_set = true;
    return ERR_NONE;
}

void option_value_release(struct option_value *value)
{
    for (size_t i = 0; i < value->text_count; i++)
        free(value->texts[i]);
    free(value->texts);
    value->texts = NULL;
    value->text_count = 0;
    value->is_set = false;
}

#define WORD_MAX 64

// Edit distance with transpositions of neighbours (optimal string alignment).
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_length];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
    size_t length = strlen(word);
    const char *nearest = NULL;
    size_t least = length / 3 + 2; // exclusive: a third of the letters, and one, may be wrong
    if (length == 0 || length > WORD_MAX)
        return NULL;
    for (; *candidates != NULL; candidates++) {
        size_t other = strlen(*candidates);
        if (other > WORD_MAX)
            continue;
        size_t apart = distance(word, length, *candidates, other);
        if (apart < least && apart < length && apart < other) {
            least = apart;
            nearest = *candidates;
        }
    }
    return nearest;
}
