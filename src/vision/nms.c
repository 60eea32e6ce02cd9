#include "vision/nms.h"

#include <stdlib.h>

float detection_iou(const struct detection *a, const struct detection *b)
{
    float left = a->x > b->x ? a->x : b->x;
    float top = a->y > b->y ? a->y : b->y;
    float right = a->x + a->width < b->x + b->width ? a->x + a->width : b->x + b->width;
    float bottom = a->y + a->height < b->y + b->height ? a->y + a->height : b->y + b->height;
    if (!(right > left) || !(bottom > top))
        return 0.0f;
    float shared = (right - left) * (bottom - top);
    return shared / (a->width * a->height + b->width * b->height - shared);
}

static int order(float a, float b)
{
    return (a > b) - (a < b);
}

static int by_score(const void *left, const void *right)
{
    const struct detection *a = left;
    const struct detection *b = right;
    int result = order(b->score, a->score);
    if (result == 0)
        result = order(a->y, b->y);
    if (result == 0)
        result = order(a->x, b->x);
    if (result == 0)
        result = order(a->height, b->height);
    if (result == 0)
        result = order(a->width, b->width);
    return result != 0 ? result : (a->class_id > b->class_id) - (a->class_id < b->class_id);
}

void detections_sort(struct detection *items, size_t count)
{
    if (count > 1)
        qsort(items, count, sizeof(*items), by_score);
}

size_t detections_suppress(struct detection *items, size_t count, float iou, size_t most)
{
    detections_sort(items, count);
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < most; i++) {
        bool free_standing = true;
        for (size_t k = 0; k < kept && free_standing && iou < 1.0f; k++)
            free_standing = items[k].class_id != items[i].class_id || !(detection_iou(&items[k], &items[i]) > iou);
        if (free_standing)
            items[kept++] = items[i];
    }
    return kept;
}
