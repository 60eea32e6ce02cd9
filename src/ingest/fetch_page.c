#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/plain_text.h"
#include "ingest/fetch_internal.h"
#include "ingest/fetch_words.h"
#include "ingest/guard_proxy.h"
#include "net/http.h"
#include "os/child.h"
#include "os/file.h"

#define PAGE_DIR "page"
#define TITLE_MARK "framehound-title "
#define PROGRESS_MARK "framehound-progress "
#define FILE_MARK "framehound-file "

struct output {
    const struct fetch_request *request;
    char title[META_TITLE_SIZE];
    char file[FILE_PATH_MAX]; // the finished one, as yt-dlp says
    char last_error[ERR_MESSAGE_MAX];
    bool warned_of_scripts;
};

// What yt-dlp prints by our own templates: its progress ("framehound-progress DONE TOTAL"), the title and the file.
static void read_output(void *arg, const char *line)
{
    struct output *output = arg;
    double done = 0;
    double total = -1;
    if (strncmp(line, TITLE_MARK, strlen(TITLE_MARK)) == 0) {
        plain_text_copy(output->title, sizeof(output->title), line + strlen(TITLE_MARK));
    } else if (strncmp(line, FILE_MARK, strlen(FILE_MARK)) == 0) {
        snprintf(output->file, sizeof(output->file), "%s", line + strlen(FILE_MARK));
    } else if (sscanf(line, PROGRESS_MARK "%lf %lf", &done, &total) >= 1 && output->request->progress != NULL) {
        output->request->progress(output->request->context, (int64_t)done, total > 0 ? (int64_t)total : -1);
    }
}

static void read_error(void *arg, const char *line)
{
    struct output *output = arg;
    if (strncmp(line, "ERROR:", 6) == 0)
        snprintf(output->last_error, sizeof(output->last_error), "%s", line + 6 + strspn(line + 6, " "));
    else if (strncmp(line, "WARNING:", 8) == 0 && strstr(line, "JavaScript runtime") != NULL)
        output->warned_of_scripts = true;
}

// ---- what came

// The finished file: the one that yt-dlp named, as an earlier try may have left others; the only one there if it named
// none.
static enum err_code find_file(const char *dir, const char *named, struct fetched *fetched, struct err *err)
{
    struct file_info info;
    DIR *handle = opendir(dir);
    const char *slash = strrchr(named, '/');
    const char *wanted = slash != NULL ? slash + 1 : named;
    bool found = false;
    if (handle == NULL)
        return err_set(err, ERR_UNAVAILABLE, "the folder that yt-dlp was to fill cannot be read");
    for (struct dirent *entry = readdir(handle); entry != NULL && !found; entry = readdir(handle)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (wanted[0] != '\0' && strcmp(entry->d_name, wanted) != 0)
            continue;
        if (strncmp(entry->d_name, "video", 5) != 0 ||
            (dot != NULL && (strcmp(dot, ".part") == 0 || strcmp(dot, ".ytdl") == 0 || strcmp(dot, ".temp") == 0)))
            continue;
        found =
            snprintf(fetched->path, sizeof(fetched->path), "%s/%s", dir, entry->d_name) < (int)sizeof(fetched->path) &&
            file_stat(fetched->path, &info, NULL) == ERR_NONE && info.is_regular && info.size_bytes > 0;
    }
    closedir(handle);
    if (!found)
        return err_set(err, ERR_INVALID,
            "yt-dlp found no video on the page, or only one that is still live, or larger than --max-download allows");
    fetched->size_bytes = (int64_t)info.size_bytes;
    fetched->owned = true;
    return ERR_NONE;
}

static enum err_code page_error(
    const char *url, const struct output *output, const struct child_result *result, struct err *err)
{
    if (output->last_error[0] == '\0')
        return child_check(result, "yt-dlp", err);
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(url, shown);
    return fetch_words_explain(shown, output->last_error, output->warned_of_scripts, err);
}

// ---- running yt-dlp

#define ARGUMENTS_MAX 64

