// Lists of what a server holds, as commands show them: a table for people, or with --json one object a line. One
// thread.
#pragma once

#include <jansson.h>

#include "app/ui.h"
#include "base/err.h"
#include "base/options.h"

struct listing {
    const char *path;            // as session_each() takes it
    const char *items;           // the field of the answers that holds the items
    const char *const *headings; // NULL-terminated
    void (*add_row)(struct ui_table *table, const json_t *item);
    const char *none; // is said instead of an empty table
};

// Reads the list to its end and prints it. `options` include CLIENT_TABLES and json_options.
enum err_code listing_print(
    const struct options *options, const struct listing *listing, struct err *err) ERR_MUST_CHECK;
