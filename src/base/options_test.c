#include "base/options.h"

#include <string.h>
#include <unistd.h>

#include "base/test.h"

static const char *const formats[] = {"table", "json", NULL};
static const struct option_spec ingest_options[] = {
    {.name = "project",
        .type = OPTION_STRING,
        .short_name = 'p',
        .value_name = "NAME",
        .help = "Where it goes.",
        .required = true},
    {.name = "chunk",
        .type = OPTION_FLOAT,
        .fallback = "10",
        .least = "1",
        .most = "3600",
        .unit = "seconds",
        .help = "About how long a segment is."},
    {.name = "workers", .type = OPTION_INT, .fallback = "2", .least = "1", .help = "How many."},
    {.name = "limit-bytes", .type = OPTION_SIZE, .fallback = "2G", .most = "1T", .help = "The largest download."},
    {.name = "timeout", .type = OPTION_DURATION, .fallback = "30s", .help = "How long to wait."},
    {.name = "format", .type = OPTION_ENUM, .choices = formats, .fallback = "table", .help = "How to print."},
    {.name = "wait", .type = OPTION_BOOL, .help = "Wait for the end."},
    {.name = "tag", .type = OPTION_STRING, .repeatable = true, .help = "Tags | marks."},
};
static const struct option_table ingest_table = {
    .title = "Ingestion", .options = ingest_options, .count = sizeof(ingest_options) / sizeof(ingest_options[0])};
static const struct option_table *const ingest_tables[] = {&ingest_table, NULL};
static const struct command_spec ingest = {
    .name = "ingest",
    .arguments = "SOURCE",
    .summary = "Turns a video into objects.",
    .examples = "framehound ingest clip.mp4 --project demo",
    .tables = ingest_tables,
    .arguments_least = 1,
    .arguments_most = 1,
};
static const struct command_spec models_list = {.name = "models list", .arguments = "", .summary = "Shows models."};
static const struct command_spec *const commands[] = {&ingest, &models_list, NULL};

static enum err_code parse(
    const char *line, const struct options_sources *sources, struct options **out, struct err *err)
{
    char *args[32];
    int count = 0;
    char *copy = strdup(line);
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        args[count++] = word;
    enum err_code code = options_parse(&ingest, count, args, sources, out, err);
    free(copy);
    return code;
}

static struct options *parsed(const char *line, const struct options_sources *sources)
{
    struct err err = ERR_INIT;
    struct options *options = NULL;
    assert_ok(parse(line, sources, &options, &err), &err);
    return options;
}

static void assert_refused(const char *line, const struct options_sources *sources, const char *sentence)
{
    struct err err = ERR_INIT;
    struct options *options = NULL;
    assert_code(parse(line, sources, &options, &err), ERR_INVALID);
    assert_null(options);
    assert_string_equal(err.message, sentence);
}

static void flags_are_read_in_all_their_forms(void **state)
{
    (void)state;
    struct options *options = parsed("--project=demo clip.mp4 --chunk 2.5 --wait "
                                     "--limit-bytes=10M --timeout 1500ms "
                                     "--format json --tag a --tag b",
        NULL);
    assert_string_equal(options_string(options, "project"), "demo");
    assert_true(options_float(options, "chunk") == 2.5);
    assert_true(options_bool(options, "wait"));
    assert_int_equal(options_size_bytes(options, "limit-bytes"), 10 << 20);
    assert_int_equal(options_duration_us(options, "timeout"), 1500000);
    assert_int_equal(options_enum(options, "format"), 1);
    assert_string_equal(options_string(options, "format"), "json");
    assert_int_equal(options_count(options, "tag"), 2);
    assert_string_equal(options_string_at(options, "tag", 1), "b");
    assert_int_equal(options_argument_count(options), 1);
    assert_string_equal(options_argument(options, 0), "clip.mp4");
    assert_null(options_argument(options, 1));
    options_free(options);

    options = parsed("-p demo --no-wait -- --strange", NULL);
    assert_false(options_bool(options, "wait"));
    assert_string_equal(options_argument(options, 0), "--strange");
    assert_true(options_float(options, "chunk") == 10);
    assert_int_equal(options_source(options, "chunk"), OPTION_FROM_DEFAULT);
    options_free(options);
}

