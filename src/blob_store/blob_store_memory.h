// The blob store in memory: for tests, and the plainest statement of the contract. Its content ends with it.
#pragma once

#include "base/clock.h"
#include "blob_store/blob_store.h"

// `clock` outlives the store.
struct blob_store *blob_store_memory_new(const struct clock *clock);
