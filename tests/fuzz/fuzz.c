#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/file.h"

static char folder[FILE_PATH_MAX];

void fuzz_add_texts(const char *const *texts, size_t count, fuzz_seed_add add, void *context)
{
    for (size_t i = 0; i < count; i++)
        add(context, texts[i], strlen(texts[i]));
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = mem_alloc(size + 1);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void remove_folder(void)
{
    struct err err = ERR_INIT;
    (void)!dir_remove_tree(folder, &err);
}

const char *fuzz_folder(void)
{
    struct err err = ERR_INIT;
    if (folder[0] == '\0') {
        fuzz_require(dir_make_temporary(NULL, "framehound-fuzz-", folder, &err) == ERR_NONE);
        atexit(remove_folder);
    }
    return folder;
}

void fuzz_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

void fuzz_require_sentence(enum err_code code, const struct err *err)
{
    fuzz_require(code == ERR_NONE || err->message[0] != '\0');
    fuzz_require(code == ERR_NONE || err->code == code);
}
