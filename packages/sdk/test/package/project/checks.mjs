/**
 * What has to hold on every runtime, by what all of them have. Throws for what does not, and tells what was checked.
 *
 * @param {typeof import('keyward') & typeof import('keyward/fetch') & typeof import('keyward/management')} keyward
 * @param {Record<string, string | undefined>} environment
 */
export async function checkEverywhere(keywardOfAll, environment) {
  const { Keyward, Apikee, KeywardError, hashKey, protectFetch } = keywardOfAll;
  const { SMOKE_SECRET: secret, SMOKE_KEY: foreign, SMOKE_HASH: hash } = environment;
  must(Apikee === Keyward, 'Apikee is Keyward');
  const local = new Keyward({ secret });
  const key = await local.create('acme', { scopes: ['read'], meta: { plan: 'pro' } });
  const { tenant, scopes, meta } = local.verify(key);
  must(tenant === 'acme' && scopes[0] === 'read' && meta.plan === 'pro', 'claims are read');
  must(local.verify(foreign).tenant === 'from-node', 'a key that another runtime signed is good');
  must(hashKey(foreign) === hash, 'a key has the same hash everywhere');
  for (const [bad, code] of [
    [`${key.slice(0, -1)}${key.endsWith('1') ? '2' : '1'}`, 'INVALID_SIGNATURE'],
    ['sk_1', 'INVALID_PREFIX'],
  ]) {
    const error = thrownBy(() => local.verify(bad));
    must(error instanceof KeywardError && error.code === code, `${code} is thrown`);
  }
  await checkFetch(local, key, protectFetch);
  await checkServer(new Keyward({ secret, ...serverOptions(environment) }), key);
  await checkManagement(keywardOfAll, environment.SMOKE_BASE_URL);
  return { key };
}

async function checkFetch(keyward, key, protectFetch) {
  const handler = protectFetch((_, { claims }) => Response.json({ tenant: claims.tenant }), { keyward });
  const admin = protectFetch(() => new Response('admin'), { keyward, scopes: ['admin'] });
  const request = (headers) => new Request('http://localhost/data', { headers });
  const good = await handler(request({ 'X-Api-Key': key }));
  must(good.status === 200 && (await good.json()).tenant === 'acme', 'a good key is let through');
  const missing = await handler(request({}));
  must(missing.status === 401 && (await missing.json()).error === 'MISSING_KEY', 'a missing key is 401');
  must((await admin(request({ authorization: `Bearer ${key}` }))).status === 403, 'a missing scope is 403');
}

async function checkServer(keyward, key) {
  const facts = { key, method: 'GET', path: '/users/7', route: '/users/:id' };
  for (let round = 0; round < 3; round += 1) {
    const validation = await keyward.validate(facts);
    must(
      validation.allowed && !validation.degraded,
      `the server is asked, and lets through: ${JSON.stringify(validation)}`,
    );
    must(validation.claims.scopes[0] === 'from-server', 'the record says scopes');
  }
  const refused = await keyward.validate({ ...facts, path: '/secret', route: '/secret' });
  must(!refused.allowed && refused.status === 403 && refused.code === 'REVOKED', 'a verdict is passed on');
  await keyward.create('registered');
  must(await keyward.flush(), 'the server is told of keys and endpoints');
  keyward.close();
}

async function checkManagement({ createManagement, KeywardError, RefusedKeyError, UnavailableError }, baseUrl) {
  const { organizations, keys } = createManagement({ baseUrl, credential: 'sk_live_smoke' });
  const names = [];
  for await (const { name } of organizations.list()) names.push(name);
  must(names.join() === 'one,two', 'a list is read to its end');
  const refused = await keys.verify('sk_1').catch((error) => error);
  must(refused instanceof RefusedKeyError && refused.code === 'DISABLED', 'a verdict is thrown');
  must(refused instanceof KeywardError, 'the errors of all entries are of one kind');
  const moved = await organizations.get('moved').catch((error) => error);
  must(moved instanceof UnavailableError, 'no redirect is followed');
}

/** Server mode against the fake server. */
export function serverOptions({ SMOKE_BASE_URL: baseUrl, SMOKE_PIN: serverPublicKey, SMOKE_PEM: privateKey }) {
  return {
    serverKey: 'sk_live_smoke',
    projectEnv: 'smoke',
    baseUrl,
    serverPublicKey,
    privateKey,
    // Not an outage's business: what fails has to fail here.
    failOpen: false,
    onIncident({ message, cause }) {
      throw new Error(`incident: ${message} ${cause?.stack ?? ''}`);
    },
  };
}

/** What has to hold where there is middleware of the Express kind. */
export async function checkConnect({ keywardMiddleware, requireScope }, { Keyward, secret, key }) {
  const keyward = new Keyward({ secret });
  const pass = keywardMiddleware({ keyward });
  const good = exchange({ 'x-api-key': key });
  await pass(good.request, good.response, good.next);
  must(good.wentOn && good.request.keyward.tenant === 'acme', 'the middleware lets a good key through');
  requireScope('admin')(good.request, good.response, good.next);
  must(good.response.statusCode === 403, 'the guard of scopes answers 403');
  const bad = exchange({});
  await pass(bad.request, bad.response, bad.next);
  must(!bad.wentOn && bad.response.statusCode === 401, 'the middleware answers 401');
  must(JSON.parse(bad.text).error === 'MISSING_KEY', 'and says why');
}

function exchange(headers) {
  const made = {
    wentOn: false,
    text: '',
    request: { method: 'GET', url: '/data?q=1', headers, socket: { remoteAddress: '127.0.0.1' } },
    response: {
      statusCode: 200,
      setHeader() {},
      end(text) {
        made.text = text;
      },
    },
    next() {
      made.wentOn = true;
    },
  };
  return made;
}

function thrownBy(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

function must(holds, what) {
  if (!holds) throw new Error(`does not hold: ${what}`);
}
