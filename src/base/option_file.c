#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/option_value.h"
#include "base/strbuf.h"

#define LINE_MAX_BYTES 4096
#define WHAT_MAX 512

struct reader {
    const char *path;
    int line;
    const struct command_spec *section; // NULL before the first heading
    const struct command_spec *command; // whose settings are wanted
    const struct command_spec *const *known;
    enum err_code (*set)(void *arg, const char *name, const char *what, const char *text, struct err *err);
    void *arg;
};

static bool command_knows(const struct command_spec *command, const char *name)
{
    for (const struct option_table *const *table = command->tables; table != NULL && *table != NULL; table++) {
        for (size_t i = 0; i < (*table)->count; i++) {
            if (strcmp((*table)->options[i].name, name) == 0)
                return true;
        }
    }
    return false;
}

static bool anyone_knows(const struct command_spec *const *commands, const char *name)
{
    for (; commands != NULL && *commands != NULL; commands++) {
        if (command_knows(*commands, name))
            return true;
    }
    return false;
}

static const struct command_spec *command_named(const struct command_spec *const *commands, const char *name)
{
    for (; commands != NULL && *commands != NULL; commands++) {
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    }
    return NULL;
}

// The value of a line: what stands in quotes, or what comes before a comment. NULL if quotes are not closed.
static char *read_value(char *text)
{
    text = text_trim(text);
    if (*text != '"') {
        for (char *c = text; *c != '\0'; c++) {
            if (*c == '#' && (c == text || isspace((unsigned char)c[-1]))) {
                *c = '\0';
                break;
            }
        }
        return text_trim(text);
    }
    char *end = strchr(text + 1, '"');
    if (end == NULL)
        return NULL;
    const char *rest = text_trim(end + 1);
    if (*rest != '\0' && *rest != '#')
        return NULL;
    *end = '\0';
    return text + 1;
}

static enum err_code read_heading(struct reader *reader, char *line, struct err *err)
{
    size_t length = strlen(line);
    if (line[length - 1] != ']')
        return err_set(err, ERR_INVALID, "%s:%d: the heading has no \"]\"", reader->path, reader->line);
    line[length - 1] = '\0';
    const char *name = text_trim(line + 1);
    reader->section = strcmp(reader->command->name, name) == 0 ? reader->command : command_named(reader->known, name);
    if (reader->section == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: there is no command \"%.64s\"", reader->path, reader->line, name);
    return ERR_NONE;
}

static enum err_code read_setting(struct reader *reader, char *line, struct err *err)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: a line must be name = value", reader->path, reader->line);
    *equals = '\0';
    const char *name = text_trim(line);
    const char *text = read_value(equals + 1);
    if (text == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: the quotes are not closed", reader->path, reader->line);
    bool here = reader->section == NULL || reader->section == reader->command;
    if (here && command_knows(reader->command, name)) {
        char what[WHAT_MAX];
        snprintf(what, sizeof(what), "%s:%d: %s", reader->path, reader->line, name);
        return reader->set(reader->arg, name, what, text, err);
    }
    bool known = reader->section != NULL ? command_knows(reader->section, name) : anyone_knows(reader->known, name);
    if (!known)
        return err_set(err, ERR_INVALID, "%s:%d: unknown setting \"%.64s\"", reader->path, reader->line, name);
    return ERR_NONE;
}

static enum err_code read_lines(struct reader *reader, FILE *in, struct err *err)
{
    char buffer[LINE_MAX_BYTES];
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && fgets(buffer, sizeof(buffer), in) != NULL) {
        reader->line++;
        size_t length = strlen(buffer);
        if (length + 1 == sizeof(buffer) && buffer[length - 1] != '\n')
            return err_set(err, ERR_INVALID, "%s:%d: the line is too long", reader->path, reader->line);
        char *line = text_trim(buffer);
        if (*line == '\0' || *line == '#')
            continue;
        code = *line == '[' ? read_heading(reader, line, err) : read_setting(reader, line, err);
    }
    return code;
}

enum err_code option_file_read(const char *path, bool must_exist, const struct command_spec *command,
    const struct options_sources *sources,
    enum err_code (*set)(void *arg, const char *name, const char *what, const char *text, struct err *err), void *arg,
    struct err *err)
{
    struct reader reader = {.path = path, .command = command, .known = sources->known, .set = set, .arg = arg};
    FILE *in = fopen(path, "re");
    if (in == NULL && errno == ENOENT && !must_exist)
        return ERR_NONE;
    // Whatever the reason, it is the usage that is wrong.
    if (in == NULL)
        return err_set(err, ERR_INVALID, "cannot read the settings file %s: %s", path, strerror(errno));
    enum err_code code = read_lines(&reader, in, err);
    if (code == ERR_NONE && ferror(in))
        code = err_set(err, ERR_INVALID, "cannot read the settings file %s: %s", path, strerror(errno));
    fclose(in);
    return code;
}
