import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { ToastRegion } from '@/components/ToastRegion.tsx';
import { renderInApp } from '@/testing/render.tsx';
import { fakeServer } from '../fake-server.ts';
import { videoFixture } from '../testing.ts';
import { VideoList } from './VideoList.tsx';

const LIST = 'GET /api/v1/projects/demo/videos';
const rowOf = async (name: string) => (await screen.findByRole('heading', { name })).closest('li')!;

it('shows how far each video is, and what went wrong as sentences', async () => {
    fakeServer({
        [LIST]: {
            body: {
                videos: [
                    videoFixture({ id: 'a', name: 'a.mp4', state: 'running', progress: { frames_indexed: 75 } }),
                    videoFixture({
                        id: 'b',
                        name: 'b.mp4',
                        state: 'failed',
                        errors_count: 1,
                        errors: ['this is no video'],
                    }),
                ],
                next_cursor: null,
            },
        },
    });
    renderInApp(<VideoList project="demo" />);
    const running = within(await rowOf('a.mp4'));
    expect(running.getByText('Indexing')).toBeInTheDocument();
    expect(running.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50');
    expect(running.getByRole('link', { name: 'a.mp4' })).toHaveAttribute('href', '/p/demo/v/a');
    const failed = within(await rowOf('b.mp4'));
    expect(failed.getByText('This is no video.')).toBeVisible();
    await userEvent.click(failed.getByRole('button', { name: '1 error' }));
    expect(failed.getByText('This is no video.')).not.toBeVisible();
});

it('offers to resume what has failed, and to cancel what runs', async () => {
    const server = fakeServer({
        [LIST]: { body: { videos: [videoFixture({ id: 'b', name: 'b.mp4', state: 'failed' })], next_cursor: null } },
        'POST /api/v1/videos/b/resume': { status: 202, body: videoFixture({ id: 'b', state: 'queued' }) },
    });
    renderInApp(<VideoList project="demo" />);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Actions for b.mp4' }));
    expect(screen.queryByRole('menuitem', { name: 'Cancel indexing' })).not.toBeInTheDocument();
    await user.click(screen.getByRole('menuitem', { name: 'Resume indexing' }));
    await waitFor(() => expect(server.of('POST /api/v1/videos/b/resume')).toHaveLength(1));
    // What became of it is asked for.
    await waitFor(() => expect(server.of(LIST).length).toBeGreaterThan(1));
});

it('does not offer to resume what ends the same way again', async () => {
    const failed = videoFixture({ id: 'b', name: 'b.mp4', state: 'failed', resumable: false });
    fakeServer({ [LIST]: { body: { videos: [failed], next_cursor: null } } });
    renderInApp(<VideoList project="demo" />);
    await userEvent.click(await screen.findByRole('button', { name: 'Actions for b.mp4' }));
    expect(screen.getByRole('menuitem', { name: /Delete/ })).toBeInTheDocument();
    expect(screen.queryByRole('menuitem', { name: 'Resume indexing' })).not.toBeInTheDocument();
});

it('says of a video only what was done to it last', async () => {
    let video = videoFixture({ id: 'b', name: 'b.mp4', state: 'running' });
    const become = (state: 'cancelled' | 'queued') => () => ({
        body: (video = { ...video, state, resumable: state === 'cancelled' }),
    });
    fakeServer({
        [LIST]: () => ({ body: { videos: [video], next_cursor: null } }),
        'POST /api/v1/videos/b/cancel': become('cancelled'),
        'POST /api/v1/videos/b/resume': become('queued'),
    });
    renderInApp(
        <>
            <VideoList project="demo" />
            <ToastRegion />
        </>,
    );
    const user = userEvent.setup();
    for (const [item, said] of [
        ['Cancel indexing', /^Indexing of b.mp4 was cancelled/],
        ['Resume indexing', /^b.mp4 goes on/],
    ] as const) {
        await user.click(await screen.findByRole('button', { name: 'Actions for b.mp4' }));
        await user.click(await screen.findByRole('menuitem', { name: item }));
        expect(await screen.findByText(said)).toBeVisible();
    }
    expect(screen.queryByText(/was cancelled/)).toBeNull();
});

it('gives a video another name, and says at the field what is wrong with one', async () => {
    let video = videoFixture({ id: 'b', name: 'C0012.MP4' });
    const rename = 'POST /api/v1/videos/b/rename';
    const answers = [
        () => ({ status: 400, body: { detail: 'The video’s name has more than 255 characters.' } }),
        () => ({ body: (video = { ...video, name: 'Evening news' }) }),
    ];
    const server = fakeServer({
        [LIST]: () => ({ body: { videos: [video], next_cursor: null } }),
        [rename]: () => answers.shift()!(),
    });
    renderInApp(<VideoList project="demo" />);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Actions for C0012.MP4' }));
    await user.click(screen.getByRole('menuitem', { name: 'Rename…' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Rename C0012.MP4' }));
    const field = dialog.getByLabelText('New name');
    expect(field).toHaveValue('C0012.MP4');
    expect(dialog.getByRole('button', { name: 'Rename' })).toBeDisabled();
    await user.clear(field);
    await user.type(field, ' Evening news {Enter}');
    expect(await dialog.findByText('The video’s name has more than 255 characters.')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Rename' }));
    await rowOf('Evening news');
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(server.of(rename).map(({ body }) => body)).toEqual([{ name: 'Evening news' }, { name: 'Evening news' }]);
});

it('deletes a video after saying what is lost', async () => {
    const server = fakeServer({
        [LIST]: { body: { videos: [videoFixture({ id: 'b', name: 'b.mp4', objects: 64 })], next_cursor: null } },
        'DELETE /api/v1/videos/b': { status: 204 },
    });
    renderInApp(<VideoList project="demo" />);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Actions for b.mp4' }));
    await user.click(screen.getByRole('menuitem', { name: 'Delete…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete b.mp4?' });
    expect(dialog).toHaveTextContent('150 frames, 64 objects');
    await user.click(within(dialog).getByRole('button', { name: 'Delete video' }));
    await waitFor(() => expect(server.of('DELETE /api/v1/videos/b')).toHaveLength(1));
});

it('comes page by page, and whole where something is looked for', async () => {
    const pages: Record<string, unknown> = {
        first: { videos: [videoFixture({ id: 'a', name: 'a.mp4' })], next_cursor: 'a' },
        second: { videos: [videoFixture({ id: 'b', name: 'b.mp4' })], next_cursor: null },
    };
    const server = fakeServer({
        [LIST]: () => ({ body: server.of(LIST).at(-1)!.search.includes('cursor=a') ? pages.second : pages.first }),
    });
    const { unmount } = renderInApp(<VideoList project="demo" />);
    await rowOf('a.mp4');
    expect(screen.queryByText('b.mp4')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Show more videos' }));
    await rowOf('b.mp4');
    expect(screen.queryByRole('button', { name: 'Show more videos' })).not.toBeInTheDocument();
    unmount();

    renderInApp(<VideoList project="demo" />, { address: '/?name=b' });
    await rowOf('b.mp4');
    expect(screen.queryByText('a.mp4')).not.toBeInTheDocument();
    expect(screen.getByLabelText('Find by name or source')).toHaveValue('b');
});
