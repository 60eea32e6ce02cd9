#include "base/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "ingest/fetch.h"
#include "media/test_clips.h"
#include "net/http_server.h"
#include "os/child.h"
#include "os/file.h"

// A page as a stream's maker writes it: picture and sound apart, to be joined. More of it than a first look takes.
#define PRESENTATION(picture)                                                                                          \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                                     \
    "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" mediaPresentationDuration=\"PT2S\" "                 \
    "minBufferTime=\"PT1S\" profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><Period>\n"                        \
    "<AdaptationSet mimeType=\"video/mp4\"><Representation id=\"v\" bandwidth=\"90000\" codecs=\"avc1.64000d\" "       \
    "width=\"160\" height=\"120\"><BaseURL>" picture "</BaseURL></Representation></AdaptationSet>\n"                   \
    "<AdaptationSet mimeType=\"audio/mp4\"><Representation id=\"a\" bandwidth=\"64000\" codecs=\"mp4a.40.2\">"         \
    "<BaseURL>sound.m4a</BaseURL></Representation></AdaptationSet></Period></MPD>\n"

static struct http_server *server;
static char *files; // what the web server gives
static char *own;   // a recording of the machine's owner, that no web server gives

static enum err_code serve_file(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    const char *name = http_request_param(request, "name");
    const char *dot = strrchr(name, '.');
    char *path = mem_sprintf("%s/%s", files, name);
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    if (fd < 0 || fstat(fd, &st) != 0)
        return err_set(err, ERR_NOT_FOUND, "no such file");
    const char *type = dot != NULL && strcmp(dot, ".mpd") == 0 ? "application/dash+xml" : "video/mp4";
    http_response_file(response, type, fd, 0, (uint64_t)st.st_size, NULL, 0);
    return ERR_NONE;
}

static void write_text(const char *name, const char *text)
{
    struct err err = ERR_INIT;
    char *path = mem_sprintf("%s/%s", files, name);
    assert_ok(file_write(path, text, strlen(text), FILE_SYNC_NONE, &err), &err);
    free(path);
}

static int open_web(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct http_server_options options = {.log = log_none()};
    const struct http_route route = {.method = HTTP_GET, .pattern = "/{name}", .handler = serve_file};
    files = mem_sprintf("%s/web", clips_dir());
    assert_ok(dir_make(files, &err), &err);
    assert_ok(http_server_new(&options, &server, &err), &err);
    http_server_add(server, &route);
    assert_ok(http_server_start(server, &err), &err);
    return 0;
}

static int close_web(void **state)
{
    (void)state;
    http_server_free(server);
    free(files);
    free(own);
    return 0;
}

static void need_programs(void)
{
    struct fetch_settings settings;
    fetch_settings_default(&settings);
    char *yt_dlp = child_find_program(settings.yt_dlp);
    char *ffmpeg = child_find_program("ffmpeg");
    bool found = yt_dlp != NULL && ffmpeg != NULL;
    free(yt_dlp);
    free(ffmpeg);
    if (!found)
        skip_because("yt-dlp or FFmpeg's program is not installed");
    clip_make("web/picture.mp4", "-f lavfi -i testsrc=size=160x120:rate=10:duration=2 -c:v libx264");
    clip_make("web/sound.m4a", "-f lavfi -i sine=duration=2 -c:a aac");
    if (own == NULL)
        own = mem_strdup(clip_make("own.ts", "-f lavfi -i testsrc=size=160x120:rate=10:duration=2 -c:v libx264"));
}

static enum err_code fetch_as(
    const struct fetch_settings *settings, const char *name, struct fetched *fetched, struct err *err)
{
    struct fetch *fetch = NULL;
    char dir[FILE_PATH_MAX];
    char url[128];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", (unsigned)http_server_port(server), name);
    assert_ok(fetch_new(settings, log_none(), &fetch, err), err);
    assert_ok(dir_make_temporary(clips_dir(), "try-", dir, err), err);
    const struct fetch_request request = {.source = url, .dir = dir};
    enum err_code code = fetch_source(fetch, &request, NULL, fetched, err);
    fetch_free(fetch);
    return code;
}

static enum err_code fetch_from_web(const char *name, struct fetched *fetched, struct err *err)
{
    struct fetch_settings settings;
    fetch_settings_default(&settings);
    settings.timeout_ms = 120000;
    return fetch_as(&settings, name, fetched, err);
}

