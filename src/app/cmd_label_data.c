// Commands that show labels as data: what was said of which objects, and what of that is probably wrong.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/listing.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"

static const char *const kinds[] = {"explicit", "negative", "probable", NULL};

// No environment variables: they would speak for every call.
static const struct option_spec filter_list[] = {
    {.name = "kind",
        .type = OPTION_ENUM,
        .choices = kinds,
        .fallback = "explicit",
        .env = "",
        .help = "What was said to be it, what was said not to be it, or what probably is."},
    {.name = "label", .type = OPTION_STRING, .value_name = "NAME", .env = "", .help = "Only this label."},
    {.name = "by",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .env = "",
        .help = "Only what this person said; empty for what nobody put a name to."},
    {.name = "from",
        .type = OPTION_STRING,
        .value_name = "TIME",
        .env = "",
        .help = "Only what was said at this time or later: 2026-01-31, or 2026-01-31T12:00:00Z."},
    {.name = "to", .type = OPTION_STRING, .value_name = "TIME", .env = "", .help = "Only what was said before."},
    {.name = "video", .type = OPTION_STRING, .value_name = "ID", .env = "", .help = "Only objects of this video."},
    {.name = "class",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .env = "",
        .help = "Only objects that the detector took for this."},
    {.name = "min-score",
        .type = OPTION_FLOAT,
        .least = "0",
        .most = "1",
        .env = "",
        .help = "Least certainty; what was said has 1."},
    {.name = "max-score", .type = OPTION_FLOAT, .least = "0", .most = "1", .env = "", .help = "Greatest certainty."},
};
static const struct option_table filter_options = {
    .title = "Which", .options = filter_list, .count = sizeof(filter_list) / sizeof(filter_list[0])};
static const struct option_table *const assertions_tables[] = {&filter_options, &json_options, CLIENT_TABLES, NULL};

static void add_assertion(struct ui_table *table, const json_t *assertion)
{
    const json_t *hit = json_object_get(assertion, "hit");
    const char *kind = ui_string(assertion, "kind");
    char said[UI_TEXT_SIZE];
    char at[UI_TEXT_SIZE];
    if (strcmp(kind, "probable") == 0)
        snprintf(said, sizeof(said), "%.3f", ui_number(assertion, "score"));
    else
        snprintf(said, sizeof(said), "%s", strcmp(kind, "negative") == 0 ? "no" : "yes");
    ui_timestamp(ui_int(hit, "pts_us"), at);
    ui_table_add(table,
        (const char *[]){ui_string(assertion, "label"), said, ui_string(hit, "object"), ui_string(hit, "class"), at,
            ui_string(assertion, "by"), ui_string(assertion, "at")});
}

static void add_filters(struct strbuf *path, const struct options *options)
{
    static const char *const texts[] = {"label", "by", "from", "to", "video", "class"};
    strbuf_addf(path, "?kind=%s", options_string(options, "kind"));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        session_add_option(path, options, texts[i]);
    if (options_is_set(options, "min-score"))
        strbuf_addf(path, "&min_score=%.6f", options_float(options, "min-score"));
    if (options_is_set(options, "max-score"))
        strbuf_addf(path, "&max_score=%.6f", options_float(options, "max-score"));
}

// Looked at here too, so that a mistake is wrong usage before a server is asked.
static bool times_are_wrong(const struct options *options)
{
    static const char *const names[] = {"from", "to"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = options_string(options, names[i]);
        if (text == NULL || clock_parse(text, &(int64_t){0}))
            continue;
        ui_error("--%s: \"%.40s\" is no time: write a date or a time with its zone, such as 2026-01-31 or "
                 "2026-01-31T12:00:00Z",
            names[i], text);
        return true;
    }
    return false;
}

