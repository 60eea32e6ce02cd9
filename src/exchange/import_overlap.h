// How far a box of an import file and a stored object are the same place. Arithmetic only: safe from all threads, and
// nothing fails.
#pragma once

struct import_row;
struct meta_frame;
struct meta_object;

struct import_box {
    double x, y, width, height; // pixels of the stored frame
};

// The row's box, scaled where it was measured in a picture of another size.
struct import_box import_box_of(const struct import_row *row, const struct meta_frame *frame);
// Intersection over union, 0 … 1.
double import_overlap(const struct import_box *a, const struct meta_object *b);
