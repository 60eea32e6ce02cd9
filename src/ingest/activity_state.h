// What the messages of the activity topic add up to: workers, videos, recent events and errors, totals.
//
// Bounded: see the constants in activity_log.h. Not safe between threads: its owner has the lock.
#pragma once

#include <stdint.h>

#include <jansson.h>

struct activity_state;

struct activity_state *activity_state_new(int64_t now_us);
void activity_state_free(struct activity_state *state);
// Takes in a message; members that are not as they should be are passed over.
void activity_state_apply(struct activity_state *state, const json_t *message, int64_t now_us);
// New references.
json_t *activity_state_json(const struct activity_state *state, int64_t now_us);
json_t *activity_state_workers(const struct activity_state *state, int64_t now_us);
