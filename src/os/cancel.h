// Cancellation: a flag that says "stop soon", which blocking calls look at and can wait on.
//
// A cancel may have a parent: it counts as requested when itself or any ancestor is. Ancestors outlive their children.
// Everything here is safe from all threads; cancel_request() is also safe from a signal handler's thread (not from the
// handler itself: use os/signals.h).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct cancel;

struct cancel *cancel_new(struct cancel *parent);
void cancel_free(struct cancel *cancel);
void cancel_request(struct cancel *cancel);
// NULL never is requested.
bool cancel_requested(const struct cancel *cancel);
// Waits until cancelled (true) or until the time is up (false). With NULL it just waits.
bool cancel_wait(struct cancel *cancel, int64_t timeout_ms);
// ERR_CANCELLED with a sentence if requested, else ERR_NONE.
enum err_code cancel_check(const struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
