#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/csv.h"
#include "exchange/export_internal.h"
#include "exchange/text.h"

void categories_release(struct categories *categories)
{
    for (size_t i = 0; i < categories->count; i++) {
        free(categories->items[i].name);
        free(categories->items[i].json);
    }
    free(categories->items);
    free(categories->sorted);
    *categories = (struct categories){0};
}

// The first place in the order whose name is not before this one.
static size_t find_place(const struct categories *categories, const char *name, bool *is_there)
{
    size_t low = 0;
    size_t high = categories->count;
    *is_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(categories->items[categories->sorted[middle]].name, name);
        *is_there |= order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t categories_find_or_add(struct categories *categories, const char *name, bool is_label)
{
    bool is_there = false;
    size_t place = find_place(categories, name, &is_there);
    if (is_there) {
        categories->items[categories->sorted[place]].is_label |= is_label;
        return categories->sorted[place];
    }
    size_t count = categories->count;
    if ((count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : count * 2;
        categories->items = mem_realloc_array(categories->items, room, sizeof(*categories->items));
        categories->sorted = mem_realloc_array(categories->sorted, room, sizeof(*categories->sorted));
    }
    struct strbuf json;
    strbuf_init(&json);
    text_add_json(&json, name);
    categories->items[count] =
        (struct category){.name = mem_strdup(name), .json = strbuf_detach(&json, NULL), .is_label = is_label};
    memmove(categories->sorted + place + 1, categories->sorted + place, (count - place) * sizeof(*categories->sorted));
    categories->sorted[place] = count;
    categories->count++;
    return count;
}

void categories_table(const struct categories *categories, size_t first, struct strbuf *out)
{
    strbuf_adds(out, "number,name,kind\r\n");
    for (size_t i = 0; i < categories->count; i++) {
        strbuf_addf(out, "%zu,", i + first);
        csv_add_text(out, categories->items[i].name);
        strbuf_addf(out, ",%s\r\n", categories->items[i].is_label ? "label" : "class");
    }
}
