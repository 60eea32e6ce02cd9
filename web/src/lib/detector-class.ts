// What the detector took an object for, in words.

interface Classified {
    class: string;
    /** Somebody said that it is none. */
    class_refused?: true;
}

/** "car"; "not car" where somebody said that it is none. */
export function classText({ class: name, class_refused: refused }: Classified): string {
    return refused ? `not ${name}` : name;
}

/** One of a class: "a car", "an umbrella", "skis". */
export function oneOf(name: string): string {
    if (/[^us]s$/i.test(name)) return name;
    return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}
