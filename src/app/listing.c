#include "app/listing.h"

#include <stdio.h>

#include "app/session.h"

struct printing {
    const struct listing *listing;
    struct ui_table *table; // NULL: one object a line
};

static enum err_code show_item(void *context, const json_t *item, struct err *err)
{
    const struct printing *printing = context;
    (void)err;
    if (printing->table == NULL)
        ui_print_json(item);
    else
        printing->listing->add_row(printing->table, item);
    return ERR_NONE;
}

enum err_code listing_print(const struct options *options, const struct listing *listing, struct err *err)
{
    struct session session;
    enum err_code code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    struct printing printing = {
        .listing = listing, .table = options_bool(options, "json") ? NULL : ui_table_new(listing->headings)};
    code = session_each(&session, listing->path, listing->items, show_item, &printing, err);
    if (code == ERR_NONE && printing.table != NULL) {
        if (ui_table_rows(printing.table) == 0)
            puts(listing->none);
        else
            ui_table_print(printing.table);
    }
    ui_table_free(printing.table);
    session_close(&session);
    return code;
}
