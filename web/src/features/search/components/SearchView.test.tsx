import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { ToastRegion } from '@/components/ToastRegion.tsx';
import { renderInApp } from '@/testing/render.tsx';
import { fakeServer, hitFixture, hitsFixture } from '../testing.ts';
import { SearchView } from './SearchView.tsx';

const VIDEO = '0123456789abcdef';
const OTHER = 'fedcba9876543210';
const routes = {
    'GET /api/v1/projects/street/classes': { body: { classes: [{ name: 'car', objects: 40 }] } },
    'GET /api/v1/projects/street/labels': {
        body: {
            labels: [{ name: 'taxi', positives: 1, explicit: 5, probable: 2, example: null }],
            version: 1,
            undo: null,
            redo: null,
        },
    },
    'GET /api/v1/projects/street/videos': {
        body: {
            videos: [
                { id: VIDEO, name: 'morning.mp4' },
                { id: OTHER, name: 'evening.mp4' },
            ],
            next_cursor: null,
        },
    },
    'GET /api/v1/server': { body: { text_search: false, picture_bytes_max: 1000 } },
};
const hits = (list = hitsFixture(3), more = false) => ({ body: { hits: list, more } });

beforeEach(() => {
    vi.stubGlobal('scrollTo', () => undefined);
    vi.stubGlobal(
        'ResizeObserver',
        class {
            observe() {
                // The first measure is enough.
            }
            disconnect() {
                // Nothing was begun.
            }
        },
    );
    URL.createObjectURL = () => 'blob:picture';
    URL.revokeObjectURL = () => undefined;
});

const open = (search: string) => renderInApp(<SearchView project="street" />, { address: `/p/street/search${search}` });
const results = async () => within(await screen.findByRole('list', { name: 'Results' }));

it('offers what one can search by while nothing is asked for', async () => {
    fakeServer(routes);
    open('');
    expect(await screen.findByRole('link', { name: /^car/ })).toHaveAttribute('href', '/p/street/search?class=car');
    expect(screen.getByRole('link', { name: /^taxi/ })).toHaveAttribute('href', '/p/street/search?label=taxi');
    expect(screen.getByRole('button', { name: 'Choose a picture' })).toBeInTheDocument();
});

it('says that there is nothing to search yet', async () => {
    fakeServer({ ...routes, 'GET /api/v1/projects/street/classes': { body: { classes: [] } } });
    open('');
    expect(await screen.findByRole('link', { name: 'New video' })).toHaveAttribute('href', '/p/street/new');
});

it('shows each result with its score, and opens it at its place in the video', async () => {
    const server = fakeServer({ ...routes, 'POST /api/v1/search': hits([hitFixture('o', { pts_us: 2_500_000 })]) });
    open('?class=car&min=0.25');
    const link = (await results()).getByRole('link', { name: /^car at/ });
    await waitFor(() => expect(link).toHaveAccessibleName('car at 0:02.500 in morning.mp4, detector’s score 0.50'));
    expect(link).toHaveAttribute('href', `/p/street/v/${VIDEO}?t=2500000&sel=o`);
    expect(server.of('POST /api/v1/search')[0]?.body).toEqual({
        project: 'street',
        filters: { classes: ['car'], min_score: 0.25 },
        per_track: true,
        limit: 60,
        offset: 0,
    });
});

it('shows near-identical pictures as one, and all of them on demand', async () => {
    const list = ['a', 'b', 'c'].map(object => hitFixture(object, { track: `${VIDEO}-t1` }));
    fakeServer({ ...routes, 'POST /api/v1/search': hits(list) });
    open('?class=car');
    expect((await results()).getAllByRole('listitem')).toHaveLength(1);
    await userEvent.click(screen.getByRole('button', { name: 'Show all 3 near-identical pictures' }));
    expect(screen.getAllByRole('link', { name: /^car at/ })).toHaveLength(3);
});

it('shows a track as one, with its pictures on demand', async () => {
    const followed = { objects: 3, first_us: 1_000_000, last_us: 3_000_000 };
    const track = `${VIDEO}-t1`;
    const picture = { frame: 'f', index: 1, box: [0, 0, 10, 10], class: 'car', score: 0.4 };
    const objects = ['a', 'b', 'c'].map((id, at) => ({ ...picture, id, pts_us: (at + 1) * 1_000_000 }));
    const server = fakeServer({
        ...routes,
        'POST /api/v1/search': hits([hitFixture('b', { track, followed, pts_us: 2_000_000 })]),
        [`GET /api/v1/tracks/${track}/objects`]: { body: { objects, next_cursor: null } },
    });
    open('?class=car');
    const card = await (await results()).findByRole('link', { name: /3 pictures of its track, 0:01–0:03/ });
    expect(card).toHaveTextContent('0:01–0:03');
    expect(server.of(`GET /api/v1/tracks/${track}/objects`)).toHaveLength(0);
    await userEvent.click(screen.getByRole('button', { name: 'Show all 3 pictures of its track' }));
    await waitFor(() => expect(screen.getAllByRole('link', { name: /^car at/ })).toHaveLength(3));
    const places = screen.getAllByRole('link', { name: /^car at/ }).map(link => link.getAttribute('data-object'));
    expect(places).toEqual(['b', 'a', 'c']);
    await userEvent.click(screen.getByRole('button', { name: 'Show the pictures of its track as one' }));
    expect(screen.getAllByRole('link', { name: /^car at/ })).toHaveLength(1);
});

