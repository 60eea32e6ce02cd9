#include "search/label_refusals.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct refused_class {
    char *name;
    struct label_map objects; // 1: refused, 0: not, whatever its track is
    struct label_map tracks;
};

struct label_refusals {
    struct refused_class *classes;
    size_t count;
    uint64_t digest;
    char *mirrored;
};

struct label_refusals *label_refusals_new(void)
{
    return mem_calloc(1, sizeof(struct label_refusals));
}

void label_refusals_free(struct label_refusals *refusals)
{
    if (refusals == NULL)
        return;
    for (size_t i = 0; i < refusals->count; i++) {
        free(refusals->classes[i].name);
        label_map_release(&refusals->classes[i].objects);
        label_map_release(&refusals->classes[i].tracks);
    }
    free(refusals->classes);
    free(refusals->mirrored);
    free(refusals);
}

void label_refusals_set_mirrored(struct label_refusals *refusals, const char *label)
{
    free(refusals->mirrored);
    refusals->mirrored = mem_strdup(label);
}

const char *label_refusals_mirrored(const struct label_refusals *refusals)
{
    return refusals != NULL ? refusals->mirrored : NULL;
}

void label_refusals_add_class(struct label_refusals *refusals, const char *class_name)
{
    refusals->classes = mem_realloc_array(refusals->classes, refusals->count + 1, sizeof(*refusals->classes));
    refusals->classes[refusals->count++] = (struct refused_class){.name = mem_strdup(class_name)};
}

// Sums do not depend on the order in which things are told. The mixing is MurmurHash3's (Appleby, public domain).
static void digest(struct label_refusals *refusals, uint64_t what, struct label_key key)
{
    uint64_t x = key.video * 0x9e3779b97f4a7c15ULL + key.place * 4 + what + refusals->count * 0xc2b2ae3d27d4eb4fULL;
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    refusals->digest += x ^ (x >> 33);
}

void label_refusals_add_object(struct label_refusals *refusals, struct label_key object, bool is_refused)
{
    label_map_put(&refusals->classes[refusals->count - 1].objects, object, is_refused);
    digest(refusals, is_refused, object);
}

void label_refusals_add_track(struct label_refusals *refusals, struct label_key track)
{
    label_map_put(&refusals->classes[refusals->count - 1].tracks, track, 1);
    digest(refusals, 2, track);
}

void label_refusals_add_state(struct label_refusals *refusals, uint64_t state)
{
    refusals->digest += state;
}

bool label_refusals_has(
    const struct label_refusals *refusals, const char *class_name, struct label_key object, int64_t track)
{
    const struct refused_class *found = NULL;
    for (size_t i = 0; refusals != NULL && i < refusals->count && found == NULL; i++) {
        if (strcmp(refusals->classes[i].name, class_name) == 0)
            found = &refusals->classes[i];
    }
    if (found == NULL)
        return false;
    int64_t own = label_map_get(&found->objects, object);
    if (own >= 0 || track < 0)
        return own == 1;
    return label_map_get(&found->tracks, (struct label_key){.video = object.video, .place = (uint64_t)track}) >= 0;
}

bool label_refusals_has_id(
    const struct label_refusals *refusals, const char *class_name, const char *object, int64_t track)
{
    struct label_key key;
    return refusals != NULL && label_key_of(object, &key) && label_refusals_has(refusals, class_name, key, track);
}

uint64_t label_refusals_digest(const struct label_refusals *refusals)
{
    return refusals != NULL ? refusals->digest : 0;
}
