// The check-up of a vector index on a server: what it says of itself, whether that fits, and whether it takes a vector.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"

#define TRIAL_VIDEO "feedfeedfeedfeed"

static void check_metric(const struct vector_index_facts *facts, const char *name, struct checks *checks)
{
    if (facts->metric[0] != '\0' && strcmp(facts->metric, "cosine") != 0)
        checks_wrong(checks, "make an index with the metric cosine, and name it with --vector-index",
            "%s compares vectors by the metric \"%s\", and scores here are cosines", name, facts->metric);
}

static void check_dimension(
    const struct vector_index_facts *facts, const char *name, const struct vector_check *check, struct checks *checks)
{
    if (facts->dimension == 0)
        return;
    if (check->dimension == 0)
        checks_ok(checks, "%s is of %zu dimensions", name, facts->dimension);
    else if (facts->dimension == check->dimension)
        checks_ok(checks, "%s is of %zu dimensions, as the vectors of %s are", name, facts->dimension, check->model);
    else
        checks_wrong(checks, "make an index of the embedder's dimension, or choose the embedder it was made for",
            "%s is of %zu dimensions, and the vectors of the embedder %s have %zu (--embedder)", name, facts->dimension,
            check->model, check->dimension);
}

static float *draw_vector(size_t dimension)
{
    float *vector = mem_calloc(dimension, sizeof(*vector));
    for (size_t i = 0; i < dimension; i++)
        vector[i] = (float)randombytes_uniform(1000) / 1000.0F + 0.001F;
    return vector;
}

// In a project of its own, which is gone afterwards.
static void try_all(
    struct vector_index *index, const char *name, const struct vector_check *check, struct checks *checks)
{
    struct err err = ERR_INIT;
    unsigned char chance[8];
    char hex[2 * sizeof(chance) + 1];
    char project[PROJECT_NAME_SIZE];
    float *vector = draw_vector(check->dimension);
    struct vector_item item = {
        .object = TRIAL_VIDEO "-00000000-000", .class_name = "trial", .track = -1, .vector = vector};
    randombytes_buf(chance, sizeof(chance));
    sodium_bin2hex(hex, sizeof(hex), chance, sizeof(chance));
    snprintf(project, sizeof(project), "doctor-check-%s", hex);
    enum err_code code = vector_index_upsert(index, project, check->model, check->dimension, &item, 1, &err);
    if (code != ERR_NONE)
        checks_wrong(checks, NULL, "%s takes no vectors: %s", name, err.message);
    else
        checks_ok(checks, "%s may be written", name);
    struct err ending = ERR_INIT;
    if (vector_index_remove_project(index, project, &ending) != ERR_NONE)
        checks_wrong(checks, "remove that namespace by hand, and let the key remove",
            "%s does not let vectors be removed (the namespace %s stays there): %s", name, project, ending.message);
    else if (code == ERR_NONE)
        checks_ok(checks, "%s lets vectors be removed", name);
    free(vector);
}

static void keep_wrong(void *context, const struct check *check)
{
    struct err *err = context;
    if (check->level == CHECK_WRONG && err->code == ERR_NONE)
        err_set(err, ERR_INVALID, "%s: %s", check->text, check->remedy);
}

enum err_code vector_index_fits(struct vector_index *index, const struct vector_check *check, struct err *err)
{
    struct vector_index_facts facts;
    char name[sizeof(facts.where) + 48];
    struct err wrong = ERR_INIT;
    struct checks checks = {.context = &wrong, .found = keep_wrong};
    enum err_code code = vector_index_describe(index, &facts, err);
    if (code != ERR_NONE)
        return code;
    snprintf(name, sizeof(name), "the vector index at %s (--vector-index)", facts.where);
    check_metric(&facts, name, &checks);
    check_dimension(&facts, name, check, &checks);
    if (wrong.code != ERR_NONE && err != NULL)
        *err = wrong;
    return wrong.code;
}

void vector_index_check(struct vector_index *index, const struct vector_check *check, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct vector_index_facts facts;
    char name[sizeof(facts.where) + 32];
    if (vector_index_describe(index, &facts, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return;
    }
    snprintf(name, sizeof(name), "the vector index at %s", facts.where);
    checks_ok(checks, "%s answers and lets us in%s%s", name, facts.version[0] != '\0' ? "; it is of version " : "",
        facts.version);
    int before = checks->wrong;
    check_metric(&facts, name, checks);
    check_dimension(&facts, name, check, checks);
    if (check->dimension > 0 && checks->wrong == before)
        try_all(index, name, check, checks);
}
