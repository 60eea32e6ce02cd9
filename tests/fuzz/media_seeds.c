#include "media_seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/child.h"
#include "os/file.h"

#define WORDS_MAX 40
#define SEED_SIZE_MAX ((size_t)256 * 1024)

static void make(const char *words, const char *file, fuzz_seed_add add, void *context)
{
    const char *argv[WORDS_MAX + 8] = {"ffmpeg", "-nostdin", "-v", "error", "-y"};
    size_t count = 5;
    char *copy = mem_strdup(words);
    char *rest = copy;
    for (char *word; count < WORDS_MAX && (word = strsep(&rest, " ")) != NULL;)
        argv[count++] = word;
    argv[count] = file;
    const struct child_spec spec = {.argv = argv, .timeout_ms = 60000};
    struct child_result result = {0};
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    if (child_run(&spec, NULL, &result, &err) == ERR_NONE && result.exit_status == 0 &&
        file_read(file, SEED_SIZE_MAX, &bytes, &size, &err) == ERR_NONE)
        add(context, bytes, size);
    else
        fprintf(stderr, "# no seed from: %s: %s %s\n", words, err.message, result.error_tail ? result.error_tail : "");
    free(bytes);
    child_result_release(&result);
    free(copy);
}

void media_seeds_make(const char *const *commands, size_t count, fuzz_seed_add add, void *context)
{
    char directory[FILE_PATH_MAX];
    struct err err = ERR_INIT;
    fuzz_require(dir_make_temporary(NULL, "framehound-seeds-", directory, &err) == ERR_NONE);
    char *file = mem_sprintf("%s/seed", directory);
    for (size_t i = 0; i < count; i++)
        make(commands[i], file, add, context);
    free(file);
    fuzz_require(dir_remove_tree(directory, &err) == ERR_NONE);
}
