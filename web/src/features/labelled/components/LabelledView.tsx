import { Button } from '@/components/Button.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import { DownloadIcon, RedoIcon, UndoIcon, UploadIcon } from '@/components/icons.tsx';
import { Page } from '@/components/Page.tsx';
import { Tabs } from '@/components/Tabs.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { useUrlEnum } from '@/lib/url-state.ts';
import { useFilters } from '../hooks/useFilters.ts';
import { useLabelSteps } from '../hooks/useLabelSteps.ts';
import { LabelledObjects } from './LabelledObjects.tsx';
import styles from './LabelledView.module.css';
import { MistakeReview } from './MistakeReview.tsx';

const VIEWS = ['objects', 'mistakes'] as const;

interface Props {
    project: string;
    onExport: (label: string | null) => void;
    onImport: () => void;
}

/** Labels as data: what was said of which object, by whom and when, and what of it is probably a mistake. */
export function LabelledView({ project, onExport, onImport }: Props) {
    const [view, setView] = useUrlEnum('view', VIEWS, 'objects', { history: 'push' });
    const [filters, setFilters] = useFilters();
    const steps = useLabelSteps(project);
    const { undo, redo, undoes, redoes } = steps;
    useShortcut('Mod+z', 'Undo the last labelling step', undo, { group: 'Labels', enabled: undoes !== null });
    useShortcut('Mod+Shift+z', 'Redo', redo, { group: 'Labels', enabled: redoes !== null });
    useShortcut('Mod+y', 'Redo', redo, { group: 'Labels', enabled: redoes !== null });
    return (
        <Page
            title="Labelled objects"
            about="What was said of the objects of this project, by whom and when."
            actions={
                <>
                    <IconButton
                        label={undoes === null ? 'Nothing to undo' : `Undo: ${undoes}`}
                        shortcut="Mod+z"
                        icon={<UndoIcon />}
                        disabled={undoes === null}
                        onClick={undo}
                    />
                    <IconButton
                        label={redoes === null ? 'Nothing to redo' : `Redo: ${redoes}`}
                        shortcut="Mod+Shift+z"
                        icon={<RedoIcon />}
                        disabled={redoes === null}
                        onClick={redo}
                    />
                    <Button icon={<UploadIcon />} onClick={onImport}>
                        Import
                    </Button>
                    <Button icon={<DownloadIcon />} onClick={() => onExport(filters.label)}>
                        Export
                    </Button>
                </>
            }
        >
            <div className={styles.tabs}>
                <Tabs
                    label="Views of labels"
                    value={view}
                    onChange={setView}
                    tabs={[
                        { value: 'objects', label: 'What was said' },
                        { value: 'mistakes', label: 'Probable mistakes' },
                    ]}
                >
                    {view === 'objects' ? (
                        <LabelledObjects project={project} filters={filters} onChange={setFilters} />
                    ) : (
                        <MistakeReview
                            key={filters.label}
                            project={project}
                            label={filters.label}
                            onLabel={label => setFilters({ label })}
                            steps={steps}
                        />
                    )}
                </Tabs>
            </div>
        </Page>
    );
}