it('folds a track again whose pictures could not be loaded', async () => {
    const followed = { objects: 500, first_us: 1_000_000, last_us: 3_000_000 };
    const track = `${VIDEO}-t1`;
    let fail = () => {};
    const failing = new Promise<void>(resolve => (fail = resolve));
    fakeServer({
        ...routes,
        'POST /api/v1/search': hits([hitFixture('b', { track, followed, pts_us: 2_000_000 })]),
        [`GET /api/v1/tracks/${track}/objects`]: async () => {
            await failing;
            return { status: 500, body: { detail: 'the store is away' } };
        },
    });
    open('?class=car');
    const name = 'Show the first 300 of 500 pictures of its track';
    const button = await (await results()).findByRole('button', { name });
    await userEvent.click(button);
    await waitFor(() => expect(button).toHaveAttribute('aria-busy', 'true'));
    // Its picture can be opened all the same.
    expect(screen.getByRole('listitem')).not.toHaveAttribute('aria-busy');
    expect(button).toHaveTextContent('×500');
    fail();
    await waitFor(() => expect(screen.getByRole('button', { name })).not.toHaveAttribute('aria-busy'));
    expect(screen.getByRole('button', { name })).toHaveTextContent('×500');
});

it('asks for the next page when the end is near', async () => {
    const server = fakeServer({
        ...routes,
        'POST /api/v1/search': ({ body }) =>
            body?.offset === 0 ? hits(hitsFixture(3), true) : hits([hitFixture('last', { pts_us: 900_000_000 })]),
    });
    open('?class=car');
    await screen.findByRole('link', { name: /15:00/ });
    expect(server.of('POST /api/v1/search').map(({ body }) => body?.offset)).toEqual([0, 3]);
});

it('goes from result to result with the arrow keys', async () => {
    fakeServer({ ...routes, 'POST /api/v1/search': hits() });
    open('?class=car');
    const links = (await results()).getAllByRole('link', { name: /^car at/ });
    links[0]!.focus();
    await userEvent.keyboard('{ArrowRight}');
    await waitFor(() => expect(links[1]).toHaveFocus());
    expect(links.map(link => link.tabIndex)).toEqual([-1, 0, -1]);
});

it('lists what carries a label before what probably is it, of one class where that is asked for', async () => {
    const server = fakeServer({
        ...routes,
        'GET /api/v1/projects/street/labels/taxi/objects': ({ query }) =>
            query.get('kind') === 'explicit'
                ? hits([hitFixture('bus', { class: 'bus' })])
                : hits([hitFixture('p', { confidence: 0.9 }), hitFixture('q', { class: 'bus' })]),
    });
    open(`?label=taxi&class=car&video=${OTHER}`);
    const about = await screen.findByText(/^Label ·/);
    expect(about).toHaveTextContent('Label · 1 picture named, 5 objects with their tracks, and probably 2 more');
    const list = await results();
    expect(list.getAllByRole('heading').map(heading => heading.textContent)).toEqual(['Probably']);
    expect(list.getAllByRole('link', { name: /^car at/ })).toHaveLength(1);
    const asked = server.of('GET /api/v1/projects/street/labels/taxi/objects').map(({ query }) => query.toString());
    expect(asked).toEqual([
        `kind=explicit&limit=200&offset=0&video=${OTHER}`,
        `kind=probable&limit=200&offset=0&video=${OTHER}`,
    ]);
});

