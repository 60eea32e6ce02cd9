import { IconButton } from '@/components/IconButton.tsx';
import { BoxIcon, TagIcon } from '@/components/icons.tsx';
import { formatScore } from '@/lib/format.ts';
import type { LayerOptions } from '../model/layer.ts';
import styles from './LayerControls.module.css';
import range from './Range.module.css';
import { keepKeys } from './VolumeControl.tsx';

interface Props {
    options: LayerOptions;
    onChange: (options: LayerOptions) => void;
}

/** Which boxes are drawn. */
export function LayerControls({ options, onChange }: Props) {
    const { shown, onlyLabelled, minScore } = options;
    return (
        <div className={styles.controls} role="group" aria-label="Boxes">
            <IconButton
                label="Show boxes"
                shortcut="b"
                icon={<BoxIcon />}
                pressed={shown}
                onClick={() => onChange({ ...options, shown: !shown })}
            />
            <IconButton
                label="Only labelled objects"
                shortcut="o"
                icon={<TagIcon />}
                pressed={onlyLabelled}
                disabled={!shown}
                onClick={() => onChange({ ...options, onlyLabelled: !onlyLabelled })}
            />
            <label className={styles.score} title="Only objects that the detector is at least this sure of">
                <span className="visually-hidden">Least score of the detector</span>
                <input
                    type="range"
                    className={range.range}
                    min={0}
                    max={1}
                    step={0.05}
                    value={minScore}
                    disabled={!shown}
                    aria-valuetext={minScore === 0 ? 'any' : formatScore(minScore)}
                    onKeyDown={keepKeys}
                    onChange={event => onChange({ ...options, minScore: Number(event.target.value) })}
                />
                <span className={styles.value} data-any={minScore === 0 || undefined} aria-hidden="true">
                    {minScore === 0 ? 'any score' : `≥ ${formatScore(minScore)}`}
                </span>
            </label>
        </div>
    );
}