struct command {
    char size_limit[32];
    char format[512];
    char output[FILE_PATH_MAX + 16];
    char address[FILE_PATH_MAX + 16]; // the file with it
    char runtime[FETCH_RUNTIME_SIZE];
    const char *argv[ARGUMENTS_MAX];
};

// Only what yt-dlp loads itself or through a client that keeps to the proxy: no RTMP, RTSP or the like.
#define PROTOCOLS "[protocol~='^(http|m3u8)']"

static void choose_format(const struct fetch *fetch, char *out, size_t size)
{
    int height = fetch->settings.page_height_max;
    char *merger = child_find_program("ffmpeg");
    if (merger != NULL) // joins the streams of pages that keep picture and sound apart
        snprintf(out, size,
            "bestvideo[height<=%d]" PROTOCOLS "+bestaudio" PROTOCOLS "/best[height<=%d]" PROTOCOLS
            "/bestvideo[height<=%d]" PROTOCOLS "/best" PROTOCOLS,
            height, height, height);
    else
        snprintf(out, size, "best[height<=%d]" PROTOCOLS "/bestvideo[height<=%d]" PROTOCOLS "/best" PROTOCOLS, height,
            height);
    free(merger);
}

// What yt-dlp loads it hands to FFmpeg's program, to join picture and sound or where it cannot read a playlist itself.
// That opens by content, and a playlist of a hostile page names files of this machine, a session description any host:
// so there are only formats that name nothing, and playlists only from the web and of pieces from there.
#define PIECES                                                                                                         \
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,ogg,asf,aac,ac3,eac3,mp3,flac,wav,h264,hevc,webvtt"
#define JOIN_ARGUMENTS "Merger+ffmpeg_i:-protocol_whitelist file -format_whitelist " PIECES
#define PLAYLIST_ARGUMENTS                                                                                             \
    "ffmpeg_i:-protocol_whitelist http,https,httpproxy,tls,tcp,crypto,data -format_whitelist hls,dash," PIECES

// The list is fixed, and nothing a person gave is in it: users of this machine may list it, and the address can have a
// secret, so it stands in a file.
static void make_command(const struct fetch *fetch, const char *program, const char *dir, struct command *command)
{
    static const char *const fixed[] = {"--ignore-config", "--no-plugin-dirs", "--no-remote-components",
        "--no-playlist", "--playlist-items", "1", "--no-exec", "--no-cache-dir", "--no-mtime", "--no-simulate",
        "--newline", "--quiet", "--progress", "--no-write-comments", "--no-write-subs", "--no-write-thumbnail",
        "--merge-output-format", "mkv", "--postprocessor-args", JOIN_ARGUMENTS, "--downloader-args", PLAYLIST_ARGUMENTS,
        "--fixup", "never", "--concat-playlist", "never", "--socket-timeout", "30", "--retries", "5",
        "--fragment-retries", "5", "--match-filters", "!is_live", "--print", "before_dl:" TITLE_MARK "%(title).400B",
        "--print", "after_move:" FILE_MARK "%(filepath)s", "--progress-template",
        "download:" PROGRESS_MARK
        "%(progress.downloaded_bytes)s %(progress.total_bytes,progress.total_bytes_estimate)s"};
    size_t n = 0;
    snprintf(command->size_limit, sizeof(command->size_limit), "%lld", (long long)fetch->settings.size_limit_bytes);
    snprintf(command->output, sizeof(command->output), "%s/video.%%(ext)s", dir);
    snprintf(command->address, sizeof(command->address), "%s/address", dir);
    choose_format(fetch, command->format, sizeof(command->format));
    command->argv[n++] = program;
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        command->argv[n++] = fixed[i];
    const char *const rest[] = {"--max-filesize", command->size_limit, "--format", command->format, "--output",
        command->output, "--batch-file", command->address};
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
        command->argv[n++] = rest[i];
    n += fetch_scripts_arguments(fetch->deno, command->runtime, command->argv + n);
    command->argv[n] = NULL;
}

// The environment of the child. For a remote request everything goes through the guard; the local command line uses
// the machine's own proxy, if it has one. Deno keeps what it writes with the download, and asks nobody for a newer one;
// it lets the scripts that yt-dlp gives it neither into files nor to the network.
struct environment {
    char proxies[6][160];
    char deno_dir[FILE_PATH_MAX + 16];
    const char *set[9];
};

