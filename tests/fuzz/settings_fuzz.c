// Fuzzer: any bytes as a settings file, as flags and as environment variables.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/options.h"
#include "fuzz.h"

#define WORDS_MAX 32

static const char *const formats[] = {"table", "json", NULL};
static const struct option_spec specs[] = {
    {.name = "project", .type = OPTION_STRING, .short_name = 'p', .help = "Where it goes."},
    {.name = "chunk", .type = OPTION_FLOAT, .fallback = "10", .least = "1", .most = "3600", .help = "How long."},
    {.name = "workers", .type = OPTION_INT, .fallback = "2", .least = "1", .help = "How many."},
    {.name = "limit-bytes", .type = OPTION_SIZE, .fallback = "2G", .most = "1T", .help = "The largest download."},
    {.name = "timeout", .type = OPTION_DURATION, .fallback = "30s", .help = "How long to wait."},
    {.name = "format", .type = OPTION_ENUM, .choices = formats, .fallback = "table", .help = "How to print."},
    {.name = "wait", .type = OPTION_BOOL, .help = "Wait for the end."},
    {.name = "tag", .type = OPTION_STRING, .repeatable = true, .help = "Marks."},
};
static const struct option_table table = {
    .title = "Ingestion", .options = specs, .count = sizeof(specs) / sizeof(specs[0])};
static const struct option_table *const tables[] = {&table, NULL};
static const struct command_spec ingest = {.name = "ingest",
    .arguments = "SOURCE",
    .summary = "Turns a video into objects.",
    .tables = tables,
    .arguments_most = 2};
static const struct command_spec models_list = {.name = "models list", .arguments = "", .summary = "Shows models."};
static const struct command_spec *const commands[] = {&ingest, &models_list, NULL};

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "# all of it\nproject = demo\nchunk=2.5\n\n[ingest]\nworkers = 4\nlimit-bytes = 10M\ntimeout = 1500ms\n",
        "format = json\nwait = yes\ntag = \"a # b\", c\n[models list]\n",
        "--project=demo\n--chunk\n2.5\n-p\nx\n--no-wait\n--tag=a\n--tag\nb\n--\n--clip.mp4\n",
        "FRAMEHOUND_PROJECT=demo\nFRAMEHOUND_TIMEOUT=2h\nFRAMEHOUND_TAG=a,b,\"c,d\"\nFRAMEHOUND_WAIT=off\n",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

static void judge(enum err_code code, struct options *options, const struct err *err)
{
    fuzz_require_sentence(code, err);
    fuzz_require((code == ERR_NONE) == (options != NULL));
    if (options != NULL) {
        fuzz_require(options_float(options, "chunk") >= 1 && options_float(options, "chunk") <= 3600);
        fuzz_require(options_int(options, "workers") >= 1);
        fuzz_require(options_size_bytes(options, "limit-bytes") >= 0);
        fuzz_require(options_duration_us(options, "timeout") >= 0);
        fuzz_require(options_enum(options, "format") >= 0 && options_enum(options, "format") < 2);
        for (size_t i = 0; i < options_count(options, "tag"); i++)
            fuzz_require(options_string_at(options, "tag", i) != NULL);
    }
    options_free(options);
}

static void as_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("settings", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const struct options_sources sources = {.default_file = path, .known = commands};
    struct options *options = NULL;
    struct err err = ERR_INIT;
    enum err_code code = options_parse(&ingest, 0, NULL, &sources, &options, &err);
    judge(code, options, &err);
    close(fd);
}

static void as_words(const uint8_t *data, size_t size, bool as_environment)
{
    char *text = fuzz_text(data, size);
    char *words[WORDS_MAX + 1];
    int count = 0;
    char *rest = text;
    while (rest != NULL && count < WORDS_MAX)
        words[count++] = strsep(&rest, "\n");
    words[count] = NULL;
    const struct options_sources sources = {.environment = as_environment ? words : NULL, .known = commands};
    struct options *options = NULL;
    struct err err = ERR_INIT;
    enum err_code code = options_parse(&ingest, as_environment ? 0 : count, words, &sources, &options, &err);
    judge(code, options, &err);
    const struct command_spec *command = NULL;
    int used = 0;
    fuzz_require_sentence(command_find(commands, count, words, &command, &used, &err), &err);
    free(text);
}

// Whether the words would make the parser open a file of the machine.
static bool names_a_file(const uint8_t *data, size_t size)
{
    return memmem(data, size, "config", 6) != NULL || memmem(data, size, "CONFIG", 6) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_file(data, size);
    if (!names_a_file(data, size)) {
        as_words(data, size, false);
        as_words(data, size, true);
    }
    return 0;
}
