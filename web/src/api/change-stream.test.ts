// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CrowdedChannel, PlayedSource, setFocus } from '@/testing/streams.ts';
import { listenToChanges } from './change-stream.ts';
import { GLANCE_MS } from './stream-slots.ts';

const heard: string[] = [];
let stop: () => void;

beforeEach(() => {
    vi.useFakeTimers();
    PlayedSource.all.length = 0;
    heard.length = 0;
    setFocus(false);
    vi.stubGlobal('EventSource', PlayedSource);
    vi.stubGlobal('BroadcastChannel', CrowdedChannel);
    stop = listenToChanges('demo', 'video', {
        labels: version => heard.push(`labels ${version}`),
        corrections: version => heard.push(`corrections ${version}`),
    });
});
afterEach(() => {
    stop();
    vi.unstubAllGlobals();
    vi.useRealTimers();
});

function sayVersions(version: number) {
    const source = PlayedSource.newest();
    source.say('labels', { version });
    source.say('corrections', { version });
}

it('looks in now and then where others hold the streams, and hears what is new', () => {
    vi.advanceTimersByTime(1000);
    // Not before it was told.
    expect(PlayedSource.newest().isClosed).toBe(false);
    sayVersions(1);
    expect(PlayedSource.newest().isClosed).toBe(true);
    vi.advanceTimersByTime(GLANCE_MS);
    expect(PlayedSource.all).toHaveLength(2);
    sayVersions(2);
    vi.advanceTimersByTime(1000);
    expect(PlayedSource.newest().isClosed).toBe(true);
    expect(heard).toEqual(['labels 1', 'corrections 1', 'labels 2', 'corrections 2']);
});

it('holds a stream when one goes to the window', () => {
    sayVersions(1);
    vi.advanceTimersByTime(1000);
    expect(PlayedSource.newest().isClosed).toBe(true);
    setFocus(true);
    expect(PlayedSource.all).toHaveLength(2);
    sayVersions(1);
    vi.advanceTimersByTime(60_000);
    expect(PlayedSource.all).toHaveLength(2);
    expect(PlayedSource.newest().isClosed).toBe(false);
});

it('leaves nothing open behind it', () => {
    sayVersions(1);
    vi.advanceTimersByTime(1000);
    stop();
    setFocus(true);
    vi.advanceTimersByTime(60_000);
    expect(PlayedSource.all.every(source => source.isClosed)).toBe(true);
    expect(PlayedSource.all).toHaveLength(1);
});
