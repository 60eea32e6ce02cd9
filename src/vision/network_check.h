// What can be said about a network without the inference library. Internal to vision/.
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "vision/engine.h"

// That every dimension of the inputs is known and no tensor is absurdly large: the memory of all requests follows from
// this. ERR_INVALID, ERR_LIMIT.
enum err_code network_specs_check(const char *file, const struct network_specs *specs, struct err *err) ERR_MUST_CHECK;

// That the file exists, is not absurdly large and begins like its format (.xml: OpenVINO's IR; .onnx). The library
// would try one reader after the other on anything else, each complaining in its own way on standard error.
enum err_code network_file_check(const char *file, struct err *err) ERR_MUST_CHECK;

// The library's message (may be NULL) on one line, without the places in its source that threw it; `otherwise` where
// nothing is left. Cut to `size`.
void network_message_clean(const char *message, const char *otherwise, char *out, size_t size);
