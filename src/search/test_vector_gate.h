// A vector index that lets changes of attributes through or not, before another one. For tests.
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "vector_index/vector_index.h"

struct vector_gate {
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t changed;
    bool is_shut;    // changes wait until it is opened
    bool is_refused; // they fail, ERR_UNAVAILABLE: "the index is away"
    bool is_away;    // everything does
    int waiting;     // now
    int came;        // changes that came, since the beginning
};

// Takes `inner` over unless it is borrowed, and `gate` outlives it. Only what labelling does with an index can be done
// with it.
struct vector_index *vector_gate_new(struct vector_index *inner, bool is_borrowed, struct vector_gate *gate);
void vector_gate_set(struct vector_gate *gate, bool is_shut, bool is_refused);
void vector_gate_set_away(struct vector_gate *gate, bool is_away);
int vector_gate_waiting(struct vector_gate *gate);
int vector_gate_came(struct vector_gate *gate);
