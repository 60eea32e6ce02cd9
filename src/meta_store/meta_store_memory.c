#include "meta_store/meta_store_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "meta_store/meta_memory_internal.h"

struct meta_memory *meta_memory_lock(struct meta_store *store)
{
    struct meta_memory *self = (struct meta_memory *)store;
    pthread_mutex_lock(&self->mutex);
    return self;
}

enum err_code meta_memory_unlock(struct meta_memory *self, enum err_code code)
{
    pthread_mutex_unlock(&self->mutex);
    return code;
}

void *meta_memory_insert(void *items, size_t *count, size_t at, size_t size)
{
    char *grown = mem_realloc_array(items, *count + 1, size);
    memmove(grown + (at + 1) * size, grown + at * size, (*count - at) * size);
    memset(grown + at * size, 0, size);
    (*count)++;
    return grown;
}

// ---- projects

static size_t project_place(const struct meta_memory *self, const char *name)
{
    size_t at = 0;
    while (at < self->project_count && strcmp(self->projects[at].name, name) < 0)
        at++;
    return at;
}

struct memory_project *meta_memory_find_project(const struct meta_memory *self, const char *name)
{
    size_t at = project_place(self, name);
    bool found = at < self->project_count && strcmp(self->projects[at].name, name) == 0;
    return found ? &self->projects[at] : NULL;
}

static enum err_code add_project(struct meta_memory *self, const char *name, bool *created, struct err *err)
{
    const struct memory_project *found = meta_memory_find_project(self, name);
    *created = found == NULL;
    if (found != NULL)
        return found->deleting ? meta_project_deleting(name, err) : ERR_NONE;
    size_t at = project_place(self, name);
    self->projects = meta_memory_insert(self->projects, &self->project_count, at, sizeof(*self->projects));
    snprintf(self->projects[at].name, sizeof(self->projects[at].name), "%s", name);
    self->projects[at].created_us = meta_memory_now_us(self);
    return ERR_NONE;
}

static enum err_code create_project(struct meta_store *store, const char *name, bool *created, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    return meta_memory_unlock(self, add_project(self, name, created, err));
}

static void describe_project(
    const struct meta_memory *self, const struct memory_project *from, struct meta_project *project)
{
    *project = (struct meta_project){.created_us = from->created_us, .deleting = from->deleting};
    memcpy(project->name, from->name, sizeof(project->name));
    for (size_t i = 0; i < self->video_count; i++) {
        const struct meta_video *video = &self->videos[i]->meta;
        if (strcmp(video->project, from->name) != 0)
            continue;
        project->videos++;
        project->frames += video->frames_emitted;
        project->objects += video->objects;
    }
}

