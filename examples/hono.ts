import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { keywardMiddleware, requireScope } from 'keyward/hono';

const app = new Hono();
// KEYWARD_SECRET, KEYWARD_SERVER_KEY, KEYWARD_PROJECT_ENV, KEYWARD_BASE_URL
app.use('*', keywardMiddleware({ remoteAddress: (c) => getConnInfo(c).remote.address }));

app.get('/hello/:name', (c) => c.json({ hello: c.req.param('name'), tenant: c.get('keyward').tenant }));
app.delete('/hello/:name', requireScope('admin'), (c) => c.json({ deleted: true }));

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 8080) }, (address) => {
  console.log('listening on', address);
});
