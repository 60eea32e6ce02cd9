import { sentenceOf } from '@/api/problem.ts';
import { Button } from '@/components/Button.tsx';
import { useLabelling } from '../hooks/useLabelling.ts';
import styles from './ColumnsDock.module.css';

/** What the search for more of the same is at. */
export function SuggestionsState() {
    const { columns, suggested, suggestions } = useLabelling();
    if (columns.positive.length === 0) return null;
    if (suggestions.error !== null)
        return (
            <span role="alert" className={styles.failed} title={sentenceOf(suggestions.error)}>
                No suggestions
                <Button size="s" busy={suggestions.isFetching} onClick={() => void suggestions.refetch()}>
                    Try again
                </Button>
            </span>
        );
    return (
        <span role="status" className={styles.state}>
            {suggestions.isFetching
                ? 'looking for more…'
                : suggested.length === 0
                  ? 'nothing else for sure'
                  : `${suggested.length} suggested`}
        </span>
    );
}
