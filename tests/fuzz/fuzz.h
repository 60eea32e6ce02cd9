// What a fuzz target is: one file that takes any bytes, and says what to begin with.
//
// The interface is libFuzzer's. `make fuzz` builds each target with it and searches for as long as it is told; replay.c
// gives each target a main() of its own, which runs the seeds and a fixed number of their mutations in the test suite.
// A target ends the process when something does not hold; the sanitizers do the rest. One thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

// libFuzzer's name.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // NOLINT(readability-identifier-naming)

// Takes one seed; the bytes are copied.
typedef void (*fuzz_seed_add)(void *context, const void *bytes, size_t size);
// Each target's: inputs that are well-formed, so that mutations get far.
void fuzz_seeds(fuzz_seed_add add, void *context);

void fuzz_add_texts(const char *const *texts, size_t count, fuzz_seed_add add, void *context);
// The bytes, followed by a NUL, in an allocation that ends there: a sanitizer sees every step beyond. To be freed.
char *fuzz_text(const uint8_t *data, size_t size);

// A folder for what a target writes; it goes with the process. The library's.
const char *fuzz_folder(void);

// Ends the process with what did not hold.
#define fuzz_require(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);
// That a failure has its sentence.
void fuzz_require_sentence(enum err_code code, const struct err *err);
