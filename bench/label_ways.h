// The ways of labelling that are compared: the program itself, nearest neighbours with a fixed threshold, and a sketch.
#pragma once

#include "label_person.h"

// The program's labelling service over stores in memory. With `asks` its candidates are the questions, until it says
// that the label is settled.
struct label_way *way_program_new(const struct data *data, enum track_source tracks, bool asks);
void way_program_free(struct label_way *way);

// Every positive is a query. Its results are the objects whose cosine to it is at least the threshold, and those as
// near to the normalised mean of the best 100 of them. A negative takes one object out of one query's results: of the
// query that it is nearest to among those that show it.
struct label_way *way_cosine_new(const struct data *data, enum track_source tracks, float threshold);
void way_cosine_free(struct label_way *way);

// Logistic regression on what was said and weak random negatives, plus the margin between the nearest yes and the
// nearest no, cut at the largest gap between two scores. It takes boxes singly.
struct label_way *way_sketch_new(const struct data *data);
void way_sketch_free(struct label_way *way);

// The program's ranking, of which as much is shown as is best (label_ideal.c): what no program can know. Without tracks
// and questions.
struct label_way *way_ideal_new(const struct data *data);
void way_ideal_free(struct label_way *way);
