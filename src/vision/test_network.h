// Small networks, written as OpenVINO's IR by the tests themselves: no weights, and every output follows from the
// input.
#pragma once

#include "vision/manifest.h"

// "rows": a detector of 48 by 32 pixels. Each 6 bytes of the picture are one candidate: x1, y1, x2, y2, score (its
// sigmoid counts) and class. Threshold 0.6, so that a zero score is none.
#define TEST_ROWS_WIDTH 48
#define TEST_ROWS_HEIGHT 32
void test_write_detector(const char *models_dir);

// "means": an embedder of 8 by 8 pixels. The embedding is the mean colour, the class scores are a tenth of it. With a
// colour histogram if `colour`.
void test_write_embedder(const char *models_dir, bool colour);

// Makes a folder for one test; removed by test_dir_remove().
char *test_dir_make(void);
void test_dir_remove(char *dir);
void test_write_file(const char *dir, const char *name, const void *bytes, size_t size);
