#include "ingest/track_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct step {
    struct track_entry entry;
    int64_t at_us;
    bool undone;
    int64_t undone_us; // 0 where it is not
    char *passed_over; // NULL: it was applied
};

struct track_book {
    struct step *steps;
    size_t count, room;
    int64_t *undo, *redo; // ids, the next one last
    size_t undo_count, redo_count;
    size_t objects; // given
    int64_t last;   // of the sheet that was replayed last; -1: none
};

struct track_book *track_book_new(void)
{
    struct track_book *book = mem_calloc(1, sizeof(*book));
    book->last = -1;
    return book;
}

void track_book_free(struct track_book *book)
{
    if (book == NULL)
        return;
    for (size_t i = 0; i < book->count; i++) {
        track_entry_release(&book->steps[i].entry);
        free(book->steps[i].passed_over);
    }
    free(book->steps);
    free(book->undo);
    free(book->redo);
    free(book);
}

int64_t track_book_version(const struct track_book *book)
{
    return (int64_t)book->count;
}

int64_t track_book_undo_step(const struct track_book *book)
{
    return book->undo_count > 0 ? book->undo[book->undo_count - 1] : 0;
}

int64_t track_book_redo_step(const struct track_book *book)
{
    return book->redo_count > 0 ? book->redo[book->redo_count - 1] : 0;
}

// ---- adding

enum err_code track_book_check(const struct track_book *book, const struct track_entry *entry, struct err *err)
{
    if (book->count >= TRACK_BOOK_STEPS_MAX)
        return err_set(err, ERR_LIMIT, "the tracks of this video were corrected %d times, as often as they can be",
            TRACK_BOOK_STEPS_MAX);
    if (entry->kind == TRACK_STEP_UNDO && (entry->step == 0 || entry->step != track_book_undo_step(book)))
        return err_set(err, ERR_CONFLICT, "correction %" PRId64 " cannot be undone now", entry->step);
    if (entry->kind == TRACK_STEP_REDO && (entry->step == 0 || entry->step != track_book_redo_step(book)))
        return err_set(err, ERR_CONFLICT, "correction %" PRId64 " cannot be made again now", entry->step);
    if (entry->kind == TRACK_STEP_GIVE && entry->count > TRACK_BOOK_OBJECTS_MAX - book->objects)
        return err_set(err, ERR_LIMIT,
            "the corrections of this video would name more than %d objects, as many as they can: merge and split "
            "whole tracks instead",
            TRACK_BOOK_OBJECTS_MAX);
    return ERR_NONE;
}

static void push(int64_t **stack, size_t *count, int64_t id)
{
    *stack = mem_realloc_array(*stack, *count + 1, sizeof(**stack));
    (*stack)[(*count)++] = id;
}

enum err_code track_book_add(struct track_book *book, struct track_entry *entry, int64_t at_us, struct err *err)
{
    enum err_code code = track_book_check(book, entry, err);
    if (code != ERR_NONE)
        return code;
    if (book->count == book->room) {
        book->room = book->room * 2 + 16;
        book->steps = mem_realloc_array(book->steps, book->room, sizeof(*book->steps));
    }
    book->steps[book->count++] = (struct step){.entry = *entry, .at_us = at_us};
    if (entry->kind == TRACK_STEP_UNDO) {
        book->steps[entry->step - 1].undone = true;
        book->steps[entry->step - 1].undone_us = at_us;
        book->undo_count--;
        push(&book->redo, &book->redo_count, entry->step);
    } else if (entry->kind == TRACK_STEP_REDO) {
        book->steps[entry->step - 1].undone = false;
        book->steps[entry->step - 1].undone_us = 0;
        book->redo_count--;
        push(&book->undo, &book->undo_count, entry->step);
    } else {
        book->objects += entry->count;
        book->redo_count = 0;
        push(&book->undo, &book->undo_count, (int64_t)book->count);
    }
    *entry = (struct track_entry){.track = -1, .other = -1};
    return ERR_NONE;
}

// ---- applying

// Ids of what counts after the first `version` entries, in the order in which they were made.
static int64_t *what_counts(const struct track_book *book, int64_t version, size_t *count)
{
    int64_t *ids = mem_calloc((size_t)version + 1, sizeof(*ids));
    *count = 0;
    for (int64_t id = 1; id <= version; id++) {
        const struct track_entry *entry = &book->steps[id - 1].entry;
        // The last one is undone first, and made again last.
        if (entry->kind == TRACK_STEP_UNDO)
            --*count;
        else
            ids[(*count)++] = entry->kind == TRACK_STEP_REDO ? entry->step : id;
    }
    return ids;
}

struct track_state *track_book_replay(
    struct track_book *book, const struct track_sheet *sheet, const char *video, int64_t version)
{
    struct track_state *state = track_state_new(sheet, video, (int64_t)book->count + 1);
    size_t count = 0;
    int64_t *ids = what_counts(book, version, &count);
    book->last = sheet->last;
    for (size_t i = 0; i < book->count; i++) {
        free(book->steps[i].passed_over);
        book->steps[i].passed_over = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct step *step = &book->steps[ids[i] - 1];
        struct err reason = ERR_INIT;
        if (track_state_apply(state, &step->entry, ids[i], &reason) != ERR_NONE)
            step->passed_over = mem_strdup(reason.message);
    }
    free(ids);
    return state;
}

static int64_t made_by(const struct track_book *book, const struct step *step)
{
    bool makes_one =
        step->entry.kind == TRACK_STEP_SPLIT || (step->entry.kind == TRACK_STEP_GIVE && !step->entry.has_to);
    if (!makes_one || step->undone || step->passed_over != NULL || book->last < 0)
        return -1;
    return book->last + (step - book->steps) + 1;
}

void track_book_step(const struct track_book *book, int64_t id, struct track_step *out)
{
    const struct step *step = &book->steps[id - 1];
    const struct step *about = step->entry.step > 0 ? &book->steps[step->entry.step - 1] : step;
    *out = (struct track_step){.id = id,
        .kind = step->entry.kind,
        .about = about->entry.kind,
        .step = step->entry.step,
        .track = about->entry.track,
        .other = about->entry.other,
        .made = step->entry.kind != TRACK_STEP_UNDO ? made_by(book, about) : -1,
        .objects = (int64_t)about->entry.count,
        .time_us = about->entry.time_us,
        .at_us = step->at_us,
        .undone = step->undone,
        .undone_us = step->undone_us};
    snprintf(out->by, sizeof(out->by), "%s", step->entry.by != NULL ? step->entry.by : "");
    snprintf(out->passed_over, sizeof(out->passed_over), "%s", step->passed_over != NULL ? step->passed_over : "");
}
