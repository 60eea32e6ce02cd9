// The schema of the SQLite meta store, step by step. A step that was released is never changed: a new one is appended,
// and meta_store_sqlite_test.c takes data of every older schema forward.
#include "meta_store/meta_sqlite_internal.h"

const char *const meta_sqlite_migrations[] = {
    "CREATE TABLE projects ("
    "  name TEXT PRIMARY KEY,"
    "  created_us INTEGER NOT NULL,"
    "  deleting INTEGER NOT NULL DEFAULT 0"
    ") WITHOUT ROWID;"

    // `number` is never given twice (AUTOINCREMENT): it is in the row ids of the frames, and orders by age.
    "CREATE TABLE videos ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  id TEXT NOT NULL UNIQUE,"
    "  project TEXT NOT NULL,"
    "  source TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  chunk_us INTEGER NOT NULL,"
    "  limit_us INTEGER NOT NULL,"
    "  sampling_all INTEGER NOT NULL,"
    "  fps_num INTEGER NOT NULL,"
    "  fps_den INTEGER NOT NULL,"
    "  remote_request INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  created_us INTEGER NOT NULL,"
    "  updated_us INTEGER NOT NULL,"
    "  finished_us INTEGER NOT NULL,"
    "  split_done INTEGER NOT NULL,"
    "  source_incomplete INTEGER NOT NULL,"
    "  segments INTEGER NOT NULL,"
    "  segments_done INTEGER NOT NULL,"
    "  frames_expected INTEGER NOT NULL,"
    "  frames_emitted INTEGER NOT NULL,"
    "  frames_indexed INTEGER NOT NULL,"
    "  frames_failed INTEGER NOT NULL,"
    "  objects INTEGER NOT NULL,"
    "  errors_count INTEGER NOT NULL,"
    "  detector TEXT NOT NULL,"
    "  embedder TEXT NOT NULL,"
    "  title TEXT NOT NULL DEFAULT '',"
    "  container TEXT NOT NULL DEFAULT '',"
    "  codec TEXT NOT NULL DEFAULT '',"
    "  mime_type TEXT NOT NULL DEFAULT '',"
    "  playable_copy INTEGER NOT NULL DEFAULT 0,"
    "  width INTEGER NOT NULL DEFAULT 0,"
    "  height INTEGER NOT NULL DEFAULT 0,"
    "  sar_num INTEGER NOT NULL DEFAULT 0,"
    "  sar_den INTEGER NOT NULL DEFAULT 0,"
    "  rotation INTEGER NOT NULL DEFAULT 0,"
    "  has_audio INTEGER NOT NULL DEFAULT 0,"
    "  duration_us INTEGER NOT NULL DEFAULT 0,"
    "  media_offset_us INTEGER NOT NULL DEFAULT 0,"
    "  size_bytes INTEGER NOT NULL DEFAULT 0,"
    "  frame_rate REAL NOT NULL DEFAULT 0"
    ");"
    "CREATE INDEX videos_project ON videos (project, number);"

    "CREATE TABLE segments ("
    "  video INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  start_us INTEGER NOT NULL,"
    "  end_us INTEGER NOT NULL,"
    "  prev_pts_us INTEGER NOT NULL,"
    "  first_frame_number INTEGER NOT NULL,"
    "  source_frames INTEGER NOT NULL,"
    "  done INTEGER NOT NULL DEFAULT 0,"
    "  failed INTEGER NOT NULL DEFAULT 0,"
    "  frames INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (video, position)"
    ") WITHOUT ROWID;"

    // row = video * 2^32 + the frame's index. `objects` is the value of frame_value.h.
    "CREATE TABLE frames ("
    "  row INTEGER PRIMARY KEY,"
    "  video INTEGER NOT NULL,"
    "  pts_us INTEGER NOT NULL,"
    "  segment INTEGER NOT NULL,"
    "  width INTEGER NOT NULL,"
    "  height INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  object_count INTEGER NOT NULL,"
    "  objects BLOB NOT NULL"
    ");"
    "CREATE INDEX frames_time ON frames (video, pts_us);"

    // The first sentences are kept; of further ones only the digest, to count each once.
    "CREATE TABLE video_errors ("
    "  video INTEGER NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  sentence TEXT,"
    "  PRIMARY KEY (video, digest)"
    ") WITHOUT ROWID;"

    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",

    // Entries may be megabytes, so the key is an index beside the table.
    "CREATE TABLE journal_entries ("
    "  project TEXT NOT NULL,"
    "  journal TEXT NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  at_us INTEGER NOT NULL,"
    "  value BLOB NOT NULL"
    ");"
    "CREATE UNIQUE INDEX journal_entries_place ON journal_entries (project, journal, position);",

    "ALTER TABLE videos ADD COLUMN tracks INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE videos ADD COLUMN tracked_us INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE tracks ("
    "  video INTEGER NOT NULL,"
    "  n INTEGER NOT NULL,"
    "  class_name TEXT NOT NULL,"
    "  score REAL NOT NULL,"
    "  first_frame INTEGER NOT NULL,"
    "  last_frame INTEGER NOT NULL,"
    "  first_us INTEGER NOT NULL,"
    "  last_us INTEGER NOT NULL,"
    "  objects INTEGER NOT NULL,"
    "  best_frame INTEGER NOT NULL,"
    "  best_k INTEGER NOT NULL,"
    "  PRIMARY KEY (video, n)"
    ") WITHOUT ROWID;",

    "ALTER TABLE videos ADD COLUMN track_steps INTEGER NOT NULL DEFAULT 0;",

    // Of tracks that are there already nobody knows the typical object before they are made anew.
    "ALTER TABLE tracks ADD COLUMN typical_frame INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tracks ADD COLUMN typical_k INTEGER NOT NULL DEFAULT 0;"
    "UPDATE tracks SET typical_frame = best_frame, typical_k = best_k;",

    // What was told before was not judged: trying again may help.
    "ALTER TABLE videos ADD COLUMN errors_final INTEGER NOT NULL DEFAULT 0;",
};

const size_t meta_sqlite_migration_count = sizeof(meta_sqlite_migrations) / sizeof(meta_sqlite_migrations[0]);
