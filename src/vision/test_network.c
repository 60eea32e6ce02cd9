#include "vision/test_network.h"

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "os/file.h"
#include "vision/test_manifest.h"

#define PORT(id, dims) "<port id='" #id "'>" dims "</port>"
#define DIM(n) "<dim>" #n "</dim>"
#define LAYER(id, type, data, ports)                                                                                   \
    "<layer id='" #id "' name='n" #id "' type='" type "' version='opset1'>" data ports "</layer>"
#define EDGE(from, from_port, to, to_port)                                                                             \
    "<edge from-layer='" #from "' from-port='" #from_port "' to-layer='" #to "' to-port='" #to_port "'/>"
#define PICTURE DIM(1) DIM(32) DIM(48) DIM(3)
#define SMALL DIM(-1) DIM(8) DIM(8) DIM(3)
#define MEANS DIM(-1) DIM(3)

static const char rows_xml[] =
    "<?xml version='1.0'?><net name='rows' version='11'><layers>"
    "<layer id='0' name='image' type='Parameter' version='opset1'><data shape='1,32,48,3' element_type='u8'/>"
    "<output><port id='0' precision='U8' names='image'>" PICTURE
    "</port></output></layer>" LAYER(1, "Convert", "<data destination_type='f32'/>",
        "<input>" PORT(0, PICTURE) "</input><output><port id='1' precision='FP32'>" PICTURE "</port></output>") LAYER(2,
        "Const", "<data element_type='i64' shape='3' offset='0' size='24'/>",
        "<output><port id='0' precision='I64'>" DIM(3) "</port></output>") LAYER(3, "Reshape",
        "<data special_zero='false'/>",
        "<input>" PORT(0, PICTURE) PORT(1, DIM(3)) "</input><output><port id='2' precision='FP32' names='rows'>" DIM(1)
            DIM(768) DIM(6) "</port></output>")
        LAYER(4, "Result", "", "<input>" PORT(0, DIM(1) DIM(768) DIM(6)) "</input>") "</layers><edges>" EDGE(0, 0, 1, 0)
            EDGE(1, 1, 3, 0) EDGE(2, 0, 3, 1) EDGE(3, 2, 4, 0) "</edges></net>";

static const char means_xml[] =
    "<?xml version='1.0'?><net name='means' version='11'><layers>"
    "<layer id='0' name='image' type='Parameter' version='opset1'><data shape='?,8,8,3' element_type='u8'/>"
    "<output><port id='0' precision='U8' names='image'>" SMALL
    "</port></output></layer>" LAYER(1, "Convert", "<data destination_type='f32'/>",
        "<input>" PORT(0, SMALL) "</input><output><port id='1' precision='FP32'>" SMALL "</port></output>") LAYER(2,
        "Const", "<data element_type='i64' shape='2' offset='0' size='16'/>",
        "<output><port id='0' precision='I64'>" DIM(2) "</port></output>") LAYER(3, "ReduceMean",
        "<data keep_dims='false'/>",
        "<input>" PORT(0, SMALL) PORT(1, DIM(2)) "</input>"
                                                 "<output><port id='2' precision='FP32' names='embedding'>" MEANS
                                                 "</port></output>")
        LAYER(4, "Const", "<data element_type='f32' shape='1' offset='16' size='4'/>",
            "<output><port id='0' precision='FP32'>" DIM(1) "</port></output>")
            LAYER(5, "Multiply", "<data auto_broadcast='numpy'/>",
                "<input>" PORT(0, MEANS) PORT(1, DIM(1)) "</input>"
                                                         "<output><port id='2' precision='FP32' names='scores'>" MEANS
                                                         "</port></output>")
                LAYER(6, "Result", "", "<input>" PORT(0, MEANS) "</input>")
                    LAYER(7, "Result", "", "<input>" PORT(0, MEANS) "</input>") "</layers><edges>" EDGE(0, 0, 1, 0)
                        EDGE(1, 1, 3, 0) EDGE(2, 0, 3, 1) EDGE(3, 2, 5, 0) EDGE(3, 2, 6, 0) EDGE(4, 0, 5, 1)
                            EDGE(5, 2, 7, 0) "</edges></net>";

char *test_dir_make(void)
{
    struct err err = ERR_INIT;
    char path[FILE_PATH_MAX];
    assert_ok(dir_make_temporary(NULL, "framehound-test-", path, &err), &err);
    return mem_strdup(path);
}

void test_dir_remove(char *dir)
{
    struct err err = ERR_INIT;
    assert_ok(dir_remove_tree(dir, &err), &err);
    free(dir);
}

void test_write_file(const char *dir, const char *name, const void *bytes, size_t size)
{
    struct err err = ERR_INIT;
    char *path = mem_sprintf("%s/%s", dir, name);
    assert_ok(file_write(path, bytes, size, FILE_SYNC_NONE, &err), &err);
    free(path);
}

// Writes the network's two files and the manifest: `rest` are its members beside name, network and hashes.
static void write_model(const char *models_dir, const char *name, const char *xml, const void *weights,
    size_t weights_size, const char *rest)
{
    struct err err = ERR_INIT;
    char *dir = mem_sprintf("%s/%s", models_dir, name);
    char xml_hash[SHA256_HEX_SIZE];
    char bin_hash[SHA256_HEX_SIZE];
    assert_ok(dir_make(dir, &err), &err);
    sha256_of(xml, strlen(xml), xml_hash);
    sha256_of(weights, weights_size, bin_hash);
    test_write_file(dir, "model.xml", xml, strlen(xml));
    test_write_file(dir, "model.bin", weights, weights_size);
    char *text =
        mem_sprintf("{'schema':1,'name':'%s','network':'model.xml','sha256':{'model.xml':'%s','model.bin':'%s'},"
                    "'licence':'MIT','source':'made by a test',%s}",
            name, xml_hash, bin_hash, rest);
    char *json = test_json(text);
    test_write_file(dir, MANIFEST_FILE, json, strlen(json));
    free(json);
    free(text);
    free(dir);
}

void test_write_detector(const char *models_dir)
{
    const int64_t shape[3] = {1, -1, 6};
    write_model(models_dir, "rows", rows_xml, shape, sizeof(shape),
        "'kind':'detector','input':{'tensor':'image','width':48,'height':32},"
        "'output':{'decoder':'boxes','tensor':'rows','row':'score_class','activation':'sigmoid'},"
        "'classes':['cat','dog'],'score_threshold':0.6,'nms_iou':0.5");
}

void test_write_embedder(const char *models_dir, bool colour)
{
    struct {
        int64_t axes[2];
        float tenth;
    } weights = {{1, 2}, 0.1f};
    write_model(models_dir, "means", means_xml, &weights, 20,
        colour
            ? "'kind':'embedder','input':{'width':8,'height':8},'output':{'embedding':'embedding','scores':'scores'},"
              "'classes':['red','green','blue'],'descriptor':{'deep_weight':1.0,'colour':{'levels':8,'bins':[2,4,4]}}"
            : "'kind':'embedder','input':{'width':8,'height':8},'output':{'embedding':'embedding'},'crop_margin':0.5");
}
