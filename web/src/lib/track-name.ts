// Tracks as people know them: within a video the number says it all.

/** "14" of "0123456789abcdef-t14". */
export function trackNumber(track: string): string {
    return track.slice(track.lastIndexOf('-t') + 2);
}

export function trackName(track: string): string {
    return `track ${trackNumber(track)}`;
}

/** The server names tracks by their ids; people know them by their numbers. */
export function withTrackNumbers(sentence: string): string {
    return sentence.replace(/\b[0-9a-f]{16}-t(\d+)\b/g, '$1');
}
