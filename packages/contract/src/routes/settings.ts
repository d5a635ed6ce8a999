import Type, { type Static } from 'typebox';
import { ProjectEnvQuery } from '../fields.ts';
import { EnvironmentSettings } from '../settings.ts';
import { type Route, strict } from './route.ts';

/** The settings of an environment (wire.md §7). */
export const SettingsAnswer = Type.Object({
  project_env: Type.String(),
  settings: EnvironmentSettings,
  warnings: Type.Array(Type.String(), {
    description: 'What these settings take for granted, and what breaks if it is not so.',
  }),
  propagation: Type.Optional(Type.Literal('pending')),
});
export type SettingsAnswer = Static<typeof SettingsAnswer>;

export const SettingsChange = Type.Partial(EnvironmentSettings, strict);
export type SettingsChange = Static<typeof SettingsChange>;

const querystring = Type.Object({ project_env: ProjectEnvQuery }, strict);

export const getSettings = {
  method: 'GET',
  url: '/api/v1/settings',
  access: { of: 'environment', role: 'viewer', serverKey: 'clients:read' },
  schema: { summary: 'Read the settings of an environment', querystring, response: { 200: SettingsAnswer } },
} as const satisfies Route;

export const changeSettings = {
  method: 'PUT',
  url: '/api/v1/settings',
  access: { of: 'environment', role: 'developer', serverKey: '*' },
  schema: {
    summary: 'Change some settings of an environment; they hold on the next request',
    querystring,
    body: SettingsChange,
    response: { 200: SettingsAnswer },
  },
} as const satisfies Route;
