// A queue whose calls can be made to fail (fault.h).
#pragma once

#include "fault.h"
#include "queue/queue.h"

// Takes `inner` over; `fault` outlives it. Lost answers of queue_receive lose the messages with their leases.
struct queue *queue_fault_new(struct queue *inner, struct fault *fault);
