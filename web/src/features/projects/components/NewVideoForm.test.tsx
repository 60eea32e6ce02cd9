import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Link, useLocation } from 'react-router';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderInApp } from '@/testing/render.tsx';
import { FakeXhr, fakeServer, fakeUploads } from '../fake-server.ts';
import { projectFixture, serverFixture, videoFixture } from '../testing.ts';
import { NewVideoForm } from './NewVideoForm.tsx';

const PROJECTS = { body: { projects: [projectFixture({ videos: 3 })], next_cursor: null } };
const NOW = { created_at: '2026-03-01T10:00:20Z', date: 'Sun, 01 Mar 2026 10:00:20 GMT' };

function Where() {
    const { pathname, search } = useLocation();
    return <p data-testid="where">{pathname + search}</p>;
}

function show(options: { address?: string; project?: string; server?: Parameters<typeof serverFixture>[0] } = {}) {
    renderInApp(
        <>
            <NewVideoForm project={options.project} server={serverFixture(options.server)} />
            <Link to="/elsewhere">Elsewhere</Link>
            <Where />
        </>,
        { address: options.address ?? '/new' },
    );
    return userEvent.setup();
}

const source = () => screen.getByLabelText('Address of the video');
const project = () => screen.getByRole('combobox', { name: 'Project' });
const submit = () => screen.getByRole('button', { name: /Start indexing|Upload/ });
const picker = () => screen.getByLabelText<HTMLInputElement>('Video files');
const where = () => screen.queryByTestId('where')?.textContent;
const file = (name: string, size = 1000) => new File([new Uint8Array(size)], name, { type: 'video/mp4' });

describe('an address', () => {
    it('is checked before it is sent, with the focus on what is wrong', async () => {
        const server = fakeServer({ 'GET /api/v1/projects': PROJECTS });
        const user = show();
        await screen.findByRole('combobox', { name: 'Project' });
        await user.click(submit());
        expect(source()).toHaveFocus();
        expect(source()).toHaveAccessibleDescription(/Enter an address, or choose a file/);
        await user.type(source(), 'https://example.org/a.mp4');
        await user.type(project(), 'My Street');
        expect(project()).toHaveAccessibleDescription(/lower-case/);
        await user.click(screen.getByRole('button', { name: 'Use “my-street”' }));
        expect(project()).toHaveValue('my-street');
        expect(server.requests.map(request => request.route)).toEqual(['GET /api/v1/projects']);
    });

    it('becomes a video with the server’s defaults, and is watched', async () => {
        const route = 'POST /api/v1/projects/demo/videos';
        const server = fakeServer({
            'GET /api/v1/projects': PROJECTS,
            [route]: { status: 202, body: videoFixture({ id: 'ab', created_at: NOW.created_at }), date: NOW.date },
        });
        const user = show({ project: 'demo' });
        await user.type(source(), ' https://example.org/a.mp4{Enter}');
        await waitFor(() => expect(where()).toBe('/p/demo/activity?video=ab'));
        expect(server.of(route)[0]?.body).toEqual({
            source: 'https://example.org/a.mp4',
            chunk_seconds: 10,
            limit_seconds: null,
            fps: '5',
        });
    });

    it('that was there already is said to be, and offered', async () => {
        fakeServer({
            'GET /api/v1/projects': PROJECTS,
            'POST /api/v1/projects/demo/videos': { status: 202, body: videoFixture({ id: 'ab' }), date: NOW.date },
        });
        const user = show({ project: 'demo' });
        await user.type(source(), 'https://example.org/a.mp4{Enter}');
        expect(await screen.findByText(/is in this project already/)).toBeInTheDocument();
        expect(screen.getByRole('link', { name: 'Open it' })).toHaveAttribute('href', '/p/demo/v/ab');
        expect(where()).toBe('/new');
    });

    it.each([
        ['source', 'Address of the video'],
        ['limit_seconds', 'Time limit'],
        ['fps', 'Frames per second'],
        ['chunk_seconds', 'Segment length, in seconds'],
    ])('refused by the server for %s shows its sentence there', async (field, label) => {
        fakeServer({
            'GET /api/v1/projects': PROJECTS,
            'POST /api/v1/projects/demo/videos': {
                status: 400,
                body: { detail: 'the server does not like it', field },
            },
        });
        const user = show({ project: 'demo' });
        await user.type(source(), 'https://example.org/a.mp4{Enter}');
        const input = await screen.findByLabelText(label);
        await waitFor(() => expect(input).toHaveFocus());
        expect(input).toHaveAccessibleDescription(/The server does not like it\./);
        await user.type(input, '1');
        expect(input).not.toHaveAccessibleDescription(/The server does not like it/);
    });

    it('refused for no field in particular says so at the button', async () => {
        fakeServer({
            'GET /api/v1/projects': PROJECTS,
            'POST /api/v1/projects/demo/videos': { status: 507, body: { detail: 'the disk is full' } },
        });
        const user = show({ project: 'demo' });
        await user.type(source(), 'https://example.org/a.mp4{Enter}');
        expect(await screen.findByText('The disk is full.')).toHaveAttribute('role', 'alert');
    });
});