static enum err_code run_assertions(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"LABEL", "SAID", "OBJECT", "CLASS", "AT", "BY", "WHEN", NULL};
    const char *project = options_argument(options, 0);
    if (times_are_wrong(options)) {
        *status = 2;
        return ERR_NONE;
    }
    enum err_code code = project_name_check(project, err);
    if (code != ERR_NONE)
        return code;
    struct strbuf path;
    strbuf_init(&path);
    strbuf_addf(&path, "/api/v1/projects/%s/assertions", project);
    add_filters(&path, options);
    const struct listing assertions = {.path = path.data,
        .items = "assertions",
        .headings = headings,
        .add_row = add_assertion,
        .none = "Nothing was said of such objects."};
    code = listing_print(options, &assertions, err);
    strbuf_release(&path);
    return code;
}

// ---- probable mistakes

static void add_mistake(struct ui_table *table, const json_t *mistake)
{
    const json_t *assertion = json_object_get(mistake, "assertion");
    bool is_no = strcmp(ui_string(assertion, "kind"), "negative") == 0;
    size_t alike = json_array_size(json_object_get(mistake, "alike"));
    char score[UI_TEXT_SIZE];
    char more[UI_TEXT_SIZE] = "";
    snprintf(score, sizeof(score), "%.2f", ui_number(mistake, "score"));
    if (alike > 0)
        snprintf(more, sizeof(more), "+%zu", alike);
    ui_table_add(table,
        (const char *[]){score, ui_string(assertion, "label"), is_no ? "no" : "yes",
            ui_string(json_object_get(assertion, "hit"), "object"), more, ui_string(assertion, "by"),
            ui_string(mistake, "detail")});
}

static enum err_code run_mistakes(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"SCORE", "LABEL", "SAID", "OBJECT", "ALIKE", "BY", "WHY", NULL};
    const char *project = options_argument(options, 0);
    (void)status;
    enum err_code code = project_name_check(project, err);
    if (code != ERR_NONE)
        return code;
    struct strbuf path;
    strbuf_init(&path);
    strbuf_addf(&path, "/api/v1/projects/%s/mistakes?min_score=%.6f", project, options_float(options, "min-score"));
    session_add_option(&path, options, "label");
    const struct listing mistakes = {.path = path.data,
        .items = "mistakes",
        .headings = headings,
        .add_row = add_mistake,
        .none = "Nothing looks like a mistake."};
    code = listing_print(options, &mistakes, err);
    strbuf_release(&path);
    return code;
}

const struct command command_assertions = {
    .spec = {.name = "assertions",
        .arguments = "PROJECT",
        .summary = "List what was said of a project's objects: by label, person, time, video, class.",
        .details = "Newest first; with --kind probable, surest first. With --json, one assertion a line.",
        .examples = "framehound assertions demo --by anna --from 2026-01-26\n"
                    "framehound assertions demo --kind negative --label van",
        .tables = assertions_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_assertions};

static const struct option_spec mistake_list[] = {
    {.name = "label",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .env = "",
        .help = "Only what was said of this label."},
    {.name = "min-score",
        .type = OPTION_FLOAT,
        .fallback = "0.7",
        .least = "0",
        .most = "1",
        .env = "",
        .help = "Least probability of a mistake."},
};
static const struct option_table mistake_options = {
    .title = "Which", .options = mistake_list, .count = sizeof(mistake_list) / sizeof(mistake_list[0])};
static const struct option_table *const mistakes_tables[] = {&mistake_options, &json_options, CLIENT_TABLES, NULL};

const struct command command_mistakes = {
    .spec = {.name = "mistakes",
        .arguments = "PROJECT",
        .summary = "List what was probably said wrongly, surest first.",
        .details =
            "What was said of an object is compared with what was said of those that resemble it. \"framehound "
            "label\" corrects it; what is right all the same is confirmed with --keep and not listed again. With "
            "--json, one mistake a line.",
        .examples = "framehound mistakes demo\n"
                    "framehound label demo van --keep 0123456789abcdef-00000042-007",
        .tables = mistakes_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_mistakes};
