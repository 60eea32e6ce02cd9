import type { ReactNode } from 'react';
import { sentenceOf } from '@/api/problem.ts';
import { Button } from './Button.tsx';
import { EmptyState } from './EmptyState.tsx';
import { RefreshIcon, WarningIcon } from './icons.tsx';

interface Props {
    /** What could not be done: "The videos could not be loaded". */
    title: string;
    error: unknown;
    onRetry?: () => void;
    busy?: boolean;
    actions?: ReactNode;
    compact?: boolean;
}

/** What happened, why, and a button to try again. */
export function ErrorState({ title, error, onRetry, busy = false, actions, compact = false }: Props) {
    return (
        <div role="alert">
            <EmptyState
                icon={<WarningIcon size={20} />}
                title={title}
                compact={compact}
                actions={
                    <>
                        {onRetry !== undefined && (
                            <Button icon={<RefreshIcon />} busy={busy} onClick={onRetry}>
                                Try again
                            </Button>
                        )}
                        {actions}
                    </>
                }
            >
                {sentenceOf(error)}
            </EmptyState>
        </div>
    );
}
