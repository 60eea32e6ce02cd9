#include "base/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option_value.h"

#define OPTIONS_MAX 256
#define ARGUMENTS_MAX 10000
#define WHAT_MAX 256

struct options {
    const struct command_spec *command;
    struct option_value *values;
    size_t value_count;
    char **arguments;
    int argument_count;
};

// A flag as it was given, kept until the weaker sources have been read.
struct flag {
    struct option_value *value;
    const char *text;
};

_Noreturn static void defect(const char *name, const char *what)
{
    fprintf(stderr, "framehound: option %s: %s\n", name, what);
    abort();
}

static struct option_value *find(const struct options *options, const char *name, size_t length)
{
    for (size_t i = 0; i < options->value_count; i++) {
        const char *candidate = options->values[i].spec->name;
        if (strncmp(candidate, name, length) == 0 && candidate[length] == '\0')
            return &options->values[i];
    }
    return NULL;
}

static void add_table(struct options *options, const struct option_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option_spec *spec = &table->options[i];
        if (find(options, spec->name, strlen(spec->name)) != NULL)
            defect(spec->name, "is in two tables of one command");
        if (options->value_count >= OPTIONS_MAX)
            defect(spec->name, "there are too many options");
        struct option_value *value = &options->values[options->value_count++];
        value->spec = spec;
        struct err err = ERR_INIT;
        if (spec->fallback != NULL &&
            option_value_set(value, spec->name, spec->fallback, OPTION_FROM_DEFAULT, &err) != ERR_NONE)
            defect(spec->name, err.message);
    }
}

static struct options *options_make(const struct command_spec *command)
{
    struct options *options = mem_calloc(1, sizeof(*options));
    options->command = command;
    options->values = mem_calloc(OPTIONS_MAX, sizeof(*options->values));
    for (const struct option_table *const *table = command->tables; table != NULL && *table != NULL; table++)
        add_table(options, *table);
    add_table(options, &option_builtin_table);
    return options;
}

void options_free(struct options *options)
{
    if (options == NULL)
        return;
    for (size_t i = 0; i < options->value_count; i++)
        option_value_release(&options->values[i]);
    free(options->values);
    for (int i = 0; i < options->argument_count; i++)
        free(options->arguments[i]);
    free(options->arguments);
    free(options);
}

// Sets an option from a text in which a repeatable one may have several values, separated by commas.
static enum err_code set_listed(
    struct option_value *value, const char *what, const char *text, enum option_source source, struct err *err)
{
    if (!value->spec->repeatable)
        return option_value_set(value, what, text, source, err);
    enum err_code code = ERR_NONE;
    char *copy = mem_strdup(text);
    char *rest = copy;
    char *item;
    while (code == ERR_NONE && (item = strsep(&rest, ",")) != NULL)
        code = option_value_set(value, what, item, source, err);
    free(copy);
    return code;
}

// For option_file_read(): `arg` is the options.
static enum err_code set_from_file(void *arg, const char *name, const char *what, const char *text, struct err *err)
{
    return set_listed(find(arg, name, strlen(name)), what, text, OPTION_FROM_FILE, err);
}

static const char *environment_get(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    }
    return NULL;
}

