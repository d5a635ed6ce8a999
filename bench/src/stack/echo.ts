import { fastify } from 'fastify';

/** The yardstick: a bare Fastify that answers a JSON body with itself. Prints its URL. */
const app = fastify();
app.post('/echo', async (request) => request.body);
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`);
