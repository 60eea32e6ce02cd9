// A blob store whose calls can be made to fail (fault.h).
#pragma once

#include "blob_store/blob_store.h"
#include "fault.h"

// Takes `inner` over; `fault` outlives it.
struct blob_store *blob_store_fault_new(struct blob_store *inner, struct fault *fault);
