#include "label_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/file.h"

#define VECTORS_BYTES_MAX ((size_t)4 << 30)

__attribute__((noreturn)) static void refuse(const char *path, size_t line)
{
    fprintf(stderr, "bench: line %zu of %s is no object\n", line, path);
    exit(2);
}

uint64_t bench_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

int bench_ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int bench_by_score(const void *a, const void *b)
{
    const struct bench_scored *x = a;
    const struct bench_scored *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score)
                                : (x->object > y->object) - (x->object < y->object);
}

double bench_quantile(const double *sorted, size_t count, double share)
{
    size_t at = (size_t)(share * (double)count);
    return count == 0 ? 0 : sorted[at < count ? at : count - 1];
}

static int group_of(struct data *data, const char *name)
{
    for (int i = 0; i < data->group_count; i++) {
        if (strcmp(data->groups[i], name) == 0)
            return i;
    }
    if (data->group_count == BENCH_GROUPS_MAX) {
        fprintf(stderr, "bench: more than %d groups\n", BENCH_GROUPS_MAX);
        exit(2);
    }
    snprintf(data->groups[data->group_count], BENCH_NAME_SIZE, "%s", name);
    return data->group_count++;
}

static void read_objects(struct data *data, const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        char group[BENCH_NAME_SIZE];
        struct data_object object = {.tracks = {-1, -1, -1}};
        if (sscanf(line, "%29s\t%95s\t%95s\t%" SCNd64 "\t%" SCNd64, object.id, object.identity, group,
                &object.tracks[TRACKS_FOUND], &object.tracks[TRACKS_TRUE]) != 5)
            refuse(path, data->count + 1);
        if (data->count > 0 && strcmp(data->objects[data->count - 1].id, object.id) >= 0)
            refuse(path, data->count + 1);
        object.group = group_of(data, group);
        data->objects = mem_realloc_array(data->objects, data->count + 1, sizeof(*data->objects));
        data->objects[data->count++] = object;
    }
    fclose(file);
}

void data_read(struct data *data, const char *objects, const char *vectors)
{
    char *bytes;
    size_t size;
    *data = (struct data){0};
    read_objects(data, objects);
    bench_check(file_read(vectors, VECTORS_BYTES_MAX, &bytes, &size, &bench_err), "reading vectors");
    data->vectors = (float *)(void *)bytes;
    data->dimension = data->count > 0 ? size / sizeof(float) / data->count : 0;
    if (data->dimension == 0 || data->dimension > VECTOR_DIMENSION_MAX) {
        fprintf(stderr, "bench: %s has no vectors for the %zu objects of %s\n", vectors, data->count, objects);
        exit(2);
    }
}

void data_release(struct data *data)
{
    free(data->objects);
    free(data->vectors);
    *data = (struct data){0};
}

static int compare_to_id(const void *id, const void *object)
{
    return strcmp(id, ((const struct data_object *)object)->id);
}

size_t data_find(const struct data *data, const char *id)
{
    const struct data_object *found = bsearch(id, data->objects, data->count, sizeof(*data->objects), compare_to_id);
    return found != NULL ? (size_t)(found - data->objects) : SIZE_MAX;
}

bool data_is_same(const struct data *data, size_t a, size_t b)
{
    return strcmp(data->objects[a].identity, data->objects[b].identity) == 0;
}

float data_cosine(const struct data *data, size_t a, size_t b)
{
    const float *x = data->vectors + a * data->dimension;
    const float *y = data->vectors + b * data->dimension;
    float sum = 0;
    for (size_t d = 0; d < data->dimension; d++)
        sum += x[d] * y[d];
    return sum;
}

size_t data_members(const struct data *data, size_t first, size_t *members, bool *is_first)
{
    size_t count = 0;
    for (size_t i = 0; i < data->count; i++) {
        if (data_is_same(data, i, first))
            members[count++] = i;
    }
    *is_first = members[0] == first;
    return count;
}

void data_fill(const struct data *data, enum track_source tracks, struct vector_index *index)
{
    for (size_t i = 0; i < data->count; i++) {
        struct vector_item item = {
            .track = data->objects[i].tracks[tracks], .vector = data->vectors + i * data->dimension};
        memcpy(item.object, data->objects[i].id, sizeof(item.object));
        snprintf(item.class_name, sizeof(item.class_name), "object");
        bench_check(
            vector_index_upsert(index, BENCH_PROJECT, "bench", data->dimension, &item, 1, &bench_err), "upsert");
    }
}
