// A canvas for tests that remembers what was drawn, and how.

interface Call {
    name: string;
    args: number[];
    strokeStyle: string;
    fillStyle: string;
    lineWidth: number;
    globalAlpha: number;
    dash: number[];
}

const NAMES = [
    ...['setTransform', 'clearRect', 'fillRect', 'strokeRect', 'save', 'restore', 'beginPath', 'rect', 'clip'],
    ...['moveTo', 'lineTo', 'stroke'],
];

/** Every letter is 7 wide. */
export function recordingContext(): { context: CanvasRenderingContext2D; calls: Call[]; texts: string[] } {
    const calls: Call[] = [];
    const texts: string[] = [];
    const style = { strokeStyle: '', fillStyle: '', lineWidth: 1, globalAlpha: 1 };
    let dash: number[] = [];
    const context: Record<string, unknown> = {
        ...style,
        setLineDash: (next: number[]) => (dash = next),
        measureText: (text: string) => ({ width: 7 * text.length }),
        fillText: (text: string) => texts.push(text),
    };
    for (const name of NAMES) {
        context[name] = (...args: number[]) => {
            const { strokeStyle, fillStyle, lineWidth, globalAlpha } = context as unknown as typeof style;
            calls.push({ name, args, strokeStyle, fillStyle, lineWidth, globalAlpha, dash });
        };
    }
    return { context: context as unknown as CanvasRenderingContext2D, calls, texts };
}
