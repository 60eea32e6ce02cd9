import { Link, NavLink, useParams } from 'react-router';
import { IconButton } from '@/components/IconButton.tsx';
import { ActivityIcon, KeyboardIcon } from '@/components/icons.tsx';
import { paths } from '@/lib/paths.ts';
import { Breadcrumb } from './Breadcrumb.tsx';
import { ConnectionIndicator } from './ConnectionIndicator.tsx';
import { Mark } from './Mark.tsx';
import { SearchSlot } from './SearchSlot.tsx';
import { SettingsMenu } from './SettingsMenu.tsx';
import styles from './TopBar.module.css';

export function TopBar({ onShowKeyMap }: { onShowKeyMap: () => void }) {
    const { project } = useParams();
    return (
        <header className={styles.bar}>
            <Link to={paths.projects()} className={styles.brand} aria-label="Framehound, all projects">
                <Mark />
                <span className={styles.wordmark}>Framehound</span>
            </Link>
            <Breadcrumb />
            <div className={styles.search}>
                <SearchSlot />
            </div>
            <div className={styles.tools}>
                <NavLink to={paths.activity(project)} className={styles.link} aria-label="Ingestion" title="Ingestion">
                    <ActivityIcon />
                    <span className={styles.linkText}>Ingestion</span>
                </NavLink>
                <span className={styles.keys}>
                    <IconButton
                        label="Keyboard shortcuts"
                        shortcut="?"
                        icon={<KeyboardIcon />}
                        onClick={onShowKeyMap}
                    />
                </span>
                <SettingsMenu />
            </div>
            <ConnectionIndicator />
        </header>
    );
}
