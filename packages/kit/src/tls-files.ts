import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from './logger.ts';

/** A file, and what the operator named it by. */
export interface NamedFile {
  name: string;
  path: string;
}

interface TlsFilesOptions {
  /** Who may vouch for the other side, PEM; undefined: whom Node trusts. */
  ca?: NamedFile | undefined;
  /** Who we are to the other side, PEM; both or neither. */
  identity?: { cert: NamedFile; key: NamedFile } | undefined;
}

/** PEM texts, as Node's TLS takes them. */
export interface TlsTexts {
  ca?: string;
  cert?: string;
  key?: string;
}

/**
 * What one side of TLS needs, from files that may be replaced while the process runs: they are read again for each new
 * connection. What cannot be used, because half of it was replaced or it is gone, leaves what was there before.
 */
export class TlsFiles {
  readonly #options: TlsFilesOptions;
  #texts: TlsTexts;
  #secureContext: SecureContext;
  #told = '';
  #logger: Logger | undefined;

  /** @throws Error that names the file at fault and says nothing of what is in it. */
  constructor(options: TlsFilesOptions) {
    this.#options = options;
    this.#texts = readTexts(options);
    this.#secureContext = makeContext(this.#texts, options);
  }

  /** Tells there, once, of files that cannot be used. */
  tellTo(logger: Logger): this {
    this.#logger = logger;
    return this;
  }

  /** Of what stands in the files now. */
  get secureContext(): SecureContext {
    this.refresh();
    return this.#secureContext;
  }

  get texts(): TlsTexts {
    return this.#texts;
  }

  /** Whether there is something new. */
  refresh(): boolean {
    try {
      const texts = readTexts(this.#options);
      const { ca, cert, key } = this.#texts;
      const isNew = texts.ca !== ca || texts.cert !== cert || texts.key !== key;
      if (isNew) this.#secureContext = makeContext(texts, this.#options);
      this.#texts = texts;
      this.#told = '';
      return isNew;
    } catch (err) {
      const { message } = err as Error; // of our own making, below
      if (message !== this.#told) this.#logger?.error({ err }, 'the new TLS files cannot be used; the old ones stay');
      this.#told = message;
      return false;
    }
  }

  /** For libraries that hand their options to `tls.connect`: what stands in the files at that moment. */
  asOptions(): { readonly secureContext: SecureContext } {
    const current = () => this.secureContext;
    return {
      get secureContext() {
        return current();
      },
    };
  }
}

function readTexts({ ca, identity }: TlsFilesOptions): TlsTexts {
  return {
    ...(ca ? { ca: readText(ca) } : {}),
    ...(identity ? { cert: readText(identity.cert), key: readText(identity.key) } : {}),
  };
}

function readText({ name, path }: NamedFile): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`the file of ${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}

/** OpenSSL's own words say that there is no PEM, or that key and certificate are not of one another. */
function makeContext(texts: TlsTexts, { ca, identity }: TlsFilesOptions): SecureContext {
  try {
    if (texts.ca !== undefined && !texts.ca.includes('-----BEGIN CERTIFICATE-----'))
      throw new Error('there is no certificate of an authority');
    return createSecureContext(texts);
  } catch (error) {
    const names = [ca, identity?.cert, identity?.key].flatMap((file) => (file ? [file.name] : []));
    throw new Error(`${names.join(', ')} cannot be used: ${(error as Error).message}`);
  }
}
