// The meta store in memory: for tests, and the plainest statement of the contract. Its content ends with it.
#pragma once

#include "base/clock.h"
#include "meta_store/meta_store.h"

// `clock` outlives the store.
struct meta_store *meta_store_memory_new(const struct clock *clock);
