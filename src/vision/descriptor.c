#include "vision/descriptor.h"

#include <math.h>

static void scale_to(const float *from, int count, double length, float *to)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += (double)from[i] * (double)from[i];
    double scale = sum > 0.0 && isfinite(sum) ? length / sqrt(sum) : 0.0;
    for (int i = 0; i < count; i++)
        to[i] = scale > 0.0 ? (float)((double)from[i] * scale) : 0.0f;
}

void descriptor_join(const struct descriptor_part *parts, int count, float *out)
{
    int total = 0;
    for (int i = 0; i < count; i++) {
        scale_to(parts[i].values, parts[i].count, parts[i].weight, out + total);
        total += parts[i].count;
    }
    scale_to(out, total, 1.0, out);
}

void descriptor_top_scores(const float *logits, int count, struct embedding_scores *out)
{
    int best[EMBEDDER_TOP_SCORES];
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (!isfinite(logits[i]) || (kept == EMBEDDER_TOP_SCORES && !(logits[i] > logits[best[kept - 1]])))
            continue;
        int at = kept < EMBEDDER_TOP_SCORES ? kept++ : kept - 1;
        for (; at > 0 && logits[i] > logits[best[at - 1]]; at--)
            best[at] = best[at - 1];
        best[at] = i;
    }
    double sum = 0.0;
    for (int i = 0; i < count && kept > 0; i++)
        sum += isfinite(logits[i]) ? exp((double)logits[i] - (double)logits[best[0]]) : 0.0;
    for (int k = 0; k < EMBEDDER_TOP_SCORES; k++) {
        out->top[k] = (struct embedding_score){.class_id = -1};
        if (k < kept)
            out->top[k] = (struct embedding_score){
                .class_id = best[k], .score = (float)(exp((double)logits[best[k]] - (double)logits[best[0]]) / sum)};
    }
}
