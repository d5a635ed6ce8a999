import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availabilityFaults } from './availability-faults.ts';
import { hardeningFaults } from './hardening-faults.ts';
import { ingressFaults } from './ingress-faults.ts';
import type { Installation } from './installation.ts';
import { networkFaults } from './network-faults.ts';
import { prepareFaults } from './prepare-faults.ts';
import { referenceFaults } from './reference-faults.ts';
import { releaseFaults } from './release-faults.ts';
import { scrapeFaults } from './scrape-faults.ts';
import { serviceFaults } from './service-faults.ts';
import { stoppingFaults } from './stopping-faults.ts';
import { tlsFaults } from './tls-faults.ts';
import { variableFaults } from './variable-faults.ts';

/** Everything that our own checks have to say about an installation. */
export function allFaults(installation: Installation): string[] {
  const { manifests, secrets } = installation;
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  try {
    for (const [secret, values] of Object.entries(secrets))
      for (const [key, value] of Object.entries(values)) writeFileSync(join(folder, `${secret}.${key}`), value);
    return [
      ...referenceFaults(installation),
      ...serviceFaults(manifests),
      ...scrapeFaults(installation),
      ...availabilityFaults(manifests),
      ...stoppingFaults(installation),
      ...hardeningFaults(manifests),
      ...releaseFaults(manifests),
      ...variableFaults({ installation, fileOf: (secret, key) => join(folder, `${secret}.${key}`) }),
      ...tlsFaults(installation),
      ...ingressFaults(installation),
      ...networkFaults(installation),
      ...prepareFaults(installation),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
