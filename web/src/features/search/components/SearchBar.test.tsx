import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useLocation } from 'react-router';
import { beforeEach, expect, it } from 'vitest';
import { renderInApp } from '@/testing/render.tsx';
import { fakeServer } from '../testing.ts';
import { SearchBar } from './SearchBar.tsx';

const PROJECT = { created_at: '2026-03-01T10:00:00Z', deleting: false, videos: 1, frames: 9 };
const label = { name: 'Carla’s bike', explicit: 12, probable: 3 };
const street = {
    'GET /api/v1/projects/street/classes': {
        body: {
            classes: [
                { name: 'person', objects: 90 },
                { name: 'car', objects: 1 },
            ],
        },
    },
    'GET /api/v1/projects/street/labels': { body: { labels: [label], version: 1, undo: null, redo: null } },
    'GET /api/v1/server': { body: { text_search: false, picture_bytes_max: 1000 } },
};
const projects = (...names: string[]) => ({
    'GET /api/v1/projects': {
        body: { projects: names.map(name => ({ ...PROJECT, name, objects: 5 })), next_cursor: null },
    },
});

beforeEach(() => {
    // Missing in jsdom.
    Element.prototype.scrollIntoView = () => undefined;
});

function Address() {
    const { pathname, search } = useLocation();
    return <output>{pathname + search}</output>;
}

function open(project: string | undefined, address = '/here') {
    renderInApp(
        <>
            <SearchBar project={project} />
            <Address />
        </>,
        { address },
    );
    return userEvent.setup();
}

const address = () => document.querySelector('output')?.textContent;
const options = () => screen.getAllByRole('option').map(option => option.textContent);

it('offers labels and classes with their counts, and searches by the one that is clicked', async () => {
    fakeServer(street);
    const user = open('street');
    await user.click(screen.getByRole('combobox', { name: 'Search street' }));
    expect(await screen.findByRole('option', { name: /person/ })).toHaveTextContent('person90, 90 objects');
    const groups = screen.getAllByRole('group').map(group => within(group).getAllByRole('option').length);
    expect(groups).toEqual([1, 2]);
    await user.click(screen.getByRole('option', { name: /Carla/ }));
    expect(address()).toBe('/p/street/search?label=Carla%E2%80%99s+bike');
    expect(screen.queryByRole('listbox')).toBeNull();
});

it('is reached and used with the keyboard alone', async () => {
    fakeServer(street);
    const user = open('street');
    await user.keyboard('/');
    const field = screen.getByRole('combobox');
    expect(field).toHaveFocus();
    await screen.findByRole('option', { name: /person/ });
    expect(field).not.toHaveAttribute('aria-activedescendant');
    await user.keyboard('{ArrowDown}{ArrowDown}');
    const active = document.getElementById(field.getAttribute('aria-activedescendant') ?? '');
    expect(active).toHaveTextContent('person');
    expect(active).toHaveAttribute('aria-selected', 'true');
    await user.keyboard('{Enter}');
    expect(address()).toBe('/p/street/search?class=person');
});

it('takes what is typed for what fits it best', async () => {
    fakeServer(street);
    const user = open('street');
    await user.click(screen.getByRole('combobox'));
    await screen.findByRole('option', { name: /person/ });
    await user.keyboard('ca');
    expect(options()).toEqual(['Carla’s bike12, 12 objects', 'car1, 1 object']);
    await user.keyboard('r{Enter}');
    expect(address()).toBe('/p/street/search?class=car');
});

it('takes the only thing that fits however the arrows were pressed', async () => {
    fakeServer(street);
    const user = open('street');
    await user.click(screen.getByRole('combobox'));
    await screen.findByRole('option', { name: /person/ });
    await user.keyboard('per{ArrowDown}{Enter}');
    expect(address()).toBe('/p/street/search?class=person');
});

