// Export: labels and tracks of a project as a file in one of the formats of exchange.h.
//
// One walk over the frames, by video and index; what is known of a page of frames goes out before the next page is
// read, so an export of any size takes the memory of one page (and, of an archive, of the list at its end). Side lists
// that come behind the rest (the images of COCO, the frames of YOLO and MOT) wait in files without a name. Each page is
// as things are when it is read: what is labelled meanwhile is in the later pages only.
//
// One thread at a time for an export. Errors: ERR_NOT_FOUND (project, video, label, pictures that were not kept),
// ERR_INVALID (a request that makes no sense), ERR_CONFLICT (tracks of a video that was not tracked yet), ERR_LIMIT,
// ERR_CANCELLED, and those of the stores; the field names what is wrong.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "exchange/exchange.h"

struct blob_store;
struct cancel;
struct catalogue;
struct labels;
struct meta_store;

#define EXPORT_VIDEOS_MAX 100000
#define EXPORT_ARCHIVE_FILES_MAX 500000 // about 200 MB of memory for the list at the archive's end
#define EXPORT_PICTURE_SIZE_MAX ((size_t)64 * 1024 * 1024)

// Everything is borrowed and must outlive the export.
struct export_config {
    struct meta_store *meta;
    struct blob_store *blobs;
    struct labels *labels;
    struct catalogue *catalogue;
    const char *temp_dir;
    int64_t now_us; // wall clock
};

enum export_kind {
    EXPORT_EXPLICIT, // objects that carry a label
    EXPORT_PROBABLE, // and those that probably do, with how sure that is
    EXPORT_ALL,      // and all others, by their class; YOLO and MOT, which cannot say so, have nothing that is probable
};

struct export_request {
    const char *project;
    enum exchange_format format;
    const char *video; // NULL: all of the project
    const char *label; // only this one; NULL: all
    enum export_kind kind;
    bool tracks;     // only objects that were followed; of MOT there are no others
    bool images;     // the frames' pictures too; not with CSV
    bool all_frames; // frames without such an object too; MOT has all in any case, CSV has none
};

struct export;

enum err_code export_new(const struct export_config *config, const struct export_request *request,
    struct export **export, struct err *err) ERR_MUST_CHECK;
void export_free(struct export *export); // NULL is harmless

const char *export_type(const struct export *export);      // "application/zip"
const char *export_file_name(const struct export *export); // "street-yolo.zip"
// Appends the next bytes, some hundred kilobytes at most (more where a picture is larger). *done: those were the last.
enum err_code export_next(
    struct export *export, struct cancel *cancel, struct strbuf *out, bool *done, struct err *err) ERR_MUST_CHECK;
