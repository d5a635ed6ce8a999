import { createManagement } from 'keyward/management';

const keyward = createManagement(); // KEYWARD_BASE_URL, KEYWARD_ACCOUNT_KEY, KEYWARD_PROJECT_ENV

const { value: client, created } = await keyward.clients.getOrCreate({ name: 'Acme', type: 'company' });
console.log(client.name, created ? 'is new' : 'is there');

const { rawKey } = await keyward.keys.create({ name: 'Production', clientId: client.id, scopes: ['read'] });
console.log('to be handed over, once:', rawKey);

for await (const { name, status, useCount } of keyward.keys.list({ clientId: client.id })) {
  console.log(name, status, useCount);
}
