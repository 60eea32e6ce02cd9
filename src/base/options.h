// Settings: one table per module or subcommand says what can be set, and everything else follows from it: flags,
// environment variables, the settings file, validation, `--help` and the page in docs.
//
// Where a value comes from, later ones winning: default < settings file < environment < flags.
// The settings file has lines `name = value`; `#` begins a comment; names are those of the flags without dashes in
// front. Lines before the first `[command]` heading hold for every command that knows the name, lines under a heading
// for that command only. A value may be put in double quotes to keep spaces at its ends or a `#`. A name that no
// command knows is refused with the file's name and line. Flags: `--name value`, `--name=value`, `-x value`; booleans
// `--name`, `--no-name`, `--name=false`; `--` ends them. Every command also has `-h`/`--help`, `--help-all` and
// `--config FILE` (FRAMEHOUND_CONFIG). Errors are ERR_INVALID: wrong usage, exit status 2. Thread rule: a parsed
// `struct options` never changes, so it can be read from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

enum option_type {
    OPTION_STRING,
    OPTION_PATH,     // like a string; must not be empty
    OPTION_BOOL,     // true, yes, on, 1; false, no, off, 0
    OPTION_INT,      // int64
    OPTION_FLOAT,    // finite
    OPTION_SIZE,     // bytes: 123, 64K, 10M, 2G, 1T (powers of 1024)
    OPTION_DURATION, // microseconds: 500ms, 10s, 2m, 1h, 1d; a bare number is seconds
    OPTION_ENUM,     // one of `choices`
};

struct option_spec {
    const char *name; // "chunk-seconds": the flag is --chunk-seconds
    enum option_type type;
    const char *help;           // one sentence
    const char *fallback;       // the default, as one would write it; NULL: not set
    const char *least;          // inclusive bounds for numbers, as one would write them; NULL: none
    const char *most;           //
    const char *unit;           // "seconds", for sentences and help; may be NULL
    const char *value_name;     // "DIR", for help; NULL: from the type
    const char *const *choices; // for OPTION_ENUM, NULL-terminated
    const char *env;            // NULL: "FRAMEHOUND_" + NAME; "": none
    char short_name;            // 'n' for -n; '\0': none
    bool required;
    bool repeatable; // may be given several times (the environment and the file separate values by commas)
    bool hidden;     // works, but is not in help or docs
};

// Several tables make up a command's settings, so that modules keep their own and commands share them. A name must not
// occur twice within one command.
struct option_table {
    const char *title; // the heading in help and docs
    const struct option_spec *options;
    size_t count;
};

// A place among the tables of a command: of those after it, --help names the titles only, and --help-all shows all.
extern const struct option_table options_further;

struct command_spec {
    const char *name;                         // "ingest"; may be two words: "models list"
    const char *arguments;                    // "SOURCE"; for the usage line; "" for none
    const char *summary;                      // one line
    const char *details;                      // paragraphs; may be NULL
    const char *examples;                     // lines, without indentation; may be NULL
    const struct option_table *const *tables; // NULL-terminated; may be NULL
    int arguments_least;
    int arguments_most; // -1: any number
};

// Commands that belong together, for the list of all: from the one of this name to the next group's.
struct command_group {
    const char *title;
    const char *first;
};

// Where values are taken from, besides the flags.
struct options_sources {
    char *const *environment;                // as `environ`; NULL: none
    const char *default_file;                // read if it exists and no --config is given; may be NULL
    const struct command_spec *const *known; // all commands, NULL-terminated, to judge names in the file; may be NULL
};

enum option_source { OPTION_FROM_DEFAULT, OPTION_FROM_FILE, OPTION_FROM_ENVIRONMENT, OPTION_FROM_FLAG };

struct options;

// Parses what follows the command's name; `args` has `count` items. All texts are copied. With --help given, nothing
// required is missed and options_wants_help() is true.
enum err_code options_parse(const struct command_spec *command, int count, char *const *args,
    const struct options_sources *sources, struct options **out, struct err *err) ERR_MUST_CHECK;
void options_free(struct options *options);
bool options_wants_help(const struct options *options); // --help or --help-all

// Getters. The name must be one of the command's tables, with that type: anything else is a defect and ends the
// process. Numbers that are not set are 0: ask options_is_set() where that matters.
bool options_is_set(const struct options *options, const char *name); // by whatever source, the default included
enum option_source options_source(const struct options *options, const char *name);
const char *options_string(const struct options *options, const char *name); // STRING, PATH, ENUM; NULL: not set
bool options_bool(const struct options *options, const char *name);
int64_t options_int(const struct options *options, const char *name);
double options_float(const struct options *options, const char *name);
int64_t options_size_bytes(const struct options *options, const char *name);
int64_t options_duration_us(const struct options *options, const char *name);
int options_enum(const struct options *options, const char *name); // the index in `choices`; -1: not set
// The values of a repeatable STRING or PATH.
size_t options_count(const struct options *options, const char *name);
const char *options_string_at(const struct options *options, const char *name, size_t index);
// Positional arguments.
int options_argument_count(const struct options *options);
const char *options_argument(const struct options *options, int index); // NULL beyond the end

// Finds the command that the first one or two of `args` name; `*used` says how many were taken. ERR_INVALID with the
// nearest name if there is none.
enum err_code command_find(const struct command_spec *const *commands, int count, char *const *args,
    const struct command_spec **command, int *used, struct err *err) ERR_MUST_CHECK;

// Text for `--help` of one command, with or without its further settings, and of the program. `groups` end with one
// that has no title.
void options_help(const struct command_spec *command, bool with_further, struct strbuf *out);
void options_help_program(
    const struct command_spec *const *commands, const struct command_group *groups, struct strbuf *out);
// For the commands of two words that begin with `word`; false, and nothing appended, when there are none.
bool options_help_group(const struct command_spec *const *commands, const char *word, struct strbuf *out);
// Everything that can be set, for machines (an array of commands) and as a Markdown page. New reference.
json_t *options_describe(const struct command_spec *const *commands);
void options_markdown(const struct command_spec *const *commands, struct strbuf *out);

// The parsers behind the types, for texts from elsewhere. `what` begins the sentence: "--chunk", "field \"chunk\"".
enum err_code option_parse_size(const char *what, const char *text, int64_t *bytes, struct err *err) ERR_MUST_CHECK;
enum err_code option_parse_duration(const char *what, const char *text, int64_t *us, struct err *err) ERR_MUST_CHECK;

// The candidate nearest to `word` if it is near enough to be meant, else NULL; candidates are NULL-terminated.
const char *text_nearest(const char *word, const char *const *candidates);
