// Settings that several commands share, as option tables (base/options.h). Modules have tables of their own.
#pragma once

#include "base/err.h"
#include "base/log.h"
#include "base/options.h"
#include "os/file.h"

// The models used where nobody says otherwise, chosen by measurement (docs/models.md).
#define DEFAULT_DETECTOR "ssdlite-mobilenet-v2"
#define DEFAULT_EMBEDDER "efficientnet-lite0"

extern const struct option_table log_options;   // --log-level, --log-format
extern const struct option_table data_options;  // --data
extern const struct option_table model_options; // --models, --detector, --embedder, …
extern const struct option_table scale_options; // --workers
extern const struct option_table keep_options;  // --keep-segments, --keep-frames, --max-attempts
extern const struct option_table
    store_options; // --queue, --meta-store, …: where state is kept, if not in the data folder
extern const struct option_table server_options; // --listen, --token-file, …
extern const struct option_table probe_options;  // --probe-listen, --token-file
extern const struct option_table client_options; // --server, --token-file
extern const struct option_table json_options;   // --json

// The log on standard error as log_options say; `fallback` is the level where none is given.
struct log *settings_log(const struct options *options, enum log_level fallback);
// --data, or the user's data folder ($XDG_DATA_HOME/framehound, ~/.local/share/framehound).
enum err_code settings_data_dir(
    const struct options *options, char path[FILE_PATH_MAX], struct err *err) ERR_MUST_CHECK;
// --models, or the folder set-up filled.
const char *settings_models_dir(const struct options *options);
// The built web application: --web, or the one in the build folder; it need not be there.
const char *settings_web_dir(const struct options *options);
// The program for web pages: --yt-dlp, or the one that set-up installed.
const char *settings_yt_dlp(const struct options *options);
// The secret in a file, without white space at its end, to be freed. ERR_DENIED for a file that others may read
// (file_read_private).
enum err_code settings_secret(const char *path, char **secret, size_t *size, struct err *err) ERR_MUST_CHECK;
// A token from --token-file, to be freed; NULL when the option is not given. ERR_INVALID for one that is too short,
// ERR_DENIED for a file that others may read.
enum err_code settings_token(const struct options *options, char **token, struct err *err) ERR_MUST_CHECK;
// "127.0.0.1:8080", "[::1]:0", ":8080", "8080".
enum err_code settings_listen(const char *text, char address[64], uint16_t *port, struct err *err) ERR_MUST_CHECK;