static enum err_code get_project(
    struct meta_store *store, const char *name, struct meta_project *project, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_project *found = meta_memory_find_project(self, name);
    if (found == NULL)
        return meta_memory_unlock(self, meta_no_project(name, err));
    describe_project(self, found, project);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code list_projects(struct meta_store *store, const char *after, size_t limit,
    struct meta_project **projects, size_t *count, struct err *err)
{
    (void)err;
    struct meta_memory *self = meta_memory_lock(store);
    for (size_t i = 0; i < self->project_count && *count < limit; i++) {
        if (strcmp(self->projects[i].name, after) <= 0)
            continue;
        *projects = mem_realloc_array(*projects, *count + 1, sizeof(**projects));
        describe_project(self, &self->projects[i], &(*projects)[(*count)++]);
    }
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code mark_project_deleting(struct meta_store *store, const char *name, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_project *found = meta_memory_find_project(self, name);
    if (found != NULL)
        found->deleting = true;
    return meta_memory_unlock(self, found == NULL ? meta_no_project(name, err) : ERR_NONE);
}

static enum err_code remove_project(struct meta_store *store, const char *name, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_project *found = meta_memory_find_project(self, name);
    if (found == NULL)
        return meta_memory_unlock(self, ERR_NONE);
    struct meta_project described;
    describe_project(self, found, &described);
    if (described.videos > 0)
        return meta_memory_unlock(self, meta_project_has_videos(name, described.videos, err));
    meta_memory_free_journals(found);
    size_t behind = (size_t)(self->projects + self->project_count - found) - 1;
    memmove(found, found + 1, behind * sizeof(*found));
    self->project_count--;
    return meta_memory_unlock(self, ERR_NONE);
}

// ---- videos

static size_t video_place(const struct meta_memory *self, const char *id)
{
    size_t at = 0;
    while (at < self->video_count && strcmp(self->videos[at]->meta.id, id) != 0)
        at++;
    return at;
}

struct memory_video *meta_memory_find(const struct meta_memory *self, const char *id, struct err *err)
{
    size_t at = video_place(self, id);
    if (at < self->video_count)
        return self->videos[at];
    meta_no_video(id, err);
    return NULL;
}

struct memory_video *meta_memory_find_to_change(const struct meta_memory *self, const char *id, struct err *err)
{
    struct memory_video *video = meta_memory_find(self, id, err);
    if (video == NULL || video->meta.state != VIDEO_DELETING)
        return video;
    meta_no_video(id, err);
    return NULL;
}

void meta_memory_touch(const struct meta_memory *self, struct memory_video *video)
{
    meta_video_update_expected(&video->meta);
    video->meta.updated_us = meta_memory_now_us(self);
}

static void set_state(const struct meta_memory *self, struct meta_video *video, enum video_state state)
{
    video->state = state;
    video->updated_us = meta_memory_now_us(self);
    video->finished_us = video_state_is_final(state) ? video->updated_us : 0;
}

static enum err_code create_video(struct meta_store *store, struct meta_video *video, bool *created, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    bool project_created;
    *created = false;
    enum err_code code = add_project(self, video->project, &project_created, err);
    if (code != ERR_NONE)
        return meta_memory_unlock(self, code);
    size_t at = video_place(self, video->id);
    if (at < self->video_count && self->videos[at]->meta.state == VIDEO_DELETING)
        return meta_memory_unlock(self, meta_video_deleting(video->id, err));
    if (at < self->video_count) {
        *video = self->videos[at]->meta;
        return meta_memory_unlock(self, ERR_NONE);
    }
    meta_video_init_new(video, meta_memory_now_us(self));
    self->videos = mem_realloc_array(self->videos, self->video_count + 1, sizeof(struct memory_video *));
    self->videos[self->video_count] = mem_calloc(1, sizeof(struct memory_video));
    self->videos[self->video_count++]->meta = *video;
    *created = true;
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code get_video(struct meta_store *store, const char *id, struct meta_video *video, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_video *found = meta_memory_find(self, id, err);
    if (found != NULL)
        *video = found->meta;
    return meta_memory_unlock(self, found == NULL ? ERR_NOT_FOUND : ERR_NONE);
}

static enum err_code list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    size_t at = after != NULL ? video_place(self, after) : self->video_count;
    if (after != NULL && at == self->video_count)
        return meta_memory_unlock(self, meta_no_video(after, err));
    while (at-- > 0 && *count < limit) {
        const struct meta_video *video = &self->videos[at]->meta;
        if (project != NULL && strcmp(video->project, project) != 0)
            continue;
        *videos = mem_realloc_array(*videos, *count + 1, sizeof(**videos));
        (*videos)[(*count)++] = *video;
    }
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    if ((from & (1u << video->meta.state)) == 0)
        return meta_memory_unlock(self, meta_wrong_state(id, video->meta.state, to, err));
    set_state(self, &video->meta, to);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    video->meta.media = *media;
    video->meta.updated_us = meta_memory_now_us(self);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code set_video_models(
    struct meta_store *store, const char *id, const char *detector, const char *embedder, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    snprintf(video->meta.detector, sizeof(video->meta.detector), "%s", detector);
    snprintf(video->meta.embedder, sizeof(video->meta.embedder), "%s", embedder);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code set_video_name(struct meta_store *store, const char *id, const char *name, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    snprintf(video->meta.name, sizeof(video->meta.name), "%s", name);
    video->meta.updated_us = meta_memory_now_us(self);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code settle_video(struct meta_store *store, const char *id, bool *settled, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    *settled = false;
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    int64_t failed = 0;
    for (size_t i = 0; i < video->segment_count; i++)
        failed += video->segments[i].failed;
    enum video_state state;
    *settled = meta_video_settles(&video->meta, failed, &state);
    if (*settled) {
        set_state(self, &video->meta, state);
        video->meta.finished_us = meta_video_settled_at(&video->meta, video->meta.finished_us);
    }
    return meta_memory_unlock(self, ERR_NONE);
}

// ---- errors

static bool has_error(const struct memory_video *video, const char *digest)
{
    for (int64_t i = 0; i < video->meta.errors_count; i++) {
        if (strcmp(video->errors[i].digest, digest) == 0)
            return true;
    }
    return false;
}

static enum err_code add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    sha256_of(sentence, strlen(sentence), digest);
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    int64_t count = video->meta.errors_count;
    if (count == META_VIDEO_ERRORS_COUNTED_MAX || has_error(video, digest))
        return meta_memory_unlock(self, ERR_NONE);
    video->errors = mem_realloc_array(video->errors, (size_t)count + 1, sizeof(*video->errors));
    memcpy(video->errors[count].digest, digest, sizeof(digest));
    video->errors[count].text = count < META_VIDEO_ERRORS_MAX ? mem_strdup(sentence) : NULL;
    video->meta.errors_count++;
    video->meta.errors_final += is_final;
    video->meta.updated_us = meta_memory_now_us(self);
    return meta_memory_unlock(self, ERR_NONE);
}

static void forget_errors(struct memory_video *video)
{
    for (int64_t i = 0; i < video->meta.errors_count; i++)
        free(video->errors[i].text);
    free(video->errors);
    video->errors = NULL;
    video->meta.errors_count = video->meta.errors_final = 0;
}

static enum err_code clear_video_errors(struct meta_store *store, const char *id, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    forget_errors(video);
    video->meta.updated_us = meta_memory_now_us(self);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_video *video = meta_memory_find(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    *sentences = mem_calloc(META_VIDEO_ERRORS_MAX, sizeof(char *));
    for (int64_t i = 0; i < video->meta.errors_count && *count < META_VIDEO_ERRORS_MAX; i++)
        (*sentences)[(*count)++] = mem_strdup(video->errors[i].text);
    return meta_memory_unlock(self, ERR_NONE);
}

static void video_free(struct memory_video *video)
{
    for (size_t i = 0; i < video->frame_count; i++)
        free(video->frames[i].objects);
    forget_errors(video);
    free(video->frames);
    free(video->segments);
    free(video->tracks);
    free(video);
}

static enum err_code remove_video(struct meta_store *store, const char *id, struct err *err)
{
    (void)err;
    struct meta_memory *self = meta_memory_lock(store);
    size_t at = video_place(self, id);
    if (at == self->video_count)
        return meta_memory_unlock(self, ERR_NONE);
    video_free(self->videos[at]);
    self->video_count--;
    memmove(&self->videos[at], &self->videos[at + 1], (self->video_count - at) * sizeof(self->videos[0]));
    return meta_memory_unlock(self, ERR_NONE);
}

// ---- settings

static size_t setting_place(const struct meta_memory *self, const char *key)
{
    size_t at = 0;
    while (at < self->setting_count && strcmp(self->settings[at].key, key) < 0)
        at++;
    return at;
}

static struct memory_setting *find_setting(const struct meta_memory *self, const char *key)
{
    size_t at = setting_place(self, key);
    return at < self->setting_count && strcmp(self->settings[at].key, key) == 0 ? &self->settings[at] : NULL;
}

// The setting, which is made with an unset value if it is not there.
static struct memory_setting *find_or_add_setting(struct meta_memory *self, const char *key)
{
    struct memory_setting *setting = find_setting(self, key);
    if (setting != NULL)
        return setting;
    size_t at = setting_place(self, key);
    self->settings = meta_memory_insert(self->settings, &self->setting_count, at, sizeof(*self->settings));
    self->settings[at].key = mem_strdup(key);
    return &self->settings[at];
}

static enum err_code put_setting(struct meta_store *store, const char *key, const char *value, struct err *err)
{
    (void)err;
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_setting *setting = find_or_add_setting(self, key);
    free(setting->value);
    setting->value = mem_strdup(value);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code remove_setting(struct meta_store *store, const char *key, struct err *err)
{
    (void)err;
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_setting *setting = find_setting(self, key);
    if (setting != NULL) {
        free(setting->value);
        free(setting->key);
        size_t at = (size_t)(setting - self->settings);
        memmove(setting, setting + 1, (--self->setting_count - at) * sizeof(*setting));
    }
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code keep_setting(
    struct meta_store *store, const char *key, const char *value, char **kept, struct err *err)
{
    (void)err;
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_setting *setting = find_or_add_setting(self, key);
    if (setting->value == NULL)
        setting->value = mem_strdup(value);
    *kept = mem_strdup(setting->value);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code list_settings(
    struct meta_store *store, const char *after, size_t limit, char ***names, size_t *count, struct err *err)
{
    (void)err;
    struct meta_memory *self = meta_memory_lock(store);
    *names = mem_calloc(self->setting_count + 1, sizeof(char *));
    for (size_t i = 0; i < self->setting_count && *count < limit; i++) {
        if (strcmp(self->settings[i].key, after) > 0)
            (*names)[(*count)++] = mem_strdup(self->settings[i].key);
    }
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code get_setting(struct meta_store *store, const char *key, char **value, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_setting *setting = find_setting(self, key);
    if (setting == NULL)
        return meta_memory_unlock(self, meta_no_setting(key, err));
    *value = mem_strdup(setting->value);
    return meta_memory_unlock(self, ERR_NONE);
}

static enum err_code ping(struct meta_store *store, struct err *err)
{
    (void)store;
    (void)err;
    return ERR_NONE;
}

static void memory_free(struct meta_store *store)
{
    struct meta_memory *self = (struct meta_memory *)store;
    for (size_t i = 0; i < self->video_count; i++)
        video_free(self->videos[i]);
    for (size_t i = 0; i < self->setting_count; i++) {
        free(self->settings[i].key);
        free(self->settings[i].value);
    }
    for (size_t i = 0; i < self->project_count; i++)
        meta_memory_free_journals(&self->projects[i]);
    free(self->settings);
    free(self->videos);
    free(self->projects);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

// Nobody else can write here.
static enum err_code find_wrong(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err)
{
    (void)store, (void)visit, (void)context, (void)err;
    return ERR_NONE;
}

static const struct meta_store_ops memory_ops = {
    .name = "memory",
    .free = memory_free,
    .create_project = create_project,
    .get_project = get_project,
    .list_projects = list_projects,
    .mark_project_deleting = mark_project_deleting,
    .remove_project = remove_project,
    .create_video = create_video,
    .get_video = get_video,
    .list_videos = list_videos,
    .set_video_state = set_video_state,
    .set_video_media = set_video_media,
    .set_video_models = set_video_models,
    .set_video_name = set_video_name,
    .add_video_error = add_video_error,
    .clear_video_errors = clear_video_errors,
    .video_errors = video_errors,
    .remove_video = remove_video,
    .put_segment = meta_memory_put_segment,
    .finish_split = meta_memory_finish_split,
    .finish_segment = meta_memory_finish_segment,
    .list_segments = meta_memory_list_segments,
    .put_frames = meta_memory_put_frames,
    .fail_frame = meta_memory_fail_frame,
    .list_frames = meta_memory_list_frames,
    .put_frame_tracks = meta_memory_put_frame_tracks,
    .put_tracks = meta_memory_put_tracks,
    .list_tracks = meta_memory_list_tracks,
    .settle_video = settle_video,
    .append_journal = meta_memory_append_journal,
    .get_journal = meta_memory_get_journal,
    .list_journals = meta_memory_list_journals,
    .list_journal = meta_memory_list_journal,
    .put_setting = put_setting,
    .remove_setting = remove_setting,
    .keep_setting = keep_setting,
    .get_setting = get_setting,
    .list_settings = list_settings,
    .find_wrong = find_wrong,
    .ping = ping,
};

struct meta_store *meta_store_memory_new(const struct clock *clock)
{
    struct meta_memory *self = mem_calloc(1, sizeof(*self));
    self->store.ops = &memory_ops;
    self->clock = clock;
    pthread_mutex_init(&self->mutex, NULL);
    return &self->store;
}
