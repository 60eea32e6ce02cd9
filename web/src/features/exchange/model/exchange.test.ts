import { describe, expect, it } from 'vitest';
import {
    addOthers,
    changesAnything,
    withLikely,
    exportUrl,
    formatOf,
    importTexts,
    type ExportOptions,
    type Imported,
    type Other,
} from './exchange.ts';

const OPTIONS: ExportOptions = {
    format: 'coco',
    kind: 'explicit',
    label: null,
    video: null,
    tracks: false,
    images: false,
    allFrames: false,
};

function importedOf(facts: Partial<Imported> = {}): Imported {
    return {
        ...{
            dry_run: true,
            entries: 0,
            matched: 0,
            unmatched: 0,
            ambiguous: 0,
            passed_over: 0,
            unchanged: 0,
            moved: 0,
        },
        ...{ labels: [], problems: [], others: [], version: 1, step: null },
        ...facts,
    };
}

describe('the address of an export', () => {
    it('says what was chosen, with names as they are', () => {
        const url = exportUrl('demo', { ...OPTIONS, label: 'old bicycle & co', tracks: true, allFrames: true });
        expect(url.startsWith('/api/v1/projects/demo/export?')).toBe(true);
        expect(Object.fromEntries(new URLSearchParams(url.split('?')[1]))).toEqual({
            format: 'coco',
            kind: 'explicit',
            label: 'old bicycle & co',
            tracks: 'true',
            frames: 'all',
        });
    });

    it('does not ask for what a format cannot have', () => {
        const everything = { ...OPTIONS, tracks: true, images: true, allFrames: true };
        expect(exportUrl('demo', { ...everything, format: 'csv' })).not.toMatch(/images|frames=/);
        expect(exportUrl('demo', { ...everything, format: 'mot' })).not.toMatch(/tracks=|frames=/);
    });
});

it('takes a file for what its name says', () => {
    expect(['a.json', 'B.CSV', 'dataset.zip', 'street-mot.zip', 'gt.txt', 'notes'].map(formatOf)).toEqual([
        'coco',
        'csv',
        'yolo',
        'mot',
        'mot',
        null,
    ]);
});

describe('the report of an import', () => {
    it('says what matches, what does not, and what moves', () => {
        const facts = { entries: 1200, matched: 1195, unmatched: 5, unchanged: 3, moved: 1, passed_over: 1 };
        expect(importTexts(importedOf(facts))).toEqual([
            '1,195 of 1,200 entries are objects of this project.',
            '5 entries could not be matched with any object.',
            '3 say what is so already.',
            '1 object would get another label than before.',
            '1 entry of the file does not count as labels.',
        ]);
        expect(importTexts(importedOf({ ...facts, ambiguous: 1 }))).toContain(
            '1 box is of several objects: the label would be for the one that the detector was surest of.',
        );
        expect(importTexts(importedOf({ ...facts, ambiguous: 2 }))).toContain(
            '2 boxes are of several objects each: the label would be for the one that the detector was surest of.',
        );
        expect(importTexts(importedOf({ ...facts, dry_run: false }))).toContain(
            '1 object got another label than before.',
        );
    });

    it('remembers videos of the file that were told of, also once they are known to be ours', () => {
        const [a, b] = ['a', 'b'].map(video => ({ video, entries: 3, same: null })) as [Other, Other];
        expect(addOthers([a], [])).toEqual([a]);
        expect(addOthers([a], [{ ...a, same: 'c' }, b])).toEqual([a, b]);
    });

    it('takes what looks like the same clip for it, but not against what somebody said', () => {
        const [a, b] = [
            { video: 'a', entries: 1, same: 'x' },
            { video: 'b', entries: 1, same: null },
        ];
        expect(withLikely({}, [a, b] as Other[])).toEqual({ a: 'x' });
        expect(withLikely({ a: 'y', c: 'z' }, [a, b] as Other[])).toEqual({ a: 'y', c: 'z' });
    });

    it('knows whether anything would change', () => {
        const label = { name: 'van', made: false, positives: 0, negatives: 0 };
        expect(changesAnything(importedOf({ labels: [label] }))).toBe(false);
        expect(changesAnything(importedOf({ labels: [{ ...label, negatives: 1 }] }))).toBe(true);
    });
});
