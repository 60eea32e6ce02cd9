// What the files of the contract of vector indexes share.
#pragma once

#include "base/test.h"
#include "contract.h"
#include "os/file.h"
#include "vector_index/vector_index.h"

#define DIMENSION 48
#define MODEL "model-a"
#define PROJECT "demo"
#define OTHER_PROJECT "other"
#define VIDEO_A "00000000000000aa"
#define VIDEO_B "f0000000000000bb"
// Stored components are rounded to 11 bits.
#define SCORE_TOLERANCE 2e-3

extern const char *backend;
extern struct err failure; // of the last call

struct fixture {
    char folder[FILE_PATH_MAX];
    struct vector_index *index;
    uint64_t random;
};
int set_up(void **state);
int tear_down(void **state);
#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

uint32_t draw(struct fixture *f, uint32_t below);
void draw_vector(struct fixture *f, float vector[DIMENSION]);
struct vector_item item_of(const char *video, int32_t frame, int32_t k, const float *vector);
void put(struct fixture *f, const struct vector_item *items, size_t count);
void put_one(struct fixture *f, const char *video, int32_t frame, int32_t k, const float *vector);
struct vector_query query_for(const float *vector, size_t limit);
size_t ask(struct fixture *f, const struct vector_query *query, struct vector_hit **hits);
// The ids of all hits, joined by spaces.
void ask_text(struct fixture *f, const struct vector_query *query, char *text, size_t size);
size_t count_in(struct fixture *f, const char *video);
void axis(float vector[DIMENSION], int main_axis, float other);
void put_grid(struct fixture *f);

extern const struct contract_part storing_part;
extern const struct contract_part filter_part;
extern const struct contract_part random_part;
extern const struct contract_part track_part;
