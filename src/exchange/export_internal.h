// What the files of the export share. Not for other modules.
#pragma once

#include "base/id.h"
#include "exchange/export.h"
#include "exchange/spool.h"
#include "exchange/zip.h"
#include "meta_store/meta_store.h"
#include "search/label_refusals.h"
#include "search/labels_exchange.h"

// ---- categories: what annotations are of; labels first, by name, then classes, by name

struct category {
    char *name;
    char *json; // as a JSON string
    bool is_label;
};
struct categories {
    struct category *items;
    size_t count;
    size_t *sorted; // places, by name
};
void categories_release(struct categories *categories);
// The place of a name, made if it is not there. What is a label once stays one.
size_t categories_find_or_add(struct categories *categories, const char *name, bool is_label);
// A table of them, numbered from `first`: which of them are labels.
void categories_table(const struct categories *categories, size_t first, struct strbuf *out);

// ---- what the formats get

// An object that is exported.
struct export_object {
    char id[OBJECT_ID_SIZE];
    size_t k;
    const struct meta_object *stored;
    const struct label_state *state;
    size_t category;
    bool is_class;   // the category is its class, because it carries no label
    bool is_refused; // somebody said that it is not of its class
};

struct export_frame {
    const struct meta_frame *stored;
    int32_t number;   // among the frames of its video that are indexed, from 1
    bool is_wanted;   // it has something that is exported, or all frames are
    bool has_picture; // `picture` is there
    const void *picture;
    size_t picture_size;
    const struct export_object *objects;
    size_t count;
    // Of all its objects, exported or not: for what they are said not to be.
    const struct label_states *states;
    size_t state_first;
};

// How a format writes; each may be NULL.
struct export_format {
    const char *extension, *type;
    bool is_archive;
    bool has_kinds; // can say what is only probable, and what objects are not
    enum err_code (*begin)(struct export *e, struct err *err);
    enum err_code (*begin_video)(struct export *e, struct err *err);
    enum err_code (*frame)(struct export *e, const struct export_frame *frame, struct err *err);
    enum err_code (*end_video)(struct export *e, struct err *err);
    enum err_code (*end)(struct export *e, struct err *err);
    void (*release)(struct export *e);
};
extern const struct export_format export_coco, export_yolo, export_csv, export_mot;

// A piece of what is to come, in order.
struct export_piece {
    char *member; // of an archive: a member of this name begins, with `size` bytes
    uint64_t size;
    char *text; // NULL: none
    size_t text_size;
    struct spool *spool; // NULL: none; owned
};

struct export
{
    struct export_config config;
    struct export_request request; // of its texts only `project` stays
    char *project;
    char *label; // that was asked for, as it is stored; NULL: all
    const struct export_format *format;
    void *own; // the format's
    char file_name[160];

    char(*videos)[VIDEO_ID_SIZE]; // oldest first
    size_t video_count;
    size_t video_place; // the one at hand
    struct meta_video *video;
    bool in_video, is_begun, is_ended;
    int32_t after;  // index of the last frame that was read
    int32_t number; // of the last frame
    bool has_more_frames;
    struct meta_frames page;
    size_t page_place;
    struct label_states states;
    size_t state_place;
    struct export_object *objects; // room for a frame's

    struct categories categories;
    struct label_names names; // as they were when the export began
    struct label_refusals *refusals;
    struct zip_writer *zip; // NULL: no archive
    size_t files;           // in it
    struct strbuf gathered; // by the archive
    struct strbuf *out;     // of the call at hand
    struct export_piece *pieces;
    size_t piece_count, piece_place;
    bool piece_begun;
};

// ---- for the formats

// Where plain text goes, of formats that are no archive.
struct strbuf *export_out(struct export *e);
// A file of the archive, whole.
enum err_code export_put(
    struct export *e, const char *name, const void *bytes, size_t size, bool compress, struct err *err) ERR_MUST_CHECK;
// What comes when the call ends, in this order: the beginning of an archive's file of `size` bytes; a text (copied);
// a spool (taken over).
enum err_code export_queue_file(struct export *e, const char *name, uint64_t size, struct err *err) ERR_MUST_CHECK;
void export_queue_text(struct export *e, const char *text, size_t size);
void export_queue_spool(struct export *e, struct spool *spool);
// A whole file of the archive from a spool, which is taken over.
enum err_code export_queue_spooled_file(
    struct export *e, const char *name, struct spool *spool, struct err *err) ERR_MUST_CHECK;
// Whether what an object is said not to be is exported: of the label that was asked for, or of any.
bool export_wants_label(const struct export *e, const char *label);