it('says that nothing is called so, and closes with Escape', async () => {
    fakeServer(street);
    const user = open('street');
    await user.click(screen.getByRole('combobox'));
    await screen.findByRole('option', { name: /person/ });
    await user.keyboard('zebra');
    expect(screen.getByText(/^No class and no label here is called “zebra”\./)).toBeInTheDocument();
    await user.keyboard('{Enter}');
    expect(address()).toBe('/here');
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('listbox')).toBeNull();
    expect(screen.getByRole('combobox')).toHaveValue('');
});

it('takes words where the server does', async () => {
    fakeServer({ ...street, 'GET /api/v1/server': { body: { text_search: true } } });
    const user = open('street');
    await user.click(screen.getByRole('combobox'));
    await user.keyboard('red zebra');
    await screen.findByRole('option', { name: 'What looks like “red zebra”' });
    await user.keyboard('{Enter}');
    expect(address()).toBe('/p/street/search?text=red+zebra');
});

it('says what the server says', async () => {
    const failed = { status: 404, body: { detail: 'there is no project street' } };
    fakeServer({
        ...street,
        'GET /api/v1/projects/street/classes': failed,
        'GET /api/v1/projects/street/labels': failed,
    });
    const user = open('street');
    await user.click(screen.getByRole('combobox'));
    expect(await screen.findByText('There is no project street.')).toBeInTheDocument();
});

it('lets the person choose a project where none is open', async () => {
    fakeServer(projects('street', 'harbour'));
    const user = open(undefined);
    await user.click(screen.getByRole('combobox', { name: 'Search a project' }));
    expect(await screen.findByText('Which project shall be searched?')).toBeInTheDocument();
    await user.keyboard('har{Enter}');
    expect(address()).toBe('/p/harbour/search');
});

it('searches the only project there is without asking', async () => {
    fakeServer({ ...street, ...projects('street') });
    const user = open(undefined);
    await user.click(await screen.findByRole('combobox', { name: 'Search street' }));
    await screen.findByRole('option', { name: /person/ });
    await user.keyboard('per{Enter}');
    expect(address()).toBe('/p/street/search?class=person');
});

it('leads to a first video where there is no project', async () => {
    fakeServer(projects());
    const user = open(undefined);
    await user.click(screen.getByRole('combobox'));
    expect(await screen.findByRole('link', { name: 'New video' })).toHaveAttribute('href', '/new');
});

it('keeps a picture and searches by it', async () => {
    fakeServer(street);
    const user = open('street');
    await user.upload(screen.getByLabelText('Picture to search by'), new File(['abc'], 'a.png', { type: 'image/png' }));
    await waitFor(() => expect(address()).toMatch(/^\/p\/street\/search\?picture=[0-9a-z]+$/));
});

it('asks in which project a picture is to be looked for', async () => {
    fakeServer({ ...street, ...projects('street', 'harbour') });
    const user = open(undefined);
    await user.click(screen.getByRole('combobox'));
    await screen.findByRole('option', { name: /street/ });
    await user.upload(screen.getByLabelText('Picture to search by'), new File(['abc'], 'a.png', { type: 'image/png' }));
    expect(screen.getByText('In which project shall the picture be looked for?')).toBeInTheDocument();
    await user.click(screen.getByRole('option', { name: /harbour/ }));
    await waitFor(() => expect(address()).toMatch(/^\/p\/harbour\/search\?picture=/));
});

it('takes a pasted picture, and leaves pasted text to the field', async () => {
    fakeServer(street);
    const user = open('street');
    await user.click(screen.getByRole('combobox'));
    await user.paste('person');
    expect(screen.getByRole('combobox')).toHaveValue('person');
    const files = [new File(['xyz'], 'b.png', { type: 'image/png' })];
    fireEvent.paste(screen.getByRole('combobox'), { clipboardData: { files, types: ['Files'] } });
    await waitFor(() => expect(address()).toContain('picture='));
});
