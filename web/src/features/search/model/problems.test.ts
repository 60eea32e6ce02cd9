import { expect, it } from 'vitest';
import { problemsOf } from './problems.ts';

it('shows a sentence at the part of the question it is about', () => {
    expect(problemsOf('image', 's', 'like')).toEqual({ example: 's' });
    expect(problemsOf('object', 's', 'like')).toEqual({ example: 's' });
    expect(problemsOf('filters.videos', 's', 'like')).toEqual({ video: 's' });
    expect(problemsOf('video', 's', 'label')).toEqual({ video: 's' });
    expect(problemsOf('filters.classes', 's', 'class')).toEqual({ class: 's' });
    expect(problemsOf('filters.min_score', 's', 'class')).toEqual({ score: 's' });
    expect(problemsOf('label', 's', 'label')).toEqual({ example: 's' });
    expect(problemsOf('filters.labels', 's', 'like')).toEqual({ label: 's' });
});

it('leaves the rest to the whole view', () => {
    expect(problemsOf(undefined, 's', 'like')).toEqual({});
    expect(problemsOf('project', 's', 'like')).toEqual({});
});
