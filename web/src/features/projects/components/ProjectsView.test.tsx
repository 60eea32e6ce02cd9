import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { renderInApp } from '@/testing/render.tsx';
import { fakeServer } from '../fake-server.ts';
import { labelFixture, projectFixture, videoFixture } from '../testing.ts';
import { ProjectsView } from './ProjectsView.tsx';

const listOf = (...projects: ReturnType<typeof projectFixture>[]) => ({ body: { projects, next_cursor: null } });
const labels = (...list: ReturnType<typeof labelFixture>[]) => ({
    body: { labels: list, version: 1, undo: null, redo: null },
});

it('leads a first visitor to a new video', async () => {
    fakeServer({ 'GET /api/v1/projects': listOf() });
    renderInApp(<ProjectsView />);
    expect(await screen.findByText('Start with a video')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'New video' })).toHaveAttribute('href', '/new');
});

it('shows projects with their counts and pictures', async () => {
    fakeServer({
        'GET /api/v1/projects': listOf(projectFixture({ videos: 2, frames: 1200, objects: 1 })),
        'GET /api/v1/projects/demo/videos': {
            body: {
                videos: [videoFixture({ id: 'a', thumbnail: true }), videoFixture({ id: 'b' })],
                next_cursor: null,
            },
        },
    });
    const { container } = renderInApp(<ProjectsView />);
    expect(await screen.findByRole('link', { name: 'demo' })).toHaveAttribute('href', '/p/demo');
    expect(screen.getByText('2 videos · 1,200 frames · 1 object')).toBeInTheDocument();
    await waitFor(() => {
        const pictures = [...container.querySelectorAll('img')].map(image => image.getAttribute('src'));
        expect(pictures).toEqual(['/api/v1/videos/a/image']);
    });
});

it('says what failed, and tries again', async () => {
    let broken = true;
    fakeServer({
        'GET /api/v1/projects': () =>
            broken ? { status: 503, body: { detail: 'the store is locked' } } : listOf(projectFixture()),
    });
    renderInApp(<ProjectsView />);
    expect(await screen.findByText('The store is locked.')).toBeInTheDocument();
    broken = false;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'demo' })).toBeInTheDocument();
});

it('creates a project under a name that is checked as it is typed', async () => {
    const server = fakeServer({
        'GET /api/v1/projects': listOf(),
        'POST /api/v1/projects': { status: 201, body: projectFixture({ name: 'my-street' }) },
    });
    renderInApp(<ProjectsView />);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'New project' }));
    const name = screen.getByLabelText('Name');
    expect(name).toHaveFocus();
    await user.type(name, 'my street{Enter}');
    expect(name).toHaveAccessibleDescription(/hyphens in place of spaces/);
    expect(server.of('POST /api/v1/projects')).toHaveLength(0);
    await user.click(screen.getByRole('button', { name: 'Use “my-street”' }));
    await user.type(name, '{Enter}');
    await waitFor(() => expect(server.of('POST /api/v1/projects')[0]?.body).toEqual({ name: 'my-street' }));
});

it('deletes a project only after its name was typed, and says what is lost', async () => {
    const server = fakeServer({
        'GET /api/v1/projects': listOf(projectFixture({ videos: 2, objects: 7 })),
        'GET /api/v1/projects/demo': { body: projectFixture({ videos: 2, objects: 8 }) },
        'GET /api/v1/projects/demo/videos': { body: { videos: [], next_cursor: null } },
        'GET /api/v1/projects/demo/labels': labels(labelFixture({ explicit: 5 })),
        'DELETE /api/v1/projects/demo': { status: 204 },
    });
    renderInApp(<ProjectsView />);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Actions for project demo' }));
    await user.click(screen.getByRole('menuitem', { name: 'Delete…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete project demo?' });
    // As it is now, not as it was listed.
    expect(
        await within(dialog).findByText(/^2 videos, 8 objects and 1 label on 5 objects will be lost/),
    ).toBeInTheDocument();
    const confirm = within(dialog).getByRole('button', { name: 'Delete project' });
    expect(confirm).toBeDisabled();
    const typed = within(dialog).getByLabelText('Type demo to confirm');
    await user.type(typed, 'dem');
    expect(confirm).toBeDisabled();
    await user.type(typed, 'o{Enter}');
    await waitFor(() => expect(server.of('DELETE /api/v1/projects/demo')).toHaveLength(1));
});

it('deletes an empty project without that', async () => {
    const server = fakeServer({
        'GET /api/v1/projects': listOf(projectFixture()),
        'GET /api/v1/projects/demo': { body: projectFixture() },
        'GET /api/v1/projects/demo/labels': labels(),
        'DELETE /api/v1/projects/demo': { status: 204 },
    });
    renderInApp(<ProjectsView />);
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'Actions for project demo' }));
    await user.click(screen.getByRole('menuitem', { name: 'Delete…' }));
    expect(await screen.findByText(/nothing is lost/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Delete project' }));
    await waitFor(() => expect(server.of('DELETE /api/v1/projects/demo')).toHaveLength(1));
});
