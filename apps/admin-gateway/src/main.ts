import { mainOrRefuse, readClientConfiguration, runProcess, startGateway } from '@quorate/roles';

/** The one address for people and tools. `--config FILE`, `--key=value`, or QUORATE_KEY in the environment. */
await mainOrRefuse('admin-gateway', async () => {
  const { config, warnings } = readClientConfiguration('gateway', process.argv.slice(2), process.env);
  await runProcess({ app: 'admin-gateway', nodeId: undefined, logLevel: config.logLevel, warnings, start: (context) => startGateway(config, context) });
});