static enum err_code read_environment(const struct options_sources *sources, struct options *options, struct err *err)
{
    for (size_t i = 0; i < options->value_count; i++) {
        char name[OPTION_ENV_MAX];
        option_env_name(options->values[i].spec, name);
        const char *text = name[0] != '\0' ? environment_get(sources->environment, name) : NULL;
        // An empty variable is as good as none: shells make them easily.
        if (text == NULL || text[0] == '\0')
            continue;
        enum err_code code = set_listed(&options->values[i], name, text, OPTION_FROM_ENVIRONMENT, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static enum err_code unknown_flag(const struct options *options, const char *name, size_t length, struct err *err)
{
    const char *candidates[OPTIONS_MAX + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < options->value_count; i++) {
        if (!options->values[i].spec->hidden)
            candidates[count++] = options->values[i].spec->name;
    }
    char word[65];
    snprintf(word, sizeof(word), "%.*s", (int)(length < 64 ? length : 64), name);
    const char *nearest = text_nearest(word, candidates);
    if (nearest != NULL)
        return err_set(err, ERR_INVALID, "unknown option --%s: did you mean --%s?", word, nearest);
    return err_set(err, ERR_INVALID, "unknown option --%s", word);
}

// One flag at args[*at]; *at is left at the last item that belongs to it.
static enum err_code read_long(
    const struct options *options, int count, char *const *args, int *at, struct flag *flag, struct err *err)
{
    const char *name = args[*at] + 2;
    size_t length = strcspn(name, "=");
    const char *text = name[length] == '=' ? name + length + 1 : NULL;
    flag->value = find(options, name, length);
    if (flag->value == NULL && text == NULL && strncmp(name, "no-", 3) == 0) {
        flag->value = find(options, name + 3, length - 3);
        if (flag->value != NULL && flag->value->spec->type != OPTION_BOOL)
            flag->value = NULL;
        flag->text = "false";
        if (flag->value != NULL)
            return ERR_NONE;
    }
    if (flag->value == NULL)
        return unknown_flag(options, name, length, err);
    if (text == NULL && flag->value->spec->type == OPTION_BOOL) {
        text = "true";
    } else if (text == NULL) {
        if (*at + 1 >= count || strncmp(args[*at + 1], "--", 2) == 0)
            return err_set(err, ERR_INVALID, "--%.*s needs a value: --%.*s %s", (int)length, name, (int)length, name,
                option_value_name(flag->value->spec));
        text = args[++*at];
    }
    flag->text = text;
    return ERR_NONE;
}

static enum err_code read_short(
    const struct options *options, int count, char *const *args, int *at, struct flag *flag, struct err *err)
{
    char name = args[*at][1];
    flag->value = NULL;
    for (size_t i = 0; i < options->value_count; i++) {
        if (options->values[i].spec->short_name == name)
            flag->value = &options->values[i];
    }
    if (flag->value == NULL)
        return err_set(err, ERR_INVALID, "unknown option %.64s", args[*at]);
    bool is_bool = flag->value->spec->type == OPTION_BOOL;
    flag->text = args[*at][2] != '\0' ? args[*at] + 2 : NULL;
    if (is_bool && flag->text != NULL)
        return err_set(err, ERR_INVALID, "unknown option %.64s: short options are given one by one", args[*at]);
    if (is_bool)
        flag->text = "true";
    else if (flag->text == NULL && *at + 1 < count)
        flag->text = args[++*at];
    if (flag->text == NULL)
        return err_set(err, ERR_INVALID, "-%c needs a value: -%c %s", name, name, option_value_name(flag->value->spec));
    return ERR_NONE;
}

// Sorts the arguments into flags and positional ones.
static enum err_code read_args(
    struct options *options, int count, char *const *args, struct flag *flags, size_t *flag_count, struct err *err)
{
    bool only_arguments = false;
    options->arguments = mem_calloc((size_t)count + 1, sizeof(*options->arguments));
    for (int i = 0; i < count; i++) {
        enum err_code code = ERR_NONE;
        if (!only_arguments && strcmp(args[i], "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && strncmp(args[i], "--", 2) == 0) {
            code = read_long(options, count, args, &i, &flags[(*flag_count)++], err);
        } else if (!only_arguments && args[i][0] == '-' && args[i][1] != '\0') {
            code = read_short(options, count, args, &i, &flags[(*flag_count)++], err);
        } else {
            options->arguments[options->argument_count++] = mem_strdup(args[i]);
        }
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static bool is_help(const char *name)
{
    return strcmp(name, "help") == 0 || strcmp(name, "help-all") == 0;
}

static enum err_code apply_flags(const struct flag *flags, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        char what[WHAT_MAX];
        snprintf(what, sizeof(what), "--%s", flags[i].value->spec->name);
        enum err_code code = option_value_set(flags[i].value, what, flags[i].text, OPTION_FROM_FLAG, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static enum err_code check_complete(const struct options *options, struct err *err)
{
    const struct command_spec *command = options->command;
    if (options->argument_count < command->arguments_least)
        return err_set(err, ERR_INVALID, "%s needs %s", command->name, command->arguments);
    if (command->arguments_most >= 0 && options->argument_count > command->arguments_most)
        return err_set(err, ERR_INVALID, "unexpected argument \"%.100s\"", options->arguments[command->arguments_most]);
    for (size_t i = 0; i < options->value_count; i++) {
        const struct option_spec *spec = options->values[i].spec;
        if (spec->required && !options->values[i].is_set)
            return err_set(
                err, ERR_INVALID, "--%s is required: --%s %s", spec->name, spec->name, option_value_name(spec));
    }
    return ERR_NONE;
}

// The settings file: the one that was asked for must exist, the usual one need not.
static enum err_code read_settings(struct options *options, const struct options_sources *sources,
    const struct flag *flags, size_t flag_count, struct err *err)
{
    const char *path = environment_get(sources->environment, "FRAMEHOUND_CONFIG");
    for (size_t i = 0; i < flag_count; i++) {
        if (strcmp(flags[i].value->spec->name, "config") == 0)
            path = flags[i].text;
    }
    if (path != NULL && path[0] != '\0')
        return option_file_read(path, true, options->command, sources, set_from_file, options, err);
    if (sources->default_file == NULL)
        return ERR_NONE;
    return option_file_read(sources->default_file, false, options->command, sources, set_from_file, options, err);
}

enum err_code options_parse(const struct command_spec *command, int count, char *const *args,
    const struct options_sources *sources, struct options **out, struct err *err)
{
    static const struct options_sources no_sources;
    if (sources == NULL)
        sources = &no_sources;
    *out = NULL;
    if (count > ARGUMENTS_MAX)
        return err_set(err, ERR_INVALID, "there are more than %d arguments", ARGUMENTS_MAX);
    struct options *options = options_make(command);
    struct flag *flags = mem_calloc((size_t)count + 1, sizeof(*flags));
    size_t flag_count = 0;
    enum err_code code = read_args(options, count, args, flags, &flag_count, err);
    bool wants_help = false;
    for (size_t i = 0; code == ERR_NONE && i < flag_count; i++)
        wants_help = wants_help || is_help(flags[i].value->spec->name);
    if (code == ERR_NONE && !wants_help)
        code = read_settings(options, sources, flags, flag_count, err);
    if (code == ERR_NONE && !wants_help)
        code = read_environment(sources, options, err);
    if (code == ERR_NONE)
        code = apply_flags(flags, flag_count, err);
    if (code == ERR_NONE && !options_wants_help(options))
        code = check_complete(options, err);
    free(flags);
    if (code != ERR_NONE) {
        options_free(options);
        return code;
    }
    *out = options;
    return ERR_NONE;
}

static const struct option_value *get(const struct options *options, const char *name)
{
    const struct option_value *value = find(options, name, strlen(name));
    if (value == NULL)
        defect(name, "is asked for but is in no table");
    return value;
}

static const struct option_value *get_typed(const struct options *options, const char *name, enum option_type type)
{
    const struct option_value *value = get(options, name);
    if (value->spec->type != type)
        defect(name, "is asked for with another type");
    return value;
}

bool options_wants_help(const struct options *options)
{
    return options_bool(options, "help") || options_bool(options, "help-all");
}

bool options_is_set(const struct options *options, const char *name)
{
    return get(options, name)->is_set;
}

enum option_source options_source(const struct options *options, const char *name)
{
    return get(options, name)->source;
}

const char *options_string(const struct options *options, const char *name)
{
    const struct option_value *value = get(options, name);
    if (value->spec->type != OPTION_STRING && value->spec->type != OPTION_PATH && value->spec->type != OPTION_ENUM)
        defect(name, "is asked for as a text");
    return value->is_set ? value->texts[value->text_count - 1] : NULL;
}

bool options_bool(const struct options *options, const char *name)
{
    const struct option_value *value = get_typed(options, name, OPTION_BOOL);
    return value->is_set && value->truth;
}

int64_t options_int(const struct options *options, const char *name)
{
    const struct option_value *value = get_typed(options, name, OPTION_INT);
    return value->is_set ? value->integer : 0;
}

double options_float(const struct options *options, const char *name)
{
    const struct option_value *value = get_typed(options, name, OPTION_FLOAT);
    return value->is_set ? value->number : 0;
}

int64_t options_size_bytes(const struct options *options, const char *name)
{
    const struct option_value *value = get_typed(options, name, OPTION_SIZE);
    return value->is_set ? value->integer : 0;
}

int64_t options_duration_us(const struct options *options, const char *name)
{
    const struct option_value *value = get_typed(options, name, OPTION_DURATION);
    return value->is_set ? value->integer : 0;
}

int options_enum(const struct options *options, const char *name)
{
    const struct option_value *value = get_typed(options, name, OPTION_ENUM);
    return value->is_set ? (int)value->integer : -1;
}

size_t options_count(const struct options *options, const char *name)
{
    const struct option_value *value = get(options, name);
    return value->is_set ? value->text_count : 0;
}

const char *options_string_at(const struct options *options, const char *name, size_t index)
{
    const struct option_value *value = get(options, name);
    if (index >= value->text_count)
        defect(name, "is asked for beyond its values");
    return value->texts[index];
}

int options_argument_count(const struct options *options)
{
    return options->argument_count;
}

const char *options_argument(const struct options *options, int index)
{
    return index >= 0 && index < options->argument_count ? options->arguments[index] : NULL;
}
