// What the files of the store share. Nobody else includes it.
#pragma once

#include "vector_index/vector_store.h"

struct vector_store {
    struct db *db;
};

// Tells readers that there is something new.
void vector_store_bump(struct db_tx *tx);
