import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type MouseEvent } from 'react';
import { labelsQuery, offeredVideosQuery } from '@/api/queries.ts';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { DownloadIcon } from '@/components/icons.tsx';
import { LinkButton } from '@/components/LinkButton.tsx';
import { SelectField } from '@/components/SelectField.tsx';
import { checkExport } from '../api/exchange.ts';
import { exportUrl, FORMATS, type ExportOptions, type Format, type Kind } from '../model/exchange.ts';
import styles from './ExchangeDialogs.module.css';

interface Props {
    project: string;
    /** What is chosen at first. */
    label?: string | null;
    video?: string | null;
    onClose: () => void;
}

const ANY = '';
const KINDS: { value: Kind; label: string }[] = [
    { value: 'explicit', label: 'What carries a label' },
    { value: 'probable', label: '… and what probably does' },
    { value: 'all', label: 'All objects, by class where they have no label' },
];

/** Labels as a file, in a format of other tools. */
export function ExportDialog({ project, label = null, video = null, onClose }: Props) {
    const labels = useQuery(labelsQuery(project)).data?.labels ?? [];
    const videos = useQuery(offeredVideosQuery(project)).data ?? [];
    const [options, setOptions] = useState<ExportOptions>({
        ...{ format: 'coco', kind: 'explicit', label, video },
        ...{ tracks: false, images: false, allFrames: false },
    });
    const isChecked = useRef(false);
    const asking = useRef<AbortController | null>(null);
    const [error, setError] = useState<unknown>(null);
    const sentence = useSentence(error);
    useEffect(() => () => asking.current?.abort(), []);
    const { format } = options;
    const url = exportUrl(project, options);

    function change(part: Partial<ExportOptions>) {
        asking.current?.abort();
        setError(null);
        setOptions({ ...options, ...part });
    }

    // The download begins, and this is done; or it says why not.
    async function download(event: MouseEvent<HTMLAnchorElement>) {
        const link = event.currentTarget;
        if (isChecked.current || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        asking.current?.abort();
        const controller = new AbortController();
        asking.current = controller;
        setError(null);
        try {
            await checkExport(url, controller.signal);
        } catch (failure) {
            if (!controller.signal.aborted) setError(failure);
            return;
        }
        if (controller.signal.aborted) return;
        isChecked.current = true;
        link.click();
        onClose();
    }
    const choice = (all: string, values: { value: string; label: string }[], chosen: string | null) => [
        { value: ANY, label: all },
        ...values,
        ...(chosen === null || values.some(({ value }) => value === chosen) ? [] : [{ value: chosen, label: chosen }]),
    ];
    const checks = [
        { name: 'tracks', text: 'Only objects that were followed', on: format !== 'mot' },
        { name: 'images', text: 'With the frames’ pictures', on: format !== 'csv' },
        { name: 'allFrames', text: 'With frames that have no such object', on: format === 'coco' || format === 'yolo' },
    ] as const;
    return (
        <Dialog
            title="Export labels"
            onClose={onClose}
            actions={
                <>
                    <Button onClick={onClose}>Cancel</Button>
                    <LinkButton
                        variant="primary"
                        icon={<DownloadIcon />}
                        to={url}
                        reloadDocument
                        download
                        onClick={event => void download(event)}
                    >
                        Download
                    </LinkButton>
                </>
            }
        >
            <div className={styles.fields}>
                <div className={styles.wide}>
                    <SelectField<Format>
                        label="Format"
                        value={format}
                        // Tracks of everything is what that format is for.
                        onChange={next => change({ format: next, kind: next === 'mot' ? 'all' : options.kind })}
                        options={FORMATS}
                        hint={FORMATS.find(({ value }) => value === format)?.hint}
                    />
                </div>
                <div className={styles.wide}>
                    <SelectField<Kind>
                        label="Which objects"
                        value={options.kind}
                        onChange={kind => change({ kind })}
                        options={KINDS}
                    />
                </div>
                <SelectField
                    label="Label"
                    value={options.label ?? ANY}
                    onChange={value => change({ label: value === ANY ? null : value })}
                    options={choice(
                        'All labels',
                        labels.map(({ name }) => ({ value: name, label: name })),
                        options.label,
                    )}
                />
                <SelectField
                    label="Video"
                    value={options.video ?? ANY}
                    onChange={value => change({ video: value === ANY ? null : value })}
                    options={choice(
                        'All videos',
                        videos.map(({ id, name }) => ({ value: id, label: name })),
                        options.video,
                    )}
                />
            </div>
            <div className={styles.checks}>
                {checks
                    .filter(({ on }) => on)
                    .map(({ name, text }) => (
                        <label key={name} className={styles.check}>
                            <input
                                type="checkbox"
                                checked={options[name]}
                                onChange={event => change({ [name]: event.target.checked })}
                            />
                            {text}
                        </label>
                    ))}
            </div>
            {error !== null && (
                <p role="alert" className={styles.failed}>
                    {sentence}
                </p>
            )}
        </Dialog>
    );
}
