import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@keyward/kit/logger';
import { Process } from '@keyward/kit/process-config';
import { TlsFiles } from '@keyward/kit/tls-files';
import { afterAll, expect, test } from 'vitest';
import { receiverCertificate } from './receiver-certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyward-tls-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('files that are replaced by what cannot be used are told once, and the old ones stay', () => {
  const path = join(folder, 'ca.pem');
  writeFileSync(path, receiverCertificate.cert);
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'test', level: 'info', schemas: [Process], destination });
  const files = new TlsFiles({ ca: { name: 'UPSTREAM_CA_FILE', path } }).tellTo(logger);
  const before = files.secureContext;

  writeFileSync(path, 'no certificate');
  expect([files.secureContext, files.secureContext]).toEqual([before, before]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('UPSTREAM_CA_FILE cannot be used');

  writeFileSync(path, receiverCertificate.cert);
  expect(files.secureContext).toBe(before);
  rmSync(path);
  expect(files.secureContext).toBe(before);
  expect(lines[1]).toContain('the file of UPSTREAM_CA_FILE cannot be read (ENOENT)');

  writeFileSync(path, `${receiverCertificate.cert}\n`);
  expect(files.secureContext).not.toBe(before);
  expect(lines).toHaveLength(2);
});
