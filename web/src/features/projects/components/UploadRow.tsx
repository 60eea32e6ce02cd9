import { Link } from 'react-router';
import { Badge, type BadgeTone } from '@/components/Badge.tsx';
import { Button } from '@/components/Button.tsx';
import { IconButton } from '@/components/IconButton.tsx';
import { CloseIcon, RefreshIcon } from '@/components/icons.tsx';
import { ProgressBar } from '@/components/ProgressBar.tsx';
import { formatBytes, formatPercent } from '@/lib/format.ts';
import { paths } from '@/lib/paths.ts';
import { useNow } from '../hooks/use-now.ts';
import { estimate, shownTimeLeft } from '../model/transfer.ts';
import type { Upload, UploadState } from '../model/upload-queue.ts';
import styles from './UploadRow.module.css';

const BADGES: Partial<Record<UploadState, [BadgeTone, string]>> = {
    waiting: ['neutral', 'Waiting'],
    done: ['success', 'Uploaded'],
    failed: ['danger', 'Failed'],
    refused: ['danger', 'Not possible'],
};

interface Props {
    upload: Upload;
    project: string;
    onRetry: () => void;
    onRemove: () => void;
}

export function UploadRow({ upload, project, onRetry, onRemove }: Props) {
    const { name, sizeBytes, state, error, video, wasThere } = upload;
    const isUnderWay = state === 'sending' || state === 'storing';
    const badge = BADGES[state];
    return (
        <li className={styles.row}>
            <div className={styles.head}>
                <span className={styles.name} title={name}>
                    {name}
                </span>
                <span className={styles.size}>{formatBytes(sizeBytes)}</span>
                {badge !== undefined && (
                    <Badge tone={badge[0]}>{state === 'done' && wasThere ? 'Was there already' : badge[1]}</Badge>
                )}
                {video !== undefined && (
                    <Link
                        className={styles.link}
                        aria-label={`${wasThere ? 'Open' : 'Watch'} ${name}`}
                        to={wasThere ? paths.video(project, video) : paths.activity(project, video)}
                    >
                        {wasThere ? 'Open' : 'Watch'}
                    </Link>
                )}
                {state === 'failed' && (
                    <Button size="s" icon={<RefreshIcon />} onClick={onRetry} aria-label={`Try ${name} again`}>
                        Try again
                    </Button>
                )}
                {state !== 'done' && (
                    <IconButton
                        size="s"
                        icon={<CloseIcon />}
                        label={isUnderWay ? `Stop uploading ${name}` : `Take ${name} out`}
                        onClick={onRemove}
                    />
                )}
            </div>
            {isUnderWay && <Transfer upload={upload} />}
            {error !== undefined && (
                <p className={styles.error} role="alert">
                    {error}
                </p>
            )}
        </li>
    );
}

function Transfer({ upload }: { upload: Upload }) {
    const now = useNow(upload.state === 'sending');
    const { bytesPerS, leftMs } = estimate(upload.samples, upload.sizeBytes, now);
    const share = upload.sizeBytes === 0 ? 0 : upload.sentBytes / upload.sizeBytes;
    const text =
        upload.state === 'storing'
            ? 'All is sent; the server is storing it…'
            : [
                  `${formatBytes(upload.sentBytes)} of ${formatBytes(upload.sizeBytes)}`,
                  formatPercent(share),
                  bytesPerS !== undefined && `${formatBytes(bytesPerS)}/s`,
                  leftMs !== undefined && `${shownTimeLeft(leftMs)} left`,
              ]
                  .filter(Boolean)
                  .join(' · ');
    return (
        <>
            <ProgressBar label={`Upload of ${upload.name}`} value={upload.state === 'storing' ? null : share} />
            <p className={styles.transfer}>{text}</p>
        </>
    );
}
