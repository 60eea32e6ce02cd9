#include "exchange/import_overlap.h"

#include "exchange/import_file.h"
#include "meta_store/meta_store.h"

struct import_box import_box_of(const struct import_row *row, const struct meta_frame *frame)
{
    double sx = row->frame_width > 0 ? frame->width / (double)row->frame_width : 1;
    double sy = row->frame_height > 0 ? frame->height / (double)row->frame_height : 1;
    return (struct import_box){.x = (double)row->x * sx,
        .y = (double)row->y * sy,
        .width = (double)row->width * sx,
        .height = (double)row->height * sy};
}

double import_overlap(const struct import_box *a, const struct meta_object *b)
{
    double right = a->x + a->width < (double)(b->x + b->width) ? a->x + a->width : (double)(b->x + b->width);
    double bottom = a->y + a->height < (double)(b->y + b->height) ? a->y + a->height : (double)(b->y + b->height);
    double wide = right - (a->x > (double)b->x ? a->x : (double)b->x);
    double high = bottom - (a->y > (double)b->y ? a->y : (double)b->y);
    if (wide <= 0 || high <= 0)
        return 0;
    double shared = wide * high;
    return shared / (a->width * a->height + (double)b->width * (double)b->height - shared);
}
