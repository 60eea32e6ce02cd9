#include "vision/manifest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "os/file.h"
#include "vision/manifest_read.h"

// What the caller gets is the first member; the arena holds all that it points to.
struct manifest_owner {
    struct manifest manifest;
    struct arena *arena;
};

static const char *const kind_names[] = {"detector", "embedder", "text-encoder", NULL};

const char *model_kind_name(enum model_kind kind)
{
    return kind_names[kind];
}

const char *manifest_class_name(const struct manifest *manifest, int32_t class_id)
{
    return class_id >= 0 && (size_t)class_id < manifest->class_count ? manifest->classes[class_id] : "";
}

bool manifest_name_is_valid(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > MANIFEST_NAME_MAX ||
        !(islower((unsigned char)name[0]) || isdigit((unsigned char)name[0])))
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

// A name in the model's own folder: no other folder, nothing hidden.
static bool file_name_is_valid(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= 200 && name[0] != '.' && strchr(name, '/') == NULL &&
        strcmp(name, MANIFEST_FILE) != 0;
}

// Members that begin with "x_" are comments, at any depth.
static void drop_comments(json_t *value)
{
    const char *key = NULL;
    json_t *member = NULL;
    void *next = NULL;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            drop_comments(json_array_get(value, i));
    }
    if (!json_is_object(value))
        return;
    json_object_foreach_safe(value, next, key, member)
    {
        if (strncmp(key, "x_", 2) == 0)
            json_object_del(value, key);
        else
            drop_comments(member);
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool has_file(const struct manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->file_count; i++) {
        if (strcmp(manifest->files[i].name, name) == 0)
            return true;
    }
    return false;
}

static enum err_code read_files(struct arena *arena, const json_t *root, struct manifest *manifest, struct err *err)
{
    json_t *files = NULL;
    enum err_code code = json_get_object(root, "sha256", &files, err);
    if (code != ERR_NONE)
        return code;
    if (json_object_size(files) > MANIFEST_FILES_MAX)
        return err_set(err, ERR_LIMIT, "\"sha256\" names more than %d files", MANIFEST_FILES_MAX);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(files, name, value)
    {
        const char *hex = json_string_value(value);
        if (!file_name_is_valid(name))
            return err_set(err, ERR_INVALID, "\"sha256\": \"%.64s\" is no file name in the model's folder", name);
        if (hex == NULL || strlen(hex) != SHA256_HEX_SIZE - 1 || strspn(hex, "0123456789abcdef") != SHA256_HEX_SIZE - 1)
            return err_set(err, ERR_INVALID, "\"sha256\" of \"%s\" must be 64 lower-case hex digits", name);
        struct manifest_file *file = &manifest->files[manifest->file_count++];
        file->name = arena_strdup(arena, name);
        memcpy(file->sha256, hex, SHA256_HEX_SIZE);
    }
    return ERR_NONE;
}

static enum err_code check_network_name(struct arena *arena, const struct manifest *manifest, struct err *err)
{
    const char *network = manifest->network;
    if (!file_name_is_valid(network) || !(ends_with(network, ".xml") || ends_with(network, ".onnx")))
        return err_set(err, ERR_INVALID,
            "\"network\" must be the name of an .xml or .onnx file in "
            "the model's folder, not \"%.64s\"",
            network);
    if (!has_file(manifest, network))
        return err_set(err, ERR_INVALID, "\"sha256\" lacks the file \"%s\"", network);
    if (ends_with(network, ".xml")) {
        const char *weights = arena_sprintf(arena, "%.*s.bin", (int)strlen(network) - 4, network);
        if (!has_file(manifest, weights))
            return err_set(err, ERR_INVALID, "\"sha256\" lacks the file \"%s\"", weights);
    }
    if (manifest->input.tokenizer != NULL && !has_file(manifest, manifest->input.tokenizer))
        return err_set(err, ERR_INVALID, "\"sha256\" lacks the file \"%s\"", manifest->input.tokenizer);
    return ERR_NONE;
}

