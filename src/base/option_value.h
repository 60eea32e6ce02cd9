// Inside the options module: one option's value, and the texts that describe an option. Not for other modules.
#pragma once

#include "base/options.h"

struct option_value {
    const struct option_spec *spec;
    enum option_source source;
    bool is_set;
    union {
        bool truth;
        int64_t integer; // INT, SIZE, DURATION, and the index of an ENUM
        double number;
    };
    char **texts; // as given; several for a repeatable option
    size_t text_count;
};

// Parses `text`, checks it against the spec, and replaces the value, or adds to it if the option is repeatable and the
// value there comes from the same source. `what` begins the sentence: "--chunk", "FRAMEHOUND_CHUNK".
enum err_code option_value_set(struct option_value *value, const char *what, const char *text,
    enum option_source source, struct err *err) ERR_MUST_CHECK;
void option_value_release(struct option_value *value);

// "FRAMEHOUND_CHUNK_SECONDS"; "" if the option has no variable.
#define OPTION_ENV_MAX 96
void option_env_name(const struct option_spec *spec, char out[OPTION_ENV_MAX]);
// "FILE", "SECONDS", …; "" for a boolean.
const char *option_value_name(const struct option_spec *spec);
const char *option_type_name(enum option_type type);
// "between 1 and 3600 seconds", "at least 1", "one of json, table"; "" if anything goes.
void option_range_text(const struct option_spec *spec, struct strbuf *out);

// What every command has: --config and --help.
extern const struct option_table option_builtin_table;

// Reads a settings file and hands `set` each value that concerns `command`; `what` names the place for sentences.
enum err_code option_file_read(const char *path, bool must_exist, const struct command_spec *command,
    const struct options_sources *sources,
    enum err_code (*set)(void *arg, const char *name, const char *what, const char *text, struct err *err), void *arg,
    struct err *err) ERR_MUST_CHECK;
