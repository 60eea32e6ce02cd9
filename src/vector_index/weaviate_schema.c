// The collections, and the tenants in them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/weaviate_internal.h"

#define LEAST_MAJOR 1
#define LEAST_MINOR 33 // has ContainsNone
// Wide, so that queries miss little of what an exact scan would find (tests/live compares them with the embedded
// index).
#define EF_CONSTRUCTION 256
#define EF_LEAST 256
#define EF_MOST 2000

struct property {
    const char *name;
    const char *type;
    bool is_filtered;
    bool is_new; // collections that an earlier version made lack it: it is added
};

static const struct property object_properties[] = {{"video", "text", true, false}, {"kind", "text", true, false},
    {"label", "text", true, false}, {"track", "text", true, false}, {"doubled", "boolean", false, false},
    {"negatives", "text[]", true, true}, {0}};
static const struct property track_properties[] = {
    {"video", "text", true, false}, {"model", "text", false, false}, {"dimension", "int", false, false}, {0}};

// ---- looking at collections

static enum err_code somebody_elses(
    const struct weaviate *self, const char *collection, const char *what, struct err *err)
{
    return err_set(err, ERR_CONFLICT,
        "the collection %s at %s is not as Framehound makes it: %s; name another prefix in --vector-index "
        "(%s/PREFIX), or remove the collection if nobody needs it",
        collection, self->address.label, what, self->address.label);
}

static const json_t *find_property(const json_t *schema, const char *name)
{
    size_t i;
    const json_t *property;
    json_array_foreach(json_object_get(schema, "properties"), i, property)
    {
        const char *found = json_string_value(json_object_get(property, "name"));
        if (found != NULL && strcmp(found, name) == 0)
            return property;
    }
    return NULL;
}

static bool says(const json_t *object, const char *field, const char *text)
{
    const char *found = json_string_value(json_object_get(object, field));
    return found != NULL && strcmp(found, text) == 0;
}

static bool property_is_as_made(const json_t *found, const struct property *wanted)
{
    const char *type = json_string_value(json_array_get(json_object_get(found, "dataType"), 0));
    if (type == NULL || strcmp(type, wanted->type) != 0)
        return false;
    return !wanted->is_filtered ||
        (says(found, "tokenization", "field") && json_is_true(json_object_get(found, "indexFilterable")));
}

static json_t *property_json(const struct property *property)
{
    json_t *made = json_object();
    json_set_string(made, "name", property->name);
    json_set(made, "dataType", json_pack("[s]", property->type));
    if (strncmp(property->type, "text", strlen("text")) == 0) {
        json_set_string(made, "tokenization", "field");
        json_set_bool(made, "indexSearchable", false);
    }
    json_set_bool(made, "indexFilterable", property->is_filtered);
    return made;
}

// What operators may change (ef, quantisation, replicas) is left to them.
static enum err_code check_collection(struct weaviate *self, const char *collection, const struct property *properties,
    const json_t *schema, struct err *err)
{
    if (!json_is_true(json_object_get(json_object_get(schema, "multiTenancyConfig"), "enabled")))
        return somebody_elses(self, collection, "it has no tenants", err);
    if (!says(json_object_get(schema, "vectorIndexConfig"), "distance", "cosine"))
        return somebody_elses(self, collection, "its distance is not the cosine", err);
    for (; properties->name != NULL; properties++) {
        const json_t *found = find_property(schema, properties->name);
        if (found == NULL && properties->is_new)
            continue;
        if (!property_is_as_made(found, properties)) {
            char what[80];
            snprintf(what, sizeof(what), "its property \"%s\" is missing or another one", properties->name);
            return somebody_elses(self, collection, what, err);
        }
    }
    if (json_integer_value(json_object_get(json_object_get(schema, "replicationConfig"), "factor")) > 1)
        self->is_replicated = true;
    return ERR_NONE;
}

// *schema is what was found, to be released.
static enum err_code look_at(
    struct weaviate *self, const char *collection, const struct property *properties, json_t **schema, struct err *err)
{
    char *path = mem_sprintf("/v1/schema/%s", collection);
    *schema = NULL;
    enum err_code code = weaviate_call(self, HTTP_GET, path, NULL, schema, err);
    if (code == ERR_NONE)
        code = check_collection(self, collection, properties, *schema, err);
    free(path);
    return code;
}

// ---- making them

static json_t *properties_json(const struct property *properties)
{
    json_t *list = json_array();
    for (; properties->name != NULL; properties++)
        json_array_append_new(list, property_json(properties));
    return list;
}

static enum err_code make(
    struct weaviate *self, const char *collection, const struct property *properties, bool is_searched, struct err *err)
{
    json_t *schema = json_object();
    json_t *index = json_object();
    json_set_string(schema, "class", collection);
    json_set_string(schema, "vectorizer", "none");
    json_set_string(schema, "vectorIndexType", "hnsw");
    json_set_string(index, "distance", "cosine");
    json_set_bool(index, "skip", !is_searched);
    json_set_bool(index, "skipDefaultQuantization", true);
    if (is_searched) {
        json_set_int64(index, "efConstruction", EF_CONSTRUCTION);
        json_set_int64(index, "dynamicEfMin", EF_LEAST);
        json_set_int64(index, "dynamicEfMax", EF_MOST);
    }
    json_set(schema, "vectorIndexConfig", index);
    json_set(schema, "multiTenancyConfig", json_pack("{s:b}", "enabled", 1));
    json_set(schema, "replicationConfig", json_pack("{s:i}", "factor", self->replicas));
    json_set(schema, "invertedIndexConfig", json_pack("{s:{s:s}}", "stopwords", "preset", "none"));
    json_set(schema, "properties", properties_json(properties));
    return weaviate_send(self, HTTP_POST, "/v1/schema", schema, NULL, err);
}

