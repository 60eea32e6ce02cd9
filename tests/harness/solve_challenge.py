"""Stands in for yt-dlp where a page is fetched, and solves what YouTube's player would ask with yt-dlp's own classes: the title is the answer.

A player of the right shape is made here, as the real one is YouTube's. Its script also tries what a script must not do.
"""

import sys

import yt_dlp
from yt_dlp.extractor.youtube.jsc._builtin.deno import DenoJCP
from yt_dlp.extractor.youtube.jsc.provider import JsChallengeRequest, JsChallengeType, NChallengeInput
from yt_dlp.extractor.youtube.pot._director import YoutubeIEContentProviderLogger

ADDRESS = "https://www.youtube.com/s/player/made-here/base.js"
PLAYER = """
var player = {};
(function (g) {
    "first";
    function tried(f) { try { f(); return "may"; } catch (e) { return "may not"; } }
    class Address {
        constructor() { this.values = {}; }
        set(name, value) { this.values[name] = value; }
        get(name) { return this.values[name]; }
        solve() {
            this.values.n = [...this.values.n].reverse().join("") +
                ": " + tried(() => Deno.readTextFileSync("/etc/passwd")) + " read" +
                ", " + tried(() => Deno.writeTextFileSync("written", "")) + " write" +
                ", " + tried(() => Deno.listen({ port: 0 })) + " listen" +
                ", " + tried(() => new Deno.Command("true").outputSync()) + " run";
        }
    }
    function make() { var address = new Address(); address.set("alr", "yes"); return address; }
})(player);
"""

with yt_dlp.YoutubeDL(yt_dlp.parse_options(sys.argv[1:]).ydl_opts) as ydl:
    youtube = ydl.get_info_extractor("Youtube")
    deno = DenoJCP(youtube, YoutubeIEContentProviderLogger(youtube, "jsc:deno"), None)
    if not deno.is_available():
        sys.exit("ERROR: there is no Deno")
    deno._get_player = lambda video, address: PLAYER
    question = JsChallengeRequest(JsChallengeType.N, NChallengeInput(ADDRESS, ["abc"]))
    answer = next(iter(deno.bulk_solve([question])))
    if answer.error is not None:
        sys.exit(f"ERROR: {answer.error}")
with open("video.mp4", "wb") as file:
    file.write(b"a video")
print("framehound-title", answer.response.output.results["abc"])