static void wrong_values_are_refused_with_what_is_allowed(void **state)
{
    (void)state;
    assert_refused("x -p d --chunk -3", NULL, "--chunk must be between 1 and 3600 seconds, not \"-3\"");
    assert_refused("x -p d --chunk nan", NULL, "--chunk must be between 1 and 3600 seconds, not \"nan\"");
    assert_refused("x -p d --chunk 1e999", NULL, "--chunk must be between 1 and 3600 seconds, not \"1e999\"");
    assert_refused("x -p d --chunk 0x10", NULL, "--chunk must be between 1 and 3600 seconds, not \"0x10\"");
    assert_refused("x -p d --chunk 10s", NULL, "--chunk must be between 1 and 3600 seconds, not \"10s\"");
    assert_refused("x -p d --workers 0", NULL, "--workers must be at least 1, not \"0\"");
    assert_refused("x -p d --workers 2.5", NULL, "--workers must be at least 1, not \"2.5\"");
    assert_refused(
        "x -p d --workers 99999999999999999999", NULL, "--workers must be at least 1, not \"99999999999999999999\"");
    assert_refused("x -p d --limit-bytes 2T", NULL, "--limit-bytes must be at most 1T, not \"2T\"");
    assert_refused("x -p d --limit-bytes=-1", NULL, "--limit-bytes must be at most 1T, not \"-1\"");
    assert_refused("x -p d --timeout soon", NULL,
        "--timeout must be a duration such as 500ms, 10s, 2m or 1h, "
        "not \"soon\"");
    assert_refused("x -p d --format xml", NULL, "--format must be one of table, json, not \"xml\"");
    assert_refused("x -p d --wait=perhaps", NULL, "--wait must be true or false, not \"perhaps\"");
}

static void wrong_usage_is_explained(void **state)
{
    (void)state;
    assert_refused("x -p d --chnuk 3", NULL, "unknown option --chnuk: did you mean --chunk?");
    assert_refused("x -p d --zzzzzz", NULL, "unknown option --zzzzzz");
    assert_refused("x -p d --no-chunk", NULL, "unknown option --no-chunk: did you mean --chunk?");
    assert_refused("x -p d -z", NULL, "unknown option -z");
    assert_refused("x --project --wait", NULL, "--project needs a value: --project NAME");
    assert_refused("x -p", NULL, "-p needs a value: -p NAME");
    assert_refused("x", NULL, "--project is required: --project NAME");
    assert_refused("-p d", NULL, "ingest needs SOURCE");
    assert_refused("-p d x y", NULL, "unexpected argument \"y\"");
}

static void later_sources_win(void **state)
{
    (void)state;
    char path[] = "/tmp/framehound-options-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "# settings\n"
                               "chunk = 20   # seconds\n"
                               "workers=3\n"
                               "timeout = \"1m\" # quoted\n"
                               "\n"
                               "[ingest]\n"
                               "tag = a,b\n"
                               "[models list]\n";
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    char *environment[] = {"FRAMEHOUND_WORKERS=4", "FRAMEHOUND_TIMEOUT=2m", "FRAMEHOUND_FORMAT=", NULL};
    const struct options_sources sources = {.environment = environment, .default_file = path, .known = commands};
    struct options *options = parsed("x -p d --timeout 3m", &sources);
    assert_true(options_float(options, "chunk") == 20);
    assert_int_equal(options_source(options, "chunk"), OPTION_FROM_FILE);
    assert_int_equal(options_int(options, "workers"), 4);
    assert_int_equal(options_duration_us(options, "timeout"), 180000000);
    assert_int_equal(options_source(options, "timeout"), OPTION_FROM_FLAG);
    assert_int_equal(options_count(options, "tag"), 2);
    assert_string_equal(options_string(options, "format"), "table");
    options_free(options);
    // A flag replaces what the file listed.
    options = parsed("x -p d --tag c", &sources);
    assert_int_equal(options_count(options, "tag"), 1);
    options_free(options);
    unlink(path);

    char *bad[] = {"FRAMEHOUND_WORKERS=many", NULL};
    const struct options_sources bad_sources = {.environment = bad};
    assert_refused("x -p d", &bad_sources, "FRAMEHOUND_WORKERS must be at least 1, not \"many\"");
}

