import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeScript } from '../support/sandbox-cluster.ts';

const moments = ['pre', 'pre-done', 'post', 'post-done'] as const;

/** What a node's own task wrote, by the clock of this machine since it was booted. */
export interface Mark {
  readonly moment: (typeof moments)[number];
  readonly node: string;
  readonly operation: string;
  readonly version: string;
  readonly atMs: number;
}

/** What an agent wrote in its log before it told anybody: that it acts on the operation no more. */
export interface End {
  readonly node: string;
  readonly operation: string;
  readonly outcome: string;
  readonly atMs: number;
}

export interface MarkingRelease {
  readonly version: string;
  readonly releaseSeq: number;
  /** File to which all nodes append their marks. */
  readonly record: string;
  /** How long a node stays disturbed in each of its two tasks. */
  readonly holdSeconds: number;
}

/** Writes a tiny release and its spec, whose tasks mark when they begin and end. @returns the spec's file */
export function markingRelease(folder: string, release: MarkingRelease): string {
  const { version, releaseSeq, record, holdSeconds } = release;
  const own = join(folder, version);
  mkdirSync(join(own, 'tree/etc/uvs'), { recursive: true });
  writeFileSync(join(own, 'tree/etc/uvs/release'), `${version}\n`);
  const mark = (moment: Mark['moment']): string =>
    `echo "${moment} $UVS_NODE_NAME $UVS_OPERATION $UVS_VERSION $(awk '{printf "%d", $1 * 1000}' /proc/uptime)" >> ${record}`;
  const task = (stage: 'pre' | 'post'): string => {
    const script = `#!/bin/sh\nset -e\n${mark(stage)}\nsleep ${holdSeconds}\n${mark(`${stage}-done`)}\n`;
    const program = writeScript(join(own, `${stage}.sh`), script);
    return `[[tasks]]\nstage = "${stage}"\nname = "${stage}"\nprogram = "${program}"\ntimeoutSeconds = 60\nidempotent = true\n`;
  };
  const spec = join(own, 'spec.toml');
  writeFileSync(
    spec,
    `product = "uvs"
version = "${version}"
releaseSeq = ${releaseSeq}
target = {}
brings = { uvs = "${version}" }

[[trees]]
source = "${join(own, 'tree')}"
destination = "/"

${task('pre')}
${task('post')}`,
  );
  return spec;
}

const lineSchema = v.tuple([v.picklist(moments), v.string(), v.string(), v.string(), v.pipe(v.string(), v.regex(/^\d+$/u))]);

export function readMarks(text: string): Mark[] {
  const marks: Mark[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [moment, node, operation, version, ms] = v.parse(lineSchema, line.split(' '));
    marks.push({ moment, node, operation, version, atMs: Number(ms) });
  }
  return marks;
}

const endSchema = v.object({
  time: v.pipe(v.string(), v.isoTimestamp()),
  msg: v.picklist(['operation ended', 'interrupted operation recovered']),
  operation: v.string(),
  outcome: v.string(),
});

/** @param wallMs what the wall clock said at boot, by the machine's own time since then: the agents log by the wall clock. */
export function readEnds(node: string, logFile: string, wallMs: number): End[] {
  const ends: End[] = [];
  for (const line of readFileSync(logFile, 'utf8').split('\n')) {
    if (!line.startsWith('{')) continue;
    const parsed = v.safeParse(endSchema, jsonOf(line));
    if (!parsed.success) continue;
    const { operation, outcome, time } = parsed.output;
    ends.push({ node, operation, outcome, atMs: Date.parse(time) - wallMs });
  }
  return ends;
}

/** A process that is killed may leave half a line. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
