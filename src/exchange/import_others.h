// Videos that an import file is about and the project does not have, and which of the project's look like them. Not for
// other modules.
#pragma once

#include "exchange/import_match.h"

// Fills imported->others: the first IMPORT_OTHERS_MAX of them, in the file's order. Errors: those of the meta store,
// ERR_CANCELLED.
enum err_code import_find_others(const struct import_config *config, const struct import_request *request,
    const struct import_file *file, const struct import_matching *matching, struct cancel *cancel,
    struct imported *imported, struct err *err) ERR_MUST_CHECK;