static void assert_file_refused(const char *text, const char *sentence)
{
    char path[] = "/tmp/framehound-options-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    char setting[64];
    snprintf(setting, sizeof(setting), "FRAMEHOUND_CONFIG=%s", path);
    char *environment[] = {setting, NULL};
    const struct options_sources sources = {.environment = environment, .known = commands};
    char expected[256];
    snprintf(expected, sizeof(expected), "%s:%s", path, sentence);
    assert_refused("x -p d", &sources, expected);
    unlink(path);
}

static void a_wrong_settings_file_is_refused_with_the_line(void **state)
{
    (void)state;
    assert_file_refused("chunk = 0\n", "1: chunk must be between 1 and 3600 seconds, not \"0\"");
    assert_file_refused("\nchnuk = 1\n", "2: unknown setting \"chnuk\"");
    assert_file_refused("chunk\n", "1: a line must be name = value");
    assert_file_refused("[nothing]\n", "1: there is no command \"nothing\"");
    assert_file_refused("[models list]\nchunk = 3\n", "2: unknown setting \"chunk\"");
    assert_file_refused("tag = \"a\n", "1: the quotes are not closed");
    assert_refused("x -p d --config /nowhere/file", NULL,
        "cannot read the settings file /nowhere/file: No such file or directory");
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    struct options *options = parsed("--help", NULL);
    assert_true(options_wants_help(options));
    options_free(options);
    struct strbuf out;
    strbuf_init(&out);
    options_help(&ingest, true, &out);
    assert_non_null(strstr(out.data, "Usage: framehound ingest [options] SOURCE\n"));
    assert_non_null(strstr(out.data,
        "  -p, --project NAME          Where it "
        "goes. (required; FRAMEHOUND_PROJECT)\n"));
    assert_non_null(strstr(out.data, "(default: 10;"));
    assert_non_null(strstr(out.data, "  -h, --help"));
    assert_non_null(strstr(out.data, "Examples:\n  framehound ingest clip.mp4"));
    strbuf_reset(&out);
    options_help_program(commands, (const struct command_group[]){{"Models", "models list"}, {NULL, NULL}}, &out);
    assert_non_null(strstr(out.data, "\nModels:\n  models list           Shows models.\n"));
    strbuf_release(&out);
}

static void help_names_further_settings_and_shows_them_when_asked(void **state)
{
    (void)state;
    static const struct option_spec far[] = {{.name = "far", .type = OPTION_STRING, .help = "Seldom needed."}};
    static const struct option_table far_table = {.title = "Far away", .options = far, .count = 1};
    static const struct option_table *const tables[] = {&ingest_table, &options_further, &far_table, NULL};
    const struct command_spec command = {.name = "go", .arguments = "", .summary = "Goes.", .tables = tables};
    struct options *options = NULL;
    struct err err = ERR_INIT;
    assert_ok(options_parse(&command, 1, (char *[]){"--help-all"}, NULL, &options, &err), &err);
    assert_true(options_wants_help(options) && options_bool(options, "help-all"));
    options_free(options);
    assert_ok(options_parse(&command, 4, (char *[]){"-p", "d", "--far", "x"}, NULL, &options, &err), &err);
    assert_string_equal(options_string(options, "far"), "x");
    options_free(options);

    struct strbuf out;
    strbuf_init(&out);
    options_help(&command, false, &out);
    assert_null(strstr(out.data, "--far"));
    assert_non_null(strstr(out.data, "--tag"));
    assert_non_null(strstr(out.data, "which --help-all shows:\n  Far away\n"));
    strbuf_reset(&out);
    options_help(&command, true, &out);
    assert_non_null(strstr(out.data, "\nFar away:\n      --far TEXT "));
    assert_null(strstr(out.data, "which --help-all shows"));
    strbuf_reset(&out);
    options_markdown((const struct command_spec *const[]){&command, NULL}, &out);
    assert_non_null(strstr(out.data, "\n**Far away**\n"));
    assert_null(strstr(out.data, "****"));
    strbuf_release(&out);
}

