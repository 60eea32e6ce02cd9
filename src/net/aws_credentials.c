#include "net/aws_credentials.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "net/aws_credentials_internal.h"

// So long before their end keys are renewed, or half of their life if that is shorter.
#define RENEW_BEFORE_US (INT64_C(5) * 60 * 1000000)
#define FILE_AGE_US (INT64_C(60) * 1000000)
// After a failed renewal, while the old keys still hold.
#define AGAIN_US (INT64_C(10) * 1000000)

struct aws_credentials {
    char *profile, *file, *region, *ca_file;
    const struct clock *clock;
    struct log *log;
    pthread_mutex_t mutex; // guards all below
    pthread_cond_t changed;
    struct aws_found found;
    bool has_found;
    bool busy;        // a thread is asking
    int64_t renew_us; // when to ask again; INT64_MAX: never
};

const char *aws_env(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

enum err_code aws_take_text(const char *what, const char *text, char *out, size_t size, struct err *err)
{
    size_t length = strlen(text);
    if (length == 0)
        return err_set(err, ERR_INVALID, "%s is empty", what);
    if (length >= size)
        return err_set(err, ERR_INVALID, "%s is longer than %zu bytes", what, size - 1);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7F)
            return err_set(err, ERR_INVALID, "%s has a space or another character that no key has", what);
    }
    memcpy(out, text, length + 1);
    return ERR_NONE;
}

struct aws_credentials *aws_credentials_new(const struct aws_credentials_options *options)
{
    struct aws_credentials *self = mem_calloc(1, sizeof(*self));
    self->profile = mem_strdup(options->profile);
    self->file = mem_strdup(options->file);
    self->region = mem_strdup(options->region != NULL ? options->region : "us-east-1");
    self->ca_file = mem_strdup(options->ca_file);
    self->clock = options->clock;
    self->log = options->log != NULL ? options->log : log_none();
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    return self;
}

void aws_credentials_free(struct aws_credentials *self)
{
    if (self == NULL)
        return;
    sodium_memzero(&self->found, sizeof(self->found));
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    free(self->profile);
    free(self->file);
    free(self->region);
    free(self->ca_file);
    free(self);
}

static enum err_code from_environment(struct aws_found *found, struct err *err)
{
    const char *secret = aws_env("AWS_SECRET_ACCESS_KEY");
    const char *token = aws_env("AWS_SESSION_TOKEN");
    if (secret == NULL)
        return err_set(err, ERR_INVALID, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    enum err_code code =
        aws_take_text("AWS_ACCESS_KEY_ID", aws_env("AWS_ACCESS_KEY_ID"), found->keys.id, sizeof(found->keys.id), err);
    if (code == ERR_NONE)
        code = aws_take_text("AWS_SECRET_ACCESS_KEY", secret, found->keys.secret, sizeof(found->keys.secret), err);
    if (code == ERR_NONE && token != NULL)
        code = aws_take_text("AWS_SESSION_TOKEN", token, found->keys.token, sizeof(found->keys.token), err);
    return code;
}

static enum err_code nowhere(struct err *err)
{
    return err_set(err, ERR_DENIED,
        "no keys were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile (AWS_PROFILE) of the "
        "shared credentials file, or run where a container's endpoint or a web identity gives them");
}

// Looks through the places; *renew_us says when to look again.
static enum err_code look(
    struct aws_credentials *self, struct cancel *cancel, struct aws_found *found, int64_t *renew_us, struct err *err)
{
    int64_t now_us = clock_wall_us(self->clock);
    bool explicit = self->profile != NULL || self->file != NULL;
    enum err_code code;
    *found = (struct aws_found){0};
    *renew_us = INT64_MAX;
    if (!explicit && aws_env("AWS_ACCESS_KEY_ID") != NULL)
        return from_environment(found, err);
    if (!explicit && aws_env("AWS_WEB_IDENTITY_TOKEN_FILE") != NULL && aws_env("AWS_ROLE_ARN") != NULL) {
        code = aws_keys_from_web_identity(self->region, self->ca_file, cancel, found, err);
    } else {
        code = aws_keys_from_profile(self->profile, self->file, &found->keys, err);
        *renew_us = now_us + FILE_AGE_US;
        bool has_container = aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != NULL ||
            aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI") != NULL;
        if (code == ERR_NOT_FOUND && !explicit && has_container)
            code = aws_keys_from_container(self->ca_file, cancel, found, err);
        else if (code == ERR_NOT_FOUND && !explicit && aws_env("AWS_PROFILE") == NULL)
            code = nowhere(err);
        else if (code == ERR_NOT_FOUND)
            code = err->code = ERR_DENIED;
    }
    if (code == ERR_NONE && found->end_us > 0) {
        int64_t life_us = found->end_us - now_us;
        *renew_us = found->end_us - (life_us / 2 < RENEW_BEFORE_US ? life_us / 2 : RENEW_BEFORE_US);
    }
    return code;
}

static bool is_usable(const struct aws_credentials *self, int64_t now_us)
{
    return self->has_found && (self->found.end_us == 0 || now_us < self->found.end_us);
}

// With the mutex held, which is let go while asking.
static enum err_code renew(struct aws_credentials *self, struct cancel *cancel, struct err *err)
{
    struct aws_found found;
    int64_t renew_us;
    struct err why = ERR_INIT;
    self->busy = true;
    pthread_mutex_unlock(&self->mutex);
    enum err_code code = look(self, cancel, &found, &renew_us, &why);
    pthread_mutex_lock(&self->mutex);
    self->busy = false;
    int64_t now_us = clock_wall_us(self->clock);
    if (code == ERR_NONE) {
        self->found = found;
        self->has_found = true;
        self->renew_us = renew_us;
    } else if (is_usable(self, now_us)) {
        log_warn(self->log, "the keys could not be renewed yet, the old ones still hold: %s", why.message);
        self->renew_us = now_us + AGAIN_US;
        code = ERR_NONE;
    } else if (err != NULL) {
        *err = why;
    }
    sodium_memzero(&found, sizeof(found));
    pthread_cond_broadcast(&self->changed);
    return code;
}

enum err_code aws_credentials_get(
    struct aws_credentials *self, struct cancel *cancel, struct aws_keys *keys, struct err *err)
{
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&self->mutex);
    for (;;) {
        int64_t now_us = clock_wall_us(self->clock);
        bool usable = is_usable(self, now_us);
        if (usable && (self->busy || now_us < self->renew_us))
            break;
        if (!self->busy) {
            code = renew(self, cancel, err);
            break;
        }
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    if (code == ERR_NONE)
        *keys = self->found.keys;
    pthread_mutex_unlock(&self->mutex);
    return code;
}

bool aws_credentials_changed(struct aws_credentials *self, const struct aws_keys *refused, struct cancel *cancel)
{
    struct err err = ERR_INIT;
    pthread_mutex_lock(&self->mutex);
    while (self->busy)
        pthread_cond_wait(&self->changed, &self->mutex);
    bool same = self->has_found && memcmp(&self->found.keys, refused, sizeof(*refused)) == 0;
    // Somebody else may have looked already.
    if (same && renew(self, cancel, &err) == ERR_NONE)
        same = memcmp(&self->found.keys, refused, sizeof(*refused)) == 0;
    pthread_mutex_unlock(&self->mutex);
    return !same;
}
