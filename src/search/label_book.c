#include "search/label_book.h"

#include <stdio.h>
#include <string.h>

#include "search/label_book_internal.h"

struct label_book *label_book_new(void)
{
    return mem_calloc(1, sizeof(struct label_book));
}

static void step_release(struct step *step)
{
    free(step->label_name);
    free(step->other_name);
    free(step->by);
    free(step->ops);
    free(step->states);
}

void label_book_free(struct label_book *book)
{
    if (book == NULL)
        return;
    for (size_t i = 0; i < book->step_count; i++)
        step_release(&book->steps[i]);
    for (size_t i = 0; i < book->object_count; i++)
        free(book->objects[i].negatives);
    for (size_t i = 0; i < book->text_count; i++)
        free(book->texts[i]);
    label_map_release(&book->places);
    free(book->texts);
    free(book->touched);
    free(book->objects);
    free(book->labels);
    free(book->undo);
    free(book->redo);
    free(book->steps);
    free(book);
}

// ---- looking

int64_t label_book_version(const struct label_book *book)
{
    return (int64_t)book->step_count;
}

int64_t label_book_undo_step(const struct label_book *book)
{
    return book->undo_count > 0 ? book->undo[book->undo_count - 1] : 0;
}

int64_t label_book_redo_step(const struct label_book *book)
{
    return book->redo_count > 0 ? book->redo[book->redo_count - 1] : 0;
}

static const struct step *step_of(const struct label_book *book, int64_t id)
{
    return &book->steps[id - 1];
}

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

void label_book_step(const struct label_book *book, int64_t id, struct label_step *out)
{
    const struct step *step = step_of(book, id);
    const struct step *about = step->about != 0 ? step_of(book, step->about) : step;
    *out = (struct label_step){.id = id,
        .kind = step->kind,
        .positive = about->positive,
        .negative = about->negative,
        .cleared = about->cleared,
        .at_us = step->at_us,
        .undone = step->undone,
        .undone_us = step->undone_us,
        .labels = about->labels};
    copy_text(out->label, sizeof(out->label), about->label_name);
    copy_text(out->other, sizeof(out->other), about->other_name);
    copy_text(out->by, sizeof(out->by), step->by);
}

int64_t label_book_step_at_us(const struct label_book *book, int64_t id)
{
    return step_of(book, id)->at_us;
}

const char *label_book_step_by(const struct label_book *book, int64_t id)
{
    const char *by = step_of(book, id)->by;
    return by != NULL ? by : "";
}

int32_t label_book_step_label(const struct label_book *book, int64_t id)
{
    const struct step *step = step_of(book, id);
    const struct step *about = step->about != 0 ? step_of(book, step->about) : step;
    // A merge is about what both became; taken back, about what is there again.
    bool merged = about->kind == LABEL_STEP_MERGE && step->kind != LABEL_STEP_UNDO;
    int32_t label = merged ? about->other : about->label;
    return label >= 0 && book->labels[label].alive ? label : -1;
}

size_t label_book_label_count(const struct label_book *book)
{
    return book->label_count;
}

int64_t label_book_carried(const struct label_book *book)
{
    return book->carried;
}

const struct label_book_label *label_book_label(const struct label_book *book, int32_t label)
{
    return &book->labels[label];
}

int32_t book_find_key(const struct label_book *book, const char *key)
{
    for (size_t i = 0; i < book->label_count; i++) {
        if (book->labels[i].alive && strcmp(book->labels[i].key, key) == 0)
            return (int32_t)i;
    }
    return -1;
}

int32_t label_book_find(const struct label_book *book, const char *name)
{
    char *key = NULL;
    if (label_name_key(name, &key, NULL) != ERR_NONE)
        return -1;
    int32_t found = book_find_key(book, key);
    free(key);
    return found;
}

size_t label_book_object_count(const struct label_book *book)
{
    return book->object_count;
}

struct label_book_object *label_book_object(const struct label_book *book, size_t object)
{
    return &book->objects[object];
}

int64_t label_book_find_object(const struct label_book *book, struct label_key key)
{
    return label_map_get(&book->places, key);
}

int64_t book_find_negative(const struct label_book_object *object, int32_t label)
{
    for (size_t i = 0; i < object->negative_count; i++) {
        if (object->negatives[i].label == label)
            return (int64_t)i;
    }
    return -1;
}

bool label_book_is_negative(const struct label_book_object *object, int32_t label)
{
    return book_find_negative(object, label) >= 0;
}

const size_t *label_book_touched(const struct label_book *book, size_t *count)
{
    *count = book->touched_count;
    return book->touched;
}

void label_book_touch(struct label_book *book, size_t object)
{
    if (book->objects[object].touched)
        return;
    book->objects[object].touched = true;
    book->touched = book_room_for_one(book->touched, book->touched_count, sizeof(*book->touched));
    book->touched[book->touched_count++] = object;
}

void label_book_forget_touched(struct label_book *book)
{
    for (size_t i = 0; i < book->touched_count; i++)
        book->objects[book->touched[i]].touched = false;
    free(book->touched);
    book->touched = NULL;
    book->touched_count = 0;
}