static void the_tables_describe_themselves(void **state)
{
    (void)state;
    json_t *all = options_describe(commands);
    assert_int_equal(json_array_size(all), 2);
    json_t *options = json_object_get(json_array_get(all, 0), "options");
    assert_int_equal(json_array_size(options), ingest_table.count + 3);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(options, 1), "environment")), "FRAMEHOUND_CHUNK");
    json_decref(all);
    struct strbuf out;
    strbuf_init(&out);
    options_markdown(commands, &out);
    assert_non_null(strstr(out.data, "## framehound ingest\n"));
    assert_non_null(strstr(out.data,
        "| `--tag TEXT` | Tags \\| marks. "
        "Repeatable. |  | `FRAMEHOUND_TAG` |\n"));
    strbuf_release(&out);
}

static void a_command_is_found_by_one_or_two_words(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct command_spec *command = NULL;
    int used = 0;
    assert_ok(command_find(commands, 3, (char *[]){"models", "list", "--json"}, &command, &used, &err), &err);
    assert_ptr_equal(command, &models_list);
    assert_int_equal(used, 2);
    assert_ok(command_find(commands, 2, (char *[]){"ingest", "x"}, &command, &used, &err), &err);
    assert_int_equal(used, 1);
    assert_code(command_find(commands, 1, (char *[]){"injest"}, &command, &used, &err), ERR_INVALID);
    assert_string_equal(err.message, "there is no command \"injest\": did you mean \"ingest\"?");
    assert_code(command_find(commands, 1, (char *[]){"model"}, &command, &used, &err), ERR_INVALID);
    assert_string_equal(err.message, "there is no command \"model\": did you mean \"models\"?");
    assert_code(command_find(commands, 1, (char *[]){"--hlep"}, &command, &used, &err), ERR_INVALID);
    assert_string_equal(err.message, "unknown option --hlep: a command comes first");
    assert_code(command_find(commands, 2, (char *[]){"models", "lst"}, &command, &used, &err), ERR_INVALID);
    assert_string_equal(err.message, "there is no command \"models lst\": did you mean \"models list\"?");
    static const char followed[] = "\"models\" wants to be followed by one of: list";
    assert_code(command_find(commands, 1, (char *[]){"models"}, &command, &used, &err), ERR_INVALID);
    assert_string_equal(err.message, followed);
    assert_code(command_find(commands, 2, (char *[]){"models", "incinerate"}, &command, &used, &err), ERR_INVALID);
    assert_string_equal(err.message, followed);
}

static void a_group_of_commands_has_help_of_its_own(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out);
    assert_true(options_help_group(commands, "models", &out));
    assert_non_null(strstr(out.data, "  models list"));
    assert_null(strstr(out.data, "ingest"));
    assert_false(options_help_group(commands, "model", &out));
    assert_false(options_help_group(commands, "ingest", &out));
    strbuf_release(&out);
}

static void sizes_and_durations_know_their_suffixes(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    int64_t value = 0;
    assert_ok(option_parse_size("size", "1.5G", &value, &err), &err);
    assert_int_equal(value, 3LL << 29);
    assert_ok(option_parse_size("size", "7kib", &value, &err), &err);
    assert_int_equal(value, 7168);
    assert_code(option_parse_size("size", "7x", &value, &err), ERR_INVALID);
    assert_code(option_parse_size("size", "9999999999T", &value, &err), ERR_INVALID);
    assert_ok(option_parse_duration("time", "2m", &value, &err), &err);
    assert_int_equal(value, 120000000);
    assert_ok(option_parse_duration("time", "0.25", &value, &err), &err);
    assert_int_equal(value, 250000);
    assert_code(option_parse_duration("time", "-1s", &value, &err), ERR_INVALID);
    assert_code(option_parse_duration("time", "", &value, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_read_in_all_their_forms),
        cmocka_unit_test(wrong_values_are_refused_with_what_is_allowed),
        cmocka_unit_test(wrong_usage_is_explained),
        cmocka_unit_test(later_sources_win),
        cmocka_unit_test(a_wrong_settings_file_is_refused_with_the_line),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(help_names_further_settings_and_shows_them_when_asked),
        cmocka_unit_test(the_tables_describe_themselves),
        cmocka_unit_test(a_command_is_found_by_one_or_two_words),
        cmocka_unit_test(a_group_of_commands_has_help_of_its_own),
        cmocka_unit_test(sizes_and_durations_know_their_suffixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
