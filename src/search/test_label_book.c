#include "search/test_label_book.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"

char objects[OBJECTS][OBJECT_ID_SIZE];
int64_t now_us = 1000;
struct err failure;

int name_objects(void **state)
{
    (void)state;
    for (int i = 0; i < OBJECTS; i++)
        object_id_make(i % 2 == 0 ? "00000000000000aa" : "f0000000000000bb", i / 4, i % 4, objects[i]);
    return 0;
}

enum err_code apply(struct label_book *book, const struct label_entry *entry)
{
    return label_book_apply(book, entry, now_us++, &failure);
}

void undo(struct label_book *book)
{
    assert_ok(
        apply(book, &(struct label_entry){.kind = LABEL_STEP_UNDO, .step = label_book_undo_step(book)}), &failure);
}

void redo(struct label_book *book)
{
    assert_ok(
        apply(book, &(struct label_entry){.kind = LABEL_STEP_REDO, .step = label_book_redo_step(book)}), &failure);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *dump(const struct label_book *book)
{
    char *lines[4 * OBJECTS + 100];
    size_t count = 0;
    for (size_t i = 0; i < label_book_label_count(book); i++) {
        const struct label_book_label *l = label_book_label(book, (int32_t)i);
        if (l->alive)
            lines[count++] = mem_sprintf(
                "label %s %s made %" PRId64 " changed %" PRId64, l->key, l->name, l->created_us, l->updated_us);
    }
    for (size_t i = 0; i < label_book_object_count(book); i++) {
        const struct label_book_object *o = label_book_object(book, i);
        char id[OBJECT_ID_SIZE];
        label_key_format(o->key, id);
        if (o->label >= 0)
            lines[count++] = mem_sprintf("%s is %s since %" PRId64 "%s %" PRId64, id,
                label_book_label(book, o->label)->name, label_book_step_at_us(book, o->step),
                o->kept != 0 ? " kept" : "", o->kept != 0 ? label_book_step_at_us(book, o->kept) : 0);
        for (size_t k = 0; k < o->negative_count; k++)
            lines[count++] =
                mem_sprintf("%s is not %s since %" PRId64 "%s", id, label_book_label(book, o->negatives[k].label)->name,
                    label_book_step_at_us(book, o->negatives[k].step), o->negatives[k].kept != 0 ? " kept" : "");
    }
    qsort(lines, count, sizeof(*lines), compare_texts);
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < count; i++) {
        strbuf_adds(&text, lines[i]);
        strbuf_addc(&text, '\n');
        free(lines[i]);
    }
    return strbuf_detach(&text, NULL);
}
