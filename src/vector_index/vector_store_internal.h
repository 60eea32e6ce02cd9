// What the files of the store share. Nobody else includes it, except for tests of its schemas.
#pragma once

#include "vector_index/vector_store.h"

struct vector_store {
    struct db *db;
};

#define VECTOR_STORE_APPLICATION_ID 0x46485631 // "FHV1"
extern const char *const vector_store_migrations[];
extern const size_t vector_store_migration_count;

// Fails the transaction where vectors of this kind do not belong; the first ones decide.
void vector_store_check_or_set_model(struct db_tx *tx, const char *project, const char *model, size_t dimension);
// Tells readers that there is something new.
void vector_store_bump(struct db_tx *tx);
