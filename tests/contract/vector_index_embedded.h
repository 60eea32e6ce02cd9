// What the files of the tests of the embedded vector index share.
#pragma once

#include "base/test.h"
#include "contract.h"
#include "os/file.h"
#include "vector_index/vector_index.h"

#define DIMENSION 96
#define PROJECT "demo"
#define MODEL "model"
#define TAIL 512
#define BATCH 20

extern _Thread_local struct err failure; // of the last call

struct fixture {
    char folder[FILE_PATH_MAX];
    struct vector_index *index;
};
int set_up(void **state);
int tear_down(void **state);
#define embedded(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

enum err_code open_at(const char *folder, bool background, struct vector_index **index);
void reopen(struct fixture *f);
uint64_t mix(uint64_t x);
// Object n of a seed: its vector lies near the centre of its track, 20 objects long, as crops of a thing that is
// followed do.
void vector_of(uint64_t seed, int n, float vector[DIMENSION]);
void object_of(uint64_t seed, int n, char object[OBJECT_ID_SIZE]);
enum err_code write_range(struct vector_index *index, uint64_t seed, int from, int to);
void put_range(struct fixture *f, uint64_t seed, int from, int to);
void flush(struct fixture *f);
struct vector_query query_for(const float *vector, size_t limit);
size_t ask(struct fixture *f, const struct vector_query *query, struct vector_hit **hits);
void assert_found(struct fixture *f, uint64_t seed, int n);
size_t count_all(struct fixture *f);
// The other process: stores objects in batches, and writes to standard output how many are stored.
int run_writer(const char *folder, uint64_t seed, int count);

extern const struct contract_part file_part;
extern const struct contract_part process_part;
