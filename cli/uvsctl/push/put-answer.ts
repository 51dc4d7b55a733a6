import * as v from 'valibot';
import { UvsError, type Reason } from '../../../common/errors.ts';
import { isReason } from '../../../common/rpc/error-details.ts';

const problemSchema = v.object({
  reason: v.string(),
  message: v.string(),
  hint: v.optional(v.string()),
  details: v.optional(v.record(v.string(), v.string())),
});
const answerSchema = v.union([
  problemSchema,
  v.pipe(
    v.object({ error: problemSchema }),
    v.transform(({ error }) => error),
  ),
]);

/** Reasons for answers that carry none, or one that this version does not know. */
function reasonOfStatus(status: number): Reason {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'PERMISSION_DENIED';
  if (status === 404) return 'NOT_FOUND';
  if (status === 308 || status === 409 || status === 416) return 'CONFLICT';
  if (status === 413 || status === 507) return 'NO_SPACE';
  if (status === 408 || status === 429 || status === 502 || status === 503 || status === 504) return 'UNREACHABLE';
  return status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT';
}

/** Turns a refusal over HTTP into the same error as over gRPC. */
export function answerError(status: number, body: string, host: string): UvsError {
  const problem = parseProblem(body);
  if (problem === undefined) return new UvsError(reasonOfStatus(status), `${host} answered the upload with HTTP status ${status}`);
  const reason = isReason(problem.reason) ? problem.reason : reasonOfStatus(status);
  return new UvsError(reason, problem.message, {
    details: problem.details ?? {},
    hint: problem.hint,
  });
}

function parseProblem(body: string): v.InferOutput<typeof problemSchema> | undefined {
  try {
    const parsed = v.safeParse(answerSchema, JSON.parse(body));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
