#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/option_value.h"

#define HELP_COLUMN 30
#define HELP_WIDTH 96
#define COMMAND_COLUMN 22
#define COMMAND_NAME_MAX 64
#define COMMANDS_MAX 128

// Whether `name` is "word …", and what its second word is.
static const char *second_word(const char *name, const char *word)
{
    size_t length = strlen(word);
    return strncmp(name, word, length) == 0 && name[length] == ' ' ? name + length + 1 : NULL;
}

// For "models": what has to follow it. False when no command begins so.
static bool name_seconds(const char *const *names, const char *word, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (; *names != NULL; names++) {
        const char *second = second_word(*names, word);
        if (second != NULL && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", second);
    }
    return used > 0;
}

// The first word of commands of two words that is near enough to `word` to be meant.
static bool nearest_group(const char *const *names, const char *word, char group[COMMAND_NAME_MAX])
{
    for (; *names != NULL; names++) {
        const char *space = strchr(*names, ' ');
        if (space == NULL)
            continue;
        snprintf(group, COMMAND_NAME_MAX, "%.*s", (int)(space - *names), *names);
        if (text_nearest(word, (const char *const[]){group, NULL}) != NULL)
            return true;
    }
    return false;
}

enum err_code command_find(const struct command_spec *const *commands, int count, char *const *args,
    const struct command_spec **command, int *used, struct err *err)
{
    *command = NULL;
    *used = 0;
    if (count < 1)
        return err_set(err, ERR_INVALID, "a command is missing");
    char two[COMMAND_NAME_MAX] = "";
    if (count > 1)
        snprintf(two, sizeof(two), "%s %s", args[0], args[1]);
    const char *names[COMMANDS_MAX + 1] = {NULL};
    size_t name_count = 0;
    for (; *commands != NULL && name_count < COMMANDS_MAX; commands++) {
        const char *name = (*commands)->name;
        names[name_count++] = name;
        bool is_two = strcmp(name, two) == 0;
        if (is_two || (strcmp(name, args[0]) == 0 && *used == 0)) {
            *command = *commands;
            *used = is_two ? 2 : 1;
        }
    }
    if (*command != NULL)
        return ERR_NONE;
    char seconds[128];
    const char *nearest = two[0] != '\0' && args[1][0] != '-' ? text_nearest(two, names) : NULL;
    if (name_seconds(names, args[0], seconds, sizeof(seconds)) && nearest == NULL)
        return err_set(err, ERR_INVALID, "\"%.64s\" wants to be followed by one of: %s", args[0], seconds);
    const char *given = nearest != NULL ? two : args[0];
    if (nearest == NULL)
        nearest = text_nearest(args[0], names);
    char group[COMMAND_NAME_MAX];
    if (nearest == NULL && nearest_group(names, args[0], group))
        nearest = group;
    if (nearest != NULL)
        return err_set(err, ERR_INVALID, "there is no command \"%.64s\": did you mean \"%s\"?", given, nearest);
    if (args[0][0] == '-')
        return err_set(err, ERR_INVALID, "unknown option %.64s: a command comes first", args[0]);
    return err_set(err, ERR_INVALID, "there is no command \"%.64s\"", args[0]);
}

// Appends words from column `column` on, breaking lines and indenting them to `indent`.
static void add_wrapped(struct strbuf *out, const char *text, size_t column, size_t indent)
{
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            strbuf_addf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            strbuf_addc(out, ' ');
            column++;
        }
        strbuf_add(out, text, length);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    strbuf_addc(out, '\n');
}

// "(default: 5; between 1 and 10 seconds; FRAMEHOUND_CHUNK)"; nothing if there is nothing to say.
static void add_facts(struct strbuf *out, const struct option_spec *spec)
{
    char env[OPTION_ENV_MAX];
    option_env_name(spec, env);
    struct strbuf range;
    strbuf_init(&range);
    option_range_text(spec, &range);
    const char *sep = " (";
    if (spec->required) {
        strbuf_addf(out, "%srequired", sep);
        sep = "; ";
    }
    if (spec->fallback != NULL) {
        strbuf_addf(out, "%sdefault: %s", sep, spec->fallback);
        sep = "; ";
    }
    if (range.size > 0) {
        strbuf_addf(out, "%s%s", sep, range.data);
        sep = "; ";
    }
    if (spec->repeatable) {
        strbuf_addf(out, "%srepeatable", sep);
        sep = "; ";
    }
    if (env[0] != '\0') {
        strbuf_addf(out, "%s%s", sep, env);
        sep = "; ";
    }
    if (sep[0] == ';')
        strbuf_addc(out, ')');
    strbuf_release(&range);
}

