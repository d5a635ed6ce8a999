import { loadConfig } from '@keyward/kit/config';
import { openDatabase } from '@keyward/stores/postgres/database';
import { listAuditedOrganizationIds } from '@keyward/stores/postgres/read-audit';
import { type AuditPlace, type VerifiedChain, verifyAudit } from '@keyward/stores/postgres/verify-audit';
import Type from 'typebox';
import { AdminApiConfig } from '../config.ts';
import { isUuid } from '../input.ts';
import { BadFinding, type Command, textOf, UsageError } from './command.ts';

export const AuditVerifyConfig = Type.Pick(AdminApiConfig, ['DATABASE_URL']);

export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'walks the chains of the audit, and tells the first record of each that was changed or is missing',
  options: [
    { flags: '--organization <id>', description: 'the chain of this organization only' },
    {
      flags: '--from-head <seq:hash>',
      description: 'begin with this record, as an earlier run has printed it: it must still be there',
    },
  ],
  async run(context) {
    const organizationId = textOf(context, 'organization')?.toLowerCase();
    if (organizationId !== undefined && !isUuid(organizationId))
      throw new UsageError('--organization is the id of one');
    const from = placeOf(textOf(context, 'from-head'));
    if (from && organizationId === undefined) throw new UsageError('--from-head needs --organization: it is of one');
    const { DATABASE_URL } = loadConfig(AuditVerifyConfig, context.environment);
    await using database = await openDatabase(DATABASE_URL);
    const { db } = database;
    const ids = organizationId === undefined ? await listAuditedOrganizationIds(db) : [organizationId];
    const chains = [];
    for (const id of ids) {
      const chain = await verifyAudit(db, { organizationId: id, from });
      chains.push(chain);
      context.report(`${id}  ${verdictOf(chain)}`);
    }
    const broken = chains.filter(({ fault }) => fault !== null).length;
    if (broken > 0) throw new BadFinding(`${broken} of ${chains.length} chains are broken.`, { whole: false, chains });
    context.report('Keep the heads elsewhere: whoever can rewrite the records can rewrite their end, too.');
    return { whole: true, chains };
  },
};

function verdictOf({ fault, head, records, withoutDiff }: VerifiedChain): string {
  if (fault) return `BROKEN at record ${fault.seq}: ${fault.reason}`;
  // Since setup has its record, too, that is so only where nothing has happened since before there was an audit.
  if (!head) return 'has no record at all';
  return `whole: ${records} records, ${withoutDiff} of them without a diff; head ${head.seq}:${head.hash}`;
}

function placeOf(text: string | undefined): AuditPlace | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new UsageError('--from-head is a number, a colon and 64 hex digits');
  return { seq: Number(seq), hash };
}