describe('files', () => {
    beforeEach(() => {
        fakeUploads();
        fakeServer({ 'GET /api/v1/projects': PROJECTS });
    });

    it('too large are refused before a byte is sent', async () => {
        const user = show({ project: 'demo', server: { upload_bytes_max: 2000 } });
        await user.upload(picker(), file('big.mp4', 2001));
        expect(screen.getByText(/This file has 2.0 kB; this server takes up to 2.0 kB/)).toBeInTheDocument();
        expect(submit()).toBeDisabled();
        expect(FakeXhr.all).toHaveLength(0);
    });

    it('go one after the other, with the options, to where they can be watched', async () => {
        const user = show({ address: '/new?fps=all&limit_seconds=1:30', project: 'demo' });
        await user.upload(picker(), [file('a b.mp4'), file('c.mp4')]);
        await user.click(screen.getByRole('button', { name: 'Upload and index 2 files' }));
        expect(FakeXhr.all.map(xhr => xhr.url)).toEqual([
            'PUT /api/v1/projects/demo/uploads/a%20b.mp4?chunk_seconds=10&fps=all&limit_seconds=90',
        ]);
        act(() => FakeXhr.all[0]!.upload.onprogress?.({ loaded: 500 }));
        expect(screen.getByRole('progressbar', { name: 'Upload of a b.mp4' })).toHaveAttribute('aria-valuenow', '50');
        act(() =>
            FakeXhr.all[0]!.answer(202, videoFixture({ id: 'aa', created_at: NOW.created_at }), { Date: NOW.date }),
        );
        await waitFor(() => expect(FakeXhr.all).toHaveLength(2));
        act(() =>
            FakeXhr.all[1]!.answer(202, videoFixture({ id: 'bb', created_at: NOW.created_at }), { Date: NOW.date }),
        );
        await waitFor(() => expect(where()).toBe('/p/demo/activity'));
    });

    it('whose sending breaks off can be sent again', async () => {
        const user = show({ project: 'demo' });
        await user.upload(picker(), file('a.mp4'));
        await user.click(submit());
        act(() => FakeXhr.all[0]!.onerror?.());
        expect(await screen.findByText(/The connection ended before the file was sent whole/)).toBeInTheDocument();
        await user.click(screen.getByRole('button', { name: 'Try a.mp4 again' }));
        await waitFor(() => expect(FakeXhr.all).toHaveLength(2));
    });

    it('can be stopped', async () => {
        const user = show({ project: 'demo' });
        await user.upload(picker(), file('a.mp4'));
        await user.click(submit());
        await user.click(screen.getByRole('button', { name: 'Stop uploading a.mp4' }));
        expect(FakeXhr.all[0]!.aborted).toBe(true);
        expect(source()).toBeInTheDocument();
    });

    it('of which the form says something wrong wait until it is put right', async () => {
        const user = show({ project: 'demo' });
        await user.upload(picker(), file('a.mp4'));
        await user.click(submit());
        act(() => FakeXhr.all[0]!.answer(400, { detail: 'the chunk length is odd', field: 'chunk_seconds' }));
        const chunk = await screen.findByLabelText('Segment length, in seconds');
        await waitFor(() => expect(chunk).toHaveFocus());
        expect(chunk).toHaveAccessibleDescription(/The chunk length is odd\./);
        expect(submit()).toBeEnabled();
    });

    it('that the server refuses say why, and that they are too large in plain words', async () => {
        const user = show({ project: 'demo' });
        await user.upload(picker(), file('a.mp4'));
        await user.click(submit());
        act(() => FakeXhr.all[0]!.answer(413, { detail: 'larger than 17 bytes' }));
        expect(await screen.findByText(/does not take a file this large/)).toBeInTheDocument();
        expect(screen.queryByRole('button', { name: /again/ })).not.toBeInTheDocument();
    });

    it('that are under way keep the person here unless they say otherwise', async () => {
        const user = show({ project: 'demo' });
        await user.upload(picker(), file('a.mp4'));
        await user.click(submit());
        await user.click(screen.getByRole('link', { name: 'Elsewhere' }));
        const dialog = await screen.findByRole('dialog', { name: 'Stop the upload?' });
        await user.click(within(dialog).getByRole('button', { name: 'Stay' }));
        expect(where()).toBe('/new');
        await user.click(screen.getByRole('link', { name: 'Elsewhere' }));
        await user.click(await screen.findByRole('button', { name: 'Stop and leave' }));
        await waitFor(() => expect(where()).toBe('/elsewhere'));
    });

    it('that were there already stay to be read', async () => {
        const user = show({ project: 'demo' });
        await user.upload(picker(), file('a.mp4'));
        await user.click(submit());
        act(() => FakeXhr.all[0]!.answer(202, videoFixture({ id: 'aa' }), { Date: NOW.date }));
        expect(await screen.findByText('Was there already')).toBeInTheDocument();
        expect(screen.getByRole('link', { name: 'Open a.mp4' })).toHaveAttribute('href', '/p/demo/v/aa');
        expect(where()).toBe('/new');
    });
});
