import type { Route } from '@keyward/contract/routes/route';
import type { Answer, Caller } from '../platform/wire-client.ts';
import type { Asked } from './route-row.ts';

/** Calls a route; what is no JSON is answered as `{ text }`. */
export async function askRoute(caller: Caller, { method, url }: Route, asked: Asked): Promise<Answer> {
  const { params = {}, query = {}, body } = asked;
  const path = url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams(query).toString();
  const response = await fetch(`${caller.url}${path}${search === '' ? '' : `?${search}`}`, {
    method,
    redirect: 'manual',
    headers: { ...caller.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text } };
}
