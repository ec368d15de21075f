import { mainOrRefuse, readClientConfiguration, runProcess, startExporter } from '@quorate/roles';

/** The cluster as Prometheus metrics. `--config FILE`, `--key=value`, or QUORATE_KEY in the environment. */
await mainOrRefuse('metrics-exporter', async () => {
  const { config, warnings } = readClientConfiguration('exporter', process.argv.slice(2), process.env);
  await runProcess({ app: 'metrics-exporter', nodeId: undefined, logLevel: config.logLevel, warnings, start: (context) => startExporter(config, context) });
});