static enum err_code read_classes(struct arena *arena, const json_t *root, struct manifest *manifest, struct err *err)
{
    json_t *classes = NULL;
    enum err_code code = json_opt_array(root, "classes", MANIFEST_CLASSES_MAX, &classes, err);
    if (code != ERR_NONE)
        return code;
    manifest->class_count = json_array_size(classes);
    if (manifest->kind == MODEL_DETECTOR && manifest->class_count == 0)
        return err_set(err, ERR_INVALID, "\"classes\" must name at least one class");
    const char **names = arena_alloc_array(arena, manifest->class_count + 1, sizeof(*names));
    for (size_t i = 0; i < manifest->class_count; i++) {
        const char *name = json_string_value(json_array_get(classes, i));
        if (name == NULL || strlen(name) > MANIFEST_TEXT_MAX)
            return err_set(err, ERR_INVALID, "\"classes\" must hold texts only");
        names[i] = arena_strdup(arena, name);
    }
    manifest->classes = names;
    return ERR_NONE;
}

static enum err_code read_kind_members(
    struct arena *arena, const json_t *root, struct manifest *manifest, struct err *err)
{
    enum err_code code = ERR_NONE;
    json_t *descriptor = NULL;
    switch (manifest->kind) {
    case MODEL_DETECTOR:
        code = manifest_require(root, "score_threshold", err);
        if (code == ERR_NONE)
            code = manifest_read_float(root, "score_threshold", 0.0, 1.0, &manifest->score_threshold, err);
        if (code == ERR_NONE)
            code = manifest_read_float(root, "nms_iou", 0.0, 1.0, &manifest->nms_iou, err);
        if (code == ERR_NONE)
            code =
                manifest_read_int(root, "max_detections", 1, MANIFEST_DETECTIONS_MAX, &manifest->max_detections, err);
        return code;
    case MODEL_EMBEDDER:
        code = json_opt_double(root, "crop_margin", 0.0, 4.0, &manifest->crop_margin, err);
        if (code == ERR_NONE)
            code = json_opt_object(root, "descriptor", &descriptor, err);
        if (code == ERR_NONE && descriptor != NULL && manifest_read_descriptor(descriptor, manifest, err) != ERR_NONE)
            code = err_context(err, "\"descriptor\"");
        return code;
    case MODEL_TEXT_ENCODER:
        code = manifest_require(root, "pairs_with", err);
        return code == ERR_NONE ? manifest_read_text(arena, root, "pairs_with", &manifest->pairs_with, err) : code;
    }
    return code;
}

static enum err_code check_root_members(const json_t *root, enum model_kind kind, struct err *err)
{
#define COMMON                                                                                                         \
    "schema", "name", "kind", "network", "sha256", "input", "output", "classes", "licence", "source", "source_files"
    static const char *const detector[] = {COMMON, "score_threshold", "nms_iou", "max_detections", NULL};
    static const char *const embedder[] = {COMMON, "crop_margin", "descriptor", NULL};
    static const char *const text_encoder[] = {COMMON, "pairs_with", NULL};
#undef COMMON
    const char *const *const members[] = {detector, embedder, text_encoder};
    return json_check_fields(root, members[kind], err);
}

static enum err_code read_head(struct arena *arena, const json_t *root, struct manifest *manifest, struct err *err)
{
    static const char *const required[] = {"schema", "name", "kind", "network", "licence", "source", NULL};
    int64_t schema = 0;
    int kind = 0;
    enum err_code code = json_is_object(root) ? ERR_NONE : err_set(err, ERR_INVALID, "the manifest is no JSON object");
    for (size_t i = 0; required[i] != NULL && code == ERR_NONE; i++)
        code = manifest_require(root, required[i], err);
    if (code == ERR_NONE)
        code = json_get_int64(root, "schema", 1, INT64_MAX, &schema, err);
    if (code == ERR_NONE && schema != 1)
        code = err_set(err, ERR_INVALID,
            "\"schema\" is %lld, and this version reads 1 only: a newer "
            "Framehound is needed",
            (long long)schema);
    if (code == ERR_NONE)
        code = manifest_read_choice(root, "kind", kind_names, &kind, err);
    manifest->kind = (enum model_kind)kind;
    if (code == ERR_NONE)
        code = check_root_members(root, manifest->kind, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, root, "name", &manifest->name, err);
    if (code == ERR_NONE && !manifest_name_is_valid(manifest->name))
        code = err_set(err, ERR_INVALID,
            "\"name\" must be 1 to %d of a-z, 0-9, '.', '_' and '-', "
            "and begin with a letter or digit",
            MANIFEST_NAME_MAX);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, root, "network", &manifest->network, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, root, "licence", &manifest->licence, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, root, "source", &manifest->source, err);
    return code;
}

