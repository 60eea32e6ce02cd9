#include "vision/network_check.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "os/file.h"

static enum err_code check_spec(const char *file, const struct tensor_spec *spec, bool input, struct err *err)
{
    char shape[TENSOR_SHAPE_TEXT_SIZE];
    tensor_spec_format(spec, shape);
    if (input && spec->rank < 0)
        return err_set(err, ERR_INVALID, "%s: input \"%s\" has no fixed size: %s", file, spec->name, shape);
    int64_t elements = 1;
    for (int i = 0; i < spec->rank; i++) {
        int64_t dim = spec->dims[i];
        if (dim < 0 && input)
            return err_set(err, ERR_INVALID, "%s: input \"%s\" has no fixed size: %s", file, spec->name, shape);
        if (dim > TENSOR_ELEMENTS_MAX)
            return err_set(err, ERR_LIMIT, "%s: \"%s\" is too large: %s", file, spec->name, shape);
        elements *= dim > 0 ? dim : 1;
        if (elements > TENSOR_ELEMENTS_MAX)
            return err_set(err, ERR_LIMIT, "%s: \"%s\" is too large: %s", file, spec->name, shape);
    }
    return ERR_NONE;
}

enum err_code network_specs_check(const char *file, const struct network_specs *specs, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < specs->input_count && code == ERR_NONE; i++)
        code = check_spec(file, &specs->inputs[i], true, err);
    for (size_t i = 0; i < specs->output_count && code == ERR_NONE; i++)
        code = check_spec(file, &specs->outputs[i], false, err);
    return code;
}

static bool begins_like_ir(const char *text)
{
    return text[0] == '<' && strstr(text, "<net ") != NULL;
}

// A protocol buffer begins with the key of a field: those of ModelProto in onnx.proto, in one or two bytes.
static bool begins_like_onnx(const unsigned char *bytes, size_t size)
{
    static const unsigned char keys[] = {0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xa2, 0xca};
    return size >= 16 && memchr(keys, bytes[0], sizeof(keys)) != NULL;
}

enum err_code network_file_check(const char *file, struct err *err)
{
    struct file_info info;
    char head[4097];
    enum err_code code = file_stat(file, &info, err);
    if (code != ERR_NONE)
        return code;
    if (!info.is_regular || info.size_bytes > NETWORK_FILE_SIZE_MAX)
        return err_set(err, ERR_INVALID, "%s: a network is a regular file of at most %llu GiB", file,
            (unsigned long long)(NETWORK_FILE_SIZE_MAX >> 30));
    FILE *stream = fopen(file, "rbe");
    if (stream == NULL)
        return err_set_errno(err, errno, "cannot open %s", file);
    size_t size = fread(head, 1, sizeof(head) - 1, stream);
    fclose(stream);
    head[size] = '\0';
    const char *dot = strrchr(file, '.');
    bool onnx = dot != NULL && strcmp(dot, ".onnx") == 0;
    if (onnx ? begins_like_onnx((const unsigned char *)head, size) : begins_like_ir(head))
        return ERR_NONE;
    return err_set(err, ERR_INVALID, "%s is no network in the format %s", file, onnx ? "ONNX" : "of OpenVINO (IR)");
}

void network_message_clean(const char *message, const char *otherwise, char *out, size_t size)
{
    size_t used = 0;
    const char *line = message != NULL ? message : "";
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");
        bool noise = length == 0 || strncmp(line, "Exception from ", 15) == 0;
        for (size_t i = 0; !noise && i < length && used + 2 < size; i++)
            out[used++] = (char)(iscntrl((unsigned char)line[i]) ? ' ' : line[i]);
        if (!noise && used + 2 < size)
            out[used++] = ' ';
        line += length + (line[length] == '\n');
    }
    while (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
    if (used == 0)
        snprintf(out, size, "%s", otherwise != NULL ? otherwise : "unknown reason");
}
