import { expect, it } from 'vitest';
import { trackName, trackNumber, withTrackNumbers } from './track-name.ts';

it('is the number of the track', () => {
    expect(trackNumber('0123456789abcdef-t14')).toBe('14');
    expect(trackName('0123456789abcdef-t1')).toBe('track 1');
});

it('takes the place of ids in sentences of the server', () => {
    expect(withTrackNumbers('tracks 0123456789abcdef-t3 and 0123456789abcdef-t14 cannot be one')).toBe(
        'tracks 3 and 14 cannot be one',
    );
    expect(withTrackNumbers('object 0123456789abcdef-00000001-000 is there')).toContain('00000001-000');
});
