import { describe, expect, it } from 'vitest';
import { wasThereBefore } from './was-there.ts';

const DATE = 'Sun, 01 Mar 2026 10:00:20 GMT';

describe('a submitted video', () => {
    it('is new when it was made while the request ran', () => {
        expect(wasThereBefore('2026-03-01T10:00:20.400Z', DATE, 30)).toBe(false);
        expect(wasThereBefore('2026-03-01T10:00:19.980Z', DATE, 30)).toBe(false);
        expect(wasThereBefore('2026-03-01T10:00:05Z', DATE, 16_000)).toBe(false);
    });

    it('was there when it is older than the request', () => {
        expect(wasThereBefore('2026-03-01T10:00:18Z', DATE, 30)).toBe(true);
        expect(wasThereBefore('2026-02-01T10:00:00Z', DATE, 16_000)).toBe(true);
    });

    it('counts as new where nothing can be said', () => {
        expect(wasThereBefore('2026-03-01T10:00:18Z', null, 30)).toBe(false);
        expect(wasThereBefore('yesterday', DATE, 30)).toBe(false);
    });
});
