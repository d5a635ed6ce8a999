import type { Route } from '@keyward/contract/routes/route';
import type { RouteRow } from './route-row.ts';

export const rowName = ({ route, variant }: RouteRow) => `${routeName(route)}${variant ? ` (${variant})` : ''}`;

export const routeName = ({ method, url }: Pick<Route, 'method' | 'url'>) => `${method} ${url}`;