static void set_environment(const struct guard_proxy *guard, const char *dir, struct environment *environment)
{
    static const char *const names[] = {
        "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
    size_t n = 0;
    snprintf(environment->deno_dir, sizeof(environment->deno_dir), "DENO_DIR=%s/deno", dir);
    environment->set[n++] = environment->deno_dir;
    environment->set[n++] = "DENO_NO_UPDATE_CHECK=1";
    for (size_t i = 0; i < 6 && guard != NULL; i++) {
        snprintf(environment->proxies[i], sizeof(environment->proxies[i]), "%s=%s", names[i], guard_proxy_url(guard));
        environment->set[n++] = environment->proxies[i];
    }
    environment->set[n] = NULL;
}

static enum err_code run(struct fetch *fetch, const char *program, const struct guard_proxy *guard, const char *dir,
    const char *url, struct output *output, struct cancel *cancel, struct err *err)
{
    static const char *const keep_remote[] = {"PATH", "HOME", "LANG", "TMPDIR", NULL};
    static const char *const keep_local[] = {"PATH", "HOME", "LANG", "TMPDIR", "http_proxy", "https_proxy", "all_proxy",
        "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", NULL};
    struct environment environment = {.set = {NULL}};
    struct command *command = mem_calloc(1, sizeof(*command));
    struct child_result result = {0};
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(url, shown);
    make_command(fetch, program, dir, command);
    set_environment(guard, dir, &environment);
    const struct child_spec spec = {.argv = command->argv,
        .env_keep = guard != NULL ? keep_remote : keep_local,
        .env_set = environment.set,
        .directory = dir,
        .timeout_ms = fetch->settings.timeout_ms,
        .watch_path = dir,
        .watch_limit_bytes = (uint64_t)fetch->settings.size_limit_bytes,
        .on_output_line = read_output,
        .on_error_line = read_error,
        .line_arg = output};
    enum err_code code = file_write(command->address, url, strlen(url), FILE_SYNC_NONE, err);
    if (code == ERR_NONE)
        code = child_run(&spec, cancel, &result, err);
    if (code == ERR_NONE && (result.exit_status != 0 || result.signal != 0))
        code = page_error(url, output, &result, err);
    else if (code == ERR_LIMIT)
        err_context(err, "the video behind %.150s is larger than --max-download allows", shown);
    else if (code != ERR_NONE)
        err_context(err, "no video could be fetched from %.150s", shown);
    child_result_release(&result);
    free(command);
    return code;
}

enum err_code fetch_page(struct fetch *fetch, const struct fetch_request *request, const char *url,
    struct cancel *cancel, struct fetched *fetched, struct err *err)
{
    struct output output = {.request = request};
    struct guard_proxy *guard = NULL;
    char dir[FILE_PATH_MAX];
    char shown[HTTP_URL_SHOWN_MAX];
    char *program = fetch->yt_dlp[0] != '\0' ? child_find_program(fetch->yt_dlp) : NULL;
    http_url_show(url, shown);
    if (program == NULL)
        return err_set(err, ERR_INVALID,
            "%.200s is a web page, not a video file, and yt-dlp, which fetches videos from pages, is not installed: "
            "give the address of a video file, or name the program with --yt-dlp",
            shown);
    enum err_code code = ERR_NONE;
    if (snprintf(dir, sizeof(dir), "%s/" PAGE_DIR, request->dir) >= (int)sizeof(dir))
        code = err_set(err, ERR_INVALID, "the temporary folder's path is too long");
    if (code == ERR_NONE)
        code = dir_make(dir, err);
    if (code == ERR_NONE && request->remote)
        code = guard_proxy_start(fetch->log, &guard, err);
    if (code == ERR_NONE)
        code = run(fetch, program, guard, dir, url, &output, cancel, err);
    if (code == ERR_NONE)
        code = find_file(dir, output.file, fetched, err);
    if (code == ERR_NONE)
        memcpy(fetched->title, output.title, sizeof(fetched->title));
    guard_proxy_stop(guard);
    free(program);
    return code;
}