static void add_flag(struct strbuf *out, const struct option_spec *spec)
{
    if (spec->short_name != '\0')
        strbuf_addf(out, "-%c, ", spec->short_name);
    strbuf_addf(out, "--%s", spec->name);
    const char *value_name = option_value_name(spec);
    if (value_name[0] != '\0')
        strbuf_addf(out, " %s", value_name);
}

static void add_option_help(struct strbuf *out, const struct option_spec *spec)
{
    size_t start = out->size;
    strbuf_adds(out, spec->short_name != '\0' ? "  " : "      ");
    add_flag(out, spec);
    size_t column = out->size - start;
    if (column + 2 > HELP_COLUMN) {
        strbuf_addc(out, '\n');
        column = 0;
    }
    strbuf_addf(out, "%*s", (int)(HELP_COLUMN - column), "");
    struct strbuf text;
    strbuf_init(&text);
    strbuf_adds(&text, spec->help);
    add_facts(&text, spec);
    add_wrapped(out, text.data, HELP_COLUMN, HELP_COLUMN);
    strbuf_release(&text);
}

static void add_table_help(struct strbuf *out, const struct option_table *table)
{
    if (table == &options_further)
        return;
    strbuf_addf(out, "\n%s:\n", table->title);
    for (size_t i = 0; i < table->count; i++) {
        if (!table->options[i].hidden)
            add_option_help(out, &table->options[i]);
    }
}

static void add_usage(struct strbuf *out, const struct command_spec *command)
{
    bool has_arguments = command->arguments != NULL && command->arguments[0] != '\0';
    strbuf_addf(out, "framehound %s [options]%s%s", command->name, has_arguments ? " " : "",
        has_arguments ? command->arguments : "");
}

// Lines of a text, each with `indent` spaces in front.
static void add_indented(struct strbuf *out, const char *text, int indent)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        strbuf_addf(out, "%*s%.*s\n", indent, "", (int)length, text);
        text += length;
        text += *text == '\n';
    }
}

// What --help leaves out; `table` is where it stopped.
static void add_further_titles(struct strbuf *out, const struct option_table *const *table)
{
    if (table == NULL || *table == NULL)
        return;
    strbuf_adds(out, "\nFurther settings, which --help-all shows:\n");
    for (table++; *table != NULL; table++)
        strbuf_addf(out, "  %s\n", (*table)->title);
}

void options_help(const struct command_spec *command, bool with_further, struct strbuf *out)
{
    strbuf_adds(out, "Usage: ");
    add_usage(out, command);
    strbuf_addf(out, "\n\n%s\n", command->summary);
    for (const char *text = command->details; text != NULL && *text != '\0';) {
        size_t length = strcspn(text, "\n");
        char *line = NULL;
        struct strbuf paragraph;
        strbuf_init(&paragraph);
        strbuf_add(&paragraph, text, length);
        line = paragraph.data;
        strbuf_addc(out, '\n');
        add_wrapped(out, line, 0, 0);
        strbuf_release(&paragraph);
        text += length;
        text += strspn(text, "\n");
    }
    const struct option_table *const *table = command->tables;
    for (; table != NULL && *table != NULL && (with_further || *table != &options_further); table++)
        add_table_help(out, *table);
    add_table_help(out, &option_builtin_table);
    add_further_titles(out, table);
    if (command->examples != NULL) {
        strbuf_adds(out, "\nExamples:\n");
        add_indented(out, command->examples, 2);
    }
}

static void add_command_line(struct strbuf *out, const struct command_spec *command)
{
    strbuf_addf(out, "  %-*s%s\n", COMMAND_COLUMN, command->name, command->summary);
}

void options_help_program(
    const struct command_spec *const *commands, const struct command_group *groups, struct strbuf *out)
{
    strbuf_adds(out, "Usage: framehound COMMAND [options]\n");
    for (; *commands != NULL; commands++) {
        if (groups->title != NULL && strcmp(groups->first, (*commands)->name) == 0) {
            strbuf_addf(out, "\n%s:\n", groups->title);
            groups++;
        }
        add_command_line(out, *commands);
    }
    strbuf_adds(out, "\nframehound COMMAND --help says what can be set.\n");
}

bool options_help_group(const struct command_spec *const *commands, const char *word, struct strbuf *out)
{
    bool any = false;
    for (; *commands != NULL; commands++) {
        if (second_word((*commands)->name, word) == NULL)
            continue;
        if (!any)
            strbuf_addf(out, "Usage: framehound %s COMMAND [options]\n\nCommands:\n", word);
        any = true;
        add_command_line(out, *commands);
    }
    if (any)
        strbuf_addf(out, "\nframehound %s COMMAND --help says what can be set.\n", word);
    return any;
}

