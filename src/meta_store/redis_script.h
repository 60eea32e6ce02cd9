// Changes that Redis makes as a whole: Lua, in redis/*.lua, made into literals by scripts/embed_lua.py.
//
// Every script names all keys it touches and these are of one video or of one project, so that they lie on one node of
// a Redis Cluster.
#pragma once

struct redis_script {
    const char *name;
    const char *text;
    const char *sha; // SHA-1 in hex: what Redis calls it
};

extern const struct redis_script redis_script_append_journal;
extern const struct redis_script redis_script_add_error;
extern const struct redis_script redis_script_begin_removal;
extern const struct redis_script redis_script_clear_errors;
extern const struct redis_script redis_script_create_project;
extern const struct redis_script redis_script_create_video;
extern const struct redis_script redis_script_fail_frame;
extern const struct redis_script redis_script_fence_video;
extern const struct redis_script redis_script_find_buckets;
extern const struct redis_script redis_script_finish_removal;
extern const struct redis_script redis_script_finish_segment;
extern const struct redis_script redis_script_finish_split;
extern const struct redis_script redis_script_forget_project;
extern const struct redis_script redis_script_forget_video;
extern const struct redis_script redis_script_list_journal;
extern const struct redis_script redis_script_list_video;
extern const struct redis_script redis_script_mark_deleting;
extern const struct redis_script redis_script_put_frames;
extern const struct redis_script redis_script_put_objects;
extern const struct redis_script redis_script_put_segment;
extern const struct redis_script redis_script_put_tracks;
extern const struct redis_script redis_script_remove_buckets;
extern const struct redis_script redis_script_remove_project;
extern const struct redis_script redis_script_set_fields;
extern const struct redis_script redis_script_set_state;
extern const struct redis_script redis_script_settle;
extern const struct redis_script redis_script_swap_frames;
