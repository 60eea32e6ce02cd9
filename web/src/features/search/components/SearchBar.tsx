import { useQuery } from '@tanstack/react-query';
import { useId, useRef, useState, type ClipboardEvent, type DragEvent, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { classesQuery, labelsQuery, projectsQuery, serverQuery } from '@/api/queries.ts';
import { IconButton } from '@/components/IconButton.tsx';
import { ImageIcon, SearchIcon } from '@/components/icons.tsx';
import { Kbd } from '@/components/Kbd.tsx';
import { classNames } from '@/lib/class-names.ts';
import { useShortcut } from '@/lib/keys.tsx';
import { useLabelOrder } from '@/lib/label-order.ts';
import { paths } from '@/lib/paths.ts';
import { usePictureSearch } from '../hooks/usePictureSearch.ts';
import { meantOffer, nextOffer, offersFor, projectOffers, type Offer } from '../model/offers.ts';
import { Offers } from './Offers.tsx';
import { PictureInput } from './PictureInput.tsx';
import styles from './SearchBar.module.css';

/** Searches a project: by class, label or picture. Where no project is open, it first asks for one. */
export function SearchBar({ project }: { project: string | undefined }) {
    const id = useId();
    const navigate = useNavigate();
    const box = useRef<HTMLDivElement>(null);
    const field = useRef<HTMLInputElement>(null);
    const picker = useRef<HTMLInputElement>(null);
    const [typed, setTyped] = useState('');
    const [open, setOpen] = useState(false);
    const [moved, setMoved] = useState<number | null | undefined>();
    const [heldOver, setHeldOver] = useState(false);
    /** Files that wait for a project to be searched in. */
    const [waiting, setWaiting] = useState<readonly File[]>([]);
    const { searchBy, busy } = usePictureSearch();
    useShortcut('/', 'Search', () => {
        field.current?.focus();
        field.current?.select();
    });

    const projects = useQuery({ ...projectsQuery(), enabled: project === undefined });
    // Of one project there is nothing to choose.
    const only = projects.data?.length === 1 ? projects.data[0]?.name : undefined;
    const scope = project ?? only;
    const asks = open && scope !== undefined;
    const order = useLabelOrder();
    const labels = useQuery({ ...labelsQuery(scope ?? ''), enabled: asks });
    const classes = useQuery({ ...classesQuery(scope ?? ''), enabled: asks });
    const text = useQuery({ ...serverQuery(), enabled: asks }).data?.text_search ?? false;
    const offers =
        scope === undefined
            ? projectOffers(typed, projects.data ?? [])
            : offersFor(typed, { labels: labels.data?.labels ?? [], order, classes: classes.data ?? [], text });
    const asked = scope === undefined ? [projects] : [labels, classes];
    // What is typed means what fits it best, until one moves elsewhere.
    const active = moved !== undefined ? moved : meantOffer(typed, offers);
    const at = active !== null && active < offers.length ? active : null;

    function close() {
        setOpen(false);
        setMoved(undefined);
        setTyped('');
        setWaiting([]);
        field.current?.blur();
    }

    function choose(offer: Offer) {
        if (offer.kind === 'project' && waiting.length > 0) searchBy(waiting, offer.name);
        else if (offer.kind === 'project') void navigate(paths.search(offer.name));
        else if (scope !== undefined) void navigate(paths.search(scope, { [offer.kind]: offer.name }));
        close();
    }

    function takeFiles(files: readonly File[]) {
        if (scope !== undefined) {
            searchBy(files, scope);
            close();
            return;
        }
        setWaiting(files);
        setTyped('');
        setOpen(true);
        field.current?.focus();
    }

    function onKeyDown(event: KeyboardEvent) {
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            setOpen(true);
            setMoved(nextOffer(at, event.key === 'ArrowDown' ? 1 : -1, offers.length));
            event.preventDefault();
            return;
        }
        // In the field itself, what is typed means what fits it best.
        const chosen = at ?? meantOffer(typed, offers);
        const offer = chosen === null ? undefined : offers[chosen];
        if (event.key === 'Enter' && offer !== undefined) choose(offer);
        else if (event.key === 'Enter' && typed.trim() === '' && scope !== undefined) {
            void navigate(paths.search(scope));
            close();
        } else if (event.key === 'Escape') close();
        else return;
        event.preventDefault();
    }

    function onPaste(event: ClipboardEvent) {
        const files = [...event.clipboardData.files];
        // Some programs copy a picture of the text beside it: in a field, the text is meant.
        if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
        event.preventDefault();
        takeFiles(files);
    }

    const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
    return (
        <div
            ref={box}
            role="search"
            className={classNames(styles.bar, project !== undefined && styles.folds, heldOver && styles.heldOver)}
            onDragOver={event => {
                if (!carriesFiles(event)) return;
                event.preventDefault();
                setHeldOver(true);
            }}
            onDragLeave={() => setHeldOver(false)}
            onDrop={event => {
                setHeldOver(false);
                if (!carriesFiles(event)) return;
                event.preventDefault();
                takeFiles([...event.dataTransfer.files]);
            }}
            onBlur={event => {
                if (box.current?.contains(event.relatedTarget) !== true) setOpen(false);
            }}
        >
            <SearchIcon className={styles.icon} />
            <input
                ref={field}
                type="text"
                role="combobox"
                aria-label={scope === undefined ? 'Search a project' : `Search ${scope}`}
                aria-expanded={open}
                aria-controls={open ? `${id}-list` : undefined}
                aria-autocomplete="list"
                aria-activedescendant={open && at !== null ? `${id}-${at}` : undefined}
                autoComplete="off"
                spellCheck={false}
                className={styles.input}
                placeholder={heldOver ? 'Drop to search by this picture' : `Search ${scope ?? 'a project'}`}
                value={typed}
                onChange={event => {
                    setTyped(event.target.value);
                    setMoved(undefined);
                    setOpen(true);
                }}
                onFocus={() => setOpen(true)}
                onClick={() => setOpen(true)}
                onKeyDown={onKeyDown}
                onPaste={onPaste}
            />
            <span className={styles.key}>
                <Kbd keys="/" />
            </span>
            <span className={styles.picker}>
                <IconButton
                    size="s"
                    label={busy ? 'Reading the picture' : 'Search by a picture'}
                    icon={<ImageIcon />}
                    onClick={() => picker.current?.click()}
                />
            </span>
            <PictureInput ref={picker} onFiles={takeFiles} />
            {open && (
                <Offers
                    id={id}
                    typed={typed}
                    offers={offers}
                    active={at}
                    scope={scope}
                    waiting={waiting.length > 0}
                    loading={asked.some(query => query.isLoading)}
                    error={asked.find(query => query.error !== null)?.error ?? null}
                    onChoose={choose}
                />
            )}
        </div>
    );
}
