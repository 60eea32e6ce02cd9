// framehound: finds the command, reads its settings, runs it, and turns errors into an exit status.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "app/command.h"
#include "app/ui.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define EXIT_USAGE 2
// What a shell says of a program that SIGPIPE ended.
#define EXIT_CLOSED_PIPE 141

extern char **environ;

const struct command *const commands[] = {&command_up, &command_ingest, &command_projects, &command_videos,
    &command_status, &command_frames, &command_similar, &command_search, &command_label, &command_labels,
    &command_assertions, &command_mistakes, &command_undo, &command_redo, &command_tracks, &command_track_boxes,
    &command_track_split, &command_track_merge, &command_track_give, &command_track_undo, &command_track_redo,
    &command_track_history, &command_export, &command_import, &command_cancel, &command_resume, &command_rename,
    &command_delete, &command_dead_letters, &command_retry, &command_models_list, &command_models_verify,
    &command_models_add, &command_models_bench, &command_embed, &command_track_eval, &command_queue_init,
    &command_meta_export, &command_meta_import, &command_vectors, &command_doctor, &command_splitter,
    &command_downloader, &command_indexer, &command_tracker, &command_query, NULL};

static const struct command_group groups[] = {{"To begin", "up"}, {"What there is", "projects"},
    {"Searching and labelling", "similar"}, {"Tracks", "tracks"}, {"Labels for other tools, and from them", "export"},
    {"Videos, and what went wrong with them", "cancel"}, {"Models", "models list"}, {"Servers and data", "queue init"},
    {"Parts, each a process of its own", "splitter"}, {NULL, NULL}};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]) - 1)

static void print_text(struct strbuf *text)
{
    fputs(text->data, stdout);
    strbuf_release(text);
}

static int fail(const struct err *err, int status)
{
    ui_error("%s", err->message);
    return status;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

static bool asks_for_help(const char *arg)
{
    return is_one_of(arg, (const char *const[]){"--help", "-h", "--help-all", NULL});
}

static void help_program(const struct command_spec *const *specs, struct strbuf *text)
{
    options_help_program(specs, groups, text);
    strbuf_adds(text,
        "\nExamples:\n"
        "  framehound up                                       # the server, at http://127.0.0.1:8080\n"
        "  framehound ingest clip.mp4 --project demo --wait    # beside it: index a video\n");
}

// --help, --version and the page of settings; returns -1 if it is something else.
static int run_without_command(const struct command_spec *const *specs, int count, char **args)
{
    struct strbuf text;
    if (count > 0 && is_one_of(args[0], (const char *const[]){"--version", "-V", "version", NULL})) {
        ui_line("framehound %s", FRAMEHOUND_VERSION);
        return 0;
    }
    bool help = count == 0 || asks_for_help(args[0]) || (strcmp(args[0], "help") == 0 && count == 1);
    bool settings = count > 0 && strcmp(args[0], "--describe-settings") == 0;
    if (!help && !settings)
        return -1;
    strbuf_init(&text);
    if (settings)
        options_markdown(specs, &text);
    else
        help_program(specs, &text);
    print_text(&text);
    return count == 0 ? EXIT_USAGE : 0;
}

// "models --help"; returns -1 if it is something else.
static int run_group_help(const struct command_spec *const *specs, int count, char **args)
{
    struct strbuf text;
    if (count != 2 || !asks_for_help(args[1]))
        return -1;
    strbuf_init(&text);
    bool found = options_help_group(specs, args[0], &text);
    print_text(&text);
    return found ? 0 : -1;
}

// "help models list" is "models list --help".
static char **turn_help_round(int count, char **args)
{
    char **turned = mem_calloc((size_t)count + 1, sizeof(*turned));
    for (int i = 1; i < count; i++)
        turned[i - 1] = args[i];
    turned[count - 1] = "--help";
    return turned;
}

static int run_command(const struct command *command, const struct command_spec *const *specs, int count, char **args)
{
    struct err err = ERR_INIT;
    struct options *options = NULL;
    const char *home = getenv("HOME");
    char *file = home != NULL ? mem_sprintf("%s/.config/framehound/framehound.conf", home) : NULL;
    struct options_sources sources = {.environment = environ, .default_file = file, .known = specs};
    int status = 0;
    enum err_code code = options_parse(&command->spec, count, args, &sources, &options, &err);
    if (code != ERR_NONE) {
        status = fail(&err, EXIT_USAGE);
        fprintf(stderr, "See \"framehound %s --help\".\n", command->spec.name);
    } else if (options_wants_help(options)) {
        struct strbuf text;
        strbuf_init(&text);
        options_help(&command->spec, options_bool(options, "help-all"), &text);
        print_text(&text);
    } else if (command->run(options, &status, &err) != ERR_NONE) {
        status = fail(&err, 1);
    }
    options_free(options);
    free(file);
    return status;
}

static int find_and_run(const struct command_spec *const *specs, int count, char **args)
{
    const struct command_spec *found = NULL;
    struct err err = ERR_INIT;
    int used = 0;
    int status = run_group_help(specs, count, args);
    if (status >= 0)
        return status;
    if (command_find(specs, count, args, &found, &used, &err) != ERR_NONE) {
        fail(&err, EXIT_USAGE);
        fputs("See \"framehound --help\".\n", stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (specs[i] == found)
            return run_command(commands[i], specs, count - used, args + used);
    }
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const struct command_spec *specs[COMMAND_COUNT + 1] = {NULL};

    // Libraries and programs that we start make files too: of graphs, of networks, of what a page gave. What a person
    // asked for with --output has mode 0600 in any case (os/file.h).
    umask(S_IRWXG | S_IRWXO);
    if (sodium_init() < 0) {
        fputs("framehound: the library of cryptography cannot be initialised\n", stderr);
        return 1;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        specs[i] = &commands[i]->spec;
    int status = run_without_command(specs, argc - 1, argv + 1);
    if (status < 0 && strcmp(argv[1], "help") == 0) {
        char **turned = turn_help_round(argc - 1, argv + 1);
        status = find_and_run(specs, argc - 1, turned);
        free(turned);
    } else if (status < 0) {
        status = find_and_run(specs, argc - 1, argv + 1);
    }
    // A full disk must not look like success. Who closed the pipe (head, less) has seen enough.
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (errno == EPIPE)
            return EXIT_CLOSED_PIPE;
        fputs("framehound: standard output cannot be written\n", stderr);
        return status != 0 ? status : 1;
    }
    return status;
}
