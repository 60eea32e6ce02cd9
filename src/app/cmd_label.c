// Commands that label: saying what objects are, listing labels, and taking steps back.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/id.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define NUMBER_SIZE 24

// No environment variables: they would speak for every call.
static const struct option_spec example_list[] = {
    {.name = "yes",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "OBJECT",
        .env = "",
        .help = "This object is it."},
    {.name = "no",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "OBJECT",
        .env = "",
        .help = "This object is not it."},
    {.name = "clear",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "OBJECT",
        .env = "",
        .help = "Take back what was said of this object."},
    {.name = "keep",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "OBJECT",
        .env = "",
        .help = "What was said of this object is right, though it looks like a mistake; not with the others."},
    {.name = "by", .type = OPTION_STRING, .value_name = "NAME", .help = "Who says it, for the history."},
};
static const struct option_table example_options = {
    .title = "Examples", .options = example_list, .count = sizeof(example_list) / sizeof(example_list[0])};

static const struct option_spec whole_list[] = {
    {.name = "rename", .type = OPTION_STRING, .value_name = "NAME", .env = "", .help = "Call the label so."},
    {.name = "merge-into",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .env = "",
        .help = "Give all that was said of it to this label, and remove it."},
    {.name = "delete", .type = OPTION_BOOL, .env = "", .help = "Remove the label with all that was said of it."},
};
static const struct option_table whole_options = {
    .title = "The label as a whole", .options = whole_list, .count = sizeof(whole_list) / sizeof(whole_list[0])};

static const struct option_spec step_list[] = {
    {.name = "by", .type = OPTION_STRING, .value_name = "NAME", .help = "Who does it, for the history."},
};
static const struct option_table step_options = {.title = "Step", .options = step_list, .count = 1};

static const struct option_table *const label_tables[] = {
    &example_options, &whole_options, &json_options, CLIENT_TABLES, NULL};
static const struct option_table *const plain_tables[] = {&json_options, CLIENT_TABLES, NULL};
static const struct option_table *const step_tables[] = {&step_options, &json_options, CLIENT_TABLES, NULL};

// Adds the objects of an option to the body; counts them.
static enum err_code add_objects(
    json_t *body, const char *field, const struct options *options, const char *option, size_t *total, struct err *err)
{
    size_t count = options_count(options, option);
    json_t *list = json_array();
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        const char *id = options_string_at(options, option, i);
        if (!object_id_parse(id, NULL, &(int32_t){0}, &(int32_t){0}))
            code = err_set(err, ERR_INVALID,
                "--%s: \"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007; see framehound frames "
                "VIDEO --json",
                option, id);
        json_array_append_new(list, json_string_lossy(id));
    }
    if (count > 0)
        json_set(body, field, json_incref(list));
    json_decref(list);
    *total += count;
    return code;
}

static void print_change(const json_t *change, bool json)
{
    const json_t *label = json_object_get(change, "label");
    const json_t *step = json_object_get(change, "step");
    if (json) {
        ui_print_json(change);
        return;
    }
    if (json_is_null(step))
        ui_line("Nothing was changed: it is so already.");
    const char *kind = ui_string(step, "kind");
    const char *done = strcmp(kind, "undo") == 0 ? "taken back" : strcmp(kind, "redo") == 0 ? "done again" : NULL;
    bool is_of_several = ui_int(step, "labels") > 1;
    if (done != NULL && is_of_several)
        ui_line("%s: the import of %" PRId64 " labels", done, ui_int(step, "labels"));
    else if (done != NULL)
        ui_line("%s: the step about \"%s\"", done, ui_string(step, "label"));
    if (json_is_object(label))
        ui_line("%s: %" PRId64 " object%s with it, %" PRId64 " probable; said to be it: %" PRId64
                ", not to be it: %" PRId64,
            ui_string(label, "name"), ui_int(label, "explicit"), ui_int(label, "explicit") == 1 ? "" : "s",
            ui_int(label, "probable"), ui_int(label, "positives"), ui_int(label, "negatives"));
    else if (json_object_get(change, "label") != NULL && !is_of_several)
        puts("The label is gone.");
}

