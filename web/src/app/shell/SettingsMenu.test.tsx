import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { postExamples, postUndo } from '@/api/label-changes.ts';
import { chooseEditorName, editorName } from '@/lib/editor.ts';
import { renderInApp } from '@/testing/render.tsx';
import { SettingsMenu } from './SettingsMenu.tsx';

afterEach(() => {
    chooseEditorName('');
    localStorage.clear();
});

/** What is sent, as its address and its body. */
function listen() {
    const sent: string[] = [];
    vi.stubGlobal('fetch', async (request: Request) => {
        const { pathname, search } = new URL(request.url);
        sent.push(`${pathname}${search} ${await request.text()}`);
        return Response.json({});
    });
    return sent;
}

async function openDialog(trigger: string, item: string) {
    await userEvent.click(screen.getByRole('button', { name: trigger }));
    await userEvent.click(screen.getByRole('menuitem', { name: item }));
    return screen.findByLabelText('Name');
}

it('takes the name of who labels here, keeps it, and tells it with each change', async () => {
    const sent = listen();
    renderInApp(<SettingsMenu />);
    await postExamples('demo', 'car', { positive: ['a'] });
    await userEvent.type(await openDialog('Your name and the theme', 'Your name…'), '  Ann Bee {Enter}');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(localStorage.getItem('framehound.editor')).toBe('Ann Bee');
    await postExamples('demo', 'car', { positive: ['a'] });
    await postUndo('demo', 7);
    expect(sent).toEqual([
        '/api/v1/projects/demo/labels/car/examples {"positive":["a"]}',
        '/api/v1/projects/demo/labels/car/examples {"positive":["a"],"by":"Ann Bee"}',
        '/api/v1/projects/demo/undo?version=7&by=Ann%20Bee ',
    ]);
});

it('lets one be nobody again', async () => {
    chooseEditorName('Ann');
    renderInApp(<SettingsMenu />);
    const field = await openDialog('Ann: name and theme', 'You are Ann…');
    expect(field).toHaveValue('Ann');
    await userEvent.clear(field);
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(editorName()).toBeUndefined();
    expect(localStorage.getItem('framehound.editor')).toBeNull();
    expect(screen.getByRole('button', { name: 'Your name and the theme' })).toBeVisible();
});

it('keeps the name that was when one thinks better of it', async () => {
    chooseEditorName('Ann');
    renderInApp(<SettingsMenu />);
    await userEvent.type(await openDialog('Ann: name and theme', 'You are Ann…'), 'a');
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(editorName()).toBe('Ann');
});

it('knows a name that was given in another window', async () => {
    renderInApp(<SettingsMenu />);
    localStorage.setItem('framehound.editor', 'Bob');
    window.dispatchEvent(new StorageEvent('storage', { key: 'framehound.editor' }));
    expect(await screen.findByRole('button', { name: 'Bob: name and theme' })).toBeVisible();
    expect(editorName()).toBe('Bob');
});