static json_t *describe_option(const struct option_spec *spec, const char *title)
{
    json_t *object = json_object();
    char env[OPTION_ENV_MAX];
    option_env_name(spec, env);
    json_set_string(object, "name", spec->name);
    json_set_string(object, "group", title);
    json_set_string(object, "type", option_type_name(spec->type));
    json_set_string(object, "help", spec->help);
    json_set_string(object, "environment", env[0] != '\0' ? env : NULL);
    json_set_string(object, "default", spec->fallback);
    json_set_string(object, "least", spec->least);
    json_set_string(object, "most", spec->most);
    json_set_string(object, "unit", spec->unit);
    json_set_bool(object, "required", spec->required);
    json_set_bool(object, "repeatable", spec->repeatable);
    if (spec->short_name != '\0')
        json_set_string(object, "short", (const char[]){spec->short_name, '\0'});
    if (spec->type == OPTION_ENUM) {
        json_t *choices = json_array();
        for (size_t i = 0; spec->choices[i] != NULL; i++)
            json_array_append_new(choices, json_string_lossy(spec->choices[i]));
        json_set(object, "choices", choices);
    }
    return object;
}

static void describe_table(json_t *list, const struct option_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!table->options[i].hidden)
            json_array_append_new(list, describe_option(&table->options[i], table->title));
    }
}

json_t *options_describe(const struct command_spec *const *commands)
{
    json_t *list = json_array();
    for (; *commands != NULL; commands++) {
        const struct command_spec *command = *commands;
        json_t *object = json_object();
        json_t *options = json_array();
        json_set_string(object, "name", command->name);
        json_set_string(object, "arguments", command->arguments);
        json_set_string(object, "summary", command->summary);
        json_set_string(object, "details", command->details);
        json_set_string(object, "examples", command->examples);
        for (const struct option_table *const *table = command->tables; table != NULL && *table != NULL; table++)
            describe_table(options, *table);
        describe_table(options, &option_builtin_table);
        json_set(object, "options", options);
        json_array_append_new(list, object);
    }
    return list;
}

// A text inside a Markdown table: '|' would end the cell.
static void add_cell(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            strbuf_addc(out, '\\');
        strbuf_addc(out, *text);
    }
}

static void markdown_option(struct strbuf *out, const struct option_spec *spec)
{
    char env[OPTION_ENV_MAX];
    option_env_name(spec, env);
    struct strbuf range;
    strbuf_init(&range);
    option_range_text(spec, &range);
    strbuf_adds(out, "| `");
    add_flag(out, spec);
    strbuf_adds(out, "` | ");
    add_cell(out, spec->help);
    if (range.size > 0) {
        strbuf_adds(out, " Must be ");
        add_cell(out, range.data);
        strbuf_addc(out, '.');
    }
    if (spec->repeatable)
        strbuf_adds(out, " Repeatable.");
    strbuf_addf(out, " | %s%s%s |", spec->fallback != NULL ? "`" : "",
        spec->fallback != NULL ? spec->fallback
            : spec->required   ? "required"
                               : "",
        spec->fallback != NULL ? "`" : "");
    strbuf_addf(out, env[0] != '\0' ? " `%s` |\n" : " %s|\n", env);
    strbuf_release(&range);
}

static void markdown_table(struct strbuf *out, const struct option_table *table)
{
    if (table == &options_further)
        return;
    strbuf_addf(out,
        "\n**%s**\n\n| flag | meaning | default | environment |\n| --- | "
        "--- | --- | --- |\n",
        table->title);
    for (size_t i = 0; i < table->count; i++) {
        if (!table->options[i].hidden)
            markdown_option(out, &table->options[i]);
    }
}

void options_markdown(const struct command_spec *const *commands, struct strbuf *out)
{
    for (size_t n = 0; commands[n] != NULL; n++) {
        const struct command_spec *command = commands[n];
        strbuf_addf(out, "%s## framehound %s\n\n%s\n\n```\n", n > 0 ? "\n" : "", command->name, command->summary);
        add_usage(out, command);
        strbuf_adds(out, "\n```\n");
        if (command->details != NULL)
            strbuf_addf(out, "\n%s\n", command->details);
        for (const struct option_table *const *table = command->tables; table != NULL && *table != NULL; table++)
            markdown_table(out, *table);
        if (command->examples != NULL)
            strbuf_addf(out, "\n```\n%s\n```\n", command->examples);
    }
}
