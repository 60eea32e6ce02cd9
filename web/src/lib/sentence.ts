// What the server tells of an error: the middle of a sentence, so that it can be put into another one.

/** With a capital letter, unless it begins with an address or a file's name. */
export function capital(text: string): string {
    return /^[a-z]+( |$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** An error as a sentence. */
export function asSentence(text: string): string {
    const sentence = capital(text);
    return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
