#include "search/label_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/plain_text.h"

// Composition never makes a text longer than this many times its length, and a name that long is refused anyway.
#define GIVEN_SIZE_MAX 65536

static bool is_space(utf8proc_int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

static enum err_code check_characters(const char *name, struct err *err)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)name;
    utf8proc_int32_t first = 0;
    utf8proc_int32_t last = 0;
    size_t count = 0;
    enum err_code code = plain_text_check(name, "a label's name", err);
    if (code != ERR_NONE)
        return code;
    for (; *at != '\0'; count++) {
        at += utf8proc_iterate(at, -1, &last);
        if (count == 0)
            first = last;
    }
    if (count == 0)
        return err_set(err, ERR_INVALID, "a label needs a name: 1 to %d characters", LABEL_NAME_LENGTH_MAX);
    if (count > LABEL_NAME_LENGTH_MAX)
        return err_set(err, ERR_INVALID, "a label's name has at most %d characters; this one has %zu",
            LABEL_NAME_LENGTH_MAX, count);
    if (is_space(first) || is_space(last))
        return err_set(err, ERR_INVALID, "the label's name \"%s\" begins or ends with a space: take it out", name);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return err_set(err, ERR_INVALID, "a label cannot be called \"%s\": it would not work in addresses", name);
    return ERR_NONE;
}

static enum err_code case_fold(const char *name, char **key, struct err *err)
{
    *key = (char *)utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)name);
    if (*key == NULL)
        return err_set(err, ERR_INVALID, "the label's name is not valid UTF-8");
    if (**key != '\0')
        return ERR_NONE;
    free(*key);
    *key = NULL;
    return err_set(err, ERR_INVALID, "a label's name needs a character that can be seen");
}

enum err_code label_name_clean(const char *given, char name[LABEL_NAME_SIZE], struct err *err)
{
    if (strnlen(given, GIVEN_SIZE_MAX) == GIVEN_SIZE_MAX)
        return err_set(err, ERR_INVALID, "a label's name has at most %d characters", LABEL_NAME_LENGTH_MAX);
    char *composed = (char *)utf8proc_NFC((const utf8proc_uint8_t *)given);
    if (composed == NULL)
        return err_set(err, ERR_INVALID, "the label's name is not valid UTF-8");
    enum err_code code = check_characters(composed, err);
    char *key = NULL;
    if (code == ERR_NONE)
        code = case_fold(composed, &key, err);
    if (code == ERR_NONE)
        // 100 characters of at most 4 bytes each.
        memcpy(name, composed, strlen(composed) + 1);
    free(key);
    free(composed);
    return code;
}

enum err_code label_name_key(const char *name, char **key, struct err *err)
{
    char clean[LABEL_NAME_SIZE];
    *key = NULL;
    enum err_code code = label_name_clean(name, clean, err);
    return code != ERR_NONE ? code : case_fold(clean, key, err);
}
