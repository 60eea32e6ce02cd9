#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "net/aws_credentials_internal.h"
#include "os/file.h"

#define FILE_SIZE_MAX ((size_t)1 << 20)

typedef void profile_visit(void *context, const char *name, const char *value);

// Calls back for each setting of the profile. In the file of settings its heading has a word in front.
static void each_setting(char *text, const char *profile, bool is_config, profile_visit *visit, void *context)
{
    bool is_default = strcmp(profile, "default") == 0;
    bool within = false;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest)) {
        bool is_nested = isspace((unsigned char)line[0]);
        line = text_trim(line);
        if (line[0] == '[') {
            char *heading = line + 1;
            heading[strcspn(heading, "]")] = '\0';
            heading = text_trim(heading);
            if (is_config && !is_default && strncmp(heading, "profile", 7) == 0 && isspace((unsigned char)heading[7]))
                heading = text_trim(heading + 8);
            else if (is_config && !is_default)
                heading = "";
            within = strcmp(heading, profile) == 0;
            continue;
        }
        char *equals = strchr(line, '=');
        if (!within || is_nested || equals == NULL || line[0] == '#' || line[0] == ';')
            continue;
        *equals = '\0';
        visit(context, text_trim(line), text_trim(equals + 1));
    }
}

// The path of a shared file, to be freed; NULL without a home.
static char *shared_file(const char *variable, const char *name)
{
    const char *path = aws_env(variable);
    const char *home = aws_env("HOME");
    if (path != NULL)
        return mem_strdup(path);
    return home != NULL ? mem_sprintf("%s/.aws/%s", home, name) : NULL;
}

struct profile {
    char *id, *secret, *token, *region;
    char *unknown; // a way to keys that is not known here
};

static void take(char **place, const char *value)
{
    if (*place == NULL && value[0] != '\0')
        *place = mem_strdup(value);
}

static void take_setting(void *context, const char *name, const char *value)
{
    struct profile *profile = context;
    static const char *const unknown[] = {
        "role_arn", "source_profile", "credential_process", "sso_session", "sso_start_url", "credential_source", NULL};
    if (strcmp(name, "aws_access_key_id") == 0)
        take(&profile->id, value);
    else if (strcmp(name, "aws_secret_access_key") == 0)
        take(&profile->secret, value);
    else if (strcmp(name, "aws_session_token") == 0)
        take(&profile->token, value);
    else if (strcmp(name, "region") == 0)
        take(&profile->region, value);
    for (size_t i = 0; unknown[i] != NULL; i++) {
        if (strcmp(name, unknown[i]) == 0)
            take(&profile->unknown, name);
    }
}

static enum err_code read_profile(
    const char *path, const char *name, bool is_config, struct profile *profile, struct err *err)
{
    char *text = NULL;
    size_t size = 0;
    enum err_code code = file_read(path, FILE_SIZE_MAX, &text, &size, err);
    if (code == ERR_NONE)
        each_setting(text, name, is_config, take_setting, profile);
    free(text);
    return code;
}

static void profile_release(struct profile *profile)
{
    free(profile->id);
    free(profile->secret);
    free(profile->token);
    free(profile->region);
    free(profile->unknown);
}

static const char *profile_name(const char *asked)
{
    const char *name = asked != NULL ? asked : aws_env("AWS_PROFILE");
    return name != NULL ? name : "default";
}

static enum err_code take_keys(
    const struct profile *profile, const char *name, const char *path, struct aws_keys *keys, struct err *err)
{
    *keys = (struct aws_keys){0};
    if (profile->id == NULL && profile->unknown != NULL)
        return err_set(err, ERR_INVALID,
            "the profile \"%s\" gets its keys by %s, which Framehound does not know: give it keys of its own, or set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            name, profile->unknown);
    if (profile->id == NULL)
        return err_set(err, ERR_NOT_FOUND, "%s has no keys for the profile \"%s\"", path, name);
    if (profile->secret == NULL)
        return err_set(err, ERR_INVALID, "%s: the profile \"%s\" has no aws_secret_access_key", path, name);
    enum err_code code = aws_take_text("aws_access_key_id", profile->id, keys->id, sizeof(keys->id), err);
    if (code == ERR_NONE)
        code = aws_take_text("aws_secret_access_key", profile->secret, keys->secret, sizeof(keys->secret), err);
    if (code == ERR_NONE && profile->token != NULL)
        code = aws_take_text("aws_session_token", profile->token, keys->token, sizeof(keys->token), err);
    return code == ERR_NONE ? code : err_context(err, "%s, profile \"%s\"", path, name);
}

enum err_code aws_keys_from_profile(const char *profile, const char *file, struct aws_keys *keys, struct err *err)
{
    const char *name = profile_name(profile);
    char *path = file != NULL ? mem_strdup(file) : shared_file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    char *config = shared_file("AWS_CONFIG_FILE", "config");
    struct profile found = {0};
    enum err_code code = ERR_NONE;
    if (path == NULL)
        code = err_set(err, ERR_NOT_FOUND, "there is no home folder with shared credentials");
    if (code == ERR_NONE)
        code = read_profile(path, name, false, &found, err);
    // The other file may have them too, but not when one was named.
    if ((code == ERR_NONE || code == ERR_NOT_FOUND) && file == NULL && found.id == NULL && config != NULL &&
        read_profile(config, name, true, &found, NULL) == ERR_NONE)
        code = ERR_NONE;
    if (code == ERR_NONE)
        code = take_keys(&found, name, path, keys, err);
    profile_release(&found);
    free(path);
    free(config);
    return code;
}

bool aws_find_region(const char *profile, char out[AWS_REGION_SIZE])
{
    const char *set = aws_env("AWS_REGION");
    char *path = shared_file("AWS_CONFIG_FILE", "config");
    struct profile found = {0};
    if (set == NULL)
        set = aws_env("AWS_DEFAULT_REGION");
    if (set == NULL && path != NULL && read_profile(path, profile_name(profile), true, &found, NULL) == ERR_NONE)
        set = found.region;
    bool fits = set != NULL && snprintf(out, AWS_REGION_SIZE, "%s", set) < AWS_REGION_SIZE;
    profile_release(&found);
    free(path);
    return fits;
}