// By the type that the server says, however long the list is: its beginning does not tell.
static void picture_and_sound_of_a_presentation_are_joined(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fetched fetched = {0};
    need_programs();
    write_text("list.mpd", PRESENTATION("picture.mp4"));
    assert_ok(fetch_from_web("list.mpd", &fetched, &err), &err);
    assert_non_null(strstr(fetched.path, "/video.mkv"));
    struct frame_list list = {0};
    clip_probe(fetched.path, 0, &list);
    assert_int_equal(list.count, 20);
    frame_list_free(&list);
}

// FFmpeg's program opens by content: what is called a picture may be a playlist.
static void what_a_page_gives_does_not_name_files_of_this_machine(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fetched fetched = {0};
    need_programs();
    char *playlist = mem_sprintf("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n%s\n#EXT-X-ENDLIST\n", own);
    write_text("playlist.mp4", playlist);
    write_text("hostile.mpd", PRESENTATION("playlist.mp4"));
    if (fetch_from_web("hostile.mpd", &fetched, &err) == ERR_NONE)
        fail_msg("%s was made of it", fetched.path);
    if (strstr(err.message, "Postprocessing") == NULL)
        fail_msg("it was refused elsewhere: %s", err.message);
    free(playlist);
}

// yt-dlp's Python with a program that solves a challenge as yt-dlp does for YouTube, behind the program's name.
static char *solver_program(const struct fetch_settings *settings)
{
    struct err err = ERR_INIT;
    char here[FILE_PATH_MAX];
    const char *slash = strrchr(settings->yt_dlp, '/');
    if (slash == NULL || settings->deno == NULL)
        skip_because("yt-dlp or Deno is not installed: run make setup");
    assert_non_null(getcwd(here, sizeof(here)));
    char *program = mem_sprintf("%s/solver", files);
    char *text = mem_sprintf("#!/bin/sh\nexec '%.*s/python' '%s/tests/harness/solve_challenge.py' \"$@\"\n",
        (int)(slash - settings->yt_dlp), settings->yt_dlp, here);
    assert_ok(file_write(program, text, strlen(text), FILE_SYNC_NONE, &err), &err);
    assert_int_equal(chmod(program, 0700), 0);
    free(text);
    return program;
}

static void scripts_of_pages_are_run_where_they_reach_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fetched fetched = {0};
    struct fetch_settings settings;
    fetch_settings_default(&settings);
    char *program = solver_program(&settings);
    settings.yt_dlp = program;
    settings.size_limit_bytes = 1 << 20; // No file that a child writes may be larger, and Deno must get by with it.
    write_text("page.mpd", PRESENTATION("picture.mp4"));
    assert_ok(fetch_as(&settings, "page.mpd", &fetched, &err), &err);
    assert_string_equal(fetched.title, "cba: may not read, may not write, may not listen, may not run");
    // What Deno keeps goes with the download, and not into somebody's home.
    char *kept = mem_sprintf("%.*s/deno", (int)(strrchr(fetched.path, '/') - fetched.path), fetched.path);
    assert_true(file_exists(kept));
    free(kept);

    settings.deno = "";
    assert_code(fetch_as(&settings, "page.mpd", &fetched, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "there is no Deno"));
    free(program);
}

static void what_runs_the_scripts_can_be_asked(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fetch_settings settings;
    struct fetch_scripts scripts;
    fetch_settings_default(&settings);
    free(solver_program(&settings));
    assert_ok(fetch_find_scripts(&settings, &scripts, &err), &err);
    assert_int_equal(strncmp(scripts.runtime, "deno-", 5), 0);
    assert_true(scripts.has_solver);
    settings.deno = "";
    assert_ok(fetch_find_scripts(&settings, &scripts, &err), &err);
    assert_string_equal(scripts.runtime, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_and_sound_of_a_presentation_are_joined),
        cmocka_unit_test(what_a_page_gives_does_not_name_files_of_this_machine),
        cmocka_unit_test(scripts_of_pages_are_run_where_they_reach_nothing),
        cmocka_unit_test(what_runs_the_scripts_can_be_asked),
    };
    return cmocka_run_group_tests(tests, open_web, close_web);
}
