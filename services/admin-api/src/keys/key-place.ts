import type { KeyPlace } from '@keyward/stores/postgres/keys';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';

/** Where keys are known that requests of this environment may carry. */
export function keyPlace(environment: EnvironmentRow): KeyPlace {
  return {
    environmentId: environment.id,
    projectId: environment.project_id,
    organizationId: environment.organization_id,
  };
}
