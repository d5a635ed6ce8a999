import type { TlsFiles } from '@keyward/kit/tls-files';
import { buildConnector } from 'undici';

interface UpstreamConnectorOptions {
  /** Who vouches for our services, and who we are to them; undefined: whom Node trusts, and nobody. */
  tls: TlsFiles | undefined;
  timeoutMs: number;
}

/** Opens connections to services of this installation, each by what stands in the TLS files at that moment. */
export function upstreamConnector({ tls, timeoutMs }: UpstreamConnectorOptions): buildConnector.connector {
  const plain = buildConnector({ timeout: timeoutMs });
  if (!tls) return plain;
  let secureContext = tls.secureContext;
  let secure = buildConnector({ timeout: timeoutMs, secureContext });
  return (options, callback) => {
    if (tls.secureContext !== secureContext) {
      secureContext = tls.secureContext;
      secure = buildConnector({ timeout: timeoutMs, secureContext });
    }
    secure(options, callback);
  };
}