// A call with what was changed as the answer.
static enum err_code call_change(
    const struct options *options, enum http_method method, const char *path, const json_t *body, struct err *err)
{
    struct session session;
    json_t *change = NULL;
    enum err_code code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    code = session_call(&session, method, path, body, &change, err);
    if (code == ERR_NONE)
        print_change(change, options_bool(options, "json"));
    json_decref(change);
    session_close(&session);
    return code;
}

// What is to be done: one thing at a time, each a step of its own.
enum label_deed { DEED_NONE, DEED_EXAMPLES, DEED_KEEP, DEED_RENAME, DEED_MERGE, DEED_DELETE, DEED_SEVERAL };

static enum err_code read_deed(const struct options *options, json_t *body, enum label_deed *deed, struct err *err)
{
    size_t total = 0;
    size_t kept = 0;
    enum err_code code = add_objects(body, "objects", options, "keep", &kept, err);
    if (code == ERR_NONE)
        code = add_objects(body, "positive", options, "yes", &total, err);
    if (code == ERR_NONE)
        code = add_objects(body, "negative", options, "no", &total, err);
    if (code == ERR_NONE)
        code = add_objects(body, "clear", options, "clear", &total, err);
    const bool wanted[] = {[DEED_EXAMPLES] = total > 0,
        [DEED_KEEP] = kept > 0,
        [DEED_RENAME] = options_is_set(options, "rename"),
        [DEED_MERGE] = options_is_set(options, "merge-into"),
        [DEED_DELETE] = options_bool(options, "delete")};
    *deed = DEED_NONE;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (wanted[i])
            *deed = *deed == DEED_NONE ? (enum label_deed)i : DEED_SEVERAL;
    }
    return code;
}

static enum err_code do_deed(const struct options *options, enum label_deed deed, json_t *body, struct err *err)
{
    static const char *const verbs[] = {[DEED_EXAMPLES] = "/examples",
        [DEED_KEEP] = "/keep",
        [DEED_RENAME] = "/rename",
        [DEED_MERGE] = "/merge",
        [DEED_DELETE] = ""};
    struct strbuf path;
    strbuf_init(&path);
    strbuf_addf(&path, "/api/v1/projects/%s/labels/", options_argument(options, 0));
    http_url_encode(&path, options_argument(options, 1));
    strbuf_adds(&path, verbs[deed]);
    if (deed == DEED_RENAME)
        json_set_string(body, "name", options_string(options, "rename"));
    if (deed == DEED_MERGE)
        json_set_string(body, "into", options_string(options, "merge-into"));
    if (deed == DEED_DELETE)
        session_add_option(&path, options, "by");
    else if (options_is_set(options, "by"))
        json_set_string(body, "by", options_string(options, "by"));
    enum err_code code = deed == DEED_DELETE ? call_change(options, HTTP_DELETE, path.data, NULL, err)
                                             : call_change(options, HTTP_POST, path.data, body, err);
    strbuf_release(&path);
    return code;
}

static enum err_code run_label(const struct options *options, int *status, struct err *err)
{
    json_t *body = json_object();
    enum label_deed deed = DEED_NONE;
    enum err_code code = project_name_check(options_argument(options, 0), err);
    if (code == ERR_NONE)
        code = read_deed(options, body, &deed, err);
    if (code == ERR_NONE && (deed == DEED_NONE || deed == DEED_SEVERAL)) {
        ui_error("%s",
            deed == DEED_NONE
                ? "say of which objects: --yes OBJECT, --no OBJECT, --clear OBJECT or --keep OBJECT; or --rename, "
                  "--merge-into or --delete the label"
                : "--keep, --rename, --merge-into and --delete are steps of their own: leave out the others");
        *status = 2;
    } else if (code == ERR_NONE) {
        code = do_deed(options, deed, body, err);
    }
    json_decref(body);
    return code;
}