static enum err_code read_root(struct arena *arena, const json_t *root, struct manifest *manifest, struct err *err)
{
    json_t *input = NULL;
    json_t *output = NULL;
    json_t *source_files = NULL; // for the scripts that build the network
    manifest->nms_iou = 0.5f;
    manifest->max_detections = 100;
    manifest->deep_weight = 1.0;
    enum err_code code = read_head(arena, root, manifest, err);
    if (code == ERR_NONE)
        code = json_opt_object(root, "source_files", &source_files, err);
    if (code == ERR_NONE)
        code = json_get_object(root, "input", &input, err);
    if (code == ERR_NONE && manifest_read_input(arena, input, manifest, err) != ERR_NONE)
        code = err_context(err, "\"input\"");
    if (code == ERR_NONE)
        code = json_get_object(root, "output", &output, err);
    if (code == ERR_NONE && manifest_read_output(arena, output, manifest, err) != ERR_NONE)
        code = err_context(err, "\"output\"");
    if (code == ERR_NONE)
        code = read_classes(arena, root, manifest, err);
    if (code == ERR_NONE)
        code = read_kind_members(arena, root, manifest, err);
    if (code == ERR_NONE)
        code = read_files(arena, root, manifest, err);
    if (code == ERR_NONE)
        code = check_network_name(arena, manifest, err);
    return code;
}

enum err_code manifest_parse(
    const char *what, const char *folder, const char *json, size_t size, struct manifest **manifest, struct err *err)
{
    *manifest = NULL;
    json_t *root = NULL;
    const struct json_limits limits = {.size_bytes = MANIFEST_SIZE_MAX, .depth = 16};
    enum err_code code = json_parse(json, size, &limits, &root, err);
    if (code != ERR_NONE)
        return err_context(err, "%s", what);
    drop_comments(root);
    struct manifest_owner *owner = mem_calloc(1, sizeof(*owner));
    owner->arena = arena_new();
    owner->manifest.folder = arena_strdup(owner->arena, folder);
    sha256_of(json, size, owner->manifest.fingerprint);
    code = read_root(owner->arena, root, &owner->manifest, err);
    json_decref(root);
    if (code != ERR_NONE) {
        manifest_free(&owner->manifest);
        return err_context(err, "%s", what);
    }
    *manifest = &owner->manifest;
    return ERR_NONE;
}

void manifest_free(struct manifest *manifest)
{
    if (manifest == NULL)
        return;
    struct manifest_owner *owner = (struct manifest_owner *)manifest;
    arena_free(owner->arena);
    free(owner);
}

enum err_code manifest_load(const char *folder, struct manifest **manifest, struct err *err)
{
    *manifest = NULL;
    char *path = mem_sprintf("%s/%s", folder, MANIFEST_FILE);
    char *json = NULL;
    size_t size = 0;
    enum err_code code = file_read(path, MANIFEST_SIZE_MAX, &json, &size, err);
    if (code == ERR_NONE)
        code = manifest_parse(path, folder, json, size, manifest, err);
    if (code == ERR_NONE) {
        size_t length = strlen(folder);
        while (length > 1 && folder[length - 1] == '/')
            length--;
        size_t begin = length;
        while (begin > 0 && folder[begin - 1] != '/')
            begin--;
        const char *name = (*manifest)->name;
        if (strlen(name) != length - begin || strncmp(name, folder + begin, length - begin) != 0) {
            code = err_set(err, ERR_INVALID, "%s: the model is called \"%s\", and its folder must be, too", path, name);
            manifest_free(*manifest);
            *manifest = NULL;
        }
    }
    free(json);
    free(path);
    return code;
}

enum err_code manifest_check_files(const struct manifest *manifest, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < manifest->file_count && code == ERR_NONE; i++) {
        const struct manifest_file *file = &manifest->files[i];
        char hex[SHA256_HEX_SIZE];
        char *path = mem_sprintf("%s/%s", manifest->folder, file->name);
        code = file_sha256(path, NULL, hex, NULL, err);
        if (code == ERR_NONE && strcmp(hex, file->sha256) != 0)
            code = err_set(err, ERR_CORRUPT,
                "%s is not the file that the manifest of \"%s\" names: "
                "its SHA-256 is %s and should be %s; "
                "fetch or build the model again",
                path, manifest->name, hex, file->sha256);
        free(path);
    }
    return code;
}
