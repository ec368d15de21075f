import { mainOrRefuse, readServerConfiguration, runProcess, startServer } from '@quorate/roles';

/** One broker, as far as metadata goes. `--config FILE`, `--key=value`, or QUORATE_KEY in the environment. */
await mainOrRefuse('broker-metadata-cache', async () => {
  const { config, warnings } = readServerConfiguration(process.argv.slice(2), process.env);
  await runProcess({ app: 'broker-metadata-cache', nodeId: config.nodeId, logLevel: config.logLevel, warnings, start: (context) => startServer(config, context) });
});