static enum err_code run_step(const struct options *options, const char *verb, struct err *err)
{
    const char *project = options_argument(options, 0);
    enum err_code code = project_name_check(project, err);
    if (code != ERR_NONE)
        return code;
    struct strbuf path;
    strbuf_init(&path);
    strbuf_addf(&path, "/api/v1/projects/%s/%s", project, verb);
    session_add_option(&path, options, "by");
    code = call_change(options, HTTP_POST, path.data, NULL, err);
    strbuf_release(&path);
    return code;
}

static enum err_code run_undo(const struct options *options, int *status, struct err *err)
{
    (void)status;
    return run_step(options, "undo", err);
}

static enum err_code run_redo(const struct options *options, int *status, struct err *err)
{
    (void)status;
    return run_step(options, "redo", err);
}

static void print_labels(const json_t *labels, bool json)
{
    static const char *const headings[] = {"LABEL", "OBJECTS", "PROBABLE", "YES", "NO", NULL};
    static const char *const fields[] = {"explicit", "probable", "positives", "negatives"};
    struct ui_table *table = ui_table_new(headings);
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const json_t *label = json_array_get(labels, i);
        char numbers[4][NUMBER_SIZE];
        if (json)
            ui_print_json(label);
        for (size_t n = 0; n < 4; n++)
            snprintf(numbers[n], sizeof(numbers[n]), "%" PRId64, ui_int(label, fields[n]));
        ui_table_add(table, (const char *[]){ui_string(label, "name"), numbers[0], numbers[1], numbers[2], numbers[3]});
    }
    if (!json && ui_table_rows(table) == 0)
        puts("No labels yet.");
    else if (!json)
        ui_table_print(table);
    ui_table_free(table);
}

static enum err_code run_labels(const struct options *options, int *status, struct err *err)
{
    struct session session;
    json_t *answer = NULL;
    const char *project = options_argument(options, 0);
    (void)status;
    enum err_code code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/projects/%s/labels", project);
    code = session_get(&session, path, &answer, err);
    if (code == ERR_NONE)
        print_labels(json_object_get(answer, "labels"), options_bool(options, "json"));
    free(path);
    json_decref(answer);
    session_close(&session);
    return code;
}

const struct command command_label = {
    .spec = {.name = "label",
        .arguments = "PROJECT NAME",
        .summary = "Say which objects are this and which are not; rename, merge and delete labels.",
        .details =
            "The label is made if it does not exist. An object carries one label at most: naming one that carries "
            "another moves it.",
        .examples = "framehound label demo \"blue bus\" --yes 0123456789abcdef-00000042-007 --no "
                    "0123456789abcdef-00000050-001\n"
                    "framehound label demo \"blue bus\" --rename \"number 7\"",
        .tables = label_tables,
        .arguments_least = 2,
        .arguments_most = 2},
    .run = run_label};

const struct command command_labels = {.spec = {.name = "labels",
                                           .arguments = "PROJECT",
                                           .summary = "List a project's labels.",
                                           .details = "With --json, one label a line.",
                                           .tables = plain_tables,
                                           .arguments_least = 1,
                                           .arguments_most = 1},
    .run = run_labels};

const struct command command_undo = {.spec = {.name = "undo",
                                         .arguments = "PROJECT",
                                         .summary = "Take back a project's last labelling step.",
                                         .tables = step_tables,
                                         .arguments_least = 1,
                                         .arguments_most = 1},
    .run = run_undo};

const struct command command_redo = {.spec = {.name = "redo",
                                         .arguments = "PROJECT",
                                         .summary = "Do again the labelling step that was taken back last.",
                                         .tables = step_tables,
                                         .arguments_least = 1,
                                         .arguments_most = 1},
    .run = run_redo};
