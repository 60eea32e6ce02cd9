#include "vision/test_manifest.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

char *test_json(const char *text)
{
    char *json = mem_strdup(text);
    for (char *c = json; *c != '\0'; c++) {
        if (*c == '\'')
            *c = '"';
    }
    return json;
}

struct manifest *test_detector_manifest(int width, int height, const char *output)
{
    struct err err = ERR_INIT;
    struct manifest *manifest = NULL;
    char *text =
        mem_sprintf("{'schema':1,'name':'test','kind':'detector','network':'n.onnx','sha256':{'n.onnx':'%064d'},"
                    "'input':{'width':%d,'height':%d},'output':%s,'classes':['cat','dog'],"
                    "'score_threshold':0.3,'licence':'MIT','source':'made by a test'}",
            0, width, height, output);
    char *json = test_json(text);
    assert_ok(manifest_parse("test", "/nowhere", json, strlen(json), &manifest, &err), &err);
    free(json);
    free(text);
    return manifest;
}

uint8_t *test_picture_data(int width, int height)
{
    uint8_t *data = mem_alloc(3 * (size_t)width * (size_t)height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = data + 3 * ((size_t)y * (size_t)width + (size_t)x);
            pixel[0] = (uint8_t)(37 * x + 101 * y + 17);
            pixel[1] = (uint8_t)(91 * x + 59 * y + 99);
            pixel[2] = (uint8_t)(143 * x + 211 * y + 3);
        }
    }
    return data;
}
