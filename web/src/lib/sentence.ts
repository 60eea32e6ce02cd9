// What the server tells of an error: the middle of a sentence, so that it can be put into another one.

/** An error as a sentence. An address or a file's name at its beginning stays as it is written. */
export function asSentence(text: string): string {
    const sentence = /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
    return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
