import { Tabs } from '@/components/Tabs.tsx';
import { useShortcut } from '@/lib/keys.tsx';
import { useLabelling, type Panel } from '../hooks/useLabelling.ts';
import { usePictureKeys } from '../hooks/usePictureKeys.ts';
import { CandidatesPanel } from './CandidatesPanel.tsx';
import { LabelsPanel } from './LabelsPanel.tsx';
import { SimilarPanel } from './SimilarPanel.tsx';

/** Similar objects, labels, and candidates. */
export function LabellingPanels() {
    const { panel, setPanel, labels } = useLabelling();
    useShortcut('1', 'Similar objects', () => setPanel('similar'), { group: 'Labelling' });
    useShortcut('2', 'Labels', () => setPanel('labels'), { group: 'Labelling' });
    useShortcut('3', 'Candidates: is this it?', () => setPanel('candidates'), { group: 'Labelling' });
    usePictureKeys();
    return (
        <Tabs<Panel>
            label="Panels"
            value={panel}
            onChange={setPanel}
            tabs={[
                { value: 'similar', label: 'Similar' },
                { value: 'labels', label: 'Labels', note: labels.data?.labels.length },
                { value: 'candidates', label: 'Is this it?' },
            ]}
        >
            {panel === 'similar' && <SimilarPanel />}
            {panel === 'labels' && <LabelsPanel />}
            {panel === 'candidates' && <CandidatesPanel />}
        </Tabs>
    );
}
