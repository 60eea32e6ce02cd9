import { useQuery } from '@tanstack/react-query';
import { serverQuery } from '@/api/queries.ts';
import { ErrorState } from '@/components/ErrorState.tsx';
import { Page } from '@/components/Page.tsx';
import { Loading, Skeleton } from '@/components/Skeleton.tsx';
import { NewVideoForm } from './NewVideoForm.tsx';
import styles from './NewVideoForm.module.css';

export function NewVideoView({ project }: { project: string | undefined }) {
    const { data: server, error, isFetching, refetch } = useQuery(serverQuery());
    return (
        <Page title="New video" width="narrow">
            {server !== undefined ? (
                <NewVideoForm project={project} server={server} />
            ) : error !== null ? (
                <ErrorState
                    title="The form could not be loaded"
                    error={error}
                    busy={isFetching}
                    onRetry={() => void refetch()}
                />
            ) : (
                <div className={styles.form} aria-busy="true">
                    <Loading what="the form" />
                    <Skeleton height={52} />
                    <Skeleton height={140} />
                    <Skeleton height={52} />
                    <Skeleton height={40} />
                </div>
            )}
        </Page>
    );
}
