export interface Application {
  url: string;
  serverKey: string;
  key: string;
}

interface Answer {
  code?: string;
  data?: { count: number }[];
}

/** What Keyward answers an application; a GET, unless there is something to send. */
export async function ask({ url, serverKey }: Application, path: string, body?: object): Promise<Answer> {
  const headers = { 'x-api-key': serverKey, ...(body ? { 'content-type': 'application/json' } : {}) };
  const sent = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const response = await fetch(`${url}${path}`, { ...sent, headers });
  return (await response.json()) as Answer; // whoever asks says what it has to be
}
