import { mainOrRefuse, readServerConfiguration, runProcess, startServer } from '@quorate/roles';

/** One controller of the quorum. `--config FILE`, `--key=value`, or QUORATE_KEY in the environment. */
await mainOrRefuse('quorum-controller', async () => {
  const { config, warnings } = readServerConfiguration(process.argv.slice(2), process.env);
  await runProcess({ app: 'quorum-controller', nodeId: config.nodeId, logLevel: config.logLevel, warnings, start: (context) => startServer(config, context) });
});
