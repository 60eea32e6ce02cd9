// The queue in memory: for tests, and the plainest statement of the contract. Its content ends with it.
#pragma once

#include "base/clock.h"
#include "queue/queue.h"

// `options` NULL: defaults; `clock` outlives the queue.
struct queue *queue_memory_new(const struct queue_options *options, const struct clock *clock);
