import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { jsonDocument } from '../../output/json.ts';
import type { Context, Run } from '../context.ts';
import { findPackage } from '../packages/find.ts';
import { showPlan } from './plan-view.ts';
import { specOf, withSpec, type SpecOptions } from './spec.ts';
import { isPackageFile } from './subject.ts';

/** `uvsctl plan`: what a push would do, decided by the same code; changes nothing. */
export function addPlan(program: Command, run: Run): void {
  withSpec(
    program
      .command('plan')
      .description('what a push would do: which nodes in which order, and what would hold it up now; changes nothing')
      .argument('<package>', 'digest, the start of one, or a version; a file must be uploaded first'),
  ).action(run(plan));
}

async function plan(context: Context, subject: string, options: SpecOptions): Promise<void> {
  const spec = specOf(options);
  if (await isPackageFile(subject)) {
    throw new UvsError('INVALID_ARGUMENT', `${subject} names a file, and plan takes a package that the cluster has`, {
      hint: `Upload it first (uvsctl packages upload ${subject}), then name it by the version or the digest that is said.`,
    });
  }
  const found = await findPackage(context, subject);
  const response = await context.api.call(
    'uvs.v1.RolloutService',
    'PlanRollout',
    { spec: { ...spec, package: found.name } },
    context.callLimits,
  );
  if (context.isJson) context.terminal.write(jsonDocument(response));
  else showPlan(context.terminal, response, found);
}
