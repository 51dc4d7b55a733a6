import t from 'tap';
import { createAgentMetrics } from '../../agent/metrics.ts';

const nothing = { isWell: undefined, wearRatio: undefined, mediaErrors: undefined };

async function valuesOf(metrics: ReturnType<typeof createAgentMetrics>, name: string): Promise<readonly number[]> {
  const told = await metrics.registry.getSingleMetric(name)?.get();
  return (told?.values ?? []).map(({ value }) => value);
}

void t.test('how far the clock is off is told with its sign, and as NaN as long as nobody knows', async (t) => {
  const metrics = createAgentMetrics('1.0.0', () => 0);
  const told = () => valuesOf(metrics, 'uvs_agent_clock_offset_seconds');
  t.strictSame(await told(), [Number.NaN]);
  metrics.clockOffset(-0.25);
  t.strictSame(await told(), [-0.25]);
  metrics.clockOffset(undefined);
  t.strictSame(await told(), [Number.NaN]);
});

void t.test('what an SSD says of its health is told, and is gone with it', async (t) => {
  const metrics = createAgentMetrics('1.0.0', () => 0);
  const told = async () =>
    await Promise.all(
      ['uvs_agent_m2_healthy', 'uvs_agent_m2_wear_ratio', 'uvs_agent_m2_media_errors'].map((name) => valuesOf(metrics, name)),
    );
  metrics.disks({ rootBytesWritten: 4096, ssd: { isWell: false, wearRatio: 1.2, mediaErrors: 3 } });
  t.strictSame(await told(), [[0], [1.2], [3]]);
  t.strictSame(await valuesOf(metrics, 'uvs_agent_root_disk_written_bytes'), [4096]);
  metrics.disks({ rootBytesWritten: undefined, ssd: nothing });
  t.strictSame(await told(), [[], [], []], 'no value is not the value 0');
  t.strictSame(await valuesOf(metrics, 'uvs_agent_root_disk_written_bytes'), [Number.NaN]);
});
