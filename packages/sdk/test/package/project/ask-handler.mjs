/** `node ask-handler.mjs <module> <path of the URL> <key>`: what its `fetch` answers, as JSON. */
import { resolve } from 'node:path';

const [file, path, key] = process.argv.slice(2);
const { default: handler } = await import(resolve(file));
const headers = key ? { 'x-api-key': key } : {};
const answer = await handler.fetch(new Request(`http://localhost${path}`, { headers }), process.env);
process.stdout.write(JSON.stringify({ status: answer.status, body: await answer.json() }));
