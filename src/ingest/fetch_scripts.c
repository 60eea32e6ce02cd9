// What yt-dlp runs the scripts of pages with: YouTube's hide their videos' addresses behind such scripts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/fetch_internal.h"
#include "os/child.h"

#define ASK_TIMEOUT_MS 30000
// What yt-dlp says of itself.
#define RUNTIMES "[debug] JS runtimes: "
#define LIBRARIES "[debug] Optional libraries: "

size_t fetch_scripts_arguments(const char *deno, char value[FETCH_RUNTIME_SIZE], const char **argv)
{
    if (deno == NULL)
        return 0;
    if (deno[0] == '\0') {
        argv[0] = "--no-js-runtimes";
        return 1;
    }
    // yt-dlp runs in another folder than the one from which the path was given.
    char *found = child_find_program(deno);
    char *whole = found != NULL ? realpath(found, NULL) : NULL;
    snprintf(value, FETCH_RUNTIME_SIZE, "deno:%s", whole != NULL ? whole : deno);
    free(whole);
    free(found);
    argv[0] = "--js-runtimes";
    argv[1] = value;
    return 2;
}

struct answer {
    struct fetch_scripts *scripts;
    bool told;
};

static void read_answer(void *arg, const char *line)
{
    struct answer *answer = arg;
    if (strncmp(line, LIBRARIES, strlen(LIBRARIES)) == 0)
        answer->scripts->has_solver = strstr(line, "yt_dlp_ejs") != NULL;
    if (strncmp(line, RUNTIMES, strlen(RUNTIMES)) != 0)
        return;
    const char *said = line + strlen(RUNTIMES);
    answer->told = true;
    // "none", "none (disabled)", "deno-2.0.0 (unsupported)".
    if (strncmp(said, "deno-", 5) == 0 && strchr(said, '(') == NULL)
        snprintf(answer->scripts->runtime, sizeof(answer->scripts->runtime), "%s", said);
}

enum err_code fetch_find_scripts(const struct fetch_settings *settings, struct fetch_scripts *scripts, struct err *err)
{
    char value[FETCH_RUNTIME_SIZE];
    const char *argv[4 + FETCH_RUNTIME_ARGUMENTS_MAX + 1] = {
        settings->yt_dlp, "--ignore-config", "--no-plugin-dirs", "--verbose"};
    size_t n = 4;
    struct child_result result = {0};
    struct answer answer = {.scripts = scripts};
    *scripts = (struct fetch_scripts){0};
    n += fetch_scripts_arguments(settings->deno, value, argv + n);
    argv[n] = NULL;
    const struct child_spec spec = {
        .argv = argv, .timeout_ms = ASK_TIMEOUT_MS, .on_error_line = read_answer, .line_arg = &answer};
    enum err_code code = child_run(&spec, NULL, &result, err);
    // It ends badly, as it was given no address, but not before it told.
    if (code == ERR_NONE && !answer.told) {
        code = child_check(&result, "yt-dlp", err);
        if (code == ERR_NONE)
            code = err_set(err, ERR_INVALID, "yt-dlp does not say what it runs scripts with");
    }
    child_result_release(&result);
    return code;
}
