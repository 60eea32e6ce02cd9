// What a project's vectors are: a record of the tracks' collection, which no video's range holds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/weaviate_internal.h"

static void facts_id(char out[WEAVIATE_ID_SIZE])
{
    weaviate_id_make(0, 0, out);
}

enum err_code weaviate_read_facts(
    struct weaviate *self, const char *project, struct vector_facts *facts, struct err *err)
{
    char id[WEAVIATE_ID_SIZE];
    json_t *record = NULL;
    if (vector_facts_recall(&self->facts, project, facts))
        return ERR_NONE;
    *facts = (struct vector_facts){0};
    snprintf(facts->project, sizeof(facts->project), "%s", project);
    facts_id(id);
    char *path = mem_sprintf("/v1/objects/%s/%s?tenant=%s&consistency_level=QUORUM", self->tracks, id, project);
    enum err_code code = weaviate_call(self, HTTP_GET, path, NULL, &record, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        code = ERR_NONE;
    }
    if (record != NULL) {
        const json_t *properties = json_object_get(record, "properties");
        const char *model = json_string_value(json_object_get(properties, "model"));
        facts->dimension = (size_t)json_number_value(json_object_get(properties, "dimension"));
        snprintf(facts->model, sizeof(facts->model), "%s", model != NULL ? model : "");
        // That there are none yet is not kept: the first upsert may come at any moment.
        vector_facts_keep(&self->facts, facts);
    }
    json_decref(record);
    free(path);
    return code;
}

// Creating fails where the record is there: of several that come first at once, one decides.
static enum err_code write_facts(
    struct weaviate *self, const char *project, const char *model, size_t dimension, struct err *err)
{
    char id[WEAVIATE_ID_SIZE];
    facts_id(id);
    enum err_code code = weaviate_add_tenants(self, project, err);
    if (code != ERR_NONE)
        return code;
    json_t *record = json_object();
    json_t *properties = json_object();
    json_set_string(properties, "model", model);
    json_set_int64(properties, "dimension", (int64_t)dimension);
    json_set_string(record, "class", self->tracks);
    json_set_string(record, "tenant", project);
    json_set_string(record, "id", id);
    json_set(record, "properties", properties);
    return weaviate_send(self, HTTP_POST, "/v1/objects?consistency_level=QUORUM", record, NULL, err);
}

enum err_code weaviate_check_facts(
    struct weaviate *self, const char *project, const char *model, size_t dimension, struct err *err)
{
    struct vector_facts facts;
    struct err refused = ERR_INIT;
    enum err_code code = weaviate_read_facts(self, project, &facts, err);
    if (code != ERR_NONE || facts.dimension > 0)
        return code == ERR_NONE ? vector_facts_check(&facts, model, dimension, err) : code;
    enum err_code written = write_facts(self, project, model, dimension, &refused);
    code = weaviate_read_facts(self, project, &facts, err);
    if (code == ERR_NONE && facts.dimension > 0)
        return vector_facts_check(&facts, model, dimension, err);
    if (code != ERR_NONE)
        return code;
    if (written == ERR_NONE)
        return err_set(err, ERR_UNAVAILABLE, "the vector index at %s (--vector-index) has not kept what was stored",
            self->address.label);
    if (err != NULL)
        *err = refused;
    return written;
}
