#include "blob_store_fault.h"

#include <stdlib.h>

#include "base/mem.h"
#include "blob_store/blob_store_backend.h"

struct blob_store_fault {
    struct blob_store store;
    struct blob_store *inner;
    struct fault *fault;
};

static struct blob_store_fault *self_of(struct blob_store *store)
{
    return (struct blob_store_fault *)store;
}

static void fault_free(struct blob_store *store)
{
    blob_store_free(self_of(store)->inner);
    free(store);
}

static enum err_code fault_put(
    struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_put(self->inner, key, bytes, size, err), err);
}

static enum err_code fault_put_file(
    struct blob_store *store, const char *key, const char *path, bool move, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_put_file(self->inner, key, path, move, err), err);
}

static enum err_code fault_get(
    struct blob_store *store, const char *key, size_t limit, void **bytes, size_t *size, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, blob_store_get(self->inner, key, limit, bytes, size, err), err);
}

static enum err_code fault_get_range(
    struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size, size_t *got, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_get_range(self->inner, key, offset, buffer, size, got, err), err);
}

static enum err_code fault_get_file(struct blob_store *store, const char *key, const char *temp_dir,
    struct cancel *cancel, struct blob_file *file, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, blob_store_get_file(self->inner, key, temp_dir, cancel, file, err), err);
}

static enum err_code fault_stat(struct blob_store *store, const char *key, struct blob_info *info, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_stat(self->inner, key, info, err), err);
}

static enum err_code fault_remove(struct blob_store *store, const char *key, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_remove(self->inner, key, err), err);
}

static enum err_code fault_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_remove_prefix(self->inner, prefix, cancel, err), err);
}

static enum err_code fault_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_list(self->inner, prefix, visit, context, err), err);
}

static enum err_code fault_flush(struct blob_store *store, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_flush(self->inner, err), err);
}

static enum err_code fault_ping(struct blob_store *store, struct err *err)
{
    struct blob_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, blob_store_ping(self->inner, err), err);
}

static const struct blob_store_ops fault_ops = {
    .name = "fault",
    .free = fault_free,
    .put = fault_put,
    .put_file = fault_put_file,
    .get = fault_get,
    .get_range = fault_get_range,
    .get_file = fault_get_file,
    .stat = fault_stat,
    .remove = fault_remove,
    .remove_prefix = fault_remove_prefix,
    .list = fault_list,
    .flush = fault_flush,
    .ping = fault_ping,
};

struct blob_store *blob_store_fault_new(struct blob_store *inner, struct fault *fault)
{
    struct blob_store_fault *self = mem_calloc(1, sizeof(*self));
    *self = (struct blob_store_fault){.store.ops = &fault_ops, .inner = inner, .fault = fault};
    return &self->store;
}
