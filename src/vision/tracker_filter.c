#include "vision/tracker_filter.h"

#include <math.h>

// A prediction may shrink or grow a box by this factor at most: over long gaps speeds of growth mean nothing.
#define GROWTH_MOST 2.0
#define SIDE_LEAST 1e-3

double box_size(double width, double height)
{
    return sqrt(width * height);
}

struct box_place filter_place(const struct box_filter *f)
{
    return (struct box_place){
        f->axes[FILTER_CX].x, f->axes[FILTER_CY].x, f->axes[FILTER_WIDTH].x, f->axes[FILTER_HEIGHT].x};
}

static double square(double x)
{
    return x * x;
}

// What noise is scaled with: positions by the object's size, sides by themselves.
static double scale_of(const struct box_filter *f, int axis)
{
    double width = f->axes[FILTER_WIDTH].x;
    double height = f->axes[FILTER_HEIGHT].x;
    return axis == FILTER_WIDTH ? width : axis == FILTER_HEIGHT ? height : box_size(width, height);
}

void filter_begin(struct box_filter *f, const struct box_place *seen, const struct tracker_settings *s)
{
    const double values[FILTER_AXES] = {seen->cx, seen->cy, seen->width, seen->height};
    for (int i = 0; i < FILTER_AXES; i++)
        f->axes[i].x = values[i];
    for (int i = 0; i < FILTER_AXES; i++) {
        double scale = scale_of(f, i);
        f->axes[i].v = 0.0;
        f->axes[i].pxx = square(s->box_noise * scale);
        f->axes[i].pxv = 0.0;
        f->axes[i].pvv = square((i < FILTER_WIDTH ? s->first_speed : s->size_noise) * scale);
    }
}

static void predict_axis(struct filter_axis *a, double t, double walk, double acceleration)
{
    double length = fabs(t);
    a->x += a->v * t;
    a->pxx += 2.0 * t * a->pxv + t * t * a->pvv + walk * length + acceleration * length * length * length / 3.0;
    a->pxv += t * a->pvv + acceleration * t * length / 2.0;
    a->pvv += acceleration * length;
}

static void noise_of(
    const struct box_filter *f, int axis, const struct tracker_settings *s, double *walk, double *acceleration)
{
    double scale = scale_of(f, axis);
    *walk = square(s->position_noise * scale);
    *acceleration = square((axis < FILTER_WIDTH ? s->speed_noise : s->size_noise) * scale);
}

void filter_predict(struct box_filter *f, double seconds, const struct tracker_settings *s)
{
    struct box_filter before = *f;
    for (int i = 0; i < FILTER_AXES; i++) {
        double walk = 0.0;
        double acceleration = 0.0;
        noise_of(&before, i, s, &walk, &acceleration);
        predict_axis(&f->axes[i], seconds, walk, acceleration);
    }
    for (int i = FILTER_WIDTH; i <= FILTER_HEIGHT; i++) {
        double old = before.axes[i].x;
        f->axes[i].x = fmin(fmax(f->axes[i].x, old / GROWTH_MOST), old * GROWTH_MOST);
    }
}

void filter_update(struct box_filter *f, const struct box_place *seen, const struct tracker_settings *s)
{
    const double values[FILTER_AXES] = {seen->cx, seen->cy, seen->width, seen->height};
    double size = box_size(seen->width, seen->height);
    for (int i = 0; i < FILTER_AXES; i++) {
        struct filter_axis *a = &f->axes[i];
        double scale = i == FILTER_WIDTH ? seen->width : i == FILTER_HEIGHT ? seen->height : size;
        double spread = a->pxx + square(s->box_noise * scale);
        double gain_x = a->pxx / spread;
        double gain_v = a->pxv / spread;
        double wrong = values[i] - a->x;
        a->x += gain_x * wrong;
        a->v += gain_v * wrong;
        a->pvv -= gain_v * a->pxv;
        a->pxv -= gain_x * a->pxv;
        a->pxx -= gain_x * a->pxx;
    }
    for (int i = FILTER_WIDTH; i <= FILTER_HEIGHT; i++)
        f->axes[i].x = fmax(f->axes[i].x, SIDE_LEAST);
}

void filter_smooth(
    struct box_filter *f, const struct box_filter *next, double seconds, const struct tracker_settings *s)
{
    struct box_filter before = *f;
    for (int i = 0; i < FILTER_AXES; i++) {
        struct filter_axis *a = &f->axes[i];
        struct filter_axis p = *a;
        double walk = 0.0;
        double acceleration = 0.0;
        noise_of(&before, i, s, &walk, &acceleration);
        predict_axis(&p, seconds, walk, acceleration);
        double determinant = p.pxx * p.pvv - p.pxv * p.pxv;
        if (!(determinant > 0.0))
            continue;
        // The gain P F' / P_predicted, rows x and v.
        double xx = a->pxx + seconds * a->pxv;
        double xv = a->pxv;
        double vx = a->pxv + seconds * a->pvv;
        double vv = a->pvv;
        double g[2][2] = {{(xx * p.pvv - xv * p.pxv) / determinant, (xv * p.pxx - xx * p.pxv) / determinant},
            {(vx * p.pvv - vv * p.pxv) / determinant, (vv * p.pxx - vx * p.pxv) / determinant}};
        const struct filter_axis *n = &next->axes[i];
        double dx = n->x - p.x;
        double dv = n->v - p.v;
        double dxx = n->pxx - p.pxx;
        double dxv = n->pxv - p.pxv;
        double dvv = n->pvv - p.pvv;
        a->x += g[0][0] * dx + g[0][1] * dv;
        a->v += g[1][0] * dx + g[1][1] * dv;
        a->pxx += g[0][0] * (g[0][0] * dxx + g[0][1] * dxv) + g[0][1] * (g[0][0] * dxv + g[0][1] * dvv);
        a->pxv += g[1][0] * (g[0][0] * dxx + g[0][1] * dxv) + g[1][1] * (g[0][0] * dxv + g[0][1] * dvv);
        a->pvv += g[1][0] * (g[1][0] * dxx + g[1][1] * dxv) + g[1][1] * (g[1][0] * dxv + g[1][1] * dvv);
    }
    for (int i = FILTER_WIDTH; i <= FILTER_HEIGHT; i++)
        f->axes[i].x = fmax(f->axes[i].x, SIDE_LEAST);
}

double filter_distance(const struct box_filter *a, const struct box_filter *b)
{
    double sum = 0.0;
    for (int i = FILTER_CX; i <= FILTER_CY; i++) {
        const struct filter_axis *p = &a->axes[i];
        const struct filter_axis *q = &b->axes[i];
        double pxx = p->pxx + q->pxx;
        double pxv = p->pxv + q->pxv;
        double pvv = p->pvv + q->pvv;
        double dx = p->x - q->x;
        double dv = p->v - q->v;
        double determinant = pxx * pvv - pxv * pxv;
        sum += (dx * dx * pvv - 2.0 * dx * dv * pxv + dv * dv * pxx) / fmax(determinant, 1e-12);
    }
    return sum;
}
