import express from 'express';
import { keywardMiddleware, requireScope } from 'keyward/express';

const app = express();
app.use(keywardMiddleware()); // KEYWARD_SECRET, KEYWARD_SERVER_KEY, KEYWARD_PROJECT_ENV, KEYWARD_BASE_URL

app.get('/hello/:name', (request, response) => {
  response.json({ hello: request.params.name, tenant: request.keyward?.tenant });
});
app.delete('/hello/:name', requireScope('admin'), (_request, response) => {
  response.json({ deleted: true });
});

const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log('listening on', server.address());
});
