import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { renderInApp } from '@/testing/render.tsx';
import { fakeServer } from '../fake-server.ts';
import { labelFixture, projectFixture, videoFixture } from '../testing.ts';
import { ProjectView } from './ProjectView.tsx';

const PROJECT = 'GET /api/v1/projects/demo';
const VIDEOS = 'GET /api/v1/projects/demo/videos';
const LABELS = 'GET /api/v1/projects/demo/labels';
const none = () => undefined;

const listOf = (...videos: ReturnType<typeof videoFixture>[]) => ({ body: { videos, next_cursor: null } });
const labelled = (explicit: number) => ({
    body: { labels: [labelFixture({ explicit })], version: 1, undo: null, redo: null },
});
const [street, market] = [videoFixture({ id: 'a', name: 'street.mp4' }), videoFixture({ id: 'b', name: 'market.mp4' })];

// It asks again by itself, and nobody wants to wait for that.
beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());
const later = () => vi.advanceTimersByTimeAsync(15_000);

function renderProject(routes: Parameters<typeof fakeServer>[0]) {
    const server = fakeServer(routes);
    renderInApp(<ProjectView project="demo" onExport={none} onImport={none} />);
    return server;
}

it('shows what was added elsewhere', async () => {
    let list = listOf(street);
    let counts = projectFixture({ videos: 1, frames: 150 });
    renderProject({ [PROJECT]: () => ({ body: counts }), [VIDEOS]: () => list, [LABELS]: labelled(1) });
    await screen.findByText('1 video · 150 frames · 0 objects');
    list = listOf(market, street);
    counts = projectFixture({ videos: 2, frames: 300 });
    await later();
    expect(await screen.findByRole('heading', { name: 'market.mp4' })).toBeVisible();
    expect(await screen.findByText('2 videos · 300 frames · 0 objects')).toBeVisible();
});

it('counts labels anew when a video has gone', async () => {
    let list = listOf(street, { ...market, state: 'deleting' });
    let labels = labelled(14);
    renderProject({
        [PROJECT]: { body: projectFixture({ videos: 2 }) },
        [VIDEOS]: () => list,
        [LABELS]: () => labels,
    });
    const panel = await screen.findByRole('complementary', { name: /^Labels/ });
    await within(panel).findByText('14');
    list = listOf(street);
    labels = labelled(5);
    await later();
    expect(await within(panel).findByText('5')).toBeVisible();
    expect(screen.queryByRole('heading', { name: 'market.mp4' })).toBeNull();
});

it('finds one of many labels by its name, and shows the rest of them', async () => {
    const labels = Array.from({ length: 60 }, (_, at) => labelFixture({ name: `part ${at + 1}a` }));
    renderProject({
        [PROJECT]: { body: projectFixture({ videos: 1 }) },
        [VIDEOS]: listOf(street),
        [LABELS]: { body: { labels, version: 1, undo: null, redo: null } },
    });
    const panel = await screen.findByRole('complementary', { name: /^Labels/ });
    await within(panel).findByRole('link', { name: /^part 1a/ });
    expect(within(panel).queryByRole('link', { name: /^part 57a/ })).toBeNull();
    fireEvent.change(within(panel).getByRole('searchbox'), { target: { value: '57a' } });
    expect(within(panel).getAllByRole('link', { name: /^part/ })).toHaveLength(1);
    fireEvent.change(within(panel).getByRole('searchbox'), { target: { value: '' } });
    fireEvent.click(within(panel).getByRole('button', { name: 'Show 36 more' }));
    expect(within(panel).getAllByRole('link', { name: /^part/ })).toHaveLength(60);
});

it('says that a project is gone when it is deleted while one looks at it', async () => {
    let project: { status?: number; body: unknown } = { body: projectFixture({ deleting: true }) };
    const server = renderProject({ [PROJECT]: () => project, [VIDEOS]: listOf(), [LABELS]: labelled(0) });
    await screen.findByText('Being deleted');
    project = { status: 404, body: { detail: 'there is no project demo' } };
    await later();
    expect(await screen.findByText('There is no project demo')).toBeVisible();
    const asked = server.of(PROJECT).length;
    await later();
    await waitFor(() => expect(server.of(PROJECT)).toHaveLength(asked));
});
