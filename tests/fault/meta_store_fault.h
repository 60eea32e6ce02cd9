// A meta store whose calls can be made to fail (fault.h).
#pragma once

#include "fault.h"
#include "meta_store/meta_store.h"

// Takes `inner` over; `fault` outlives it.
struct meta_store *meta_store_fault_new(struct meta_store *inner, struct fault *fault);
