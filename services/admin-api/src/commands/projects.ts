import { createProject, listProjects, type ProjectSummary } from '@keyward/contract/routes/project';
import { forEachPage } from '@keyward/management-client/for-each-page';
import { type Command, requiredText, textOf } from './command.ts';
import { callOptions, managementClient } from './management-call.ts';
import { table } from './table.ts';

export const projectList: Command = {
  name: 'project list',
  summary: 'lists the projects with their environments',
  options: callOptions,
  async run(context) {
    const client = managementClient(context);
    const projects: ProjectSummary[] = [];
    await forEachPage(
      client,
      { route: listProjects, options: { query: { limit: 100 } } },
      (page) => void projects.push(...page),
    );
    const rows = projects.map(({ slug, name, envs }) => [
      slug,
      name,
      envs.list.map((env) => env.project_env).join(' '),
    ]);
    for (const line of table([['SLUG', 'NAME', 'ENVIRONMENTS'], ...rows])) context.report(line);
    return { projects };
  },
};

export const projectCreate: Command = {
  name: 'project create',
  summary: 'makes a project; prints the server key and signing secret of each environment, once',
  options: [
    ...callOptions,
    { flags: '--slug <slug>', description: 'its short name, as shop' },
    { flags: '--name <name>', description: 'its name; the slug unless it is given' },
    { flags: '--envs <types>', description: 'its environments, with commas between (production)' },
  ],
  async run(context) {
    const slug = requiredText(context, 'slug');
    const types = (textOf(context, 'envs') ?? 'production').split(',');
    const body = { slug, name: textOf(context, 'name') ?? slug, envs: types.map((type) => ({ type })) };
    const project = await managementClient(context).call(createProject, { body });
    context.report(`Made the project ${project.slug} (${project.id}).`);
    for (const { project_env, serverKey, signingSecret } of project.envs.list) {
      context.report(`${project_env}: the server key ${serverKey}`);
      context.report(`${project_env}: the signing secret ${signingSecret}`);
    }
    context.report('They are shown this once.');
    return { project };
  },
};