it('narrows by class and video, and clears it again', async () => {
    const server = fakeServer({
        ...routes,
        'POST /api/v1/search': hits(),
        'GET /api/v1/objects/o': { status: 500, body: { detail: 'not now' } },
    });
    open('?object=o');
    await results();
    await userEvent.selectOptions(screen.getByLabelText('Class'), 'car');
    await userEvent.selectOptions(await screen.findByLabelText('Video'), 'evening.mp4');
    await waitFor(() =>
        expect(server.of('POST /api/v1/search').at(-1)?.body?.filters).toEqual({ classes: ['car'], videos: [OTHER] }),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Clear' }));
    expect(screen.getByLabelText('Class')).toHaveValue('');
    expect(screen.getByLabelText('Video')).toHaveValue('');
});

it('offers the videos of every page of them to narrow by', async () => {
    const named = (names: string[]) => names.map((name, i) => ({ id: `${i}`.padStart(16, '0'), name }));
    fakeServer({
        ...routes,
        'POST /api/v1/search': hits(),
        'GET /api/v1/projects/street/videos': ({ query }) =>
            query.get('cursor') === null
                ? { body: { videos: named(['new', 'newer']), next_cursor: 'older' } }
                : { body: { videos: [{ id: OTHER, name: 'the oldest' }], next_cursor: null } },
    });
    open('?class=car');
    await results();
    const video = await screen.findByLabelText('Video');
    expect(
        within(video)
            .getAllByRole('option')
            .map(({ textContent }) => textContent),
    ).toEqual(['All videos', 'new', 'newer', 'the oldest']);
});

it('says that nothing passes the filters', async () => {
    fakeServer({ ...routes, 'POST /api/v1/search': hits([]) });
    open(`?class=car&video=${OTHER}`);
    expect(await screen.findByText('Nothing passes the filters')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Clear the filters' }));
    expect(await screen.findByText('Nothing was found')).toBeInTheDocument();
});

it('shows the server’s sentence at the filter it is about', async () => {
    const detail = 'there is no video zz';
    fakeServer({ ...routes, 'POST /api/v1/search': { status: 400, body: { detail, field: 'filters.videos' } } });
    open('?class=car&video=zz');
    await waitFor(() => expect(screen.getByLabelText('Video')).toHaveAccessibleDescription('There is no video zz.'));
    expect(screen.getByLabelText('Video')).toBeInvalid();
});

it('says what failed, and tries again', async () => {
    let broken = true;
    fakeServer({
        ...routes,
        'POST /api/v1/search': () => (broken ? { status: 409, body: { detail: 'another model' } } : hits()),
    });
    open('?class=car');
    expect(await screen.findByText('Another model.')).toBeInTheDocument();
    broken = false;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await results();
});

it('searches by a pasted picture, and shows the refusal of one that is none', async () => {
    const server = fakeServer({
        ...routes,
        'POST /api/v1/search': ({ body }) =>
            body?.image === 'data:image/png;base64,YWJj'
                ? hits()
                : { status: 400, body: { detail: 'this is no picture', field: 'image' } },
    });
    open('');
    await screen.findByText('By a picture');
    const paste = (file: File) => fireEvent.paste(window, { clipboardData: { files: [file] } });
    paste(new File(['abc'], 'a.png', { type: 'image/png' }));
    await results();
    expect(server.of('POST /api/v1/search')).toHaveLength(1);
    expect(screen.getByText(/^a\.png/)).toBeInTheDocument();
    paste(new File(['words'], 'b.txt', { type: 'text/plain' }));
    expect(await screen.findByText('This is no picture.')).toBeInTheDocument();
});

it('says that a picture is too large without sending it', async () => {
    const server = fakeServer(routes);
    const { container } = open('');
    await screen.findByText('By a picture');
    fireEvent.paste(window, { clipboardData: { files: [new File(['x'.repeat(2000)], 'big.png')] } });
    renderInApp(<ToastRegion />);
    const sentence = 'The picture big.png has 2.0 kB, and this server takes up to 1.0 kB. Make it smaller.';
    expect(await screen.findByText(sentence)).toBeInTheDocument();
    expect(container).toHaveTextContent('By a picture');
    expect(server.of('POST /api/v1/search')).toEqual([]);
});

it('says that the picture of an address is not in this browser', async () => {
    const server = fakeServer(routes);
    open('?picture=elsewhere');
    expect(await screen.findByText('The picture of this search is not in this browser')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Another picture' })).toBeInTheDocument();
    expect(server.of('POST /api/v1/search')).toEqual([]);
});

it('says of an object that is not there that it is not, and leads elsewhere', async () => {
    const gone = { status: 404, body: { detail: 'there is no object o', field: 'object' } };
    fakeServer({ ...routes, 'POST /api/v1/search': gone, 'GET /api/v1/objects/o': gone });
    open('?object=o');
    expect(await screen.findByText('There is no such object in street')).toBeInTheDocument();
    const way = screen.getByRole('link', { name: 'Search for something else' });
    expect(way).toHaveAttribute('href', '/p/street/search');
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});

it('says that there is no such project', async () => {
    const detail = 'there is no project street';
    fakeServer({ ...routes, 'GET /api/v1/projects/street/classes': { status: 404, body: { detail } } });
    open('');
    expect(await screen.findByRole('link', { name: 'All projects' })).toHaveAttribute('href', '/');
    expect(screen.getByText('There is no project street.')).toBeInTheDocument();
});
