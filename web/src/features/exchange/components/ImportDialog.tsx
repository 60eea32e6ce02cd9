import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { isConflict } from '@/api/problem.ts';
import { offeredVideosQuery, refreshAfterLabelling } from '@/api/queries.ts';
import { useSentence } from '@/api/use-sentence.ts';
import { Button } from '@/components/Button.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { UploadIcon } from '@/components/icons.tsx';
import { SelectField } from '@/components/SelectField.tsx';
import { TextField } from '@/components/TextField.tsx';
import { classNames } from '@/lib/class-names.ts';
import { formatBytes } from '@/lib/format.ts';
import { importFile } from '../api/exchange.ts';
import {
    addOthers,
    changesAnything,
    withLikely,
    FORMATS,
    formatOf,
    type Format,
    type Imported,
    type Other,
} from '../model/exchange.ts';
import styles from './ExchangeDialogs.module.css';
import { ImportReport } from './ImportReport.tsx';
import { OtherVideos } from './OtherVideos.tsx';

interface Props {
    project: string;
    video?: string | null;
    onClose: () => void;
}

const NONE = '';

/** Gives stored objects the labels of a file: says first what would be done, then does it. */
export function ImportDialog({ project, video: given = null, onClose }: Props) {
    const queries = useQueryClient();
    const videos = useQuery(offeredVideosQuery(project)).data ?? [];
    const picker = useRef<HTMLInputElement>(null);
    const running = useRef<AbortController | null>(null);
    const [file, setFile] = useState<File | null>(null);
    const [format, setFormat] = useState<Format>('coco');
    const [video, setVideo] = useState(given);
    // Videos of the file that the project does not have, and which of its own they are.
    const [others, setOthers] = useState<readonly Other[]>([]);
    const [same, setSame] = useState<Readonly<Record<string, string>>>({});
    const [label, setLabel] = useState('');
    const [over, setOver] = useState(false);
    const [busy, setBusy] = useState<'trying' | 'importing' | null>(null);
    const [report, setReport] = useState<Imported | null>(null);
    const [error, setError] = useState<unknown>(null);
    const sentence = useSentence(error);
    useEffect(() => () => running.current?.abort(), []);
    const done = report !== null && !report.dry_run;

    function changed() {
        running.current?.abort();
        setReport(null);
        setError(null);
        setBusy(null);
    }

    function take(files: readonly File[]) {
        const [first] = files;
        if (first === undefined) return;
        changed();
        setFile(first);
        setOthers([]);
        setSame({});
        setFormat(formatOf(first.name) ?? format);
    }

    async function run(dryRun: boolean) {
        if (file === null || busy !== null) return;
        const controller = new AbortController();
        running.current = controller;
        setBusy(dryRun ? 'trying' : 'importing');
        setError(null);
        try {
            // What was tried is what is done: not on top of what somebody else has said since.
            const version = dryRun ? undefined : report?.version;
            const named = label.trim() === '' ? null : label.trim();
            const { signal } = controller;
            const ask = (clips: typeof same) =>
                importFile({ project, file, format, video, same: clips, label: named, dryRun, version, signal });
            let answer = await ask(same);
            // What looks like the same clip is shown as such, and whoever knows better says so before the import.
            const found = dryRun ? addOthers(others, answer.others) : others;
            const clips = withLikely(same, found.slice(others.length));
            if (Object.keys(clips).length > Object.keys(same).length) {
                answer = await ask(clips);
                setSame(clips);
            }
            setOthers(found);
            setReport(answer);
            if (!dryRun) await refreshAfterLabelling(queries, project);
        } catch (failure) {
            if (controller.signal.aborted) return;
            setError(failure);
            if (isConflict(failure)) setReport(null);
        }
        setBusy(null);
    }

    const ready = report !== null && report.dry_run && changesAnything(report);
    return (
        <Dialog
            title="Import labels"
            keepOpen
            onClose={onClose}
            actions={
                done ? (
                    <Button variant="primary" onClick={onClose}>
                        Close
                    </Button>
                ) : (
                    <>
                        <Button onClick={onClose}>Cancel</Button>
                        <Button
                            variant={ready ? 'default' : 'primary'}
                            disabled={file === null}
                            busy={busy === 'trying'}
                            onClick={() => void run(true)}
                        >
                            Check the file
                        </Button>
                        {ready && (
                            <Button variant="primary" busy={busy === 'importing'} onClick={() => void run(false)}>
                                Import
                            </Button>
                        )}
                    </>
                )
            }
        >
            {!done && (
                <>
                    <div
                        className={classNames(styles.file, over && styles.over)}
                        role="group"
                        aria-label="File"
                        onDragOver={event => {
                            event.preventDefault();
                            setOver(true);
                        }}
                        onDragLeave={() => setOver(false)}
                        onDrop={event => {
                            event.preventDefault();
                            setOver(false);
                            take([...event.dataTransfer.files]);
                        }}
                    >
                        <Button icon={<UploadIcon />} onClick={() => picker.current?.click()}>
                            Choose a file
                        </Button>
                        {file === null ? (
                            'or drop it here: COCO, YOLO, CSV or MOTChallenge'
                        ) : (
                            <span role="status">
                                <span className={styles.name}>{file.name}</span>, {formatBytes(file.size)}
                            </span>
                        )}
                        <input
                            ref={picker}
                            type="file"
                            hidden
                            aria-label="File with labels"
                            accept=".json,.csv,.zip,.txt"
                            onChange={event => {
                                const chosen = [...(event.target.files ?? [])];
                                event.target.value = '';
                                take(chosen);
                            }}
                        />
                    </div>
                    <div className={styles.fields}>
                        <SelectField<Format>
                            label="Format"
                            value={format}
                            onChange={next => {
                                changed();
                                setFormat(next);
                            }}
                            options={FORMATS}
                        />
                        <SelectField
                            label="Video"
                            value={video ?? NONE}
                            onChange={next => {
                                changed();
                                setVideo(next === NONE ? null : next);
                            }}
                            options={[
                                { value: NONE, label: 'As the file says' },
                                ...videos.map(({ id, name }) => ({ value: id, label: name })),
                            ]}
                            hint="Of entries that do not say which video they are about."
                        />
                        {format === 'mot' && (
                            <TextField
                                label="Label"
                                value={label}
                                onChange={next => {
                                    changed();
                                    setLabel(next);
                                }}
                                hint="Of boxes without a name, as in a gt.txt alone."
                            />
                        )}
                    </div>
                    <OtherVideos
                        others={others}
                        videos={videos}
                        same={same}
                        onChange={next => {
                            changed();
                            setSame(next);
                        }}
                    />
                </>
            )}
            {error !== null && (
                <p role="alert" className={styles.failed}>
                    {sentence}
                    {isConflict(error) && ' Check the file once more, and import it then.'}
                </p>
            )}
            <div role="status">{report !== null && <ImportReport imported={report} />}</div>
        </Dialog>
    );
}
