// For the tests of a label book and of its entries: objects to speak about, steps in time, and all that is so as text.
// What fails ends the test.
#pragma once

#include "search/label_book.h"

#define OBJECTS 40

extern char objects[OBJECTS][OBJECT_ID_SIZE]; // of two videos, after name_objects()
extern int64_t now_us;                        // when the next step is applied
extern struct err failure;                    // of the last call

// The group's set-up.
int name_objects(void **state);

enum err_code apply(struct label_book *book, const struct label_entry *entry) ERR_MUST_CHECK;
void undo(struct label_book *book);
void redo(struct label_book *book);

// Everything that is so, one thing a line, sorted; to be freed. Steps by their times, because a replay numbers them
// anew.
char *dump(const struct label_book *book);
