import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { classNames } from '@/lib/class-names.ts';
import styles from './Menu.module.css';

export interface MenuItem {
    label: string;
    icon?: ReactNode;
    /** Shown at the right: a shortcut, a count. */
    note?: ReactNode;
    danger?: boolean;
    disabled?: boolean;
    /** For choices: marks the one that holds. */
    checked?: boolean;
    onSelect: () => void;
}

interface TriggerAttributes {
    'aria-haspopup': 'menu';
    'aria-expanded': boolean;
    'aria-controls': string | undefined;
    onClick: () => void;
}

interface Props {
    /** What the menu is about, for screen readers. */
    label: string;
    items: readonly (MenuItem | 'separator')[];
    align?: 'start' | 'end';
    /** Renders the button; the attributes go on it. */
    trigger: (attributes: TriggerAttributes) => ReactNode;
}

const GAP = 4;
const MARGIN = 8;

/** A button with a menu: arrow keys, Home, End and first letters move, Escape closes and gives the focus back. */
export function Menu({ label, items, align = 'start', trigger }: Props) {
    const [open, setOpen] = useState(false);
    const anchor = useRef<HTMLSpanElement>(null);
    const id = useId();

    function close() {
        setOpen(false);
        anchor.current?.querySelector('button')?.focus();
    }

    return (
        <span ref={anchor} className={styles.anchor}>
            {trigger({
                'aria-haspopup': 'menu',
                'aria-expanded': open,
                'aria-controls': open ? id : undefined,
                onClick: () => setOpen(!open),
            })}
            {open && (
                <MenuList
                    id={id}
                    label={label}
                    items={items}
                    align={align}
                    anchor={() => anchor.current?.getBoundingClientRect()}
                    isAnchor={node => anchor.current?.contains(node) ?? false}
                    onClose={close}
                    onLeave={() => setOpen(false)}
                />
            )}
        </span>
    );
}

interface ListProps extends Pick<Props, 'label' | 'items'> {
    id: string;
    align: 'start' | 'end';
    anchor: () => DOMRect | undefined;
    isAnchor: (node: Node) => boolean;
    onClose: () => void;
    /** The focus or the pointer went elsewhere. */
    onLeave: () => void;
}

function MenuList({ id, label, items, align, anchor, isAnchor, onClose, onLeave }: ListProps) {
    const ref = useRef<HTMLDivElement>(null);
    const buttons = () => [...(ref.current?.querySelectorAll<HTMLButtonElement>('button:not(:disabled)') ?? [])];

    useLayoutEffect(() => {
        const list = ref.current;
        const at = anchor();
        if (list === null || at === undefined) return;
        // In the top layer, so that no scrolling or clipping parent cuts it off.
        list.showPopover();
        const { offsetWidth: width, offsetHeight: height } = list;
        const left = align === 'end' ? at.right - width : at.left;
        const below = at.bottom + GAP + height <= window.innerHeight - MARGIN;
        list.style.left = `${Math.max(MARGIN, Math.min(left, window.innerWidth - width - MARGIN))}px`;
        list.style.top = `${below ? at.bottom + GAP : Math.max(MARGIN, at.top - GAP - height)}px`;
        const checked = list.querySelector<HTMLButtonElement>('[aria-checked=true]');
        (checked ?? buttons()[0])?.focus();
        // eslint-disable-next-line react-hooks/exhaustive-deps -- placed once, when it opens
    }, []);

    useEffect(() => {
        function onPointerDown(event: PointerEvent) {
            const target = event.target as Node;
            if (!ref.current?.contains(target) && !isAnchor(target)) onLeave();
        }
        document.addEventListener('pointerdown', onPointerDown);
        window.addEventListener('resize', onLeave);
        return () => {
            document.removeEventListener('pointerdown', onPointerDown);
            window.removeEventListener('resize', onLeave);
        };
    });

    function onKeyDown(event: KeyboardEvent) {
        const all = buttons();
        const at = all.indexOf(document.activeElement as HTMLButtonElement);
        const go = (index: number) => all[(index + all.length) % all.length]?.focus();
        if (event.key === 'ArrowDown') go(at + 1);
        else if (event.key === 'ArrowUp') go(at - 1);
        else if (event.key === 'Home') go(0);
        else if (event.key === 'End') go(-1);
        else if (event.key === 'Escape') onClose();
        else if (event.key === 'Tab') {
            onLeave();
            return;
        } else if (event.key.length === 1 && event.key !== ' ') {
            const starts = (button: HTMLButtonElement) =>
                button.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase());
            [...all.slice(at + 1), ...all.slice(0, at + 1)].find(starts)?.focus();
        } else return;
        event.preventDefault();
        event.stopPropagation();
    }

    return (
        <div
            ref={ref}
            id={id}
            role="menu"
            aria-label={label}
            tabIndex={-1}
            popover="manual"
            className={styles.list}
            onKeyDown={onKeyDown}
        >
            {items.map((item, index) =>
                item === 'separator' ? (
                    <div key={`line-${index}`} role="separator" className={styles.line} />
                ) : (
                    <button
                        key={item.label}
                        type="button"
                        role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                        aria-checked={item.checked}
                        tabIndex={-1}
                        disabled={item.disabled}
                        className={classNames(styles.item, item.danger && styles.danger)}
                        onClick={() => {
                            onClose();
                            item.onSelect();
                        }}
                    >
                        <span className={styles.icon}>{item.icon}</span>
                        <span className={styles.text}>{item.label}</span>
                        {item.note !== undefined && <span className={styles.note}>{item.note}</span>}
                    </button>
                ),
            )}
        </div>
    );
}
