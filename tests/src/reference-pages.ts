import { SetupConfig } from '@keyward/admin-api/commands/setup';
import { ResetPasswordConfig } from '@keyward/admin-api/commands/user-reset-password';
import { AdminApiConfig } from '@keyward/admin-api/config';
import { openApiDocument } from '@keyward/contract/openapi/document';
import { problems } from '@keyward/contract/problem';
import { isSecret } from '@keyward/contract/secret';
import { verdicts } from '@keyward/contract/verdict';
import { GatewayConfig } from '@keyward/gateway/config';
import { IngestConfig } from '@keyward/ingest/config';
import { Process } from '@keyward/kit/process-config';
import { ValidatorConfig } from '@keyward/validator/config';
import type { TObject } from 'typebox';
import { managementTypes } from './management-types.ts';
import { shownMetrics } from './metrics-page.ts';
import { permissionsPage } from './permissions-page.ts';

export interface Page {
  path: string;
  text: string;
}

const printed = 'Printed from the code by `scripts/print-reference.ts`; change it there.';

/** What says the same as the code: the pages of docs/, and the SDK's types of the management API. */
export async function referencePages(): Promise<Page[]> {
  const permissions = { path: 'docs/store-permissions.md', text: permissionsPage(printed) };
  return [errorsPage(), configurationPage(), metricsPage(), permissions, openApiPage(), ...(await managementTypes())];
}

function errorsPage(): Page {
  const verdictRows = Object.entries(verdicts).map(([code, { status, message }]) =>
    row([`\`${code}\``, status, message]),
  );
  const problemRows = Object.entries(problems).map(([code, { status, title }]) => row([`\`${code}\``, status, title]));
  return {
    path: 'docs/errors.md',
    text: `# Verdicts and errors

${printed}

## Verdicts

A validation is answered with HTTP 200 and, when it is refused, \`success: false\`, one of these codes, and the \`status\` that the
application should answer its own caller.

${row(['code', 'status', 'message'])}
${rule(3)}
${verdictRows.join('\n')}

## Errors

Everything else that goes wrong is answered as \`application/problem+json\` (RFC 9457) with the code in \`error\`; invalid input
lists every fault in \`errors: [{ path, message }]\`.

${row(['code', 'HTTP status', 'title'])}
${rule(3)}
${problemRows.join('\n')}
`,
  };
}

function openApiPage(): Page {
  return { path: 'docs/openapi.json', text: `${JSON.stringify(openApiDocument(), null, 2)}\n` };
}

function configurationPage(): Page {
  const services: [string, TObject][] = [
    ['Every service', Process],
    ['gateway', GatewayConfig],
    ['validator', ValidatorConfig],
    ['ingest', IngestConfig],
    ['admin-api', AdminApiConfig],
    ['keyward setup', SetupConfig],
    ['keyward user reset-password', ResetPasswordConfig],
  ];
  const sections = services.map(
    ([name, schema]) => `## ${name}\n\n${row(['variable', 'default', 'what it is'])}\n${rule(3)}\n${variables(schema)}`,
  );
  return {
    path: 'docs/configuration.md',
    text: `# Configuration

${printed}

Services, and the command \`keyward\`, read environment variables. For each variable \`NAME\` here, \`NAME_FILE\` may name a file that holds its
value instead, as mounted secrets do; a line break at its end is not part of it. Both at once are a fault. It is meant for what is
marked Secret, which should stand in no manifest: \`DATABASE_URL_FILE\`, \`REDIS_URL_FILE\`, \`PEPPER_FILE\`. A service that finds
faults tells all of them by name, never a value, and does not start.

${sections.join('\n\n')}
`,
  };
}

function metricsPage(): Page {
  const sections = shownMetrics().map(({ service, at, metrics }) => {
    const rows = metrics.map(({ name, type, labels, help }) =>
      row([`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help]),
    );
    return `## ${service}\n\nAt \`/metrics\` on ${at}.\n\n${row(['metric', 'type', 'labels', 'what it is'])}\n${rule(4)}\n${rows.join('\n')}`;
  });
  return {
    path: 'docs/metrics.md',
    text: `# Metrics

${printed}

Services tell of themselves in the format of Prometheus. No label holds an id, a name or an address, but for the \`kid\` of a
keyring's key, of which there are few. How to scrape and show them, and to trace requests, is in [observability.md](observability.md);
what to do when an alert fires, in [runbooks.md](runbooks.md).

${sections.join('\n\n')}
`,
  };
}

function variables(schema: TObject): string {
  const rows = Object.entries(schema.properties).map(([name, field]) => {
    const { default: preset, description = '' } = field as { default?: unknown; description?: string };
    return row([
      `\`${name}\``,
      preset === undefined ? (schema.required.includes(name) ? 'required' : 'none') : `\`${preset}\``,
      `${description}${isSecret(field) ? ' Secret.' : ''}`,
    ]);
  });
  return rows.join('\n');
}

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const rule = (columns: number) => row(Array.from({ length: columns }, () => '---'));
