// The views and their addresses. Each is a chunk of its own, fetched when it is first opened.
import { createBrowserRouter, type RouteObject } from 'react-router';
import { writeAddressesOf } from '@/lib/url-state.ts';
import { NotFoundView } from './NotFoundView.tsx';
import { RouteErrorView } from './RouteErrorView.tsx';
import { Shell } from './shell/Shell.tsx';

type RouteModule = { default: React.ComponentType };

/** A view that is loaded when it is needed. */
function view(path: string, load: () => Promise<RouteModule>): RouteObject {
    return {
        path,
        lazy: async () => ({ Component: (await load()).default }),
        errorElement: <RouteErrorView />,
    };
}

export const routes: RouteObject[] = [
    {
        element: <Shell />,
        errorElement: <RouteErrorView whole />,
        // While the first view's chunk is on its way.
        hydrateFallbackElement: <></>,
        children: [
            view('/', () => import('./routes/ProjectsRoute.tsx')),
            view('/new', () => import('./routes/NewVideoRoute.tsx')),
            view('/activity', () => import('./routes/ActivityRoute.tsx')),
            view('/p/:project', () => import('./routes/ProjectRoute.tsx')),
            view('/p/:project/new', () => import('./routes/NewVideoRoute.tsx')),
            view('/p/:project/activity', () => import('./routes/ActivityRoute.tsx')),
            view('/p/:project/labels', () => import('./routes/LabelledRoute.tsx')),
            view('/p/:project/search', () => import('./routes/SearchRoute.tsx')),
            view('/p/:project/v/:video', () => import('./routes/LabelRoute.tsx')),
            { path: '*', element: <NotFoundView /> },
        ],
    },
];

export const router = writeAddressesOf(createBrowserRouter(routes));
