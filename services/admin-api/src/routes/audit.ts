import type { Readable } from 'node:stream';
import { type AuditExportQuery, exportAudit, listAudit } from '@keyward/contract/routes/audit';
import type { App } from '@keyward/kit/http-app';
import { inOrganization } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { exportAuditLines, readAudit } from '../reports/read-audit.ts';

/** What was done in an organization (wire.md §7). */
export function auditRoutes(app: App, administration: Administration): void {
  app.route({
    ...listAudit,
    handler: async (request) => {
      const { organizationId } = await inOrganization(administration, request, listAudit);
      return readAudit(administration, organizationId, request.query);
    },
  });

  app.route<{ Querystring: AuditExportQuery; Reply: Readable }>({
    ...exportAudit,
    handler: async (request, reply) => {
      const { organizationId } = await inOrganization(administration, request, exportAudit);
      const lines = await exportAuditLines(administration, organizationId, request.query);
      reply.type('application/x-ndjson').header('content-disposition', 'attachment; filename="audit.ndjson"');
      return reply.send(lines);
    },
  });
}
