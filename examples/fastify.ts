import { fastify } from 'fastify';
import { keywardPlugin, requireScope } from 'keyward/fastify';

const app = fastify();
await app.register(keywardPlugin); // KEYWARD_SECRET, KEYWARD_SERVER_KEY, KEYWARD_PROJECT_ENV, KEYWARD_BASE_URL

app.get<{ Params: { name: string } }>('/hello/:name', async ({ params, keyward }) => {
  return { hello: params.name, tenant: keyward.tenant };
});
app.delete('/hello/:name', { preHandler: requireScope('admin') }, async () => ({ deleted: true }));

console.log('listening on', await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) }));
