import { describe, expect, it } from 'vitest';
import { fpsOf, initialValues, optionsOf, problemOf, secondsOf, summaryOf, type FormValues } from './options.ts';

const DEFAULTS = { chunk_seconds: 10, fps: 5 };
const GOOD: FormValues = {
    ...initialValues('demo', new URLSearchParams(), DEFAULTS),
    source: 'https://example.org/a.mp4',
};

describe('frames per second', () => {
    it.each([
        ['5', '5'],
        [' 0.5 ', '0.5'],
        ['0,5', '0.5'],
        ['29.97', '29.97'],
        ['30000/1001', '30000/1001'],
        ['30000 / 1001', '30000/1001'],
        ['1000', '1000'],
        ['5.', '5'],
        ['.5', '.5'],
    ])('"%s" is taken as %s', (text, fps) => {
        expect(fpsOf(text)).toBe(fps);
    });

    it.each(['', '.', '0', '0/1', '1/0', '-1', '1001', '5 fps', '1e3', 'all', '1/100000', '1.123456789', '1234567890'])(
        '"%s" is refused, as the server would',
        text => {
            expect(fpsOf(text)).toBeUndefined();
        },
    );
});

describe('a length of time', () => {
    it.each([
        ['90', 90],
        ['1:30', 90],
        ['0:07.5', 7.5],
        ['1:02:30', 3750],
        ['2,5', 2.5],
    ])('"%s" is %d seconds', (text, seconds) => {
        expect(secondsOf(text)).toBe(seconds);
    });

    it.each(['', 'x', '1:', ':30', '1:75', '1:2:3:4', '1.5:30', '-3'])('"%s" is none', text => {
        expect(secondsOf(text)).toBeUndefined();
    });
});

describe('the form', () => {
    const problem = (field: Parameters<typeof problemOf>[0], values: Partial<FormValues>) =>
        problemOf(field, { ...GOOD, ...values }, true);

    it('has no problem with its defaults', () => {
        for (const field of ['source', 'project', 'name', 'chunk_seconds', 'limit_seconds', 'fps'] as const) {
            expect(problem(field, {}), field).toBeUndefined();
        }
    });

    it('says what is wrong where', () => {
        expect(problem('chunk_seconds', { chunk_seconds: '0.5' })?.message).toMatch(/from 1 to 3600/);
        expect(problem('chunk_seconds', { chunk_seconds: '3601' })?.message).toMatch(/from 1 to 3600/);
        expect(problem('limit_seconds', { limit_seconds: 'ten' })?.message).toMatch(/1:30/);
        expect(problem('limit_seconds', { limit_seconds: '0' })?.message).toMatch(/whole video/);
        expect(problem('fps', { fps: '2000' })?.message).toMatch(/up to 1000/);
        expect(problem('fps', { fps: '2000', every_frame: true })).toBeUndefined();
        expect(problem('name', { name: 'ä'.repeat(251) })?.message).toMatch(/too long/);
        expect(problem('project', { project: 'Demo' })?.message).toMatch(/lower-case/);
    });

    it.each([
        ['fps', { fps: '0.' }],
        ['fps', { fps: '30000/' }],
        ['fps', { fps: '' }],
        ['limit_seconds', { limit_seconds: '1:' }],
        ['chunk_seconds', { chunk_seconds: '' }],
        ['project', { project: '' }],
    ] as const)('does not scold for a %s that is being typed: %j', (field, values) => {
        expect(problem(field, values)).toMatchObject({ unfinished: true });
    });

    it('becomes what the server takes', () => {
        expect(optionsOf(GOOD)).toEqual({ chunk_seconds: 10, limit_seconds: null, fps: '5' });
        expect(optionsOf({ ...GOOD, chunk_seconds: '2,5', limit_seconds: '1:30', every_frame: true })).toEqual({
            chunk_seconds: 2.5,
            limit_seconds: 90,
            fps: 'all',
        });
    });

    it('opens as its address says, and with the server’s defaults otherwise', () => {
        const address = new URLSearchParams('source=https://example.org/a.mp4&fps=all&limit_seconds=30');
        expect(initialValues('demo', address, DEFAULTS)).toEqual({
            source: 'https://example.org/a.mp4',
            project: 'demo',
            name: '',
            chunk_seconds: '10',
            limit_seconds: '30',
            fps: '5',
            every_frame: true,
        });
        expect(initialValues('No Name', new URLSearchParams(), DEFAULTS).project).toBe('');
    });

    it('sums its options up', () => {
        expect(summaryOf(GOOD)).toBe('5 frames per second, segments of about 10 s, the whole video');
        expect(summaryOf({ ...GOOD, every_frame: true, limit_seconds: '1:30' })).toBe(
            'every frame, segments of about 10 s, the first 1:30 min',
        );
    });
});
