import type { ChannelInterface } from '@grpc/grpc-js';

interface WithSubchannels {
  readonly internalChannel?: { readonly wrappedSubchannels?: Iterable<{ getRealSubchannel?: () => { resetBackoff?: () => void } }> };
}

/**
 * Dials now what the channel would dial when its back-off ends: for whoever knows that the other side is there. A channel
 * that is connected or connecting is left alone.
 *
 * gRPC's C core has this as `grpc_channel_reset_connect_backoff`; grpc-js has it on its subchannels and does not hand it
 * out. Should a version have it elsewhere, the back-off is waited out as ever, and the test beside this file fails.
 */
export function resetBackoff(channel: ChannelInterface): void {
  const { internalChannel } = channel as ChannelInterface & WithSubchannels;
  for (const subchannel of internalChannel?.wrappedSubchannels ?? []) subchannel.getRealSubchannel?.().resetBackoff?.();
}