static bool lacks_new_ones(const struct property *properties, const json_t *schema)
{
    bool lacks = false;
    for (; properties->name != NULL; properties++)
        lacks |= properties->is_new && find_property(schema, properties->name) == NULL;
    return lacks;
}

// To a collection as it was found. Records that are there have nothing in what is added.
static enum err_code add_new_properties(struct weaviate *self, const char *collection,
    const struct property *properties, const json_t *schema, struct err *err)
{
    char *path = mem_sprintf("/v1/schema/%s/properties", collection);
    struct err refused = ERR_INIT;
    enum err_code added = ERR_NONE;
    for (const struct property *one = properties; one->name != NULL && added == ERR_NONE; one++) {
        if (one->is_new && find_property(schema, one->name) == NULL)
            added = weaviate_send(self, HTTP_POST, path, property_json(one), NULL, &refused);
    }
    free(path);
    if (added == ERR_NONE)
        return ERR_NONE;
    // Another process may have been first.
    json_t *now = NULL;
    enum err_code code = look_at(self, collection, properties, &now, err);
    if (code == ERR_NONE && lacks_new_ones(properties, now)) {
        if (err != NULL)
            *err = refused;
        code = err_context(err, "the collection %s could not be brought up to date", collection);
    }
    json_decref(now);
    return code;
}

static enum err_code prepare(
    struct weaviate *self, const char *collection, const struct property *properties, bool is_searched, struct err *err)
{
    json_t *schema = NULL;
    struct err refused = ERR_INIT;
    enum err_code made = ERR_NONE;
    enum err_code code = look_at(self, collection, properties, &schema, err);
    if (code == ERR_NONE) {
        code = add_new_properties(self, collection, properties, schema, err);
    } else if (code == ERR_NOT_FOUND) {
        made = make(self, collection, properties, is_searched, &refused);
        // Another process may have been first.
        code = look_at(self, collection, properties, &schema, err);
    }
    json_decref(schema);
    if (code != ERR_NOT_FOUND || made == ERR_NONE)
        return code;
    if (err != NULL)
        *err = refused;
    return err_context(err, "the collection %s could not be made", collection);
}

enum err_code weaviate_prepare(struct weaviate *self, struct err *err)
{
    enum err_code code = prepare(self, self->tracks, track_properties, false, err);
    return code == ERR_NONE ? prepare(self, self->objects, object_properties, true, err) : code;
}

enum err_code weaviate_check(struct weaviate *self, struct err *err)
{
    json_t *schema = NULL;
    enum err_code code = look_at(self, self->objects, object_properties, &schema, err);
    json_decref(schema);
    if (code == ERR_NOT_FOUND)
        code = err_set(err, ERR_UNAVAILABLE,
            "the collection %s is gone from the vector index at %s (--vector-index): bring its data back, or start the "
            "parts again to make it anew and index the videos again",
            self->objects, self->address.label);
    return code;
}

enum err_code weaviate_look(struct weaviate *self, char version[64], struct err *err)
{
    json_t *meta = NULL;
    int major = 0, minor = 0;
    enum err_code code = weaviate_call(self, HTTP_GET, "/v1/meta", NULL, &meta, err);
    const char *text = json_string_value(json_object_get(meta, "version"));
    if (code == ERR_NOT_FOUND || (code == ERR_NONE && (text == NULL || sscanf(text, "%d.%d", &major, &minor) != 2)))
        code =
            err_set(err, ERR_INVALID, "what answers at %s (--vector-index) is no Weaviate server", self->address.label);
    else if (code == ERR_NONE && (major < LEAST_MAJOR || (major == LEAST_MAJOR && minor < LEAST_MINOR)))
        code = err_set(err, ERR_INVALID,
            "the Weaviate server at %s (--vector-index) is version %.20s, which is too old: %d.%d or newer is needed",
            self->address.label, text, LEAST_MAJOR, LEAST_MINOR);
    if (code == ERR_NONE)
        snprintf(version, 64, "%s", text);
    json_decref(meta);
    return code;
}

// ---- tenants

static enum err_code change_tenants(
    struct weaviate *self, enum http_method method, const char *collection, const char *project, struct err *err)
{
    char *path = mem_sprintf("/v1/schema/%s/tenants", collection);
    json_t *body = method == HTTP_POST ? json_pack("[{s:s}]", "name", project) : json_pack("[s]", project);
    enum err_code code = weaviate_send(self, method, path, body, NULL, err);
    free(path);
    return code;
}

enum err_code weaviate_add_tenants(struct weaviate *self, const char *project, struct err *err)
{
    enum err_code code = change_tenants(self, HTTP_POST, self->objects, project, err);
    return code == ERR_NONE ? change_tenants(self, HTTP_POST, self->tracks, project, err) : code;
}

// What says model and dimension goes last: as long as there are vectors, it is known what they are.
enum err_code weaviate_remove_tenants(struct weaviate *self, const char *project, struct err *err)
{
    enum err_code code = change_tenants(self, HTTP_DELETE, self->objects, project, err);
    return code == ERR_NONE ? change_tenants(self, HTTP_DELETE, self->tracks, project, err) : code;
}
