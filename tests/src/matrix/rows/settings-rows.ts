import { changeSettings, getSettings } from '@keyward/contract/routes/settings';
import type { RouteRow } from '../route-row.ts';
import { newTemplate } from './template-rows.ts';

export const settingsRows: readonly RouteRow[] = [
  { route: getSettings, prepare: async () => ({}) },
  {
    route: changeSettings,
    async prepare(place) {
      const defaultTemplateId = await newTemplate(place);
      return { body: { toleranceSeconds: 60, defaultTemplateId }, ids: [defaultTemplateId] };
    },
  },
];
